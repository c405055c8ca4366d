"""What is written of held-out frames is what is read, and nothing else is read."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from sbea_engine.data import FrameSource, LabelSet, Skeleton
from sbea_engine.pose import heldout as module
from sbea_engine.pose.heldout import BadHeldOut, HeldOut


def labels(frames: int = 3) -> LabelSet:
    """Two individuals of two keypoints; the last keypoint is absent on the first frame."""
    rng = np.random.default_rng(0)
    points = rng.uniform(0, 100, (frames, 2, 2, 2)).astype(np.float32)
    visibility = np.full((frames, 2, 2), 2, np.int8)
    visibility[0, 1, 1] = 0
    points[0, 1, 1] = np.nan
    return LabelSet(
        skeleton=Skeleton(keypoints=("a", "b")),
        individuals=("one", "two"),
        frames=tuple(
            FrameSource(video="v", index=10 * (frames - i), path=Path("v.mp4"), recording="r", tick=i)
            for i in range(frames)
        ),
        points_px=points,
        visibility=visibility,
    )


def answered(truth: LabelSet) -> HeldOut:
    points = truth.points_px + np.float32(3)
    return HeldOut.of(truth, points, np.full(points.shape[:-1], 0.5, np.float32))


class TestHeldOut:
    def test_rows_are_in_time_order_with_their_own_points(self) -> None:
        found = answered(labels())
        assert [frame.index for frame in found.frames] == [10, 20, 30]
        assert [frame.moment for frame in found.frames] == [("r", 2), ("r", 1), ("r", 0)]
        np.testing.assert_allclose(found.labels_px[0], labels().points_px[2], rtol=1e-6)
        distance = found.distance_px()
        assert np.isnan(distance[2, 1, 1])
        np.testing.assert_allclose(distance[:2], np.sqrt(18), rtol=1e-5)

    def test_comes_back_from_disk(self, tmp_path: Path) -> None:
        found = answered(labels())
        read = HeldOut.load(found.save(tmp_path / "heldout.json"))
        assert (read.frames, read.keypoints, read.individuals, read.total) == (
            found.frames,
            found.keypoints,
            found.individuals,
            3,
        )
        for name in ("labels_px", "points_px", "confidence"):
            np.testing.assert_allclose(getattr(read, name), getattr(found, name), atol=0.0051)
        assert [file.name for file in tmp_path.iterdir()] == ["heldout.json"]

    def test_many_frames_are_thinned_evenly_and_counted(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(module, "MAX_FRAMES", 5)
        found = answered(labels(frames=41))
        assert [frame.index for frame in found.frames] == [10, 110, 210, 310, 410]
        assert found.total == 41

    @pytest.mark.parametrize(
        ("change", "told"),
        [
            ({"format": "other"}, "not of the format"),
            ({"labels_px": [1.0]}, "damaged"),
            ({"confidence": ["x"] * 12}, "damaged"),
            ({"confidence": [True] * 12}, "damaged"),
            ({"points_px": None}, "damaged"),
            ({"frames": [["v", 1, "r", 0]] * 3}, "twice"),
            ({"frames": [["v", -1, "r", 0], ["v", 2, "r", 0], ["v", 3, "r", 0]]}, "damaged"),
            ({"keypoints": ["a", 2]}, "damaged"),
        ],
    )
    def test_a_damaged_file_is_refused_by_name(
        self, tmp_path: Path, change: dict[str, object], told: str
    ) -> None:
        file = answered(labels()).save(tmp_path / "heldout.json")
        file.write_text(json.dumps(json.loads(file.read_text()) | change))
        with pytest.raises(BadHeldOut, match=told) as caught:
            HeldOut.load(file)
        assert str(file) in str(caught.value)

    @pytest.mark.parametrize("content", ["", "[1", "[]", "NaN", "[" * 100_000])
    def test_what_is_no_json_object_is_refused(self, tmp_path: Path, content: str) -> None:
        file = tmp_path / "heldout.json"
        file.write_text(content)
        with pytest.raises(BadHeldOut, match=r"heldout\.json"):
            HeldOut.load(file)

    def test_a_missing_file_is_said_to_be_missing(self, tmp_path: Path) -> None:
        with pytest.raises(BadHeldOut, match="not there"):
            HeldOut.load(tmp_path / "heldout.json")
