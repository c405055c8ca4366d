"""Where an animal heads, and how fast, in each behaviour."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from sbea_engine.synth.behaviour.actor import Actor
from sbea_engine.synth.behaviour.clock import RATE_HZ, STEP_S
from sbea_engine.synth.behaviour.ground import to_segment

if TYPE_CHECKING:
    from sbea_engine.synth.behaviour.stage import Stage

WALL_PATH_MM = (26.0, 46.0)
REACHED_MM = 28.0
NEW_TARGET_S = 3.5
HEED_MM = 75.0
NOSE_GAP_MM = 4.0
TRAIL_S = 0.3
WALL_AHEAD_MM = 120.0  # how far off a wall may be that a mouse goes to, to stand up against it
AT_WALL_MM = 7.0
LEAN_MM_S = 75.0
ACROSS = 0.3  # share of the waypoints off the walls

Control = tuple[float, float, float, float]  # error of heading, wanted speed, lag of speed, look rate


def control(stage: Stage, actor: Actor) -> Control:
    """Error of heading in radians, wanted speed in mm/s, time constant of it in s, free turn rate in 1/s."""
    steer = _CONTROLS.get(actor.behaviour, _stand)
    return steer(stage, actor)


def _stand(stage: Stage, actor: Actor) -> Control:
    return 0.0, 0.0, 0.14, 0.0


def _walk(stage: Stage, actor: Actor) -> Control:
    body, size = actor.body, actor.body.shape.size
    x, y = actor.target
    near = math.hypot(x - body.x, y - body.y) < REACHED_MM * size
    if not actor.to_wall and (near or stage.step - actor.target_step > NEW_TARGET_S * RATE_HZ):
        waypoint(stage, actor)
        x, y = actor.target
    actor.wiggle += STEP_S * (-actor.wiggle / 0.4) + 1.1 * stage.chance.normal() * math.sqrt(STEP_S)
    error = _towards(actor, x, y) + actor.wiggle / 3.4
    wanted = actor.speed * stage.tempo(actor)
    if stage.sniffed(actor):
        wanted = min(wanted, 55 * size)
    return _heed(stage, actor, error, wanted, 0.22)


def _rear(stage: Stage, actor: Actor) -> Control:
    """On the spot, or up against the wall that it came to."""
    return 0.0, LEAN_MM_S * actor.body.shape.size * actor.leans, 0.14, 0.0


def wall_ahead(stage: Stage, actor: Actor) -> bool:
    """Set course for the wall that an animal looks at; False where none is near, or things are in the way."""
    body, (hx, hy), size = actor.body, stage.ground.half, actor.body.shape.size
    c, s = math.cos(body.heading), math.sin(body.heading)
    if stage.ground.blocks:
        return False
    far_x = (math.copysign(hx, c) - body.x) / c if abs(c) > 1e-6 else math.inf
    far_y = (math.copysign(hy, s) - body.y) / s if abs(s) > 1e-6 else math.inf
    if min(far_x, far_y) > WALL_AHEAD_MM * size:
        return False
    if far_x < far_y:
        actor.target = (math.copysign(hx, c), body.y + 0.4 * far_x * s)
    else:
        actor.target = (body.x + 0.4 * far_y * c, math.copysign(hy, s))
    return True


def at_wall(stage: Stage, actor: Actor) -> bool:
    """Whether the nose is at a wall, and the body square to it."""
    body, (hx, hy), size = actor.body, stage.ground.half, actor.body.shape.size
    c, s = math.cos(body.heading), math.sin(body.heading)
    walls = (
        (hx - abs(body.nx), c * math.copysign(1, body.nx)),
        (hy - abs(body.ny), s * math.copysign(1, body.ny)),
    )
    close = any(off < AT_WALL_MM * size and facing > 0.85 for off, facing in walls)
    return close and abs(body.heading - body.rear) < 0.5


def roomier_side(stage: Stage, actor: Actor) -> float:
    """1 for the left, -1 for the right: where neither wall nor another is close; 0 for neither."""
    body = actor.body
    reach = 40 * body.shape.size
    room = {}
    for side in (1.0, -1.0):
        x, y = (
            body.fx - side * reach * math.sin(body.front),
            body.fy + side * reach * math.cos(body.front),
        )
        others = [math.hypot(o.body.cx - x, o.body.cy - y) for o in stage.actors if o is not actor]
        room[side] = min([*others, 100.0]) - (0 if stage.ground.free(x, y, 0) else 100)
    side = 1.0 if room[1.0] > room[-1.0] else -1.0
    return side if room[side] > 1.2 * reach else 0.0


def waypoint(stage: Stage, actor: Actor) -> None:
    """Mostly the next stretch of wall, sometimes across the field; never where a thing stands."""
    chance, (hx, hy), size = stage.chance, stage.ground.half, actor.body.shape.size
    for _ in range(6):
        if chance.uniform() < ACROSS:
            actor.target = (chance.uniform(-0.6, 0.6) * hx, chance.uniform(-0.6, 0.6) * hy)
            actor.side = int(chance.uniform(0, 4))
        else:
            off = chance.uniform(*WALL_PATH_MM) * size
            along = chance.uniform(-0.75, 0.75)
            side, actor.side = actor.side, (actor.side + (1 if chance.uniform() < 0.75 else 3)) % 4
            if side % 2 == 0:
                actor.target = (along * (hx - off), (hy - off) * (1 if side == 2 else -1))
            else:
                actor.target = ((hx - off) * (1 if side == 1 else -1), along * (hy - off))
        if stage.ground.free(*actor.target, 20 * size):
            break
    actor.target_step = stage.step


def _approach(stage: Stage, actor: Actor) -> Control:
    assert actor.partner is not None
    me, other, size = actor.body, actor.partner.body, actor.body.shape.size
    if actor.aim == "huddle":
        x, y, heading = other.cx, other.cy, None
    elif actor.aim == "nose-nose":
        x, y, heading = other.nx, other.ny, other.heading
    else:
        x, y, heading = other.bx, other.by, other.rear + math.pi
    left = math.hypot(x - me.nx, y - me.ny)
    wanted = min(actor.speed, 3.0 * left + 25 * size)
    if heading is not None:
        x, y = _around(me.x, me.y, x, y, heading, size)
    return _heed(stage, actor, _towards(actor, x, y), wanted, 0.2)


def _around(px: float, py: float, x: float, y: float, heading: float, size: float) -> tuple[float, float]:
    """The end of a body at (x, y) that points to `heading`, or a place beside the body on the way to it."""
    c, s = math.cos(heading), math.sin(heading)
    along, across = (px - x) * c + (py - y) * s, -(px - x) * s + (py - y) * c
    if along > 4 * size or abs(across) < 1e-6:
        line = min(28 * size, 0.55 * math.hypot(px - x, py - y))  # come in along the body, not from its side
        return x + line * c, y + line * s
    beside = math.copysign(max(30 * size, min(abs(across), 42 * size)), across)
    ahead = 14 * size if abs(across) > 22 * size else -25 * size
    return x + ahead * c - beside * s, y + ahead * s + beside * c


def _sniff(stage: Stage, actor: Actor) -> Control:
    """Nose at the partner's nose or tail base, walking along where it walks."""
    assert actor.partner is not None
    me, other, size = actor.body, actor.partner.body, actor.body.shape.size
    nose = actor.behaviour == "nose-nose"
    x, y = (other.nx, other.ny) if nose else (other.bx, other.by)
    dx, dy = x - me.nx, y - me.ny
    c, s = math.cos(me.heading), math.sin(me.heading)
    ahead = dx * c + dy * s
    own = other.speed * math.cos(other.heading - me.heading)
    wanted = max(-45 * size, min(130 * size, own + 3.2 * (ahead - NOSE_GAP_MM * size)))
    return _towards(actor, x, y), wanted, 0.09, 2.6


