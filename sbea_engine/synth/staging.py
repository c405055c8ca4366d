"""From a recipe to animals that move: all who appear, and what they do."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sbea_engine.synth.behaviour.bouts import Bout
from sbea_engine.synth.cast import Cast, rehearse
from sbea_engine.synth.individuals import Individual, individuals_of
from sbea_engine.synth.motion import Motion, explore
from sbea_engine.synth.recipe import BehaviourRecipe, Recipe
from sbea_engine.synth.signals import chance

ANIMALS = 1  # stream of chance, see `recording.py`
_LOOKS, _PLAY = 1000, 1001  # behind those of the animals themselves
STANDS_BELOW_MM_S = 15.0


def company(recipe: Recipe, seed: int) -> tuple[Individual, ...]:
    """The animals of a recipe."""
    rngs = [chance(seed, ANIMALS, _LOOKS, i) for i in range(len(recipe.animals))]
    return individuals_of(recipe, rngs)


def cast_of(recipe: Recipe, animals: Sequence[Individual], *, frames: int, seed: int) -> Cast:
    """What the animals of a recipe do by its repertoire; raises `BadRepertoire` where they find no room."""
    behaviour = recipe.behaviour or BehaviourRecipe()
    return rehearse(
        chance(seed, ANIMALS, _PLAY),
        names=[a.name for a in animals],
        plans=[a.plan for a in animals],
        paces=[a.pace for a in animals],
        arena=recipe.arena.arena(),
        frames=frames,
        fps=recipe.fps,
        transitions=behaviour.transitions,
        durations=behaviour.durations,
    )


def act_out(
    recipe: Recipe, animals: Sequence[Individual], *, frames: int, seed: int
) -> tuple[list[Motion], tuple[Bout, ...]]:
    """Motions and bouts of the animals: by the repertoire, or exploring where the recipe says no more."""
    if recipe.scripted:
        cast = cast_of(recipe, animals, frames=frames, seed=seed)
        return cast.motions(), cast.bouts
    floor_mm = recipe.arena.floor_mm
    motions = [
        explore(
            chance(seed, ANIMALS, i), a.plan, floor_mm=floor_mm, frames=frames, fps=recipe.fps, pace=a.pace
        )
        for i, a in enumerate(animals)
    ]
    bouts = [b for a, m in zip(animals, motions, strict=True) for b in walks_and_pauses(a.name, m.speed_mm_s)]
    return motions, tuple(bouts)


def walks_and_pauses(name: str, speed_mm_s: NDArray[np.float64]) -> list[Bout]:
    """Bouts of an animal that only walks and stands, by its speed (frame,)."""
    walks = speed_mm_s >= STANDS_BELOW_MM_S
    first = np.concatenate([[0], np.flatnonzero(np.diff(walks)) + 1])
    last = np.append(first[1:], len(walks)) - 1
    return [
        Bout(
            behaviour="walk" if walks[f] else "idle",
            first_frame=int(f),
            last_frame=int(e),
            actor=name,
        )
        for f, e in zip(first, last, strict=True)
    ]
