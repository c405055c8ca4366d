"""Smoothing of series that hold outliers, with the strength that their own innovations ask for.

After the ensemble Kalman smoother of Biderman et al. 2024 (Lightning Pose): observations have the variance
that the model claims, one that the others contradict has it inflated, and the smoothing parameter is chosen
by maximum likelihood.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sbea_engine.kinematics.kalman import Evidence, Motion, gather, likelihood, smooth

Floats = NDArray[np.float64]

ROUNDS = 4
CONTRADICTED = 4.0
"""Standard deviations beyond which an observation's variance grows: an influence that falls again, as
Cauchy's does."""

RATIOS = np.logspace(-7, 3, 21)
"""Intensities of the motion that are tried, in units of the observations' own variance."""

WIDEST_RATIO = 1.0
LEAST_OBSERVATIONS = 60
"""Numbers that a series must hold to choose its own strength; one with fewer takes the others'."""

MEDIAN_HALF = 3


class Observed(NamedTuple):
    """Observations of series; see `kalman.gather`.

    Attributes:
        points: (frame, series, group, m).
        variance: (frame, series, group).
        observe: (..., group, m, d) or None.
    """

    points: Floats
    variance: Floats
    observe: Floats | None = None

    def evidence(self, inflation: Floats) -> Evidence:
        """With variances multiplied by (frame, series, group)."""
        return gather(self.points, self.variance * inflation, self.observe)

    def rows(self, frames: NDArray[np.intp]) -> Observed:
        """Some frames."""
        moving = self.observe is not None and self.observe.ndim == 5
        observe = self.observe[frames] if moving and self.observe is not None else self.observe
        return Observed(self.points[frames], self.variance[frames], observe)


class Strength(NamedTuple):
    """How strongly series are smoothed.

    Attributes:
        ratio: (series,) intensity of the motion over the scale of the observations' variance.
        scale: (series,) by which the variances have to be multiplied to be those of noise that changes from
            frame to frame.
    """

    ratio: Floats
    scale: Floats


@dataclass(frozen=True, slots=True, eq=False)
class RobustlySmoothed:
    """Attributes:
    mean: (frame, series, d).
    covariance: (frame, series, d, d), scaled by the strength's scale.
    inflation: (frame, series, group), 1 for observations that nothing contradicts.
    """

    mean: Floats
    covariance: Floats
    inflation: Floats


def choose_strength(observed: Observed, steps: ArrayLike, motion: Motion, inflation: Floats) -> Strength:
    """Maximum likelihood over `RATIOS`; the scale has a closed form (see `kalman.likelihood`).

    Contradicted observations take no part: at the variance that they were given each would count as one of
    `CONTRADICTED` standard deviations, and a few would make all the others seem noisy.
    """
    evidence = observed.evidence(np.where(inflation > 1, np.inf, 1.0))
    series = evidence.pull.shape[1]
    found = likelihood(evidence.repeat(len(RATIOS)), steps, np.repeat(RATIOS, series), motion)
    square, log_determinant, count = (part.reshape(len(RATIOS), series) for part in found)
    n = np.maximum(count, 1)
    scale = np.maximum(square / n, 1e-12)
    cost = log_determinant + n * np.log(scale)
    cost[:, count[0] < LEAST_OBSERVATIONS] = 0
    best = cost.argmin(axis=0)
    every = np.arange(series)
    ratio, chosen = RATIOS[best], scale[best, every]
    poor = count[0] < LEAST_OBSERVATIONS
    if poor.any():
        rich = ~poor
        ratio[poor] = np.exp(np.median(np.log(ratio[rich]))) if rich.any() else WIDEST_RATIO
        chosen[poor] = np.exp(np.median(np.log(chosen[rich]))) if rich.any() else 1.0
    return Strength(ratio, chosen)


def robust_strength(observed: Observed, steps: ArrayLike, motion: Motion) -> Strength:
    """Strength of series with outliers: chosen with those set aside that a running median contradicts, then
    again with those that the smoothed series contradicts."""
    inflation = against_median(observed)
    strength = choose_strength(observed, steps, motion, inflation)
    inflation = robust_smooth(observed, steps, motion, strength).inflation
    return choose_strength(observed, steps, motion, inflation)


