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


@pytest.fixture(scope="session", params=[1, 2])
def pair(request: pytest.FixtureRequest) -> Pair:
    cast = play(request.param, animals=2, frames=FRAMES)
    return Pair(cast, cast.motions())


def doing(bouts: tuple[Bout, ...], names: tuple[str, ...], frames: int) -> np.ndarray:
    """Behaviour of each animal (individual, frame)."""
    table = np.full((len(names), frames), "", dtype="U16")
    for b in bouts:
        table[names.index(b.actor), b.first_frame : b.last_frame + 1] = b.behaviour
    return table
