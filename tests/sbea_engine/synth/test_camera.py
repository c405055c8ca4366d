from __future__ import annotations

from dataclasses import replace
from typing import Literal

import numpy as np
import pytest

from sbea_engine.data.camera import BadCamera, Camera
from sbea_engine.geometry import distort, project, undistort_px
from sbea_engine.synth import Recipe
from sbea_engine.synth.camera import by_place, camera_rays, flat_grid, image_boxes, look_at
from sbea_engine.synth.recipe import BadRecipe


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


LENSES = [(-0.35, 0.12, 0.001, -0.002, 0.0), (0.15, -0.05, 0.0, 0.0, 0.01)]


class TestPlaces:
    def names(
        self, recipe: Recipe, count: int, *places: str, floor: Literal["opaque", "glass"] = "glass"
    ) -> list[str]:
        arena = replace(recipe.arena.arena(), floor=floor)
        return [c.name for c in recipe.cameras.model_copy(update={"places": places}).cameras(count, arena)]

    def test_are_taken_in_turn_and_the_last_one_stays(self, recipe: Recipe) -> None:
        assert self.names(recipe, 3, "ceiling", "ring") == ["ceiling", "ring-1", "ring-2"]
        assert self.names(recipe, 3, "ceiling") == ["ceiling-1", "ceiling-2", "ceiling-3"]
        assert self.names(recipe, 4, "below", "ring", "ceiling") == [
            "below",
            "ring-1",
            "ceiling-1",
            "ceiling-2",
        ]

    def test_below_needs_glass(self, recipe: Recipe) -> None:
        with pytest.raises(BadRecipe, match="glass"):
            self.names(recipe, 1, "below", floor="opaque")

    @pytest.mark.parametrize("place", ["ceiling", "ring", "below"])
    @pytest.mark.parametrize("lens", LENSES)
    def test_every_place_and_lens_sees_the_whole_floor(self, recipe: Recipe, place: str, lens: tuple) -> None:
        arena = replace(recipe.arena.arena(), floor="glass")
        asked = recipe.cameras.model_copy(update={"places": (place,), "lenses": (lens,)})
        for camera in asked.cameras(3, arena):
            px, depth = project(camera, arena.border_mm(0, points=41))
            assert camera.holds(px).all()
            assert (depth > 0).all()
            assert (camera.position_mm[2] < 0) == (place == "below")
            np.testing.assert_array_equal(camera.distortion, lens)

    def test_a_lens_too_strong_for_the_view_is_refused(self, recipe: Recipe) -> None:
        asked = recipe.cameras.model_copy(update={"lenses": ((-2.0, -2.0, 0.0, 0.0, 0.0),)})
        with pytest.raises(BadCamera, match="folds back"):
            asked.cameras(2, recipe.arena.arena())

    def test_a_lens_that_folds_back_at_the_rim_of_the_picture_is_refused(self, camera: Camera) -> None:
        narrow = replace(camera, distortion=np.array((-3.0, 0.0, 0.0, 0.0, 0.0)))
        with pytest.raises(BadCamera, match="folds back"):
            camera_rays(narrow, 1)


class TestImageBoxes:
    @pytest.mark.parametrize("lens", [*LENSES, (0.0, 0.0, 0.0, 0.0, 0.0)])
    def test_hold_the_image_of_all_that_is_inside(self, camera: Camera, lens: tuple) -> None:
        bent = replace(camera, distortion=np.array(lens))
        rng = np.random.default_rng(2)
        low = rng.uniform((-60, -60), (150, 120), (300, 2))
        high = low + rng.uniform(1, 50, (300, 2))
        first, last, seen = image_boxes(bent, low, high)
        share = rng.uniform(0, 1, (300, 80, 2))
        pinhole = low[:, None] + share * (high - low)[:, None]
        flat = (pinhole - camera.K[:2, 2]) / np.diag(camera.K)[:2]
        px = distort(flat, lens) * np.diag(camera.K)[:2] + camera.K[:2, 2]
        inside = np.asarray(bent.holds(px))
        assert inside.any(axis=1).sum() > 80
        assert np.asarray(seen)[inside.any(axis=1)].all()
        within = (px >= first[:, None] - 0.2) & (px <= last[:, None] + 0.2)
        assert np.asarray(within)[inside].all()

    def test_what_the_lens_model_would_fold_into_the_picture_is_not_seen(self, camera: Camera) -> None:
        bent = replace(camera, distortion=np.array(LENSES[0]))
        far = np.array([[4000.0, 20.0]])
        _, _, seen = image_boxes(bent, far, far + 30)
        assert not seen.any()


@pytest.mark.parametrize("lens", LENSES)
def test_the_grid_of_rays_undoes_the_lens_at_every_point(camera: Camera, lens: tuple) -> None:
    bent = replace(camera, distortion=np.array(lens))
    u, v = (np.arange(n * 3) / 3 - 1 / 3 for n in (bent.width, bent.height))
    exact = undistort_px(bent, np.stack(np.meshgrid(u, v), axis=-1))
    np.testing.assert_allclose(flat_grid(bent, 3), np.moveaxis(exact, -1, 0), atol=1e-9)
    np.testing.assert_array_equal(flat_grid(bent, 3, slice(5, 9)), flat_grid(bent, 3)[:, 15:27])


def test_rays_by_place_are_those_of_the_grid() -> None:
    grid = np.arange(2 * 6 * 9, dtype=np.float32).reshape(2, 6, 9)
    placed = by_place(grid, 3)
    assert placed.shape == (2, 9, 2, 3)
    for i, j in np.ndindex(3, 3):
        np.testing.assert_array_equal(placed[:, 3 * i + j], grid[:, i::3, j::3])
