from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sbea_engine.data.camera import Camera
from sbea_engine.geometry import project
from sbea_engine.synth import Recipe
from sbea_engine.synth.arena import Arena, Light
from sbea_engine.synth.backdrop import SHADE_CELL_MM, Backdrop, floor_shade, see_arena
from sbea_engine.synth.camera import camera_rays
from sbea_engine.synth.obstacle import Circle, Obstacle, Rectangle
from sbea_engine.synth.render import Scene

BOX = Obstacle(
    footprint=Rectangle(centre_mm=(40.0, 20.0), half_mm=(25.0, 12.0), turn_rad=0.4),
    height_mm=30.0,
    colour=(0.6, 0.1, 0.1),
)
POST = Obstacle(
    footprint=Circle(centre_mm=(-60.0, -20.0), radius_mm=15.0), height_mm=45.0, colour=(0.1, 0.1, 0.6)
)
LENS = (-0.25, 0.08, 0.001, -0.002, 0.0)


@pytest.fixture(scope="module")
def arena(scene: Scene) -> Arena:
    return replace(scene.arena, floor="glass", obstacles=(BOX, POST))


@pytest.fixture(scope="module")
def rig(recipe: Recipe, arena: Arena) -> dict[str, Camera]:
    asked = recipe.cameras.model_copy(update={"places": ("ceiling", "below", "ring"), "lenses": (LENS,)})
    return {c.name: c for c in asked.cameras(4, arena)}


@pytest.fixture(scope="module")
def seen(rig: dict[str, Camera], arena: Arena, scene: Scene) -> dict[str, Backdrop]:
    return {n: see_arena(c, arena, scene.floor, scene.light, samples=2) for n, c in rig.items()}


def walked(arena: Arena, eye: np.ndarray, ray: np.ndarray) -> float:
    """Where a ray first is inside an obstacle, by small steps; inf for nowhere."""
    along = np.arange(0, 900, 0.1)
    points = eye + along[:, None] * ray
    inside = np.zeros(len(along), bool)
    for o in arena.obstacles:
        within = (points[:, 2] > 0) & (points[:, 2] < o.height_mm)
        inside |= within & (o.footprint.gap_mm(points[:, :2]) < 0)
    return float(along[inside.argmax()]) if inside.any() else np.inf


@pytest.mark.parametrize("name", ["ceiling", "below", "ring-1", "ring-2"])
def test_depth_is_where_walking_along_the_ray_meets_an_obstacle(
    name: str, rig: dict[str, Camera], seen: dict[str, Backdrop], arena: Arena
) -> None:
    camera = rig[name]
    rays = camera_rays(camera, 1).astype(np.float64)
    rng = np.random.default_rng(6)
    met = 0
    for obstacle in arena.obstacles:
        middle = np.array([*obstacle.footprint.centre_mm, obstacle.height_mm / 2])
        px, _ = project(camera, middle + rng.normal(0, 14, (25, 3)))
        for column, row in np.rint(px[camera.holds(px)]).astype(int):
            ray = rays[:, row, column]
            distance = walked(arena, camera.position_mm, ray)
            depth = distance * (camera.R[2] @ ray)
            got = float(seen[name].depth_mm[row, column])
            height = camera.position_mm[2] + got / (camera.R[2] @ ray) * ray[2]
            if height == pytest.approx(arena.wall_mm, abs=0.1):
                continue  # the rim of a wall is in front
            if np.isfinite(distance):
                met += 1
                assert got == pytest.approx(depth, abs=0.25)
            else:
                assert got > 200
    assert met > 20


def test_obstacles_show_their_colours(rig: dict[str, Camera], seen: dict[str, Backdrop]) -> None:
    for name in ("ceiling", "ring-1", "ring-2"):
        for obstacle, channel in ((BOX, 0), (POST, 2)):
            px, _ = project(rig[name], [*obstacle.footprint.centre_mm, obstacle.height_mm])
            column, row = np.rint(px).astype(int)
            colour = seen[name].colour[row, column]
            assert colour.argmax() == channel
            assert colour[channel] > 3 * colour[2 - channel]


class TestFloorShade:
    def cell(self, shade: np.ndarray, arena: Arena, at_mm: np.ndarray) -> float:
        column, row = ((at_mm + np.array(arena.floor_mm) / 2) / SHADE_CELL_MM).astype(int)
        return float(shade[row, column])

    def test_is_darker_behind_a_thing_than_before_it(self, arena: Arena) -> None:
        light = Light()
        shade = floor_shade(arena, light)
        away = -light.towards[:2] / np.linalg.norm(light.towards[:2])
        for obstacle in arena.obstacles:
            centre = np.array(obstacle.footprint.centre_mm)
            line = np.linspace(0, 80, 400)[:, None] * away
            sides = (centre + line, centre - line)
            behind, before = (p[(obstacle.footprint.gap_mm(p) > 3).argmax()] for p in sides)
            assert self.cell(shade, arena, behind) < self.cell(shade, arena, before) - 0.1

    def test_is_even_far_from_all_things_and_without_any(self, arena: Arena) -> None:
        shade = floor_shade(arena, Light())
        assert self.cell(shade, arena, np.array([100.0, -80.0])) == pytest.approx(1, abs=0.02)
        assert (floor_shade(replace(arena, obstacles=()), Light()) == 1).all()


class TestGlass:
    def test_from_below_it_veils_but_does_not_hide(
        self, rig: dict[str, Camera], seen: dict[str, Backdrop]
    ) -> None:
        px, depth = project(rig["below"], (0.0, 60.0, 0.0))
        column, row = np.rint(px).astype(int)
        assert seen["below"].depth_mm[row, column] > depth + 50
        assert 0.8 < seen["below"].clear[row, column] < 1
        assert (seen["below"].floor_share == 0).all()  # no shadow falls on what is behind

    def test_the_frame_around_it_hides(
        self, rig: dict[str, Camera], seen: dict[str, Backdrop], arena: Arena
    ) -> None:
        backdrop = seen["below"]
        half = np.array(arena.floor_mm)[:, None, None] / 2
        frame = (np.abs(backdrop.floor_mm) > half + 2).any(0)
        assert frame.sum() > 50
        rays = camera_rays(rig["below"], 1)
        floor_depth = -rig["below"].position_mm[2] / rays[2] * np.tensordot(rig["below"].R[2], rays, 1)
        np.testing.assert_allclose(backdrop.depth_mm[frame], floor_depth[frame], rtol=1e-4)
