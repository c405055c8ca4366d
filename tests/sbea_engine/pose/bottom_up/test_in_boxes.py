"""Animals of boxes, from perfect maps and fields."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sbea_engine.pose.bottom_up.in_boxes import assemble_in_boxes
from sbea_engine.pose.bottom_up.peaks import Peaks
from tests.sbea_engine.pose.bottom_up.test_assembly import (
    KEYPOINTS,
    animal,
    assembler,
    fields_of,
    peaks_of,
    without,
)

LEFT, RIGHT = animal(10, 20, 0), animal(70, 60, 0)


def box(points: NDArray[np.float32], room: float = 3) -> NDArray[np.float32]:
    return np.concatenate([points.min(0) - room, points.max(0) + room]).astype(np.float32)


def found(
    animals: list[NDArray[np.float32]], boxes: list[NDArray[np.float32]], peaks: Peaks | None = None
) -> NDArray[np.float32]:
    peaks = peaks or peaks_of(animals)
    points, logit = assemble_in_boxes(assembler(2), peaks, fields_of(animals), np.stack(boxes))
    assert (np.isfinite(points).all(-1) == np.isfinite(logit)).all()
    return points


def test_each_animal_is_that_of_its_box() -> None:
    for order in ([LEFT, RIGHT], [RIGHT, LEFT]):
        np.testing.assert_allclose(found([LEFT, RIGHT], [box(a) for a in order]), order)


def test_without_a_box_and_in_an_empty_one_nothing_is_found() -> None:
    nowhere, none = np.array([0, 80, 30, 95], np.float32), np.full(4, np.nan, np.float32)
    points = found([LEFT, RIGHT], [none, box(LEFT), nowhere])
    assert np.isnan(points[[0, 2]]).all()
    np.testing.assert_allclose(points[1], LEFT)


def test_what_lies_outside_belongs_to_nobody() -> None:
    points = found([LEFT, RIGHT], [box(RIGHT)])
    np.testing.assert_allclose(points[0], RIGHT)


def test_animals_that_cross_have_boxes_that_hold_parts_of_both() -> None:
    across, down = animal(20, 48, 0), animal(42, 20, 90)
    boxes = [box(across), box(down)]
    np.testing.assert_allclose(found([across, down], boxes), [across, down])
    np.testing.assert_allclose(found([across, down], boxes[::-1]), [down, across])


def test_two_boxes_round_one_animal_do_not_share_it() -> None:
    points = found([LEFT], [box(LEFT, 8), box(LEFT, 2)])
    np.testing.assert_allclose(points[1], LEFT)  # it fills the smaller one better
    assert np.isnan(points[0]).all()


def test_a_box_that_cuts_the_nose_off_still_finds_it() -> None:
    cut = box(LEFT, 0)
    cut[2] -= 3
    np.testing.assert_allclose(found([LEFT], [cut])[0], LEFT)


def test_a_keypoint_that_is_hidden_is_left_out() -> None:
    points = found([LEFT, RIGHT], [box(LEFT), box(RIGHT)], without(peaks_of([LEFT, RIGHT]), 0, 0))
    assert np.isnan(points[0, 0]).all()
    np.testing.assert_allclose(points[0, 1:], LEFT[1:])
    assert points.shape == (2, KEYPOINTS, 2)


ACROSS = np.array([(51.7, 15.8), (56.7, 28.8), (61.6, 41.9), (66.6, 55.0)], np.float32)
BESIDE = np.array([(24.5, 35.5), (38.5, 35.7), (52.5, 36.0), (66.5, 36.3)], np.float32)


def test_a_neighbour_whose_end_lies_in_the_box_keeps_it() -> None:
    """A hidden keypoint is not taken from another animal, nor is that animal lost to its box."""
    peaks = without(peaks_of([ACROSS, BESIDE]), 2, 0)
    points = found([ACROSS, BESIDE], [box(ACROSS), box(BESIDE)], peaks)
    np.testing.assert_allclose(points[1], BESIDE)
    np.testing.assert_allclose(points[0, [0, 1, 3]], ACROSS[[0, 1, 3]])
    assert np.isnan(points[0, 2]).all()


def test_a_neighbour_without_a_box_does_not_get_the_box() -> None:
    peaks = without(peaks_of([ACROSS, BESIDE]), 0, 0)
    points = found([ACROSS, BESIDE], [box(ACROSS)], peaks)
    np.testing.assert_allclose(points[0, 1:], ACROSS[1:])


def test_pairs_by_chance_with_a_hidden_keypoint() -> None:
    """Each animal is found in its box as the frame as a whole shows it, whoever lies across it."""
    rng, told = np.random.default_rng(3), 0
    for _ in range(200):
        places = rng.uniform((20, 20, 0), (60, 60, 360), (2, 3)).tolist()
        pair = [animal(x, y, degrees) for x, y, degrees in places]
        peaks = without(peaks_of(pair), int(rng.integers(KEYPOINTS)), 0)
        whole, _ = assembler(2)(peaks, fields_of(pair))
        points = found(pair, [box(one) for one in pair], peaks)
        for own, truth in zip(points, pair, strict=True):
            as_whole = min(np.nansum(np.linalg.norm(one - truth, axis=-1)) for one in whole)
            if as_whole < 1:
                assert np.nansum(np.linalg.norm(own - truth, axis=-1)) < 1
                assert np.isfinite(own).any()
                told += 1
    assert told > 350
