"""Animals have the same colours in pictures that the engine draws and in the browser."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sbea_engine.data import Skeleton
from sbea_engine.draw.palette import ANIMAL_COLOURS, TINT, BadColour, animal_colour, keypoint_colours, rgb_of

BROWSER = Path(__file__).parents[3] / "frontend" / "src" / "canvas" / "palette.ts"


def test_the_browser_has_the_same() -> None:
    text = BROWSER.read_text(encoding="utf-8")
    assert tuple(re.findall(r'"(#[0-9a-f]{6})"', text)) == ANIMAL_COLOURS
    assert f"* {TINT})" in text


def test_places_beyond_the_palette_begin_again() -> None:
    assert animal_colour(len(ANIMAL_COLOURS)) == animal_colour(0) == (0xE6, 0x9F, 0x00)
    assert animal_colour(0, "#010203") == (1, 2, 3)


def test_left_is_lighter_and_right_darker() -> None:
    skeleton = Skeleton(keypoints=("nose", "ear l", "ear r"), symmetric=(("ear l", "ear r"),))
    nose, left, right = keypoint_colours((100, 100, 100), skeleton)
    assert nose == (100, 100, 100)
    assert left == (165, 165, 165)
    assert right == (58, 58, 58)


@pytest.mark.parametrize("text", ["red", "#12345", "#1234567", "#12345g", ""])
def test_what_is_no_colour(text: str) -> None:
    with pytest.raises(BadColour, match="#rrggbb"):
        rgb_of(text)
