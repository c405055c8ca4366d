"""What must hold for the truth of any scene: one animal and several, obstacles, lenses, blur."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import combinations
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
    tick: int
    blurred: bool


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
            found.append(Case(scene, camera, view, points, visible, empty, tick, shutter > 0))
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


def mm_before(case: Case, points_mm: np.ndarray, animal: Animal, grown_mm: float) -> np.ndarray:
    """How far (n,) before each point (n, 3) the ray to it enters an ellipsoid of an animal; 0 if none."""
    surface, tick = animal.motion.surface, case.tick
    radii = np.maximum(surface.radii_mm[tick] + grown_mm, 0.2)
    into = surface.rotation[tick].transpose(0, 2, 1) / radii[..., None]
    eye = case.camera.position_mm
    start = np.einsum("pij,pj->pi", into, eye - surface.centre_mm[tick])
    step = np.einsum("pij,nj->npi", into, points_mm - eye)
    a, b, c = (step**2).sum(-1), (step * start).sum(-1), (start**2).sum(-1) - 1
    inside = b**2 - a * c
    enters = np.where(inside > 0, (-b - np.sqrt(np.maximum(inside, 0))) / a, 1.0)
    enters = np.where((enters > 0) & (enters < 1), enters, 1.0).min(-1)
    return np.asarray((1 - enters) * np.linalg.norm(points_mm - eye, axis=-1))


@pytest.mark.slow
def test_another_animal_hides_what_rays_through_its_parts_say(cases: list[Case]) -> None:
    """A second way, without pictures: rays from the camera against the ellipsoids of the other animals."""
    hidden = close = free = 0
    for case in cases:
        if case.blurred:  # the middle moment is that of the tick; one frame of it is enough
            continue
        for i, animal in enumerate(case.scene.animals):
            others = [a for a in case.scene.animals if a is not animal]
            alone = keypoint_visibility(
                replace(case.scene, animals=(animal,)),
                case.camera,
                Renderer(
                    replace(case.scene, animals=(animal,)),
                    case.camera,
                    Exposure(samples=2, noise=0.0),
                    np.random.default_rng(0),
                ).render(case.tick, np.random.default_rng(0)),
                case.points_mm[i][None].astype(np.float32),
            )[0]
            assert not (case.visible[i] & ~alone).any()
            if not others:
                continue
            depth = project(case.camera, case.points_mm[i])[1]
            pixel_mm = float(depth.max() / case.camera.K[0, 0])
            thin, thick = (
                np.max([mm_before(case, case.points_mm[i], a, grown) for a in others], axis=0)
                for grown in (-pixel_mm, pixel_mm + 2.5)  # fur melts parts together by so much
            )
            assert not case.visible[i][thin > 1].any()
            np.testing.assert_array_equal(case.visible[i][thick == 0], alone[thick == 0])
            hidden += int((alone & (thin > 1)).sum())
            close += int((alone & (thin > 1) & (thin < 5)).sum())
            free += int((thick == 0).sum())
    if len(cases[0].scene.animals) > 1 and not cases[0].blurred:
        assert hidden > 50
        assert close > 3  # nearer than the depth that its own body may lie above a keypoint
        assert free > 50


def test_obstacles_hide_what_rays_through_them_say(cases: list[Case]) -> None:
    """A second way: rays to the keypoint against the solids."""
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
    if cases[0].scene.arena.obstacles:
        assert hidden > 3


def test_of_two_that_overlap_the_one_that_hides_more_comes_first(cases: list[Case]) -> None:
    """By the masks of any two of the animals filmed together."""
    overlaps = 0
    for case in cases[:4]:
        for pair in combinations(case.scene.animals, 2):
            scene = replace(case.scene, animals=pair, arena=replace(case.scene.arena, obstacles=()))
            renderer = Renderer(scene, case.camera, Exposure(samples=2, noise=0.0), np.random.default_rng(0))
            view = renderer.render(case.tick, np.random.default_rng(0))
            both = view.amodal.all(0)
            first, second = (int((both & mask).sum()) for mask in view.visible)
            if first != second:
                assert (view.order[0] < view.order[1]) == (first > second)
                overlaps += 1
    if len(cases[0].scene.animals) > 1:
        assert overlaps > 5


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
        tick = case.tick
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