def robust_smooth(
    observed: Observed, steps: ArrayLike, motion: Motion, strength: Strength
) -> RobustlySmoothed:
    """Smooth, look which observations the others contradict, inflate their variance, and smooth again."""
    inflation = against_median(observed)
    found = smooth(observed.evidence(inflation), steps, strength.ratio, motion)
    for _ in range(ROUNDS):
        inflation = _against_others(observed, inflation, found.mean, found.covariance, strength.scale)
        found = smooth(observed.evidence(inflation), steps, strength.ratio, motion)
    scaled = found.covariance * strength.scale[None, :, None, None]
    return RobustlySmoothed(found.mean, scaled, inflation)


def against_median(observed: Observed) -> Floats:
    """First inflation (frame, series, group): by the distance from the median of seven frames, in standard
    deviations of the claimed variance and of the usual distance from that median."""
    frames = len(observed.points)
    if not frames:
        return np.ones(observed.variance.shape)
    padded = np.full((frames + 2 * MEDIAN_HALF, *observed.points.shape[1:]), np.nan)
    padded[MEDIAN_HALF : MEDIAN_HALF + frames] = observed.points
    windows = np.lib.stride_tricks.sliding_window_view(padded, 2 * MEDIAN_HALF + 1, axis=0)
    off = ((observed.points - known_median(windows)) ** 2).sum(axis=-1)
    usual = known_median(np.moveaxis(off, 0, -1))
    squared = off / (observed.variance + usual[None])
    return _inflation(squared)


def known_median(values: Floats) -> Floats:
    """Median over the last axis, NaN left out; NaN where there is nothing."""
    ordered = np.sort(values, axis=-1)  # NaN last
    count = np.isfinite(ordered).sum(axis=-1)
    low, high = np.maximum((count - 1) // 2, 0), np.minimum(count // 2, values.shape[-1] - 1)
    pair = [np.take_along_axis(ordered, at[..., None], axis=-1)[..., 0] for at in (low, high)]
    return 0.5 * (pair[0] + pair[1])


def _inflation(squared: Floats) -> Floats:
    return np.maximum(1.0, np.nan_to_num(squared, nan=1.0) / CONTRADICTED**2)


def _against_others(
    observed: Observed, inflation: Floats, mean: Floats, covariance: Floats, scale: Floats
) -> Floats:
    """Inflation by the distance from where all other observations place it.

    What an observation had said is taken out of the smoothed position again (its information subtracted), so
    that it is not judged by itself.
    """
    d = mean.shape[-1]
    h = np.eye(d)[None] if observed.observe is None else np.nan_to_num(observed.observe)
    there = np.isfinite(observed.points).all(axis=-1) & np.isfinite(observed.variance)
    variance = np.where(there, observed.variance, 1.0)
    y = np.where(there[..., None], observed.points, 0.0)
    weight = np.where(there, 1 / (variance * inflation), 0.0)
    known = np.linalg.inv(covariance)
    told = np.einsum("...ij,...j->...i", known, mean)
    h = np.broadcast_to(h, (*y.shape, d))
    own = np.einsum("...gmi,...gmj->...gij", weight[..., None, None] * h, h)
    rest = known[:, :, None] - own
    rest += 1e-9 * np.trace(known, axis1=-2, axis2=-1)[:, :, None, None, None] * np.eye(d)
    pull = told[:, :, None] - np.einsum("...gmi,...gm->...gi", weight[..., None, None] * h, y)
    without = np.linalg.inv(rest)
    expected = np.einsum("...gmi,...gij,...gj->...gm", h, without, pull)
    doubt = np.einsum("...gmi,...gij,...gnj->...gmn", h, without, h)
    doubt = doubt + variance[..., None, None] * np.eye(y.shape[-1])
    off = (y - expected)[..., None]
    squared = (off * np.linalg.solve(doubt, off)).sum(axis=(-1, -2)) / scale[None, :, None]
    return np.where(there, _inflation(squared), 1.0)
