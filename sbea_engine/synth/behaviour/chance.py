"""Random numbers one at a time, drawn from the generator in batches."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

BATCH = 2048


class Chance:
    """A stream of draws for a simulation that needs few at a time."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng
        self._normal: list[float] = []
        self._uniform: list[float] = []

    def normal(self) -> float:
        """A standard normal number."""
        if not self._normal:
            self._normal = self._rng.standard_normal(BATCH).tolist()
        return self._normal.pop()

    def uniform(self, low: float = 0.0, high: float = 1.0) -> float:
        """A number of [low, high)."""
        if not self._uniform:
            self._uniform = self._rng.random(BATCH).tolist()
        return low + (high - low) * self._uniform.pop()

    def duration(self, median: float, spread: float, shortest: float, longest: float) -> float:
        """A bounded log-normal number."""
        return min(longest, max(shortest, median * math.exp(spread * self.normal())))

    def pick(self, weights: Mapping[str, float]) -> str:
        """A key, in proportion to its weight; at least one weight is above 0."""
        at = self.uniform(0, sum(weights.values()))
        for name, weight in weights.items():
            at -= weight
            if at < 0:
                return name
        return next(reversed([name for name, weight in weights.items() if weight > 0]))
