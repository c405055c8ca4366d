"""Things that stand in the arena and hide what is behind them: boxes and cylinders on the floor."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sbea_engine.errors import BadInput
from sbea_engine.synth.texture import Colour

Floats = NDArray[np.float32]


class BadObstacle(BadInput):
    """A thing in the arena has no extent."""

    code = "bad_obstacle"


@dataclass(frozen=True, slots=True, kw_only=True)
class Circle:
    """Ground that a cylinder takes up."""

    centre_mm: tuple[float, float]
    radius_mm: float

    def __post_init__(self) -> None:
        if not self.radius_mm > 0:
            raise BadObstacle(f"A circle needs a radius above 0 mm, got {self.radius_mm}.")

    @property
    def reach_mm(self) -> float:
        """Radius of the circle around it."""
        return self.radius_mm

    @property
    def extent_mm(self) -> tuple[float, float]:
        """How far it reaches from its centre along the world's x and y."""
        return (self.radius_mm, self.radius_mm)

    def gap_mm(self, points_mm: ArrayLike) -> NDArray[np.float64]:
        """Distance of floor points (..., 2) to its edge; negative inside."""
        away = np.asarray(points_mm, np.float64) - self.centre_mm
        return np.asarray(np.hypot(away[..., 0], away[..., 1]) - self.radius_mm)

    def crossing(self, eye_mm: NDArray[np.float64], ray: Floats) -> tuple[Floats, Floats, Floats]:
        """Where rays (3, n) enter and leave the upright pillar on it, and the level normal (2, n) at entry.

        A ray that misses enters at infinity.
        """
        off = (eye_mm[:2] - self.centre_mm).astype(np.float32)
        length2 = np.maximum((ray[:2] ** 2).sum(0), 1e-12)
        middle = -(off @ ray[:2]) / length2
        nearest2 = ((off[:, None] + middle * ray[:2]) ** 2).sum(0)
        half = np.sqrt(np.maximum(self.radius_mm**2 - nearest2, 0) / length2)
        met = nearest2 < self.radius_mm**2
        enter = np.where(met, middle - half, np.inf).astype(np.float32)
        leave = np.where(met, middle + half, -np.inf).astype(np.float32)
        at = off[:, None] + np.where(met, enter, 0) * ray[:2]
        return enter, leave, np.asarray(at / np.float32(self.radius_mm), np.float32)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rectangle:
    """Ground that a box takes up: `half_mm` along its own x and y, turned counter-clockwise by `turn_rad`."""

    centre_mm: tuple[float, float]
    half_mm: tuple[float, float]
    turn_rad: float = 0.0

    def __post_init__(self) -> None:
        if not min(self.half_mm) > 0:
            raise BadObstacle(f"A rectangle needs sides above 0 mm, got half sides of {self.half_mm}.")

    @property
    def reach_mm(self) -> float:
        """Radius of the circle around it."""
        return float(np.hypot(*self.half_mm))

    @property
    def extent_mm(self) -> tuple[float, float]:
        """How far it reaches from its centre along the world's x and y."""
        x, y = np.abs(self.axes.T) @ self.half_mm
        return (float(x), float(y))

    @property
    def axes(self) -> NDArray[np.float64]:
        """(2, 2): its own x and y axis in the world, a row each."""
        c, s = np.cos(self.turn_rad), np.sin(self.turn_rad)
        return np.array([[c, s], [-s, c]])

    def gap_mm(self, points_mm: ArrayLike) -> NDArray[np.float64]:
        """Distance of floor points (..., 2) to its edge; negative inside."""
        away = np.abs((np.asarray(points_mm, np.float64) - self.centre_mm) @ self.axes.T) - self.half_mm
        outside = np.hypot(*np.moveaxis(np.maximum(away, 0), -1, 0))
        return np.asarray(outside + np.minimum(away.max(-1), 0))

    def crossing(self, eye_mm: NDArray[np.float64], ray: Floats) -> tuple[Floats, Floats, Floats]:
        """As `Circle.crossing`."""
        axes = self.axes.astype(np.float32)
        start = axes @ (eye_mm[:2] - self.centre_mm).astype(np.float32)
        step = axes @ ray[:2]
        step = np.where(np.abs(step) < 1e-9, np.float32(1e-9), step)
        half = np.array(self.half_mm, np.float32)[:, None]
        near = (-np.sign(step) * half - start[:, None]) / step
        far = (np.sign(step) * half - start[:, None]) / step
        enter, leave = near.max(0), far.min(0)
        met = enter < leave
        side = near.argmax(0)
        sign = -np.sign(np.take_along_axis(step, side[None], 0)[0])
        normal = axes[side].T * sign
        return (
            np.where(met, enter, np.inf).astype(np.float32),
            np.where(met, leave, -np.inf).astype(np.float32),
            np.asarray(normal, np.float32),
        )


Footprint = Circle | Rectangle


@dataclass(frozen=True, slots=True, kw_only=True)
class Obstacle:
    """A solid thing that stands on `footprint` and is `height_mm` high."""

    footprint: Footprint
    height_mm: float
    colour: Colour

    def __post_init__(self) -> None:
        if not self.height_mm > 0:
            raise BadObstacle(f"An obstacle needs a height above 0 mm, got {self.height_mm}.")

    def meet(self, eye_mm: NDArray[np.float64], ray: Floats) -> tuple[Floats, Floats]:
        """Where rays (3, n) from an eye outside meet it: distance (n,), inf for none, and normal (3, n)."""
        enter, leave, level = self.footprint.crossing(eye_mm, ray)
        climb = np.where(np.abs(ray[2]) < 1e-9, np.float32(1e-9), ray[2])
        ground, roof = -eye_mm[2] / climb, (self.height_mm - eye_mm[2]) / climb
        low, high = np.minimum(ground, roof), np.maximum(ground, roof)
        distance = np.maximum(enter, low)
        met = (distance < np.minimum(leave, high)) & (distance > 0)
        cap = low > enter
        normal = np.concatenate([np.where(cap, 0, level), np.where(cap, -np.sign(climb), 0)[None]])
        return np.where(met, distance, np.inf).astype(np.float32), normal.astype(np.float32)
