"""Plays of two mice, long enough to hold every behaviour, posed once for the tests of this folder."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from sbea_engine.synth import load_recipe
from sbea_engine.synth.behaviour.bouts import Bout
from sbea_engine.synth.cast import Cast, rehearse
from sbea_engine.synth.motion import Motion
from sbea_engine.synth.mouse import MOUSE

FPS = 30.0
FRAMES = 9000
NAMES = ("a", "b")


def play(seed: int, *, animals: int, frames: int) -> Cast:
    return rehearse(
        np.random.default_rng(seed),
        names=[chr(ord("a") + i) for i in range(animals)],
        plans=[MOUSE] * animals,
        paces=[1.0] * animals,
        arena=load_recipe("dyad").arena.arena(),
        frames=frames,
        fps=FPS,
    )


@dataclass(frozen=True)
class Pair:
    """Two posed mice."""

    cast: Cast
    motions: list[Motion]

    def of(self, behaviour: str) -> list[tuple[slice, int, int]]:
        """Frames, actor and partner (-1 for none) of each bout of a behaviour."""
        index = {name: i for i, name in enumerate(self.cast.names)}
        return [
            (
                slice(b.first_frame, b.last_frame + 1),
                index[b.actor],
                -1 if b.partner is None else index[b.partner],
            )
            for b in self.cast.bouts
            if b.behaviour == behaviour
        ]

    def key(self, animal: int, name: str) -> np.ndarray:
        """A keypoint (frame, 3)."""
        return self.motions[animal].points_mm[:, MOUSE.skeleton.index(name)]

    def joint(self, animal: int, name: str) -> np.ndarray:
        return self.motions[animal].joints.position_mm[:, MOUSE.joint_index[name]]


@pytest.fixture(scope="session")
def pairs() -> list[Pair]:
    """Plays of several seeds, for what only many bouts can show."""
    casts = [play(seed, animals=2, frames=FRAMES) for seed in range(1, 7)]
    return [Pair(cast, cast.motions()) for cast in casts]


@pytest.fixture(params=[1, 4])
def pair(request: pytest.FixtureRequest, pairs: list[Pair]) -> Pair:
    seed: int = request.param
    return pairs[seed - 1]


def each(pairs: list[Pair], behaviour: str) -> list[tuple[Pair, slice, int, int]]:
    """All bouts of a behaviour, see `Pair.of`."""
    return [(pair, *bout) for pair in pairs for bout in pair.of(behaviour)]


def doing(bouts: tuple[Bout, ...], names: tuple[str, ...], frames: int) -> np.ndarray:
    """Behaviour of each animal (individual, frame)."""
    table = np.full((len(names), frames), "", dtype="U16")
    for b in bouts:
        table[names.index(b.actor), b.first_frame : b.last_frame + 1] = b.behaviour
    return table
