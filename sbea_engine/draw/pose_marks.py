"""Poses drawn over a picture: edges, dots and trails at their place between pixels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from sbea_engine.data import Skeleton
from sbea_engine.draw.palette import Rgb, animal_colour, keypoint_colours
from sbea_engine.errors import BadInput

Picture = NDArray[np.uint8]
Floats = NDArray[np.floating]

SHIFT = 4  # OpenCV draws at sixteenths of a pixel
ONE = 1 << SHIFT
DOT_SHARE = 0.0045  # of the picture's diagonal: a radius of 3.6 pixels at 640 x 480
MIN_DOT_PX = 2.0
OUTLINE: Rgb = (20, 20, 20)  # so that marks are seen on light and on dark fur
TRAIL_STEPS = 4
FAR_PX = 1e5  # beyond, a point is no place and OpenCV's fixed-point numbers end
MAX_TRAIL_FRAMES = 1000


class BadLook(BadInput):
    """How poses are to be drawn contradicts itself."""

    code = "bad_look"


@dataclass(frozen=True, slots=True, kw_only=True)
class PoseLook:
    """How poses are drawn.

    Attributes:
        min_confidence: Points below are doubtful. A point of unknown confidence is not.
        doubtful: Doubtful points are left out, or drawn as rings; edges join points that are sure.
        trail_frames: Frames before the one shown whose points are joined to a fading line.
        dot_radius_px: In pixels of the picture that is drawn on; by its size where None.
        colours: `#rrggbb` for each individual; those of the palette where it has fewer.
    """

    min_confidence: float = 0.5
    doubtful: Literal["hide", "hollow"] = "hide"
    trail_frames: int = 0
    dot_radius_px: float | None = None
    colours: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not 0 <= self.min_confidence <= 1:
            raise BadLook(f"The lowest confidence lies in 0..1, got {self.min_confidence}.")
        if self.doubtful not in ("hide", "hollow"):
            raise BadLook(f"Doubtful points are drawn 'hide' or 'hollow', got {self.doubtful!r}.")
        if not 0 <= self.trail_frames <= MAX_TRAIL_FRAMES:
            raise BadLook(f"A trail has 0 to {MAX_TRAIL_FRAMES} frames, got {self.trail_frames}.")
        if self.dot_radius_px is not None and not 0.5 <= self.dot_radius_px <= 500:
            raise BadLook(f"The radius of dots is 0.5 to 500 px, got {self.dot_radius_px}.")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Marks:
    """What is drawn of one frame.

    Attributes:
        points_px: (individual, keypoint, 2) in pixels of the picture; pixel (0, 0) is the centre of the
            top-left one.
        sure: (individual, keypoint), points to draw whole.
        doubtful: (individual, keypoint), points that are there and not sure.
    """

    points_px: Floats
    sure: NDArray[np.bool_]
    doubtful: NDArray[np.bool_]

    @classmethod
    def of(cls, points_px: Floats, confidence: Floats, min_confidence: float) -> Marks:
        """Tell sure points from doubtful ones.

        Args:
            points_px: (individual, keypoint, 2), NaN where there is no answer.
            confidence: (individual, keypoint); NaN where it is unknown, which counts as sure.
        """
        with np.errstate(invalid="ignore"):
            there = np.isfinite(points_px).all(-1) & (np.abs(points_px) < FAR_PX).all(-1)
            low = confidence < min_confidence
        return cls(points_px=points_px, sure=there & ~low, doubtful=there & low)


@dataclass(frozen=True, slots=True, kw_only=True)
class PosePen:
    """Draws the poses of one skeleton on pictures of one size.

    Attributes:
        skeleton: Names, edges and sides.
        individuals: How many there are.
        size: Width and height of the pictures, in pixels.
        look: How.
    """

    skeleton: Skeleton
    individuals: int
    size: tuple[int, int]
    look: PoseLook = field(default_factory=PoseLook)

    @property
    def radius_px(self) -> float:
        """Of a dot."""
        if self.look.dot_radius_px is not None:
            return self.look.dot_radius_px
        return max(MIN_DOT_PX, DOT_SHARE * float(np.hypot(*self.size)))

    def draw(self, picture: Picture, marks: Marks, trail: Sequence[Marks] = ()) -> None:
        """Draw on an RGB picture (H, W, 3), in place.

        Args:
            trail: The frames before, oldest first, each following the one before it.
        """
        if trail:
            self._trail(picture, [*trail, marks])
        edges = [(self.skeleton.index(a), self.skeleton.index(b)) for a, b in self.skeleton.edges]
        for individual in range(self.individuals):
            colour = self._colour(individual)
            points, sure = marks.points_px[individual], marks.sure[individual]
            for a, b in edges:
                if sure[a] and sure[b]:
                    self._edge(picture, points[a], points[b], colour)
        for individual in range(self.individuals):
            colours = keypoint_colours(self._colour(individual), self.skeleton)
            for keypoint, colour in enumerate(colours):
                point = marks.points_px[individual, keypoint]
                if marks.sure[individual, keypoint]:
                    self._dot(picture, point, colour)
                elif marks.doubtful[individual, keypoint] and self.look.doubtful == "hollow":
                    self._ring(picture, point, colour)

    def _colour(self, individual: int) -> Rgb:
        own = self.look.colours
        return animal_colour(individual, own[individual] if individual < len(own) else None)

    @property
    def _line_px(self) -> int:
        return max(1, round(0.4 * self.radius_px))

    def _edge(self, picture: Picture, a: Floats, b: Floats, colour: Rgb) -> None:
        for width, ink in ((self._line_px + 2, OUTLINE), (self._line_px, colour)):
            cv2.line(picture, _place(a), _place(b), ink, width, cv2.LINE_AA, SHIFT)

    def _dot(self, picture: Picture, point: Floats, colour: Rgb) -> None:
        for radius, ink in ((self.radius_px + 1, OUTLINE), (self.radius_px, colour)):
            cv2.circle(picture, _place(point), round(radius * ONE), ink, cv2.FILLED, cv2.LINE_AA, SHIFT)

    def _ring(self, picture: Picture, point: Floats, colour: Rgb) -> None:
        radius = round(self.radius_px * ONE)
        for width, ink in ((self._line_px + 2, OUTLINE), (self._line_px, colour)):
            cv2.circle(picture, _place(point), radius, ink, width, cv2.LINE_AA, SHIFT)

    def _trail(self, picture: Picture, frames: Sequence[Marks]) -> None:
        """Oldest first, each step over the one before; blended a step at a time, which is whole pictures."""
        joins = list(pairwise(frames))
        steps = np.array_split(np.arange(len(joins)), min(TRAIL_STEPS, len(joins)))
        for age, part in zip(range(len(steps), 0, -1), steps, strict=True):
            strength = 1 - age / (TRAIL_STEPS + 1)
            layer = picture.copy()
            for join in part:
                self._join(layer, *joins[join])
            cv2.addWeighted(layer, strength, picture, 1 - strength, 0, dst=picture)

    def _join(self, layer: Picture, before: Marks, after: Marks) -> None:
        both = before.sure & after.sure
        for individual in range(self.individuals):
            colours = keypoint_colours(self._colour(individual), self.skeleton)
            for keypoint in np.flatnonzero(both[individual]):
                a, b = before.points_px[individual, keypoint], after.points_px[individual, keypoint]
                cv2.line(layer, _place(a), _place(b), colours[keypoint], self._line_px, cv2.LINE_AA, SHIFT)


def _place(point: Floats) -> tuple[int, int]:
    return round(float(point[0]) * ONE), round(float(point[1]) * ONE)
