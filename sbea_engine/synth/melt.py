"""The soft body: the level set of a smooth minimum of approximate distances to ellipsoids.

It is found by stepping along each ray from where it enters an ellipsoid grown by a margin.

References:
    Quilez, "Ellipsoid - distance estimation" (2008) for the distance bound k0 (k0 - 1) / k1.
    Hart, "Sphere tracing" (1996).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_array

from sbea_engine.synth.pairs import Pairs, dot, square
from sbea_engine.synth.solid import Floats, Solid, Spots

MELT_MM = 1.7
STEPS = 18  # few rays need more than five: those that graze the body
CLOSE_MM = 0.3
TAP_MM = 4.0  # above the surface, where ambient occlusion is felt for


def march(pairs: Pairs, solid: Solid, size: int) -> tuple[Floats, Pairs]:
    """Meet the melted body with the rays of a region.

    Returns:
        Distance (size,) at which each ray meets the body, inf where it does not; and the pairs that matter.
    """
    melt, close = np.float32(MELT_MM * solid.grain), np.float32(CLOSE_MM * solid.grain)
    pairs, ray, row = _may_arrive(pairs, solid, size)
    begin, last = _ends(pairs, solid, row, len(ray))
    curve = _curve(pairs, solid, melt)
    found = np.full(size, np.inf, np.float32)
    state = np.stack([begin, last, np.zeros_like(begin), np.zeros_like(begin)])
    with np.errstate(divide="ignore", invalid="ignore"):
        for _ in range(STEPS):
            at, last, moved, before = state
            weight = _weight_along(curve, at.take(row))
            total = np.bincount(row, weight, len(ray)).astype(np.float32)
            distance = -melt * np.log(np.maximum(total, np.float32(1e-12)))
            arrived = np.abs(distance) < close
            found[ray[arrived]] = (at + distance)[arrived]
            # On the way into a convex body the distance falls ever more slowly: a secant stays short.
            ratio = moved / (before - distance)
            moved[:] = np.where((ratio > 1) & (ratio < 5), ratio, np.float32(1)) * distance
            before[:] = distance
            at += moved
            going = np.flatnonzero((at < last) & ~arrived)
            if not len(going):
                break
            row = rows_of(going, len(ray)).take(row)
            live = np.flatnonzero(row >= 0)
            row, curve = row.take(live), curve.take(live, axis=1)
            ray, state = ray.take(going), state.take(going, axis=1)
    return found, pairs


def _may_arrive(pairs: Pairs, solid: Solid, size: int) -> tuple[Pairs, NDArray[np.intp], NDArray[np.intp]]:
    """Rays that may come close enough to the body to arrive.

    k1 is at most k0 over the smallest radius: with that, a part weighs nowhere on a ray more than at the
    place nearest to its centre. (A ray that enters a part weighs more than asked by any count.) Of the rays
    that miss the body, this spares most.

    Returns:
        Their pairs, the rays themselves, and for each pair the row of its ray among them.
    """
    smallest = (solid.radii_mm.min(1) / np.float32(MELT_MM * solid.grain)).take(pairs.part)
    bound = np.exp(np.minimum((1 - np.sqrt(pairs.miss2)) * smallest, np.float32(12)))
    ray = np.flatnonzero(np.bincount(pairs.ray, bound, size) > np.exp(-CLOSE_MM / MELT_MM))
    row = rows_of(ray, size).take(pairs.ray)
    live = np.flatnonzero(row >= 0)
    return pairs.only(live), ray, row.take(live)


def _ends(pairs: Pairs, solid: Solid, row: NDArray[np.intp], rays: int) -> tuple[Floats, Floats]:
    """Where to begin and to give up along each ray (rays,)."""
    half = pairs.half(solid.growth.take(pairs.part))
    entry, core, last = (np.full(rays, v, np.float32) for v in (np.inf, np.inf, 0))
    np.minimum.at(entry, row, pairs.middle_mm - half)
    np.maximum.at(last, row, pairs.middle_mm + half)
    # Where the ray meets a part itself, the melted surface is close by: begin there.
    into = np.flatnonzero(pairs.miss2 <= 1)
    np.minimum.at(core, row.take(into), (pairs.middle_mm - pairs.half()).take(into))
    return np.where(np.isfinite(core), core, entry), last


def _curve(pairs: Pairs, solid: Solid, melt: np.float32) -> Floats:
    """How k0 and k1 run along the rays of pairs, (6, n).

    With s counted from the place nearest to the part's centre, k0^2 = miss2 + length2 s^2, and (k1 melt)^2 is
    another quadratic of s. So a step costs no vectors.
    """
    scale = (melt / solid.radii_mm.T).take(pairs.part, axis=1)
    start, slope = pairs.nearest * scale, pairs.step * scale
    mixed = 2 * dot(start, slope)
    return np.stack([pairs.middle_mm, pairs.miss2, pairs.length2, square(start), mixed, square(slope)])


def _weight_along(curve: Floats, distance_mm: Floats) -> Floats:
    """exp(-distance / melt) of pairs, at distances (n,) along their rays."""
    middle, miss2, length2, a, b, c = curve
    s = distance_mm - middle
    k0 = np.sqrt(miss2 + length2 * (s * s))
    k1_melt = np.sqrt(np.maximum(a + s * (b + s * c), np.float32(1e-12)))
    return np.asarray(np.exp(np.minimum(k0 * (1 - k0) / k1_melt, np.float32(12))), np.float32)


def surface(pairs: Pairs, solid: Solid, rays: NDArray[np.intp], distance_mm: Floats, size: int) -> Spots:
    """The spots where rays (n,) of a region meet the melted body, at distances (n,) along them."""
    row = rows_of(rays, size).take(pairs.ray)
    live = np.flatnonzero(row >= 0)
    pairs, row, n = pairs.only(live), row.take(live), len(rays)
    unit = pairs.at(distance_mm.take(row))
    inverse = np.float32(1) / solid.radii_mm.T.take(pairs.part, axis=1)
    melt = np.float32(MELT_MM * solid.grain)
    weight, k1 = _weight(unit, inverse, melt)
    turns = np.concatenate(
        [solid.rotation / solid.radii_mm[:, None], solid.rest_rotation * solid.radii_mm[:, None]], axis=1
    )
    values = np.empty((8, len(row)), np.float32)  # normal, place on the resting body, height, tint
    for p, start, stop in pairs.runs:
        np.matmul(turns[p], unit[:, start:stop], out=values[:6, start:stop])
    values[:3] /= k1
    values[3:6] += solid.rest_centre_mm.T.take(pairs.part, axis=1)
    values[6], values[7] = unit[2], solid.tint.take(pairs.part)
    # A sparse matrix with one entry a pair adds up what the pairs of each ray bring.
    gather = csc_array((weight, row, np.arange(len(row) + 1)), shape=(n, len(row)))
    total = np.maximum(np.bincount(row, weight, n), 1e-20).astype(np.float32)
    blend = (gather @ np.ascontiguousarray(values.T)).T / total
    normal = np.asarray(blend[:3] / (np.sqrt(square(blend[:3])) + 1e-9), np.float32)
    return Spots(
        ray=rays,
        distance_mm=distance_mm,
        normal=normal,
        part=np.full(n, -1, np.intp),
        rest_mm=blend[3:6],
        height=blend[6],
        tint=blend[7],
        openness=_openness(pairs, solid, row, unit, inverse, normal),
    )


def _openness(
    pairs: Pairs, solid: Solid, row: NDArray[np.intp], unit: Floats, inverse: Floats, normal: Floats
) -> Floats:
    """How free the space a little above the surface is (ambient occlusion in one tap)."""
    above = np.float32(TAP_MM * solid.grain)
    melt = np.float32(MELT_MM * solid.grain)
    to_unit, lifted = solid.to_unit * above, np.empty_like(unit)
    up = normal.take(row, axis=1)
    for p, start, stop in pairs.runs:
        np.matmul(to_unit[p], up[:, start:stop], out=lifted[:, start:stop])
    lifted += unit
    weight, _ = _weight(lifted, inverse, melt)
    total = np.bincount(row, weight, normal.shape[1]).astype(np.float32)
    free = -melt * np.log(np.maximum(total, np.float32(1e-20))) / above
    return np.asarray(np.clip(free, 0, 1), np.float32)


def _weight(unit: Floats, inverse: Floats, melt: np.float32) -> tuple[Floats, Floats]:
    """exp(-distance / melt) (n,) of points (3, n) given in the unit sphere of their ellipsoid, and k1."""
    k0 = np.sqrt(square(unit))
    k1 = np.sqrt(square(unit * inverse)) + np.float32(1e-9)
    return np.exp(np.minimum(k0 * (1 - k0) / (k1 * melt), np.float32(12))), k1


def rows_of(chosen: NDArray[np.intp], size: int) -> NDArray[np.intp]:
    """Inverse of an index: where each of `size` entries stands among the chosen, -1 where it does not."""
    rows = np.full(size, -1, np.intp)
    rows[chosen] = np.arange(len(chosen))
    return rows
