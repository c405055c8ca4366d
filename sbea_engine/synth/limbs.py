"""Legs of two segments that keep their lengths: from where a foot is to how knee or elbow bend."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sbea_engine.synth.body import BodyPlan, JointFrames, Limb

# Shares of the length of a straight leg. One that is never quite straight does not snap as it straightens.
REACH = 0.97
FOLD = 0.25
GLIDE = 0.25  # how far hip or shoulder give, inside the flesh, before the foot does

Vectors = NDArray[np.float64]


def bend_limbs(plan: BodyPlan, joints: JointFrames) -> None:
    """Bend all legs of `joints`, in place, so that they reach their feet.

    The two-bone problem in closed form, by the law of cosines. Where a foot is out of reach, the root of
    the leg glides after it, as a shoulder blade does, and beyond that the foot is drawn to the leg; where it
    is too close, the root gives way. The bend's frame has its z axis up the lower segment.
    """
    position, rotation = np.moveaxis(joints.position_mm, 0, -1), np.moveaxis(joints.rotation, 0, -1)
    for limb in plan.limbs:
        root, bend, foot = plan.joints_at((limb.root, limb.bend, limb.foot))
        upper, lower = plan.leg_mm(limb)
        end = _end(plan, limb, position, rotation)
        away = _length(end - position[root])
        way = (end - position[root]) / np.maximum(away, 1e-9)
        beyond = np.maximum(away - REACH * (upper + lower), 0)
        give = np.minimum(beyond, GLIDE * (upper + lower))
        crowded = np.maximum(max(FOLD * (upper + lower), 1.02 * abs(upper - lower)) - away, 0)
        position[root] += way * (give - crowded)
        position[foot] -= way * (beyond - give)
        end = _end(plan, limb, position, rotation)
        if limb.ankle:
            ankle = plan.joint_index[limb.ankle]
            position[ankle], rotation[ankle] = end, rotation[foot]
        reach = away - beyond + crowded
        along = (upper**2 - lower**2 + reach**2) / (2 * reach)
        aside = _level(_turned(rotation[root], limb.bend_to), way)
        position[bend] = position[root] + along * way + np.sqrt(upper**2 - along**2) * aside
        up = (position[bend] - end) / lower
        left = _level(rotation[root][:, 1], up)
        rotation[bend] = np.stack([np.cross(left, up, axis=0), left, up], axis=1)


def _end(plan: BodyPlan, limb: Limb, position: Vectors, rotation: Vectors) -> Vectors:
    """Where the lower segment ends (3, frame): at the foot, or at an ankle fixed to it."""
    foot = plan.joint_index[limb.foot]
    if not limb.ankle:
        return np.asarray(position[foot])
    return np.asarray(
        position[foot] + _turned(rotation[foot], plan.joints[plan.joint_index[limb.ankle]].offset_mm)
    )


def _turned(rotation: Vectors, offset: tuple[float, float, float]) -> Vectors:
    x, y, z = offset
    return np.asarray(rotation[:, 0] * x + rotation[:, 1] * y + rotation[:, 2] * z)


def _level(vectors: Vectors, normal: Vectors) -> Vectors:
    """Unit vectors (3, frame): what is left of `vectors` across the unit vectors `normal`."""
    rest = vectors - (vectors * normal).sum(0) * normal
    return np.asarray(rest / np.maximum(_length(rest), 1e-9))


def _length(vectors: Vectors) -> Vectors:
    return np.asarray(np.sqrt((vectors * vectors).sum(0)))
