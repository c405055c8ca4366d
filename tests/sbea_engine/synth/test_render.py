from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sbea_engine.geometry import project
from sbea_engine.synth import Recipe
from sbea_engine.synth.exposure import Exposure
from sbea_engine.synth.motion import Motion
from sbea_engine.synth.render import Animal, Renderer, Scene, View, by_hiding


def renderer(scene: Scene, recipe: Recipe, camera: int = 0, noise: float = 0.0) -> Renderer:
    rig = recipe.cameras.cameras(3, scene.arena)
    return Renderer(scene, rig[camera], Exposure(samples=2, noise=noise), np.random.default_rng(1))


def shifted(motion: Motion, by_mm: tuple[float, float, float]) -> Motion:
    surface = replace(motion.surface, centre_mm=motion.surface.centre_mm + np.array(by_mm))
    return replace(motion, surface=surface, points_mm=motion.points_mm + np.array(by_mm))


@pytest.fixture(scope="module")
def crowd(scene: Scene) -> Scene:
    """Two animals, the second right above the first."""
    first = scene.animals[0]
    second = Animal(
        name="above", plan=first.plan, coat=first.coat, motion=shifted(first.motion, (12.0, 0.0, 35.0))
    )
    return replace(scene, animals=(first, second))


@pytest.fixture(scope="module")
def crowd_view(crowd: Scene, recipe: Recipe) -> View:
    return renderer(crowd, recipe).render(3, np.random.default_rng(2))


class TestTwoAnimals:
    def test_visible_masks_are_disjoint_parts_of_the_amodal_ones(self, crowd_view: View) -> None:
        assert crowd_view.visible.any((1, 2)).all()
        assert crowd_view.visible.sum(0).max() == 1
        assert not (crowd_view.visible & ~crowd_view.amodal).any()

    def test_the_upper_one_hides_the_lower_one(self, crowd_view: View) -> None:
        both = crowd_view.amodal.all(0)
        assert both.sum() > 50
        assert crowd_view.visible[1][both].mean() > 0.95
        assert crowd_view.order.tolist() == [1, 0]

    def test_depth_is_that_of_the_upper_one(self, crowd_view: View, scene: Scene, recipe: Recipe) -> None:
        alone = renderer(scene, recipe).render(3, np.random.default_rng(2))
        both = crowd_view.amodal.all(0)
        assert (crowd_view.depth_mm[both] <= alone.depth_mm[both] + 1e-3).mean() > 0.95


def plane(depths: np.ndarray) -> np.ndarray:
    """Depths (height, width) of a surface that is there only where they are above 0."""
    return np.where(depths > 0, depths, np.inf).astype(np.float32)


class TestOrder:
    def test_who_hides_more_comes_first_though_its_middle_is_farther(self) -> None:
        """A long body that lies mostly behind, with its head over the other: heads count, not middles."""
        long, short = np.zeros((4, 20)), np.zeros((4, 20))
        long[:, :14], long[:, 10:14] = 50.0, 20.0
        short[:, 10:18] = 30.0
        assert by_hiding([plane(long), plane(short)], np.array([50.0, 30.0])) == [0, 1]
        assert by_hiding([plane(short), plane(long)], np.array([30.0, 50.0])) == [1, 0]

    def test_apart_the_nearer_comes_first_and_those_out_of_view_not_at_all(self) -> None:
        left, right = np.zeros((4, 20)), np.zeros((4, 20))
        left[:, :5], right[:, 9:] = 50.0, 30.0
        assert by_hiding([plane(left), None, plane(right)], np.array([50.0, np.inf, 30.0])) == [2, 0]

    def test_a_ring_of_three_is_an_order_all_the_same(self) -> None:
        ring = [np.zeros((3, 3)) for _ in range(3)]
        for i in range(3):
            ring[i][i], ring[(i + 1) % 3][i] = 10.0, 20.0  # each hides the next
        assert sorted(by_hiding([plane(r) for r in ring], np.full(3, 15.0))) == [0, 1, 2]

    @pytest.mark.parametrize("seed", range(20))
    def test_no_one_before_another_is_hidden_more_by_it_than_it_hides(self, seed: int) -> None:
        """Slabs at depths of their own, which are never in a ring."""
        rng = np.random.default_rng(seed)
        slabs = [np.where(rng.random((12, 12)) < 0.4, d, 0.0) for d in rng.permutation(5) + 10.0]
        found = by_hiding([plane(s) for s in slabs], rng.uniform(0, 100, 5))
        for place, i in enumerate(found):
            for j in found[place + 1 :]:
                both = (slabs[i] > 0) & (slabs[j] > 0)
                assert (slabs[j] < slabs[i])[both].sum() <= (slabs[i] < slabs[j])[both].sum()


