"""What a camera sees of the still world: floor, walls, obstacles, and the room around them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from sbea_engine.data.camera import Camera
from sbea_engine.synth.arena import Arena, Light
from sbea_engine.synth.camera import camera_rays
from sbea_engine.synth.obstacle import Obstacle
from sbea_engine.synth.texture import Colour, Floor

Floats = NDArray[np.float32]
Bools = NDArray[np.bool_]
SMOOTHING_RAYS = 2
BAND_ROWS = 64
SHADE_CELL_MM = 2.0
LAMP_RADIUS_MM = 70.0
LAMP_RAYS = 24
WALL_VEIL = 0.07  # share of light that a clear wall throws back
GLASS_VEIL = 0.05
VEIL_COLOUR: Colour = (0.5, 0.52, 0.54)
ROOM_COLOUR: Colour = (0.20, 0.205, 0.21)
SKY_MM = 1e6  # where a ray ends that meets nothing


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Backdrop:
    """A camera's view of the empty arena.

    Attributes:
        colour: float32 (height, width, 3), linear, of what is behind the animals.
        depth_mm: float32 (height, width) along the camera's z axis, of what hides an animal behind it.
        ray_depth_mm: float32 (height * samples, width * samples), the same for every ray of the renderer.
        floor_mm: float32 (2, height, width) x and y where the pixel's ray meets the floor plane.
        floor_share: float32 (height, width), share of the pixel on which shadows fall.
        clear: float32 (height, width), share of light that clear walls and glass in front let pass.
        glare: float32 (height, width, 3), light that they add.
    """

    colour: Floats
    depth_mm: Floats
    ray_depth_mm: Floats
    floor_mm: Floats
    floor_share: Floats
    clear: Floats
    glare: Floats

    def veil(self, linear: Floats, rows: slice, columns: slice) -> Floats:
        """Linear light of a window of the picture behind the clear walls and glass that stand before it."""
        return linear * self.clear[rows, columns][..., None] + self.glare[rows, columns]


def by_pixel(rays: Floats, join: np.ufunc = np.add) -> Floats:
    """Join the rays of each pixel: (rows, n, columns, n, ...) to (rows, columns, ...)."""
    n = rays.shape[1]
    joined = rays[:, 0, :, 0].copy()
    for i, j in list(np.ndindex(n, n))[1:]:  # many times faster than a reduction over two short axes
        join(joined, rays[:, i, :, j], out=joined)
    return joined


def see_arena(camera: Camera, arena: Arena, floor: Floor, light: Light, *, samples: int = 1) -> Backdrop:
    """Look at the empty arena once; frames only add animals to it.

    Args:
        samples: Rays a pixel along each axis of the renderer that draws the animals.
    """
    shape = (camera.height, camera.width)
    view = _Look(arena, floor, light, camera.position_mm.astype(np.float32))
    seen = Backdrop(
        colour=np.empty((*shape, 3), np.float32),
        depth_mm=np.empty(shape, np.float32),
        ray_depth_mm=np.empty((shape[0] * samples, shape[1] * samples), np.float32),
        floor_mm=np.empty((2, *shape), np.float32),
        floor_share=np.empty(shape, np.float32),
        clear=np.empty(shape, np.float32),
        glare=np.empty((*shape, 3), np.float32),
    )
    forward = camera.R[2].astype(np.float32)
    for top in range(0, shape[0], BAND_ROWS):  # in bands, to bound memory
        rows = slice(top, min(top + BAND_ROWS, shape[0]))
        centre = camera_rays(camera, 1, rows).reshape(3, -1)
        depth = (view.meet(centre).distance * (forward @ centre)).reshape(-1, shape[1])
        seen.depth_mm[rows] = depth
        seen.floor_mm[:, rows] = (view.eye[:2, None] + view.to_floor(centre) * centre[:2]).reshape(
            2, -1, shape[1]
        )
        fine = max(samples, SMOOTHING_RAYS)
        depths = _see_band(seen, view, camera_rays(camera, fine, rows), rows, forward)
        seen.ray_depth_mm[top * samples : rows.stop * samples] = depth if samples == 1 else depths
    return seen


def _see_band(seen: Backdrop, view: _Look, rays: Floats, rows: slice, forward: Floats) -> Floats:
    """Fill in how some rows look; returns the depth of every ray (rows * n, columns * n)."""
    flat = rays.reshape(3, -1)
    met = view.meet(flat)
    found = view.look(met, flat)
    n = rays.shape[1] // (rows.stop - rows.start)
    cut = (rays.shape[1] // n, n, rays.shape[2] // n, n)
    seen.colour[rows] = by_pixel(found.colour.reshape(*cut, 3)) / n**2
    seen.floor_share[rows] = by_pixel(found.shaded.reshape(cut)) / n**2
    seen.clear[rows] = by_pixel(found.clear.reshape(cut)) / n**2
    seen.glare[rows] = by_pixel(found.glare.reshape(*cut, 3)) / n**2
    return (met.distance * (forward @ flat)).reshape(rays.shape[1:])


@dataclass(slots=True, eq=False)
class _Seen:
    colour: Floats  # (n, 3)
    shaded: Floats  # (n,) how much of an animal's shadow shows there
    clear: Floats  # (n,)
    glare: Floats  # (n, 3)


@dataclass(slots=True, eq=False)
class _Met:
    """What rays meet first: `distance` (n,) along them, and one mask a kind of thing."""

    distance: Floats
    floor: Bools
    wall: Bools
    wall_axis: NDArray[np.intp]
    outside: Bools
    outside_axis: NDArray[np.intp]
    rim: Bools
    room: Bools
    through_wall: Bools
    through_floor: Bools
    obstacle: NDArray[np.intp]
    normal: Floats


class _Look:
    """Rays from one eye into the arena, from above the floor or from below a glass one."""

    def __init__(self, arena: Arena, floor: Floor, light: Light, eye: Floats) -> None:
        self.arena, self.floor, self.light, self.eye = arena, floor, light, eye
        self.inner = np.array([*(d / 2 for d in arena.floor_mm)], np.float32)
        self.outer = self.inner + np.float32(arena.thickness_mm)
        self.below = bool(eye[2] < 0)
        self.shade = floor_shade(arena, light)

    def to_floor(self, ray: Floats) -> Floats:
        """Distance (n,) along rays (3, n) to the floor plane, `SKY_MM` where they never meet it."""
        towards = ray[2] > 1e-4 if self.below else ray[2] < -1e-4
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(towards, -self.eye[2] / ray[2], np.float32(SKY_MM)).astype(np.float32)

    def look(self, met: _Met, ray: Floats) -> _Seen:
        """How that looks which rays (3, n) meet."""
        point = np.asarray(self.eye[:, None] + met.distance * ray, np.float32)
        colour = self._underside(point) if self.below else self._table(point)
        colour[met.room] = self._room(ray[:, met.room])
        colour[met.floor] = self._floor(point[:, met.floor])
        colour[met.wall] = self._wall(point[:, met.wall], met.wall_axis[met.wall], ray[:, met.wall])
        colour[met.outside] = self._wall(
            point[:, met.outside], met.outside_axis[met.outside], -ray[:, met.outside]
        )
        colour[met.rim] = self._rim(point[:, met.rim])
        for i, obstacle in enumerate(self.arena.obstacles):
            rows = met.obstacle == i
            colour[rows] = self._obstacle(obstacle, point[:, rows], met.normal[:, rows])
        shadow = 0.12 if self.arena.floor == "glass" else 1.0
        clear = np.where(met.through_wall, np.float32(1 - WALL_VEIL), np.float32(1))
        glare = (1 - clear)[:, None] * np.array(VEIL_COLOUR, np.float32)
        through = np.flatnonzero(met.through_floor)
        if len(through):
            at = self.eye[:, None] + self.to_floor(ray[:, through]) * ray[:, through]
            clear[through], glare[through] = self._glass(at)
        return _Seen(colour, met.floor * np.float32(shadow), clear, glare.astype(np.float32))

    def meet(self, ray: Floats) -> _Met:
        """What rays (3, n) of unit length meet first."""
        with np.errstate(divide="ignore", invalid="ignore"):
            met = self._meet_from_below(ray) if self.below else self._meet_from_above(ray)
        for i, obstacle in enumerate(self.arena.obstacles):
            distance, normal = obstacle.meet(self.eye.astype(np.float64), ray)
            nearer = distance < met.distance - 1e-3
            met.distance = np.where(nearer, distance, met.distance)
            met.obstacle[nearer] = i
            met.normal[:, nearer] = normal[:, nearer]
        free = met.obstacle < 0
        for mask in (met.floor, met.wall, met.outside, met.rim, met.room):
            mask &= free
        return met

    def _meet_from_above(self, ray: Floats) -> _Met:
        to_floor = self.to_floor(ray)
        top = (self.arena.wall_mm - self.eye[2]) / ray[2]
        leave_inner, inner_axis = self._leave(ray, self.inner)
        enter_outer, outer_axis = self._enter(ray, self.outer)
        at_top = self.eye[:2, None] + top * ray[:2]
        through_top = (top > 0) & (ray[2] < 0)
        mouth = through_top & (np.abs(at_top) < self.inner[:, None]).all(0)
        rim = through_top & ~mouth & (np.abs(at_top) < self.outer[:, None]).all(0)
        side_z = self.eye[2] + enter_outer * ray[2]
        side = ~mouth & ~rim & np.isfinite(enter_outer) & (enter_outer > 0)
        side &= (side_z > 0) & (side_z < self.arena.wall_mm)
        into = mouth | side if self.arena.walls == "clear" else mouth
        hits_floor = into & (to_floor < leave_inner)
        hits_wall = into & ~hits_floor
        if self.arena.walls == "clear":  # over the far wall's top, a ray through the near wall leaves the box
            hits_wall &= self.eye[2] + leave_inner * ray[2] < self.arena.wall_mm
        outside = side & ~into
        distance = np.where(hits_wall, leave_inner, to_floor)
        distance = np.where(rim, top, np.where(outside, enter_outer, distance)).astype(np.float32)
        return _Met(
            distance=distance,
            floor=hits_floor,
            wall=hits_wall,
            wall_axis=inner_axis,
            outside=outside,
            outside_axis=outer_axis,
            rim=rim,
            room=distance >= SKY_MM,
            through_wall=side & into,
            through_floor=np.zeros(len(distance), np.bool_),
            obstacle=np.full(len(distance), -1, np.intp),
            normal=np.zeros_like(ray),
        )

    def _meet_from_below(self, ray: Floats) -> _Met:
        to_floor = self.to_floor(ray)
        at = self.eye[:2, None] + to_floor * ray[:2]
        glass = (to_floor < SKY_MM) & (np.abs(at) < self.inner[:, None]).all(0)
        leave_inner, inner_axis = self._leave(ray, self.inner)
        wall = glass & (self.eye[2] + leave_inner * ray[2] < self.arena.wall_mm)
        distance = np.where(glass, np.where(wall, leave_inner, np.float32(SKY_MM)), to_floor)
        none = np.zeros(len(to_floor), np.bool_)
        return _Met(
            distance=distance.astype(np.float32),
            floor=none.copy(),
            wall=wall,
            wall_axis=inner_axis,
            outside=none.copy(),
            outside_axis=inner_axis,
            rim=none.copy(),
            room=glass & ~wall,
            through_wall=none,
            through_floor=glass,
            obstacle=np.full(len(distance), -1, np.intp),
            normal=np.zeros_like(ray),
        )

    def _leave(self, ray: Floats, half: Floats) -> tuple[Floats, NDArray[np.intp]]:
        """Distance to where rays leave the box sideways, and through which axis."""
        far = (np.sign(ray[:2]) * half[:, None] - self.eye[:2, None]) / ray[:2]
        return far.min(0), far.argmin(0)

    def _enter(self, ray: Floats, half: Floats) -> tuple[Floats, NDArray[np.intp]]:
        near = (-np.sign(ray[:2]) * half[:, None] - self.eye[:2, None]) / ray[:2]
        far, _ = self._leave(ray, half)
        enter = near.max(0)
        return np.where(enter < far, enter, np.inf).astype(np.float32), near.argmax(0)

    def _floor(self, point: Floats) -> Floats:
        x, y = point[0], point[1]
        light = self.light.falls_on(point, (0, 0, 1))
        if self.arena.floor == "glass":  # a dark room below, and a little of the lit one above
            flake, colour = self._flakes(x, y)
            below = 0.35 * np.array(self.arena.table_colour, np.float32) + 0.03
            return np.asarray((below + flake[:, None] * (colour - below)) * light, np.float32)
        gap = np.stack([self.inner[0] - np.abs(x), self.inner[1] - np.abs(y)])
        shade = (1 - 0.30 * np.exp(-gap[0] / 16)) * (1 - 0.30 * np.exp(-gap[1] / 16))
        shade *= (1 - 0.10 * np.exp(-gap[0] / 70)) * (1 - 0.10 * np.exp(-gap[1] / 70))
        if self.arena.obstacles:
            shade = shade * self._sample_shade(x, y)
        return np.asarray(self.floor.at(x, y) * light * shade[:, None], np.float32)

    def _sample_shade(self, x: Floats, y: Floats) -> Floats:
        rows = ((y + self.inner[1]) / SHADE_CELL_MM - 0.5).astype(np.float32)[None]
        columns = ((x + self.inner[0]) / SHADE_CELL_MM - 0.5).astype(np.float32)[None]
        # cv2 keeps coordinates in 16 bits only along one axis of the map: cut it into pieces
        pieces = [
            cv2.remap(self.shade, c, r, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
            for c, r in _pieces(columns, rows)
        ]
        return np.concatenate(pieces, axis=1)[0] if pieces else np.ones(0, np.float32)

    def _flakes(self, x: Floats, y: Floats) -> tuple[Floats, Floats]:
        """How opaque (n,) the litter on a glass floor is, and its colour (n, 3)."""
        base = np.array(self.arena.floor_colour, np.float32)
        off = self.floor.at(x, y) - base
        opaque = np.clip((np.abs(off).max(1) - 0.10) / 0.18, 0, 1).astype(np.float32)
        colour = np.clip(base + off / np.maximum(opaque, 0.3)[:, None], 0.01, 1).astype(np.float32)
        colour[(off < 0).all(1)] = (
            0.05  # a dark flake is as dark at its rim, where the opaque floor shines through
        )
        return opaque, colour

    def _glass(self, point: Floats) -> tuple[Floats, Floats]:
        """Share (n,) that a glass floor lets pass upwards, and the light (n, 3) that it adds from below."""
        flake, colour = self._flakes(point[0], point[1])
        tone = self.floor.at(point[0], point[1]) / np.array(self.arena.floor_colour, np.float32)
        smear = GLASS_VEIL * np.clip(1 + 8 * (tone.mean(1) - 1), 0.3, 3)
        clear = (1 - smear) * (1 - flake)
        glare = smear[:, None] * np.array(VEIL_COLOUR, np.float32) + flake[:, None] * 0.3 * colour
        return clear.astype(np.float32), glare.astype(np.float32)

    def _wall(self, point: Floats, axis: NDArray[np.intp], ray: Floats) -> Floats:
        """Walls that face against `ray` along `axis`; darker towards floor and corners."""
        out = np.zeros((point.shape[1], 3), np.float32)
        for a in (0, 1):
            for sign in (-1.0, 1.0):
                rows = (axis == a) & (np.sign(ray[a]) == -sign)
                normal = (sign, 0.0, 0.0) if a == 0 else (0.0, sign, 0.0)
                at = point[:, rows]
                other = np.abs(self.inner[1 - a] - np.abs(at[1 - a]))
                shade = (1 - 0.35 * np.exp(-at[2] / 14)) * (1 - 0.25 * np.exp(-other / 30))
                mirrored = 0.10 * np.exp(-at[2] / 30)
                light = self.light.falls_on(at, normal) * shade[:, None]
                out[rows] = light * np.array(self.arena.wall_colour, np.float32) + mirrored[:, None]
        return out

    def _obstacle(self, obstacle: Obstacle, point: Floats, normal: Floats) -> Floats:
        """A matt thing, darker towards the floor, its upper edge worn bright."""
        light = self.light.falls_on(point, normal)
        shade = 1 - 0.45 * np.exp(-point[2] / 12) * (normal[2] <= 0)
        edge = obstacle.height_mm - point[2]
        rim = np.where(normal[2] > 0.5, -obstacle.footprint.gap_mm(point[:2].T), edge)
        worn = 1 + 0.18 * np.exp(-np.clip(rim, 0, None) / 1.2) * (normal[2] > -0.5)
        return np.asarray(np.array(obstacle.colour, np.float32) * light * (shade * worn)[:, None], np.float32)

    def _rim(self, point: Floats) -> Floats:
        light = self.light.falls_on(point, (0, 0, 1))
        return np.asarray(1.12 * light * np.array(self.arena.wall_colour), np.float32)

    def _table(self, point: Floats) -> Floats:
        reach = np.maximum(np.abs(point[:2]) - self.outer[:, None], 0)
        away = np.sqrt((reach**2).sum(0))
        shade = (1 - 0.55 * np.exp(-away / 25)) / (1 + (away / 900) ** 2)
        light = self.light.falls_on(point, (0, 0, 1))
        return np.asarray(light * np.array(self.arena.table_colour) * shade[:, None], np.float32)

    def _underside(self, point: Floats) -> Floats:
        """The frame that carries a glass floor, from below."""
        reach = np.maximum(np.abs(point[:2]) - self.inner[:, None], 0)
        edge = 0.25 + 0.5 * np.exp(-np.sqrt((reach**2).sum(0)) / 6)
        return np.asarray(edge[:, None] * np.array(self.arena.table_colour, np.float32), np.float32)

    def _room(self, ray: Floats) -> Floats:
        """The ceiling over the arena, with the glow around its lamp."""
        lamp = np.array(self.light.lamp_mm, np.float32) - self.eye
        cosine = (lamp / np.linalg.norm(lamp)) @ ray
        glow = 0.9 * np.exp((cosine - 1) / 0.002) + 0.25 * np.exp((cosine - 1) / 0.03)
        return np.asarray(np.array(ROOM_COLOUR, np.float32) + glow[:, None], np.float32)


def _pieces(columns: Floats, rows: Floats, length: int = 30_000) -> list[tuple[Floats, Floats]]:
    count = columns.shape[1]
    return [(columns[:, i : i + length], rows[:, i : i + length]) for i in range(0, count, length)]


@cache
def floor_shade(arena: Arena, light: Light) -> Floats:
    """Share (row along y, column along x) of light that obstacles leave to the floor, in cells of 2 mm.

    A lamp that is not a point casts soft shadows: cells are tested against places spread over it.
    """
    columns, rows = (max(1, round(length / SHADE_CELL_MM)) for length in arena.floor_mm)
    x = (np.arange(columns) + 0.5) * SHADE_CELL_MM - arena.floor_mm[0] / 2
    y = (np.arange(rows) + 0.5) * SHADE_CELL_MM - arena.floor_mm[1] / 2
    cells = np.stack([*(g.ravel() for g in np.meshgrid(x, y)), np.zeros(rows * columns)])
    shade = np.ones(rows * columns)
    if not arena.obstacles:
        return shade.reshape(rows, columns).astype(np.float32)
    lit = np.zeros(rows * columns)
    for i in range(LAMP_RAYS):  # a sunflower spreads them evenly
        radius, angle = LAMP_RADIUS_MM * np.sqrt((i + 0.5) / LAMP_RAYS), i * np.pi * (3 - np.sqrt(5))
        lamp = np.array(light.lamp_mm) + radius * np.array([np.cos(angle), np.sin(angle), 0])
        way = cells - lamp[:, None]
        length = np.linalg.norm(way, axis=0)
        ray = (way / length).astype(np.float32)
        hidden = [o.meet(lamp, ray)[0] < length - 0.5 for o in arena.obstacles]
        lit += ~np.logical_or.reduce(hidden)
    for obstacle in arena.obstacles:  # and near a thing less of the room's light arrives
        gap = np.maximum(obstacle.footprint.gap_mm(cells[:2].T), 0)
        shade *= 1 - 0.40 * np.exp(-gap / min(14.0, 0.4 * obstacle.height_mm))
    return (shade * (0.45 + 0.55 * lit / LAMP_RAYS)).reshape(rows, columns).astype(np.float32)
