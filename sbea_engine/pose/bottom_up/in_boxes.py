"""The animal of each box: top-down, where somebody has said before where animals are."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from sbea_engine.pose.bottom_up.assembly import Assembler
from sbea_engine.pose.bottom_up.peaks import Peaks

ROOM = 0.1
"""A keypoint may lie outside its box by this share of the box's longer side: a detector cuts ears off."""

SAME_PX = 1.0
"""Keypoints of two finds that are as near are one peak, working pixels."""

Found = tuple[NDArray[np.float32], NDArray[np.float32]]
"""Points (keypoint, 2), working pixels, and their confidence logits."""


def assemble_in_boxes(
    assembler: Assembler, peaks: Peaks, fields: NDArray[np.float32], edges_px: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Put together the animal of each box from the peaks inside.

    Boxes overlap where animals meet, and hold parts of both. Each box has as many candidates as animals fit
    into it; the one that fills its box best is taken first, and what it is made of serves no other box.

    Args:
        edges_px: (individual, 4), working pixels; NaN without a box.

    Returns:
        points_px (individual, keypoint, 2), working pixels, NaN where nothing was found, and confidence
        logits, minus infinity there; rows as in `edges_px`.
    """
    keypoints = len(peaks.points_px)
    points = np.full((len(edges_px), keypoints, 2), np.nan, np.float32)
    logit = np.full((len(edges_px), keypoints), -np.inf, np.float32)
    there = np.flatnonzero(np.isfinite(edges_px).all(-1))
    several = replace(assembler, individuals=max(1, len(there)))
    candidates = [
        (_fill(found[0], edges_px[box]), int(box), found)
        for box in there
        for found in zip(*several(_inside(peaks, edges_px[box]), fields), strict=True)
        if np.isfinite(found[0]).any()
    ]
    taken: list[Found] = []
    free = set(there.tolist())
    for _, box, found in sorted(candidates, key=lambda each: -each[0]):
        if box in free and not any(_share_a_peak(found[0], other[0]) for other in taken):
            points[box], logit[box] = found
            taken.append(found)
            free.remove(box)
    return points, logit


def _inside(peaks: Peaks, edges_px: NDArray[np.float32]) -> Peaks:
    low, high = edges_px[:2], edges_px[2:]
    room = ROOM * float((high - low).max())
    kept = [((p >= low - room) & (p <= high + room)).all(-1) for p in peaks.points_px]
    return Peaks(
        [p[k] for p, k in zip(peaks.points_px, kept, strict=True)],
        [v[k] for v, k in zip(peaks.logit, kept, strict=True)],
    )


def _fill(points_px: NDArray[np.float32], edges_px: NDArray[np.float32]) -> float:
    """0..1: how much of the box the keypoints reach over, along each axis the length that both share of that
    which they cover together. Not areas: keypoints in a row have none."""
    low, high = np.nanmin(points_px, axis=0), np.nanmax(points_px, axis=0)
    shared = np.clip(np.minimum(high, edges_px[2:]) - np.maximum(low, edges_px[:2]), 0, None)
    together = np.maximum(high, edges_px[2:]) - np.minimum(low, edges_px[:2])
    return float((shared / np.maximum(together, 1e-6)).mean())


def _share_a_peak(one: NDArray[np.float32], other: NDArray[np.float32]) -> bool:
    return bool((np.linalg.norm(one - other, axis=-1) < SAME_PX).any())
