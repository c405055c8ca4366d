"""One answer out of several: where most of them agree, and how far they lie apart."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
STEPS = 5
LEAST_WEIGHT = 1e-3
"""Of an answer with confidence 0: where all have none, their mean is still better than nothing."""


class Consensus(NamedTuple):
    """What several answers amount to.

    Attributes:
        points_px: (...) + (2,), robust mean; NaN where there was no answer.
        spread_px: (...), standard deviation of one coordinate of one answer; NaN of fewer than two answers.
        answers: (...), how many there were.
    """

    points_px: Floats
    spread_px: Floats
    answers: NDArray[np.intp]


def consensus(points_px: ArrayLike, confidence: ArrayLike, radius_px: float) -> Consensus:
    """Robust mean of several answers to the same question.

    An M-estimate with Cauchy's weights at the scale of the radius (Holland & Welsch 1977): answers within it
    answers nearly alike, one that lies far off hardly. It starts from the answer with most confidence round
    it, so that of two answers far apart the surer one wins and nothing between them.
    The spread is not robust: that one answer of five is far off is what it has to tell.

    Args:
        points_px: (answer, ..., 2); NaN where an answer is missing.
        confidence: (answer, ...) in 0..1, how answers weigh.
        radius_px: Distance at which answers are no longer the same.
    """
    points = np.asarray(points_px, np.float64)
    there = np.asarray(np.isfinite(points).all(axis=-1))
    weight = np.where(there, np.clip(np.nan_to_num(np.asarray(confidence, np.float64)), LEAST_WEIGHT, 1), 0)
    filled = np.where(there[..., None], points, 0.0)
    at = _densest(filled, weight, radius_px)
    for _ in range(STEPS):
        near = weight / (1 + ((filled - at) ** 2).sum(axis=-1) / radius_px**2)
        total = near.sum(axis=0)
        at = (near[..., None] * filled).sum(axis=0) / np.where(total > 0, total, 1)[..., None]
    answers = np.asarray(there.sum(axis=0))
    at = np.where((answers > 0)[..., None], at, np.nan)
    return Consensus(at, _spread(filled, there), answers)


def _densest(points: Floats, weight: Floats, radius_px: float) -> Floats:
    """Of each set of answers the one with most confidence near it, (..., 2)."""
    apart = ((points[:, None] - points[None]) ** 2).sum(axis=-1)
    density = (weight[None] / (1 + apart / radius_px**2)).sum(axis=1)
    best = np.where(weight > 0, density, -np.inf).argmax(axis=0)
    chosen: Floats = np.take_along_axis(points, best[None, ..., None], axis=0)[0]
    return chosen


def _spread(points: Floats, there: NDArray[np.bool_]) -> Floats:
    answers = np.asarray(there.sum(axis=0))
    mean = points.sum(axis=0) / np.maximum(answers, 1)[..., None]
    squared = np.where(there, ((points - mean) ** 2).sum(axis=-1), 0).sum(axis=0)
    spread = np.sqrt(squared / (2 * np.maximum(answers - 1, 1)))
    return np.asarray(np.where(answers > 1, spread, np.nan), np.float64)
