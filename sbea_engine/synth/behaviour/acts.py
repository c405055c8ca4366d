"""Amounts of the postures that behaviours take, over frames."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sbea_engine.synth.behaviour.stage import CHANNELS
from sbea_engine.synth.behaviour.track import Stretch, overlapping

RISE_S = {"rear": 0.5, "groom": 0.55}
STROKE_HZ = 5.0
THRUST_HZ = 3.5
Amount = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Acts:
    """How much of each posture, (frame,) each, 0 for none and 1 for all of it.

    Attributes:
        rear: Up on the hind legs.
        groom: Sitting, paws at the snout; with `flank` 1 or -1 the head at the left or right flank.
        stroke: Phase of the paws, radians.
        lift: On another's back.
        close: Nose at another.
        hunch: Resting against another.
        drive: Running from or after another.
        brace: Standing under another, back hollow.
        lean: Upright against a wall, paws on it.
        thrust: Phase of the rhythm on another's back, radians.
    """

    rear: Amount
    groom: Amount
    flank: Amount
    stroke: Amount
    lift: Amount
    close: Amount
    hunch: Amount
    drive: Amount
    brace: Amount
    lean: Amount
    thrust: Amount

    @property
    def aside(self) -> Amount:
        """How far the head is at a flank to groom it, from -1 at the right one to 1 at the left one."""
        return self.groom * self.flank

    @property
    def seated(self) -> Amount:
        """How far the hind feet, and no longer the head, hold the place."""
        return np.maximum(np.maximum(self.rear, self.groom), self.lift)


def acts_of(
    channels: NDArray[np.float64], found: Sequence[Stretch], start: int, stop: int, fps: float
) -> Acts:
    """Acts of frames `start` to `stop` from the channels (channel, frame) and the bouts of an animal."""
    named = dict(zip(CHANNELS, channels, strict=True))
    rear, groom, stroke = (np.zeros(stop - start) for _ in range(3))
    for bout in overlapping(found, start, stop):
        if bout.behaviour not in RISE_S:
            continue
        first, last = max(start, bout.first_frame), min(stop, bout.last_frame + 1)
        seconds = np.arange(first, last) / fps - bout.begin_s
        rows = slice(first - start, last - start)
        lasts = bout.end_s - bout.begin_s
        share = warped(np.clip(seconds / lasts, 0, 1), bout.warp)
        amount = plateau(share, min(0.45, RISE_S[bout.behaviour] / lasts)) * min(1.0, lasts / 0.9)
        if bout.behaviour == "rear":
            rear[rows] = amount * (1 + 0.06 * np.sin(2 * math.pi * 0.9 * seconds))
        else:
            groom[rows] = amount
            stroke[rows] = 2 * math.pi * STROKE_HZ * lasts * share
    limited = {
        name: np.clip(named[name], 0, 1) for name in ("lift", "close", "hunch", "drive", "brace", "lean")
    }
    return Acts(
        rear=rear,
        groom=groom,
        flank=np.clip(named["flank"], -1, 1),
        stroke=stroke,
        thrust=(2 * math.pi * THRUST_HZ / fps) * np.arange(start, stop, dtype=np.float64),
        **limited,
    )


def warped(share: Amount, warp: tuple[float, float]) -> Amount:
    """Smooth monotone time warp of 0..1 onto itself; the amplitudes' absolute values sum to less than 1."""
    a, b = warp
    turn = 2 * math.pi * share
    return np.asarray(share + (a * np.sin(turn) + b / 2 * np.sin(2 * turn)) / (2 * math.pi))


def plateau(share: Amount, edge: float) -> Amount:
    """0 to 1 over the first `edge` of 0..1, and back over the last, without corners."""
    x = np.clip(np.minimum(share, 1 - share) / max(edge, 1e-6), 0, 1)
    return np.asarray(x**3 * (10 + x * (6 * x - 15)))
