"""The tables of a recipe that say where and how it is filmed: arena, cameras, exposure, timing."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from sbea_engine.data.camera import Camera
from sbea_engine.errors import BadInput
from sbea_engine.synth.arena import Arena
from sbea_engine.synth.camera import look_at
from sbea_engine.synth.exposure import Exposure
from sbea_engine.synth.obstacle import Circle, Obstacle, Rectangle

MAX_CAMERAS = 12

Channel = Annotated[float, Field(ge=0, le=1)]
RGB = tuple[Channel, Channel, Channel]
Coefficient = Annotated[float, Field(ge=-2, le=2)]
Lens = tuple[Coefficient, Coefficient, Coefficient, Coefficient, Coefficient]
Millimetres = Annotated[float, Field(gt=0, le=10_000)]


class BadRecipe(BadInput):
    """A recipe cannot be used; the message names the file and the key."""

    code = "bad_recipe"


class Table(BaseModel):
    """A table of a recipe: its keys are known, and its values stay."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class BoxRecipe(Table):
    """A box that stands on the floor, its length along x before it is turned counter-clockwise."""

    kind: Literal["box"]
    at_mm: tuple[float, float]
    size_mm: tuple[Millimetres, Millimetres]
    height_mm: Millimetres
    turn_deg: float = Field(default=0.0, ge=-360, le=360)
    colour: RGB = (0.30, 0.23, 0.15)

    def obstacle(self) -> Obstacle:
        """The thing that the table describes."""
        half = (self.size_mm[0] / 2, self.size_mm[1] / 2)
        ground = Rectangle(centre_mm=self.at_mm, half_mm=half, turn_rad=float(np.deg2rad(self.turn_deg)))
        return Obstacle(footprint=ground, height_mm=self.height_mm, colour=self.colour)


class CylinderRecipe(Table):
    """An upright cylinder on the floor."""

    kind: Literal["cylinder"]
    at_mm: tuple[float, float]
    radius_mm: Millimetres
    height_mm: Millimetres
    colour: RGB = (0.16, 0.22, 0.30)

    def obstacle(self) -> Obstacle:
        """The thing that the table describes."""
        ground = Circle(centre_mm=self.at_mm, radius_mm=self.radius_mm)
        return Obstacle(footprint=ground, height_mm=self.height_mm, colour=self.colour)


ObstacleRecipe = Annotated[BoxRecipe | CylinderRecipe, Field(discriminator="kind")]


class ArenaRecipe(Table):
    """The box; see `Arena`. Colours are linear RGB."""

    floor_mm: tuple[Millimetres, Millimetres]
    wall_mm: Millimetres
    walls: Literal["opaque", "clear"] = "clear"
    floor: Literal["opaque", "glass"] = "opaque"
    litter: int = Field(default=100, ge=0, le=5000)
    floor_colour: RGB = (0.56, 0.55, 0.52)
    wall_colour: RGB = (0.42, 0.43, 0.44)
    table_colour: RGB = (0.10, 0.10, 0.11)
    obstacles: tuple[ObstacleRecipe, ...] = Field(default=(), max_length=24)

    @field_validator("floor_mm")
    @classmethod
    def _room_to_turn(cls, floor_mm: tuple[float, float]) -> tuple[float, float]:
        if not all(150 <= length <= 3000 for length in floor_mm):
            raise ValueError("each side must be 150 to 3000 mm, so that an animal can turn")
        return floor_mm

    @model_validator(mode="after")
    def _obstacles_inside(self) -> ArenaRecipe:
        half = np.array(self.floor_mm) / 2
        for asked in self.obstacles:
            ground = asked.obstacle().footprint
            if (np.abs(ground.centre_mm) + ground.extent_mm > half + 1e-6).any():
                raise ValueError(f"the obstacle at {asked.at_mm} mm does not stand wholly on the floor")
        return self

    def arena(self) -> Arena:
        """The arena that the table describes."""
        return Arena(
            **self.model_dump(exclude={"obstacles"}), obstacles=tuple(o.obstacle() for o in self.obstacles)
        )


