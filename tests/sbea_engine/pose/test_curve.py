"""What a point of the training curve says, and which answers it shows."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sbea_engine.data import FrameSource, LabelSet, Skeleton, Visibility
from sbea_engine.pose.curve import MOST_EXAMPLES, MOST_POINTS, curve_point, examples


def labelled_frames(count: int, *, individuals: int = 1, keypoints: int = 3) -> LabelSet:
    """Every third frame of a video, all keypoints visible."""
    shape = (count, individuals, keypoints)
    points = np.random.default_rng(0).uniform(0, 90, (*shape, 2)).astype(np.float32)
    return LabelSet(
        skeleton=Skeleton(keypoints=tuple(f"k{n}" for n in range(keypoints))),
        individuals=tuple(f"animal {n}" for n in range(individuals)),
        frames=tuple(FrameSource(video="a/top", index=3 * n, path=Path("a.mp4")) for n in range(count)),
        points_px=points,
        visibility=np.full(shape, Visibility.VISIBLE, np.int8),
    )


def test_says_how_far_and_shows_answers() -> None:
    labels = labelled_frames(4)
    moved = labels.points_px + np.array([3, 4], np.float32)
    found = curve_point(labels, moved)
    assert found.metrics["val_mean_px"] == pytest.approx(5, abs=1e-4)
    assert [(one.video, one.index) for one in found.examples] == [(f.video, f.index) for f in labels.frames]
    assert np.allclose([np.array(one.labels_px) for one in found.examples], labels.points_px, atol=0.051)
    assert np.allclose([np.array(one.points_px) for one in found.examples], moved, atol=0.051)


def test_no_distance_is_no_figure() -> None:
    labels = labelled_frames(3)
    found = curve_point(labels, np.full_like(labels.points_px, np.nan))
    assert found.metrics == {"val_pck5": 0.0}
    assert found.examples[0].points_px == [[None] * len(labels.skeleton)]


class TestWhichFrames:
    def test_some_of_many_evenly_and_always_the_same(self) -> None:
        labels = labelled_frames(60)
        shown = [one.index for one in examples(labels, labels.points_px)]
        assert len(shown) == MOST_EXAMPLES
        assert set(np.diff(shown)) == {30}
        assert shown == [one.index for one in examples(labels, labels.points_px + np.float32(1))]

    def test_frames_without_a_placed_keypoint_show_nothing(self) -> None:
        labels = labelled_frames(5)
        visibility = labels.visibility.copy()
        visibility[[0, 2, 4]] = Visibility.ABSENT
        points = np.where((visibility == Visibility.ABSENT)[..., None], np.nan, labels.points_px)
        some = LabelSet(
            skeleton=labels.skeleton,
            individuals=labels.individuals,
            frames=labels.frames,
            points_px=points.astype(np.float32),
            visibility=visibility,
        )
        assert [one.index for one in examples(some, labels.points_px)] == [
            labels.frames[row].index for row in (1, 3)
        ]

    def test_many_keypoints_make_few_frames(self) -> None:
        labels = labelled_frames(20, individuals=8, keypoints=30)
        shown = examples(labels, labels.points_px)
        assert 1 <= len(shown) <= max(1, MOST_POINTS // 240)
