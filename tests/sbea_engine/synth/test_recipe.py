from __future__ import annotations

from pathlib import Path

import pytest

import sbea_engine.synth
from sbea_engine.synth import load_recipe, recipe_names
from sbea_engine.synth.recipe import BadRecipe

TINY = Path(sbea_engine.synth.__file__).parent / "recipes" / "tiny.toml"


@pytest.mark.parametrize("name", recipe_names())
def test_every_recipe_of_the_package_loads(name: str) -> None:
    assert load_recipe(name).name == name


def test_a_file_elsewhere_loads(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(TINY.read_text().replace('coat = "black"', 'coat = "agouti"\nscale = 1.2'))
    recipe = load_recipe(file)
    assert (recipe.name, recipe.animals[0].coat, recipe.animals[0].scale) == ("mine", "agouti", 1.2)


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ("fps = 15.0", "fps = 15.0\nfsp = 15.0", "fsp"),
        ("litter = 20", "liter = 20", "arena.liter"),
        ("litter = 20", 'litter = "many"', "arena.litter"),
        ("floor_mm = [260.0, 200.0]", "floor_mm = [260.0, 20.0]", "arena.floor_mm"),
        ("width = 160", "width = 161", "cameras.width"),
        ('coat = "black"', 'coat = "plaid"', "animals.0.coat"),
        ('body = "mouse"', 'body = "moose"', "animals.0.body"),
        ("samples = 2", "samples = 0", "render.samples"),
        ("fps = 15.0", "fps = nan", "fps"),
    ],
)
def test_a_bad_value_is_refused_with_file_and_key(tmp_path: Path, old: str, new: str, key: str) -> None:
    file = tmp_path / "mine.toml"
    text = TINY.read_text()
    assert old in text
    file.write_text(text.replace(old, new))
    with pytest.raises(BadRecipe) as caught:
        load_recipe(file)
    assert str(file) in str(caught.value)
    assert f" {key}:" in str(caught.value)


def test_no_animal_and_several_animals_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    table = '[[animals]]\nname = "b"\n'
    for text in (TINY.read_text() + table, TINY.read_text().split("[[animals]]")[0]):
        file.write_text(text)
        with pytest.raises(BadRecipe, match="animals"):
            load_recipe(file)


def test_an_unknown_name_lists_what_there_is() -> None:
    with pytest.raises(BadRecipe, match="solo"):
        load_recipe("sollo")


@pytest.mark.parametrize("content", [b"fps = = 3", b"\xff\xfe\x00"])
def test_a_file_that_is_no_toml_is_named(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "mine.toml"
    file.write_bytes(content)
    with pytest.raises(BadRecipe, match=r"mine\.toml: not TOML"):
        load_recipe(file)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadRecipe, match=r"nowhere\.toml: cannot be read"):
        load_recipe(tmp_path / "nowhere.toml")
