from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from sbea_engine.data import FrameSource, LabelSet, Skeleton, Visibility
from sbea_engine.data.labels import BadLabels

SKELETON = Skeleton(keypoints=("a", "b", "c"))


def make_labels(
    points: Any, *, individuals: tuple[str, ...] = ("one",), video: str = "cam", root: Path = Path("/data")
) -> LabelSet:
    points = np.asarray(points, np.float32)
    placed = np.isfinite(points).all(-1)
    return LabelSet(
        skeleton=SKELETON,
        individuals=individuals,
        frames=tuple(
            FrameSource(video=video, index=3 * n, path=root / f"{n}.png") for n in range(len(points))
        ),
        points_px=points,
        visibility=np.where(placed, Visibility.VISIBLE, Visibility.UNLABELLED).astype(np.int8),
    )


GRID = np.arange(12, dtype=np.float32).reshape(2, 1, 3, 2)


class TestLabelSet:
    def test_select_keeps_rows_together(self) -> None:
        labels = make_labels(GRID)
        picked = labels.select([1])
        assert picked.frames == (labels.frames[1],)
        np.testing.assert_array_equal(picked.points_px, GRID[1:])

    def test_time_order_is_by_video_then_index(self) -> None:
        frames = [("b", 0), ("a", 9), ("a", 10), ("a", 1)]
        labels = LabelSet(
            skeleton=SKELETON,
            individuals=("one",),
            frames=tuple(FrameSource(video=v, index=i, path=Path("x")) for v, i in frames),
            points_px=np.full((4, 1, 3, 2), np.nan, np.float32),
            visibility=np.full((4, 1, 3), Visibility.ABSENT, np.int8),
        )
        np.testing.assert_array_equal(labels.time_order(), [3, 1, 2, 0])

    def test_shapes_are_checked_with_both_shapes_named(self) -> None:
        with pytest.raises(BadLabels, match=r"\(2, 1, 3, 2\), got \(2, 1, 2, 2\)"):
            make_labels(GRID[:, :, :2])

    def test_a_position_belongs_to_a_visible_or_guessed_keypoint(self) -> None:
        labels = make_labels(GRID)
        wrong = labels.visibility.copy()
        wrong[1, 0, 2] = Visibility.ABSENT
        with pytest.raises(BadLabels, match="c on frame 3 of 'cam'"):
            LabelSet(
                skeleton=SKELETON,
                individuals=labels.individuals,
                frames=labels.frames,
                points_px=labels.points_px,
                visibility=wrong,
            )

    def test_unknown_visibility_is_refused(self) -> None:
        labels = make_labels(GRID)
        with pytest.raises(BadLabels, match="visibility must be one of -1"):
            LabelSet(
                skeleton=SKELETON,
                individuals=labels.individuals,
                frames=labels.frames,
                points_px=labels.points_px,
                visibility=labels.visibility + 5,
            )

    def test_a_frame_is_labelled_once(self) -> None:
        labels = make_labels(GRID)
        with pytest.raises(BadLabels, match="Frame 0 of 'cam' is labelled twice"):
            labels.select([0, 0])

    def test_individuals_are_unique_texts(self) -> None:
        twice = np.concatenate([GRID, GRID], axis=1)
        with pytest.raises(BadLabels, match="unique, got one, one"):
            make_labels(twice, individuals=("one", "one"))

    @pytest.mark.parametrize("index", [-1, 1.5, True, "3"])
    def test_a_frame_index_is_a_whole_number(self, index: Any) -> None:
        with pytest.raises(BadLabels, match="Frame index"):
            FrameSource(video="cam", index=index, path=Path("x"))

    @pytest.mark.parametrize("video", [7, None, ["cam"]])
    def test_the_name_of_a_video_is_text(self, video: Any) -> None:
        with pytest.raises(BadLabels, match="name of a video is text"):
            FrameSource(video=video, index=0, path=Path("x"))

    def test_frames_of_a_recording_share_its_moments(self) -> None:
        alone = FrameSource(video="cam", index=3, path=Path("x"))
        first = FrameSource(video="top", index=3, path=Path("x"), recording="take", tick=8)
        second = FrameSource(video="side", index=5, path=Path("x"), recording="take", tick=8)
        assert alone.moment == ("cam", 3)
        assert first.moment == second.moment == ("take", 8)

    @pytest.mark.parametrize(
        ("recording", "tick", "reason"),
        [
            ("take", None, "both a recording and a tick"), (None, 3, "both a recording and a tick"),
            ("take", "3", "no whole number"), ("take", 1.5, "no whole number"), ("take", True, "no whole"),
            ("take", -1, "0 or more"), (7, 3, "recording is text"),
        ],
    )  # fmt: skip
    def test_a_recording_goes_with_a_tick(self, recording: Any, tick: Any, reason: str) -> None:
        with pytest.raises(BadLabels, match=reason):
            FrameSource(video="cam", index=0, path=Path("x"), recording=recording, tick=tick)

    def test_a_frame_is_labelled_once_anything_is_said_of_it(self) -> None:
        said = np.full((3, 2, 3), Visibility.UNLABELLED, np.int8)
        said[1, 1, 2] = Visibility.ABSENT
        labels = LabelSet(
            skeleton=SKELETON,
            individuals=("one", "two"),
            frames=tuple(FrameSource(video="cam", index=n, path=Path("x")) for n in range(3)),
            points_px=np.full((3, 2, 3, 2), np.nan, np.float32),
            visibility=said,
        )
        assert labels.labelled_frames.tolist() == [False, True, False]


