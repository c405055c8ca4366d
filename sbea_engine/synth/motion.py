"""From a path on the floor to every joint of the body, over all frames at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from sbea_engine.synth.behaviour.acts import Acts
from sbea_engine.synth.body import (
    BodyPlan,
    Ellipsoids,
    JointFrames,
    place_joints,
    place_keypoints,
    place_parts,
    turn_joints,
)
from sbea_engine.synth.gait import bob_head, plant_feet, stride_phase, trail_tail
from sbea_engine.synth.posture import Angles, Habits, add_acts, add_gait, path_turns, rise_mm
from sbea_engine.synth.signals import low_pass
from sbea_engine.synth.trajectory import Path, wander

NOSE_CLEARANCE = 0.24  # of the standing height


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


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Gaits:
    """What walking needs of the body, (frame,) each: strides so far, speed, headings of the girdles."""

    phase: Angles
    speed_mm_s: Angles
    rear_heading: Angles
    front_heading: Angles


def stroll(
    rng: np.random.Generator,
    plan: BodyPlan,
    *,
    floor_mm: tuple[float, float],
    frames: int,
    fps: float,
    pace: float = 1.0,
) -> Path:
    """The way of an animal that explores an empty box for `frames` frames."""
    rest = place_joints(plan, np.zeros((1, len(plan.joints), 3)), np.zeros((1, 3))).position_mm[0]
    root, front, head = (
        rest[plan.joint_index[n]] for n in (plan.joints[0].name, plan.spine[-1], plan.neck[-1])
    )
    path = wander(
        rng,
        floor_mm=(floor_mm[0] / plan.roams, floor_mm[1] / plan.roams),
        neck_mm=float(np.linalg.norm(head - front)) / plan.roams,
        trunk_mm=float(np.linalg.norm(front - root)) / plan.roams,
        frames=frames,
        fps=fps,
        pace=pace,
    )
    return replace(path, head_mm=path.head_mm * plan.roams, speed_mm_s=path.speed_mm_s * plan.roams)


def embody(
    plan: BodyPlan,
    path: Path,
    habits: Habits,
    *,
    floor_mm: tuple[float, float],
    acts: Acts | None = None,
    strides: tuple[int, float] = (0, 0.0),
    only: Sequence[int] | None = None,
) -> tuple[JointFrames, Gaits]:
    """Joints along a path; the feet are not yet on the floor (see `plant`).

    Args:
        strides: A frame, and how many strides were taken before it.
        only: Joints to place, parents first, beside the tail's; the others, and rotations of the tail's
            links that no keypoint needs, are zero. All joints where not given.
    """
    core = _core(plan)
    turns = path_turns(plan, path, habits, acts)
    joints = place_joints(plan, turns, np.zeros((len(path), 3)), only=core)
    _move_over_path(plan, path, joints, core)
    girdles = plan.joints_at((plan.joints[0].name, plan.spine[-1]))
    root_mm = joints.position_mm[:, 0].copy()
    phase, speed = stride_phase(plan, joints.position_mm[:, girdles, :2], path.fps)
    phase += strides[1] - phase[strides[0]]
    add_gait(plan, turns, phase, np.clip(speed / 120, 0, 1))
    seated = None
    if acts is not None:
        add_acts(plan, turns, acts)
        seated = acts.seated
        root_mm[:, 2] += rise_mm(plan, acts)
    joints.position_mm[:, 0] = 0
    turn_joints(plan, joints, turns, core)
    _move_over_path(plan, path, joints, core, root_mm=root_mm, seated=seated)
    head = plan.joint_index[plan.neck[-1]]
    _lift_nose(plan, joints, turns, head)
    if plan.bobs:
        bob_head(plan, joints, path.head_heading, phase=phase, speed=speed)
    rest = [j for j in (range(len(plan.joints)) if only is None else only) if j not in core]
    turn_joints(plan, joints, turns, rest)
    gaits = Gaits(
        phase=phase, speed_mm_s=speed, rear_heading=path.rear_heading, front_heading=path.front_heading
    )
    trail_tail(
        plan,
        joints,
        gaits.rear_heading,
        habits,
        phase=phase,
        fps=path.fps,
        floor_mm=floor_mm,
        turned=only is None or _tail_carries(plan),
    )
    return joints, gaits


def plant(plan: BodyPlan, joints: JointFrames, gaits: Gaits, first: int = 0) -> None:
    """Put the feet of `joints`, in place, on the floor; `first` is the frame that they begin with."""
    headings = {plan.joints[0].name: gaits.rear_heading, plan.spine[-1]: gaits.front_heading}
    plant_feet(plan, joints, headings, phase=gaits.phase, speed=gaits.speed_mm_s, first=first)


def flesh_out(plan: BodyPlan, joints: JointFrames, gaits: Gaits, habits: Habits, fps: float) -> Motion:
    """Surface and keypoints on the joints."""
    return Motion(
        joints=joints,
        surface=place_parts(plan, joints, _breath(habits.breath_start, gaits.speed_mm_s, fps)),
        points_mm=place_keypoints(plan, joints),
        speed_mm_s=gaits.speed_mm_s,
    )


def _core(plan: BodyPlan) -> tuple[int, ...]:
    """The joints between root and head, and what they hang on."""
    wanted = {0, *plan.joints_at(plan.spine), *plan.joints_at(plan.neck)}
    for j in sorted(wanted, reverse=True):
        parent = plan.joints[j].parent
        while parent is not None:
            wanted.add(plan.joint_index[parent])
            parent = plan.joints[plan.joint_index[parent]].parent
    return tuple(sorted(wanted))


def _tail_carries(plan: BodyPlan) -> bool:
    """Whether keypoints lie off the joints of the tail, so that these must be turned."""
    return any(k.joint in plan.tail[1:] and any(k.offset_mm) for k in plan.keypoints)


def _move_over_path(
    plan: BodyPlan,
    path: Path,
    joints: JointFrames,
    core: Sequence[int],
    *,
    root_mm: NDArray[np.float64] | None = None,
    seated: Angles | None = None,
) -> None:
    """Move the core of `joints`, in place, so that the head is over the path, the root at standing height.

    Where `seated` (frame,) is 1 the root stands at `root_mm` (frame, 3) instead, whatever the head does; its
    height is taken from there in any case.
    """
    head = plan.joint_index[plan.neck[-1]]
    shift = np.full((len(path), 3), plan.stand_mm)
    shift[:, :2] = path.head_mm - joints.position_mm[:, head, :2]
    if root_mm is not None:
        shift[:, 2] = root_mm[:, 2]
        if seated is not None:
            hold = np.clip(2.5 * seated, 0, 1)[:, None]
            hold = hold * hold * (3 - 2 * hold)
            shift[:, :2] += hold * (root_mm[:, :2] - shift[:, :2])
    for j in core:
        joints.position_mm[:, j] += shift


def _lift_nose(plan: BodyPlan, joints: JointFrames, turns: Angles, head: int) -> None:
    """Lift the head, in place, wherever the nose would dip into the floor."""
    nose = plan.keypoints[plan.skeleton.index(plan.heading[1])]
    reach = float(np.linalg.norm(nose.offset_mm))
    for _ in range(2):
        dip = NOSE_CLEARANCE * plan.stand_mm - joints.point(head, nose.offset_mm)[:, 2]
        turns[:, head, 1] -= np.arcsin(np.clip(dip / reach, 0, 0.8))
        turn_joints(plan, joints, turns, [head])


def _breath(start: float, speed: Angles, fps: float) -> Angles:
    """Fraction (frame,) by which the chest swells: about 3 a second at rest, faster after a run."""
    rate_hz = 2.6 + 2.2 * np.clip(low_pass(speed, fps=fps, time_s=1.5) / 150, 0, 1)
    return np.asarray(0.025 * np.sin(start + 2 * np.pi * np.cumsum(rate_hz) / fps), np.float64)
