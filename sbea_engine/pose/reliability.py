"""Whether a confidence means what it says: a table, its error, and what chance alone makes of that error."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sbea_engine.pose.metrics import calibration_figures

BINS = 10
DRAWS = 400
SEED = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Bin:
    """Points of similar confidence.

    Attributes:
        low, high: Least and highest confidence among them.
        n: How many they are.
        confidence: Their mean.
        right: Share of them that was right.
    """

    low: float
    high: float
    n: int
    confidence: float
    right: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Reliability:
    """How well confidence fits outcomes.

    Attributes:
        n: Points.
        confidence, right: Mean confidence and share right; None without points.
        brier: Mean squared difference of confidence and outcome.
        ece: Expected calibration error over ten equally filled bins.
        ece_by_chance: What a perfect confidence of the same values would show on as many independent points,
            on average. It is far from 0 where points are few: 0.07 to 0.1 of some ninety.
        ece_by_chance_95: What it would exceed once in twenty times.
        bins: The reliability table.
    """

    n: int
    confidence: float | None
    right: float | None
    brier: float | None
    ece: float | None
    ece_by_chance: float | None
    ece_by_chance_95: float | None
    bins: tuple[Bin, ...]


def reliability(confidence: ArrayLike, right: ArrayLike) -> Reliability:
    """Compare confidences with outcomes.

    Args:
        confidence: (...) in 0..1.
        right: (...) bool.
    """
    sure = np.asarray(confidence, np.float64).ravel()
    outcome = np.asarray(right, np.bool_).ravel()
    figures: dict[str, Any] = calibration_figures(sure, outcome)
    chance = _by_chance(sure)
    return Reliability(
        n=len(sure),
        confidence=figures["mean"],
        right=figures["right"],
        brier=figures["brier"],
        ece=figures["ece"],
        ece_by_chance=None if chance is None else float(chance.mean()),
        ece_by_chance_95=None if chance is None else float(np.quantile(chance, 0.95)),
        bins=_table(sure, outcome),
    )


def _table(sure: NDArray[np.float64], outcome: NDArray[np.bool_]) -> tuple[Bin, ...]:
    order = np.argsort(sure, kind="stable")
    return tuple(
        Bin(
            low=float(sure[b].min()),
            high=float(sure[b].max()),
            n=len(b),
            confidence=float(sure[b].mean()),
            right=float(outcome[b].mean()),
        )
        for b in np.array_split(order, BINS)
        if len(b)
    )


def _by_chance(sure: NDArray[np.float64]) -> NDArray[np.float64] | None:
    """Errors (draw,) of outcomes that are drawn with the probabilities that the confidence names."""
    if not len(sure):
        return None
    rng = np.random.default_rng(SEED)
    ordered = np.sort(sure)
    drawn = rng.random((DRAWS, len(ordered))) < ordered
    gaps = [
        len(b) * np.abs(ordered[b].mean() - drawn[:, b].mean(axis=1))
        for b in np.array_split(np.arange(len(ordered)), BINS)
        if len(b)
    ]
    return np.asarray(np.sum(gaps, axis=0) / len(ordered), np.float64)
