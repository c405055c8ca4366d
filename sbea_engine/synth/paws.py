"""Forepaws off the floor: hanging in a rear, washing the snout, resting on another's back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sbea_engine.synth.behaviour.acts import Acts
from sbea_engine.synth.body import BodyPlan, JointFrames, Vector
from sbea_engine.synth.rotation import from_yaw_pitch_roll

Points = NDArray[np.float64]
# Of a mouse whose root stands this high; offsets go with the animal's own standing height.
_STAND_MM = 14.0
_HANG: Vector = (9.0, 5.0, -9.5)  # from the front girdle, left paw
_WASH: Vector = (14.0, 3.6, -5.5)  # from the head, left paw
_CLEAR = 6.0  # lifted paws hang, and their toes stay off the floor
_APART, _ABOVE, _PAD = 5.0, 7.0, 2.0  # paws on a wall: from the middle, over the front girdle, off the wall
_REST: Vector = (3.0, 9.0, 8.5)  # on the partner, from the first joint of its spine, left paw


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Hold:
    """The back that an animal's forepaws rest on: frames (frame,) of it and the joints of the partner."""

    rows: NDArray[np.intp]
    partner: BodyPlan
    joints: JointFrames


def raise_paws(
    plan: BodyPlan, joints: JointFrames, acts: Acts, holds: list[Hold], floor_mm: tuple[float, float]
) -> None:
    """Move the forefeet of `joints`, in place, off the floor as far as the acts ask for."""
    off = np.clip(acts.rear + acts.groom + acts.lift, 0, 1)
    if not off.any():
        return
    girdle, head = plan.joint_index[plan.spine[-1]], plan.joint_index[plan.neck[-1]]
    size = plan.stand_mm / _STAND_MM
    washing = acts.groom / np.maximum(acts.rear + acts.groom + acts.lift, 1e-9)
    resting = acts.lift / np.maximum(acts.rear + acts.groom + acts.lift, 1e-9)
    for limb in plan.limbs:
        if limb.girdle != plan.spine[-1]:
            continue
        foot, side = plan.joint_index[limb.foot], float(np.sign(limb.stand_mm[1]))
        hang = joints.point(girdle, _on(_HANG, side, size))
        wash = _washing(joints, head, acts, side, size)
        if acts.lean.any():
            hang += (acts.lean * acts.rear)[:, None] * (_on_wall(joints, girdle, side, size, floor_mm) - hang)
        rest = hang.copy()
        for hold in holds:
            back = hold.partner.joint_index[hold.partner.spine[0]]
            on = hold.joints.point(back, _on(_REST, side, hold.partner.stand_mm / _STAND_MM))
            rest[hold.rows] = on[hold.rows]
        up = hang + washing[:, None] * (wash - hang) + resting[:, None] * (rest - hang)
        up[:, 2] = np.maximum(up[:, 2], _CLEAR * size)
        share = (off * off * (3 - 2 * off))[:, None]
        joints.position_mm[:, foot] += share * (up - joints.position_mm[:, foot])
        droop = from_yaw_pitch_roll(0.0, np.deg2rad(65 - 95 * acts.lean) * (1 - resting))
        raised = joints.rotation[:, girdle] @ droop
        joints.rotation[:, foot] = _between(joints.rotation[:, foot], raised, share[:, 0])


def _washing(joints: JointFrames, head: int, acts: Acts, side: float, size: float) -> Points:
    """Paws that circle over the snout, one a little ahead of the other."""
    offset = _on(_WASH, side, size)
    reach = np.moveaxis(joints.rotation[:, head], 0, -1)
    stroke = acts.stroke + 0.35 * side
    along = (-2.5 * size) * (1 - np.cos(stroke))
    up = (2.4 * size) * np.sin(stroke)
    return joints.point(head, offset) + (reach[:, 0] * along + reach[:, 2] * up).T


def _on_wall(
    joints: JointFrames, girdle: int, side: float, size: float, floor_mm: tuple[float, float]
) -> Points:
    """Places on the wall that the body faces, a little above the front girdle."""
    at, ahead = joints.position_mm[:, girdle], joints.rotation[:, 0, :2, 0].copy()
    ahead /= np.maximum(np.linalg.norm(ahead, axis=-1, keepdims=True), 1e-9)
    bound = np.array(floor_mm) / 2 - _PAD * size
    left = np.stack([-ahead[:, 1], ahead[:, 0]], axis=-1)
    start = at[:, :2] + _APART * side * size * left
    # The nearer of the walls ahead along each axis; none is met by a body that is turned along it.
    far = (np.copysign(bound, ahead) - start) / np.where(np.abs(ahead) > 1e-3, ahead, 1e-3)
    far = np.where(far > 0, far, np.inf).min(-1)
    place = start + np.minimum(far, 60.0 * size)[:, None] * ahead
    return np.concatenate([place, at[:, 2:] + _ABOVE * size], axis=-1)


def _on(offset: Vector, side: float, size: float) -> Vector:
    x, y, z = offset
    return (x * size, y * side * size, z * size)


def _between(a: Points, b: Points, share: NDArray[np.float64]) -> Points:
    """Rotations (frame, 3, 3) a share of the way from `a` to `b`: their mix, made orthonormal again."""
    mixed = a + share[:, None, None] * (b - a)
    x = mixed[..., 0] / np.linalg.norm(mixed[..., 0], axis=-1, keepdims=True)
    y = mixed[..., 1] - x * (x * mixed[..., 1]).sum(-1, keepdims=True)
    y /= np.linalg.norm(y, axis=-1, keepdims=True)
    return np.stack([x, y, np.cross(x, y)], axis=-1)