class TestOneAnimal:
    def test_an_animal_changes_only_the_image_near_it(self, scene: Scene, recipe: Recipe) -> None:
        empty = renderer(replace(scene, animals=()), recipe).render(0, np.random.default_rng(2))
        view = renderer(scene, recipe).render(0, np.random.default_rng(2))
        changed = (view.image != empty.image).any(-1)
        assert changed[view.visible[0]].mean() > 0.99
        rows, columns = np.nonzero(view.visible[0])
        far = np.ones(changed.shape, bool)
        far[max(0, rows.min() - 30) : rows.max() + 30, max(0, columns.min() - 30) : columns.max() + 30] = (
            False
        )
        assert not changed[far].any()

    def test_it_casts_a_shadow_on_the_floor(self, scene: Scene, recipe: Recipe) -> None:
        empty = renderer(replace(scene, animals=()), recipe).render(0, np.random.default_rng(2))
        view = renderer(scene, recipe).render(0, np.random.default_rng(2))
        floor = ~view.amodal[0]
        change = view.image.astype(int).mean(-1) - empty.image.astype(int).mean(-1)
        assert (change[floor] < -15).sum() > 20
        assert (change[floor] <= 0.5).mean() > 0.97

    def test_depth_lies_in_front_of_the_backdrop_where_the_animal_is(
        self, scene: Scene, recipe: Recipe
    ) -> None:
        camera = renderer(scene, recipe)
        view = camera.render(0, np.random.default_rng(2))
        assert (view.depth_mm[view.visible[0]] < camera.backdrop.depth_mm[view.visible[0]]).all()
        np.testing.assert_array_equal(
            view.depth_mm[~view.visible[0]], camera.backdrop.depth_mm[~view.visible[0]]
        )

    def test_noise_has_the_spread_that_was_asked_for(self, scene: Scene, recipe: Recipe) -> None:
        camera = renderer(scene, recipe, noise=3.0)
        a, b = (camera.render(0, np.random.default_rng(s)).image.astype(float) for s in (1, 2))
        assert (a - b).std() / np.sqrt(2) == pytest.approx(3.0, rel=0.15)

    def test_an_animal_out_of_view_leaves_the_backdrop(self, scene: Scene, recipe: Recipe) -> None:
        animal = scene.animals[0]
        away = replace(animal, motion=shifted(animal.motion, (5000.0, 0.0, 0.0)))
        view = renderer(replace(scene, animals=(away,)), recipe).render(0, np.random.default_rng(2))
        empty = renderer(replace(scene, animals=()), recipe).render(0, np.random.default_rng(2))
        np.testing.assert_array_equal(view.image, empty.image)
        assert not view.amodal.any()
        assert view.order.tolist() == [-1]


def test_clear_walls_show_what_opaque_ones_hide(scene: Scene, recipe: Recipe) -> None:
    rig = recipe.cameras.cameras(3, scene.arena)
    near_wall = np.array([0.0, -scene.arena.floor_mm[1] / 2 + 2, 1.0])  # close to the wall that ring-1 faces
    camera = next(c for c in rig if c.name == "ring-1")
    toward = np.array([*(np.sign(camera.position_mm[:2]) * (np.abs(camera.position_mm[:2]) > 50)), 0.0])
    near_wall = toward * (np.array([*scene.arena.floor_mm, 0.0]) / 2 - 3) + (0, 0, 1)
    px, depth = project(camera, near_wall)
    column, row = np.rint(px).astype(int)
    seen = {}
    for walls in ("opaque", "clear"):
        arena = replace(scene.arena, walls=walls)
        look = Renderer(
            replace(scene, arena=arena), camera, Exposure(samples=1, noise=0), np.random.default_rng(0)
        )
        seen[walls] = look.backdrop.depth_mm[row, column]
    assert seen["opaque"] < depth - 5
    assert seen["clear"] == pytest.approx(float(depth), abs=6)
