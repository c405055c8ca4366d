"""From a path on the floor to every joint of the body, over all frames at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sbea_engine.synth.body import (
    BodyPlan,
    Ellipsoids,
    JointFrames,
    place_joints,
    place_keypoints,
    place_parts,
)
from sbea_engine.synth.gait import plant_feet, stride_phase, trail_tail
from sbea_engine.synth.signals import glances, low_pass, wandering
from sbea_engine.synth.trajectory import Path, wander

NOSE_CLEARANCE = 0.24  # of the standing height
Angles = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Motion:
    """One animal over all frames.

    Attributes:
        joints: Frames of the joints in the world.
        surface: The ellipsoids of the parts.
        points_mm: (frame, keypoint, 3).
        speed_mm_s: (frame,) of the body over the floor.
    """

    joints: JointFrames
    surface: Ellipsoids
    points_mm: NDArray[np.float64]
    speed_mm_s: NDArray[np.float64]


def explore(
    rng: np.random.Generator,
    plan: BodyPlan,
    *,
    floor_mm: tuple[float, float],
    frames: int,
    fps: float,
    pace: float = 1.0,
) -> Motion:
    """Let an animal explore an empty box for `frames` frames."""
    rest = place_joints(plan, np.zeros((1, len(plan.joints), 3)), np.zeros((1, 3))).position_mm[0]
    root, front, head = (
        rest[plan.joint_index[n]] for n in (plan.joints[0].name, plan.spine[-1], plan.neck[-1])
    )
    path = wander(
        rng,
        floor_mm=floor_mm,
        neck_mm=float(np.linalg.norm(head - front)),
        trunk_mm=float(np.linalg.norm(front - root)),
        frames=frames,
        fps=fps,
        pace=pace,
    )
    turns = _turns(rng, plan, path)
    joints = _stand(plan, path, turns)
    girdles = plan.joints_at((plan.joints[0].name, plan.spine[-1]))
    phase, speed = stride_phase(plan, joints.position_mm[:, girdles, :2], fps)
    turns += _gait_sway(plan, phase, np.clip(speed / 120, 0, 1))
    joints = _keep_nose_up(plan, path, turns)
    headings = {plan.joints[0].name: path.rear_heading, plan.spine[-1]: path.front_heading}
    plant_feet(plan, joints, headings, phase=phase, speed=speed)
    trail_tail(rng, plan, joints, path.rear_heading, phase=phase, fps=fps, floor_mm=floor_mm)
    return Motion(
        joints=joints,
        surface=place_parts(plan, joints, _breath(rng, speed, fps)),
        points_mm=place_keypoints(plan, joints),
        speed_mm_s=speed,
    )


def _turns(rng: np.random.Generator, plan: BodyPlan, path: Path) -> Angles:
    """Joint angles (frame, joint, 3) of the path's bends, of posture and of the looking head."""
    frames, fps = len(path), path.fps
    still = 1 - np.clip(low_pass(path.speed_mm_s, fps=fps, time_s=0.25) / 70, 0, 1)
    hunch = 0.12 + 0.55 * still + 0.12 * wandering(rng, frames, fps=fps, time_s=1.5)
    turns = np.zeros((frames, len(plan.joints), 3))
    turns[:, 0, 0] = path.rear_heading
    turns[:, 0, 1] = -np.deg2rad(9) * hunch
    bend = (path.front_heading - path.rear_heading) / len(plan.spine)
    arch = np.interp(np.linspace(0, 1, len(plan.spine)), (0, 0.5, 1), (0.8, 1.1, 0.3))
    for share, joint in zip(arch, plan.joints_at(plan.spine), strict=True):
        turns[:, joint, 0] = bend
        turns[:, joint, 1] = np.deg2rad(8.5) * hunch * share
    look, nod = _looking(rng, still, fps)
    neck_bend = path.head_heading - path.front_heading
    limit = np.deg2rad(62)
    head_yaw = np.clip(neck_bend + look, -limit, limit) / len(plan.neck)
    for joint in plan.joints_at(plan.neck):
        turns[:, joint, 0] = head_yaw
        turns[:, joint, 1] = nod / len(plan.neck) - np.deg2rad(3) * hunch
    turns[:, plan.joint_index[plan.neck[-1]], 2] = np.deg2rad(5) * wandering(rng, frames, fps=fps, time_s=0.5)
    return turns


