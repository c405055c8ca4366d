"""A map of points as a picture, coloured by group or by a number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from sbea_engine.draw.palette import Rgb, animal_colour

Picture = NDArray[np.uint8]
Floats = NDArray[np.float64]

SIDE_PX = 900
MARGIN_PX = 60
BAR_PX = 90  # room for the bar of colours on the right
PAPER: Rgb = (255, 255, 255)
INK: Rgb = (40, 40, 40)
UNKNOWN: Rgb = (205, 205, 205)
FONT = cv2.FONT_HERSHEY_SIMPLEX
SHIFT = 4
# What the colours span: a few wild values would otherwise leave all others one colour.
LOW_SHARE, HIGH_SHARE = 0.01, 0.99


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """What the ends of a bar of colours stand for."""

    title: str
    unit: str


def scatter_of_groups(position: Floats, group: NDArray[np.int64], title: str) -> Picture:
    """RGB picture of points (point, 2), each in the colour of its group, with each group's number from 1."""
    count = int(group.max()) + 1 if len(group) else 0
    colours = np.array([animal_colour(n) for n in range(count)], np.uint8).reshape(-1, 3)
    picture, places = _sheet(position, title)
    _dots(picture, places, colours[group], _radius(len(places)))
    for n in range(count):
        own = places[group == n]
        middle = own[np.linalg.norm(own - np.median(own, axis=0), axis=1).argmin()]
        _word(picture, str(n + 1), (float(middle[0]) - 8, float(middle[1]) + 8), size=0.9, halo=True)
    return picture


def scatter_of_values(position: Floats, values: Floats, scale: Scale) -> Picture:
    """RGB picture of points (point, 2), coloured by a number; grey where it is NaN, and those lie below.

    The colours end at the first and the last hundredth of the values.
    """
    known = np.isfinite(values)
    low, high = np.quantile(values[known], [LOW_SHARE, HIGH_SHARE]) if known.any() else (0.0, 1.0)
    picture, places = _sheet(position, scale.title)
    radius, grey = _radius(len(places)), np.array(UNKNOWN, np.uint8)
    _dots(picture, places[~known], np.broadcast_to(grey, (int((~known).sum()), 3)), radius)
    share = np.clip((values[known] - low) / (high - low if high > low else 1.0), 0, 1)
    _dots(picture, places[known], _colour_of(share), radius)
    _bar(picture, float(low), float(high), scale.unit)
    return picture


def _colour_of(share: Floats) -> Picture:
    """Viridis, dark for 0 and yellow for 1: (value,) -> RGB (value, 3)."""
    grey = (share * 255).round().astype(np.uint8).reshape(-1, 1)
    if len(grey) == 0:
        return np.empty((0, 3), np.uint8)
    return np.ascontiguousarray(cv2.applyColorMap(grey, cv2.COLORMAP_VIRIDIS)[:, 0, ::-1], np.uint8)


def _sheet(position: Floats, title: str) -> tuple[Picture, Floats]:
    """White paper with a title, and where the points lie on it: both axes at one scale, y upwards."""
    picture = np.full((SIDE_PX, SIDE_PX + BAR_PX, 3), PAPER, np.uint8)
    middle = (position.min(axis=0) + position.max(axis=0)) / 2
    extent = float((position.max(axis=0) - position.min(axis=0)).max())
    zoom = (SIDE_PX - 2 * MARGIN_PX) / extent if extent > 0 else 1.0
    _word(picture, title, (MARGIN_PX / 2, 36))
    return picture, (position - middle) * (zoom, -zoom) + (SIDE_PX / 2, SIDE_PX / 2 + 10)


def _radius(count: int) -> float:
    return float(np.clip(120 / np.sqrt(max(count, 1)), 2.0, 6.0))


def _dots(picture: Picture, places: Floats, colours: Picture, radius: float) -> None:
    for place, colour in zip(places, colours, strict=True):
        at = (round(float(place[0]) * (1 << SHIFT)), round(float(place[1]) * (1 << SHIFT)))
        ink = tuple(int(channel) for channel in colour)
        cv2.circle(picture, at, round(radius * (1 << SHIFT)), ink, cv2.FILLED, cv2.LINE_AA, SHIFT)


def _bar(picture: Picture, low: float, high: float, unit: str) -> None:
    top, bottom, left = MARGIN_PX + 40, SIDE_PX - MARGIN_PX, SIDE_PX - 4
    colours = _colour_of(np.linspace(1, 0, bottom - top))
    picture[top:bottom, left : left + 18] = colours[:, None]
    _word(picture, _short(high), (left, top - 28))
    _word(picture, unit, (left, top - 8), size=0.45)
    _word(picture, _short(low), (left, bottom + 20))


def _short(value: float) -> str:
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"


def _word(
    picture: Picture, text: str, at: Sequence[float], *, size: float = 0.55, halo: bool = False
) -> None:
    place = (round(at[0]), round(at[1]))
    plain = text.encode("ascii", "replace").decode()  # the letters that OpenCV's font has
    if halo:
        cv2.putText(picture, plain, place, FONT, size, PAPER, 6, cv2.LINE_AA)
    cv2.putText(picture, plain, place, FONT, size, INK, 2 if halo else 1, cv2.LINE_AA)
