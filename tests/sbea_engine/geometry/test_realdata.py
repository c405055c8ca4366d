"""A real rig of six cameras whose 2D labels were projected from 3D by the tool that calibrated it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.io import loadmat

from sbea_engine.data import Camera, CameraGroup
from sbea_engine.geometry import reproject, triangulate
from sbea_engine.geometry.check import BadRig, check_against

FILE = Path(__file__).parents[4] / "shared" / "data" / "dannce" / "markerless_mouse_1_label3d.mat"

pytestmark = pytest.mark.realdata


@pytest.fixture(scope="module")
def labelled() -> tuple[CameraGroup, NDArray[np.float64], NDArray[np.float64]]:
    """The rig, points (n, 3), and where every view has them (view, n, 2)."""
    if not FILE.is_file():
        pytest.skip(f"{FILE} is not there")
    document = loadmat(FILE)
    cameras, seen = [], []
    for i, (parameters, labels) in enumerate(
        zip(document["params"][:, 0], document["labelData"][:, 0], strict=True)
    ):
        radial, tangential = parameters["RDistort"][0, 0][0], parameters["TDistort"][0, 0][0]
        cameras.append(
            Camera(
                name=f"camera {i + 1}",
                width=1152,
                height=1024,
                K=parameters["K"][0, 0].T,  # MATLAB multiplies rows
                distortion=np.array([*radial[:2], *tangential, radial[2]]),
                R=parameters["r"][0, 0].T,
                t=parameters["t"][0, 0][0],
            )
        )
        seen.append(labels["data_2d"][0, 0].reshape(-1, 2))
        points = labels["data_3d"][0, 0].reshape(-1, 3)
    return CameraGroup(cameras=tuple(cameras)), points, np.array(seen)


def test_projection_gives_their_pixels(
    labelled: tuple[CameraGroup, NDArray[np.float64], NDArray[np.float64]],
) -> None:
    rig, points, seen = labelled
    known = np.isfinite(points).all(axis=1)
    assert known.sum() > 1000
    np.testing.assert_allclose(reproject(rig, points)[:, known], seen[:, known], atol=1e-9)


def test_triangulation_gives_their_points(
    labelled: tuple[CameraGroup, NDArray[np.float64], NDArray[np.float64]],
) -> None:
    rig, points, seen = labelled
    known = np.isfinite(points).all(axis=1)
    found = triangulate(rig, seen)
    assert np.linalg.norm(found.points_mm - points, axis=1)[known].max() < 1e-6
    assert np.isnan(found.points_mm[~known]).all()


def test_a_camera_that_was_knocked_is_named(
    labelled: tuple[CameraGroup, NDArray[np.float64], NDArray[np.float64]],
) -> None:
    rig, _, seen = labelled
    assert max(check_against(rig, seen).median_px.values()) < 1e-6
    moved = seen.copy()
    moved[3] += 25
    with pytest.raises(BadRig, match="Camera 'camera 4' is at fault"):
        check_against(rig, moved)
