"""Where rays meet an animal: ellipsoids, the soft ones melted into one another.

A soft animal is the level set of a smooth minimum of approximate distances to its ellipsoids, found by
stepping along each ray from where it enters an ellipsoid grown by a margin. Only pairs of a ray and an
ellipsoid that can matter are ever evaluated.

References:
    Quilez, "Ellipsoid - distance estimation" (2008) for the distance bound k0 (k0 - 1) / k1.
    Hart, "Sphere tracing" (1996). Hartley and Zisserman, 2nd ed., section 8.3 for the outline of a quadric.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sbea_engine.synth.camera import Camera

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
        soft: (part,) bool. tint: (part,).
        rest_centre_mm, rest_rotation: The same parts on the resting body.
    """

    centre_mm: Floats
    rotation: Floats
    radii_mm: Floats
    soft: NDArray[np.bool_]
    tint: Floats
    rest_centre_mm: Floats
    rest_rotation: Floats


def outlines(camera: Camera, solid: Solid, *, samples: int) -> list[Roi | None]:
    """The rectangle of the ray grid (`samples` a pixel) that holds each part, None where out of view."""
    margin = np.where(solid.soft, MARGIN_MM, 0)[:, None]
    axes = solid.rotation * (solid.radii_mm + margin)[:, None, :]
    G = (camera.K @ camera.R) @ axes.astype(np.float64)
    m = (solid.centre_mm @ camera.R.T + camera.t) @ camera.K.T
    C = G @ G.transpose(0, 2, 1) - m[:, :, None] * m[:, None, :]
    found: list[Roi | None] = []
    for c, depth in zip(C, m[:, 2], strict=True):
        if c[2, 2] >= 0 or depth <= 0:  # reaches the camera's own plane, or lies behind it
            found.append(None)
            continue
        u, du = c[0, 2] / c[2, 2], np.sqrt(max(c[0, 2] ** 2 - c[0, 0] * c[2, 2], 0)) / -c[2, 2]
        v, dv = c[1, 2] / c[2, 2], np.sqrt(max(c[1, 2] ** 2 - c[1, 1] * c[2, 2], 0)) / -c[2, 2]
        left, right = (np.array([u - du, u + du]) + 0.5) * samples
        top, bottom = (np.array([v - dv, v + dv]) + 0.5) * samples
        roi = Roi(
            max(0, int(top) - 1),
            min(camera.height * samples, int(bottom) + 2),
            max(0, int(left) - 1),
            min(camera.width * samples, int(right) + 2),
        )
        found.append(roi if roi.top < roi.bottom and roi.left < roi.right else None)
    return found


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
        entry, _, hit = _enter(eye_mm, box.direction, solid, box.part, 0.0)
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
    normal, height = np.empty_like(ray), np.empty_like(distance)
    for p in np.unique(part):
        rows = np.flatnonzero(part == p)
        point = eye_mm[:, None] + distance[rows] * ray[:, rows] - solid.centre_mm[p][:, None]
        unit = solid.rotation[p].T @ point / solid.radii_mm[p][:, None]
        outward = solid.rotation[p] @ (unit / solid.radii_mm[p][:, None])
        normal[:, rows] = outward / np.sqrt((outward * outward).sum(0))
        height[rows] = unit[2]
    return Spots(
        ray=index,
        distance_mm=distance,
        normal=normal,
        part=part,
        rest_mm=np.zeros_like(ray),
        height=height,
        tint=solid.tint[part],
        openness=np.ones_like(distance),
    )


def _enter(
    eye_mm: Floats, ray: Floats, solid: Solid, p: int, margin: float
) -> tuple[Floats, Floats, NDArray[np.intp]]:
    """Distances at which rays (3, n) enter and leave part `p` grown by `margin`, and which rays do."""
    scale = 1 / (solid.radii_mm[p] + np.float32(margin))
    to_unit = (solid.rotation[p] * scale).T
    o = to_unit @ (eye_mm - solid.centre_mm[p])
    d = to_unit @ ray
    a = np.einsum("in,in->n", d, d)
    b = o @ d
    # Around the point nearest to the centre, where float32 keeps its digits: b^2 - a c cancels from afar.
    near = o[:, None] - d * (b / a)
    gap = 1 - np.einsum("in,in->n", near, near)
    hit = np.flatnonzero(gap > 0)
    middle, half = -b[hit] / a[hit], np.sqrt(gap[hit] / a[hit])
    ahead = middle > half
    middle, half = middle[ahead], half[ahead]
    return middle - half, middle + half, hit[ahead]


@dataclass(frozen=True, slots=True, eq=False)
class _Chunk:
    """The pairs of one part, a row a ray."""

    part: int
    ray: NDArray[np.intp]
    direction: Floats  # (3, n)
    entry: Floats  # into the grown part
    core: Floats  # into the part itself, inf where the ray only comes near
    leave: Floats


