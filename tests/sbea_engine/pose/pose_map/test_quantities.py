"""Angles, distances and speeds of poses whose answer is known."""

from __future__ import annotations

import numpy as np
import pytest

from sbea_engine.data import Skeleton
from sbea_engine.pose.pose_map import BadPoseMap, PoseRows, quantity

SKELETON = Skeleton(keypoints=("a", "b", "c"))


def rows(*poses: list[list[float]], speed: float = np.nan, fps: float | None = None) -> PoseRows:
    points = np.array(poses, np.float64)
    return PoseRows(
        skeleton=SKELETON,
        individuals=("animal 1",),
        points_px=points,
        frame=np.arange(len(points)),
        individual=np.zeros(len(points), np.int64),
        speed_px=np.array([[speed, 2 * speed, np.nan]] * len(points)),
        fps=fps,
    )


LINE = [[0.0, 0.0], [3.0, 4.0], [6.0, 8.0]]
DOWN = [[0.0, 0.0], [5.0, 0.0], [5.0, 7.0]]  # turns clockwise as one sees it: y points down
UP = [[0.0, 0.0], [5.0, 0.0], [5.0, -7.0]]
UNKNOWN = [[0.0, 0.0], [np.nan, np.nan], [5.0, -7.0]]


def test_shape() -> None:
    poses = rows(LINE, DOWN, UP, UNKNOWN)
    np.testing.assert_allclose(quantity("distance:a,b", poses).values, [5, 5, 5, np.nan])
    np.testing.assert_allclose(quantity("angle:a, b, c", poses).values, [180, 90, 90, np.nan])
    np.testing.assert_allclose(quantity("bend:a,b,c", poses).values, [0, 90, -90, np.nan], atol=1e-9)


def test_speed() -> None:
    assert quantity("speed", rows(LINE, speed=4)).values.tolist() == [6]  # the mean of two that are known
    assert quantity("speed:b", rows(LINE, speed=4)).unit == "px/frame"
    per_second = quantity("speed:b", rows(LINE, speed=4, fps=25))
    assert (per_second.values.tolist(), per_second.unit) == ([200], "px/s")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("colour", "nothing to colour by"),
        ("angle:a,b", "nothing to colour by"),
        ("distance:a,b,c", "nothing to colour by"),
        ("distance:a,tail", "no keypoint 'tail'. Keypoints: a, b, c"),
        ("distance:a,a", "twice"),
        ("speed", "known of none of the 1 poses"),
    ],
)
def test_what_cannot_be_coloured_by(text: str, words: str) -> None:
    with pytest.raises(BadPoseMap, match=words):
        quantity(text, rows(LINE))
