from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from sbea_engine.synth import load_recipe
from sbea_engine.synth.behaviour.repertoire import BadRepertoire
from sbea_engine.synth.body import BodyPlan, Keypoint
from sbea_engine.synth.cast import PIECE, Cast, Script, rehearse, roam
from sbea_engine.synth.mouse import MOUSE
from sbea_engine.synth.obstacle import Circle, Obstacle
from sbea_engine.synth.recipe import BODIES

FRAMES = PIECE + 400  # more than one piece
ROAMS = {"mouse": 1.0, "bird": 3.0, "dog": 7.5}  # width of a pen as that of the mice's box


def play(
    seed: int,
    frames: int = FRAMES,
    fps: float = 30.0,
    plan: BodyPlan = MOUSE,
    transitions: dict[str, dict[str, float]] | None = None,
) -> Cast:
    arena = load_recipe("dyad").arena.arena()
    wide = ROAMS[plan.name]
    return rehearse(
        np.random.default_rng(seed),
        names="ab",
        plans=[plan, plan.scaled(1.1)],
        paces=[1.0, 0.8],
        arena=replace(arena, floor_mm=(wide * arena.floor_mm[0], wide * arena.floor_mm[1])),
        frames=frames,
        fps=fps,
        transitions=transitions,
    )


def explored(plan: BodyPlan, frames: int = FRAMES) -> Cast:
    return roam(
        [np.random.default_rng(s) for s in (1, 2)],
        names="ab",
        plans=[plan, plan.scaled(1.1)],
        paces=[0.5, 0.8],
        floor_mm=(420.0 * ROAMS[plan.name], 320.0 * ROAMS[plan.name]),
        frames=frames,
        fps=30.0,
    )


# A mouse whose every joint carries a keypoint: what no keypoint hangs on is not posed in pieces.
PAWED = replace(
    MOUSE,
    keypoints=(*MOUSE.keypoints, *(Keypoint(name=f"on {j.name}", joint=j.name) for j in MOUSE.joints)),
)


@pytest.mark.parametrize("plan", [*BODIES.values(), PAWED], ids=[*BODIES, "every joint"])
@pytest.mark.parametrize("plot", [explored, lambda plan: play(1, plan=plan)], ids=["explores", "plays"])
def test_keypoints_in_pieces_are_those_of_the_posed_bodies(
    plan: BodyPlan, plot: Callable[[BodyPlan], Cast]
) -> None:
    cast = plot(plan)
    pieces = list(cast.pieces())
    assert [len(p.points_mm) for p in pieces] == [PIECE, 400]
    motions = cast.motions()
    whole = np.stack([m.points_mm for m in motions], axis=1)
    np.testing.assert_allclose(np.concatenate([p.points_mm for p in pieces]), whole, atol=1e-3)
    speed = np.stack([m.speed_mm_s for m in motions], axis=1)
    np.testing.assert_allclose(np.concatenate([p.speed_mm_s for p in pieces]), speed, atol=1e-3)


def test_paws_on_a_partners_back_are_there_in_pieces_too() -> None:
    """A mount that lasts from one piece into the next, and feet that stand for long."""
    often = {
        "idle": {"approach": 1.0},
        "walk": {"approach": 1.0},
        "approach": {"nose-anogenital": 1.0},
        "nose-anogenital": {"mount": 1.0},
    }
    for seed in range(40):
        cast = play(seed, frames=PIECE + 200, plan=PAWED, transitions=often)
        if any(b.behaviour == "mount" and b.first_frame < PIECE < b.last_frame for b in cast.bouts):
            break
    else:
        raise AssertionError("no seed has such a mount")
    whole = np.stack([m.points_mm for m in cast.motions()], axis=1)
    pieces = np.concatenate([p.points_mm for p in cast.pieces()])
    np.testing.assert_allclose(pieces, whole, atol=1e-3)


def test_same_seed_same_play_and_another_seed_another() -> None:
    first, again, other = (next(iter(play(s, frames=300).pieces())).points_mm for s in (4, 4, 5))
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - other).max() > 20


def test_the_same_play_at_another_frame_rate() -> None:
    """Steps of the play do not know the frame rate: bodies are at the same places at the same times."""
    slow, fast = (play(2, frames=f, fps=r).courses[0] for f, r in ((150, 15.0), (300, 30.0)))
    assert isinstance(slow, Script)
    assert isinstance(fast, Script)
    np.testing.assert_array_equal(slow.steps, fast.steps[: len(slow.steps)])
    assert [b.behaviour for b in slow.found] == [b.behaviour for b in fast.found]


@pytest.mark.parametrize("plan", BODIES.values(), ids=list(BODIES))
def test_bodies_do_what_they_are_made_for_and_nothing_else(plan: BodyPlan) -> None:
    done = {b.behaviour for b in play(3, frames=9000, plan=plan).bouts}
    assert done <= plan.does
    assert done >= plan.acts - {"mount", "follow", "huddle"}  # the rarest


def test_things_in_the_arena_are_walked_around() -> None:
    things = tuple(
        Obstacle(footprint=Circle(centre_mm=at, radius_mm=32.0), height_mm=60, colour=(0.2, 0.2, 0.2))
        for at in ((80.0, 30.0), (-90.0, -40.0))
    )
    arena = replace(load_recipe("dyad").arena.arena(), obstacles=things)
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
