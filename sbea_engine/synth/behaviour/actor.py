"""One animal on the stage: its body, and what it is at."""

from __future__ import annotations

from dataclasses import dataclass, field

from sbea_engine.synth.behaviour.mover import Mover


@dataclass(slots=True, kw_only=True)
class Actor:
    """The state that the script carries from step to step.

    Attributes:
        index: Of the individual.
        pace: Factor on drawn speeds.
        behaviour, partner, begin, end: The current bout; `end` is the step at which it is over, if nothing
            ends it before.
        aim: What an approach is for.
        speed: Drawn for the bout, mm/s.
        warp: Two amplitudes of the bout's time warp, see `warped`.
        target: Waypoint, chosen at step `target_step`.
        side: Which wall is next.
        held_by: Who holds on to this animal (a mount), which then starts nothing but a few steps.
        restless: Step at which a held animal sets off for a few steps with the other on its back.
        leaving: Step at which a mounting animal begins to get off; 0 for not yet.
        to_wall: Whether a walk leads to a wall, to rear there.
        leans: 1 for a rear against a wall, 0 for one in the open.
        flank: The one that a groom turns to: 1 the left, -1 the right, 0 neither.
        lift, close, hunch, drive, brace: Amounts 0..1 of postures that follow events: on top of another; nose
            at another; resting against another; running for it; another on top.
        log: Finished bouts as (behaviour, first step, step after the last, partner, warp).
    """

    index: int
    body: Mover
    pace: float
    behaviour: str = "idle"
    partner: Actor | None = None
    begin: int = 0
    end: int = 0
    aim: str = ""
    speed: float = 0.0
    warp: tuple[float, float] = (0.0, 0.0)
    target: tuple[float, float] = (0.0, 0.0)
    target_step: int = 0
    side: int = 0
    held_by: Actor | None = None
    restless: int = 0
    leaving: int = 0
    wiggle: float = 0.0
    to_wall: bool = False
    leans: float = 0.0
    flank: float = 0.0
    lift: float = 0.0
    close: float = 0.0
    hunch: float = 0.0
    drive: float = 0.0
    brace: float = 0.0
    log: list[tuple[str, int, int, int, tuple[float, float]]] = field(default_factory=list)