class _Pairs:
    """Pairs of a ray and a soft ellipsoid that it comes near, in flat arrays, parts one after another."""

    def __init__(self, eye_mm: Floats, solid: Solid, boxes: list[_Box], wanted: NDArray[np.bool_]) -> None:
        self.eye, self.solid = eye_mm, solid
        self._chunks: list[_Chunk] = []
        for box in boxes:
            rows = np.flatnonzero(wanted[box.index])
            self._add(box.part, box.index[rows], box.direction[:, rows])

    def _add(self, p: int, index: NDArray[np.intp], ray: Floats) -> None:
        entry, leave, hit = _enter(self.eye, ray, self.solid, p, MARGIN_MM)
        if not len(hit):
            return
        near = ray[:, hit]
        # Where the ray meets the part itself, the melted surface is close by: begin there.
        bare, _, inner = _enter(self.eye, near, self.solid, p, 0.0)
        core = np.full(len(hit), np.inf, np.float32)
        core[inner] = bare
        self._chunks.append(_Chunk(p, index[hit], near, entry, core, leave))

    def march(self, size: int) -> Floats:
        """Distance (size,) at which each ray of the region meets the melted body, inf where it does not."""
        if not self._chunks:
            return np.full(size, np.inf, np.float32)
        solid = self.solid
        self.ray = np.concatenate([c.ray for c in self._chunks])
        self.part = np.repeat([c.part for c in self._chunks], [len(c.ray) for c in self._chunks])
        # Ray origins and directions in the unit sphere of each pair's part.
        self.origin = np.empty((3, len(self.ray)), np.float32)
        self.step = np.empty((3, len(self.ray)), np.float32)
        start = 0
        for c in self._chunks:
            rows = slice(start, start + len(c.ray))
            to_unit = (solid.rotation[c.part] / solid.radii_mm[c.part]).T
            self.origin[:, rows] = (to_unit @ (self.eye - solid.centre_mm[c.part]))[:, None]
            self.step[:, rows] = to_unit @ c.direction
            start = rows.stop
        self.inverse = np.ascontiguousarray((1 / solid.radii_mm[self.part]).T)
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
            total = np.bincount(row, _weight(origin + at[row] * step, inverse), minlength=len(ray))
            distance = -MELT_MM * np.log(np.maximum(total, 1e-12)).astype(np.float32)
            arrived = np.abs(distance) < CLOSE_MM
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
        weight = _weight(unit, inverse)
        n = len(rays)

        total = np.maximum(np.bincount(row, weight, minlength=n), 1e-20)

        def blend(values: Floats) -> Floats:
            return (np.bincount(row, weight * values, minlength=n) / total).astype(np.float32)

        part = self.part[live]
        outward = unit * inverse
        outward /= np.sqrt(np.einsum("in,in->n", outward, outward)) + 1e-9
        normal_of, rest_of = np.empty_like(unit), np.empty_like(unit)
        for p in (c.part for c in self._chunks):
            rows = slice(*np.searchsorted(part, (p, p + 1)))
            normal_of[:, rows] = self.solid.rotation[p] @ outward[:, rows]
            rest_of[:, rows] = (
                self.solid.rest_rotation[p] @ (unit[:, rows] * self.solid.radii_mm[p][:, None])
                + self.solid.rest_centre_mm[p][:, None]
            )
        normal = np.stack([blend(c) for c in normal_of])
        normal /= np.sqrt((normal * normal).sum(0)) + 1e-9
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
        above = np.float32(4.0)
        lifted = np.empty_like(unit)
        for p in (c.part for c in self._chunks):
            rows = slice(*np.searchsorted(part, (p, p + 1)))
            to_unit = (self.solid.rotation[p] / self.solid.radii_mm[p]).T
            lifted[:, rows] = unit[:, rows] + above * (to_unit @ normal[:, row[rows]])
        weight = _weight(lifted, inverse)
        total = np.bincount(row, weight, minlength=normal.shape[1])
        return np.clip(-MELT_MM * np.log(np.maximum(total, 1e-20)) / above, 0, 1).astype(np.float32)


def _rows(chosen: NDArray[np.intp], size: int) -> NDArray[np.intp]:
    """Inverse of an index: where each of `size` entries stands among the chosen, -1 where it does not."""
    rows = np.full(size, -1, np.intp)
    rows[chosen] = np.arange(len(chosen))
    return rows


def _weight(unit: Floats, inverse: Floats) -> Floats:
    """exp(-distance / melt) of points given in the unit sphere of their ellipsoid."""
    k0 = np.sqrt(np.einsum("in,in->n", unit, unit))
    scaled = unit * inverse
    k1 = np.sqrt(np.einsum("in,in->n", scaled, scaled)) + np.float32(1e-9)
    nearness = k0 * (1 - k0) / (k1 * np.float32(MELT_MM))
    return np.asarray(np.exp(np.minimum(nearness, 12)), np.float32)
