"""Held-out error against the number of labels: a power law through it, and what more labels should bring.

NumPy only, so that the web process can use it. Method and measured coverage: docs/science/learning-curve.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sbea_engine.errors import BadInput

MIN_POINTS = 4
MIN_AMOUNTS = 3
MIN_SPAN = 1.5
"""The largest amount of labels must be this many times the smallest: a slope needs a lever."""
MAX_REACH = 2.0
"""Nothing is foretold beyond this many times the largest amount seen."""
LEVEL = 0.9
DRAWS = 4000

PRIOR_NOISE = 0.12
PRIOR_NOISE_WEIGHT = 2.0
"""Two trainings on as many labels differ by some 12 %; weighs as much as two points."""
PRIOR_EXPONENT = 0.5
PRIOR_EXPONENT_SD = 0.7
"""Of its logarithm: nine in ten exponents lie between 0.16 and 1.6 (Hestness et al. 2017 report 0.07..0.5 of
whole data sets; small sets of keypoints fall faster)."""


Numbers = Sequence[float] | NDArray[np.float64]


class BadCurve(BadInput):
    """Amounts or errors that cannot be, or a forecast too far out."""

    code = "bad_learning_curve"


class TooFewPoints(BadCurve):
    """There is not enough to foretell anything from; `data` has what is there and what is needed."""

    code = "too_few_points"


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """Error to expect at an amount of labels: the middle, and where a model measured there would lie nine
    times in ten."""

    labels: float
    error_px: float
    low_px: float
    high_px: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LearningCurve:
    """error = a_px + b_px * labels ** -c.

    Attributes:
        a_px: What would remain with endless labels.
        b_px: Scale of the part that falls.
        c: How fast it falls.
        noise: How much one measurement strays from the curve, as a share of the error.
        largest: Largest amount of labels that it was fitted on.
    """

    a_px: float
    b_px: float
    c: float
    noise: float
    largest: float
    _draws: NDArray[np.float64]  # (draw, 3): a, b, c of the posterior
    _strays: NDArray[np.float64]  # (draw,): of the logarithm of one more measurement

    def forecast(self, labels: float) -> Forecast:
        """What to expect at this amount of labels.

        Raises:
            BadCurve: Not a positive number, or more than `MAX_REACH` times the largest amount seen.
        """
        if not 0 < labels <= MAX_REACH * self.largest:
            raise BadCurve(
                f"{labels:g} labels: a forecast reaches from above 0 to {MAX_REACH * self.largest:g}."
            )
        a, b, c = self._draws.T
        curve = a + b * labels**-c
        low, high = np.quantile(curve * np.exp(self._strays), [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
        return Forecast(
            labels=labels, error_px=float(np.median(curve)), low_px=float(low), high_px=float(high)
        )


def fit_learning_curve(labels: Numbers, error_px: Numbers, *, seed: int = 0) -> LearningCurve:
    """Fit error = a + b n^-c by its posterior on a grid.

    The logarithm of a measured error strays normally from that of the curve, by a share that is not known
    (inverse-gamma prior worth two points of 12 %); a is uniform from 0 to the largest error,
    the falling part at the middle amount is uniform in its logarithm, and log c is normal. The curve reported
    is the most probable one of the grid; forecasts take draws from all of it, so that what the points leave
    open is in their interval.

    Args:
        labels: Number of labelled frames of each model.
        error_px: Its held-out error.

    Raises:
        TooFewPoints: Fewer than 4 models, fewer than 3 amounts, or amounts too near each other.
        BadCurve: Not of one length, or not positive and finite.
    """
    n, y = np.asarray(labels, dtype=np.float64), np.asarray(error_px, dtype=np.float64)
    _check(n, y)
    middle = float(np.exp(np.log(n).mean()))
    a = np.linspace(0, y.max(), 45)
    falling = np.geomspace(0.01 * y.min(), 4 * y.max(), 60)
    c = np.geomspace(0.05, 2.5, 30)
    grid_a, grid_d, grid_c = (part.ravel() for part in np.meshgrid(a, falling, c, indexing="ij"))
    curve = grid_a[:, None] + grid_d[:, None] * (n / middle) ** -grid_c[:, None]
    squares = ((np.log(y) - np.log(curve)) ** 2).sum(axis=1) + PRIOR_NOISE_WEIGHT * PRIOR_NOISE**2
    freedom = len(n) + PRIOR_NOISE_WEIGHT
    exponent = ((np.log(grid_c) - np.log(PRIOR_EXPONENT)) / PRIOR_EXPONENT_SD) ** 2
    log_weight = -0.5 * freedom * np.log(squares) - 0.5 * exponent
    weight = np.exp(log_weight - log_weight.max())
    rng = np.random.default_rng(seed)
    drawn = rng.choice(len(weight), size=DRAWS, p=weight / weight.sum())
    best = int(np.argmax(log_weight))
    scale = np.sqrt(squares / freedom)
    grid_b = grid_d * middle**grid_c
    return LearningCurve(
        a_px=float(grid_a[best]),
        b_px=float(grid_b[best]),
        c=float(grid_c[best]),
        noise=float(scale[best]),
        largest=float(n.max()),
        _draws=np.stack([grid_a[drawn], grid_b[drawn], grid_c[drawn]], axis=1),
        _strays=scale[drawn] * rng.standard_t(freedom, size=DRAWS),
    )


def _check(n: NDArray[np.float64], y: NDArray[np.float64]) -> None:
    if n.shape != y.shape or n.ndim != 1:
        raise BadCurve(f"As many amounts as errors are needed, got {n.shape} and {y.shape}.")
    if not (np.isfinite(n).all() and np.isfinite(y).all() and (n > 0).all() and (y > 0).all()):
        raise BadCurve("Amounts of labels and errors must be above 0.")
    amounts = len(np.unique(n))
    facts: dict[str, Any] = {"points": len(n), "amounts": amounts}
    if len(n) < MIN_POINTS or amounts < MIN_AMOUNTS:
        raise TooFewPoints(
            f"A forecast needs {MIN_POINTS} models with {MIN_AMOUNTS} different amounts of labels; there "
            f"{'is' if len(n) == 1 else 'are'} {len(n)} with {amounts}. Label more, and train now and then.",
            **facts,
        )
    if n.max() < MIN_SPAN * n.min():
        raise TooFewPoints(
            f"All models had between {n.min():g} and {n.max():g} labelled frames, too alike to show a slope. "
            f"Label more, then train again.",
            **facts,
        )
