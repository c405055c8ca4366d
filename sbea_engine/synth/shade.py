"""How a spot looks: lamp and sky light, sheen along the hairs, glints; and the soft shadow on the floor."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from sbea_engine.synth.arena import Light
from sbea_engine.synth.body import BodyPlan
from sbea_engine.synth.pairs import dot, square
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
        self.coat, self.noise = coat, noise
        self.fur, self.belly = _column(coat.colour("fur")), _column(coat.colour("belly"))
        self.colours = np.array([coat.colour(p.material) for p in plan.parts], np.float32).T
        self.gloss = np.array([GLOSS.get(p.material, (0.03, 12.0)) for p in plan.parts], np.float32).T
        self.towards = light.towards.astype(np.float32)
        self.key, self.sky = 1.25 * _column(light.key), 1.5 * _column(light.ambient)
        self.bounce = _column(bounce)  # colour of the light that the floor throws back

    def colour(self, spots: Spots, view: Floats, heading: NDArray[np.float64], height_mm: Floats) -> Floats:
        """Linear colours (3, n) of spots.

        Args:
            view: (3, n) unit directions from the camera to the spots.
            heading: (3, 3) world from body of the root, which turns the lean of the hairs with the body.
            height_mm: (n,) of the spots above the floor.
        """
        out = np.empty((3, len(spots.ray)), np.float32)
        body = np.flatnonzero(spots.part < 0)
        hard = np.flatnonzero(spots.part >= 0)
        out[:, body] = self._coat(spots, body, view, heading.astype(np.float32), height_mm)
        out[:, hard] = self._skin(spots, hard, view, height_mm)
        return out

    def _coat(
        self, spots: Spots, rows: NDArray[np.intp], view: Floats, heading: Floats, height: Floats
    ) -> Floats:
        view, rest = view.take(rows, axis=1), spots.rest_mm.take(rows, axis=1)
        cells = self.noise.cells(rest / np.float32(self.grain**HAIR_GROWTH))
        tone = self.noise.value.take(cells)
        lean = heading @ self.noise.tilt.reshape(3, -1).take(cells, axis=1)
        normal = _unit(spots.normal.take(rows, axis=1) + np.float32(LEAN) * lean)
        under = np.clip((-spots.height[rows] - 0.15 + 0.08 * tone) / 0.55, 0, 1)
        albedo = self.fur + under * (self.belly - self.fur)
        for mark in self.coat.marks:
            at = np.array(mark.centre_mm, np.float32)[:, None]
            away = np.sqrt(square(rest - at)) / np.float32(mark.radius_mm)
            cover = np.clip((1.15 - away + 0.06 * tone) / 0.3, 0, 1)  # ragged along the hairs
            albedo += cover * (_column(mark.colour) - albedo)
        albedo *= spots.tint[rows] * np.clip(1 + self.coat.mottle * tone, 0.25, 2)
        open_ = spots.openness[rows] * _above(height[rows], 14 * self.grain, 0.55)
        half = _unit(self.towards[:, None] - view)
        hair = heading[:, :1] + np.float32(0.35) * lean
        hair = _unit(hair - normal * dot(hair, normal))
        across = np.clip(1 - dot(hair, half) ** 2, 0, 1)  # Kajiya and Kay (1989)
        across3 = across * across * across
        lit = np.clip(self.towards @ normal, 0, 1) * (0.4 + 0.6 * (across3 * across3 * across3))
        away = np.clip(1 + dot(normal, view), 0, 1)
        rim = away * away * away
        sheen = np.float32(self.coat.sheen) * (lit + 0.55 * rim * open_) * (1 + 0.35 * tone)
        return np.asarray(albedo * self._light(normal, open_) + np.maximum(sheen, 0), np.float32)

    def _skin(self, spots: Spots, rows: NDArray[np.intp], view: Floats, height: Floats) -> Floats:
        part, normal = spots.part.take(rows), spots.normal.take(rows, axis=1)
        open_ = _above(height[rows], 8 * self.grain, 0.6)
        colour = self.colours.take(part, axis=1) * spots.tint[rows] * self._light(normal, open_)
        half = _unit(self.towards[:, None] - view.take(rows, axis=1))
        strength, sharpness = self.gloss.take(part, axis=1)
        return np.asarray(colour + strength * np.clip(dot(half, normal), 0, 1) ** sharpness, np.float32)

    def _light(self, normal: Floats, open_: Floats) -> Floats:
        """Light (3, n): a lamp that wraps a little round fur, the sky above, the floor below."""
        lamp = np.clip((self.towards @ normal + 0.2) / 1.2, 0, 1) * (0.35 + 0.65 * open_)
        up = 0.5 * normal[2]
        return np.asarray(
            lamp * self.key + ((0.5 + up) * open_) * self.sky + ((0.5 - up) * open_) * self.bounce, np.float32
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
        # The cells of each ellipsoid's rectangle, one ellipsoid after another, in flat arrays.
        low, high = at - half, at + half
        top, left = np.searchsorted(x, low[:, 0]), np.searchsorted(y, low[:, 1])
        tall, wide = np.searchsorted(x, high[:, 0]) - top, np.searchsorted(y, high[:, 1]) - left
        count = tall * wide
        p = np.repeat(np.arange(len(count)), count)
        row, column = np.divmod(np.arange(len(p)) - np.repeat(np.cumsum(count) - count, count), wide.take(p))
        row, column = row + top.take(p), column + left.take(p)
        dx, dy = x.take(row) - at[:, 0].take(p), y.take(column) - at[:, 1].take(p)
        a, b, c = (inverse[:, i, j].take(p) for i, j in ((0, 0), (0, 1), (1, 1)))
        inside = np.clip((1.25 - np.sqrt(a * dx * dx + 2 * b * dx * dy + c * dy * dy)) / 0.5, 0, 1)
        np.maximum.at(cover.reshape(-1), row * len(y) + column, inside * strength.take(p))
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


def _column(colour: ArrayLike) -> Floats:
    return np.array(colour, np.float32)[:, None]


def _unit(vectors: Floats) -> Floats:
    return np.asarray(vectors / np.maximum(np.sqrt(square(vectors)), 1e-6), np.float32)


def _blurred(cover: Floats, spread_mm: float) -> Floats:
    return np.asarray(cv2.GaussianBlur(cover, (0, 0), spread_mm / SHADOW_CELL_MM), np.float32)
