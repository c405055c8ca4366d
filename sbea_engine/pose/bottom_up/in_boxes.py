"""The animal of each box: top-down, where somebody has said before where animals are."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from sbea_engine.pose.bottom_up.assembly import Assembler
from sbea_engine.pose.bottom_up.peaks import Peaks

ROOM = 0.1
"""A keypoint may lie outside its box by this share of the box's longer side: a detector cuts ears off."""

LEAST_FILL = 0.25
"""What fills less of a box is the edge of somebody else."""

MOST_ANIMALS = 64

Found = tuple[NDArray[np.float32], NDArray[np.float32]]
"""Of one animal: points (keypoint, 2), working pixels, and their confidence logits."""


def assemble_in_boxes(
    assembler: Assembler, peaks: Peaks, fields: NDArray[np.float32], edges_px: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Put together the animal of each box.

    Boxes overlap where animals meet, and hold parts of both; and there may be animals without a box. So all
    animals of the frame are put together first, whoever they are, and each goes to the box that it fills
    best; what lies outside that box is cut off. A box that nothing was found for is then looked into by
    itself, with the peaks that nobody has.

    Args:
        edges_px: (individual, 4), working pixels; NaN without a box.

    Returns:
        points_px (individual, keypoint, 2), working pixels, NaN where nothing was found, and confidence
        logits, minus infinity there; rows as in `edges_px`.
    """
    keypoints = len(peaks.points_px)
    points = np.full((len(edges_px), keypoints, 2), np.nan, np.float32)
    logit = np.full((len(edges_px), keypoints), -np.inf, np.float32)
    free = [int(box) for box in np.flatnonzero(np.isfinite(edges_px).all(-1))]
    everybody = replace(assembler, individuals=MOST_ANIMALS)
    for box, found in _given_out(_animals(everybody, peaks, fields), edges_px, free):
        points[box], logit[box] = _cut(found, edges_px[box])
        free.remove(box)
    for box in free:
        left = _inside(_without(peaks, points), edges_px[box])
        for _, found in _given_out(_animals(everybody, left, fields), edges_px, [box]):
            points[box], logit[box] = found
    return points, logit


def _animals(assembler: Assembler, peaks: Peaks, fields: NDArray[np.float32]) -> list[Found]:
    return [f for f in zip(*assembler(peaks, fields), strict=True) if np.isfinite(f[0]).any()]


def _given_out(
    animals: list[Found], edges_px: NDArray[np.float32], boxes: Iterable[int]
) -> list[tuple[int, Found]]:
    """Boxes with their animals, each once, those first that fill their box best."""
    fills = [(_fill(found[0], edges_px[box]), box, n) for box in boxes for n, found in enumerate(animals)]
    given: dict[int, int] = {}
    for fill, box, n in sorted(fills, key=lambda each: -each[0]):
        if fill >= LEAST_FILL and box not in given and n not in given.values():
            given[box] = n
    return [(box, animals[n]) for box, n in given.items()]


def _fill(points_px: NDArray[np.float32], edges_px: NDArray[np.float32]) -> float:
    """0..1: how much of the box the keypoints reach over, along each axis the length that both share of that
    which they cover together. Not areas: keypoints in a row have none."""
    low, high = np.nanmin(points_px, axis=0), np.nanmax(points_px, axis=0)
    shared = np.clip(np.minimum(high, edges_px[2:]) - np.maximum(low, edges_px[:2]), 0, None)
    together = np.maximum(high, edges_px[2:]) - np.minimum(low, edges_px[:2])
    return float((shared / np.maximum(together, 1e-6)).mean())


def _cut(found: Found, edges_px: NDArray[np.float32]) -> Found:
    """Without what lies outside the box: a part of somebody else that was taken for this one's."""
    points, logit = found
    kept = _within(points, edges_px)
    return np.where(kept[:, None], points, np.float32(np.nan)), np.where(kept, logit, np.float32(-np.inf))


def _within(points_px: NDArray[np.float32], edges_px: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Which points lie in the box, or as near as `ROOM`."""
    low, high = edges_px[:2], edges_px[2:]
    room = ROOM * float((high - low).max())
    return np.asarray(((points_px >= low - room) & (points_px <= high + room)).all(-1))


def _inside(peaks: Peaks, edges_px: NDArray[np.float32]) -> Peaks:
    return _chosen(peaks, [_within(points, edges_px) for points in peaks.points_px])


def _without(peaks: Peaks, points_px: NDArray[np.float32]) -> Peaks:
    """Those that are none of the points (individual, keypoint, 2)."""
    taken = points_px.swapaxes(0, 1)
    return _chosen(
        peaks,
        [
            ~(points[:, None] == whose[None]).all(-1).any(-1)
            for points, whose in zip(peaks.points_px, taken, strict=True)
        ],
    )


def _chosen(peaks: Peaks, kept: list[NDArray[np.bool_]]) -> Peaks:
    return Peaks(
        [points[k] for points, k in zip(peaks.points_px, kept, strict=True)],
        [logit[k] for logit, k in zip(peaks.logit, kept, strict=True)],
    )
