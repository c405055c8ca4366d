from __future__ import annotations

import cv2
import numpy as np
import pytest

from sbea_engine.synth import build_scene, load_recipe
from sbea_engine.synth.recipe import Recipe
from sbea_engine.synth.staging import company
from sbea_engine.synth.texture import COATS


def changed(**tables: object) -> Recipe:
    recipe = load_recipe("dyad")
    return Recipe.model_validate(recipe.model_dump() | tables)


def animals(count: int, coat: str) -> list[dict[str, object]]:
    return [{"name": f"m{i}", "coat": coat} for i in range(count)]


def test_sizes_and_marks_differ_by_animal_and_by_seed() -> None:
    recipe = changed(variety={"size_spread": 0.05, "marks": 2})
    first, again, other = (company(recipe, s) for s in (1, 1, 2))
    assert first == again
    assert first[0].plan.stand_mm != first[1].plan.stand_mm
    assert first[0].coat.marks != first[1].coat.marks
    assert first[0].plan.stand_mm != other[0].plan.stand_mm
    assert len(first[0].coat.marks) == 2


def test_identical_animals_differ_in_nothing_but_their_names() -> None:
    recipe = changed(variety={"identical": True}, animals=animals(3, "any"))
    one, two, three = company(recipe, 4)
    assert (
        (one.plan, one.coat, one.pace)
        == (two.plan, two.coat, two.pace)
        == (three.plan, three.coat, three.pace)
    )
    assert len({a.name for a in (one, two, three)}) == 3


def test_any_coat_takes_those_that_are_left() -> None:
    recipe = changed(animals=animals(len(COATS), "any"))
    sheens = [tuple(a.coat.colours["fur"]) for a in company(recipe, 3)]
    assert len(set(sheens)) == len(COATS)
    more = company(changed(animals=animals(8, "any")), 3)
    assert len(more) == 8


@pytest.mark.slow
def test_marks_lie_on_the_fur() -> None:
    """A mark changes pixels of the animal, and no others beside them."""
    from sbea_engine.synth.exposure import Exposure
    from sbea_engine.synth.render import Renderer

    plain = changed(animals=[{"name": "m", "coat": "albino"}], behaviour={})
    marked = changed(animals=[{"name": "m", "coat": "albino"}], behaviour={}, variety={"marks": 3})
    pictures = []
    for recipe in (plain, marked):
        scene = build_scene(recipe, frames=2, seed=1)
        camera = recipe.cameras.cameras(1, scene.arena)[0]
        renderer = Renderer(scene, camera, Exposure(samples=1, noise=0.0), np.random.default_rng(0))
        pictures.append(renderer.render(0, np.random.default_rng(0)))
    differs = np.abs(pictures[0].image.astype(int) - pictures[1].image).max(-1) > 20
    assert differs.sum() > 5
    edge = cv2.dilate(pictures[0].visible[0].astype(np.uint8), np.ones((3, 3), np.uint8)).astype(bool)
    assert not (differs & ~edge).any()
