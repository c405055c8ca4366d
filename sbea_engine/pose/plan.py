"""What is chosen from the data before training: working scale and size of a view."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from sbea_engine.data import LabelSet, Visibility
from sbea_engine.nn.card import number, whole_number
from sbea_engine.pose.config import Preset

CONFIDENCE_RADIUS_PX = 2.5
"""Radius, in working pixels, within which an answer counts as right for the confidence."""

MAX_FRAME_PIXELS = 640 * 480
"""Most working pixels a frame; bounds time and memory on large videos."""

VIEW_EXTENTS = 1.25
"""A training view is at least this many times as wide as the animal."""

MAX_CROP_PX = 256
"""Largest side of a training view, working pixels; bounds time and memory where keypoints lie close."""

MIN_LONG_SIDE_PX = 128
"""A picture is not shrunk below this."""

LEAST_READ, MOST_LENGTH_PX, MOST_SIDE_PX, MOST_READ_PIXELS = 1e-6, 1e5, 4096, 1 << 26
"""What is believed of a card: least length or factor, most length, side of a crop, pixels of a frame."""


class Plan(Protocol):
    """What the plan of every family says."""

    @property
    def radius_px(self) -> float:
        """What confidence means, in source pixels: an answer this near is right."""

    def to_dict(self) -> dict[str, Any]:
        """JSON form, `radius_px` among it."""


class Size(NamedTuple):
    """Width and height of a picture in pixels."""

    width: int
    height: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkingPlan:
    """Choices that training and prediction share.

    Attributes:
        scale: Working pixels a source pixel, at most 1.
        crop_px: Side of a training view, working pixels.
        radius_px: What confidence means, in source pixels: an answer this near is right.
        most_pixels: Most working pixels a frame.
    """

    scale: float
    crop_px: int
    radius_px: float
    most_pixels: int = MAX_FRAME_PIXELS

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """What `to_dict` wrote; raises `KeyError`, `TypeError` or `ValueError` for anything else."""
        if not isinstance(data, Mapping) or (set(data) - set(cls.__dataclass_fields__)):
            raise TypeError(f"a plan is an object of {', '.join(cls.__dataclass_fields__)}")
        read = {"most_pixels": MAX_FRAME_PIXELS, **data}  # not on the cards of the first release
        return cls(
            scale=number(read, "scale", LEAST_READ, 1.0),
            crop_px=whole_number(read, "crop_px", 1, MOST_SIDE_PX),
            radius_px=read_radius(read),
            most_pixels=whole_number(read, "most_pixels", 1, MOST_READ_PIXELS),
        )

    def working_size(self, source: Size) -> Size:
        """Size of a frame after scaling, and after bounding the number of its pixels."""
        scale = min(self.scale, (self.most_pixels / (source.width * source.height)) ** 0.5)
        return Size(max(1, round(source.width * scale)), max(1, round(source.height * scale)))


def read_radius(data: Mapping[str, Any]) -> float:
    """`radius_px` of a card; raises `KeyError` or `ValueError` where it cannot be one."""
    return number(data, "radius_px", LEAST_READ, MOST_LENGTH_PX)


def read_lengths(value: Any, shape: tuple[int, ...], name: str) -> NDArray[np.float64]:
    """An array of a card, of finite pixels; raises `ValueError` where it is another one."""
    array = np.array(value)
    if array.size == 0:
        array = np.zeros(array.shape)
    if array.shape != shape or array.dtype.kind not in "if" or not (np.abs(array) <= MOST_LENGTH_PX).all():
        raise ValueError(f"{name!r} is not of finite pixels, shape {shape}")
    return array.astype(np.float64)


def make_plan(labels: LabelSet, sizes: Sequence[Size], preset: Preset, multiple: int) -> WorkingPlan:
    """Choose the working scale so that the animal is as large as the preset asks, its keypoints as far apart.

    A long tail makes the extent large and the rest of the animal small: then the closest neighbours decide.

    Args:
        sizes: Size of each labelled frame.
        multiple: Of which sides of the network's input must be.
    """
    longest = max(max(size) for size in sizes)
    extent, gap = median_extent(labels), closest_gap(labels)
    scale = preset.extent_px / extent if extent > 0 else 320 / longest
    if gap > 0:
        # Not finer than a view can hold together with its surroundings.
        scale = max(scale, min(preset.gap_px / gap, MAX_CROP_PX / (VIEW_EXTENTS * extent)))
    scale = min(1.0, max(scale, MIN_LONG_SIDE_PX / longest))
    scale = min(scale, (MAX_FRAME_PIXELS / max(size.width * size.height for size in sizes)) ** 0.5)
    whole = _up_to(round(longest * scale), multiple)
    crop = _up_to(round(max(preset.crop_px, VIEW_EXTENTS * extent * scale)), multiple)
    return WorkingPlan(
        scale=round(scale, 4),
        crop_px=min(crop, whole, MAX_CROP_PX),
        radius_px=CONFIDENCE_RADIUS_PX / scale,
    )


def _up_to(length: int, multiple: int) -> int:
    return max(1, -(-length // multiple)) * multiple


def to_working(points_px: NDArray[np.float32], source: Size, working: Size) -> NDArray[np.float32]:
    """Source pixels to working pixels, (..., 2); in both, (0, 0) is the centre of the first pixel."""
    factor = np.array([working.width / source.width, working.height / source.height], dtype=np.float32)
    return (points_px + np.float32(0.5)) * factor - np.float32(0.5)


def to_source(points_px: NDArray[np.float32], source: Size, working: Size) -> NDArray[np.float32]:
    """Working pixels to source pixels; the inverse of `to_working`."""
    factor = np.array([source.width / working.width, source.height / working.height], dtype=np.float32)
    return (points_px + np.float32(0.5)) * factor - np.float32(0.5)


def placed_mask(labels: LabelSet) -> NDArray[np.bool_]:
    """bool (frame, individual, keypoint): a person gave a position (visible or guessed)."""
    mask: NDArray[np.bool_] = labels.visibility >= Visibility.GUESSED
    return mask


def median_extent(labels: LabelSet) -> float:
    """Median over frames and individuals of the largest distance between two placed keypoints of one
    individual, source pixels; 0 if none."""
    extents = []
    for points in labels.points_px.reshape(-1, len(labels.skeleton), 2):
        placed = points[np.isfinite(points).all(-1)]
        if len(placed) >= 2:
            extents.append(float(np.linalg.norm(placed[:, None] - placed[None], axis=-1).max()))
    return float(np.median(extents)) if extents else 0.0


def closest_gap(labels: LabelSet) -> float:
    """Distance between the closest neighbours of the skeleton, source pixels; 0 where no two are placed.

    For each keypoint the median over frames and individuals of the distance to the nearest other one of the
    same individual; the least of those.
    """
    points = labels.points_px.reshape(-1, len(labels.skeleton), 2).astype(np.float64)
    distance = np.linalg.norm(points[:, :, None] - points[:, None], axis=-1)
    distance[:, np.arange(points.shape[1]), np.arange(points.shape[1])] = np.inf
    nearest = np.where(np.isnan(distance), np.inf, distance).min(axis=-1)
    seen = [column[np.isfinite(column)] for column in nearest.T]
    return min((float(np.median(distances)) for distances in seen if len(distances)), default=0.0)
