"""Who the animals of a recipe are: coats, sizes and marks drawn by the seed, or all the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from sbea_engine.synth.body import BodyPlan
from sbea_engine.synth.recipe import ANY_COAT, BODIES, AnimalRecipe, Recipe
from sbea_engine.synth.texture import COATS, Coat, Colour, Mark

# Dyes that show on black, brown and white fur; the spots lie on back, flanks and rump of the resting body.
_DYES: tuple[Colour, ...] = ((0.55, 0.05, 0.04), (0.05, 0.16, 0.55), (0.06, 0.38, 0.08), (0.62, 0.45, 0.03))
_MARK_SHARE = (0.055, 0.095)  # radius, of the length of the trunk and head
_LARGEST_CHANGE = 0.25


@dataclass(frozen=True, slots=True, kw_only=True)
class Individual:
    """One animal before it moves."""

    name: str
    plan: BodyPlan
    coat: Coat
    pace: float


def individuals_of(recipe: Recipe, rngs: Sequence[np.random.Generator]) -> tuple[Individual, ...]:
    """The animals of a recipe, each drawn from its own source of chance."""
    coats = _coats(recipe, rngs[0])
    if recipe.variety.identical:
        first = recipe.animals[0]
        plan, coat = BODIES[first.body].scaled(first.scale), COATS[coats[0]]
        return tuple(Individual(name=a.name, plan=plan, coat=coat, pace=first.pace) for a in recipe.animals)
    return tuple(
        _draw(asked, recipe, coat, rng) for asked, coat, rng in zip(recipe.animals, coats, rngs, strict=True)
    )


def _coats(recipe: Recipe, rng: np.random.Generator) -> list[str]:
    """Names of coats; "any" takes those that no animal has yet, in an order by chance, then begins anew."""
    asked = [a.coat for a in recipe.animals]
    order = [str(name) for name in rng.permutation(sorted(COATS))]
    left = [name for name in order if name not in asked]
    coats = []
    for coat in asked:
        left = left or list(order)
        coats.append(left.pop(0) if coat == ANY_COAT else coat)
    return coats


def _draw(asked: AnimalRecipe, recipe: Recipe, coat: str, rng: np.random.Generator) -> Individual:
    change = np.clip(recipe.variety.size_spread * rng.standard_normal(), -_LARGEST_CHANGE, _LARGEST_CHANGE)
    plan = BODIES[asked.body].scaled(asked.scale * (1 + float(change)))
    marks = tuple(_mark(plan, rng) for _ in range(recipe.variety.marks))
    return Individual(name=asked.name, plan=plan, coat=replace(COATS[coat], marks=marks), pace=asked.pace)


def _mark(plan: BodyPlan, rng: np.random.Generator) -> Mark:
    """A spot on the upper side of a part of the trunk."""
    trunk = {plan.joints[0].name, *plan.spine}
    parts = [p for p in plan.parts if p.joint in trunk and p.to is None and p.soft and p.centre_mm[1] == 0]
    part = parts[int(rng.integers(len(parts)))]
    rest = plan.rest_mm(part.joint)
    round_the_back = rng.uniform(-1.1, 1.1)
    length = float(np.linalg.norm(plan.rest_mm(plan.neck[-1]) - plan.rest_mm(plan.joints[0].name)))
    x, y, z = part.centre_mm
    centre = (
        float(rest[0] + x + rng.uniform(-0.4, 0.4) * part.radii_mm[0]),
        float(rest[1] + y + np.sin(round_the_back) * part.radii_mm[1]),
        float(rest[2] + z + np.cos(round_the_back) * part.radii_mm[2]),
    )
    return Mark(
        centre_mm=centre,
        radius_mm=float(rng.uniform(*_MARK_SHARE)) * 2 * length,
        colour=_DYES[int(rng.integers(len(_DYES)))],
    )
