from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from sbea_engine.data import Poses, Skeleton
from sbea_engine.data.poses import BadPoses


def make_poses(**changes: Any) -> Poses:
    facts: dict[str, Any] = {
        "skeleton": Skeleton(keypoints=("a", "b")),
        "individuals": ("one",),
        "frames": np.array([2, 5, 6], np.int64),
        "points_px": np.zeros((3, 1, 2, 2), np.float32),
        "confidence": np.full((3, 1, 2), 0.5, np.float32),
    }
    return Poses(**(facts | changes))


def test_a_keypoint_may_have_no_answer() -> None:
    points = np.zeros((3, 1, 2, 2), np.float32)
    points[1] = np.nan
    assert len(make_poses(points_px=points)) == 3


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"points_px": np.zeros((3, 1, 2, 3), np.float32)}, r"\(3, 1, 2, 2\), got \(3, 1, 2, 3\)"),
        ({"confidence": np.zeros((3, 2), np.float32)}, r"confidence must have shape \(3, 1, 2\)"),
        ({"frames": np.array([2, 2, 6])}, "strictly increasing"),
        ({"frames": np.array([-1, 2, 6])}, "non-negative"),
        ({"confidence": np.full((3, 1, 2), 1.5, np.float32)}, r"0\.\.1"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(BadPoses, match=reason):
        make_poses(**changes)
