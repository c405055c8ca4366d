"""How a spot looks: lamp and sky light, sheen along the hairs, glints; and the soft shadow on the floor."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from sbea_engine.synth.arena import Light
from sbea_engine.synth.body import BodyPlan
from sbea_engine.synth.texture import Coat, FurNoise
from sbea_engine.synth.trace import Floats, Solid, Spots

SHADOW_CELL_MM = 2.0
SHADOW_REACH_MM = 40.0
MOUSE_RADIUS_MM = 14.6
HAIR_GROWTH = 0.7  # hair grows less than the animal does
LEAN = 0.23  # how far hairs tilt the normal
GLOSS = {"eye": (0.9, 60.0), "nose": (0.25, 18.0)}  # strength and sharpness of the glint


def grain_of(plan: BodyPlan) -> float:
    """Size of an animal against a mouse, by its thickest soft part: how its parts melt and shade."""
    return max((max(p.radii_mm[1:]) for p in plan.parts if p.soft), default=MOUSE_RADIUS_MM) / MOUSE_RADIUS_MM


class Shader:
    """Colours spots on one animal."""

    def __init__(self, plan: BodyPlan, coat: Coat, noise: FurNoise, light: Light, bounce: Floats) -> None:
        self.grain = grain_of(plan)
        self.coat, self.noise, self.light = coat, noise, light
        self.fur = np.array(coat.colour("fur"), np.float32)
        self.belly = np.array(coat.colour("belly"), np.float32)
        self.colours = np.array([coat.colour(p.material) for p in plan.parts], np.float32)
        gloss = [GLOSS.get(p.material, (0.03, 12.0)) for p in plan.parts]
        self.gloss = np.array(gloss, np.float32)
        self.bounce = bounce  # colour of the light that the floor throws back

    def colour(self, spots: Spots, view: Floats, heading: NDArray[np.float64], height_mm: Floats) -> Floats:
        """Linear colours (n, 3) of spots.

        Args:
            view: (3, n) unit directions from the camera to the spots.
            heading: (3, 3) world from body of the root, which turns the lean of the hairs with the body.
            height_mm: (n,) of the spots above the floor.
        """
        out = np.empty((len(spots.ray), 3), np.float32)
        body = np.flatnonzero(spots.part < 0)
        hard = np.flatnonzero(spots.part >= 0)
        out[body] = self._coat(spots, body, view, heading, height_mm)
        out[hard] = self._skin(spots, hard, view, height_mm)
        return out

    def _coat(
        self, spots: Spots, rows: NDArray[np.intp], view: Floats, heading: NDArray[np.float64], height: Floats
    ) -> Floats:
        cells = self.noise.cells(spots.rest_mm[:, rows] / np.float32(self.grain**HAIR_GROWTH))
        tone = self.noise.value.ravel()[cells]
        lean = heading.astype(np.float32) @ self.noise.tilt.reshape(3, -1)[:, cells]
        normal = _unit(spots.normal[:, rows] + np.float32(LEAN) * lean)
        under = np.clip((-spots.height[rows] - 0.15 + 0.08 * tone) / 0.55, 0, 1)[:, None]
        albedo = self.fur + under * (self.belly - self.fur)
        for mark in self.coat.marks:
            at = np.array(mark.centre_mm, np.float32)[:, None]
            away = np.sqrt(((spots.rest_mm[:, rows] - at) ** 2).sum(0)) / mark.radius_mm
            cover = np.clip((1.15 - away + 0.06 * tone) / 0.3, 0, 1)[:, None]  # ragged along the hairs
            albedo = albedo + cover * (np.array(mark.colour, np.float32) - albedo)
        albedo = albedo * (spots.tint[rows] * np.clip(1 + self.coat.mottle * tone, 0.25, 2))[:, None]
        open_ = spots.openness[rows] * _above(height[rows], 14 * self.grain, 0.55)
        colour = albedo * self._light(normal, open_)
        towards = self.light.towards.astype(np.float32)
        half = _unit(towards[:, None] - view[:, rows])
        hair = heading[:, 0].astype(np.float32)[:, None] + 0.35 * lean
        hair -= normal * (hair * normal).sum(0)
        hair = _unit(hair)
        across = np.clip(1 - (hair * half).sum(0) ** 2, 0, 1)  # Kajiya and Kay (1989)
        lit = np.clip(towards @ normal, 0, 1) * (0.4 + 0.6 * across**9)
        rim = (1 + (normal * view[:, rows]).sum(0)).clip(0, 1) ** 3
        sheen = np.float32(self.coat.sheen) * (lit + 0.55 * rim * open_) * (1 + 0.35 * tone)
        return np.asarray(colour + sheen[:, None].clip(0, None), np.float32)

    def _skin(self, spots: Spots, rows: NDArray[np.intp], view: Floats, height: Floats) -> Floats:
        part, normal = spots.part[rows], spots.normal[:, rows]
        open_ = _above(height[rows], 8 * self.grain, 0.6)
        colour = self.colours[part] * spots.tint[rows][:, None] * self._light(normal, open_)
        towards = self.light.towards.astype(np.float32)
        half = _unit(towards[:, None] - view[:, rows])
        strength, sharpness = self.gloss[part].T
        glint = strength * np.clip((half * normal).sum(0), 0, 1) ** sharpness
        return np.asarray(colour + glint[:, None], np.float32)

    def _light(self, normal: Floats, open_: Floats) -> Floats:
        """Light (n, 3): a lamp that wraps a little round fur, the sky above, the floor below."""
        towards = self.light.towards.astype(np.float32)
        lamp = np.clip((towards @ normal + 0.2) / 1.2, 0, 1)
        sky = (0.5 + 0.5 * normal[2]) * open_
        ground = (0.5 - 0.5 * normal[2]) * open_
        key, ambient = (np.array(c, np.float32) for c in (self.light.key, self.light.ambient))
        return np.asarray(
            lamp[:, None] * key * (0.35 + 0.65 * open_[:, None]) * 1.25
            + sky[:, None] * ambient * 1.5
            + ground[:, None] * self.bounce,
            np.float32,
        )


class FloorShadow:
    """Light that animals keep from the floor, on a grid in the floor plane around them."""

    def __init__(self, solids: list[Solid], light: Light) -> None:
        centre = np.concatenate([s.centre_mm[s.casts] for s in solids])
        axes = np.concatenate([(s.rotation * s.radii_mm[:, None, :])[s.casts] for s in solids])
        slope = light.towards[:2] / light.towards[2]
        grain = max(s.grain for s in solids)
        self.cell_mm = SHADOW_CELL_MM * grain
        low = centre[:, :2].min(0) - SHADOW_REACH_MM * grain
        high = centre[:, :2].max(0) + SHADOW_REACH_MM * grain
        self.low = low
        shape = np.ceil((high - low) / self.cell_mm).astype(int)
        x = (low[0] + self.cell_mm * np.arange(shape[0])).astype(np.float32)
        y = (low[1] + self.cell_mm * np.arange(shape[1])).astype(np.float32)
        cast = self._cover(centre, axes, slope, x, y, fade_mm=1e3 * grain)
        near = self._cover(centre, axes, np.zeros(2), x, y, fade_mm=13.0 * grain)
        # The lamp's shadow is soft by the lamp's width; what is close to the floor also hides the sky.
        self.pass_ = (1 - 0.58 * _blurred(cast, 4.0)) * (1 - 0.55 * _blurred(near, 3.0))
        self.pass_ *= 1 - 0.25 * _blurred(cast, 14.0)

    @staticmethod
    def _cover(
        centre: Floats, axes: Floats, slope: NDArray[np.float64], x: Floats, y: Floats, *, fade_mm: float
    ) -> Floats:
        """Largest share (x, y) by which any ellipsoid, pushed onto the floor along the light, covers it."""
        cover = np.zeros((len(x), len(y)), np.float32)
        lean = slope.astype(np.float32)
        flat = axes[:, :2] - lean[:, None] * axes[:, 2:]
        at = centre[:, :2] - lean * centre[:, 2:]
        shape = flat @ flat.transpose(0, 2, 1) + np.float32(0.4) * np.eye(2, dtype=np.float32)
        inverse = np.linalg.inv(shape)
        half = np.sqrt(shape[:, (0, 1), (0, 1)]) * np.float32(1.25)
        lowest = np.maximum(centre[:, 2] - np.linalg.norm(axes[:, 2], axis=-1), 0)
        strength = np.exp(-lowest / np.float32(fade_mm))
        for p in range(len(centre)):
            rows = slice(*np.searchsorted(x, (at[p, 0] - half[p, 0], at[p, 0] + half[p, 0])))
            columns = slice(*np.searchsorted(y, (at[p, 1] - half[p, 1], at[p, 1] + half[p, 1])))
            dx, dy = (x[rows] - at[p, 0])[:, None], (y[columns] - at[p, 1])[None]
            a, b, c = inverse[p, 0, 0], inverse[p, 0, 1], inverse[p, 1, 1]
            inside = np.clip((1.25 - np.sqrt(a * dx * dx + 2 * b * dx * dy + c * dy * dy)) / 0.5, 0, 1)
            cell = cover[rows, columns]
            np.maximum(cell, inside * strength[p], out=cell)
        return cover

    def light_at(self, floor_mm: Floats) -> Floats:
        """Share (rows, columns) of light that reaches floor positions (2, rows, columns)."""
        cells = (floor_mm - self.low[:, None, None].astype(np.float32)) / np.float32(self.cell_mm)
        lit = cv2.remap(
            self.pass_, cells[1], cells[0], cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=1.0
        )
        return np.asarray(lit, np.float32)


def _above(height_mm: Floats, full_mm: float, least: float) -> Floats:
    """Share (n,) of the sky's light that reaches a place, from `least` on the floor to 1 at `full_mm`."""
    return np.asarray(least + (1 - least) * np.clip(height_mm / full_mm, 0, 1), np.float32)


def _unit(vectors: Floats) -> Floats:
    length = np.sqrt(np.einsum("in,in->n", vectors, vectors))
    return np.asarray(vectors / np.maximum(length, 1e-6), np.float32)


def _blurred(cover: Floats, spread_mm: float) -> Floats:
    return np.asarray(cv2.GaussianBlur(cover, (0, 0), spread_mm / SHADOW_CELL_MM), np.float32)
