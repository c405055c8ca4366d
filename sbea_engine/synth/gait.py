"""Feet that stand still while the body passes, and a tail that trails behind."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from sbea_engine.synth.body import BodyPlan, JointFrames, Limb
from sbea_engine.synth.posture import Habits
from sbea_engine.synth.rotation import along, from_yaw_pitch_roll
from sbea_engine.synth.signals import low_pass

DUTY = 0.62
TROT_FROM_MM_S = 130.0
TROT_FULL_MM_S = 210.0
BOB_HOLD = 0.6  # share of a step for which a bobbing head stays where it is
BOB_FULL_MM_S = 60.0


def stride_phase(
    plan: BodyPlan, girdle_mm: NDArray[np.float64], fps: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Strides taken so far, from the ground that the girdles cover.

    Args:
        girdle_mm: (frame, girdle, 2) floor positions of the girdles.

    Returns:
        Phase in strides (frame,), not falling, and body speed (frame,) in mm/s.
    """
    step = np.linalg.norm(np.diff(girdle_mm, axis=0, prepend=girdle_mm[:1]), axis=-1).mean(-1)
    speed = low_pass(step * fps, fps=fps, time_s=0.08)
    stride = plan.gait_mm[0] + plan.gait_mm[1] * speed
    return np.cumsum(step / stride), speed


def plant_feet(
    plan: BodyPlan,
    joints: JointFrames,
    heading: Mapping[str, NDArray[np.float64]],
    *,
    phase: NDArray[np.float64],
    speed: NDArray[np.float64],
    first: int = 0,
) -> None:
    """Move the foot joints of `joints`, in place, to where a phase-locked gait puts them.

    In stance a foot stays where its girdle's neutral point was at mid-stance; in swing it moves to the
    next such place. Between walk and trot the feet change their phases with speed.

    Args:
        heading: (frame,) yaw of each girdle by joint name.
        first: The frame that all of these begin with.
    """
    trot = np.clip((speed - TROT_FROM_MM_S) / (TROT_FULL_MM_S - TROT_FROM_MM_S), 0, 1)
    for limb in plan.limbs:
        shift = (1 - trot) * limb.phase + trot * limb.trot_phase
        # Strictly rising, so that every phase happens at one time only.
        own = np.maximum.accumulate(phase - shift) + 1e-7 * np.arange(first, first + len(phase))
        yaw = heading[limb.girdle] + np.deg2rad(limb.toe_out_deg)
        neutral = _neutral(limb, joints.position_mm[:, plan.joint_index[limb.girdle]], heading[limb.girdle])
        state = np.concatenate([neutral, yaw[:, None]], axis=1)
        planted, swing = _step(own, state)
        lifted = np.sin(np.pi * swing) * np.clip(speed / 40, 0, 1)
        foot = plan.joint_index[limb.foot]
        joints.position_mm[:, foot, :2] = planted[:, :2]
        joints.position_mm[:, foot, 2] = limb.lift_mm * lifted
        joints.rotation[:, foot] = from_yaw_pitch_roll(planted[:, 2], np.deg2rad(16) * lifted)


def _neutral(limb: Limb, girdle_mm: NDArray[np.float64], heading: NDArray[np.float64]) -> NDArray[np.float64]:
    """Floor position (frame, 2) of the foot at mid-stance, were each frame mid-stance."""
    c, s = np.cos(heading), np.sin(heading)
    x, y = limb.stand_mm
    return girdle_mm[:, :2] + np.stack([c * x - s * y, s * x + c * y], axis=-1)