def _looking(rng: np.random.Generator, still: Angles, fps: float) -> tuple[Angles, Angles]:
    """Yaw and pitch (frame,) by which the head looks about: widely in pauses, little in a run."""
    frames = len(still)
    sideways = glances(rng, frames, fps=fps, every_s=0.7, settle_s=0.055)
    updown = glances(rng, frames, fps=fps, every_s=1.1, settle_s=0.08)
    sniff = np.sin(
        2 * np.pi * 6.5 * np.arange(frames) / fps + 0.6 * wandering(rng, frames, fps=fps, time_s=0.4)
    )
    yaw = np.deg2rad(5 + 17 * still) * sideways
    pitch = np.deg2rad(3 + 9 * still) * np.clip(updown, -1.6, 1.3) + np.deg2rad(1.4) * sniff
    return yaw, pitch


def _gait_sway(plan: BodyPlan, phase: Angles, vigour: Angles) -> Angles:
    """Joint angles (frame, joint, 3) that the stride adds: the trunk snakes, rolls and nods."""
    turns = np.zeros((len(phase), len(plan.joints), 3))
    swing = 2 * np.pi * phase
    turns[:, 0, 0] = np.deg2rad(4.0) * vigour * np.sin(swing)
    turns[:, 0, 2] = np.deg2rad(4.5) * vigour * np.sin(swing + 0.6)
    for joint in plan.joints_at(plan.spine):
        turns[:, joint, 0] = -np.deg2rad(8.0) / len(plan.spine) * vigour * np.sin(swing)
    for joint in plan.joints_at(plan.neck):
        turns[:, joint, 0] = np.deg2rad(4.0) / len(plan.neck) * vigour * np.sin(swing)
        turns[:, joint, 1] = np.deg2rad(2.0) / len(plan.neck) * vigour * np.sin(2 * swing)
    return turns


def _stand(plan: BodyPlan, path: Path, turns: Angles) -> JointFrames:
    """Joints with the head over the path and the root at standing height."""
    head = plan.joint_index[plan.neck[-1]]
    joints = place_joints(plan, turns, np.zeros((len(path), 3)))
    shift = np.full((len(path), 3), plan.stand_mm)
    shift[:, :2] = path.head_mm - joints.position_mm[:, head, :2]
    return JointFrames(rotation=joints.rotation, position_mm=joints.position_mm + shift[:, None])


def _keep_nose_up(plan: BodyPlan, path: Path, turns: Angles) -> JointFrames:
    """Stand, the head lifted, in place, wherever it would dip into the floor."""
    nose = plan.skeleton.index(plan.heading[1])
    head = plan.joint_index[plan.neck[-1]]
    reach = float(np.linalg.norm(plan.keypoints[nose].offset_mm))
    joints = _stand(plan, path, turns)
    for _ in range(2):
        dip = NOSE_CLEARANCE * plan.stand_mm - place_keypoints(plan, joints)[:, nose, 2]
        turns[:, head, 1] -= np.arcsin(np.clip(dip / reach, 0, 0.8))
        joints = _stand(plan, path, turns)
    return joints


def _breath(rng: np.random.Generator, speed: Angles, fps: float) -> Angles:
    """Fraction (frame,) by which the chest swells: about 3 a second at rest, faster after a run."""
    rate_hz = 2.6 + 2.2 * np.clip(low_pass(speed, fps=fps, time_s=1.5) / 150, 0, 1)
    start = rng.uniform(0, 2 * np.pi)
    return np.asarray(0.025 * np.sin(start + 2 * np.pi * np.cumsum(rate_hz) / fps), np.float64)
