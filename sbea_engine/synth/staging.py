"""From a recipe to animals that move: all who appear, and what they do."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sbea_engine.synth.behaviour.bouts import Bout
from sbea_engine.synth.cast import Cast, rehearse, roam
from sbea_engine.synth.individuals import Individual, individuals_of
from sbea_engine.synth.motion import Motion
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
    """What the animals do: by the repertoire, or exploring where the recipe says no more.

    Raises:
        BadRepertoire: They find no room.
    """
    names, plans, paces = [a.name for a in animals], [a.plan for a in animals], [a.pace for a in animals]
    if not recipe.scripted:
        return roam(
            [chance(seed, ANIMALS, i) for i in range(len(animals))],
            names=names,
            plans=plans,
            paces=paces,
            floor_mm=recipe.arena.floor_mm,
            frames=frames,
            fps=recipe.fps,
        )
    behaviour = recipe.behaviour or BehaviourRecipe()
    return rehearse(
        chance(seed, ANIMALS, _PLAY),
        names=names,
        plans=plans,
        paces=paces,
        arena=recipe.arena.arena(),
        frames=frames,
        fps=recipe.fps,
        transitions=behaviour.transitions,
        durations=behaviour.durations,
    )


def act_out(
    recipe: Recipe, animals: Sequence[Individual], *, frames: int, seed: int
) -> tuple[list[Motion], tuple[Bout, ...]]:
    """Motions and bouts of the animals."""
    cast = cast_of(recipe, animals, frames=frames, seed=seed)
    motions = cast.motions()
    return motions, bouts_of(recipe, cast, np.stack([m.speed_mm_s for m in motions], axis=1))


def bouts_of(recipe: Recipe, cast: Cast, speed_mm_s: NDArray[np.float64]) -> tuple[Bout, ...]:
    """What each animal does: by the repertoire, or by the speeds (frame, individual) of explorers."""
    if recipe.scripted:
        return cast.bouts
    return tuple(b for i, n in enumerate(cast.names) for b in walks_and_pauses(n, speed_mm_s[:, i]))


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
