"""What a criterion says of the candidates of one video."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sbea_engine.data import Poses


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Finding:
    """Scores of one criterion.

    Attributes:
        score: (candidate,), the larger the more worth labelling, 0 where there is no reason to; NaN where
            the criterion cannot tell.
        reason: The reason in words, from the number of a candidate.
    """

    score: NDArray[np.float64]
    reason: Callable[[int], str]


def unknown(count: int) -> Finding:
    """Of a criterion that lacks what it works on."""
    return Finding(score=np.full(count, np.nan), reason=lambda candidate: "")


def worst(values: NDArray[np.float64]) -> tuple[int, int]:
    """Individual and keypoint of the largest value that is known, of (individual, keypoint)."""
    at = int(np.where(np.isfinite(values), values, -np.inf).argmax())
    return at // values.shape[1], at % values.shape[1]


def keypoint_name(poses: Poses, individual: int, keypoint: int) -> str:
    """How reasons name a keypoint; whose it is only where there are several individuals."""
    name = poses.skeleton.keypoints[keypoint]
    return name if len(poses.individuals) == 1 else f"{name} of {poses.individuals[individual]}"


def mean_known(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """(candidate,), the mean over individuals and keypoints that are known; NaN where none is."""
    count = np.isfinite(values).sum(axis=(1, 2))
    return np.where(count > 0, np.nansum(values, axis=(1, 2)) / np.maximum(count, 1), np.nan)


def largest_known(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """(candidate,), the largest over individuals and keypoints that is known; NaN where none is."""
    top = np.where(np.isfinite(values), values, -np.inf).max(axis=(1, 2), initial=-np.inf)
    return np.where(np.isfinite(top), top, np.nan)
