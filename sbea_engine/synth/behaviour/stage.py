"""The play: several animals in one arena, each in one behaviour at a time, minding walls and one another.

Simulated at a low rate; `track.py` turns the steps into smooth curves for any frame rate.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from sbea_engine.synth.arena import Arena
from sbea_engine.synth.behaviour.actor import Actor
from sbea_engine.synth.behaviour.chance import Chance
from sbea_engine.synth.behaviour.clock import RATE_HZ, STEP_S
from sbea_engine.synth.behaviour.controls import at_wall, control, flight, roomier_side, wall_ahead, waypoint
from sbea_engine.synth.behaviour.ground import Ground, deepest, part_bodies, to_segment
from sbea_engine.synth.behaviour.mover import Mover, Shape
from sbea_engine.synth.behaviour.postures import take_posture
from sbea_engine.synth.behaviour.repertoire import REPERTOIRE, RESPONSES, BadRepertoire

WARM_UP_S = 4.0
CHANNELS = (
    "x", "y", "heading", "front", "rear", "speed",
    "lift", "close", "hunch", "drive", "brace", "flank", "lean",
)  # fmt: skip
LEAVE_S = 0.7
PUSH_MM = 9.0
LEAVING_PUSH_MM = 0.8
LOST_MM = 42.0
BLOCKED_S = 0.7
STANDS_MM_S = 12.0
MAX_WARP = (0.45, 0.25)
# Share of the walks before a rear that lead up to a wall where one is ahead, so that it leans on that.
TO_WALL = 0.7
# One that is mounted sets off after so long, if it does so at all, for so long and so fast.
SETS_OFF, SETS_OFF_S, STEPS_S, STEPS_MM_S = 0.6, (0.6, 1.7), (0.5, 1.3), (28.0, 60.0)


class Stage:
    """Animals and their script.

    Args:
        shapes, paces: One an animal.
        transitions: Weights of what follows what, see `repertoire.TRANSITIONS`.
        durations: Factor on those of bouts.
    """

    def __init__(
        self,
        rng: np.random.Generator,
        *,
        arena: Arena,
        shapes: Sequence[Shape],
        paces: Sequence[float],
        transitions: Mapping[str, Mapping[str, float]],
        durations: float = 1.0,
    ) -> None:
        self.chance, self.ground = Chance(rng), Ground(arena)
        self.transitions, self.durations = transitions, durations
        self.step, self.last = 0, 0
        self.actors: list[Actor] = []
        for i, (shape, pace) in enumerate(zip(shapes, paces, strict=True)):
            actor = Actor(index=i, body=self._place(shape), pace=pace, side=int(self.chance.uniform(0, 4)))
            self.actors.append(actor)
            waypoint(self, actor)
        self._bodies = [a.body for a in self.actors]
        self._trails: list[list[tuple[float, float]]] = [[] for _ in self.actors]
        self._sniffed: set[int] = set()

    def play(self, steps: int) -> NDArray[np.float64]:
        """Run; returns (step, individual, channel), with the bouts in the actors' logs from step 0 on."""
        warm, self.last = round(WARM_UP_S * RATE_HZ), steps
        shape = (steps, len(self.actors), len(CHANNELS))
        rows = array("d")
        for self.step in range(-warm, steps):
            self._advance()
            if self.step >= 0:
                for actor in self.actors:
                    b = actor.body
                    rows.extend((
                        b.x, b.y, b.heading, b.front, b.rear, b.speed,
                        actor.lift, actor.close, actor.hunch, actor.drive, actor.brace, b.flank, b.lean,
                    ))  # fmt: skip
        self.step = steps
        for actor in self.actors:
            self._close(actor)
        return np.frombuffer(rows).reshape(shape)

    def _place(self, shape: Shape) -> Mover:
        """A body where nothing is in its way."""
        hx, hy = self.ground.half
        for _ in range(400):
            x, y = self.chance.uniform(-0.8, 0.8) * hx, self.chance.uniform(-0.8, 0.8) * hy
            body = Mover(shape, x, y, self.chance.uniform(-math.pi, math.pi))
            margin = shape.trunk_radius_mm + 6
            places = ((body.x, body.y), (body.cx, body.cy), (body.bx, body.by))
            if all(self.ground.free(*place, margin) for place in places) and all(
                deepest(body, other.body)[2] < -2 for other in self.actors
            ):
                return body
        raise BadRepertoire(
            f"{len(self.actors) + 1} animals find no room to begin in an arena of "
            f"{2 * hx:.0f} x {2 * hy:.0f} mm. Use a larger floor, or fewer animals and obstacles."
        )

    # What controls ask of the stage

    def tempo(self, actor: Actor) -> float:
        """Pace (about 0.3 to 1.7, mean 1) of the bout's time warp at this step."""
        share = (self.step - actor.begin) / max(1, actor.end - actor.begin)
        a, b = actor.warp
        return 1 + a * math.cos(math.tau * share) + b * math.cos(2 * math.tau * share)

    def sniffed(self, actor: Actor) -> bool:
        """Whether another has its nose at this animal's tail base."""
        return actor.index in self._sniffed

    def trail(self, actor: Actor, ago_s: float) -> tuple[float, float]:
        """Where an animal's root was a moment ago."""
        path = self._trails[actor.index]
        return path[-min(len(path), max(1, round(ago_s * RATE_HZ)))]

    def overlap(self, a: Actor, b: Actor) -> tuple[float, float, float]:
        """See `deepest`."""
        return deepest(a.body, b.body)

    def gap_before(self, actor: Actor, other: Actor) -> tuple[float, float, float]:
        """Unit vector from an animal's nose to the nearest place of another's body, and the gap there."""
        nx, ny = actor.body.nx, actor.body.ny
        best = (0.0, 0.0, math.inf)
        for x0, y0, x1, y1, radius in other.body.capsules():
            dx, dy = to_segment(nx, ny, x0, y0, x1, y1)
            d = math.hypot(dx, dy)
            if d - radius < best[2]:
                away = max(d, 1e-6)
                best = (-dx / away, -dy / away, d - radius)
        return best

    # One step

    def _advance(self) -> None:
        self._sniffed = {
            a.partner.index for a in self.actors if a.behaviour == "nose-anogenital" and a.partner is not None
        }
        for actor, path in zip(self.actors, self._trails, strict=True):
            path.append((actor.body.rx, actor.body.ry))
            if len(path) > 40:
                del path[:20]
            if self.step >= actor.end or self._over(actor):
                self._next(actor)
        for actor in self.actors:
            body = actor.body
            error, wanted, lag, look = control(self, actor)
            body.steer(error, wanted, lag_s=lag, look=look)
            body.place()
            if body.seat > 0.01:
                body.unbend()
            if actor.behaviour == "huddle":
                self._nestle(actor)
            self.ground.confine(body)
            take_posture(self, actor)
        part_bodies(self._bodies, self._push_mm, self.ground)

    def _nestle(self, actor: Actor) -> None:
        """In a huddle the rear swings, slowly, until the bodies lie side by side."""
        assert actor.partner is not None
        body, other = actor.body, actor.partner.body
        off = math.remainder(other.rear - body.rear, math.pi)
        turn = max(-0.35, min(0.35, 0.8 * off)) * STEP_S
        body.rear += turn
        body.front += 0.6 * turn
        body.place()

    def _push_mm(self, i: int, j: int) -> float:
        a, b = self.actors[i], self.actors[j]
        if _on(a, b) or _on(b, a):
            return 0.0
        leaving = (a.leaving and a.partner is b) or (b.leaving and b.partner is a)
        return LEAVING_PUSH_MM if leaving else PUSH_MM

    # Bouts

    def _over(self, actor: Actor) -> bool:
        """Whether events end a bout before its time."""
        what, other = actor.behaviour, actor.partner
        age = (self.step - actor.begin) * STEP_S
        if actor.restless and self.step >= actor.restless:
            return True
        if actor.to_wall and at_wall(self, actor):
            return True
        if what == "walk":  # one that is blocked stands, and must not be said to walk
            return age > BLOCKED_S and abs(actor.body.speed) < STANDS_MM_S * actor.body.shape.size
        if other is None:
            return False
        if what == "approach":
            return self._arrived(actor, other)
        if what in ("nose-nose", "nose-anogenital") and age > 0.4:
            me, them, nose = actor.body, other.body, what == "nose-nose"
            x, y = (them.nx, them.ny) if nose else (them.bx, them.by)
            lost = math.hypot(x - me.nx, y - me.ny) > LOST_MM * me.shape.size
            return lost or (nose and not _both(actor, other, what))
        if what == "follow" and age > 0.6:
            me, them, size = actor.body, other.body, actor.body.shape.size
            behind = math.hypot(them.bx - me.nx, them.by - me.ny)
            turned = behind > math.hypot(them.nx - me.nx, them.ny - me.ny)
            return turned or behind > 260 * size or (them.speed < 12 * size and behind < 26 * size)
        if what == "huddle":
            return age > 1.0 and not _both(actor, other, what) and other.behaviour != "huddle"
        return False

    def _arrived(self, actor: Actor, other: Actor) -> bool:
        me, them, size = actor.body, other.body, actor.body.shape.size
        if actor.aim == "huddle":
            return self.overlap(actor, other)[2] > -5 * size and me.speed < 60 * size
        x, y = (them.nx, them.ny) if actor.aim == "nose-nose" else (them.bx, them.by)
        near = math.hypot(x - me.nx, y - me.ny) < 11 * size
        facing = abs(math.remainder(math.atan2(y - me.y, x - me.x) - me.heading, math.tau)) < 0.9
        return near and facing

    def _next(self, actor: Actor) -> None:
        """End a bout and begin another."""
        what, other = actor.behaviour, actor.partner
        if actor.held_by is not None:
            self._under(actor, actor.held_by)
            return
        if what == "mount":
            self._get_off(actor)
            return
        if what == "approach" and other is not None:
            self._meet(actor, other)
            return
        if actor.to_wall:
            leans = float(at_wall(self, actor))
            self._begin(actor, "rear", None)
            actor.leans = leans
            return
        weights = {
            name: weight
            for name, weight in self.transitions[what].items()
            if weight > 0 and self._possible(actor, name, other)
        }
        name = self.chance.pick(weights) if weights else "walk"
        if name == "rear" and what == "walk" and self.chance.uniform() < TO_WALL and wall_ahead(self, actor):
            target = actor.target
            self._begin(actor, "walk", None)
            actor.target, actor.to_wall = target, True
            return
        partner = self._partner(actor, name, other)
        if what in RESPONSES and other is not None:
            self._respond(other, actor, RESPONSES[what], left=name not in ("mount", "follow"))
        self._begin(actor, name, partner)

    def _meet(self, actor: Actor, other: Actor) -> None:
        """An approach is over: contact where it got there, and if the partner is free for it."""
        aim = actor.aim
        if not self._arrived(actor, other):
            self._begin(actor, self.chance.pick({"walk": 3, "idle": 2}), None)
        elif REPERTOIRE[aim].mutual:
            joins = aim == "huddle" and other.behaviour == "huddle"
            if joins or (self._yields(other) and other.held_by is None):
                self._begin(actor, aim, other)
                if not joins:
                    self._begin(other, aim, actor)
                    other.end, other.warp = actor.end, actor.warp
                else:
                    actor.end = max(other.end, self.step + 8)
            else:
                self._begin(actor, "idle", None)
        else:
            self._begin(actor, aim, other)

    def _get_off(self, actor: Actor) -> None:
        """Let go of the partner, which may run; the bout ends when the bodies are apart again."""
        other = actor.partner
        assert other is not None
        if not actor.leaving:
            actor.leaving = self.step
            actor.end = self.step + round(LEAVE_S * RATE_HZ)
            other.held_by, other.restless = None, 0
            self._respond(other, actor, RESPONSES["mount"], left=True)
            return
        if self.overlap(actor, other)[2] > 2.0 or actor.lift > 0.12:
            actor.end = self.step + 1
            return
        weights = {n: w for n, w in self.transitions["mount"].items() if self._possible(actor, n, other)}
        name = self.chance.pick(weights) if weights else "idle"
        self._begin(actor, name, self._partner(actor, name, other))

    def _respond(self, actor: Actor, to: Actor, row: Mapping[str, float], *, left: bool) -> None:
        name = self.chance.pick(row) if left else self.chance.pick({"walk": 4, "": 2, "flee": 2})
        if name and actor.held_by is None and self._yields(actor):
            self._begin(actor, name, to if REPERTOIRE[name].social else None)

    def _possible(self, actor: Actor, name: str, last: Actor | None) -> bool:
        if name == "approach":
            return any(a is not actor and a.held_by is None for a in self.actors)
        if not REPERTOIRE[name].social:
            return True
        if last is None or last.held_by is not None:
            return False
        me, them, size = actor.body, last.body, actor.body.shape.size
        gap = math.hypot(them.bx - me.nx, them.by - me.ny)
        if name == "mount":
            aligned = abs(math.remainder(me.heading - them.rear, math.tau)) < 1.0
            return gap < 26 * size and aligned and self._yields(last) and self._roomy(last)
        if name == "nose-anogenital":
            return gap < 24 * size
        if name == "follow":
            return gap < 110 * size
        return name == "flee"

    def _roomy(self, actor: Actor) -> bool:
        body = actor.body
        return self.ground.free(body.bx, body.by, 30 * body.shape.size)

    def _partner(self, actor: Actor, name: str, last: Actor | None) -> Actor | None:
        if not REPERTOIRE[name].social:
            return None
        if name != "approach":
            return last
        best, found = math.inf, None
        for other in self.actors:
            if other is not actor and other.held_by is None:
                away = math.hypot(other.body.cx - actor.body.x, other.body.cy - actor.body.y)
                score = (60 + away) * self.chance.uniform(0.4, 1)
                if score < best:
                    best, found = score, other
        return found

    def _yields(self, actor: Actor) -> bool:
        return REPERTOIRE[actor.behaviour].yields or actor.behaviour in ("approach", "follow")

    def _begin(self, actor: Actor, name: str, partner: Actor | None) -> None:
        self._close(actor)
        row, chance = REPERTOIRE[name], self.chance
        lasts = self.durations * chance.duration(row.median_s, row.spread, row.shortest_s, row.longest_s)
        actor.behaviour, actor.partner = name, partner
        actor.begin, actor.end = self.step, self.step + max(3, round(lasts * RATE_HZ))
        actor.warp = (chance.uniform(-1, 1) * MAX_WARP[0], chance.uniform(-1, 1) * MAX_WARP[1])
        low, high = row.speed_mm_s
        share = chance.uniform() * chance.uniform(0.4, 1)
        actor.speed = actor.pace * actor.body.shape.size * (low + (high - low) * share)
        actor.leaving, actor.to_wall, actor.leans = 0, False, 0.0
        if name == "walk":
            waypoint(self, actor)
        elif name == "approach":
            actor.aim = chance.pick(self.transitions["approach"])
        elif name == "groom":
            actor.flank = roomier_side(self, actor)
        elif name == "flee" and partner is not None:
            flight(self, actor, partner)
        elif name == "mount" and partner is not None:
            self._hold(partner, actor)

    def _hold(self, actor: Actor, by: Actor) -> None:
        """The mounted animal stands until it is let go, or sets off for a few steps on the way."""
        if actor.behaviour != "idle":
            self._begin(actor, "idle", None)
        actor.held_by, actor.end = by, by.end + round(20 * RATE_HZ)
        if self.chance.uniform() < SETS_OFF:
            actor.restless = self.step + round(self.chance.uniform(*SETS_OFF_S) * RATE_HZ)

    def _under(self, actor: Actor, by: Actor) -> None:
        """A few steps of one that is mounted, and then it stands again."""
        steps, actor.restless = actor.restless > 0, 0
        self._begin(actor, "walk" if steps else "idle", None)
        actor.end = by.end + round(20 * RATE_HZ)
        if steps:
            body = actor.body
            actor.end = self.step + round(self.chance.uniform(*STEPS_S) * RATE_HZ)
            actor.speed = actor.pace * body.shape.size * self.chance.uniform(*STEPS_MM_S)
            far = 150 * body.shape.size
            actor.target = (body.x + far * math.cos(body.heading), body.y + far * math.sin(body.heading))

    def _close(self, actor: Actor) -> None:
        """Log the bout that ends here, joined with one of the same kind right before."""
        first, last = max(0, actor.begin), self.step
        if last <= first:
            return
        partner = -1 if actor.partner is None else actor.partner.index
        if actor.log and actor.log[-1][0] == actor.behaviour and actor.behaviour in ("idle", "walk"):
            before = actor.log.pop()
            first = before[1]
        actor.log.append((actor.behaviour, first, last, partner, actor.warp))


def _on(a: Actor, b: Actor) -> bool:
    return a.behaviour == "mount" and a.partner is b and not a.leaving


def _both(a: Actor, b: Actor, what: str) -> bool:
    return b.behaviour == what and b.partner is a
