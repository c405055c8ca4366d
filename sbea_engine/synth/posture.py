"""Joint angles: what bends of the path, habits of an animal, gait and acts ask of spine, neck and head."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from sbea_engine.synth.behaviour.acts import Acts
from sbea_engine.synth.behaviour.mover import FLANK_NECK_DEG, FLANK_SPINE_DEG
from sbea_engine.synth.body import BodyPlan
from sbea_engine.synth.signals import glances, low_pass, wandering
from sbea_engine.synth.trajectory import Path

Angles = NDArray[np.float64]

# Degrees of pitch at full amount: (root, each spine joint, each neck joint), for a spine of three joints and
# a neck of two; and by how much of the standing height the root rises.
_PITCH = {
    "rear": (-50.0, -5.0, 23.0),
    "wash": (-82.0, 28.0, 26.0),
    "flank": (-56.0, 24.0, 11.5),
    "lift": (-36.0, 2.0, 13.0),
    "lean": (-8.0, -2.0, -27.0),
    "brace": (6.0, -6.0, -4.0),
    "hunch": (-6.0, 5.0, 9.0),
    "drive": (3.0, -1.5, -4.0),
}
_RISE = {"rear": 0.62, "wash": 0.33, "flank": 0.29, "lift": 0.42}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Habits:
    """Small movements of one animal that go on whatever it does, (frame,) each, of unit spread."""

    hunch: Angles
    sideways: Angles
    updown: Angles
    sniff: Angles
    roll: Angles
    curl: Angles
    lazy: Angles
    breath_start: float

    @classmethod
    def draw(cls, rng: np.random.Generator, frames: int, fps: float) -> Self:
        """Draw them for `frames` frames."""
        return cls(
            hunch=wandering(rng, frames, fps=fps, time_s=1.5),
            sideways=glances(rng, frames, fps=fps, every_s=0.7, settle_s=0.055),
            updown=glances(rng, frames, fps=fps, every_s=1.1, settle_s=0.08),
            sniff=np.sin(
                2 * np.pi * 6.5 * np.arange(frames) / fps + 0.6 * wandering(rng, frames, fps=fps, time_s=0.4)
            ),
            roll=wandering(rng, frames, fps=fps, time_s=0.5),
            curl=wandering(rng, frames, fps=fps, time_s=0.9),
            lazy=wandering(rng, frames, fps=fps, time_s=2.5),
            breath_start=float(rng.uniform(0, 2 * np.pi)),
        )

    def cut(self, start: int, stop: int) -> Self:
        """Frames `start` to `stop` of them."""
        names = [f.name for f in fields(self) if f.name != "breath_start"]
        return replace(self, **{name: getattr(self, name)[start:stop] for name in names})


def path_turns(plan: BodyPlan, path: Path, habits: Habits, acts: Acts | None) -> Angles:
    """Joint angles (frame, joint, 3) of the path's bends, of standing posture and of the looking head."""
    still = 1 - np.clip(low_pass(path.speed_mm_s, fps=path.fps, time_s=0.25) / 70, 0, 1)
    hunch = 0.12 + 0.55 * still + 0.12 * habits.hunch
    calm = np.ones_like(still)  # how freely the head looks about
    if acts is not None:
        busy = np.clip(acts.seated + acts.close + 0.7 * acts.hunch, 0, 1)
        calm = 1 - 0.85 * busy
        hunch = hunch * (1 - np.clip(acts.rear + acts.lift + acts.brace + 0.6 * acts.close, 0, 1))
    bent = path.front_heading - path.rear_heading
    neck_bent = path.head_heading - path.front_heading
    turns = no_turns(plan, len(path))
    turns[:, 0, 0] = path.rear_heading
    if acts is not None:  # an upright body that stayed bent sideways would fall over
        straight = 0.8 * np.clip(acts.seated, 0, 1)
        turns[:, 0, 0] += 0.5 * straight * bent
        bent, neck_bent = bent * (1 - straight), neck_bent * (1 - 0.6 * straight) * (1 - np.abs(acts.aside))
    turns[:, 0, 1] = -np.deg2rad(9) * hunch
    bend = bent / len(plan.spine)
    arch = np.interp(np.linspace(0, 1, len(plan.spine)), (0, 0.5, 1), (0.8, 1.1, 0.3))
    for share, joint in zip(arch, plan.joints_at(plan.spine), strict=True):
        turns[:, joint, 0] = bend
        turns[:, joint, 1] = np.deg2rad(8.5) * hunch * share
    yaw = np.deg2rad(5 + 17 * still) * habits.sideways * calm
    pitch = np.deg2rad(3 + 9 * still) * np.clip(habits.updown, -1.6, 1.3) * calm
    pitch += np.deg2rad(1.4) * habits.sniff
    limit = np.deg2rad(62)
    head_yaw = np.clip(neck_bent + yaw, -limit, limit) / len(plan.neck)
    for joint in plan.joints_at(plan.neck):
        turns[:, joint, 0] = head_yaw
        turns[:, joint, 1] = pitch / len(plan.neck) - np.deg2rad(3) * hunch
    turns[:, plan.joint_index[plan.neck[-1]], 2] = np.deg2rad(5) * habits.roll * calm
    return turns


