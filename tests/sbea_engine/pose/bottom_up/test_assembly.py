"""Animals from perfect maps and fields, so that what is tested is how they are put together."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import torch
from numpy.typing import NDArray

from sbea_engine.pose.bottom_up.assembly import Assembler
from sbea_engine.pose.bottom_up.links import Links
from sbea_engine.pose.bottom_up.losses import field_target
from sbea_engine.pose.bottom_up.peaks import Peaks

SIZE = (24, 32)
KEYPOINTS = 4
CHAIN = tuple(pairwise(range(KEYPOINTS)))
STEPS = np.arange(KEYPOINTS)[:, None] * 14.0


def animal(x: float, y: float, degrees: float) -> NDArray[np.float32]:
    """Four keypoints in a row, 14 pixels from one to the next."""
    angle = np.deg2rad(degrees)
    row = np.array([x, y]) + STEPS * np.array([np.cos(angle), np.sin(angle)])
    return np.asarray(row, dtype=np.float32)


def assembler(individuals: int) -> Assembler:
    reach = np.abs(STEPS - STEPS.T).astype(np.float32) * 1.3
    return Assembler(links=Links(edges=CHAIN, reach_px=reach, extent_px=42.0), individuals=individuals)


def fields_of(animals: list[NDArray[np.float32]]) -> NDArray[np.float32]:
    field: NDArray[np.float32] = field_target(torch.from_numpy(np.stack(animals))[None], CHAIN, SIZE)[
        0
    ].numpy()
    return field


def peaks_of(animals: list[NDArray[np.float32]], logit: float = 3.0) -> Peaks:
    points = np.stack(animals)
    return Peaks(
        [points[:, k] for k in range(KEYPOINTS)], [np.full(len(points), logit, np.float32)] * KEYPOINTS
    )


def without(peaks: Peaks, keypoint: int, peak: int) -> Peaks:
    points, logit = list(peaks.points_px), list(peaks.logit)
    points[keypoint] = np.delete(points[keypoint], peak, axis=0)
    logit[keypoint] = np.delete(logit[keypoint], peak)
    return Peaks(points, logit)


def with_peak(peaks: Peaks, keypoint: int, place: NDArray[np.float32], height: float) -> Peaks:
    points, logit = list(peaks.points_px), list(peaks.logit)
    points[keypoint] = np.concatenate([points[keypoint], place[None]])
    logit[keypoint] = np.append(logit[keypoint], np.float32(height))
    return Peaks(points, logit)


def same_animals(found: NDArray[np.float32], truth: list[NDArray[np.float32]]) -> bool:
    """In whatever order."""
    left = sorted(map(str, (np.nan_to_num(a, nan=-1).tolist() for a in found)))
    return left == sorted(map(str, (np.nan_to_num(a, nan=-1).tolist() for a in truth)))


CROSSING = [animal(20, 40, 0), animal(38, 14, 90)]


class TestAssembler:
    def test_two_animals_that_cross(self) -> None:
        found, logit = assembler(2)(peaks_of(CROSSING), fields_of(CROSSING))
        assert same_animals(found, CROSSING)
        assert (logit == 3).all()

    def test_the_nearest_peak_would_go_wrong_there(self) -> None:
        """The plain baseline: from each keypoint on to the nearest next one."""
        peaks = peaks_of(CROSSING)
        place = peaks.points_px[0][0]
        walked = [place]
        for k in range(1, KEYPOINTS):
            place = peaks.points_px[k][np.linalg.norm(peaks.points_px[k] - place, axis=-1).argmin()]
            walked.append(place)
        assert not np.array_equal(np.stack(walked), CROSSING[0])

    def test_no_peak_serves_twice(self) -> None:
        near = [animal(20, 30, 0), animal(20, 36, 0), animal(22, 42, 5)]
        found, _ = assembler(3)(peaks_of(near), fields_of(near))
        for k in range(KEYPOINTS):
            there = found[np.isfinite(found[:, k, 0]), k]
            assert len(np.unique(there, axis=0)) == len(there)

    def test_who_is_not_there_is_nan(self) -> None:
        found, logit = assembler(3)(peaks_of(CROSSING[:1]), fields_of(CROSSING[:1]))
        np.testing.assert_array_equal(found[0], CROSSING[0])
        assert np.isnan(found[1:]).all()
        assert np.isneginf(logit[1:]).all()

    def test_an_empty_frame(self) -> None:
        nothing = Peaks([np.zeros((0, 2), np.float32)] * KEYPOINTS, [np.zeros(0, np.float32)] * KEYPOINTS)
        found, _ = assembler(2)(nothing, np.zeros((3, 2, *SIZE), np.float32))
        assert np.isnan(found).all()

    def test_no_more_animals_than_there_are(self) -> None:
        three = [animal(20, 20, 0), animal(20, 50, 0), animal(20, 80, 0)]
        peaks = peaks_of(three)
        for high in peaks.logit:
            high[1] = 1.0
        found, _ = assembler(2)(peaks, fields_of(three))
        assert same_animals(found, [three[0], three[2]])

    def test_the_end_of_an_animal_whose_middle_was_not_found_stays_with_it(self) -> None:
        apart = [animal(10, 20, 0), animal(10, 70, 0)]
        peaks = without(peaks_of(apart), keypoint=2, peak=0)
        apart[0] = apart[0].copy()
        apart[0][2] = np.nan
        found, _ = assembler(2)(peaks, fields_of([animal(10, 20, 0), animal(10, 70, 0)]))
        assert same_animals(found, apart)

    def test_a_stray_peak_goes_to_nobody_who_cannot_reach_it(self) -> None:
        lone = animal(10, 20, 0)
        short = lone.copy()
        short[3] = np.nan
        stray = np.array([110.0, 85.0], dtype=np.float32)
        peaks = with_peak(without(peaks_of([lone]), keypoint=3, peak=0), 3, stray, 3.0)
        found, _ = assembler(1)(peaks, fields_of([lone]))
        np.testing.assert_array_equal(found[0], short)

    def test_second_peaks_on_an_animal_are_no_second_animal(self) -> None:
        lone = animal(10, 20, 0)
        peaks = peaks_of([lone])
        for k in range(KEYPOINTS):
            peaks = with_peak(peaks, k, lone[k] + np.float32(2), 1.0)
        found, logit = assembler(2)(peaks, fields_of([lone]))
        np.testing.assert_array_equal(found[0], lone)
        assert np.isnan(found[1]).all()
        assert (logit[0] == 3).all()

    def test_weak_scattered_peaks_are_no_animal(self) -> None:
        peaks = peaks_of([animal(10, 20, 0)], logit=-2.5)
        found, _ = assembler(2)(peaks, np.zeros((3, 2, *SIZE), np.float32))
        assert np.isnan(found).all()
