"""From the steps of the play to curves at any frame rate.

The steps are the control points of a uniform cubic B-spline: the curve and its velocity and acceleration are
continuous, and no faster than the steps are.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sbea_engine.synth.behaviour.actor import Actor
from sbea_engine.synth.behaviour.bouts import Bout
from sbea_engine.synth.behaviour.clock import RATE_HZ
from sbea_engine.synth.behaviour.stage import CHANNELS
from sbea_engine.synth.trajectory import Path

LEAD = 1  # control points before the one of time 0


def steps_for(frames: int, fps: float) -> int:
    """Steps of the play that `frames` frames need."""
    return math.floor((frames - 1) * RATE_HZ / fps) + 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """One bout of one animal on the frames it covers; `begin_s` and `end_s` are its exact times."""

    behaviour: str
    first_frame: int
    last_frame: int
    begin_s: float
    end_s: float
    partner: int | None
    warp: tuple[float, float]


def stretches(actor: Actor, frames: int, fps: float) -> list[Stretch]:
    """The bouts of an animal: one after another, from frame 0 to the last, without gap."""
    found: list[Stretch] = []
    for behaviour, first, last, partner, warp in actor.log:
        begin_s, end_s = (first - LEAD) / RATE_HZ, (last - LEAD) / RATE_HZ
        begin = max(0, math.ceil(begin_s * fps - 1e-9))
        end = min(frames, math.ceil(end_s * fps - 1e-9))
        if first == 0:
            begin = 0
        if end <= begin:  # shorter than a frame, or before the first
            continue
        found.append(
            Stretch(
                behaviour=behaviour,
                first_frame=begin,
                last_frame=end - 1,
                begin_s=begin_s,
                end_s=end_s,
                partner=None if partner < 0 else partner,
                warp=warp,
            )
        )
    return found


def overlapping(found: Sequence[Stretch], start: int, stop: int) -> Sequence[Stretch]:
    """Those of an animal's bouts that have any of the frames `start` to `stop`."""
    first = bisect_left(found, start, key=lambda s: s.last_frame)
    return found[first : bisect_left(found, stop, key=lambda s: s.first_frame)]


def as_bouts(found: Sequence[Stretch], actor: int, names: Sequence[str]) -> list[Bout]:
    """Bouts with names."""
    return [
        Bout(
            behaviour=s.behaviour,
            first_frame=s.first_frame,
            last_frame=s.last_frame,
            actor=names[actor],
            partner=None if s.partner is None else names[s.partner],
        )
        for s in found
    ]


def sample(rows: NDArray[np.float64], start: int, stop: int, fps: float) -> NDArray[np.float64]:
    """Channels (channel, frame) of frames `start` to `stop` from the steps (step, channel) of one animal."""
    at = np.arange(start, stop) * (RATE_HZ / fps)
    k = np.floor(at).astype(np.intp)
    u = at - k
    v = 1 - u
    weights = (v**3, 3 * u**3 - 6 * u**2 + 4, 3 * v**3 - 6 * v**2 + 4, u**3)
    near = slice(k[0], k[-1] + len(weights))  # a piece costs what it is long, not what the play is
    columns = np.ascontiguousarray(rows[near].T)
    out = np.zeros((rows.shape[1], stop - start))
    for i, weight in enumerate(weights):
        out += columns[:, k - k[0] + i] * (weight / 6)
    return out


def as_path(channels: NDArray[np.float64], fps: float) -> Path:
    """The path on the floor among the channels (channel, frame)."""
    named = dict(zip(CHANNELS, channels, strict=True))
    return Path(
        fps=fps,
        head_mm=channels[:2].T,
        head_heading=named["heading"],
        front_heading=named["front"],
        rear_heading=named["rear"],
        speed_mm_s=np.maximum(named["speed"], 0),
    )
