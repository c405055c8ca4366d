"""Recipes: small declarative files that say what to render.

How to add one: put `<name>.toml` into `recipes/`; `sbea synth --recipe <name>` finds it. A path to a file
elsewhere works as well.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError, field_validator, model_validator

from sbea_engine.synth.behaviour.repertoire import BadRepertoire, transitions_with
from sbea_engine.synth.bird import BIRD
from sbea_engine.synth.body import BodyPlan
from sbea_engine.synth.dog import DOG
from sbea_engine.synth.mouse import MOUSE
from sbea_engine.synth.setting import ArenaRecipe, BadRecipe, CameraRecipe, RenderRecipe, SyncRecipe, Table
from sbea_engine.synth.texture import COATS

__all__ = ["BODIES", "AnimalRecipe", "BadRecipe", "Recipe", "load_recipe", "recipe_names"]

BODIES: Mapping[str, BodyPlan] = {"bird": BIRD, "dog": DOG, "mouse": MOUSE}
MAX_ANIMALS = 8
FLOOR_MM2 = 8000.0  # for each animal of the size of a mouse
ANY_COAT = "any"


class AnimalRecipe(Table):
    """One individual: body plan, coat, size as a factor, and how fast it likes to run.

    The coat "any" is drawn by the seed, another one for each animal while there are enough.
    """

    name: str = Field(min_length=1, max_length=80)
    body: str = "mouse"
    coat: str = "black"
    scale: float = Field(default=1.0, ge=0.5, le=2.0)
    pace: float = Field(default=1.0, gt=0, le=3.0)

    @field_validator("body")
    @classmethod
    def _known_body(cls, body: str) -> str:
        if body not in BODIES:
            raise ValueError(f"unknown body {body!r}; known: {', '.join(sorted(BODIES))}")
        return body

    @field_validator("coat")
    @classmethod
    def _known_coat(cls, coat: str) -> str:
        if coat not in COATS and coat != ANY_COAT:
            raise ValueError(f"unknown coat {coat!r}; known: {', '.join(sorted(COATS))}")
        return coat


class VarietyRecipe(Table):
    """How individuals differ by seed, beside their coats.

    `size_spread` is the standard deviation of their sizes as a share, `marks` how many spots of dye each
    carries on its fur. With `identical` all take after the first animal, and nothing differs.
    """

    identical: bool = False
    size_spread: float = Field(default=0.0, ge=0, le=0.15)
    marks: int = Field(default=0, ge=0, le=6)

    @model_validator(mode="after")
    def _alike_or_not(self) -> VarietyRecipe:
        if self.identical and (self.size_spread or self.marks):
            raise ValueError("identical animals have neither a size_spread nor marks of their own")
        return self


class BehaviourRecipe(Table):
    """What animals do: rows that replace those of the repertoire's table of transitions, and a factor on the
    durations of bouts."""

    transitions: dict[str, dict[str, float]] = Field(default_factory=dict)
    durations: float = Field(default=1.0, ge=0.25, le=4.0)

    @field_validator("transitions")
    @classmethod
    def _known_behaviours(cls, rows: dict[str, dict[str, float]]) -> dict[str, dict[str, float]]:
        try:
            transitions_with(rows)
        except BadRepertoire as error:
            raise ValueError(str(error)) from error
        return rows


class Recipe(Table):
    """All that a recording is made from, seed and length aside."""

    name: str
    fps: float = Field(ge=1, le=240)
    arena: ArenaRecipe
    cameras: CameraRecipe
    render: RenderRecipe = RenderRecipe()
    sync: SyncRecipe = SyncRecipe()
    # Without this table a single animal in an empty box explores it, and does nothing else.
    behaviour: BehaviourRecipe | None = None
    variety: VarietyRecipe = VarietyRecipe()
    animals: tuple[AnimalRecipe, ...] = Field(min_length=1, max_length=MAX_ANIMALS)

    @field_validator("animals")
    @classmethod
    def _told_apart(cls, animals: tuple[AnimalRecipe, ...]) -> tuple[AnimalRecipe, ...]:
        names = [a.name for a in animals]
        if len(set(names)) < len(names):
            raise ValueError(f"each animal needs a name of its own, got {', '.join(names)}")
        if len({a.body for a in animals}) > 1:
            raise ValueError("all animals of a recording have the same body, so that one skeleton fits them")
        return animals

    @model_validator(mode="after")
    def _room_for_all(self) -> Recipe:
        floor = self.arena.floor_mm[0] * self.arena.floor_mm[1]
        needed = sum(FLOOR_MM2 * a.scale**2 for a in self.animals)
        if len(self.animals) > 1 and floor < needed:
            raise ValueError(
                f"{len(self.animals)} animals need a floor of {needed / 100:.0f} cm2 to pass one another, "
                f"got {floor / 100:.0f} cm2"
            )
        return self

    @model_validator(mode="after")
    def _done_by_such_bodies(self) -> Recipe:
        if self.behaviour is not None:
            try:
                transitions_with(
                    self.behaviour.transitions,
                    does=BODIES[self.animals[0].body].does,
                    alone=len(self.animals) == 1,
                )
            except BadRepertoire as error:
                raise ValueError(f"behaviour.{error}") from error
        return self

    @property
    def scripted(self) -> bool:
        """Whether the animals follow the repertoire, and do not merely explore."""
        return self.behaviour is not None or len(self.animals) > 1 or bool(self.arena.obstacles)

    def timed(self, *, start_offset_s: float | None, drop_share: float | None) -> Recipe:
        """The same recipe with other start offsets and drops; None leaves what it says."""
        asked = {"start_offset_s": start_offset_s, "drop_share": drop_share}
        given = {key: value for key, value in asked.items() if value is not None}
        sync = SyncRecipe.model_validate(self.sync.model_dump() | given)
        return self.model_copy(update={"sync": sync})


def load_recipe(name_or_path: str | Path) -> Recipe:
    """Read a recipe of the package by name, or any other by the path of its TOML file.

    Raises:
        BadRecipe: The file is not there, is no TOML, has an unknown key, or a value that cannot be used.
    """
    file = _find(name_or_path)
    try:
        table: dict[str, Any] = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadRecipe(f"{file}: cannot be read ({error.strerror or error}).") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadRecipe(f"{file}: not TOML ({error}).") from error
    try:
        return Recipe.model_validate({"name": Path(file.name).stem} | table)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"]) or "recipe"
        reason = "no such key" if first["type"] == "extra_forbidden" else first["msg"]
        raise BadRecipe(f"{file}: {key}: {reason}.", file=str(file), key=key) from error


def recipe_names() -> list[str]:
    """The recipes that come with the package."""
    files = resources.files("sbea_engine.synth").joinpath("recipes").iterdir()
    return sorted(f.name.removesuffix(".toml") for f in files if f.name.endswith(".toml"))


def _find(name_or_path: str | Path) -> Traversable:
    text = str(name_or_path)
    if text in recipe_names():
        return resources.files("sbea_engine.synth").joinpath("recipes", f"{text}.toml")
    path = Path(text)
    if path.suffix == ".toml":
        return path
    raise BadRecipe(
        f"No recipe {text!r}; known: {', '.join(recipe_names())}, or give the path of a .toml file."
    )
