"""Predicted keypoints over time, smoothed as far as their confidence and their own motion allow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sbea_engine.errors import BadInput
from sbea_engine.kinematics.kalman import Motion
from sbea_engine.kinematics.robust import Observed, Strength, robust_smooth, robust_strength

Floats = NDArray[np.float64]

MOST_CONFIDENCE = 0.995
LEAST_CONFIDENCE = 0.01
LEAST_RADIUS_PX, MOST_RADIUS_PX = 1e-3, 1e5
MOST_GAP_FRAMES = 10_000
STRETCHES, STRETCH_FRAMES = 4, 600
"""Where the strength of smoothing is chosen: stretches of a recording, evenly over it."""


class BadSmoothing(BadInput):
    """What is to be smoothed, or how, does not fit."""

    code = "bad_smoothing"


@dataclass(frozen=True, slots=True, kw_only=True)
class SmoothingConfig:
    """How to smooth.

    Attributes:
        radius_px: What confidence is about: probability that an answer lies this near. Model cards give it.
        motion: `velocity` (nearly constant from frame to frame) or `acceleration`.
        min_confidence: Answers below it are taken for missing.
        max_gap_frames: A gap of more frames stays a gap: what the motion guesses there says little.
    """

    radius_px: float
    motion: Motion = "velocity"
    min_confidence: float = 0.1
    max_gap_frames: int = 15

    def __post_init__(self) -> None:
        if not LEAST_RADIUS_PX <= self.radius_px <= MOST_RADIUS_PX:
            raise BadSmoothing(
                f"radius_px must be above 0, from {LEAST_RADIUS_PX} to {MOST_RADIUS_PX:.0f}; got "
                f"{self.radius_px}."
            )
        if self.motion not in get_args(Motion):
            raise BadSmoothing(f"motion is one of {', '.join(get_args(Motion))}; got {self.motion!r}.")
        if not 0 <= self.min_confidence <= 1:
            raise BadSmoothing(f"min_confidence must lie in 0..1, got {self.min_confidence}.")
        if not 0 <= self.max_gap_frames <= MOST_GAP_FRAMES:
            raise BadSmoothing(f"max_gap_frames must be 0 to {MOST_GAP_FRAMES}, got {self.max_gap_frames}.")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SmoothedPoints:
    """Keypoints of individuals, smoothed.

    Attributes:
        points_px: float32 (frame, individual, keypoint, 2); NaN in long gaps.
        sigma_px: float32 (frame, individual, keypoint), expected standard deviation of one coordinate.
        confidence: float32 (frame, individual, keypoint), probability to lie within the radius, from sigma
            and never above the highest confidence that was answered nearby; NaN in long gaps.
        outliers: bool (frame, individual, keypoint), answers that neighbours in time contradict.
    """

    points_px: NDArray[np.float32]
    sigma_px: NDArray[np.float32]
    confidence: NDArray[np.float32]
    outliers: NDArray[np.bool_]


def variance_of(confidence: ArrayLike, radius_px: float) -> Floats:
    """Variance of one coordinate at which a round Gaussian error is within the radius with this probability.

    Its length is Rayleigh distributed: confidence = 1 - exp(-radius^2 / (2 variance)).
    """
    c = np.clip(np.asarray(confidence, np.float64), LEAST_CONFIDENCE, MOST_CONFIDENCE)
    return np.asarray(radius_px**2 / (-2 * np.log1p(-c)), np.float64)


def confidence_of(variance: ArrayLike, radius_px: float) -> Floats:
    """Inverse of `variance_of`."""
    return np.asarray(-np.expm1(-(radius_px**2) / (2 * np.asarray(variance, np.float64))), np.float64)


def estimate_strength(
    points_px: ArrayLike, confidence: ArrayLike, frames: ArrayLike, config: SmoothingConfig
) -> Strength:
    """Strength for each (individual, keypoint), flattened, from stretches of the recording.

    Args:
        points_px: (frame, individual, keypoint, 2).
        confidence: (frame, individual, keypoint).
        frames: (frame,) strictly increasing.
    """
    px, sure, numbers = _checked(points_px, confidence, frames)
    rows = stretches(len(px))
    steps = np.diff(numbers[rows], prepend=numbers[rows][:1]).astype(np.float64)
    return robust_strength(_observed(px[rows], sure[rows], config), steps, config.motion)


def stretches(count: int) -> NDArray[np.intp]:
    """Rows of up to `STRETCHES` stretches, evenly over `count` rows; all of them where they are few."""
    if count <= STRETCHES * STRETCH_FRAMES:
        return np.arange(count)
    starts = np.linspace(0, count - STRETCH_FRAMES, STRETCHES).astype(int)
    return np.unique(np.concatenate([np.arange(s, s + STRETCH_FRAMES) for s in starts]))


def smooth_points(
    points_px: ArrayLike,
    confidence: ArrayLike,
    frames: ArrayLike,
    config: SmoothingConfig,
    strength: Strength | None = None,
) -> SmoothedPoints:
    """Smooth keypoints of one view.

    Args:
        points_px: (frame, individual, keypoint, 2) source pixels; NaN where there is no answer.
        confidence: (frame, individual, keypoint) calibrated, in 0..1.
        frames: (frame,) strictly increasing frame numbers; steps between them may differ.
        strength: As `estimate_strength` gives it; chosen from these frames where None.

    Raises:
        BadSmoothing: Shapes do not fit.
    """
    followed, answered = follow_points(points_px, confidence, frames, config, strength)
    return judged(followed, answered, config, np.shape(confidence))


def follow_points(
    points_px: ArrayLike,
    confidence: ArrayLike,
    frames: ArrayLike,
    config: SmoothingConfig,
    strength: Strength | None = None,
) -> tuple[Followed, Answered]:
    """What `smooth_points` goes by, of (individual, keypoint) flattened; arguments and errors as there."""
    px, sure, numbers = _checked(points_px, confidence, frames)
    if strength is None:
        strength = estimate_strength(px, sure, numbers, config)
    observed = _observed(px, sure, config)
    steps = np.diff(numbers, prepend=numbers[:1]).astype(np.float64)
    found = robust_smooth(observed, steps, config.motion, strength)
    there = np.asarray(np.isfinite(observed.points[:, :, 0]).all(axis=-1))
    claimed = np.where(there, observed.variance[:, :, 0], np.nan)
    answered = Answered(
        there=there,
        confidence=np.where(there, sure.reshape(there.shape), 0),
        contradicted=there & (found.inflation[:, :, 0] > 1),
        frames=numbers,
    )
    spread = 0.5 * np.trace(found.covariance, axis1=-2, axis2=-1)
    lasting = lasting_errors(claimed, strength.scale, numbers)
    return Followed(mean=found.mean, changing=spread, lasting=lasting), answered


class Followed(NamedTuple):
    """Positions, and two parts of the variance of one coordinate; (frame, series) and (frame, series, 2).

    Attributes:
        mean: Pixels.
        changing: Of noise that changes from frame to frame.
        lasting: Of errors that stay; see `lasting_errors`.
    """

    mean: Floats
    changing: Floats
    lasting: Floats


class Answered(NamedTuple):
    """What was answered before smoothing, and what smoothing found of it.

    Attributes:
        there: bool (frame, series): there was an answer, in some view.
        confidence: (frame, series); 0 where there was none.
        contradicted: bool (frame, series), see `SmoothedPoints.outliers`.
        frames: (frame,).
    """

    there: NDArray[np.bool_]
    confidence: Floats
    contradicted: NDArray[np.bool_]
    frames: Floats


def judged(
    followed: Followed, answered: Answered, config: SmoothingConfig, shape: tuple[int, ...]
) -> SmoothedPoints:
    """Smoothed positions with what is to be thought of them.

    Args:
        shape: (frame, individual, keypoint).
    """
    full = followed.changing + followed.lasting
    known = ~long_gaps(answered.there, answered.frames, config.max_gap_frames)
    nearby = _highest_nearby(answered.confidence, config.max_gap_frames)
    trust = np.minimum(confidence_of(full, config.radius_px), nearby)
    return SmoothedPoints(
        points_px=np.where(known[..., None], followed.mean, np.nan).astype(np.float32).reshape(*shape, 2),
        sigma_px=np.where(known, np.sqrt(full), np.nan).astype(np.float32).reshape(shape),
        confidence=np.where(known, trust, np.nan).astype(np.float32).reshape(shape),
        outliers=answered.contradicted.reshape(shape),
    )


def lasting_errors(claimed: Floats, scale: Floats, frames: Floats) -> Floats:
    """The part of the claimed variance that does not change from frame to frame, (frame, series).

    A network errs alike on frames that look alike. Such an error passes every smoother, and the innovations
    do not show it: the variance that they do show is `scale` times what is claimed, and what is left of the
    claim stays. In gaps the claim is that of the frames around.

    Args:
        claimed: (frame, series); NaN in gaps.
        scale: (series,), see `Strength`.
        frames: (frame,).
    """
    lasting = np.zeros_like(claimed)
    for s in range(claimed.shape[1]):
        there = np.flatnonzero(np.isfinite(claimed[:, s]))
        if len(there):
            filled = np.interp(frames, frames[there], claimed[there, s])
            lasting[:, s] = max(0.0, 1.0 - float(scale[s])) * filled
    return lasting


def long_gaps(there: NDArray[np.bool_], frames: Floats, most: int) -> NDArray[np.bool_]:
    """bool (frame, series): in a gap of more than `most` frames, or beyond the ends by as many."""
    numbers = np.broadcast_to(frames[:, None], there.shape)
    before = np.maximum.accumulate(np.where(there, numbers, -np.inf), axis=0)
    after = np.minimum.accumulate(np.where(there, numbers, np.inf)[::-1], axis=0)[::-1]
    missing = after - before - 1
    at_an_end = ~np.isfinite(before) | ~np.isfinite(after)
    nearest = np.minimum(frames[:, None] - before, after - frames[:, None])
    return ~there & np.where(at_an_end, nearest > most, missing > most)


def _highest_nearby(sure: Floats, half: int) -> Floats:
    """Maximum over frames up to `half` before and after, (frame, series)."""
    if not len(sure):
        return sure
    padded = np.pad(sure, ((half, half), (0, 0)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, 2 * half + 1, axis=0)
    return np.asarray(windows.max(axis=-1), np.float64)


def _observed(px: Floats, sure: Floats, config: SmoothingConfig) -> Observed:
    series = px.shape[1] * px.shape[2]
    used = np.where((sure >= config.min_confidence)[..., None], px, np.nan)
    variance = variance_of(np.nan_to_num(sure), config.radius_px)
    return Observed(used.reshape(len(px), series, 1, 2), variance.reshape(len(px), series, 1))


def _checked(points_px: ArrayLike, confidence: ArrayLike, frames: ArrayLike) -> tuple[Floats, Floats, Floats]:
    px, sure = np.asarray(points_px, np.float64), np.asarray(confidence, np.float64)
    numbers = np.asarray(frames, np.float64)
    if px.ndim != 4 or px.shape[-1] != 2 or sure.shape != px.shape[:3] or numbers.shape != px.shape[:1]:
        raise BadSmoothing(
            f"Expected points (frame, individual, keypoint, 2), confidence without the last axis and as many "
            f"frame numbers; got {px.shape}, {sure.shape} and {numbers.shape}."
        )
    if np.any(np.diff(numbers) <= 0):
        raise BadSmoothing("Frame numbers must be strictly increasing.")
    return px, sure, numbers
