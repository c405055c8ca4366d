from __future__ import annotations

import numpy as np
import pytest

from sbea_engine.data.camera import Camera
from sbea_engine.geometry import project
from sbea_engine.synth import Recipe
from sbea_engine.synth.camera import camera_rays, look_at


@pytest.fixture
def camera() -> Camera:
    show = np.array([(x, y, 0.0) for x in (-100, 100) for y in (-80, 80)])
    return look_at(name="a", eye_mm=(30, -200, 400), show_mm=show, width=120, height=90, fill=0.9)


class TestProject:
    def test_agrees_with_the_definition(self, camera: Camera) -> None:
        point = np.array([12.0, -34.0, 56.0])
        seen = camera.R @ point + camera.t
        px, depth = project(camera, point)
        np.testing.assert_allclose(px, (camera.K @ seen)[:2] / seen[2], atol=1e-9)
        assert depth == pytest.approx(seen[2])

    def test_a_point_behind_the_camera_has_no_position(self, camera: Camera) -> None:
        behind = camera.position_mm - 10 * camera.R[2]
        px, depth = project(camera, behind)
        assert np.isnan(px).all()
        assert depth < 0
        assert not camera.holds(px)

    def test_rays_pass_through_what_projects_to_their_pixel(self, camera: Camera) -> None:
        rays = camera_rays(camera, 1)
        for row, column in ((0, 0), (17, 101), (89, 119)):
            px, _ = project(camera, camera.position_mm + 250 * rays[:, row, column].astype(np.float64))
            np.testing.assert_allclose(px, (column, row), atol=1e-3)

    def test_finer_rays_share_the_pixel(self, camera: Camera) -> None:
        rays = camera_rays(camera, 2)[:, 20:22, 40:42].reshape(3, -1).T.astype(np.float64)
        px, _ = project(camera, camera.position_mm + 300 * rays)
        np.testing.assert_allclose(px.mean(0), (20, 10), atol=1e-3)
        np.testing.assert_allclose(np.ptp(px, axis=0), (0.5, 0.5), atol=1e-3)


class TestLookAt:
    def test_frames_what_it_should_show(self, camera: Camera) -> None:
        corners = np.array([(x, y, 0.0) for x in (-100, 100) for y in (-80, 80)])
        px, _ = project(camera, corners)
        assert camera.holds(px).all()
        middle = (px.min(0) + px.max(0)) / 2
        np.testing.assert_allclose(middle, (59.5, 44.5), atol=0.5)

    def test_up_in_the_world_is_up_in_the_image(self, camera: Camera) -> None:
        (low, high), _ = project(camera, np.array([(0, 0, 0.0), (0, 0, 40.0)]))
        assert high[1] < low[1]

    def test_straight_down_works(self) -> None:
        camera = look_at(name="a", eye_mm=(0, 0, 500), show_mm=np.eye(3) * 50, width=64, height=64, fill=0.9)
        np.testing.assert_allclose(camera.R @ camera.R.T, np.eye(3), atol=1e-9)


@pytest.mark.parametrize("count", [1, 2, 5])
def test_every_camera_of_a_rig_sees_the_whole_floor(recipe: Recipe, count: int) -> None:
    arena = recipe.arena.arena()
    rig = recipe.cameras.cameras(count, arena)
    assert len({c.name for c in rig}) == count
    for camera in rig:
        px, depth = project(camera, arena.corners_mm(0))
        assert camera.holds(px).all()
        assert (depth > 0).all()
        assert camera.position_mm[2] > 0
