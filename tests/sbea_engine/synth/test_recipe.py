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
        ("floor_mm = [260.0, 200.0]", "floor_mm = [260.0, inf]", "arena.floor_mm.1"),
        (
            "litter = 20",
            'obstacles = [{ kind = "cylinder", at_mm = [nan, 0.0], radius_mm = 9, height_mm = 9 }]',
            "arena.obstacles.0.cylinder.at_mm.0",
        ),
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


def with_animals(tmp_path: Path, *tables: str) -> Path:
    file = tmp_path / "mine.toml"
    file.write_text(TINY.read_text().split("[[animals]]")[0] + "\n".join(tables))
    return file


def test_no_animal_and_too_many_animals_are_refused(tmp_path: Path) -> None:
    nine = [f'[[animals]]\nname = "{i}"' for i in range(9)]
    for tables in ([], nine):
        with pytest.raises(BadRecipe, match="animals"):
            load_recipe(with_animals(tmp_path, *tables))


def test_animals_of_one_name_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BadRecipe, match="a name of its own"):
        load_recipe(with_animals(tmp_path, *['[[animals]]\nname = "b"'] * 2))


def test_more_animals_than_the_floor_has_room_for_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BadRecipe, match="8 animals need a floor of 640 cm2 to pass one another, got 520 cm2"):
        load_recipe(with_animals(tmp_path, *[f'[[animals]]\nname = "{i}"' for i in range(8)]))


def test_identical_animals_with_marks_of_their_own_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BadRecipe, match="identical"):
        load_recipe(
            with_animals(tmp_path, "[variety]\nidentical = true\nmarks = 2\n", '[[animals]]\nname = "b"')
        )


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("walk = { fly = 1.0 }", "unknown behaviour 'fly'"),
        ("fly = { walk = 1.0 }", "unknown behaviour 'fly'"),
        ("walk = { idle = -1.0 }", "at least 0"),
        ("walk = { idle = 0.0 }", "one above 0"),
        ("approach = { walk = 1.0 }", "what is approached for"),
    ],
)
def test_transitions_that_make_no_sense_are_refused(tmp_path: Path, row: str, said: str) -> None:
    table = f"[behaviour.transitions]\n{row}\n"
    with pytest.raises(BadRecipe, match=said):
        load_recipe(with_animals(tmp_path, table, '[[animals]]\nname = "b"'))


def test_birds_are_not_asked_to_groom(tmp_path: Path) -> None:
    table = "[behaviour.transitions]\nidle = { groom = 1.0 }\n"
    birds = [f'[[animals]]\nname = "{i}"\nbody = "bird"\ncoat = "pigeon"' for i in range(2)]
    with pytest.raises(BadRecipe, match=r"behaviour\.transitions\.idle: this body does not groom"):
        load_recipe(with_animals(tmp_path, table, *birds))


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
