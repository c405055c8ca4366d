from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sbea_engine.synth import load_recipe
from sbea_engine.synth.behaviour.ground import Ground, between, deepest, off_block, part_bodies
from sbea_engine.synth.behaviour.mover import Mover, Shape
from sbea_engine.synth.mouse import MOUSE
from sbea_engine.synth.obstacle import Circle, Obstacle, Rectangle


def test_distance_of_capsules_is_that_of_their_closest_points() -> None:
    rng = np.random.default_rng(0)
    share = np.linspace(0, 1, 401)[:, None]
    for _ in range(60):
        a, b, c, d = rng.uniform(-50, 50, (4, 2))
        c[0] += 120
        d[0] += 120  # axes that do not cross, as those of bodies never do
        x, y, distance = between((*a, *b, 1.0), (*c, *d, 1.0))
        dense = np.linalg.norm((a + share * (b - a))[:, None] - (c + share * (d - c))[None], axis=-1).min()
        assert distance == pytest.approx(dense, abs=0.2)
        assert np.hypot(x, y) == pytest.approx(1)


@pytest.mark.parametrize(
    "foot",
    [
        Circle(centre_mm=(20.0, -10.0), radius_mm=25.0),
        Rectangle(centre_mm=(-15.0, 30.0), half_mm=(40.0, 15.0), turn_rad=0.6),
    ],
)
def test_way_out_of_a_thing_leads_to_its_edge(foot: Circle | Rectangle) -> None:
    arena = load_recipe("dyad").arena.arena()
    thing = Obstacle(footprint=foot, height_mm=40, colour=(0.2, 0.2, 0.2))
    ground = Ground(replace(arena, obstacles=(thing,)))
    for point in np.random.default_rng(1).uniform(-90, 90, (200, 2)):
        x, y, gap = off_block(ground.blocks[0], *point)
        assert gap == pytest.approx(float(foot.gap_mm(point)), abs=1e-9)
        if abs(gap) > 1e-6:
            edge = point - gap * np.array([x, y])
            assert float(foot.gap_mm(edge)) == pytest.approx(0, abs=1e-6)


def test_a_body_pushed_into_a_wall_comes_out_of_it() -> None:
    arena = load_recipe("dyad").arena.arena()
    ground = Ground(arena)
    for heading in np.linspace(0, 6, 13):
        body = Mover(Shape.of(MOUSE), arena.floor_mm[0] / 2 - 2, arena.floor_mm[1] / 2 + 5, heading)
        ground.confine(body)
        for x, y in ((body.nx, body.ny), (body.x, body.y), (body.fx, body.fy), (body.rx, body.ry)):
            assert abs(x) < arena.floor_mm[0] / 2
            assert abs(y) < arena.floor_mm[1] / 2


def test_depth_is_that_of_the_deepest_pair_of_capsules_and_never_below_a_bound() -> None:
    rng, shape, deeper = np.random.default_rng(3), Shape.of(MOUSE), 0
    for _ in range(300):
        x, y, heading = rng.uniform(-60, 60), rng.uniform(-60, 60), rng.uniform(-3, 3)
        a, b = Mover(shape, x, y, heading), Mover(shape, 0.0, 0.0, rng.uniform(-3, 3))
        whole, told = deepest(a, b), deepest(a, b, beyond_mm=1.0)
        depths = [p[4] + q[4] - between(p, q)[2] for p in a.capsules() for q in b.capsules()]
        assert whole[2] == max(depths)
        deeper += whole[2] > 1.0
        assert told == whole if whole[2] > 1.0 else told[2] == 1.0
    assert 30 < deeper < 270


@pytest.mark.parametrize("turned", [False, True])
def test_one_between_others_and_a_corner_gives_the_push_on(turned: bool) -> None:
    """Five in a corner, each pressed by the next: none stays in another deeper than fur gives way."""
    arena = load_recipe("dyad").arena.arena()
    ground, shape = Ground(arena), Shape.of(MOUSE)
    x, y = arena.floor_mm[0] / 2 - 30, arena.floor_mm[1] / 2 - 30
    bodies = [Mover(shape, x - 18 * i, y - 3 * i, np.pi / 2 * turned) for i in range(5)]
    for _ in range(4):  # a few steps of the play
        part_bodies(bodies, lambda i, j: 9.0, ground)
    depth = max(deepest(a, b)[2] for i, a in enumerate(bodies) for b in bodies[:i])
    assert depth < 2.5


def test_one_that_sits_stays_where_one_that_stands_is_pushed_away() -> None:
    arena = load_recipe("dyad").arena.arena()
    shape = Shape.of(MOUSE)
    sits, stands = Mover(shape, 0.0, 0.0, 0.0), Mover(shape, 0.0, 12.0, 0.0)
    sits.seat = 1.0
    part_bodies([sits, stands], lambda i, j: 9.0, Ground(arena))
    assert stands.y - 12 > 5 * -sits.y > 0


@pytest.mark.parametrize("side", [1.0, -1.0])
def test_one_that_turns_to_a_flank_takes_up_room_there(side: float) -> None:
    body = Mover(Shape.of(MOUSE), 0.0, 0.0, 0.3)
    straight = body.capsules()
    body.flank = 0.006 * side
    np.testing.assert_allclose(body.capsules(), straight, atol=0.8)
    body.flank = side
    *_, x, y, _ = body.capsules()[1]
    left = -np.sin(body.rear) * (x - body.rx) + np.cos(body.rear) * (y - body.ry)
    assert side * left > 15


def test_one_that_sits_straightens_about_its_hind_feet() -> None:
    body = Mover(Shape.of(MOUSE), 10.0, -5.0, 0.0)
    body.front, body.heading = 0.8, 1.4
    body.place()
    root, middle = (body.rx, body.ry), (body.front + body.rear) / 2
    body.seat = 1.0
    for _ in range(30):
        body.unbend()
    assert (body.rx, body.ry) == pytest.approx(root)
    assert abs(body.front - body.rear) < 0.05
    assert abs(body.heading - body.front) < 0.05
    assert body.rear == pytest.approx(middle, abs=0.05)
