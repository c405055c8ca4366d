"""A Kalman filter and the Rauch-Tung-Striebel smoother for many series at once, in information form.

What is followed is a position of `d` coordinates (two of a picture, three of the world, or of a subspace) and
its derivatives. Observations enter as `Evidence`, so one filter serves a point in one view, a point in many
views that share a subspace, and a projection that was linearised. A frame without evidence is predicted.

Sources: Rauch, Tung & Striebel 1965; Bar-Shalom, Li & Kirubarajan 2001, chapter 6 (motion of constant
velocity or acceleration, driven by white noise).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sbea_engine.errors import BadInput

Floats = NDArray[np.float64]
Motion = Literal["velocity", "acceleration"]

ORDER = {"velocity": 2, "acceleration": 3}
DIFFUSE = 1e6
"""Variance of the first position before anything is seen; of each derivative a hundredth of that."""


class BadSeries(BadInput):
    """Series to smooth do not fit one another."""

    code = "bad_series"


class Evidence(NamedTuple):
    """What observations say about positions, whatever they were; sums over all observations of a frame.

    With rows h of an observation y = h . position + noise of variance v:

    Attributes:
        information: (frame, series, d, d), sum of h h' / v.
        pull: (frame, series, d), sum of h y / v.
        square: (frame, series), sum of y y / v.
        log_variance: (frame, series), sum of log v.
        numbers: (frame, series), how many y.
    """

    information: Floats
    pull: Floats
    square: Floats
    log_variance: Floats
    numbers: Floats

    def repeat(self, times: int) -> Evidence:
        """The same series several times over, one copy after another."""
        return Evidence(*(np.concatenate([part] * times, axis=1) for part in self))


@dataclass(frozen=True, slots=True, eq=False)
class Smoothed:
    """Positions given all frames.

    Attributes:
        mean: (frame, series, d).
        covariance: (frame, series, d, d).
    """

    mean: Floats
    covariance: Floats


class Likelihood(NamedTuple):
    """Of series under a motion, (series,) each; see `kalman.likelihood`."""

    square: Floats
    log_determinant: Floats
    numbers: Floats


def gather(points: ArrayLike, variance: ArrayLike, observe: ArrayLike | None = None) -> Evidence:
    """Evidence of observed points.

    Args:
        points: (frame, series, group, m), for instance two coordinates in each of several views. NaN is
            missing.
        variance: (frame, series, group) of one coordinate; NaN or infinite is missing.
        observe: (..., group, m, d), broadcast over frame and series; None where m = d and points are
            positions.

    Raises:
        BadSeries: Shapes do not fit, or a variance is not above 0.
    """
    y, v = np.asarray(points, np.float64), np.asarray(variance, np.float64)
    if y.ndim != 4 or v.shape != y.shape[:3]:
        raise BadSeries(f"Expected points (frame, series, group, m) and variances, got {y.shape}, {v.shape}.")
    if np.any(v <= 0):
        raise BadSeries("Variances must be above 0.")
    h = np.eye(y.shape[3])[None] if observe is None else np.asarray(observe, np.float64)
    there = np.isfinite(y).all(axis=-1) & np.isfinite(v)
    weight = np.where(there, 1 / np.where(there, v, 1), 0)
    seen = np.where(there[..., None], y, 0)
    rows = np.where(np.isfinite(h), h, 0)
    weighted = weight[..., None, None] * rows
    return Evidence(
        information=np.einsum("...gmi,...gmj->...ij", weighted, np.broadcast_to(rows, weighted.shape)),
        pull=np.einsum("...gmi,...gm->...i", weighted, seen),
        square=(weight * (seen**2).sum(axis=-1)).sum(axis=-1),
        log_variance=(y.shape[3] * np.where(there, np.log(np.where(there, v, 1)), 0)).sum(axis=-1),
        numbers=y.shape[3] * there.sum(axis=-1).astype(np.float64),
    )


def smooth(evidence: Evidence, steps: ArrayLike, intensity: ArrayLike, motion: Motion) -> Smoothed:
    """Positions of every frame given all frames.

    Args:
        steps: (frame,) time since the frame before; the first is not used.
        intensity: (series,) of the white noise that drives the highest derivative, variance a unit of time.
    """
    q, dt = np.asarray(intensity, np.float64), np.asarray(steps, np.float64)
    frames, series, d = evidence.pull.shape
    n = ORDER[motion] * d
    means, covariances = np.empty((frames, series, n)), np.empty((frames, series, n, n))
    ahead, ahead_covariance = np.empty_like(means), np.empty_like(covariances)
    mean, covariance = _start(evidence, motion)
    for t in range(frames):
        if t:
            mean, covariance = _predict(mean, covariance, float(dt[t]), q, motion)
        ahead[t], ahead_covariance[t] = mean, covariance
        mean, covariance, _ = _update(mean, covariance, evidence.information[t], evidence.pull[t])
        means[t], covariances[t] = mean, covariance
    for t in range(frames - 2, -1, -1):
        transition, _ = _motion(float(dt[t + 1]), motion, d)
        gain = np.linalg.solve(ahead_covariance[t + 1], transition @ covariances[t]).swapaxes(-1, -2)
        means[t] += np.einsum("sij,sj->si", gain, means[t + 1] - ahead[t + 1])
        back = gain @ (covariances[t + 1] - ahead_covariance[t + 1]) @ gain.swapaxes(-1, -2)
        covariances[t] = _symmetric(covariances[t] + back)
    return Smoothed(means[..., :d], covariances[..., :d, :d])


def likelihood(evidence: Evidence, steps: ArrayLike, intensity: ArrayLike, motion: Motion) -> Likelihood:
    """How well a motion explains series, from the innovations of the filter.

    -2 log likelihood is `log_determinant + square` plus a constant; where all variances, the intensity's too,
    are multiplied by k, it is `log_determinant + numbers log k + square / k`. The first observations of a
    series place and start it, and do not count.
    """
    q, dt = np.asarray(intensity, np.float64), np.asarray(steps, np.float64)
    series, d = evidence.pull.shape[1:]
    square, log_determinant, count, seen = (np.zeros(series) for _ in range(4))
    mean, covariance = _start(evidence, motion)
    for t in range(len(evidence.pull)):
        if t:
            mean, covariance = _predict(mean, covariance, float(dt[t]), q, motion)
        information, pull = evidence.information[t], evidence.pull[t]
        before = mean[:, :d]
        off = pull - np.einsum("sij,sj->si", information, before)
        around = np.einsum("si,sij,sj->s", before, information, before)
        apart = evidence.square[t] - 2 * np.einsum("si,si->s", pull, before) + around
        mean, covariance, log_gain = _update(mean, covariance, information, pull)
        explained = np.einsum("si,sij,sj->s", off, covariance[:, :d, :d], off)
        counts = evidence.numbers[t] * (seen >= ORDER[motion])
        square += np.where(counts > 0, np.maximum(apart - explained, 0), 0)
        log_determinant += np.where(counts > 0, evidence.log_variance[t] + log_gain, 0)
        count += counts
        seen += evidence.numbers[t] > 0
    return Likelihood(square, log_determinant, count)


def _start(evidence: Evidence, motion: Motion) -> tuple[Floats, Floats]:
    """State before the first frame: at the mean of all evidence, and hardly known."""
    series, d = evidence.pull.shape[1:]
    total = evidence.information.sum(axis=0)
    ridge = (1e-9 * np.trace(total, axis1=-2, axis2=-1) + 1e-12)[:, None, None] * np.eye(d)
    mean = np.zeros((series, ORDER[motion] * d))
    mean[:, :d] = np.linalg.solve(total + ridge, evidence.pull.sum(axis=0)[..., None])[..., 0]
    variances = np.repeat(DIFFUSE * 0.01 ** np.arange(ORDER[motion]), d)
    return mean, np.broadcast_to(np.diag(variances), (series, len(variances), len(variances))).copy()


def _predict(
    mean: Floats, covariance: Floats, dt: float, intensity: Floats, motion: Motion
) -> tuple[Floats, Floats]:
    transition, noise = _motion(dt, motion, mean.shape[1] // ORDER[motion])
    return mean @ transition.T, transition @ covariance @ transition.T + intensity[:, None, None] * noise


def _update(
    mean: Floats, covariance: Floats, information: Floats, pull: Floats
) -> tuple[Floats, Floats, Floats]:
    """State after evidence, and log det(1 + covariance * information)."""
    d, n = pull.shape[1], mean.shape[1]
    gained = np.broadcast_to(np.eye(n), covariance.shape).copy()
    gained[..., :d] += covariance[..., :d] @ information
    after = _symmetric(np.asarray(np.linalg.solve(gained, covariance), np.float64))
    off = pull - np.einsum("sij,sj->si", information, mean[:, :d])
    return mean + np.einsum("sij,sj->si", after[..., :d], off), after, np.linalg.slogdet(gained)[1]


@lru_cache(maxsize=64)
def _motion(dt: float, motion: Motion, d: int) -> tuple[Floats, Floats]:
    """Transition over a time, and covariance of white noise of intensity 1 in the highest derivative."""
    if motion == "velocity":
        f = np.array([[1, dt], [0, 1]])
        q = np.array([[dt**3 / 3, dt**2 / 2], [dt**2 / 2, dt]])
    else:
        f = np.array([[1, dt, dt**2 / 2], [0, 1, dt], [0, 0, 1]])
        q = np.array(
            [
                [dt**5 / 20, dt**4 / 8, dt**3 / 6],
                [dt**4 / 8, dt**3 / 3, dt**2 / 2],
                [dt**3 / 6, dt**2 / 2, dt],
            ]
        )
    return np.kron(f, np.eye(d)), np.kron(q, np.eye(d))


def _symmetric(matrix: Floats) -> Floats:
    return 0.5 * (matrix + matrix.swapaxes(-1, -2))
