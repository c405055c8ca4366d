"""Crops round one animal, turned to its body axis: what the fine stage of `two_stage` looks at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from sbea_engine.data import LabelSet
from sbea_engine.nn.card import number, whole_number
from sbea_engine.pose.alignment import Floats, Placement, in_body, place
from sbea_engine.pose.body import Body, make_body
from sbea_engine.pose.frames import Image
from sbea_engine.pose.plan import LEAST_READ, MOST_SIDE_PX, read_lengths

MARGIN = 0.14
"""Room on each side of the labelled keypoints, as a share of the crop's longer side."""

LEAST_PX = 32
"""Least side of a crop, source pixels: a skeleton of one keypoint has no extent."""

MOST_ZOOM = 100
"""What is believed of a card."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CropPlan:
    """How crops are cut.

    Attributes:
        body: The mean pose, pixels of the reduced frame.
        middle_px: (2,) where the middle of a crop lies in the body frame.
        scale: Reduced pixels a source pixel, at most 1. Frames are reduced first, by area, so that no fine
            detail aliases; crops are cut from the reduced frame.
        zoom: Crop pixels a reduced pixel, at least 1.
        width, height: Of a crop, crop pixels; the body axis runs along its width.
    """

    body: Body
    middle_px: Floats
    scale: float
    zoom: float
    width: int
    height: int

    def matrix(
        self,
        placement: Placement,
        pose: int,
        *,
        turn: float = 0.0,
        zoom: float = 1.0,
        shift_px: tuple[float, float] = (0.0, 0.0),
        mirror: bool = False,
    ) -> Floats:
        """crop_from_reduced, 2x3, for one pose of a placement.

        Args:
            turn: Radians by which the crop is turned away from the body axis.
            zoom: Further enlargement.
            shift_px: How far the animal is moved out of the middle, crop pixels.
            mirror: Left and right of the body exchanged.
        """
        angle = -float(placement.angle[pose])
        cos, sin = np.cos(angle), np.sin(angle)
        body = np.array([[cos, -sin], [sin, cos]])
        if mirror:
            body = np.diag([1.0, -1.0]) @ body
        middle = self.middle_px * ((1.0, -1.0) if mirror else (1.0, 1.0))
        cos, sin = np.cos(turn), np.sin(turn)
        linear = self.zoom * zoom * np.array([[cos, -sin], [sin, cos]])
        centre = np.array([(self.width - 1) / 2, (self.height - 1) / 2]) + shift_px
        offset = centre - linear @ (body @ placement.centre_px[pose] + middle)
        return np.column_stack([linear @ body, offset])

    def to_dict(self) -> dict[str, Any]:
        """JSON form; NaN, of keypoints without a place, as None."""
        return {
            "shape_px": [[None, None] if np.isnan(p).any() else p.tolist() for p in self.body.shape_px],
            "spread_px": self.body.spread_px.tolist(),
            "middle_px": self.middle_px.tolist(),
            "scale": self.scale,
            "zoom": self.zoom,
            "width": self.width,
            "height": self.height,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """What `to_dict` wrote; models that were trained before kept no spread: a tenth of the extent.

        Raises:
            KeyError, TypeError, ValueError: It is something else.
        """
        shape = _read_shape(data["shape_px"])
        body = Body(shape, np.zeros(len(shape)))
        spread = data.get("spread_px", [max(body.extent_px, 10) / 10] * len(shape))
        body = body._replace(spread_px=read_lengths(spread, (len(shape),), "spread_px"))
        if not (body.spread_px >= LEAST_READ).all():
            raise ValueError("'spread_px' is not of lengths above 0")
        return cls(
            body=body,
            middle_px=read_lengths(data["middle_px"], (2,), "middle_px"),
            scale=number(data, "scale", LEAST_READ, 1.0),
            zoom=number(data, "zoom", LEAST_READ, MOST_ZOOM),
            width=whole_number(data, "width", 1, MOST_SIDE_PX),
            height=whole_number(data, "height", 1, MOST_SIDE_PX),
        )


def _read_shape(points: Any) -> Floats:
    """(keypoint, 2) from JSON; NaN where it says None."""
    if not isinstance(points, list):
        raise TypeError("'shape_px' is not a list of points")
    known = [row for row, point in enumerate(points) if point != [None, None]]
    if not known:
        raise ValueError("'shape_px' has no keypoint with a place")
    shape = np.full((len(points), 2), np.nan)
    shape[known] = read_lengths([points[row] for row in known], (len(known), 2), "shape_px")
    return shape


def make_crop_plan(labels: LabelSet, *, long_px: int, most_scale: float, multiple: int) -> CropPlan:
    """Choose crops that hold every labelled pose, turned to its axis, with some room round it.

    Args:
        long_px: The longer side of a crop, crop pixels, at most (rounded up to `multiple`).
        most_scale: Crop pixels a source pixel, at most.
        multiple: Of which sides of the network's input must be.
    """
    poses = labels.points_px.reshape(-1, len(labels.skeleton), 2).astype(np.float64)
    poses = poses[np.isfinite(poses).all(-1).any(-1)]
    axis = labels.skeleton.heading
    heading = None if axis is None else (labels.skeleton.index(axis[0]), labels.skeleton.index(axis[1]))
    body = make_body(poses, heading)
    laid = in_body(place(body.shape_px, poses, np.ones(poses.shape[:2])), poses)
    low, high = np.nanquantile(laid, 0.01, axis=(0, 1)), np.nanquantile(laid, 0.99, axis=(0, 1))
    room = MARGIN * max(float((high - low).max()), LEAST_PX)
    sides = np.maximum(high - low + 2 * room, LEAST_PX)
    enlarged = min(most_scale, long_px / float(sides.max()))
    scale = min(1.0, enlarged)
    width, height = (int(-(-side * enlarged // multiple) * multiple) for side in sides)
    return CropPlan(
        body=Body(body.shape_px * scale, body.spread_px * scale),
        middle_px=(low + high) / 2 * scale,
        scale=scale,
        zoom=enlarged / scale,
        width=width,
        height=height,
    )


def cut(image: Image, matrix: Floats, plan: CropPlan, *, border: int, grey: int = 0) -> Image:
    """Resample a reduced frame (h, w[, 3]) into a crop (height, width[, 3]).

    Args:
        border: OpenCV's number for what lies beyond the picture; `grey` where it is constant.
    """
    import cv2

    view = cv2.warpAffine(
        image,
        matrix,
        (plan.width, plan.height),
        flags=cv2.INTER_LINEAR,
        borderMode=border,
        borderValue=(grey, grey, grey),
    )
    return view.astype(np.uint8, copy=False)
