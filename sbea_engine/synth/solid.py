"""What rays are traced against: an animal's ellipsoids, where they show, and the places where rays meet them.

References:
    Hartley and Zisserman, *Multiple View Geometry*, 2nd ed., section 8.3 for the outline of a quadric.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sbea_engine.data.camera import Camera
from sbea_engine.synth.camera import image_boxes

Floats = NDArray[np.float32]
MARGIN_MM = 3.6


@dataclass(frozen=True, slots=True)
class Roi:
    """A rectangle of pixels, half-open."""

    top: int
    bottom: int
    left: int
    right: int

    @property
    def shape(self) -> tuple[int, int]:
        return (self.bottom - self.top, self.right - self.left)

    @property
    def area(self) -> int:
        return self.shape[0] * self.shape[1]

    @property
    def cut(self) -> tuple[slice, slice]:
        """Index of the rectangle into the last two axes of a picture."""
        return slice(self.top, self.bottom), slice(self.left, self.right)

    def within(self, outer: Roi) -> Roi:
        """The same rectangle, counted from the corner of another one that holds it."""
        return Roi(
            self.top - outer.top, self.bottom - outer.top, self.left - outer.left, self.right - outer.left
        )

    def overlaps(self, other: Roi) -> bool:
        """Whether the two share anything."""
        return (
            self.top < other.bottom
            and other.top < self.bottom
            and self.left < other.right
            and other.left < self.right
        )


def around(rois: Sequence[Roi | None]) -> Roi | None:
    """The rectangle that holds all that are there, None for none."""
    there = [r for r in rois if r is not None]
    if not there:
        return None
    return Roi(
        min(r.top for r in there),
        max(r.bottom for r in there),
        min(r.left for r in there),
        max(r.right for r in there),
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Solid:
    """An animal's ellipsoids at one moment, as tracing needs them.

    Attributes:
        centre_mm: (part, 3). rotation: (part, 3, 3) world from part. radii_mm: (part, 3).
        soft, casts: (part,) bool. tint: (part,).
        rest_centre_mm, rest_rotation: The same parts on the resting body.
        grain: Size of the animal against a mouse, by which its parts melt and its hairs are long.
    """

    centre_mm: Floats
    rotation: Floats
    radii_mm: Floats
    soft: NDArray[np.bool_]
    casts: NDArray[np.bool_]
    tint: Floats
    rest_centre_mm: Floats
    rest_rotation: Floats
    grain: float = 1.0

    @property
    def growth(self) -> Floats:
        """Factor (part,) by which a soft part is grown to catch the rays that its melted surface may meet."""
        return np.where(self.soft, 1 + MARGIN_MM * self.grain / self.radii_mm.min(1), 1).astype(np.float32)

    @property
    def to_unit(self) -> Floats:
        """(part, 3, 3) from the world to the space where a part is a unit sphere."""
        return np.ascontiguousarray((self.rotation / self.radii_mm[:, None, :]).transpose(0, 2, 1))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Spots:
    """Places on an animal's surface.

    Attributes:
        ray: (m,) flat index into the rays of the region of interest.
        distance_mm: (m,) along the ray.
        normal: (3, m) outward, unit.
        part: (m,) the hard part met, or -1 on the soft body.
        rest_mm: (3, m) the same point on the resting body (soft body only, else 0).
        height: (m,) on the part that it lies on, -1 below to 1 above.
        tint: (m,) brightness factor of the parts.
        openness: (m,) how free the space above it is, 0 in a crease to 1.
    """

    ray: NDArray[np.intp]
    distance_mm: Floats
    normal: Floats
    part: NDArray[np.intp]
    rest_mm: Floats
    height: Floats
    tint: Floats
    openness: Floats

    @staticmethod
    def joined(groups: Sequence[Spots]) -> Spots:
        """All spots of several groups, one after another."""
        return Spots(
            ray=np.concatenate([g.ray for g in groups]),
            distance_mm=np.concatenate([g.distance_mm for g in groups]),
            normal=np.concatenate([g.normal for g in groups], axis=1),
            part=np.concatenate([g.part for g in groups]),
            rest_mm=np.concatenate([g.rest_mm for g in groups], axis=1),
            height=np.concatenate([g.height for g in groups]),
            tint=np.concatenate([g.tint for g in groups]),
            openness=np.concatenate([g.openness for g in groups]),
        )


def outlines(camera: Camera, solid: Solid) -> list[Roi | None]:
    """The rectangle of pixels that holds each part, None where it is out of view."""
    axes = solid.rotation * (solid.radii_mm * solid.growth[:, None])[:, None, :]
    G = (camera.K @ camera.R) @ axes.astype(np.float64)
    m = (solid.centre_mm @ camera.R.T + camera.t) @ camera.K.T
    C = G @ G.transpose(0, 2, 1) - m[:, :, None] * m[:, None, :]
    drawn = (C[:, 2, 2] < 0) & (m[:, 2] > 0)  # neither reaching the camera's own plane nor behind it
    corner = C[:, 2, 2, None] * np.where(drawn, 1, np.nan)[:, None]
    middle = C[:, :2, 2] / corner
    half = np.sqrt(np.maximum(C[:, :2, 2] ** 2 - C[:, (0, 1), (0, 1)] * corner, 0)) / -corner
    with np.errstate(invalid="ignore"):  # the NaN of parts that are not drawn
        low, high, inside = image_boxes(camera, middle - half, middle + half)
        drawn &= inside
        size = np.array([camera.width, camera.height])
        first = np.clip(np.rint(low), 0, size).astype(np.intp)
        last = np.clip(np.rint(high) + 1, 0, size).astype(np.intp)
    drawn &= (first < last).all(1)
    return [
        Roi(top, bottom, left, right) if seen else None
        for seen, (left, top), (right, bottom) in zip(drawn, first.tolist(), last.tolist(), strict=True)
    ]
