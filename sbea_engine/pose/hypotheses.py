"""Where else a body may lie: placements of the mean pose that agree with several peaks of each map.

The highest peak of one map knows nothing of the others. Where an animal is hard to see, its snout may be
taken for its tail, or one keypoint for a mark on the floor. Two peaks place the whole mean pose; each such
placement is worth what the maps say where it wants the keypoints, and the few best that differ are looked at
closely.
"""

from __future__ import annotations

from itertools import combinations
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sbea_engine.pose.alignment import Floats, Placement, in_image
from sbea_engine.pose.body import Body

LEAST_LOG = float(np.log(0.01))
"""What one keypoint can say against a placement: one answer in a hundred means nothing at all."""

LEAST_PAIR = 0.4
"""Least distance of two keypoints that place the pose, as a share of its extent: near ones turn it anyhow."""

STRETCH = 1.5
"""How much further apart, or nearer, than in the mean pose two peaks may lie that place it."""

MOST_SEEDS = 400
"""Pairs of peaks that are tried, the likeliest first."""

APART = 0.35
"""Mean distance between the keypoints of two placements that differ, as a share of the pose's extent."""


class Hypothesis(NamedTuple):
    """One way for a body to lie.

    Attributes:
        points_px: (keypoint, 2) the peaks it takes, and the mean pose's place where none is near.
        trust: (keypoint,) 0 to 1, how far each point says where the body is.
        said: (keypoint,) log of how well the map of each agrees with it, up to a constant.
    """

    points_px: Floats
    trust: Floats
    said: Floats


def plausibility(body: Body, placement: Placement, points_px: Floats, log_mass: Floats) -> Floats:
    """(pose, keypoint) log of how well each answer agrees with the body lying so, up to a constant.

    Args:
        points_px: (pose, keypoint, 2).
        log_mass: (pose, keypoint) log probability of each answer.
    """
    distance = np.linalg.norm(points_px - in_image(placement, body.shape_px), axis=-1)
    value = log_mass + _log_density(distance, body.spread_px)
    return np.asarray(np.maximum(np.nan_to_num(value, nan=LEAST_LOG), LEAST_LOG))


def propose(
    body: Body, peaks_px: Floats, log_mass: Floats, *, most: int, above: float = -np.inf
) -> list[Hypothesis]:
    """The best placements that differ from one another, best first; none of a body of one keypoint.

    Args:
        peaks_px: (keypoint, peak, 2).
        log_mass: (keypoint, peak) log probability of each.
        above: Placements of no higher score are of no use.
    """
    placed = _placements(body, peaks_px, log_mass)
    distance = np.linalg.norm(placed[:, :, None] - peaks_px, axis=-1)
    value = log_mass + _log_density(distance, body.spread_px[:, None])
    value = np.where(np.isfinite(value), value, -np.inf)
    said = np.maximum(value.max(-1), LEAST_LOG)
    score = said.sum(-1)
    found: list[int] = []
    for candidate in np.argsort(-score).tolist():
        if len(found) == most or score[candidate] <= above:
            break
        if all(apart(body, placed[candidate], placed[one]) for one in found):
            found.append(candidate)
    return [_hypothesis(body, placed[i], peaks_px, log_mass, value[i], said[i]) for i in found]


def apart(body: Body, one_px: Floats, other_px: Floats) -> bool:
    """Whether two places of the mean pose, (keypoint, 2) each, differ by more than a body bends."""
    away = np.linalg.norm(one_px - other_px, axis=-1)
    return bool(np.nanmean(away) > APART * body.extent_px)


def _placements(body: Body, peaks_px: Floats, log_mass: Floats) -> Floats:
    """(placement, keypoint, 2): the mean pose laid through two peaks each."""
    known = np.flatnonzero(np.isfinite(body.shape_px).all(-1)).tolist()
    shape = body.shape_px[:, 0] + 1j * body.shape_px[:, 1]  # in the plane a turn is a product
    least = LEAST_PAIR * body.extent_px
    pairs = [(a, b) for a, b in combinations(known, 2) if abs(shape[a] - shape[b]) > least]
    if not pairs:
        return np.zeros((0, *body.shape_px.shape))
    first, second = np.array(pairs).T
    peaks = peaks_px[..., 0] + 1j * peaks_px[..., 1]
    likely = log_mass[first][:, :, None] + log_mass[second][:, None]
    seeds = np.argsort(-likely, axis=None, kind="stable")[:MOST_SEEDS]
    pair, i, j = np.unravel_index(seeds, likely.shape)
    a, b = first[pair], second[pair]
    start, end = peaks[a, i], peaks[b, j]
    ratio = np.abs(end - start) / np.abs(shape[b] - shape[a])
    use = np.isfinite(likely.ravel()[seeds]) & (ratio > 1 / STRETCH) & (ratio < STRETCH)
    turn = ((end - start) / (shape[b] - shape[a]))[use]
    turn = turn / np.abs(turn)
    middle = shape[None] - ((shape[a] + shape[b]) / 2)[use, None]
    placed = turn[:, None] * middle + ((start + end) / 2)[use, None]
    return np.stack([placed.real, placed.imag], axis=-1)


def _hypothesis(
    body: Body, placed: Floats, peaks_px: Floats, log_mass: Floats, value: Floats, said: Floats
) -> Hypothesis:
    rows = np.arange(len(placed))
    best = value.argmax(-1)
    peak, mass = peaks_px[rows, best], np.exp(log_mass[rows, best])
    near = 1 / (1 + (np.linalg.norm(peak - placed, axis=-1) / body.spread_px) ** 2)
    keep = (value[rows, best] > LEAST_LOG) | ~np.isfinite(placed).all(-1)
    points: NDArray[np.float64] = np.where(keep[:, None], peak, placed)
    return Hypothesis(points, np.where(keep, mass * np.nan_to_num(near), 0.0), said)


def _log_density(distance: Floats, spread: Floats) -> Floats:
    """Log of a two-dimensional Cauchy density over its height."""
    return np.asarray(-1.5 * np.log1p((distance / spread) ** 2))
