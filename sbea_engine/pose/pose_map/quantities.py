"""What a map may be coloured by: one number for each pose, from its keypoints."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sbea_engine.pose.pose_map.rows import BadPoseMap, PoseRows

KINDS = {"speed": (0, 1), "distance": (2, 2), "angle": (3, 3), "bend": (3, 3)}
HOW = "cluster, speed, speed:A, distance:A,B, angle:A,B,C or bend:A,B,C with names of keypoints"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Quantity:
    """A number for each pose.

    Attributes:
        name: As it was asked for.
        unit: "px", "px/s", "px/frame" or "deg".
        values: float64 (pose,); NaN where its keypoints are not known.
    """

    name: str
    unit: str
    values: NDArray[np.float64]


def quantity(text: str, rows: PoseRows) -> Quantity:
    """The quantity that `text` names.

    `speed` is that of the mean of the keypoints that are known, `speed:A` of one; `distance:A,B` that between
    two; `angle:A,B,C` the angle at B, 180 where the three lie on a line; `bend:A,B,C` by how much the way
    from B to C turns from the way from A to B, positive clockwise in the picture.

    Raises:
        BadPoseMap: There is no such quantity or keypoint, or it is known of no pose.
    """
    kind, _, rest = text.partition(":")
    names = [name.strip() for name in rest.split(",")] if rest else []
    if kind not in KINDS or not KINDS[kind][0] <= len(names) <= KINDS[kind][1]:
        raise BadPoseMap(f"{text!r} is nothing to colour by. Give {HOW}.")
    unknown = [name for name in names if name not in rows.skeleton.keypoints]
    if unknown:
        raise BadPoseMap(
            f"{text!r}: there is no keypoint {unknown[0]!r}. Keypoints: {', '.join(rows.skeleton.keypoints)}."
        )
    if len(set(names)) != len(names):
        raise BadPoseMap(f"{text!r} names a keypoint twice.")
    places = [rows.skeleton.index(name) for name in names]
    values, unit = _speed(rows, places) if kind == "speed" else _shape(kind, rows, places)
    if not np.isfinite(values).any():
        raise BadPoseMap(f"{text!r} is known of none of the {len(rows)} poses.")
    return Quantity(name=text, unit=unit, values=values)


def _speed(rows: PoseRows, places: list[int]) -> tuple[NDArray[np.float64], str]:
    speeds = rows.speed_px[:, places] if places else rows.speed_px
    there = np.isfinite(speeds)
    total, count = np.where(there, speeds, 0.0).sum(-1), there.sum(-1)
    mean = np.divide(total, count, out=np.full(len(rows), np.nan), where=count > 0)
    return (mean, "px/frame") if rows.fps is None else (mean * rows.fps, "px/s")


def _shape(kind: str, rows: PoseRows, places: list[int]) -> tuple[NDArray[np.float64], str]:
    points = rows.points_px[:, places]
    if kind == "distance":
        return np.linalg.norm(points[:, 0] - points[:, 1], axis=-1), "px"
    before, after = points[:, 1] - points[:, 0], points[:, 2] - points[:, 1]
    cross = before[:, 0] * after[:, 1] - before[:, 1] * after[:, 0]
    bend = np.degrees(np.arctan2(cross, (before * after).sum(-1)))
    return (bend if kind == "bend" else 180 - np.abs(bend)), "deg"
