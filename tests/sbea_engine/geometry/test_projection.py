from __future__ import annotations

import dataclasses

import cv2
import numpy as np
import pytest

from sbea_engine.geometry import project, undistort_px
from tests.sbea_engine.geometry.conftest import MakeRig


@pytest.mark.parametrize("seed", range(4))
def test_project_agrees_with_opencv(make_rig: MakeRig, seed: int) -> None:
    points = np.random.default_rng(seed).uniform(-150, 150, (50, 3))
    for camera in make_rig(4, seed):
        px, depth = project(camera, points)
        turn, _ = cv2.Rodrigues(camera.R)
        expected, _ = cv2.projectPoints(points, turn, camera.t, camera.K, camera.distortion)
        np.testing.assert_allclose(px, expected[:, 0], atol=1e-8)
        np.testing.assert_allclose(depth, (points - camera.position_mm) @ camera.R[2])


def test_undistorted_pixels_point_back_at_the_point(make_rig: MakeRig) -> None:
    points = np.random.default_rng(0).uniform(-150, 150, (5, 10, 3))
    for camera in make_rig(4, 1):
        px, depth = project(camera, points)
        flat = undistort_px(camera, px)
        seen = np.concatenate([flat, np.ones((5, 10, 1))], -1) * depth[..., None]
        np.testing.assert_allclose((seen - camera.t) @ camera.R, points, atol=1e-7)


def test_behind_the_camera_is_no_position(make_rig: MakeRig) -> None:
    camera = make_rig(1, 0).cameras[0]
    px, depth = project(camera, np.stack([camera.position_mm - 10 * camera.R[2], camera.position_mm]))
    assert np.isnan(px).all()
    np.testing.assert_allclose(depth, (-10, 0), atol=1e-9)


def test_far_points_do_not_fold_back_into_the_picture(make_rig: MakeRig) -> None:
    """A point far to the side whose polynomial image would lie inside the picture."""
    camera = dataclasses.replace(
        make_rig(1, 0).cameras[0], distortion=np.array([-0.3, 0, 0, 0, 0]), R=np.eye(3), t=np.zeros(3)
    )
    point = np.array([1.8, 0.0, 1.0])
    folded, _ = cv2.projectPoints(point, np.zeros(3), np.zeros(3), camera.K, camera.distortion)
    assert camera.holds(folded[0]).all()
    assert np.isnan(project(camera, point)[0]).all()


def test_nan_in_nan_out(make_rig: MakeRig) -> None:
    camera = make_rig(1, 0).cameras[0]
    px, depth = project(camera, [[np.nan] * 3, [0.0, 0.0, 0.0]])
    assert np.isnan(px[0]).all()
    assert np.isnan(depth[0])
    assert np.isfinite(px[1]).all()
