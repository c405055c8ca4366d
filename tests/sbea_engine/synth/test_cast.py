from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sbea_engine.synth import load_recipe
from sbea_engine.synth.behaviour.repertoire import BadRepertoire
from sbea_engine.synth.cast import PIECE, Cast, rehearse
from sbea_engine.synth.mouse import MOUSE
from sbea_engine.synth.obstacle import Circle, Obstacle

FRAMES = PIECE + 400  # more than one piece


def play(seed: int, frames: int = FRAMES, fps: float = 30.0) -> Cast:
    arena = load_recipe("dyad").arena.arena()
    return rehearse(
        np.random.default_rng(seed),
        names="ab",
        plans=[MOUSE, MOUSE.scaled(1.1)],
        paces=[1.0, 0.8],
        arena=arena,
        frames=frames,
        fps=fps,
    )


def test_keypoints_in_pieces_are_those_of_the_posed_bodies() -> None:
    cast = play(1)
    pieces = list(cast.points())
    assert [len(p) for p in pieces] == [PIECE, 400]
    whole = np.stack([m.points_mm for m in cast.motions()], axis=1)
    np.testing.assert_allclose(np.concatenate(pieces), whole, atol=1e-3)


def test_same_seed_same_play_and_another_seed_another() -> None:
    first, again, other = (next(iter(play(s, frames=300).points())) for s in (4, 4, 5))
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - other).max() > 20


def test_the_same_play_at_another_frame_rate() -> None:
    """Steps of the play do not know the frame rate: bodies are at the same places at the same times."""
    slow, fast = play(2, frames=150, fps=15.0), play(2, frames=300, fps=30.0)
    np.testing.assert_array_equal(slow.steps, fast.steps[: len(slow.steps)])
    assert [b.behaviour for b in slow.bouts_of[0]] == [b.behaviour for b in fast.bouts_of[0]]


def test_things_in_the_arena_are_walked_around() -> None:
    things = tuple(
        Obstacle(footprint=Circle(centre_mm=at, radius_mm=32.0), height_mm=60, colour=(0.2, 0.2, 0.2))
        for at in ((80.0, 30.0), (-90.0, -40.0))
    )
    cast = play(3, frames=2400)
    arena = replace(cast.arena, obstacles=things)
    cast = rehearse(
        np.random.default_rng(3),
        names="ab",
        plans=[MOUSE, MOUSE],
        paces=[1.0, 1.0],
        arena=arena,
        frames=2400,
        fps=30.0,
    )
    trunk = MOUSE.joints_at((MOUSE.joints[0].name, *MOUSE.spine))
    for motion in cast.motions():
        for thing in things:
            assert thing.footprint.gap_mm(motion.joints.position_mm[:, trunk, :2]).min() > 5


def test_no_room_is_said() -> None:
    arena = load_recipe("tiny").arena.arena()
    fill = Obstacle(
        footprint=Circle(centre_mm=(0.0, 0.0), radius_mm=95.0), height_mm=60, colour=(0.2, 0.2, 0.2)
    )
    with pytest.raises(BadRepertoire, match="find no room"):
        rehearse(
            np.random.default_rng(0),
            names="ab",
            plans=[MOUSE.scaled(1.5)] * 2,
            paces=[1.0, 1.0],
            arena=replace(arena, obstacles=(fill,)),
            frames=30,
            fps=30.0,
        )
