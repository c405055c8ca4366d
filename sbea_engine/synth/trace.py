"""Where rays meet an animal: ellipsoids, the soft ones melted into one another.

A soft animal is the level set of a smooth minimum of approximate distances to its ellipsoids, found by
stepping along each ray from where it enters an ellipsoid grown by a margin. Only pairs of a ray and an
ellipsoid that can matter are ever evaluated.

References:
    Quilez, "Ellipsoid - distance estimation" (2008) for the distance bound k0 (k0 - 1) / k1.
    Hart, "Sphere tracing" (1996). Hartley and Zisserman, 2nd ed., section 8.3 for the outline of a quadric.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sbea_engine.data.camera import Camera
from sbea_engine.synth.camera import image_boxes

Floats = NDArray[np.float32]
MELT_MM = 1.7
MARGIN_MM = 3.6
STEPS = 18  # few rays need more than five: those that graze the body
CLOSE_MM = 0.3


@dataclass(frozen=True, slots=True)
class Roi:
    """A rectangle of the ray grid, half-open."""

    top: int
    bottom: int
    left: int
    right: int

    @property
    def shape(self) -> tuple[int, int]:
        return (self.bottom - self.top, self.right - self.left)

    def aligned(self, step: int) -> Roi:
        """Grown so that its borders fall on multiples of `step`."""
        return Roi(
            self.top // step * step,
            -(-self.bottom // step) * step,
            self.left // step * step,
            -(-self.right // step) * step,
        )

    def overlaps(self, other: Roi) -> bool:
        """Whether the two share anything."""
        return (
            self.top < other.bottom
            and other.top < self.bottom
            and self.left < other.right
            and other.left < self.right
        )


def around(rois: Sequence[Roi | None]) -> Roi | None:
    """The rectangle that holds all that are there, None for none."""
    there = [r for r in rois if r is not None]
    if not there:
        return None
    return Roi(
        min(r.top for r in there),
        max(r.bottom for r in there),
        min(r.left for r in there),
        max(r.right for r in there),
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Hit:
    """Where rays meet one animal: `n` rays of the region do, and `m` of these places need a colour.

    Attributes:
        ray: (n,) flat index into the region of interest.
        distance_mm: (n,) along the ray.
        spot: (n,) which of the `m` spots gives the ray its colour.
        spots: The places to colour.
    """

    ray: NDArray[np.intp]
    distance_mm: Floats
    spot: NDArray[np.intp]
    spots: Spots


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Spots:
    """Places on an animal's surface.

    Attributes:
        ray: (m,) flat index into the region of interest.
        distance_mm: (m,) along the ray.
        normal: (3, m) outward, unit.
        part: (m,) the hard part met, or -1 on the soft body.
        rest_mm: (3, m) the same point on the resting body (soft body only, else 0).
        height: (m,) on the part that it lies on, -1 below to 1 above.
        tint: (m,) brightness factor of the parts.
        openness: (m,) how free the space above it is, 0 in a crease to 1.
    """

    ray: NDArray[np.intp]
    distance_mm: Floats
    normal: Floats
    part: NDArray[np.intp]
    rest_mm: Floats
    height: Floats
    tint: Floats
    openness: Floats

    @staticmethod
    def joined(groups: list[Spots]) -> Spots:
        """All spots of several groups, one after another."""
        return Spots(
            ray=np.concatenate([g.ray for g in groups]),
            distance_mm=np.concatenate([g.distance_mm for g in groups]),
            normal=np.concatenate([g.normal for g in groups], axis=1),
            part=np.concatenate([g.part for g in groups]),
            rest_mm=np.concatenate([g.rest_mm for g in groups], axis=1),
            height=np.concatenate([g.height for g in groups]),
            tint=np.concatenate([g.tint for g in groups]),
            openness=np.concatenate([g.openness for g in groups]),
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Solid:
    """An animal's ellipsoids at one moment, as tracing needs them.

    Attributes:
        centre_mm: (part, 3). rotation: (part, 3, 3) world from part. radii_mm: (part, 3).
        soft, casts: (part,) bool. tint: (part,).
        rest_centre_mm, rest_rotation: The same parts on the resting body.
        grain: Size of the animal against a mouse, by which its parts melt and its hairs are long.
    """

    centre_mm: Floats
    rotation: Floats
    radii_mm: Floats
    soft: NDArray[np.bool_]
    casts: NDArray[np.bool_]
    tint: Floats
    rest_centre_mm: Floats
    rest_rotation: Floats
    grain: float = 1.0


def outlines(camera: Camera, solid: Solid, *, samples: int) -> list[Roi | None]:
    """The rectangle of the ray grid (`samples` a pixel) that holds each part, None where out of view."""
    grown = solid.radii_mm * _growth(solid)[:, None]
    axes = solid.rotation * grown[:, None, :]
    G = (camera.K @ camera.R) @ axes.astype(np.float64)
    m = (solid.centre_mm @ camera.R.T + camera.t) @ camera.K.T
    C = G @ G.transpose(0, 2, 1) - m[:, :, None] * m[:, None, :]
    drawn = (C[:, 2, 2] < 0) & (m[:, 2] > 0)  # neither reaching the camera's own plane nor behind it
    corner = C[:, 2, 2, None] * np.where(drawn, 1, np.nan)[:, None]
    middle = C[:, :2, 2] / corner
    half = np.sqrt(np.maximum(C[:, :2, 2] ** 2 - C[:, (0, 1), (0, 1)] * corner, 0)) / -corner
    with np.errstate(invalid="ignore"):  # the NaN of parts that are not drawn
        low, high, inside = image_boxes(camera, middle - half, middle + half)
        drawn &= inside
        limit = np.array([camera.width, camera.height]) * samples
        low = np.clip((low + 0.5) * samples - 1, 0, limit).astype(np.intp)
        high = np.clip((high + 0.5) * samples + 2, 0, limit).astype(np.intp)
    drawn &= (low < high).all(1)
    return [
        Roi(top, bottom, left, right) if seen else None
        for seen, (left, top), (right, bottom) in zip(drawn, low.tolist(), high.tolist(), strict=True)
    ]


def _growth(solid: Solid) -> Floats:
    """Factor (part,) by which a soft part is grown to catch the rays that its melted surface may meet."""
    return np.where(solid.soft, 1 + MARGIN_MM * solid.grain / solid.radii_mm.min(1), 1).astype(np.float32)


def trace(
    eye_mm: Floats, rays: Floats, roi: Roi, parts: list[Roi | None], solid: Solid, *, samples: int
) -> Hit:
    """Trace the rays (3, rows, columns) of a camera's grid inside `roi` against one animal.

    Hard parts, some of them thinner than a pixel, are met by every ray. The soft body is met by one ray a
    pixel, and by the others only along its outline.
    """
    size = roi.shape[0] * roi.shape[1]
    boxes = [_box(rays, roi, part, p) for p, part in enumerate(parts) if part is not None]
    hard, hard_part = _meet_hard(eye_mm, [b for b in boxes if not solid.soft[b.part]], solid, size)
    soft_boxes = [b for b in boxes if solid.soft[b.part]]
    body = np.full(size, np.inf, np.float32)
    spot = np.full(size, -1, np.intp)
    groups: list[Spots] = []
    wanted = np.zeros(roi.shape, np.bool_)
    wanted[::samples, ::samples] = True
    for turn in range(2 if samples > 1 else 1):
        pairs = _Pairs(eye_mm, solid, soft_boxes, wanted.ravel())
        found = pairs.march(size)
        met = np.flatnonzero(np.isfinite(found))
        spot[met] = sum(len(g.ray) for g in groups) + np.arange(len(met))
        body[met] = found[met]
        if len(met):
            groups.append(pairs.surface(met, found[met], size))
        if turn == 0 and samples > 1:
            wanted = _share_inside(body.reshape(roi.shape), spot.reshape(roi.shape), samples)
    shown = np.flatnonzero(hard < body)
    spot[shown] = sum(len(g.ray) for g in groups) + np.arange(len(shown))
    grid = rays[:, roi.top : roi.bottom, roi.left : roi.right].reshape(3, -1)
    groups.append(_hard_spots(eye_mm, grid[:, shown], solid, shown, hard[shown], hard_part[shown]))
    nearest = np.minimum(hard, body)
    ray = np.flatnonzero(np.isfinite(nearest))
    return Hit(ray=ray, distance_mm=nearest[ray], spot=spot[ray], spots=Spots.joined(groups))


@dataclass(frozen=True, slots=True, eq=False)
class _Box:
    """The rays that can meet one part: `index` (n,) into the region, `direction` (3, n)."""

    part: int
    index: NDArray[np.intp]
    direction: Floats


def _box(rays: Floats, roi: Roi, part: Roi, p: int) -> _Box:
    row = np.arange(part.top - roi.top, part.bottom - roi.top)[:, None] * roi.shape[1]
    index = (row + np.arange(part.left - roi.left, part.right - roi.left)).ravel()
    return _Box(p, index, rays[:, part.top : part.bottom, part.left : part.right].reshape(3, -1))


def _meet_hard(eye_mm: Floats, boxes: list[_Box], solid: Solid, size: int) -> tuple[Floats, NDArray[np.intp]]:
    """Distance (size,) to the nearest hard part, inf where there is none, and which part that is."""
    nearest, part = np.full(size, np.inf, np.float32), np.full(size, -1, np.intp)
    for box in boxes:
        crossing = _Crossing(eye_mm, box.direction, solid, box.part)
        hit = crossing.hits()
        entry = crossing.middle[hit] - crossing.half(hit)
        closer = entry < nearest[box.index[hit]]
        rows = box.index[hit][closer]
        nearest[rows] = entry[closer]
        part[rows] = box.part
    return nearest, part


def _share_inside(body: Floats, spot: NDArray[np.intp], samples: int) -> NDArray[np.bool_]:
    """Let all rays of a pixel well inside the body share what its first ray met, in place.

    Returns:
        bool like `body`: the rays along the outline, still to be traced.
    """
    met = np.isfinite(body[::samples, ::samples])
    padded = np.pad(met, 1)
    near = [padded[1 + i : 1 + i + met.shape[0], 1 + j : 1 + j + met.shape[1]] for i, j in _NEIGHBOURS]
    inside = met & near[4] & near[6] & near[7]  # its other rays lie between these first rays
    outline = np.logical_or.reduce([met, *near]) & ~inside
    wanted = np.zeros(body.shape, np.bool_)
    for i, j in list(np.ndindex(samples, samples))[1:]:
        body[i::samples, j::samples][inside] = body[::samples, ::samples][inside]
        spot[i::samples, j::samples][inside] = spot[::samples, ::samples][inside]
        wanted[i::samples, j::samples] = outline
    return wanted


_NEIGHBOURS = ((-1, -1), (-1, 0), (-1, 1), (0, -1), (0, 1), (1, -1), (1, 0), (1, 1))


def _hard_spots(
    eye_mm: Floats,
    ray: Floats,
    solid: Solid,
    index: NDArray[np.intp],
    distance: Floats,
    part: NDArray[np.intp],
) -> Spots:
    point = (eye_mm[:, None] + distance * ray).T - solid.centre_mm[part]
    turn, radii = solid.rotation[part], solid.radii_mm[part]
    unit = np.einsum("mij,mi->mj", turn, point) / radii
    outward = np.einsum("mij,mj->im", turn, unit / radii)
    return Spots(
        ray=index,
        distance_mm=distance,
        normal=outward / np.sqrt(_square(outward)),
        part=part,
        rest_mm=np.zeros_like(ray),
        height=unit[:, 2],
        tint=solid.tint[part],
        openness=np.ones_like(distance),
    )


class _Crossing:
    """Where rays (3, n) of one eye cross one part, in the space where the part is a unit sphere."""

    def __init__(self, eye_mm: Floats, ray: Floats, solid: Solid, p: int) -> None:
        to_unit = (solid.rotation[p] / solid.radii_mm[p]).T
        self.origin = to_unit @ (eye_mm - solid.centre_mm[p])
        self.step = to_unit @ ray
        self.length2 = _square(self.step)
        self.middle = -(self.origin @ self.step) / self.length2
        # From the point nearest to the centre, where float32 keeps its digits: b^2 - a c cancels from afar.
        self.miss2 = _square(self.origin[:, None] + self.middle * self.step)

    def hits(self, growth: float = 1.0) -> NDArray[np.intp]:
        """Rays that meet the part grown by a factor, ahead of the eye."""
        return np.flatnonzero((self.miss2 < growth * growth) & (self.middle > 0))

    def half(self, rays: NDArray[np.intp], growth: float = 1.0) -> Floats:
        """Half of the way that chosen rays have inside the grown part; NaN where they miss it."""
        with np.errstate(invalid="ignore"):
            way = np.sqrt((growth * growth - self.miss2[rays]) / self.length2[rays])
        return np.asarray(way, np.float32)


def _square(v: Floats) -> Floats:
    return np.asarray(v[0] * v[0] + v[1] * v[1] + v[2] * v[2], np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class _Chunk:
    """The pairs of one part, a row a ray."""

    part: int
    ray: NDArray[np.intp]
    origin: Floats  # (3,) of the eye, and
    step: Floats  # (3, n) of the rays, in the part's unit sphere
    entry: Floats  # into the grown part
    core: Floats  # into the part itself, inf where the ray only comes near
    leave: Floats


def _chunk(crossing: _Crossing, part: int, index: NDArray[np.intp], growth: float) -> _Chunk:
    hit = crossing.hits(growth)
    middle, half, core = crossing.middle[hit], crossing.half(hit, growth), crossing.half(hit)
    return _Chunk(
        part=part,
        ray=index[hit],
        origin=crossing.origin,
        step=crossing.step[:, hit],
        entry=middle - half,
        # Where the ray meets the part itself, the melted surface is close by: begin there.
        core=np.where(np.isnan(core), np.float32(np.inf), middle - core),
        leave=middle + half,
    )


class _Pairs:
    """Pairs of a ray and a soft ellipsoid that it comes near, in flat arrays, parts one after another."""

    def __init__(self, eye_mm: Floats, solid: Solid, boxes: list[_Box], wanted: NDArray[np.bool_]) -> None:
        self.solid, self.melt = solid, np.float32(MELT_MM * solid.grain)
        growth = _growth(solid)
        chunks = []
        for box in boxes:
            rows = np.flatnonzero(wanted[box.index])
            crossing = _Crossing(eye_mm, box.direction[:, rows], solid, box.part)
            chunks.append(_chunk(crossing, box.part, box.index[rows], float(growth[box.part])))
        self._chunks = [c for c in chunks if len(c.ray)]

    def march(self, size: int) -> Floats:
        """Distance (size,) at which each ray of the region meets the melted body, inf where it does not."""
        if not self._chunks:
            return np.full(size, np.inf, np.float32)
        counts = [len(c.ray) for c in self._chunks]
        self.ray = np.concatenate([c.ray for c in self._chunks])
        self.part = np.repeat([c.part for c in self._chunks], counts)
        self.origin = np.repeat(np.stack([c.origin for c in self._chunks], axis=1), counts, axis=1)
        self.step = np.concatenate([c.step for c in self._chunks], axis=1)
        self.inverse = np.ascontiguousarray((1 / self.solid.radii_mm[self.part]).T)
        return self._walk(size)

    def _walk(self, size: int) -> Floats:
        at, core = np.full(size, np.inf, np.float32), np.full(size, np.inf, np.float32)
        last = np.zeros(size, np.float32)
        for c in self._chunks:  # a ray comes once a chunk, so that plain indexing suffices
            at[c.ray] = np.minimum(at[c.ray], c.entry)
            core[c.ray] = np.minimum(core[c.ray], c.core)
            last[c.ray] = np.maximum(last[c.ray], c.leave)
        found = np.full(size, np.inf, np.float32)
        ray = np.flatnonzero(last)
        at, last = np.where(np.isfinite(core), core, at)[ray], last[ray]
        row = _rows(ray, size)[self.ray]  # of each pair, among the rays still under way
        origin, step, inverse = self.origin, self.step, self.inverse
        moved, before = np.zeros_like(at), np.zeros_like(at)
        for _ in range(STEPS):
            total = np.bincount(row, _weight(origin + at[row] * step, inverse, self.melt), minlength=len(ray))
            distance = -self.melt * np.log(np.maximum(total, 1e-12)).astype(np.float32)
            arrived = np.abs(distance) < CLOSE_MM * self.solid.grain
            found[ray[arrived]] = at[arrived] + distance[arrived]
            # On the way into a convex body the distance falls ever more slowly: a secant stays short.
            with np.errstate(divide="ignore", invalid="ignore"):
                secant = distance * moved / (before - distance)
                sound = (secant / distance > 1) & (secant / distance < 5)
            moved = np.where(sound, secant, distance)
            at, before = at + moved, distance
            going = np.flatnonzero(~arrived & (at < last))
            if not len(going):
                break
            row = _rows(going, len(ray))[row]
            live = np.flatnonzero(row >= 0)
            row, origin, step, inverse = row[live], origin[:, live], step[:, live], inverse[:, live]
            ray, at, last, moved, before = ray[going], at[going], last[going], moved[going], before[going]
        return found

    def surface(self, rays: NDArray[np.intp], distance: Floats, size: int) -> Spots:
        """The spots where rays meet the melted body."""
        row = _rows(rays, size)[self.ray]
        live = np.flatnonzero(row >= 0)
        row = row[live]
        at = np.zeros(size, np.float32)
        at[rays] = distance
        inverse = self.inverse[:, live]
        unit = self.origin[:, live] + at[self.ray[live]] * self.step[:, live]
        weight = _weight(unit, inverse, self.melt)
        n = len(rays)

        total = np.maximum(np.bincount(row, weight, minlength=n), 1e-20)

        def blend(values: Floats) -> Floats:
            return (np.bincount(row, weight * values, minlength=n) / total).astype(np.float32)

        part = self.part[live]
        outward = unit * inverse
        outward /= np.sqrt(_square(outward)) + 1e-9
        normal_of, rest_of = np.empty_like(unit), np.empty_like(unit)
        for p in (c.part for c in self._chunks):
            rows = slice(*np.searchsorted(part, (p, p + 1)))
            normal_of[:, rows] = self.solid.rotation[p] @ outward[:, rows]
            rest_of[:, rows] = (
                self.solid.rest_rotation[p] @ (unit[:, rows] * self.solid.radii_mm[p][:, None])
                + self.solid.rest_centre_mm[p][:, None]
            )
        normal = np.stack([blend(c) for c in normal_of])
        normal /= np.sqrt(_square(normal)) + 1e-9
        return Spots(
            ray=rays,
            distance_mm=distance,
            normal=normal,
            part=np.full(n, -1, np.intp),
            rest_mm=np.stack([blend(c) for c in rest_of]),
            height=blend(unit[2]),
            tint=blend(self.solid.tint[part]),
            openness=self._openness(row, unit, inverse, part, normal),
        )

    def _openness(
        self, row: NDArray[np.intp], unit: Floats, inverse: Floats, part: NDArray[np.intp], normal: Floats
    ) -> Floats:
        """How free the space a little above the surface is (ambient occlusion in one tap)."""
        above = np.float32(4.0 * self.solid.grain)
        lifted = np.empty_like(unit)
        for p in (c.part for c in self._chunks):
            rows = slice(*np.searchsorted(part, (p, p + 1)))
            to_unit = (self.solid.rotation[p] / self.solid.radii_mm[p]).T
            lifted[:, rows] = unit[:, rows] + above * (to_unit @ normal[:, row[rows]])
        weight = _weight(lifted, inverse, self.melt)
        total = np.bincount(row, weight, minlength=normal.shape[1])
        free = -self.melt * np.log(np.maximum(total, 1e-20)) / above
        return np.asarray(np.clip(free, 0, 1), np.float32)


def _rows(chosen: NDArray[np.intp], size: int) -> NDArray[np.intp]:
    """Inverse of an index: where each of `size` entries stands among the chosen, -1 where it does not."""
    rows = np.full(size, -1, np.intp)
    rows[chosen] = np.arange(len(chosen))
    return rows


def _weight(unit: Floats, inverse: Floats, melt: np.float32) -> Floats:
    """exp(-distance / melt) of points given in the unit sphere of their ellipsoid."""
    k0 = np.sqrt(_square(unit))
    scaled = unit * inverse
    k1 = np.sqrt(_square(scaled)) + np.float32(1e-9)
    nearness = k0 * (1 - k0) / (k1 * melt)
    return np.asarray(np.exp(np.minimum(nearness, 12)), np.float32)