class TestFile:
    @settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30, deadline=None)
    @given(
        points=hnp.arrays(np.float32, (3, 2, 3, 2), elements=st.floats(-1e4, 1e4, width=32)),
        gaps=hnp.arrays(np.bool_, (3, 2, 3)),
    )
    def test_round_trip_is_exact(self, tmp_path: Path, points: Any, gaps: Any) -> None:
        points[gaps] = np.nan
        labels = make_labels(points, individuals=("one", "two"), root=tmp_path / "images")
        labels.save(tmp_path)
        got = LabelSet.load(tmp_path)
        np.testing.assert_array_equal(got.points_px, labels.points_px)
        np.testing.assert_array_equal(got.visibility, labels.visibility)
        assert (got.skeleton, got.individuals, got.frames) == (
            labels.skeleton,
            labels.individuals,
            labels.frames,
        )

    def test_ticks_are_kept_where_they_are_known(self, tmp_path: Path) -> None:
        labels = make_labels(GRID, root=tmp_path)
        shown = replace(labels.frames[1], recording="take", tick=np.int64(7))  # type: ignore[arg-type]
        file = replace(labels, frames=(labels.frames[0], shown)).save(tmp_path)
        assert [f.moment for f in LabelSet.load(tmp_path).frames] == [("cam", 0), ("take", 7)]
        assert "tick" not in json.loads(file.read_text())["frames"][0]

    def test_a_moved_folder_takes_its_images_along(self, tmp_path: Path) -> None:
        make_labels(GRID, root=tmp_path / "old" / "images").save(tmp_path / "old")
        (tmp_path / "old").rename(tmp_path / "new")
        assert LabelSet.load(tmp_path / "new").frames[0].path == tmp_path / "new" / "images" / "0.png"

    def test_numpy_frame_numbers_are_saved(self, tmp_path: Path) -> None:
        labels = make_labels(GRID)
        source = FrameSource(video="cam", index=np.int64(7), path=Path("/x.png"))  # type: ignore[arg-type]
        LabelSet(
            skeleton=SKELETON,
            individuals=("one",),
            frames=(source,),
            points_px=labels.points_px[:1],
            visibility=labels.visibility[:1],
        ).save(tmp_path)
        assert LabelSet.load(tmp_path).frames[0].index == 7

    @pytest.mark.parametrize(
        ("change", "reason"),
        [
            (lambda d: d.update(format="sbea-labels/9"), "not a label file of format"),
            (lambda d: d.pop("skeleton"), "skeleton"),
            (lambda d: d.update(skeleton=[]), "an object"),
            (lambda d: d.update(individuals="one"), "individuals is no list"),
            (lambda d: d.update(individuals=["a\tb"]), r"'a\\tb' of an individual holds control characters"),
            (lambda d: d["skeleton"]["keypoints"].append("a\x00"), r"'a\\x00' holds control characters"),
            (lambda d: d.update(frames={}), "frames is no list"),
            (lambda d: d.update(individuals=[]), "frame 0 of 'cam': points_px has a list for each of 0"),
            (lambda d: d["frames"].append(7), "entry 2 of frames is no object, got 7"),
            (lambda d: d["frames"][0].update(points_px=[[[1.0, 2.0]]]), "each of 3 keypoints"),
            (lambda d: d["frames"][1].pop("points_px"), "entry 1 of frames has no points_px"),
            (lambda d: d["frames"][0].update(path=3), "entry 0 of frames: path is text, got 3"),
            (lambda d: d["frames"][0].update(visibility=[[2, 2, 0]]), "c on frame 0"),
            (lambda d: d["frames"][0].update(index="0"), "no whole number"),
            (lambda d: d["frames"][0].pop("path"), "path"),
            (lambda d: d["frames"][0].update(tick=3), "both a recording and a tick"),
        ],
    )
    def test_damage_is_named_with_the_file(self, tmp_path: Path, change: Any, reason: str) -> None:
        file = make_labels(GRID).save(tmp_path)
        document = json.loads(file.read_text())
        change(document)
        file.write_text(json.dumps(document))
        with pytest.raises(BadLabels, match=reason) as caught:
            LabelSet.load(tmp_path)
        assert str(file) in str(caught.value)

    @pytest.mark.parametrize(
        "points",
        [
            [1, 2, 3, 4, 5, 6], [[1, 2, 3, 4, 5, 6]], [[[1, 2], [3, 4], [5, 6]], [[1, 2], [3, 4], [5, 6]]],
            [[[1, 2], [3, 4], ["5", "6"]]], [[[1, 2], [3, 4], [True, 6]]], [[[1, 2], [3, 4], [5, None]]],
            [[[1, 2], [3, 4], [5, 6, 7]]], [[[1, 2], [3, 4], [[5], [6]]]], [[[1, 2], [3, 4], None]],
            [[[1, 2], [3, 4], [float("nan"), 6]]], [[[1, 2], [3, 4], [float("nan"), float("nan")]]],
            [[[1, 2], [3, 4], [1e30, 6]]], [[[1, 2], [3, 4], [5, -1.1e6]]], [[[1, 2], [3, 4], [10**400, 6]]],
            [[[1, 2], [3, 4], [1e300, 6]]], "abc", None, {},
        ],
    )  # fmt: skip
    @pytest.mark.filterwarnings("error")
    def test_positions_are_pairs_of_numbers(self, tmp_path: Path, points: Any) -> None:
        error = self._refusal(tmp_path, points_px=points)
        assert "frame 3 of 'cam'" in error
        assert "points_px" in error
        if isinstance(points, list) and len(points) == 1 and len(points[0]) == 3:
            assert "c of one" in error

    @pytest.mark.parametrize(
        "visibility",
        [
            [2, 2, 2], [[2, 2]], [[2, 2, 1.7]], [[2, 2, 2.0]], [[2, 2, True]], [[2, 2, "2"]], [[2, 2, 3]],
            [[2, 2, -2]], [[2, 2, 300]], [[2, 2, None]], [[2, 2, [2]]], [[2, 2, float("nan")]], 2, None,
        ],
    )  # fmt: skip
    def test_visibility_is_one_of_its_numbers(self, tmp_path: Path, visibility: Any) -> None:
        error = self._refusal(tmp_path, visibility=visibility)
        assert "frame 3 of 'cam'" in error
        assert "visibility" in error

    def test_a_position_may_be_a_million_pixels_out(self, tmp_path: Path) -> None:
        """What is beyond the picture is for those to say who know its size."""
        labels = make_labels(GRID * 1e5 - 1e5)
        labels.save(tmp_path)
        np.testing.assert_array_equal(LabelSet.load(tmp_path).points_px, labels.points_px)

    @staticmethod
    def _refusal(folder: Path, **changes: Any) -> str:
        """Why labels whose second frame has these values are not read."""
        file = make_labels(GRID).save(folder)
        document = json.loads(file.read_text())
        document["frames"][1].update(changes)
        file.write_text(json.dumps(document))
        with pytest.raises(BadLabels) as caught:
            LabelSet.load(folder)
        assert str(caught.value).startswith(f"{file}: ")
        return str(caught.value)

    @pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b"[]", b"[" * 100_000])
    def test_no_label_file(self, tmp_path: Path, content: bytes) -> None:
        (tmp_path / "labels.json").write_bytes(content)
        with pytest.raises(BadLabels, match=r"labels\.json"):
            LabelSet.load(tmp_path)

    def test_nothing_there(self, tmp_path: Path) -> None:
        with pytest.raises(BadLabels, match="not there"):
            LabelSet.load(tmp_path)
