"""The still world: an open-field box on a table under lamps, and what a camera sees of it without animals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from sbea_engine.data.camera import Camera
from sbea_engine.synth.camera import camera_rays
from sbea_engine.synth.obstacle import Footprint, Obstacle
from sbea_engine.synth.texture import Colour, Floor

Floats = NDArray[np.float32]
SMOOTHING_RAYS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Light:
    """One lamp from afar, and light from everywhere. `lamp_mm` is where the lamp hangs over the arena."""

    lamp_mm: tuple[float, float, float] = (-260.0, 210.0, 1000.0)
    key: Colour = (0.74, 0.72, 0.68)
    ambient: Colour = (0.40, 0.42, 0.45)

    @property
    def towards(self) -> NDArray[np.float64]:
        """Unit vector from the arena's centre to the lamp."""
        lamp = np.array(self.lamp_mm)
        return np.asarray(lamp / np.linalg.norm(lamp))

    def falls_on(self, points_mm: Floats, normal: tuple[float, float, float]) -> Floats:
        """Light (n, 3) on a flat place at points (3, n); 1 is about what the centre of the floor gets."""
        ray = np.array(self.lamp_mm, np.float32)[:, None] - points_mm
        distance = np.sqrt((ray * ray).sum(0))
        cosine = np.clip(np.tensordot(np.array(normal, np.float32), ray, 1) / distance, 0, None)
        near = (np.linalg.norm(self.lamp_mm) / distance) ** 2
        lit = np.array(self.key, np.float32) * (cosine * near)[:, None]
        return np.asarray(lit + np.array(self.ambient, np.float32), np.float32)


@dataclass(frozen=True, slots=True, kw_only=True)
class Arena:
    """A box open at the top, its floor centred on the world's origin at z = 0.

    Attributes:
        floor_mm: Inner length (x) and width (y).
        wall_mm: Height of the walls.
        walls: "opaque", or "clear" for walls that a camera looks through from outside.
        litter: How many flakes of bedding and droppings lie on the floor.
        obstacles: What stands on the floor and hides what is behind it.
    """

    floor_mm: tuple[float, float]
    wall_mm: float
    walls: Literal["opaque", "clear"]
    floor_colour: Colour
    wall_colour: Colour
    table_colour: Colour
    litter: int
    thickness_mm: float = 5.0
    obstacles: tuple[Obstacle, ...] = ()

    @property
    def footprints(self) -> tuple[Footprint, ...]:
        """Ground that obstacles take up and that animals keep off."""
        return tuple(o.footprint for o in self.obstacles)

    def corners_mm(self, height: float) -> NDArray[np.float64]:
        """The four inner corners at a height, (4, 3)."""
        x, y = self.floor_mm[0] / 2, self.floor_mm[1] / 2
        return np.array([(sx * x, sy * y, height) for sx in (-1, 1) for sy in (-1, 1)])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Backdrop:
    """A camera's view of the empty arena.

    Attributes:
        colour: float32 (height, width, 3), linear.
        depth_mm: float32 (height, width) along the camera's z axis, of what hides an animal behind it.
        floor_mm: float32 (2, height, width) x and y where the pixel's ray meets the floor plane.
        floor_share: float32 (height, width), share of the pixel that is arena floor.
        veil: float32 (height, width), opacity of clear walls in front of the arena.
        veil_colour: The light that they throw back.
    """

    colour: Floats
    depth_mm: Floats
    floor_mm: Floats
    floor_share: Floats
    veil: Floats
    veil_colour: Floats


def by_pixel(rays: Floats, join: np.ufunc = np.add) -> Floats:
    """Join the rays of each pixel: (rows, n, columns, n, ...) to (rows, columns, ...)."""
    n = rays.shape[1]
    joined = rays[:, 0, :, 0].copy()
    for i, j in list(np.ndindex(n, n))[1:]:  # many times faster than a reduction over two short axes
        join(joined, rays[:, i, :, j], out=joined)
    return joined


