"""What keeps bodies apart: walls, things that stand in the arena, and other bodies."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from sbea_engine.synth.arena import Arena
from sbea_engine.synth.behaviour.mover import LEAN_MM, SEAT_HOLDS, SEAT_MM, Capsule, Mover
from sbea_engine.synth.obstacle import Circle

SOFT_MM = 1.0  # fur gives way by this much before bodies part
DONE_MM = 0.02
ROUNDS = 12  # one between another and a wall gives its share of a push on, round by round
REACH_MM = 60.0  # of a mouse, from the middle of its trunk to nose or rump, its girth included
TOES_MM = 4.0  # of a mouse: how far its hind toes reach out beside its trunk
Block = tuple[float, float, float, float, float, float, float]  # centre, cos, sin, half sides, radius


class Ground:
    """The floor plan of an arena."""

    def __init__(self, arena: Arena) -> None:
        self.half = (arena.floor_mm[0] / 2, arena.floor_mm[1] / 2)
        self.blocks: list[Block] = []
        for foot in arena.footprints:
            x, y = foot.centre_mm
            if isinstance(foot, Circle):
                self.blocks.append((x, y, 1.0, 0.0, 0.0, 0.0, foot.radius_mm))
            else:
                turn = foot.turn_rad
                self.blocks.append((x, y, math.cos(turn), math.sin(turn), *foot.half_mm, 0.0))

    def confine(self, body: Mover) -> None:
        """Push a body off walls and things."""
        s = body.shape
        reach = REACH_MM * s.size
        hx, hy = self.half
        if not self.blocks and abs(body.cx) < hx - reach and abs(body.cy) < hy - reach:
            return
        # One that stands up at a wall draws its nose in: its head is over its feet and no longer ahead.
        seat, lean = SEAT_MM * body.seat * (1 - body.lean), LEAN_MM * body.lean
        places = (
            (body.x, body.y, s.nose_mm + (2 - lean) * s.size),
            (body.fx, body.fy, s.trunk_radius_mm + (seat - lean) * s.size),
            (body.cx, body.cy, s.trunk_radius_mm),
            (body.rx, body.ry, s.trunk_radius_mm + TOES_MM * s.size),
        )
        (ax, ay, ar), (bx, by, br), (cx, cy, cr), (ex, ey, er) = places
        low, high = min(ax - ar, bx - br, cx - cr, ex - er) + hx, max(ax + ar, bx + br, cx + cr, ex + er) - hx
        dx = -low if low < 0 else -high if high > 0 else 0.0
        low, high = min(ay - ar, by - br, cy - cr, ey - er) + hy, max(ay + ar, by + br, cy + cr, ey + er) - hy
        dy = -low if low < 0 else -high if high > 0 else 0.0
        for block in self.blocks:
            for x, y, radius in places:
                away_x, away_y, gap = off_block(block, x + dx, y + dy)
                if gap < radius:
                    dx += away_x * (radius - gap)
                    dy += away_y * (radius - gap)
        if dx or dy:
            body.shift(dx, dy)

    def free(self, x: float, y: float, margin: float) -> bool:
        """Whether a place is at least `margin` off walls and things."""
        return (
            abs(x) <= self.half[0] - margin
            and abs(y) <= self.half[1] - margin
            and all(off_block(block, x, y)[2] >= margin for block in self.blocks)
        )


def off_block(block: Block, x: float, y: float) -> tuple[float, float, float]:
    """Unit vector away from a thing on the floor, and the distance to it, negative inside."""
    cx, cy, c, s, hx, hy, radius = block
    u, v = c * (x - cx) + s * (y - cy), -s * (x - cx) + c * (y - cy)
    du, dv = u - max(-hx, min(hx, u)), v - max(-hy, min(hy, v))
    d = math.hypot(du, dv)
    if d < 1e-9:  # inside a box: out by the nearest side
        if hx - abs(u) < hy - abs(v):
            du, dv, d = math.copysign(1, u), 0.0, abs(u) - hx
        else:
            du, dv, d = 0.0, math.copysign(1, v), abs(v) - hy
    else:
        du, dv = du / d, dv / d
    return c * du - s * dv, s * du + c * dv, d - radius


def part_bodies(bodies: Sequence[Mover], push_mm: Callable[[int, int], float], ground: Ground) -> None:
    """Push overlapping bodies apart, those that sit the least, and everything back within the walls.

    Args:
        push_mm: By how much at most a pair (i, j) is pushed in a round; 0 where one may be on the other.
    """
    for _ in range(ROUNDS):
        pushed = False
        for i in range(len(bodies)):
            for j in range(i + 1, len(bodies)):
                limit = push_mm(i, j)
                if limit and _part(bodies[i], bodies[j], limit):
                    pushed = True
        if not pushed:
            break
        for body in bodies:
            ground.confine(body)


def _part(a: Mover, b: Mover, limit: float) -> bool:
    if apart(a, b):
        return False
    x, y, depth = deepest(a, b, beyond_mm=SOFT_MM)
    depth -= SOFT_MM
    if depth <= DONE_MM:  # pushed apart already, to within rounding
        return False
    push = min(depth, limit)
    gives, other_gives = 1 - SEAT_HOLDS * a.seat, 1 - SEAT_HOLDS * b.seat
    mine = push * gives / (gives + other_gives)
    a.shift(x * mine, y * mine)
    b.shift(-x * (push - mine), -y * (push - mine))
    return True


def apart(a: Mover, b: Mover) -> bool:
    """Whether two bodies are too far from one another to touch."""
    x, y, reach = a.cx - b.cx, a.cy - b.cy, REACH_MM * (a.shape.size + b.shape.size)
    return x * x + y * y > reach * reach


def deepest(a: Mover, b: Mover, beyond_mm: float = -math.inf) -> tuple[float, float, float]:
    """Unit vector from `b` to `a` where their capsules are closest, and how deep they overlap there.

    Where no two overlap by more than `beyond_mm`, that is the answer, with any direction: it is sooner known.
    """
    best, others = (1.0, 0.0, beyond_mm), b.capsules()
    for one in a.capsules():
        for other in others:
            if _at_most(one, other) <= best[2]:
                continue
            x, y, d = between(one, other)
            depth = one[4] + other[4] - d
            if depth > best[2]:
                best = (x, y, depth)
    return best


def _at_most(one: Capsule, other: Capsule) -> float:
    """A bound, quick to have, on how deep two capsules overlap: seen along the line through their middles."""
    ax, ay, bx, by, r = one
    cx, cy, dx, dy, q = other
    x, y = ax + bx - cx - dx, ay + by - cy - dy
    apart = math.hypot(x, y)
    if apart == 0.0:
        return r + q
    covered = abs((bx - ax) * x + (by - ay) * y) + abs((dx - cx) * x + (dy - cy) * y)
    return r + q - (apart - covered / apart) / 2


def between(one: Capsule, other: Capsule) -> tuple[float, float, float]:
    """Unit vector from the axis of `other` to that of `one` at their closest, and the distance."""
    ax, ay, bx, by, _ = one
    cx, cy, dx, dy, _ = other
    best_x, best_y, best = 0.0, 0.0, math.inf
    # In the plane, two segments that do not cross are closest at an end of one of them.
    for px, py, qx, qy, rx, ry, sign in (
        (ax, ay, cx, cy, dx, dy, 1),
        (bx, by, cx, cy, dx, dy, 1),
        (cx, cy, ax, ay, bx, by, -1),
        (dx, dy, ax, ay, bx, by, -1),
    ):
        x, y = to_segment(px, py, qx, qy, rx, ry)
        d = x * x + y * y
        if d < best:
            best_x, best_y, best = sign * x, sign * y, d
    d = math.sqrt(best)
    if d < 1e-6:
        return 1.0, 0.0, 0.0
    return best_x / d, best_y / d, d


def to_segment(px: float, py: float, qx: float, qy: float, rx: float, ry: float) -> tuple[float, float]:
    """Vector to a point p from the nearest point of the segment q - r."""
    ex, ey = rx - qx, ry - qy
    ux, uy = px - qx, py - qy
    along = ux * ex + uy * ey
    if along <= 0.0:
        return ux, uy
    length = ex * ex + ey * ey
    if along >= length:
        return px - rx, py - ry
    t = along / length
    return ux - t * ex, uy - t * ey