class CameraRecipe(Table):
    """Where cameras stand, and their lenses.

    `places` names the place of each camera in turn, the last one that of all further cameras: on the ceiling,
    on a ring around the box, or below a glass floor. `lenses` are distortions (k1, k2, p1, p2, k3) that the
    cameras take in turn.
    """

    width: int = Field(ge=32, le=4096, multiple_of=2)
    height: int = Field(ge=32, le=4096, multiple_of=2)
    ceiling_mm: Millimetres
    tilt_deg: float = Field(default=13.0, ge=-60, le=60)
    ring_mm: Millimetres
    ring_height_mm: Millimetres
    below_mm: Millimetres = 600.0
    places: tuple[Literal["ceiling", "ring", "below"], ...] = Field(default=("ceiling", "ring"), min_length=1)
    lenses: tuple[Lens, ...] = Field(default=((0.0, 0.0, 0.0, 0.0, 0.0),), min_length=1)
    fill: float = Field(default=0.97, gt=0.05, le=1.5)

    def cameras(self, count: int, arena: Arena) -> tuple[Camera, ...]:
        """`count` cameras that all see the whole floor.

        One of several in a place is numbered, and those of the ring always: "ceiling", "ring-1", "ring-2" ...

        Raises:
            BadRecipe: Too few or too many are asked for, or one below a floor that is not glass.
            BadCamera: A lens is too strong for the view.
        """
        if not 1 <= count <= MAX_CAMERAS:
            raise BadRecipe(f"A rig has 1 to {MAX_CAMERAS} cameras, got {count}.")
        places = [self.places[min(i, len(self.places) - 1)] for i in range(count)]
        if "below" in places and arena.floor != "glass":
            raise BadRecipe('cameras.places: "below" needs arena.floor = "glass" to look through.')
        show = np.concatenate([arena.border_mm(0), arena.border_mm(0.4 * arena.wall_mm)])
        rig = []
        for i, place in enumerate(places):
            turn, of = places[:i].count(place), places.count(place)
            rig.append(
                look_at(
                    name=place if of == 1 and place != "ring" else f"{place}-{turn + 1}",
                    eye_mm=self._eye_mm(place, turn, of),
                    show_mm=show,
                    width=self.width,
                    height=self.height,
                    fill=self.fill,
                    distortion=self.lenses[i % len(self.lenses)],
                )
            )
        return tuple(rig)

    def _eye_mm(self, place: str, turn: int, of: int) -> NDArray[np.float64]:
        """Position of the `turn`-th of `of` cameras in a place, which share its circle evenly."""
        if place == "ring":
            azimuth = 2 * np.pi * (turn + 0.5) / of - np.pi / 2
            return np.array(
                [self.ring_mm * np.cos(azimuth), self.ring_mm * np.sin(azimuth), self.ring_height_mm]
            )
        azimuth, tilt = 2 * np.pi * turn / of - np.pi / 2, np.deg2rad(self.tilt_deg)
        out, up = np.sin(tilt), np.cos(tilt) if place == "ceiling" else -np.cos(tilt)
        away = self.ceiling_mm if place == "ceiling" else self.below_mm
        return np.asarray(away * np.array([out * np.cos(azimuth), out * np.sin(azimuth), up]))


class RenderRecipe(Table):
    """How to record: rays a pixel along each axis, sensor noise in grey levels, motion blur, exposure drift.

    `shutter` is the share of the time between ticks that the shutter is open; a blurred picture is the mean
    of `moments`. `exposure_drift` is the spread of the exposure, as a share of the light.
    """

    samples: int = Field(default=2, ge=1, le=4)
    noise: float = Field(default=1.7, ge=0, le=40)
    shutter: float = Field(default=0.0, ge=0, le=1)
    moments: Literal[3, 5, 7, 9] = 3
    exposure_drift: float = Field(default=0.0, ge=0, le=0.5)

    def exposure(self, gain: NDArray[np.float64] | None = None) -> Exposure:
        """What the table says, with the drift drawn as `gain` (tick,)."""
        return Exposure(
            samples=self.samples, noise=self.noise, shutter=self.shutter, moments=self.moments, gain=gain
        )


class SyncRecipe(Table):
    """Cameras that do not run in step: each starts up to so much late, and loses a share of its frames."""

    start_offset_s: float = Field(default=0.0, ge=0, le=3600)
    drop_share: float = Field(default=0.0, ge=0, le=0.5)
