"""Slips of a few frames are mended, and nothing else is."""

from collections.abc import Iterator

import numpy as np
import pytest
from numpy.typing import NDArray

from sbea_engine.pose.inference import Located
from sbea_engine.pose.turnabouts import LONGEST, LOST, Followed, without_slips

APART_PX = 20.0
KEYPOINTS = np.array([(-30, 0), (0, 0), (30, 0)], np.float32)


def walk(frames: int) -> NDArray[np.float32]:
    """(frame, keypoint, 2): an animal that walks 3 px a frame, head first."""
    return np.asarray(
        KEYPOINTS + np.stack([100 + 3.0 * np.arange(frames), np.full(frames, 50.0)], -1)[:, None]
    )


class Truthful:
    """Sees the animal as it is where it is looked for nearly so, and else its opposite."""

    def __init__(self, truth: NDArray[np.float32], surer: float = 1.0) -> None:
        self.truth, self.surer, self.asked = truth, surer, 0

    def follow(self, frame: int, points_px: NDArray[np.float32]) -> Followed:
        self.asked += 1
        right, wrong = self.truth[frame], self.truth[frame][::-1]
        near = np.abs(points_px - right).sum() < np.abs(points_px - wrong).sum()
        return Followed(right if near else wrong, np.full(3, 2.0, np.float32), 0.0 if near else -self.surer)


def mended(found: NDArray[np.float32], look: Truthful, batch: int = 7) -> NDArray[np.float32]:
    """(frame, keypoint, 2) what comes out of answers that come in batches."""

    def batches() -> Iterator[tuple[list[int], Located]]:
        for start in range(0, len(found), batch):
            some = found[start : start + batch]
            rows = list(range(start, start + len(some)))
            yield rows, Located(some.reshape(len(some), -1, 2), np.zeros((len(some), 3), np.float32))

    parts = list(without_slips(batches(), look, individuals=1, apart_px=APART_PX))
    out = np.concatenate([part.points_px for part in parts])
    assert out.shape == found.shape
    return out


def slipped(first: int, stop: int, frames: int = 90) -> NDArray[np.float32]:
    found = walk(frames)
    found[first:stop] = found[first:stop, ::-1]
    return found


@pytest.mark.parametrize(("first", "stop"), [(1, 2), (5, 9), (30, 30 + LONGEST), (86, 89)])
@pytest.mark.parametrize("batch", [1, 7, 90])
def test_a_slip_is_mended(first: int, stop: int, batch: int) -> None:
    np.testing.assert_array_equal(mended(slipped(first, stop), Truthful(walk(90)), batch), walk(90))


def test_two_slips_are_mended() -> None:
    found = slipped(10, 12)
    found[15:20] = found[15:20, ::-1]
    np.testing.assert_array_equal(mended(found, Truthful(walk(90))), walk(90))


@pytest.mark.parametrize(("first", "stop"), [(0, 4), (80, 90), (20, 20 + LONGEST + 1)])
def test_what_has_no_end_or_lasts_is_left(first: int, stop: int) -> None:
    found, look = slipped(first, stop), Truthful(walk(90))
    np.testing.assert_array_equal(mended(found, look), found)
    assert look.asked == 0


def test_what_the_fine_stage_is_surer_of_stays() -> None:
    found = slipped(10, 14)
    np.testing.assert_array_equal(mended(found, Truthful(walk(90), surer=-1.0)), found)


def test_what_is_lost_is_followed_no_further() -> None:
    found, lost = slipped(10, 30), 3 * LOST - 1

    class Blind(Truthful):
        def follow(self, frame: int, points_px: NDArray[np.float32]) -> Followed:
            return super().follow(frame, points_px)._replace(said=lost)

    look = Blind(walk(90))
    np.testing.assert_array_equal(mended(found, look), found)
    assert look.asked == 1


def test_a_walk_is_left_alone() -> None:
    look = Truthful(walk(90))
    np.testing.assert_array_equal(mended(walk(90), look), walk(90))
    assert look.asked == 0


def test_nothing_found_is_no_slip() -> None:
    found = walk(60)
    found[20:30] = np.nan
    np.testing.assert_array_equal(mended(found, Truthful(walk(60))), found)


def test_each_animal_has_slips_of_its_own() -> None:
    one, other = walk(60), slipped(20, 25, 60) + np.float32(200)

    class Two(Truthful):
        def follow(self, frame: int, points_px: NDArray[np.float32]) -> Followed:
            shift = np.float32(200 if points_px[1, 1] > 150 else 0)
            seen = super().follow(frame, points_px - shift)
            return seen._replace(points_px=seen.points_px + shift)

    both = np.stack([one, other], 1).reshape(60, -1, 2)
    batches = iter([(list(range(60)), Located(both, np.zeros(both.shape[:2], np.float32)))])
    out = np.concatenate([p.points_px for p in without_slips(batches, Two(walk(60)), 2, APART_PX)])
    np.testing.assert_array_equal(out.reshape(60, 2, 3, 2)[:, 0], one)
    np.testing.assert_array_equal(out.reshape(60, 2, 3, 2)[:, 1], walk(60) + 200)
