"""Keypoints seen by several views at once, smoothed together without any calibration.

Far enough from the animal every camera is nearly a linear map of space, so the coordinates of all views
together, two a view, move in a subspace of three dimensions, which principal components find (as the ensemble
Kalman smoother does: Biderman et al. 2024). A Kalman smoother follows the position in it. One that two views
see well is thus known in the third, and a view that contradicts the others is weighed down.

Near cameras are not linear. Then more components are kept, as many as leave less unexplained than each view
claims to know; where it takes all of them, the views say nothing of one another and none is bent by another.
A view that has an answer of its own, and follows it more closely than the components can, keeps it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sbea_engine.kinematics.robust import Observed, Strength, known_median, robust_smooth, robust_strength
from sbea_engine.kinematics.smoothing import (
    Answered,
    BadSmoothing,
    Followed,
    SmoothedPoints,
    SmoothingConfig,
    estimate_strength,
    follow_points,
    judged,
    lasting_errors,
    stretches,
    variance_of,
)

Floats = NDArray[np.float64]

DIMENSIONS = 3
SURE = 0.8
LEAST_POINTS = 30
TRIMS = 4

SHARPNESS = 4
"""Of taking the better known of two estimates: its odds are the ratio of their variances to this power."""

TINY = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Subspace:
    """Where the coordinates of all views together lie.

    Attributes:
        mean_px: (view, 2).
        basis: (view, 2, d): pixels in each view of a unit along each component.
        misfit_px2: (view,) variance of one coordinate that the subspace leaves unexplained.
    """

    mean_px: Floats
    basis: Floats
    misfit_px2: Floats


def fit_subspace(points_px: ArrayLike, confidence: ArrayLike, variance_px2: float) -> Subspace:
    """The smallest linear subspace, of three dimensions or more, that explains where views place points.

    All individuals and keypoints count together: the cameras are the same for all. Points that lie off the
    subspace by much more than the others are left out, and it is fitted again.

    Args:
        points_px: (view, ..., 2), best smoothed by view.
        confidence: (view, ...); points count that every view is sure of.
        variance_px2: Of one coordinate of these points; what is left unexplained must not be more.

    Raises:
        BadSmoothing: Fewer than two views, or too few points that all views are sure of.
    """
    px, sure = np.asarray(points_px, np.float64), np.asarray(confidence, np.float64)
    views = len(px)
    if views < 2:
        raise BadSmoothing(f"Smoothing across views needs two or more of them, got {views}.")
    together = np.moveaxis(px.reshape(views, -1, 2), 0, 1).reshape(-1, 2 * views)
    together = together[all_sure(px, sure).ravel()]
    if len(together) < LEAST_POINTS:
        raise BadSmoothing(
            f"Only {len(together)} points are seen by all {views} views with a confidence of {SURE} or more; "
            f"{LEAST_POINTS} are needed to learn how the views belong together. Smooth each view by itself."
        )
    for dimensions in range(min(DIMENSIONS, 2 * views), 2 * views + 1):
        found = _components(together, dimensions)
        if found.misfit_px2.max() <= variance_px2:
            break
    return found


def all_sure(points_px: Floats, confidence: Floats) -> NDArray[np.bool_]:
    """bool (...): points (view, ..., 2) that every view is sure of; from these alone it is learned how the
    views belong together."""
    there = np.isfinite(points_px).all(axis=-1) & (np.nan_to_num(confidence) >= SURE)
    return np.asarray(there.all(axis=0))


def _components(together: Floats, dimensions: int) -> Subspace:
    """Principal components of points (point, 2 * view), trimmed."""
    views = together.shape[1] // 2
    kept = np.ones(len(together), np.bool_)
    for _ in range(TRIMS):
        mean = together[kept].mean(axis=0)
        basis = np.linalg.svd(together[kept] - mean, full_matrices=False)[2][:dimensions].T
        off = together - mean
        left = off - off @ basis @ basis.T
        length = np.linalg.norm(left, axis=1)
        kept = length <= max(4 * float(np.median(length)), 1e-6)
    # What is left lies in as many dimensions as were not taken.
    freedom = max(2 * views - dimensions, 1)
    misfit = (left[kept] ** 2).mean(axis=0).reshape(views, 2).mean(axis=1) * (2 * views / freedom)
    return Subspace(
        mean_px=mean.reshape(views, 2), basis=basis.reshape(views, 2, dimensions), misfit_px2=misfit
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Together:
    """What several views of one recording have in common, to be used for all of it.

    Attributes:
        alone: Strength of smoothing of each view by itself.
        space: None where the views say nothing of one another.
        strength: In `space`; None likewise.
    """

    alone: tuple[Strength, ...]
    space: Subspace | None
    strength: Strength | None


def learn_together(
    points_px: ArrayLike, confidence: ArrayLike, ticks: ArrayLike, configs: Sequence[SmoothingConfig]
) -> Together:
    """How the views belong together, and how strongly to smooth, from stretches of the recording.

    Args:
        points_px, confidence, ticks, configs: As of `smooth_views`.

    Raises:
        BadSmoothing: As `smooth_views`.
    """
    px, sure, numbers = _checked(points_px, confidence, ticks, configs)
    rows = stretches(len(numbers))
    px, sure, numbers = px[:, rows], sure[:, rows], numbers[rows]
    alone = tuple(
        estimate_strength(px[view], sure[view], numbers, config) for view, config in enumerate(configs)
    )
    followed = _apart(px, sure, numbers, configs, alone)
    apart = [judged(*own, config, sure.shape[1:]) for own, config in zip(followed, configs, strict=True)]
    points = np.stack([view.points_px for view in apart]).astype(np.float64)
    trust = np.stack([view.confidence for view in apart]).astype(np.float64)
    learned = all_sure(points, trust)
    spread = np.stack([view.sigma_px for view in apart]).astype(np.float64)[:, learned]
    space = fit_subspace(points, trust, float((spread**2).mean()) if spread.size else 0.0)
    if space.basis.shape[2] == 2 * len(px):
        return Together(alone=alone, space=None, strength=None)
    # What is left of the noise after smoothing lies off the subspace as well, and is no misfit.
    sure_rows = learned.reshape(len(learned), -1)
    noise = np.array([own.changing[sure_rows].mean() for own, _ in followed])
    space = replace(space, misfit_px2=np.maximum(space.misfit_px2 - noise, 0.0))
    observed = _observed(px, sure, space, configs)
    strength = robust_strength(observed, np.diff(numbers, prepend=numbers[:1]), configs[0].motion)
    return Together(alone=alone, space=space, strength=strength)


def smooth_views(
    points_px: ArrayLike,
    confidence: ArrayLike,
    ticks: ArrayLike,
    configs: Sequence[SmoothingConfig],
    together: Together | None = None,
) -> list[SmoothedPoints]:
    """Smooth what several views saw, together; one answer a view, in order.

    A view that misses a keypoint gets the position that the others and the motion imply; where all miss it,
    gaps are as in `smooth_points`.

    Args:
        points_px: (view, tick, individual, keypoint, 2); NaN where there is no answer.
        confidence: (view, tick, individual, keypoint).
        ticks: (tick,) strictly increasing.
        configs: One a view, which differ in the radius alone.
        together: As `learn_together` gives it; learned from these ticks where None.

    Raises:
        BadSmoothing: See `fit_subspace`, or shapes do not fit.
    """
    px, sure, numbers = _checked(points_px, confidence, ticks, configs)
    if together is None:
        together = learn_together(px, sure, numbers, configs)
    apart = _apart(px, sure, numbers, configs, together.alone)
    shape = sure.shape[1:]
    if together.space is None or together.strength is None:
        return [judged(*own, config, shape) for own, config in zip(apart, configs, strict=True)]
    jointly = _jointly(px, sure, numbers, configs, together.space, together.strength)
    return [
        judged(*_the_surer(own, joint), config, shape)
        for own, joint, config in zip(apart, jointly, configs, strict=True)
    ]


def _jointly(
    px: Floats,
    sure: Floats,
    ticks: Floats,
    configs: Sequence[SmoothingConfig],
    space: Subspace,
    strength: Strength,
) -> list[tuple[Followed, Answered]]:
    """Each view as the position in the subspace shows it."""
    observed = _observed(px, sure, space, configs)
    found = robust_smooth(observed, np.diff(ticks, prepend=ticks[:1]), configs[0].motion, strength)
    means = np.einsum("vmd,tsd->vtsm", space.basis, found.mean) + space.mean_px[:, None, None]
    spread = np.einsum("vmd,tsde,vme->vts", space.basis, found.covariance, space.basis) / 2
    there = np.asarray(np.isfinite(observed.points).all(axis=-1))
    nearby = np.where(there, np.moveaxis(sure.reshape(*sure.shape[:2], -1), 0, -1), 0).max(axis=-1)
    # A view that is blind errs as the others do whose answers place the point.
    usual = known_median(np.where(there, observed.variance, np.nan))
    views = []
    for view in range(len(px)):
        own = there[..., view]
        claimed = np.where(own, observed.variance[..., view], usual)
        followed = Followed(
            mean=means[view],
            changing=spread[view] + space.misfit_px2[view],
            lasting=lasting_errors(claimed, strength.scale, ticks),
        )
        answered = Answered(
            there=np.asarray(there.any(axis=-1)),
            confidence=nearby,
            contradicted=own & (found.inflation[..., view] > 1),
            frames=ticks,
        )
        views.append((followed, answered))
    return views


def _the_surer(own: tuple[Followed, Answered], joint: tuple[Followed, Answered]) -> tuple[Followed, Answered]:
    """A view by itself and as the others imply it, weighed by how well each is known.

    Where cameras are near, the subspace is off by more than a view errs, so that others help only where the
    view has no answer; where they are far, it is the better known everywhere. What lasts of the errors is in
    both and does not count here. The weight goes over smoothly, so that nothing jumps at the end of a gap.
    """
    (alone, seen), (together, answered) = own, joint
    ratio = np.maximum(alone.changing, TINY) / np.maximum(together.changing, TINY)
    weight = 1 / (1 + ratio**-SHARPNESS)
    return (
        Followed(
            mean=_mixed(alone.mean, together.mean, weight[..., None]),
            changing=_mixed(alone.changing, together.changing, weight),
            lasting=_mixed(alone.lasting, together.lasting, weight),
        ),
        answered._replace(contradicted=np.where(weight > 0.5, answered.contradicted, seen.contradicted)),
    )


def _mixed(alone: Floats, together: Floats, weight: Floats) -> Floats:
    return np.asarray(alone + weight * (together - alone), np.float64)


def _apart(
    px: Floats, sure: Floats, ticks: Floats, configs: Sequence[SmoothingConfig], alone: Sequence[Strength]
) -> list[tuple[Followed, Answered]]:
    """Each view by itself."""
    return [
        follow_points(px[view], sure[view], ticks, config, alone[view]) for view, config in enumerate(configs)
    ]


def checked_views(
    points_px: ArrayLike, confidence: ArrayLike, ticks: ArrayLike
) -> tuple[Floats, Floats, Floats]:
    """What several views saw, as float64; raises `BadSmoothing` where shapes do not fit."""
    px, sure = np.asarray(points_px, np.float64), np.asarray(confidence, np.float64)
    numbers = np.asarray(ticks, np.float64)
    if px.ndim != 5 or sure.shape != px.shape[:4] or numbers.shape != px.shape[1:2]:
        raise BadSmoothing(
            f"Expected points (view, tick, individual, keypoint, 2), confidence without the last axis and as "
            f"many ticks; got {px.shape}, {sure.shape} and {numbers.shape}."
        )
    return px, sure, numbers


def _checked(
    points_px: ArrayLike, confidence: ArrayLike, ticks: ArrayLike, configs: Sequence[SmoothingConfig]
) -> tuple[Floats, Floats, Floats]:
    px, sure, numbers = checked_views(points_px, confidence, ticks)
    alike = {replace(config, radius_px=1) for config in configs}
    if len(configs) != len(px) or len(alike) != 1:
        raise BadSmoothing(f"{len(px)} views need as many configs, alike but for the radius.")
    return px, sure, numbers


def _observed(px: Floats, sure: Floats, space: Subspace, configs: Sequence[SmoothingConfig]) -> Observed:
    """Pixels less the mean of their view, (tick, series, view, 2), and what they say of the subspace."""
    views, ticks = px.shape[:2]
    used = np.where((sure >= configs[0].min_confidence)[..., None], px, np.nan).reshape(views, ticks, -1, 2)
    trust = np.nan_to_num(sure).reshape(views, ticks, -1)
    variance = np.stack(
        [variance_of(own, config.radius_px) for own, config in zip(trust, configs, strict=True)]
    )
    return Observed(
        np.moveaxis(used - space.mean_px[:, None, None], 0, 2),
        np.moveaxis(variance + space.misfit_px2[:, None, None], 0, 2),
        space.basis,
    )
