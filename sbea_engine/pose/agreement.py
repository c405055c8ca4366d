"""How far to trust what several answers agree on, by their confidences and their spread."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import minimize

from sbea_engine.pose.calibration import (
    OFFSET_SD,
    SLOPE_SD,
    Calibration,
    calibrate_by_count,
    logit_of,
)

Floats = NDArray[np.float64]

LEAST_SPREAD = 0.1
"""Share of the radius below which spreads are alike: a tenth of it says nothing more than a fifth does."""

WEIGHT_SD = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreementCalibration:
    """confidence = calibration(mean logit - weight * log(spread / radius)).

    Attributes:
        spread_weight: 0 or more; 0 where no spread was known when it was fitted.
        radius_px: What confidence is about, source pixels.
        calibration: Of the score.
    """

    spread_weight: float
    radius_px: float
    calibration: Calibration

    def apply(self, logit: ArrayLike, spread_px: ArrayLike) -> NDArray[np.float32]:
        """Mean logits and spreads of one shape to confidence in 0..1."""
        return self.calibration.apply(self.score(logit, spread_px).astype(np.float32))

    def score(self, logit: ArrayLike, spread_px: ArrayLike) -> Floats:
        """What is calibrated; without a spread the logit alone."""
        return np.asarray(logit, np.float64) - self.spread_weight * log_spread(spread_px, self.radius_px)

    def to_dict(self) -> dict[str, Any]:
        """JSON form; `from_dict` reads it back."""
        return {
            "spread_weight": self.spread_weight,
            "radius_px": self.radius_px,
            **self.calibration.to_dict(),
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Build from the JSON form; raises `KeyError`, `TypeError` or `ValueError` for another one."""
        rest = {k: v for k, v in data.items() if k not in {"spread_weight", "radius_px"}}
        return cls(
            spread_weight=float(data["spread_weight"]),
            radius_px=float(data["radius_px"]),
            calibration=Calibration.from_dict(rest),
        )


def log_spread(spread_px: ArrayLike, radius_px: float) -> Floats:
    """log(spread / radius), bounded below; 0 where there is no spread."""
    share = np.asarray(spread_px, np.float64) / radius_px
    return np.nan_to_num(0.5 * np.log(share**2 + LEAST_SPREAD**2), nan=0.0)


def calibrate_agreement(
    logit: ArrayLike, spread_px: ArrayLike, right: ArrayLike, radius_px: float
) -> AgreementCalibration:
    """Fit on answers to frames that those who answered had not seen.

    Slope, offset and the weight of the spread by penalised maximum likelihood, as `calibrate`, the weight's
    prior being N(0, 1) on 0 and more; then the score is calibrated by the rule of `calibrate_by_count`.

    Args:
        logit: (point,) mean logit of the confidences of those who answered.
        spread_px: (point,) see `consensus`; NaN where there was one answer.
        right: (point,) bool.
    """
    x, y = np.asarray(logit, np.float64).ravel(), np.asarray(right, np.float64).ravel()
    apart = log_spread(spread_px, radius_px).ravel()
    weight = 0.0
    if len(x) and np.isfinite(np.asarray(spread_px, np.float64)).any():

        def cost(parameters: Floats) -> float:
            log_slope, offset, spread_weight = parameters
            z = np.exp(log_slope) * (x - spread_weight * apart) + offset
            prior = (log_slope / SLOPE_SD) ** 2 + (offset / OFFSET_SD) ** 2 + (spread_weight / WEIGHT_SD) ** 2
            return float((np.logaddexp(0.0, z) - y * z).sum() + 0.5 * prior)

        bounds = [(-4.0, 4.0), (-20.0, 20.0), (0.0, 10.0)]
        weight = float(minimize(cost, np.array([0.0, 0.0, 0.5]), method="L-BFGS-B", bounds=bounds).x[2])
    score = x - weight * apart
    return AgreementCalibration(
        spread_weight=weight,
        radius_px=radius_px,
        calibration=calibrate_by_count(score, y > 0.5),
    )


def answers_logit(confidence: ArrayLike) -> Floats:
    """Mean logit (...) of confidences (answer, ...), over those that are no NaN; NaN where all are."""
    logits = logit_of(confidence)
    there = np.isfinite(logits)
    count = there.sum(axis=0)
    mean = np.where(there, logits, 0).sum(axis=0) / np.maximum(count, 1)
    return np.asarray(np.where(count > 0, mean, np.nan), np.float64)


def shrinkage(
    points_px: ArrayLike, truth_px: ArrayLike, middle_px: ArrayLike, *, answers: int, members: int
) -> float:
    """By how much the distance from the truth falls when more members answer than did on unseen frames.

    The error of one member is a part that all share (the label's too), of variance t, and a part of its own,
    of variance s: the mean of n answers is off by t + s / n. What members differ by gives s, and how far
    their middle is off gives t + s / answers; both as medians of squared distances, which bear the same
    ratio to the variance as long as the errors are alike in kind, and which no outlier moves.

    Args:
        points_px: (answer, point, 2) of those who had not seen the point; NaN for the others.
        truth_px: (point, 2).
        middle_px: (point, 2) their consensus.
        answers: Answers a point on unseen frames.
        members: Answers a point in use.

    Returns:
        Factor in 0..1 for distances; 1 where fewer than two answers make it unknown.
    """
    points = np.asarray(points_px, np.float64)
    if answers < 2 or members <= answers:
        return 1.0
    there = np.asarray(np.isfinite(points).all(axis=-1))
    filled = np.where(there[..., None], points, 0.0)
    mean = filled.sum(axis=0) / np.maximum(there.sum(axis=0), 1)[..., None]
    own = (((filled - mean) ** 2).sum(axis=-1) * there).sum(axis=0) / (2 * (answers - 1))
    off = ((np.asarray(middle_px, np.float64) - np.asarray(truth_px, np.float64)) ** 2).sum(axis=-1) / 2
    known = np.isfinite(off) & (there.sum(axis=0) == answers)
    if not known.any():
        return 1.0
    # `own` of two answers is, like `off`, half the squared length of a vector in the plane.
    s, total = float(np.median(own[known])), float(np.median(off[known]))
    if total <= 0:
        return 1.0
    # No less than where nothing is shared, t = 0.
    return float(np.sqrt(max(answers / members, 1 - s * (1 / answers - 1 / members) / total)))
