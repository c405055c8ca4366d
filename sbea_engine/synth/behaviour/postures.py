"""What animals of a play hold their bodies like: postures that follow what they do, with a lag."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from sbea_engine.synth.behaviour.actor import RATE_HZ, Actor

if TYPE_CHECKING:
    from sbea_engine.synth.behaviour.stage import Stage

LIFTED_MM = 14.0
POSTURE_LAG_S = 0.16
FLANK_LAG_S = 0.28
# An animal that rears at a wall comes close once it is up, and leaves before it is down.
LEAN_FROM_S, LEAN_TO_S, LEAN_LAG_S = 0.45, 0.75, 0.2
FLANK_BOUT_S = 2.4
# Shares of the way to a posture that an animal takes within a step.
TAKES_ON, TURNS_ON, LEANS_ON = (
    1 - math.exp(-1 / RATE_HZ / lag_s) for lag_s in (POSTURE_LAG_S, FLANK_LAG_S, LEAN_LAG_S)
)


def take_posture(stage: Stage, actor: Actor) -> None:
    """A step on the way to the posture of what an animal does, and of what is done to it."""
    what, body = actor.behaviour, actor.body
    lift = 1.0 if what == "mount" else 0.0
    if actor.leaving and actor.partner is not None:  # stay up for as long as the other is underneath
        depth = stage.overlap(actor, actor.partner)[2]
        lift = max(0.0, min(1.0, depth / (LIFTED_MM * body.shape.size)))
    actor.lift += (lift - actor.lift) * TAKES_ON
    actor.close += ((what in ("nose-nose", "nose-anogenital")) - actor.close) * TAKES_ON
    body.seat += ((what in ("groom", "rear")) - body.seat) * TAKES_ON
    age, left = (stage.step - actor.begin) * stage.dt, (actor.end - stage.step) * stage.dt
    # One that the end of the play cuts short does not get up, and must not come close either.
    up = what == "rear" and age > LEAN_FROM_S and left > LEAN_TO_S and actor.end < stage.last
    leans = actor.leans if up else 0.0
    body.lean += (leans - body.lean) * LEANS_ON
    body.flank += (_flank(stage, actor) - body.flank) * TURNS_ON
    actor.hunch += ((what == "huddle") - actor.hunch) * TAKES_ON * 0.5
    actor.drive += ((what in ("flee", "follow")) - actor.drive) * TAKES_ON
    under = 0.0 if actor.held_by is None else actor.held_by.lift
    actor.brace += (under - actor.brace) * TAKES_ON


def _flank(stage: Stage, actor: Actor) -> float:
    """The flank that an animal grooms at this step: none at first or at the end, or in a short bout."""
    share = (stage.step - actor.begin) / max(1, actor.end - actor.begin)
    long = actor.end - actor.begin > FLANK_BOUT_S * RATE_HZ
    return actor.flank if actor.behaviour == "groom" and long and 0.54 < share < 0.86 else 0.0
