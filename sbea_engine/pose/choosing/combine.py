"""One score out of several criteria, whose units have nothing in common."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata


def rank_share(score: NDArray[np.float64]) -> NDArray[np.float64]:
    """Share of the known others that a score beats, 0..1; NaN stays NaN.

    Equal scores have the least rank that they share, so that a score of 0 that most frames have counts 0.
    """
    result = np.full(score.shape, np.nan)
    known = np.isfinite(score)
    count = int(known.sum())
    if count:
        result[known] = (rankdata(score[known], method="min") - 1) / max(count - 1, 1)
    return result


def combine(scores: Mapping[str, NDArray[np.float64]], weights: Mapping[str, float]) -> NDArray[np.float64]:
    """Weighted mean of the rank shares that are known for a frame; 0 where none is.

    A criterion that tells no two frames apart has no say.
    """
    count = len(next(iter(scores.values())))
    total, weight = np.zeros(count), np.zeros(count)
    for name, score in scores.items():
        share = rank_share(score)
        known = np.isfinite(share)
        if not known.any() or np.ptp(share[known]) == 0:
            continue
        total += weights[name] * np.where(known, share, 0.0)
        weight += weights[name] * known
    return np.asarray(np.where(weight > 0, total / np.maximum(weight, 1e-12), 0.0))