def _follow(stage: Stage, actor: Actor) -> Control:
    """Along the partner's path: to where its tail base was a moment ago, a body behind it."""
    assert actor.partner is not None
    me, other, size = actor.body, actor.partner.body, actor.body.shape.size
    x, y = stage.trail(actor.partner, TRAIL_S)
    gap = math.hypot(other.bx - me.nx, other.by - me.ny)
    wanted = max(0.0, min(actor.speed, other.speed + 2.2 * (gap - 28 * size)))
    return _heed(stage, actor, _towards(actor, x, y), wanted, 0.16)


def _mount(stage: Stage, actor: Actor) -> Control:
    """Head over the partner's loin, in line with it; backwards off it at the end."""
    assert actor.partner is not None
    me, other, size = actor.body, actor.partner.body, actor.body.shape.size
    error = math.remainder(other.rear - me.heading, math.tau)
    if actor.leaving:
        return 0.4 * error, -75.0 * size, 0.12, 0.0
    over = other.shape.trunk_mm * 0.72
    c, s = math.cos(other.rear), math.sin(other.rear)
    dx, dy = other.rx + over * c - me.x, other.ry + over * s - me.y
    across = -dx * s + dy * c
    wanted = max(
        -60 * size,
        min(110 * size, other.speed + 3.5 * (dx * math.cos(me.heading) + dy * math.sin(me.heading))),
    )
    return error + max(-0.5, min(0.5, 0.05 * across / size)), wanted, 0.12, 2.0


