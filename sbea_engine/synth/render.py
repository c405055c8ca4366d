"""Frames of one camera: the still backdrop, the animals traced into it, their shadows, and sensor noise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sbea_engine.data.camera import Camera
from sbea_engine.geometry import project
from sbea_engine.synth.arena import Arena, Backdrop, Light, by_pixel, see_arena
from sbea_engine.synth.behaviour.bouts import Bout
from sbea_engine.synth.body import BodyPlan, place_joints, place_parts
from sbea_engine.synth.camera import camera_rays
from sbea_engine.synth.motion import Motion
from sbea_engine.synth.shade import SHADOW_REACH_MM, FloorShadow, Shader
from sbea_engine.synth.texture import Coat, Floor, FurNoise
from sbea_engine.synth.trace import Floats, Roi, Solid, outlines, trace

NOISE_SHIFTS = 128


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
        order: int8 (individual,), 0 for the nearest; -1 out of view.
    """

    image: NDArray[np.uint8]
    depth_mm: Floats
    visible: NDArray[np.bool_]
    amodal: NDArray[np.bool_]
    order: NDArray[np.int8]


class Renderer:
    """Renders the frames of one camera.

    Args:
        samples: Rays a pixel along each axis; a pixel belongs to an animal where at least half of its rays
            meet it.
        noise: Standard deviation of the sensor noise, in 8-bit grey levels.
    """

    def __init__(
        self, scene: Scene, camera: Camera, *, samples: int, noise: float, rng: np.random.Generator
    ) -> None:
        self.scene, self.camera, self.samples = scene, camera, samples
        self.backdrop = see_arena(camera, scene.arena, scene.floor, scene.light)
        self._rays = camera_rays(camera, samples)
        self._eye = camera.position_mm.astype(np.float32)
        self._forward = camera.R[2].astype(np.float32)
        bounce = np.array(scene.arena.floor_colour, np.float32) * 0.75
        self._shaders = [Shader(a.plan, a.coat, scene.fur, scene.light, bounce) for a in scene.animals]
        self._rest = [_rest(a.plan) for a in scene.animals]
        self._still = _encode(_veiled(self.backdrop.colour, self.backdrop, slice(None), slice(None)))
        self._noise = _noise_pool(rng, camera, noise)

    def render(self, frame: int, rng: np.random.Generator) -> View:
        """Frame `frame` of the animals' motion; `rng` draws the sensor noise alone."""
        height, width = self.camera.height, self.camera.width
        count = len(self.scene.animals)
        depth = self.backdrop.depth_mm.copy()
        visible = np.zeros((count, height, width), np.bool_)
        amodal = np.zeros((count, height, width), np.bool_)
        order = np.full(count, -1, np.int8)
        image = self._still.copy()
        solids = [self._solid(i, frame) for i in range(count)]
        parts = [outlines(self.camera, s, samples=self.samples) for s in solids]
        region = _around([p for boxes in parts for p in boxes if p is not None], self.samples)
        window = self._shadow_window(solids, region)
        if window is not None:
            traced = self._trace(frame, solids, parts, region) if region is not None else None
            self._compose(image, window, solids, region, traced)
            if region is not None and traced is not None:
                self._record(region, traced, depth, visible, amodal, order)
        return View(
            image=self._expose(image, rng), depth_mm=depth, visible=visible, amodal=amodal, order=order
        )

    def _solid(self, i: int, frame: int) -> Solid:
        animal, (rest_centre, rest_rotation) = self.scene.animals[i], self._rest[i]
        surface = animal.motion.surface
        return Solid(
            centre_mm=surface.centre_mm[frame].astype(np.float32),
            rotation=surface.rotation[frame].astype(np.float32),
            radii_mm=surface.radii_mm[frame].astype(np.float32),
            soft=np.array([p.soft for p in animal.plan.parts]),
            casts=np.array([p.casts for p in animal.plan.parts]),
            tint=np.array([p.tint for p in animal.plan.parts], np.float32),
            rest_centre_mm=rest_centre,
            rest_rotation=rest_rotation,
        )

    def _shadow_window(self, solids: Sequence[Solid], region: Roi | None) -> tuple[slice, slice] | None:
        """The pixels that animals or their shadows can change."""
        if not solids:
            return None
        centre = np.concatenate([s.centre_mm for s in solids])
        low, high = centre.min(0) - SHADOW_REACH_MM, centre.max(0) + SHADOW_REACH_MM
        corners = np.array([(x, y, 0) for x in (low[0], high[0]) for y in (low[1], high[1])])
        px, depth = project(self.camera, corners)
        if (depth <= 0).any():
            return slice(0, self.camera.height), slice(0, self.camera.width)
        edges = np.stack([px.min(0), px.max(0) + 1])
        if region is not None:
            edges[0] = np.minimum(edges[0], [region.left / self.samples, region.top / self.samples])
            edges[1] = np.maximum(edges[1], [region.right / self.samples, region.bottom / self.samples])
        (left, right), (top, bottom) = (
            np.clip(edges[:, a], 0, limit).astype(int)
            for a, limit in ((0, self.camera.width), (1, self.camera.height))
        )
        return (slice(top, bottom), slice(left, right)) if top < bottom and left < right else None

    def _trace(
        self, frame: int, solids: Sequence[Solid], parts: Sequence[list[Roi | None]], region: Roi
    ) -> list[_Traced]:
        return [
            self._trace_animal(i, frame, solid, boxes, region)
            for i, (solid, boxes) in enumerate(zip(solids, parts, strict=True))
        ]

    def _trace_animal(
        self, i: int, frame: int, solid: Solid, boxes: list[Roi | None], region: Roi
    ) -> _Traced:
        hit = trace(self._eye, self._rays, region, boxes, solid, samples=self.samples)
        grid = self._rays[:, region.top : region.bottom, region.left : region.right].reshape(3, -1)
        view = grid[:, hit.spots.ray]
        height = self._eye[2] + hit.spots.distance_mm * view[2]
        heading = self.scene.animals[i].motion.joints.rotation[frame, 0]
        colour = self._shaders[i].colour(hit.spots, view, heading, height)
        depth = hit.distance_mm * (self._forward @ grid[:, hit.ray])
        return _Traced(ray=hit.ray, depth=depth, colour=colour[hit.spot])

    def _compose(
        self,
        image: Floats,
        window: tuple[slice, slice],
        solids: list[Solid],
        region: Roi | None,
        traced: list[_Traced] | None,
    ) -> None:
        """Paint shadows and animals into the window of the encoded image."""
        shadow = FloorShadow(solids, self.scene.light).light_at(
            self.backdrop.floor_mm[(slice(None), *window)]
        )
        share = self.backdrop.floor_share[window]
        linear = self.backdrop.colour[window] * (1 - share + share * shadow)[..., None]
        if region is not None and traced is not None:
            colour, cover = self._paint(region, traced)
            rows = slice(
                region.top // self.samples - window[0].start, region.bottom // self.samples - window[0].start
            )
            cols = slice(
                region.left // self.samples - window[1].start, region.right // self.samples - window[1].start
            )
            linear[rows, cols] = linear[rows, cols] * (1 - cover[..., None]) + colour
        image[window] = _encode(_veiled(linear, self.backdrop, *window))

    def _paint(self, region: Roi, traced: list[_Traced]) -> tuple[Floats, Floats]:
        """Colour times coverage (rows, columns, 3) and coverage (rows, columns), by pixel."""
        limit = self._spread(region)
        nearest = limit.copy()
        colour = np.zeros((len(limit), 3), np.float32)
        cover = np.zeros(len(limit), np.float32)
        for t in traced:
            seen = t.depth < nearest[t.ray]
            rows = t.ray[seen]
            nearest[rows] = t.depth[seen]
            colour[rows] = t.colour[seen]
            cover[rows] = 1
        cut = self._cut(region)
        pixel = 1 / self.samples**2
        return pixel * by_pixel(colour.reshape(*cut, 3)), pixel * by_pixel(cover.reshape(cut))

    def _record(
        self,
        region: Roi,
        traced: list[_Traced],
        depth: Floats,
        visible: NDArray[np.bool_],
        amodal: NDArray[np.bool_],
        order: NDArray[np.int8],
    ) -> None:
        """Write masks, depth and order of the animals, by pixel, into the frame's arrays."""
        cut, half = self._cut(region), self.samples**2 / 2
        window = (
            slice(region.top // self.samples, region.bottom // self.samples),
            slice(region.left // self.samples, region.right // self.samples),
        )
        mean_depth = np.full(len(traced), np.inf)
        for i, t in enumerate(traced):
            hits = np.zeros(cut, np.float32)
            hits.reshape(-1)[t.ray] = 1
            amodal[i][window] = by_pixel(hits) >= half
            sampled = np.full(cut, np.inf, np.float32)
            sampled.reshape(-1)[t.ray] = t.depth
            mine = np.where(amodal[i][window], by_pixel(sampled, np.minimum), np.inf)
            closer = mine < depth[window]
            depth[window] = np.where(closer, mine, depth[window])
            visible[:i][(slice(None), *window)] &= ~closer
            visible[i][window] = closer
            if len(t.depth):
                mean_depth[i] = np.median(t.depth)
        present = np.isfinite(mean_depth)
        order[np.argsort(mean_depth, kind="stable")[: present.sum()]] = np.arange(present.sum())

    def _spread(self, region: Roi) -> Floats:
        """The backdrop's depth for every ray of the region, flat."""
        n = self.samples
        window = self.backdrop.depth_mm[
            region.top // n : region.bottom // n, region.left // n : region.right // n
        ]
        return np.repeat(np.repeat(window, n, 0), n, 1).ravel()

    def _cut(self, region: Roi) -> tuple[int, int, int, int]:
        n = self.samples
        return (region.shape[0] // n, n, region.shape[1] // n, n)

    def _expose(self, image: Floats, rng: np.random.Generator) -> NDArray[np.uint8]:
        """Add this frame's noise and round to 8 bits."""
        top, left = rng.integers(0, NOISE_SHIFTS, 2)
        image += self._noise[top : top + self.camera.height, left : left + self.camera.width]
        np.clip(image, 0, 255, out=image)
        return image.astype(np.uint8)


@dataclass(slots=True, eq=False)
class _Traced:
    ray: NDArray[np.intp]
    depth: Floats
    colour: Floats


def _rest(plan: BodyPlan) -> tuple[Floats, Floats]:
    joints = place_joints(plan, np.zeros((1, len(plan.joints), 3)), np.zeros((1, 3)))
    surface = place_parts(plan, joints, np.zeros(1))
    return surface.centre_mm[0].astype(np.float32), surface.rotation[0].astype(np.float32)


def _around(boxes: Sequence[Roi], samples: int) -> Roi | None:
    if not boxes:
        return None
    return Roi(
        min(b.top for b in boxes),
        max(b.bottom for b in boxes),
        min(b.left for b in boxes),
        max(b.right for b in boxes),
    ).aligned(samples)


def _veiled(linear: Floats, backdrop: Backdrop, rows: slice, columns: slice) -> Floats:
    veil = backdrop.veil[rows, columns][..., None]
    return linear * (1 - veil) + veil * backdrop.veil_colour


_LEVELS = 16384
_BRIGHTEST = 2.0


def _curve() -> Floats:
    linear = np.linspace(0, _BRIGHTEST, _LEVELS)
    bright = np.where(linear > 0.8, 0.8 + 0.2 * np.tanh((linear - 0.8) / 0.2), linear)
    return np.asarray(255 * bright ** (1 / 2.2) + 0.5, np.float32)


_CURVE = _curve()


def _encode(linear: Floats) -> Floats:
    """Linear light to 8-bit levels (float, with the rounding half added), with a soft shoulder above 0.8."""
    level = (linear * np.float32((_LEVELS - 1) / _BRIGHTEST)).astype(np.int32)
    return np.take(_CURVE, level, mode="clip")


def _noise_pool(rng: np.random.Generator, camera: Camera, spread: float) -> Floats:
    """Noise to cut frames from, larger than a frame: mostly in brightness, a little in colour."""
    shape = (camera.height + NOISE_SHIFTS, camera.width + NOISE_SHIFTS)
    grey = rng.standard_normal((*shape, 1), np.float32)
    colour = rng.standard_normal((*shape, 3), np.float32)
    return np.asarray(spread * (0.9 * grey + 0.44 * colour), np.float32)
