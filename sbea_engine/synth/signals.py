"""Random signals that look alive: smooth wandering, and glances that jump and settle."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter


def chance(seed: int, *stream: int) -> np.random.Generator:
    """The source of chance of one stream under a seed, independent of all others."""
    return np.random.default_rng(np.random.SeedSequence(entropy=seed, spawn_key=stream))


def low_pass(values: NDArray[np.float64], *, fps: float, time_s: float) -> NDArray[np.float64]:
    """First-order lag along the first axis that starts settled on the first value."""
    keep = np.exp(-1 / (fps * time_s))
    filtered, _ = lfilter([1 - keep], [1, -keep], values, axis=0, zi=keep * values[:1])
    return np.asarray(filtered, np.float64)


def wandering(rng: np.random.Generator, frames: int, *, fps: float, time_s: float) -> NDArray[np.float64]:
    """An Ornstein-Uhlenbeck signal (frame,) of unit spread, smoothed once more so that it has no corners."""
    keep = np.exp(-1 / (fps * time_s))
    kicks = rng.standard_normal(frames) * np.sqrt(1 - keep**2)
    kicks[0] = rng.standard_normal()
    walk = np.asarray(lfilter([1], [1, -keep], kicks), np.float64)
    return low_pass(walk, fps=fps, time_s=time_s / 3)


def glances(
    rng: np.random.Generator, frames: int, *, fps: float, every_s: float, settle_s: float
) -> NDArray[np.float64]:
    """Standard normal levels (frame,), each held for about `every_s`, joined by quick smooth moves."""
    count = int(2 * frames / (fps * every_s)) + 4
    ends = np.cumsum(rng.gamma(3, every_s / 3, count)) * fps
    levels = rng.standard_normal(count + 1)
    held = levels[np.searchsorted(ends, np.arange(frames))]
    return low_pass(low_pass(held, fps=fps, time_s=settle_s), fps=fps, time_s=settle_s)
