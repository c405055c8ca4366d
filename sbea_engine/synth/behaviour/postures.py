"""What animals of a play hold their bodies like: postures that follow what they do, with a lag."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from sbea_engine.synth.behaviour.actor import Actor
from sbea_engine.synth.behaviour.clock import RATE_HZ, STEP_S

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
    1 - math.exp(-STEP_S / lag_s) for lag_s in (POSTURE_LAG_S, FLANK_LAG_S, LEAN_LAG_S)
)


def take_posture(stage: Stage, actor: Actor) -> None:
    """A step on the way to the posture of what an animal does, and of what is done to it."""
    what, body, step = actor.behaviour, actor.body, stage.step
    lift = 1.0 if what == "mount" else 0.0
    if actor.leaving and actor.partner is not None:  # stay up for as long as the other is underneath
        depth = stage.overlap(actor, actor.partner)[2]
        lift = max(0.0, min(1.0, depth / (LIFTED_MM * body.shape.size)))
    actor.lift += (lift - actor.lift) * TAKES_ON
    actor.close += ((what in ("nose-nose", "nose-anogenital")) - actor.close) * TAKES_ON
    body.seat += ((what in ("groom", "rear")) - body.seat) * TAKES_ON
    leans = flank = 0.0
    if what == "rear":
        age, left = (step - actor.begin) * STEP_S, (actor.end - step) * STEP_S
        # One that the end of the play cuts short does not get up, and must not come close either.
        if age > LEAN_FROM_S and left > LEAN_TO_S and actor.end < stage.last:
            leans = actor.leans
    elif what == "groom":
        flank = _flank(actor, step)
    body.lean += (leans - body.lean) * LEANS_ON
    body.flank += (flank - body.flank) * TURNS_ON
    actor.hunch += ((what == "huddle") - actor.hunch) * TAKES_ON * 0.5
    actor.drive += ((what in ("flee", "follow")) - actor.drive) * TAKES_ON
    under = 0.0 if actor.held_by is None else actor.held_by.lift
    actor.brace += (under - actor.brace) * TAKES_ON


def _flank(actor: Actor, step: int) -> float:
    """The flank that a groom is at: none at first or at the end, or in a short bout."""
    lasts = actor.end - actor.begin
    long = lasts > FLANK_BOUT_S * RATE_HZ
    return actor.flank if long and 0.54 < (step - actor.begin) / lasts < 0.86 else 0.0
