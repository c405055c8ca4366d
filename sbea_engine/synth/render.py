"""Frames of one camera: the still backdrop, the animals traced into it, their shadows, blur and noise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from sbea_engine.data.camera import Camera
from sbea_engine.geometry import project
from sbea_engine.synth.arena import Arena, Light
from sbea_engine.synth.backdrop import see_arena
from sbea_engine.synth.behaviour.bouts import Bout
from sbea_engine.synth.body import BodyPlan, place_joints, place_parts
from sbea_engine.synth.camera import by_place, camera_rays
from sbea_engine.synth.exposure import Exposure, Sensor, encode
from sbea_engine.synth.motion import Motion
from sbea_engine.synth.shade import SHADOW_REACH_MM, FloorShadow, Shader, grain_of
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
    region: Roi | None = None
    ray: NDArray[np.intp] = field(default_factory=lambda: np.zeros(0, np.intp))  # into the rays of the region
    depth: Floats = field(default_factory=lambda: np.zeros(0, np.float32))  # of each such ray
    spot: NDArray[np.intp] = field(default_factory=lambda: np.zeros(0, np.intp))  # that colours it
    colour: Floats = field(default_factory=lambda: np.zeros((3, 0), np.float32))  # of each spot


class Renderer:
    """Renders the frames of one camera.

    Rays are kept by their place in the pixel, (n^2, rows, columns), so that work on pixels runs over whole
    pictures. Colours are kept by channel, (3, rows, columns), for the same reason.

    Args:
        rng: Draws the grain of the sensor.
    """

    def __init__(self, scene: Scene, camera: Camera, exposure: Exposure, rng: np.random.Generator) -> None:
        self.scene, self.camera, self.exposure = scene, camera, exposure
        n = exposure.samples
        self.backdrop = see_arena(camera, scene.arena, scene.floor, scene.light, samples=n)
        self._colour, self._glare = (
            np.ascontiguousarray(np.moveaxis(a, -1, 0)) for a in (self.backdrop.colour, self.backdrop.glare)
        )
        self._ray_depth = by_place(self.backdrop.ray_depth_mm, n)
        self._rays = by_place(camera_rays(camera, n), n)
        self._eye = camera.position_mm.astype(np.float32)
        self._forward = camera.R[2].astype(np.float32)
        bounce = scene.arena.bounce
        self._shaders = [Shader(a.plan, a.coat, scene.fur, scene.light, bounce) for a in scene.animals]
        self._bodies = [_resting(a.plan) for a in scene.animals]
        self._still = encode(self.backdrop.veil(self.backdrop.colour, slice(None), slice(None)))
        ticks = max((len(a.motion.surface) for a in scene.animals), default=1)
        self._sensor = Sensor(camera, rng, exposure, ticks)

    def render(self, tick: int, rng: np.random.Generator) -> View:
        """The picture of a tick of the animals' motion; `rng` draws where its noise is cut from."""
        moments = (tick + self.exposure.spread).tolist()
        shots = [[self._shoot(i, m) for i in range(len(self.scene.animals))] for m in moments]
        image = self._still.copy()
        for window, members in _groups(shots):
            linear = self._picture([shots[0][i] for i in members], window)
            for shot in shots[1:]:
                linear += self._picture([shot[i] for i in members], window)
            linear *= self.backdrop.clear[window.cut] / np.float32(len(shots))
            linear += self._glare[:, *window.cut]
            image[window.cut] = cv2.merge(list(encode(linear)))
        return self._view(self._sensor.expose(image, tick, rng), shots[len(shots) // 2])

    def _shoot(self, i: int, moment: float) -> _Shot:
        """Trace one animal at a moment, given in ticks."""
        centre, rotation, radii = _surface_at(self.scene.animals[i].motion, moment)
        solid = replace(self._bodies[i], centre_mm=centre, rotation=rotation, radii_mm=radii)
        boxes = outlines(self.camera, solid)
        region = around(boxes)
        window = self._window(solid, region)
        if region is None:
            return _Shot(solid, window)
        rays = self._rays[:, :, *region.cut].copy()
        hit = trace(self._eye, rays, region, boxes, solid)
        flat = rays.reshape(3, -1)
        view = flat.take(hit.spots.ray, axis=1)
        height = self._eye[2] + hit.spots.distance_mm * view[2]
        heading = self.scene.animals[i].motion.joints.rotation[round(moment), 0]
        colour = self._shaders[i].colour(hit.spots, view, heading, height)
        depth = hit.distance_mm * (self._forward @ flat).take(hit.ray)
        return _Shot(solid, window, region, hit.ray, depth, hit.spot, colour)

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
            edges[0] = np.minimum(edges[0], [region.left, region.top])
            edges[1] = np.maximum(edges[1], [region.right, region.bottom])
        left, right = np.clip(edges[:, 0], 0, whole.right).astype(int).tolist()
        top, bottom = np.clip(edges[:, 1], 0, whole.bottom).astype(int).tolist()
        return Roi(top, bottom, left, right) if top < bottom and left < right else None

    def _picture(self, shots: Sequence[_Shot], window: Roi) -> Floats:
        """Linear light (3, rows, columns) of a window with the animals in it and their shadows."""
        linear = self._colour[:, *window.cut].copy()
        share = self.backdrop.floor_share[window.cut]
        if share.any():
            shadow = FloorShadow([s.solid for s in shots], self.scene.light)
            lit = shadow.light_at(self.backdrop.floor_mm[:, *window.cut])
            linear *= 1 - share + share * lit
        region = around([s.region for s in shots])
        if region is not None:
            colour, cover = self._paint(shots, region)
            part = linear[:, *region.within(window).cut]
            part *= 1 - cover
            part += colour
        return linear

    def _paint(self, shots: Sequence[_Shot], region: Roi) -> tuple[Floats, Floats]:
        """Colour times coverage (3, rows, columns) and coverage (rows, columns), by pixel."""
        nearest = self._ray_depth[:, *region.cut].flatten()  # a copy, even of the whole picture
        spot = np.full(len(nearest), -1, np.intp)
        known = 0
        for shot in shots:
            if shot.region is not None:
                ray = _moved(shot.ray, shot.region, region)
                seen = np.flatnonzero(shot.depth < nearest.take(ray))
                rows = ray.take(seen)
                nearest[rows] = shot.depth.take(seen)
                spot[rows] = shot.spot.take(seen) + known
                known += shot.colour.shape[1]
        shown = np.flatnonzero(spot >= 0)
        colour = np.concatenate([s.colour for s in shots], axis=1).take(spot.take(shown), axis=1)
        pixel, rays = shown % region.area, len(nearest) // region.area
        sums = [np.bincount(pixel, c, minlength=region.area) for c in (None, *colour)]
        mean = np.stack(sums).reshape(4, *region.shape).astype(np.float32) / np.float32(rays)
        return mean[1:], mean[0]

    def _view(self, image: NDArray[np.uint8], shots: Sequence[_Shot]) -> View:
        """A picture with masks, depth and order of the animals in it, by pixel."""
        shape = (len(shots), self.camera.height, self.camera.width)
        depth = self.backdrop.depth_mm.copy()
        visible, amodal = np.zeros(shape, np.bool_), np.zeros(shape, np.bool_)
        order = np.full(len(shots), -1, np.int8)
        near: list[Floats | None] = [None] * len(shots)
        middle = np.full(len(shots), np.inf)
        for i, shot in enumerate(shots):
            if shot.region is None or not len(shot.ray):
                continue
            cut = shot.region.cut
            sampled = np.full((len(self._ray_depth), *shot.region.shape), np.inf, np.float32)
            sampled.reshape(-1)[shot.ray] = shot.depth
            amodal[i][cut] = np.isfinite(sampled).sum(0) >= len(sampled) / 2
            mine = np.where(amodal[i][cut], sampled.min(0), np.float32(np.inf))
            whole = np.full(depth.shape, np.inf, np.float32)
            whole[cut] = mine
            near[i] = whole
            closer = mine < depth[cut]
            depth[cut] = np.where(closer, mine, depth[cut])
            visible[:i, *cut] &= ~closer
            visible[i][cut] = closer
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
    """Flat indices into the rays of one region as flat indices into those of another that holds it."""
    if source == target:
        return ray
    line, column = np.divmod(ray, source.shape[1])
    place, row = np.divmod(line, source.shape[0])
    line = place * target.shape[0] + row + (source.top - target.top)
    return line * target.shape[1] + column + (source.left - target.left)


def _resting(plan: BodyPlan) -> Solid:
    """The body at rest, to be posed."""
    joints = place_joints(plan, np.zeros((1, len(plan.joints), 3)), np.zeros((1, 3)))
    surface = place_parts(plan, joints, np.zeros(1))
    centre, rotation = surface.centre_mm[0].astype(np.float32), surface.rotation[0].astype(np.float32)
    return Solid(
        centre_mm=centre,
        rotation=rotation,
        radii_mm=surface.radii_mm[0].astype(np.float32),
        soft=np.array([p.soft for p in plan.parts]),
        casts=np.array([p.casts for p in plan.parts]),
        tint=np.array([p.tint for p in plan.parts], np.float32),
        rest_centre_mm=centre,
        rest_rotation=rotation,
        grain=grain_of(plan),
    )