def add_gait(plan: BodyPlan, turns: Angles, phase: Angles, vigour: Angles) -> None:
    """Add to `turns` what the stride does: the trunk snakes, rolls and nods."""
    swing = 2 * np.pi * phase
    sine = vigour * np.sin(swing)
    turns[:, 0, 0] += np.deg2rad(4.0) * sine
    turns[:, 0, 2] += np.deg2rad(4.5) * vigour * np.sin(swing + 0.6)
    for joint in plan.joints_at(plan.spine):
        turns[:, joint, 0] -= np.deg2rad(8.0) / len(plan.spine) * sine
    nod = np.deg2rad(2.0) / len(plan.neck) * vigour * np.sin(2 * swing)
    for joint in plan.joints_at(plan.neck):
        turns[:, joint, 0] += np.deg2rad(4.0) / len(plan.neck) * sine
        turns[:, joint, 1] += nod


def add_acts(plan: BodyPlan, turns: Angles, acts: Acts) -> None:
    """Add to `turns` the postures of rearing, grooming, mounting, huddling and running for it."""
    spine, neck = plan.joints_at(plan.spine), plan.joints_at(plan.neck)
    for name, degrees in _PITCH.items():
        amount = _amount(acts, name)
        if not amount.any():
            continue
        root_deg, spine_deg, neck_deg = np.deg2rad(degrees)
        turns[:, 0, 1] += root_deg * amount
        _spread(turns, spine, 1, 3 * spine_deg * amount)
        _spread(turns, neck, 1, 2 * neck_deg * amount)
    if acts.groom.any():
        aside, washing = acts.aside, _amount(acts, "wash")
        _spread(turns, spine, 0, np.deg2rad(FLANK_SPINE_DEG) * aside)
        _spread(turns, neck, 0, np.deg2rad(FLANK_NECK_DEG) * aside)
        head = neck[-1]
        turns[:, head, 1] += np.deg2rad(5) * washing * np.sin(acts.stroke)
        turns[:, head, 1] += np.deg2rad(6) * np.abs(aside) * np.sin(acts.stroke)
        turns[:, head, 2] += np.deg2rad(24) * aside + np.deg2rad(3) * washing * np.sin(acts.stroke / 2)
    for amount, root_deg, spine_deg in ((acts.lift**2, 2.2, 3.0), (acts.brace**2, 0.9, -1.2)):
        if amount.any():  # the one below is rocked by the one above, in the same rhythm
            thrust = amount * np.sin(acts.thrust)
            turns[:, 0, 1] += np.deg2rad(root_deg) * thrust
            _spread(turns, spine, 1, np.deg2rad(spine_deg) * thrust)


def rise_mm(plan: BodyPlan, acts: Acts) -> Angles:
    """How far (frame,) the root rises above its standing height."""
    total = np.zeros_like(acts.rear)
    for name, share in _RISE.items():
        total += share * plan.stand_mm * _amount(acts, name)
    return total


def no_turns(plan: BodyPlan, frames: int) -> Angles:
    """Zeros (frame, joint, 3), frames last in memory."""
    return np.moveaxis(np.zeros((len(plan.joints), 3, frames)), -1, 0)


def _amount(acts: Acts, posture: str) -> Angles:
    """How much (frame,) of a posture of `_PITCH` the acts ask for."""
    if posture == "wash":
        return np.asarray(acts.groom * (1 - np.abs(acts.flank)))
    if posture == "lean":
        return np.asarray(acts.rear * acts.lean)
    return np.abs(acts.aside) if posture == "flank" else np.asarray(getattr(acts, posture))


def _spread(turns: Angles, joints: NDArray[np.intp], axis: int, angle: Angles) -> None:
    for joint in joints:
        turns[:, joint, axis] += angle / len(joints)
