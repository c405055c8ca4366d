"""One keypoint as it is stored, and what may be done to it: pure functions, no database."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypedDict

# A point may lie a little outside the picture: a nose at the border is real, a typing error is not.
BORDER_TOLERANCE_PX = 2.0


class VisibilityName(StrEnum):
    """What a person said about a keypoint; the names of `sbea_engine.data.Visibility`."""

    UNLABELLED = "unlabelled"
    VISIBLE = "visible"
    GUESSED = "guessed"
    ABSENT = "absent"


PLACED = frozenset({VisibilityName.VISIBLE, VisibilityName.GUESSED})


class Origin(StrEnum):
    """How a label came to be. Every origin is a person's decision; predictions are elsewhere."""

    HUMAN = "human"
    IMPORTED = "imported"
    DEMO = "demo"
    ACCEPTED = "accepted"


class Keypoint(TypedDict):
    """The stored form. x and y in source pixels, (0, 0) the centre of the top-left one."""

    x: float | None
    y: float | None
    visibility: str
    origin: str
    sigma_px: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What an operation wants a keypoint to become."""

    x: float | None
    y: float | None
    visibility: VisibilityName

    def keypoint(self, origin: Origin) -> Keypoint:
        return Keypoint(
            x=self.x, y=self.y, visibility=self.visibility.value, origin=origin.value, sigma_px=None
        )

    def is_value_of(self, keypoint: Keypoint) -> bool:
        """Whether the keypoint already is what this change asks for."""
        return (self.x, self.y, self.visibility.value) == (
            keypoint["x"],
            keypoint["y"],
            keypoint["visibility"],
        )

    def fault(self, *, width: int, height: int) -> str | None:
        """Why the change cannot be stored for a frame of this size, or None."""
        if self.visibility not in PLACED:
            if self.x is None and self.y is None:
                return None
            return f"A keypoint that is {self.visibility} has no position; send x and y as null."
        if self.x is None or self.y is None or not (math.isfinite(self.x) and math.isfinite(self.y)):
            return f"A keypoint that is {self.visibility} needs finite x and y."
        low, high_x, high_y = -0.5 - BORDER_TOLERANCE_PX, width - 0.5, height - 0.5
        inside_x = low <= self.x <= high_x + BORDER_TOLERANCE_PX
        inside_y = low <= self.y <= high_y + BORDER_TOLERANCE_PX
        if not (inside_x and inside_y):
            return f"({self.x:g}, {self.y:g}) lies outside the frame of {width} x {height} pixels."
        return None


def blank() -> Keypoint:
    """A keypoint that nobody has looked at."""
    return Keypoint(x=None, y=None, visibility=VisibilityName.UNLABELLED, origin=Origin.HUMAN, sigma_px=None)


def fitted(keypoints: Sequence[Keypoint], length: int) -> list[Keypoint]:
    """The array at the length of the current skeleton.

    A newer skeleton version may append keypoints, or drop ones at the end that nobody placed.
    """
    return [*keypoints[:length], *(blank() for _ in range(length - len(keypoints)))]


def placed_count(keypoints: Sequence[Keypoint]) -> int:
    """How many keypoints have a position."""
    return sum(k["visibility"] in PLACED for k in keypoints)


def decided_count(keypoints: Sequence[Keypoint]) -> int:
    """How many keypoints a person has looked at, those found absent included."""
    return sum(k["visibility"] != VisibilityName.UNLABELLED for k in keypoints)
