"""Faults that were put into a quiet pose are found where they are, and nothing else is."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from sbea_engine.errors import BadInput
from sbea_engine.kinematics.doubts import DoubtConfig, Doubts, find_doubts

FRAMES, BODY_PX = 1000, 100.0
KEYPOINTS = ("snout", "left ear", "right ear", "tail")
SHAPE_PX = np.array([[0.0, 0.0], [20.0, 10.0], [20.0, -10.0], [BODY_PX, 0.0]])


class Walk:
    """Animals that walk at a tenth of their body a frame, of which the model is sure."""

    def __init__(self, individuals: int = 1, frames: int = FRAMES) -> None:
        way = np.stack([0.1 * BODY_PX * np.arange(frames), np.zeros(frames)], axis=-1)
        apart = np.array([[0.0, 300.0 * i] for i in range(individuals)])
        noise = np.random.default_rng(3).normal(0, 1.0, (frames, individuals, len(KEYPOINTS), 2))
        self.points: NDArray[np.float64] = way[:, None, None] + apart[:, None] + SHAPE_PX + noise
        self.confidence = np.full(self.points.shape[:3], 0.9)
        self.individuals = tuple(f"mouse {i + 1}" for i in range(individuals))
        self.longest = 0

    def read(self, start: int, stop: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        assert 0 <= start < stop <= len(self.points)
        self.longest = max(self.longest, stop - start)
        return self.points[start:stop].astype(np.float32), self.confidence[start:stop].astype(np.float32)

    def doubts(self, *, window: int = 4096, config: DoubtConfig | None = None) -> Doubts:
        names = {"keypoints": KEYPOINTS, "individuals": self.individuals}
        return find_doubts(self.read, len(self.points), **names, window=window, config=config)


def places(found: Doubts) -> list[tuple[int, int, int]]:
    return [(one.first, one.worst, one.last) for one in found.stretches]


def test_a_sure_and_steady_walk_is_not_doubtful() -> None:
    assert Walk(2).doubts() == Doubts(stretches=(), total=0, frames=0)


def test_unsure_stretches_are_told_with_their_least_sure_keypoint() -> None:
    walk = Walk()
    walk.confidence[100:110] = [0.6, 0.6, 0.6, 0.1]
    walk.confidence[104, 0, 3] = 0.02
    walk.confidence[300] = 0.2
    found = walk.doubts()
    assert places(found) == [(100, 104, 109), (300, 300, 300)]
    assert [one.reasons for one in found.stretches] == [
        ("the model is unsure of tail (0.02)",),
        ("the model is unsure of most keypoints (0.20)",),
    ]
    assert (found.total, found.frames) == (2, 11)
    assert found.stretches[1].severity == pytest.approx(0.8)


def test_one_keypoint_that_is_always_hidden_makes_nothing_doubtful() -> None:
    walk = Walk()
    walk.points[:, :, 1] = np.nan
    walk.confidence[:, :, 1] = np.nan
    assert walk.doubts().total == 0


def test_a_keypoint_that_is_thrown_out_jumps_there_and_back() -> None:
    walk = Walk()
    walk.points[500, 0, 1, 1] += 60
    found = walk.doubts()
    assert places(found) == [(500, 500, 501)]
    [reason] = found.stretches[0].reasons
    assert reason.startswith("left ear jumps by 6")


def test_an_animal_may_run_but_not_be_elsewhere_at_once() -> None:
    walk = Walk()
    walk.points[400:, 0, :, 0] += 0.3 * BODY_PX  # one long leap of all keypoints
    assert walk.doubts().total == 0
    walk.points[600:] += 2 * BODY_PX
    [one] = walk.doubts().stretches
    assert (one.first, one.last) == (600, 600)
    assert one.reasons[0].startswith("the animal jumps by 2")


def test_what_is_not_found_is_doubtful_only_where_nobody_else_is_there() -> None:
    alone, two = Walk(), Walk(2)
    for walk in (alone, two):
        walk.points[700:710, -1] = np.nan
        walk.confidence[700:710, -1] = np.nan
    assert [one.reasons for one in alone.doubts().stretches] == [("the animal is not found",)]
    assert two.doubts().total == 0


def test_of_several_it_is_said_whose() -> None:
    walk = Walk(2)
    walk.confidence[100, 1] = [0.5, 0.5, 0.5, 0.1]
    walk.points[800, 1, 3] += 80
    walk.points[900:, 0] += 3 * BODY_PX
    reasons = [one.reasons[0] for one in walk.doubts().stretches]
    assert reasons[0] == "the model is unsure of tail of mouse 2 (0.10)"
    assert reasons[1].startswith("tail of mouse 2 jumps by 1")
    assert reasons[2].startswith("mouse 1 jumps by 4")


@pytest.mark.parametrize("window", [3, 100, 999, 5000])
def test_windows_do_not_change_what_is_found_and_bound_what_is_read(window: int) -> None:
    walk = Walk(2)
    rng = np.random.default_rng(5)
    for frame in rng.integers(1, FRAMES, 40):
        walk.points[frame, frame % 2, frame % 4] += 70
    walk.confidence[rng.integers(0, FRAMES, 40)] = 0.3
    whole = walk.doubts()
    assert whole.total > 30
    walk.longest = 0
    assert walk.doubts(window=window) == whole
    assert walk.longest <= max(window + 2, 64)


def test_the_worst_are_told_in_time_order_and_all_are_counted() -> None:
    walk = Walk()
    for at, confidence in ((100, 0.4), (200, 0.1), (300, 0.3), (400, 0.2)):
        walk.confidence[at] = confidence
    found = walk.doubts(config=DoubtConfig(most=2))
    assert ([one.worst for one in found.stretches], found.total) == ([200, 400], 4)


def test_near_frames_are_one_stretch() -> None:
    walk = Walk()
    walk.confidence[[100, 105, 111]] = 0.1
    assert places(walk.doubts()) == [(100, 100, 105), (111, 111, 111)]


def test_long_stretches_are_cut_so_that_each_leads_somewhere() -> None:
    walk = Walk()
    walk.confidence[100:750] = 0.4
    walk.confidence[[200, 600]] = 0.1
    found = walk.doubts()
    assert places(found) == [(100, 200, 399), (400, 600, 699), (700, 700, 749)]


def test_edges_and_empty_videos() -> None:
    walk = Walk(frames=3)
    walk.confidence[[0, 2]] = 0.0
    assert places(walk.doubts()) == [(0, 0, 2)]
    assert find_doubts(walk.read, 0, keypoints=KEYPOINTS, individuals=("a",)).total == 0
    blind = Walk(frames=4)
    blind.points[:] = np.nan
    assert [one.reasons for one in blind.doubts().stretches] == [("the animal is not found",)]
    with pytest.raises(BadInput):
        walk.doubts(window=0)
    with pytest.raises(BadInput):
        DoubtConfig(unsure_below=2)
