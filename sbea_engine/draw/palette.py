"""The colours of animals, the same as in the browser (`frontend/src/canvas/palette.ts`)."""

from __future__ import annotations

import re

from sbea_engine.data import Skeleton
from sbea_engine.errors import BadInput

Rgb = tuple[int, int, int]

# Okabe and Ito (2008), "Color universal design": told apart with every common colour vision.
ANIMAL_COLOURS = (
    "#e69f00",
    "#56b4e9",
    "#009e73",
    "#cc79a7",
    "#0072b2",
    "#d55e00",
    "#f0e442",
    "#999999",
)
TINT = 0.42
_HEX = re.compile(r"#[0-9a-fA-F]{6}")


class BadColour(BadInput):
    """A colour is not written as #rrggbb."""

    code = "bad_colour"


def rgb_of(colour: str) -> Rgb:
    """Red, green and blue in 0..255 of `#rrggbb`; raises `BadColour` for anything else."""
    if not _HEX.fullmatch(colour):
        raise BadColour(f"Colour {colour[:20]!r} is not written as #rrggbb, such as {ANIMAL_COLOURS[0]}.")
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def animal_colour(slot: int, own: str | None = None) -> Rgb:
    """The colour of the animal in this place: its own where it has one."""
    return rgb_of(own or ANIMAL_COLOURS[slot % len(ANIMAL_COLOURS)])


def keypoint_colours(colour: Rgb, skeleton: Skeleton) -> tuple[Rgb, ...]:
    """A colour for each keypoint: left ones lighter than the animal's, right ones darker."""
    left = {pair[0] for pair in skeleton.symmetric}
    right = {pair[1] for pair in skeleton.symmetric}
    return tuple(
        _mixed(colour, 255) if name in left else _mixed(colour, 0) if name in right else colour
        for name in skeleton.keypoints
    )


def _mixed(colour: Rgb, towards: int) -> Rgb:
    red, green, blue = (round(channel + (towards - channel) * TINT) for channel in colour)
    return red, green, blue
