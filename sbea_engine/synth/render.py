"""Frames of one camera: the still backdrop, the animals traced into it, their shadows, blur and noise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sbea_engine.data.camera import Camera
from sbea_engine.geometry import project
from sbea_engine.synth.arena import Arena, Light
from sbea_engine.synth.backdrop import by_pixel, see_arena
from sbea_engine.synth.behaviour.bouts import Bout
from sbea_engine.synth.body import BodyPlan, place_joints, place_parts
from sbea_engine.synth.camera import camera_rays
from sbea_engine.synth.exposure import Exposure, Sensor, encode
from sbea_engine.synth.motion import Motion
from sbea_engine.synth.shade import SHADOW_REACH_MM, FloorShadow, Shader
from sbea_engine.synth.texture import Coat, Floor, FurNoise
from sbea_engine.synth.trace import Floats, Roi, Solid, around, outlines, trace


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Animal:
    """One individual of a scene: its body, its coat and all that it does."""

    name: str
    plan: BodyPlan
    coat: Coat
    motion: Motion


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Scene:
    """Everything that can be seen; the same for all cameras."""

    arena: Arena
    light: Light
    floor: Floor
    fur: FurNoise
    animals: tuple[Animal, ...]
    bouts: tuple[Bout, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class View:
    """One frame of one camera, with its exact truth.

    Attributes:
        image: uint8 (height, width, 3) RGB.
        depth_mm: float32 (height, width) along the camera's z axis, of what is seen first.
        visible: bool (individual, height, width); the masks of one frame are disjoint.
        amodal: bool (individual, height, width), as if nothing stood in front.
        order: int8 (individual,), 0 for the nearest; -1 out of view. Of two that overlap in the picture the
            one that hides more of the other comes first (unless several hide one another in a ring).
    """

    image: NDArray[np.uint8]
    depth_mm: Floats
    visible: NDArray[np.bool_]
    amodal: NDArray[np.bool_]
    order: NDArray[np.int8]


@dataclass(slots=True, eq=False)
class _Shot:
    """One animal at one moment: what its rays meet within a region (None out of view), and where it shows."""

    solid: Solid
    window: Roi | None  # pixels that it or its shadow can change
    region: Roi | None  # of the ray grid
    ray: NDArray[np.intp]
    depth: Floats
    colour: Floats


class Renderer:
    """Renders the frames of one camera.

    Args:
        rng: Draws the grain of the sensor.
    """

    def __init__(self, scene: Scene, camera: Camera, exposure: Exposure, rng: np.random.Generator) -> None:
        self.scene, self.camera, self.exposure, self.samples = scene, camera, exposure, exposure.samples
        self.backdrop = see_arena(camera, scene.arena, scene.floor, scene.light, samples=exposure.samples)
        self._rays = camera_rays(camera, exposure.samples)
        self._eye = camera.position_mm.astype(np.float32)
        self._forward = camera.R[2].astype(np.float32)
        bounce = scene.arena.bounce
        self._shaders = [Shader(a.plan, a.coat, scene.fur, scene.light, bounce) for a in scene.animals]
        self._rest = [_rest(a.plan) for a in scene.animals]
        self._still = encode(self.backdrop.veil(self.backdrop.colour, slice(None), slice(None)))
        ticks = max((len(a.motion.surface) for a in scene.animals), default=1)
        self._sensor = Sensor(camera, rng, exposure, ticks)

    def render(self, tick: int, rng: np.random.Generator) -> View:
        """The picture of a tick of the animals' motion; `rng` draws where its noise is cut from."""
        moments = (tick + self.exposure.spread).tolist()
        shots = [[self._shoot(i, m) for i in range(len(self.scene.animals))] for m in moments]
        image = self._still.copy()
        for window, members in _groups(shots):
            rows, columns = slice(window.top, window.bottom), slice(window.left, window.right)
            linear = np.zeros((*window.shape, 3), np.float32)
            for shot in shots:
                linear += self._picture([shot[i] for i in members], window) / np.float32(len(shots))
            image[rows, columns] = encode(self.backdrop.veil(linear, rows, columns))
        return self._view(self._sensor.expose(image, tick, rng), shots[len(shots) // 2])

    def _shoot(self, i: int, moment: float) -> _Shot:
        """Trace one animal at a moment, given in ticks."""
        solid = self._solid(i, moment)
        boxes = outlines(self.camera, solid, samples=self.samples)
        region = around(boxes)
        nothing = np.zeros(0, np.float32)
        if region is None:
            window = self._window(solid, None)
            return _Shot(solid, window, None, np.zeros(0, np.intp), nothing, nothing.reshape(0, 3))
        region = region.aligned(self.samples)
        grid = self._rays[:, region.top : region.bottom, region.left : region.right]
        hit = trace(self._eye, self._rays, region, boxes, solid, samples=self.samples)
        flat = grid.reshape(3, -1)
        view = flat[:, hit.spots.ray]
        height = self._eye[2] + hit.spots.distance_mm * view[2]
        heading = self.scene.animals[i].motion.joints.rotation[round(moment), 0]
        colour = self._shaders[i].colour(hit.spots, view, heading, height)
        depth = hit.distance_mm * (self._forward @ flat[:, hit.ray])
        return _Shot(solid, self._window(solid, region), region, hit.ray, depth, colour[hit.spot])

    def _solid(self, i: int, moment: float) -> Solid:
        animal, (rest_centre, rest_rotation) = self.scene.animals[i], self._rest[i]
        centre, rotation, radii = _surface_at(animal.motion, moment)
        return Solid(
            centre_mm=centre,
            rotation=rotation,
            radii_mm=radii,
            soft=np.array([p.soft for p in animal.plan.parts]),
            casts=np.array([p.casts for p in animal.plan.parts]),
            tint=np.array([p.tint for p in animal.plan.parts], np.float32),
            rest_centre_mm=rest_centre,
            rest_rotation=rest_rotation,
            grain=self._shaders[i].grain,
        )

    def _window(self, solid: Solid, region: Roi | None) -> Roi | None:
        """The pixels that an animal or its shadow can change."""
        whole = Roi(0, self.camera.height, 0, self.camera.width)
        low = solid.centre_mm.min(0) - SHADOW_REACH_MM * solid.grain
        high = solid.centre_mm.max(0) + SHADOW_REACH_MM * solid.grain
        # A lens bends the sides of the shadow's rectangle between its corners.
        x, y = (np.linspace(low[a], high[a], 5) for a in (0, 1))
        px, depth = project(self.camera, np.stack([*(g.ravel() for g in np.meshgrid(x, y)), np.zeros(25)], 1))
        if (depth <= 0).any() or np.isnan(px).any():
            return whole
        edges = np.stack([px.min(0), px.max(0) + 1])
        if region is not None:
            edges[0] = np.minimum(edges[0], [region.left / self.samples, region.top / self.samples])
            edges[1] = np.maximum(edges[1], [region.right / self.samples, region.bottom / self.samples])
        left, right = np.clip(edges[:, 0], 0, whole.right).astype(int).tolist()
        top, bottom = np.clip(edges[:, 1], 0, whole.bottom).astype(int).tolist()
        return Roi(top, bottom, left, right) if top < bottom and left < right else None

    def _picture(self, shots: Sequence[_Shot], window: Roi) -> Floats:
        """Linear light (rows, columns, 3) of a window with the animals in it and their shadows."""
        rows, columns = slice(window.top, window.bottom), slice(window.left, window.right)
        linear = self.backdrop.colour[rows, columns].copy()
        share = self.backdrop.floor_share[rows, columns]
        if share.any():
            shadow = FloorShadow([s.solid for s in shots], self.scene.light)
            lit = shadow.light_at(self.backdrop.floor_mm[:, rows, columns])
            linear *= (1 - share + share * lit)[..., None]
        region = around([s.region for s in shots])
        if region is not None:
            colour, cover = self._paint(shots, region)
            n = self.samples
            part = (
                slice(region.top // n - window.top, region.bottom // n - window.top),
                slice(region.left // n - window.left, region.right // n - window.left),
            )
            linear[part] = linear[part] * (1 - cover[..., None]) + colour
        return linear

    def _paint(self, shots: Sequence[_Shot], region: Roi) -> tuple[Floats, Floats]:
        """Colour times coverage (rows, columns, 3) and coverage (rows, columns), by pixel."""
        nearest = self.backdrop.ray_depth_mm[region.top : region.bottom, region.left : region.right].ravel()
        colour = np.zeros((len(nearest), 3), np.float32)
        cover = np.zeros(len(nearest), np.float32)
        for shot in shots:
            if shot.region is None:
                continue
            ray = _moved(shot.ray, shot.region, region)
            seen = shot.depth < nearest[ray]
            rows = ray[seen]
            nearest[rows] = shot.depth[seen]
            colour[rows] = shot.colour[seen]
            cover[rows] = 1
        cut = _cut(region, self.samples)
        pixel = 1 / self.samples**2
        return pixel * by_pixel(colour.reshape(*cut, 3)), pixel * by_pixel(cover.reshape(cut))

    def _view(self, image: NDArray[np.uint8], shots: Sequence[_Shot]) -> View:
        """A picture with masks, depth and order of the animals in it, by pixel."""
        shape = (len(shots), self.camera.height, self.camera.width)
        depth = self.backdrop.depth_mm.copy()
        visible, amodal = np.zeros(shape, np.bool_), np.zeros(shape, np.bool_)
        order = np.full(len(shots), -1, np.int8)
        n, half = self.samples, self.samples**2 / 2
        near: list[Floats | None] = [None] * len(shots)
        middle = np.full(len(shots), np.inf)
        for i, shot in enumerate(shots):
            if shot.region is None or not len(shot.ray):
                continue
            region = shot.region
            rows = slice(region.top // n, region.bottom // n)
            columns = slice(region.left // n, region.right // n)
            sampled = np.full(region.shape, np.inf, np.float32)
            sampled.reshape(-1)[shot.ray] = shot.depth
            cut = _cut(region, n)
            hits = by_pixel(np.isfinite(sampled).astype(np.float32).reshape(cut))
            amodal[i, rows, columns] = hits >= half
            mine = np.where(hits >= half, by_pixel(sampled.reshape(cut), np.minimum), np.inf)
            whole = np.full(self.backdrop.depth_mm.shape, np.inf, np.float32)
            whole[rows, columns] = mine
            near[i] = whole
            closer = mine < depth[rows, columns]
            depth[rows, columns] = np.where(closer, mine, depth[rows, columns])
            visible[:i, rows, columns] &= ~closer
            visible[i, rows, columns] = closer
            middle[i] = np.median(shot.depth)
        for place, i in enumerate(by_hiding(near, middle)):
            order[i] = place
        return View(image=image, depth_mm=depth, visible=visible, amodal=amodal, order=order)


def by_hiding(near: Sequence[Floats | None], middle_mm: NDArray[np.float64]) -> list[int]:
    """Animals in the picture from front to back.

    Next comes always the one of which those left hide the least, net of what it hides of them (none at all,
    unless they hide one another in a ring), and of several such the one whose middle is nearest.

    Args:
        near: Depth (height, width) of each animal's surface, infinite beside it; None out of view.
        middle_mm: (individual,) median depth.
    """
    left = [i for i, depth in enumerate(near) if depth is not None]
    hidden = np.zeros((len(near), len(near)), np.intp)  # pixels of the first that the second hides
    for i in left:
        for j in left:
            mine, other = near[i], near[j]
            if i != j and mine is not None and other is not None:
                hidden[i, j] = np.count_nonzero(np.isfinite(mine) & (other < mine))
    found = []
    while left:
        net = [sum(max(0, hidden[i, j] - hidden[j, i]) for j in left) for i in left]
        found.append(min(zip(net, middle_mm[left], left, strict=True))[2])
        left.remove(found[-1])
    return found


def _groups(shots: Sequence[Sequence[_Shot]]) -> list[tuple[Roi, list[int]]]:
    """Animals whose windows overlap at any of the moments, and the window of each such group."""
    groups: list[tuple[Roi, list[int]]] = []
    for i in range(len(shots[0])):
        window = around([s[i].window for s in shots])
        if window is None:
            continue
        members = [i]
        while near := [g for g in groups if g[0].overlaps(window)]:  # a window that grew may meet another
            groups = [g for g in groups if g not in near]
            window = around([window, *(g[0] for g in near)]) or window
            members += [m for g in near for m in g[1]]
        groups.append((window, sorted(members)))
    return groups


def _surface_at(motion: Motion, moment: float) -> tuple[Floats, Floats, Floats]:
    """Centres (part, 3), rotations (part, 3, 3) and radii (part, 3) at a moment between two ticks."""
    surface = motion.surface
    moment = min(max(moment, 0.0), len(surface) - 1.0)
    before, share = int(moment), moment - int(moment)
    centre, rotation, radii = (
        (1 - share) * a[before] + share * a[before + 1] if share else a[before]
        for a in (surface.centre_mm, surface.rotation, surface.radii_mm)
    )
    if share:  # turns between two ticks are small: the mean, made a rotation again
        x = rotation[..., 0] / np.linalg.norm(rotation[..., 0], axis=-1, keepdims=True)
        y = rotation[..., 1] - x * (x * rotation[..., 1]).sum(-1, keepdims=True)
        y /= np.linalg.norm(y, axis=-1, keepdims=True)
        rotation = np.stack([x, y, np.cross(x, y)], axis=-1)
    return centre.astype(np.float32), rotation.astype(np.float32), radii.astype(np.float32)


def _moved(ray: NDArray[np.intp], source: Roi, target: Roi) -> NDArray[np.intp]:
    """Flat indices into one region as flat indices into another that holds it."""
    row, column = np.divmod(ray, source.shape[1])
    return (row + (source.top - target.top)) * target.shape[1] + column + (source.left - target.left)


def _cut(region: Roi, samples: int) -> tuple[int, int, int, int]:
    return (region.shape[0] // samples, samples, region.shape[1] // samples, samples)


def _rest(plan: BodyPlan) -> tuple[Floats, Floats]:
    joints = place_joints(plan, np.zeros((1, len(plan.joints), 3)), np.zeros((1, 3)))
    surface = place_parts(plan, joints, np.zeros(1))
    return surface.centre_mm[0].astype(np.float32), surface.rotation[0].astype(np.float32)
