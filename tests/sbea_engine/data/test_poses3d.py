from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from sbea_engine.data import Poses3D, Skeleton
from sbea_engine.data.poses3d import BadPoses3D


def arrays() -> dict[str, Any]:
    return {
        "skeleton": Skeleton(keypoints=("snout", "tail")),
        "individuals": ("one", "two", "three"),
        "views": ("top", "side"),
        "ticks": np.array([3, 4, 9, 10]),
        "points_mm": np.zeros((4, 3, 2, 3), np.float32),
        "sigma_mm": np.zeros((4, 3, 2), np.float32),
        "n_views": np.full((4, 3, 2), 2, np.int8),
        "residual_px": np.zeros((2, 4, 3, 2), np.float32),
    }


def test_arrays_that_fit() -> None:
    assert len(Poses3D(**arrays())) == 4


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("points_mm", (4, 3, 2, 2)),
        ("sigma_mm", (4, 2, 3)),
        ("n_views", (3, 3, 2)),
        ("residual_px", (4, 2, 3, 2)),
    ],
)
def test_a_wrong_shape_is_named(name: str, shape: tuple[int, ...]) -> None:
    with pytest.raises(BadPoses3D, match=rf"{name} must have shape .*, got \({shape[0]}, {shape[1]}"):
        Poses3D(**arrays() | {name: np.zeros(shape, np.float32)})


@pytest.mark.parametrize("ticks", [[3, 3, 4, 5], [4, 3, 5, 6], [-1, 0, 1, 2]])
def test_ticks_increase_from_0_on(ticks: list[int]) -> None:
    with pytest.raises(BadPoses3D, match="ticks"):
        Poses3D(**arrays() | {"ticks": np.array(ticks)})


def test_a_point_without_views_is_nan() -> None:
    given = arrays()
    given["n_views"][1, 2, 0] = 0
    with pytest.raises(BadPoses3D, match="n_views"):
        Poses3D(**given)
    given["points_mm"][1, 2, 0] = np.nan
    assert Poses3D(**given).n_views[1, 2, 0] == 0


def test_negative_sigma_is_refused() -> None:
    with pytest.raises(BadPoses3D, match="negative"):
        Poses3D(**arrays() | {"sigma_mm": np.full((4, 3, 2), -1, np.float32)})