def _flee(stage: Stage, actor: Actor) -> Control:
    error = _towards(actor, *actor.target)
    wanted = actor.speed * stage.tempo(actor)
    return _heed(stage, actor, error, wanted, 0.13)


def flight(stage: Stage, actor: Actor, threat: Actor) -> None:
    """Choose where to run: far from the threat, not past it, and with room."""
    me, size = actor.body, actor.body.shape.size
    hx, hy = stage.ground.half
    best, found = -math.inf, actor.target
    for _ in range(10):
        x = stage.chance.uniform(-0.82, 0.82) * hx
        y = stage.chance.uniform(-0.82, 0.82) * hy
        from_threat = math.hypot(x - threat.body.x, y - threat.body.y)
        past = math.hypot(*to_segment(threat.body.x, threat.body.y, me.x, me.y, x, y))
        turn = abs(_towards(actor, x, y))
        score = from_threat + 1.5 * min(past, 60 * size) - 35 * size * turn
        if score > best and stage.ground.free(x, y, 25 * size):
            best, found = score, (x, y)
    actor.target, actor.target_step = found, stage.step


def _huddle(stage: Stage, actor: Actor) -> Control:
    """Close up to the partner, side by side, then rest."""
    assert actor.partner is not None
    other, size = actor.partner.body, actor.body.shape.size
    _, _, depth = stage.overlap(actor, actor.partner)
    if depth > -0.5 * size:
        return 0.0, 0.0, 0.1, 0.0
    x, y = other.cx + 0.4 * (other.x - other.cx), other.cy + 0.4 * (other.y - other.cy)
    return _towards(actor, x, y), min(40.0 * size, -3 * depth + 8), 0.15, 1.5


def _heed(stage: Stage, actor: Actor, error: float, wanted: float, lag: float) -> Control:
    """Go around those who are in the way, and slow down in front of them."""
    me = actor.body
    look = 1.6 if actor.behaviour in ("flee", "approach") else 0.0
    c, s = math.cos(me.heading), math.sin(me.heading)
    reach = HEED_MM * me.shape.size
    for other in stage.actors:
        if other is actor or abs(other.body.cx - me.x) + abs(other.body.cy - me.y) > 2.2 * reach:
            continue
        dx, dy, gap = stage.gap_before(actor, other)
        if gap > reach:
            continue
        ahead = dx * c + dy * s
        if ahead < -0.2:
            continue
        partner = other is actor.partner and actor.behaviour != "flee"
        if not partner:
            turn = 1.5 * (1 - gap / reach) * max(0.0, ahead)
            error -= math.copysign(turn, c * dy - s * dx)
        if ahead > 0.35:
            room = max(0.0, gap - 2.0) / (0.3 if partner else 0.42)
            if actor.behaviour == "flee" and other is actor.partner:
                room = max(room, 90.0 * (1 - ahead) + 25.0)  # squeezes past whom it flees from
            wanted = min(wanted, room / ahead)
            if gap < 5 and not partner and actor.behaviour != "flee":
                wanted, look = min(wanted, -25.0), 1.6
            if actor.behaviour == "flee":
                look = 3.0
    return error, wanted, lag, look


def _towards(actor: Actor, x: float, y: float) -> float:
    body = actor.body
    return math.remainder(math.atan2(y - body.y, x - body.x) - body.heading, math.tau)


_CONTROLS = {
    "walk": _walk,
    "rear": _rear,
    "approach": _approach,
    "follow": _follow,
    "nose-nose": _sniff,
    "nose-anogenital": _sniff,
    "mount": _mount,
    "flee": _flee,
    "huddle": _huddle,
}