def _step(
    phase: NDArray[np.float64], neutral: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Hold `neutral` (frame, n) through each stance, ease to the next; also the share of swing done."""
    first = int(np.floor(phase[0]))
    strides = np.arange(first, int(np.floor(phase[-1])) + 2)
    times = np.interp(strides + DUTY / 2, phase, np.arange(len(phase)))
    held = np.stack([np.interp(times, np.arange(len(phase)), column) for column in neutral.T], axis=-1)
    k = np.floor(phase).astype(int) - first
    swing = np.clip((phase - np.floor(phase) - DUTY) / (1 - DUTY), 0, 1)
    ease = (swing * swing * (3 - 2 * swing))[:, None]
    return held[k] * (1 - ease) + held[k + 1] * ease, swing


def bob_head(
    plan: BodyPlan,
    joints: JointFrames,
    heading: NDArray[np.float64],
    *,
    phase: NDArray[np.float64],
    speed: NDArray[np.float64],
) -> None:
    """Hold the head of `joints` still in space and thrust it forward, in place, once a step.

    The neck folds and unfolds meanwhile: its joints share the way of the head. After Frost, "The optokinetic
    basis of head-bobbing in the pigeon", J. exp. Biol. 74 (1978).

    Args:
        heading: (frame,) of the head's way, along which it is moved.
    """
    step = (plan.gait_mm[0] + plan.gait_mm[1] * speed) / 2  # two legs
    done = 2 * phase - np.floor(2 * phase)
    held = step * (BOB_HOLD / 2 - done)
    w = np.clip((done - BOB_HOLD) / (1 - BOB_HOLD), 0, 1)
    # A cubic from where the hold ends to where the next begins, as fast at both ends as the hold is.
    ease = w * w * (3 - 2 * w)
    thrust = step * (BOB_HOLD * (ease - 0.5) - (1 - BOB_HOLD) * (w - 3 * w**2 + 2 * w**3))
    ahead = np.where(done < BOB_HOLD, held, thrust) * np.clip(speed / BOB_FULL_MM_S, 0, 1)
    way = np.stack([np.cos(heading), np.sin(heading)], axis=-1) * ahead[:, None]
    for i, joint in enumerate(plan.joints_at(plan.neck), start=1):
        joints.position_mm[:, joint, :2] += way * (i / len(plan.neck))


def trail_tail(
    plan: BodyPlan,
    joints: JointFrames,
    rear_heading: NDArray[np.float64],
    habits: Habits,
    *,
    phase: NDArray[np.float64],
    fps: float,
    floor_mm: tuple[float, float],
    turned: bool = True,
) -> None:
    """Lay the tail joints of `joints`, in place, behind the body: lagging, swaying, inside the walls.

    Args:
        turned: Whether to give the links' rotations too.
    """
    if len(plan.tail) < 2:
        return
    chain = plan.joints_at(plan.tail)
    curl, lazy = np.deg2rad(6.5) * habits.curl, np.deg2rad(4.0) * habits.lazy
    yaw = rear_heading + np.pi
    position = np.moveaxis(joints.position_mm, 0, -1)  # (joint, 3, frame), as it lies in memory
    bound = np.array(floor_mm)[:, None] / 2 - 3
    base_height = position[chain[0], 2]
    swing = 2 * np.pi * phase
    for i, (above, joint) in enumerate(pairwise(chain), start=1):
        wave = np.deg2rad(2.5) * np.sin(swing - 0.45 * i)
        bent = low_pass(yaw + wave, fps=fps, time_s=0.045)
        if i > 2:
            bent += curl
        if i > 5:
            bent += lazy
        yaw = np.clip(bent, yaw - np.deg2rad(24), yaw + np.deg2rad(24))
        start = position[above]
        link = float(np.linalg.norm(plan.joints[joint].offset_mm))
        height = 1.2 + (base_height - 1.2) * np.exp(-((i / 2.6) ** 1.5))
        fall = np.clip(height - start[2], -0.8 * link, 0.8 * link)
        run = np.sqrt(link**2 - fall**2)
        yaw = _along_walls(start[:2], yaw, run, bound)
        yaw = low_pass(yaw, fps=fps, time_s=0.05)  # a wall met or left turns the link by and by
        np.clip(_end(start[:2], yaw, run), -bound, bound, out=position[joint, :2])
        position[joint, 2] = start[2] + fall
        if turned:
            joints.rotation[:, joint] = along((start - position[joint]).T)


def _end(
    start: NDArray[np.float64], yaw: NDArray[np.float64], run: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Floor positions (2, frame) of the ends of links from `start` (2, frame)."""
    return np.asarray(start + run * np.stack([np.cos(yaw), np.sin(yaw)]))


def _along_walls(
    start: NDArray[np.float64],
    yaw: NDArray[np.float64],
    run: NDArray[np.float64],
    bound: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Yaw (frame,) of a link from `start` (2, frame) on, turned along a wall that it would pass through."""
    near = np.flatnonzero((np.abs(start) > bound - run.max()).any(0))
    beyond = near[(np.abs(_end(start[:, near], yaw[near], run[near])) > bound).any(0)]
    if not len(beyond):
        return yaw
    at, length, turned = start[:, beyond], run[beyond], yaw[beyond]
    for _ in range(3):  # a corner may need a second wall
        reach = np.clip(_end(at, turned, length), -bound, bound) - at
        turned = np.arctan2(reach[1], reach[0])
    yaw = yaw.copy()
    yaw[beyond] = turned
    return np.asarray(np.unwrap(yaw))
