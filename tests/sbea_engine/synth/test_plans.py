"""What every body plan owes, whatever the animal: it stands, stays inside, and shows its keypoints."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from sbea_engine.geometry import project
from sbea_engine.synth import Recipe, build_scene, load_recipe
from sbea_engine.synth.exposure import Exposure
from sbea_engine.synth.recipe import BODIES
from sbea_engine.synth.recording import keypoint_visibility
from sbea_engine.synth.render import Renderer, Scene

RECIPES = {"mouse": "solo", "bird": "bird", "dog": "dog"}
TICKS = 240


@pytest.fixture(scope="module", params=sorted(BODIES))
def case(request: pytest.FixtureRequest) -> tuple[Recipe, Scene]:
    recipe = load_recipe(RECIPES[request.param])
    return recipe, build_scene(recipe, frames=TICKS, seed=3)


def test_there_is_a_recipe_for_every_body() -> None:
    assert set(RECIPES) == set(BODIES)


def test_it_stays_inside_the_walls_and_above_the_floor(case: tuple[Recipe, Scene]) -> None:
    recipe, scene = case
    (animal,) = scene.animals
    points = animal.motion.points_mm
    half = np.array(recipe.arena.floor_mm) / 2
    assert (np.abs(points[..., :2]) < half).all()
    assert points[..., 2].min() > -0.05 * animal.plan.stand_mm
    assert np.abs(np.diff(points, axis=0)).max() < animal.plan.stand_mm  # no leaps from tick to tick


def test_its_feet_stand_on_the_floor_and_take_turns(case: tuple[Recipe, Scene]) -> None:
    (animal,) = case[1].animals
    plan, joints = animal.plan, animal.motion.joints
    height = np.stack([joints.position_mm[:, plan.joint_index[limb.foot], 2] for limb in plan.limbs], 1)
    lift = np.array([limb.lift_mm for limb in plan.limbs])
    assert (height >= -1e-6).all()
    assert (height.min(0) < 0.02 * lift).all()
    assert (height.max(0) > 0.4 * lift).all()
    assert (height < 0.2 * lift).any(1).mean() > 0.9


@pytest.mark.slow
def test_its_keypoints_fall_on_it_and_most_are_seen_by_some_camera(case: tuple[Recipe, Scene]) -> None:
    recipe, scene = case
    seen = np.zeros(len(scene.animals[0].plan.keypoints), bool)
    rng = np.random.default_rng(0)
    for camera in recipe.cameras.cameras(3, scene.arena):
        renderer = Renderer(scene, camera, Exposure(samples=1, noise=0.0), rng)
        for tick in (0, 90, 200):
            view = renderer.render(tick, rng)
            points = scene.animals[0].motion.points_mm[tick][None]
            visible = keypoint_visibility(scene, camera, view, points.astype(np.float32))[0]
            px, _ = project(camera, points[0])
            column, row = np.rint(px[visible]).astype(int).T
            wide = cv2.dilate(view.visible[0].astype(np.uint8), np.ones((5, 5), np.uint8))
            assert wide[row, column].all()
            seen |= visible
    assert seen.mean() > 0.9
