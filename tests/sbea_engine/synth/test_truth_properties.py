"""What must hold for the truth of any scene: one animal and several, obstacles, lenses, blur."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import cv2
import numpy as np
import pytest

from sbea_engine.data.camera import Camera
from sbea_engine.geometry import project
from sbea_engine.synth import Recipe
from sbea_engine.synth.body import Ellipsoids
from sbea_engine.synth.camera import camera_rays
from sbea_engine.synth.exposure import Exposure
from sbea_engine.synth.obstacle import Circle, Obstacle, Rectangle
from sbea_engine.synth.recording import build_scene, keypoint_visibility
from sbea_engine.synth.render import Animal, Renderer, Scene, View

TICKS = (0, 4, 8)
LENSES = ((-0.3, 0.1, 0.001, -0.001, 0.0), (0.0, 0.0, 0.0, 0.0, 0.0), (0.12, -0.04, 0.0, 0.001, 0.0))


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    scene: Scene
    camera: Camera
    view: View
    points_mm: np.ndarray
    visible: np.ndarray
    empty: Renderer


def placed(animal: Animal, name: str, by_mm: tuple[float, float, float]) -> Animal:
    motion, by = animal.motion, np.array(by_mm)
    surface = Ellipsoids(
        centre_mm=motion.surface.centre_mm + by,
        rotation=motion.surface.rotation,
        radii_mm=motion.surface.radii_mm,
    )
    return replace(
        animal, name=name, motion=replace(motion, surface=surface, points_mm=motion.points_mm + by)
    )


def scene_of(
    recipe: Recipe, animals: int, *, obstacles: bool, floor: Literal["opaque", "glass"] = "opaque"
) -> Scene:
    scene = build_scene(recipe, frames=max(TICKS) + 1, seed=11)
    first = scene.animals[0]
    crowd = (
        first,
        placed(first, "beside", (14.0, 20.0, 0.0)),
        placed(first, "above", (-8.0, 6.0, 24.0)),
    )[:animals]
    x, y = first.motion.points_mm[0].mean(0)[:2]
    things = (
        Obstacle(
            footprint=Rectangle(centre_mm=(x + 10, y - 32), half_mm=(20.0, 9.0), turn_rad=0.3),
            height_mm=34.0,
            colour=(0.3, 0.2, 0.1),
        ),
        Obstacle(
            footprint=Circle(centre_mm=(x - 30, y + 30), radius_mm=12.0),
            height_mm=40.0,
            colour=(0.1, 0.2, 0.3),
        ),
    )
    arena = replace(scene.arena, obstacles=things if obstacles else (), floor=floor)
    return replace(scene, animals=crowd, arena=arena)


CASES = {
    "one": (1, False, False, 0.0),
    "one, obstacles, lenses": (1, True, True, 0.0),
    "three": (3, False, False, 0.0),
    "three, obstacles, lenses, blur": (3, True, True, 0.6),
}


@pytest.fixture(scope="module", params=CASES, ids=list(CASES))
def cases(request: pytest.FixtureRequest, recipe: Recipe) -> list[Case]:
    animals, obstacles, lenses, shutter = CASES[request.param]
    scene = scene_of(recipe, animals, obstacles=obstacles, floor="glass" if lenses else "opaque")
    places = ("ceiling", "below", "ring") if lenses else ("ceiling", "ring")
    asked = recipe.cameras.model_copy(update={"places": places} | ({"lenses": LENSES} if lenses else {}))
    exposure = Exposure(samples=2, noise=0.0, shutter=shutter)
    found = []
    for camera in asked.cameras(4, scene.arena):
        rng = np.random.default_rng(0)
        renderer = Renderer(scene, camera, exposure, rng)
        empty = Renderer(replace(scene, animals=()), camera, exposure, rng)
        for tick in TICKS:
            view = renderer.render(tick, rng)
            points = np.stack([a.motion.points_mm[tick] for a in scene.animals])
            visible = keypoint_visibility(scene, camera, view, points.astype(np.float32))
            found.append(Case(scene, camera, view, points, visible, empty))
    return found


def test_visible_masks_are_disjoint_parts_of_the_amodal_ones(cases: list[Case]) -> None:
    for case in cases:
        assert case.view.visible.sum(0).max() <= 1
        assert not (case.view.visible & ~case.view.amodal).any()


def test_visible_keypoints_fall_on_their_animals_mask_or_just_beside_it(cases: list[Case]) -> None:
    checked = 0
    for case in cases:
        px, _ = project(case.camera, case.points_mm)
        for i, mask in enumerate(case.view.visible):
            # A keypoint a few mm below the fur may show beside a thing that hides the fur right over it.
            wide = cv2.dilate(mask.astype(np.uint8), np.ones((7, 7), np.uint8)).astype(bool)
            column, row = np.rint(px[i][case.visible[i]]).astype(int).T
            assert wide[row, column].all()
            checked += len(row)
    assert checked > 60


def test_the_depth_test_agrees_with_visibility(cases: list[Case]) -> None:
    """A second way: rays to the keypoint against obstacles, and the masks of the other animals in front."""
    hidden = 0
    for case in cases:
        px, depth = project(case.camera, case.points_mm)
        eye = case.camera.position_mm
        for obstacle in case.scene.arena.obstacles:
            way = (case.points_mm - eye).reshape(-1, 3)
            length = np.linalg.norm(way, axis=1)
            met, _ = obstacle.meet(eye, (way / length[:, None]).T.astype(np.float32))
            behind = (met < length - 12).reshape(case.visible.shape)  # deeper than any keypoint may lie
            # at the rim of the thing the pixel's centre may pass it by
            near = np.stack([np.rint(px[behind]) + d for d in ((0, 0), (1, 0), (-1, 0), (0, 1), (0, -1))])
            ok = case.camera.holds(near).all(0)
            column, row = near[:, ok].astype(int).transpose(2, 0, 1)
            covered = (case.view.depth_mm[row, column] < depth[behind][ok] - 8).all(0)
            assert not case.visible[behind][ok][covered].any()
            hidden += int(covered.sum())
        for i in range(len(case.scene.animals)):
            inside = case.camera.holds(px[i])
            column, row = np.where(inside[:, None], np.rint(px[i]), 0).astype(int).T
            allowed = np.array([k.depth_mm for k in case.scene.animals[i].plan.keypoints])
            taken = np.delete(case.view.visible, i, axis=0)[:, row, column].any(0)
            free = case.view.depth_mm[row, column] >= depth[i] - np.where(taken, 0, allowed)
            np.testing.assert_array_equal(case.visible[i], inside & free)
    if cases[0].scene.arena.obstacles:
        assert hidden > 3


def test_depth_is_that_of_an_animal_where_its_mask_is_and_of_the_still_world_elsewhere(
    cases: list[Case],
) -> None:
    for case in cases:
        still = case.empty.backdrop.depth_mm
        anyone = case.view.visible.any(0)
        np.testing.assert_array_equal(case.view.depth_mm[~anyone], still[~anyone])
        assert (case.view.depth_mm[anyone] < still[anyone]).all()


def test_masks_follow_the_lens(cases: list[Case]) -> None:
    """The centres of the ellipsoids, projected by the lens model, fall on the amodal mask."""
    checked = 0
    for case in cases:
        tick = TICKS[cases.index(case) % len(TICKS)]
        for i, animal in enumerate(case.scene.animals):
            soft = [p for p, part in enumerate(animal.plan.parts) if part.soft]
            px, _ = project(case.camera, animal.motion.surface.centre_mm[tick, soft])
            column, row = np.rint(px[case.camera.holds(px)]).astype(int).T
            assert case.view.amodal[i][row, column].all()
            checked += len(row)
    assert checked > 200


def test_rays_meet_what_projects_to_their_pixel(recipe: Recipe) -> None:
    """The lens by two ways: a ray cast through a pixel, and the projection of the point that it meets."""
    scene = scene_of(recipe, 1, obstacles=True)
    asked = recipe.cameras.model_copy(update={"lenses": LENSES})
    for camera in asked.cameras(3, scene.arena):
        view = Renderer(scene, camera, Exposure(samples=1, noise=0.0), np.random.default_rng(0)).render(
            0, np.random.default_rng(0)
        )
        row, column = np.nonzero(view.visible[0])
        ray = camera_rays(camera, 1)[:, row, column].astype(np.float64)
        met = camera.position_mm + (view.depth_mm[row, column] / (camera.R[2] @ ray) * ray).T
        px, depth = project(camera, met)
        np.testing.assert_allclose(px, np.stack([column, row], 1), atol=2e-3)
        np.testing.assert_allclose(depth, view.depth_mm[row, column], rtol=1e-5)
        # and what they meet is the animal: no further from its parts' surface than fur melts
        surface = scene.animals[0].motion.surface
        local = np.einsum("pij,npi->npj", surface.rotation[0], met[:, None] - surface.centre_mm[0])
        reach = np.linalg.norm(local / (surface.radii_mm[0] + 2.5), axis=-1).min(1)
        assert (reach < 1.1).all()
