"""Where the rays of a camera meet an animal: its hard parts exactly, its soft body by stepping along them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sbea_engine.synth.melt import march, rows_of, surface
from sbea_engine.synth.pairs import Pairs, square
from sbea_engine.synth.solid import Floats, Roi, Solid, Spots, around, outlines

__all__ = ["Floats", "Hit", "Roi", "Solid", "Spots", "around", "outlines", "trace"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Hit:
    """Where rays meet one animal: `n` rays of the region do, and `m` of these places need a colour.

    Attributes:
        ray: (n,) flat index into the rays of the region of interest.
        distance_mm: (n,) along the ray.
        spot: (n,) which of the `m` spots gives the ray its colour.
        spots: The places to colour.
    """

    ray: NDArray[np.intp]
    distance_mm: Floats
    spot: NDArray[np.intp]
    spots: Spots


def trace(eye_mm: Floats, rays: Floats, roi: Roi, parts: Sequence[Roi | None], solid: Solid) -> Hit:
    """Trace rays of a camera inside `roi` against one animal.

    Hard parts, some of them thinner than a pixel, are met by every ray. The soft body is met by one ray a
    pixel, and by the others only along its outline.

    Args:
        rays: (3, k, rows, columns) unit directions, `k` a pixel.
        parts: Where each part shows, within `roi`.
    """
    count, area = rays.shape[1], roi.area
    flat, size = rays.reshape(3, -1), count * area
    pixel = np.arange(area).reshape(roi.shape)
    own = [(p, pixel[box.within(roi).cut].ravel()) for p, box in enumerate(parts) if box is not None]
    soft = [(p, pixels) for p, pixels in own if solid.soft[p]]
    body, source, pairs = _meet_soft(eye_mm, flat, roi, soft, solid)
    planes = np.arange(count)[:, None] * area
    hard = Pairs.meeting(
        eye_mm, flat, [(p, (planes + pixels).ravel()) for p, pixels in own if not solid.soft[p]], solid
    )
    entry = hard.middle_mm - hard.half()
    nearest = np.full(size, np.inf, np.float32)
    np.minimum.at(nearest, hard.ray, entry)
    front = np.flatnonzero((entry == nearest.take(hard.ray)) & (entry < body.take(hard.ray)))
    furry = np.flatnonzero(np.isfinite(body) & (body <= nearest))
    coloured = np.zeros(size, np.bool_)
    origin = source.take(furry)
    coloured[origin] = True  # what hard parts hide needs no colour
    places = np.flatnonzero(coloured)
    spot = np.empty(size, np.intp)
    spot[furry] = rows_of(places, size).take(origin)
    spot[hard.ray.take(front)] = len(places) + np.arange(len(front))
    nearest = np.minimum(nearest, body)
    ray = np.flatnonzero(np.isfinite(nearest))
    spots = [
        surface(pairs, solid, places, body[places], size),
        _hard_spots(hard.only(front), entry[front], solid),
    ]
    return Hit(ray=ray, distance_mm=nearest[ray], spot=spot[ray], spots=Spots.joined(spots))


def _meet_soft(
    eye_mm: Floats,
    rays: Floats,
    roi: Roi,
    parts: Sequence[tuple[int, NDArray[np.intp]]],
    solid: Solid,
) -> tuple[Floats, NDArray[np.intp], Pairs]:
    """Meet the soft body with the first ray of each pixel, and along its outline with the others.

    Args:
        rays: (3, size), the first rays of all pixels, then the second ones and so on.
        parts: Soft parts, each with the pixels that it may show in.

    Returns:
        Distance (size,) of each ray to the body, inf where there is none; the ray (size,) whose place on the
        body gives it its colour; and the pairs of rays and parts evaluated.
    """
    area, size = roi.area, rays.shape[1]
    body, source = np.full(size, np.inf, np.float32), np.arange(size)
    pairs = Pairs.meeting(eye_mm, rays, parts, solid)
    body[:area], pairs = march(pairs, solid, area)
    if size == area:
        return body, source, pairs
    inside, outline = _inside_and_outline(np.isfinite(body[:area]).reshape(roi.shape))
    planes = np.arange(1, size // area)[:, None] * area
    inner = np.flatnonzero(inside)
    body[planes + inner], source[planes + inner] = body[inner], inner
    edge = outline.ravel()
    more = [(p, (planes + pixels[edge[pixels]]).ravel()) for p, pixels in parts]
    edging = Pairs.meeting(eye_mm, rays, more, solid)
    met, edging = march(edging, solid, size)
    np.minimum(body, met, out=body)
    return body, source, pairs.with_more(edging)


def _inside_and_outline(met: NDArray[np.bool_]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Pixels (rows, columns) whose rays all meet the body for sure, and those of which only some may.

    Args:
        met: Pixels whose first ray met it.
    """
    padded = np.pad(met, 1)
    near = [padded[1 + i : 1 + i + met.shape[0], 1 + j : 1 + j + met.shape[1]] for i, j in _NEIGHBOURS]
    inside = met & near[4] & near[6] & near[7]  # its other rays lie between these first rays
    return inside, np.logical_or.reduce([met, *near]) & ~inside


_NEIGHBOURS = ((-1, -1), (-1, 0), (-1, 1), (0, -1), (0, 1), (1, -1), (1, 0), (1, 1))


def _hard_spots(pairs: Pairs, distance_mm: Floats, solid: Solid) -> Spots:
    unit = pairs.at(distance_mm)
    outward = np.einsum("mij,jm->im", solid.rotation[pairs.part], unit / solid.radii_mm.T[:, pairs.part])
    return Spots(
        ray=pairs.ray,
        distance_mm=distance_mm,
        normal=outward / np.sqrt(square(outward)),
        part=pairs.part,
        rest_mm=np.zeros_like(unit),
        height=unit[2],
        tint=solid.tint[pairs.part],
        openness=np.ones_like(distance_mm),
    )
