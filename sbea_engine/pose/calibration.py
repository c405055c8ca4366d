"""From the confidence head's logit to a probability that holds on frames the network has not seen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import minimize
from scipy.special import expit

from sbea_engine.nn.card import number, whole_number

Floats = NDArray[np.float64]

SLOPE_SD = 0.5
OFFSET_SD = 2.0
MANY, ENOUGH = 1000, 100
"""Points in all, and of the rarer outcome, from which on the curve may take any rising form: with fewer,
slope and offset are nearer to the truth (Niculescu-Mizil & Caruana 2005)."""

LEAST_POOL = 25
"""Points that a level stretch of such a curve rests on."""

MOST_LOGIT = 10.0

LEAST_SLOPE, MOST_READ, MOST_POINTS = 1e-6, 1e6, 2**53
"""What is believed of a card: least slope, most of a slope, an offset or a knot's logit, most points."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """confidence = sigmoid(slope * logit + offset), or a rising curve through knots where points were many.

    Attributes:
        slope: Positive; below 1 where the head was too sure.
        offset: Added after the slope.
        n: Points it was fitted on.
        right: Share of them that were right.
        knots: (logit, confidence) pairs, both rising; between them the curve is straight, beyond them level.
            Empty: slope and offset alone.
    """

    slope: float = 1.0
    offset: float = 0.0
    n: int = 0
    right: float | None = None
    knots: tuple[tuple[float, float], ...] = ()

    def apply(self, logit: NDArray[np.float32]) -> NDArray[np.float32]:
        """Logits of any shape to confidence in 0..1, same shape."""
        x = logit.astype(np.float64)
        if self.knots:
            at, confidence = np.array(self.knots, np.float64).T
            return np.asarray(np.interp(x, at, confidence), dtype=np.float32)
        return np.asarray(expit(self.slope * x + self.offset), dtype=np.float32)

    def to_dict(self) -> dict[str, Any]:
        """JSON form; `from_dict` reads it back. Without knots it is as earlier versions wrote it."""
        document = asdict(self)
        if self.knots:
            return document | {"knots": [list(knot) for knot in self.knots]}
        del document["knots"]
        return document

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Build from the JSON form; raises `KeyError`, `TypeError` or `ValueError` for another one."""
        if not isinstance(data, Mapping):
            raise TypeError("a calibration is an object")
        if unknown := set(data) - set(cls.__dataclass_fields__):
            raise TypeError(f"a calibration has no {', '.join(sorted(unknown))}")
        return cls(
            slope=number(data, "slope", LEAST_SLOPE, MOST_READ),
            offset=number(data, "offset", -MOST_READ, MOST_READ),
            n=whole_number(data, "n", 0, MOST_POINTS),
            right=None if data["right"] is None else number(data, "right", 0.0, 1.0),
            knots=_read_knots(data.get("knots", [])),
        )


def _read_knots(knots: Any) -> tuple[tuple[float, float], ...]:
    if not isinstance(knots, list) or not all(isinstance(knot, list) and len(knot) == 2 for knot in knots):
        raise TypeError("knots is a list of pairs of numbers")
    named = [dict(zip(("logit", "confidence"), knot, strict=True)) for knot in knots]
    at = [number(knot, "logit", -MOST_READ, MOST_READ) for knot in named]
    confidence = [number(knot, "confidence", 0.0, 1.0) for knot in named]
    if at != sorted(at) or confidence != sorted(confidence):
        raise ValueError("knots do not rise")
    return tuple(zip(at, confidence, strict=True))


def calibrate(logit: NDArray[np.float32], right: NDArray[np.bool_]) -> Calibration:
    """Fit slope and offset by penalised maximum likelihood (Platt 1999, with Gaussian priors).

    The priors, log slope ~ N(0, 0.5^2) and offset ~ N(0, 2^2), hold the fit near the head's own answer where
    validation points are few, or all right.

    Args:
        logit: (point,) of validation points.
        right: (point,) the answer was within the radius of the label; False where the keypoint is absent.
    """
    x, y = logit.astype(np.float64).ravel(), right.astype(np.float64).ravel()
    if len(x) == 0:
        return Calibration()

    def cost(parameters: NDArray[np.float64]) -> float:
        log_slope, offset = parameters
        z = np.exp(log_slope) * x + offset
        prior = 0.5 * ((log_slope / SLOPE_SD) ** 2 + (offset / OFFSET_SD) ** 2)
        return float((np.logaddexp(0.0, z) - y * z).sum() + prior)

    log_slope, offset = minimize(cost, np.zeros(2), method="Nelder-Mead").x
    return Calibration(slope=float(np.exp(log_slope)), offset=float(offset), n=len(x), right=float(y.mean()))


def calibrate_by_count(logit: ArrayLike, right: ArrayLike) -> Calibration:
    """The form of calibration that the number of points allows, by rule.

    From `MANY` points on, `ENOUGH` of the rarer outcome (right or wrong) among them, a rising curve, else
    slope and offset. The rule looks at counts alone, never at which form would do better on some test.
    """
    x, y = np.asarray(logit, np.float32).ravel(), np.asarray(right, np.bool_).ravel()
    platt = calibrate(x, y)
    if len(y) < MANY or min(int(y.sum()), int((~y).sum())) < ENOUGH:
        return platt
    return Calibration(**{**asdict(platt), "knots": _rising_curve(x.astype(np.float64), y)})


def _rising_curve(x: Floats, right: NDArray[np.bool_]) -> tuple[tuple[float, float], ...]:
    """Isotonic regression by pooling adjacent violators (Ayer et al. 1955; Zadrozny & Elkan 2002).

    Each pool becomes a level stretch from its lowest to its highest logit; its share is (right + 1/2) /
    (points + 1), so that a pool in which all were right does not claim certainty. Pools of a few points,
    which arise at both ends, go into their neighbours: their shares say nothing.
    """
    order = np.argsort(x, kind="stable")
    pools: list[tuple[float, float, float, float]] = []  # lowest, highest logit, right ones, points
    for logit, outcome in zip(x[order].tolist(), right[order].tolist(), strict=True):
        pool = (logit, logit, float(outcome), 1.0)
        while pools and pools[-1][2] * pool[3] >= pool[2] * pools[-1][3]:
            low, _, right_ones, points = pools.pop()
            pool = (low, pool[1], right_ones + pool[2], points + pool[3])
        while pools and pools[-1][3] < LEAST_POOL:
            low, _, right_ones, points = pools.pop()
            pool = (low, pool[1], right_ones + pool[2], points + pool[3])
        pools.append(pool)
    if len(pools) > 1 and pools[-1][3] < LEAST_POOL:
        (low, _, right_ones, points), last = pools[-2:]
        pools[-2:] = [(low, last[1], right_ones + last[2], points + last[3])]
    share = np.maximum.accumulate([(right_ones + 0.5) / (points + 1) for _, _, right_ones, points in pools])
    knots: list[tuple[float, float]] = []
    for (low, high, _, _), level in zip(pools, share.tolist(), strict=True):
        knots += [(low, level), (high, level)] if high > low else [(low, level)]
    return tuple(knots)


def logit_of(confidence: ArrayLike) -> Floats:
    """Logit of confidences, finite also of 0 and 1; NaN stays NaN."""
    p = np.clip(np.asarray(confidence, np.float64), expit(-MOST_LOGIT), expit(MOST_LOGIT))
    return np.asarray(np.log(p) - np.log1p(-p), np.float64)