def see_arena(camera: Camera, arena: Arena, floor: Floor, light: Light) -> Backdrop:
    """Look at the empty arena once; frames only add animals to it."""
    shape = (camera.height, camera.width)
    n = SMOOTHING_RAYS
    view = _Look(arena, floor, light, camera.position_mm.astype(np.float32))
    colour = np.empty((*shape, 3), np.float32)
    share = np.empty(shape, np.float32)
    veil = np.empty(shape, np.float32)
    rays = camera_rays(camera, n)
    for top in range(0, shape[0], 64):  # in bands, to bound memory
        band = rays[:, top * n : (top + 64) * n]
        seen = view.along(band.reshape(3, -1))
        cut = (band.shape[1] // n, n, shape[1], n)
        colour[top : top + 64] = by_pixel(seen.colour.reshape(*cut, 3)) / n**2
        share[top : top + 64] = by_pixel(seen.on_floor.reshape(cut).astype(np.float32)) / n**2
        veil[top : top + 64] = by_pixel(seen.veil.reshape(cut)) / n**2
    centre = camera_rays(camera, 1).reshape(3, -1)
    seen = view.along(centre)
    forward = camera.R[2].astype(np.float32) @ centre
    floor_at = view.eye[:2, None] + seen.to_floor * centre[:2]
    return Backdrop(
        colour=colour,
        depth_mm=(seen.distance * forward).reshape(shape).astype(np.float32),
        floor_mm=floor_at.reshape(2, *shape).astype(np.float32),
        floor_share=share,
        veil=veil,
        veil_colour=np.array((0.5, 0.52, 0.54), np.float32),
    )


@dataclass(slots=True, eq=False)
class _Seen:
    colour: Floats  # (n, 3)
    distance: Floats  # (n,) along the ray to what is solid
    to_floor: Floats  # (n,) along the ray to the floor plane
    on_floor: NDArray[np.bool_]
    veil: Floats


class _Look:
    """Rays from one eye into the arena."""

    def __init__(self, arena: Arena, floor: Floor, light: Light, eye: Floats) -> None:
        self.arena, self.floor, self.light, self.eye = arena, floor, light, eye
        self.inner = np.array([*(d / 2 for d in arena.floor_mm)], np.float32)
        self.outer = self.inner + np.float32(arena.thickness_mm)

    def along(self, ray: Floats) -> _Seen:
        """What rays (3, n) of unit length meet first."""
        with np.errstate(divide="ignore", invalid="ignore"):
            to_floor = np.where(ray[2] < -1e-4, -self.eye[2] / ray[2], np.float32(1e6)).astype(np.float32)
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
        point = np.asarray(self.eye[:, None] + distance * ray, np.float32)
        colour = self._table(point)
        self._paint(colour, hits_floor, self._floor(point[:, hits_floor]))
        self._paint(
            colour, hits_wall, self._wall(point[:, hits_wall], inner_axis[hits_wall], ray[:, hits_wall])
        )
        self._paint(colour, outside, self._wall(point[:, outside], outer_axis[outside], -ray[:, outside]))
        self._paint(colour, rim, self._rim(point[:, rim]))
        veil = np.where(side & into, np.float32(0.07), np.float32(0))
        return _Seen(colour, distance, to_floor, hits_floor, veil)

    @staticmethod
    def _paint(colour: Floats, where: NDArray[np.bool_], paint: Floats) -> None:
        colour[where] = paint

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
        gap = np.stack([self.inner[0] - np.abs(x), self.inner[1] - np.abs(y)])
        shade = (1 - 0.30 * np.exp(-gap[0] / 16)) * (1 - 0.30 * np.exp(-gap[1] / 16))
        shade *= (1 - 0.10 * np.exp(-gap[0] / 70)) * (1 - 0.10 * np.exp(-gap[1] / 70))
        light = self.light.falls_on(point, (0, 0, 1))
        return np.asarray(self.floor.at(x, y) * light * shade[:, None], np.float32)

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

    def _rim(self, point: Floats) -> Floats:
        light = self.light.falls_on(point, (0, 0, 1))
        return np.asarray(1.12 * light * np.array(self.arena.wall_colour), np.float32)

    def _table(self, point: Floats) -> Floats:
        reach = np.maximum(np.abs(point[:2]) - self.outer[:, None], 0)
        away = np.sqrt((reach**2).sum(0))
        shade = (1 - 0.55 * np.exp(-away / 25)) / (1 + (away / 900) ** 2)
        light = self.light.falls_on(point, (0, 0, 1))
        return np.asarray(light * np.array(self.arena.table_colour) * shade[:, None], np.float32)
