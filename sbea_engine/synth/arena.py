"""The still world: an open-field box on a table under a lamp, and what stands in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sbea_engine.synth.obstacle import Footprint, Obstacle
from sbea_engine.synth.texture import Colour

Floats = NDArray[np.float32]
LAMP_HEIGHT = 2.2  # of the longer side of the floor, and a metre at least


@dataclass(frozen=True, slots=True, kw_only=True)
class Light:
    """One lamp from afar, and light from everywhere. `lamp_mm` is where the lamp hangs over the arena."""

    lamp_mm: tuple[float, float, float] = (-260.0, 210.0, 1000.0)
    key: Colour = (0.74, 0.72, 0.68)
    ambient: Colour = (0.40, 0.42, 0.45)

    @classmethod
    def over(cls, arena: Arena) -> Light:
        """The lamp over an arena: the larger the floor, the higher it hangs."""
        lamp = np.array(cls().lamp_mm)
        x, y, z = lamp * max(1.0, LAMP_HEIGHT * max(arena.floor_mm) / lamp[2])
        return cls(lamp_mm=(float(x), float(y), float(z)))

    @property
    def towards(self) -> NDArray[np.float64]:
        """Unit vector from the arena's centre to the lamp."""
        lamp = np.array(self.lamp_mm)
        return np.asarray(lamp / np.linalg.norm(lamp))

    def falls_on(self, points_mm: Floats, normal: ArrayLike) -> Floats:
        """Light (n, 3) on places at points (3, n); 1 is about what the centre of the floor gets.

        Args:
            normal: Unit normal, (3,) of all places or (3, n).
        """
        ray = np.array(self.lamp_mm, np.float32)[:, None] - points_mm
        distance = np.sqrt((ray * ray).sum(0))
        facing = np.asarray(normal, np.float32).reshape(3, -1)
        cosine = np.clip((facing * ray).sum(0) / distance, 0, None)
        near = (np.linalg.norm(self.lamp_mm) / distance) ** 2
        lit = np.array(self.key, np.float32) * (cosine * near)[:, None]
        return np.asarray(lit + np.array(self.ambient, np.float32), np.float32)


@dataclass(frozen=True, slots=True, kw_only=True)
class Arena:
    """A box open at the top, its floor centred on the world's origin at z = 0.

    Attributes:
        floor_mm: Inner length (x) and width (y).
        wall_mm: Height of the walls.
        floor: "opaque", or "glass" for one that a camera looks through from below.
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
    floor: Literal["opaque", "glass"] = "opaque"
    thickness_mm: float = 5.0
    obstacles: tuple[Obstacle, ...] = ()

    @property
    def bounce(self) -> Floats:
        """Colour (3,) of the light that comes from below: off the floor, or through a glass one."""
        share = 0.9 if self.floor == "glass" else 0.75
        return np.array((0.5, 0.5, 0.5) if self.floor == "glass" else self.floor_colour, np.float32) * share

    @property
    def footprints(self) -> tuple[Footprint, ...]:
        """Ground that obstacles take up and that animals keep off."""
        return tuple(o.footprint for o in self.obstacles)

    def border_mm(self, height: float, points: int = 9) -> NDArray[np.float64]:
        """Points (n, 3) along the four inner edges at a height: a lens bends them between the corners."""
        along = np.linspace(-1, 1, points)
        one = np.ones(points)
        edges = np.concatenate(
            [np.stack(e, 1) for e in ((along, one), (along, -one), (one, along), (-one, along))]
        )
        flat = edges * np.array(self.floor_mm) / 2
        return np.concatenate([flat, np.full((len(flat), 1), height)], axis=1)

    def corners_mm(self, height: float) -> NDArray[np.float64]:
        """The four inner corners at a height, (4, 3)."""
        x, y = self.floor_mm[0] / 2, self.floor_mm[1] / 2
        return np.array([(sx * x, sy * y, height) for sx in (-1, 1) for sy in (-1, 1)])
