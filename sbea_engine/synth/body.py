"""Body plans: joints, ellipsoid parts, limbs and keypoints of one kind of animal, declared as data.

A plan knows no motion and no picture. `place_joints` turns joint angles into frames in the world, and
`place_parts` and `place_keypoints` hang the surface and the keypoints on them, over all frames at once.

How to add one: write a module like `mouse.py` that builds a `BodyPlan`, and name it in `BODIES` of
`recipe.py`. Body axes: x forward, y left, z up; lengths in millimetres of an animal of scale 1.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from sbea_engine.data import Skeleton
from sbea_engine.errors import BadInput
from sbea_engine.synth.behaviour.repertoire import BASIC, REPERTOIRE
from sbea_engine.synth.rotation import along, from_yaw_pitch_roll

Vector = tuple[float, float, float]
ZERO: Vector = (0.0, 0.0, 0.0)


class BadBody(BadInput):
    """A body plan contradicts itself."""

    code = "bad_body"


@dataclass(frozen=True, slots=True, kw_only=True)
class Joint:
    """A frame that parts hang on; `turn_deg` is (yaw, pitch, roll) at rest, relative to the parent."""

    name: str
    parent: str | None
    offset_mm: Vector = ZERO
    turn_deg: Vector = ZERO


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """An ellipsoid.

    Attributes:
        joint: The frame it hangs on.
        to: Where given, the part spans from `joint` to this joint's origin, its x axis along the span; the
            x radius then is half the span plus `radii_mm[0]`.
        centre_mm: Centre in the joint's frame (unused for a span).
        radii_mm: Half axes along the part's own x, y, z.
        turn_deg: (yaw, pitch, roll) of the part in the joint's frame (unused for a span).
        material: Name of a colour of the coat.
        soft: Melts into the other soft parts of the animal, as fur over flesh; otherwise keeps its edge.
        tint: Factor on the material's colour.
        casts: Takes part in the shadow on the floor; small parts close to a larger one need not.
        breathes: How much of the breath swells its y and z radii, as a fraction of them.
    """

    name: str
    joint: str
    radii_mm: Vector
    centre_mm: Vector = ZERO
    to: str | None = None
    turn_deg: Vector = ZERO
    material: str = "fur"
    soft: bool = True
    tint: float = 1.0
    casts: bool = True
    breathes: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Keypoint:
    """A named point on the surface.

    Attributes:
        joint: The frame that carries it.
        offset_mm: Position in that frame.
        depth_mm: How far below the drawn surface it may lie and still be seen in a depth test.
    """

    name: str
    joint: str
    offset_mm: Vector = ZERO
    depth_mm: float = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Limb:
    """A foot that stands still on the floor while the body passes over it, and the leg that reaches it.

    Attributes:
        foot: Joint that the gait places.
        girdle: Joint under which the foot stands at mid-stance.
        root: Joint at the upper end of the leg, a shoulder or a hip.
        bend: Joint in the middle of the leg, a child of `root`: elbow or knee.
        bend_to: Where to the leg bends, in the frame of `root`.
        ankle: Joint at the lower end of the leg, a child of `foot`; the foot itself where not given.
        stand_mm: (x, y) of the foot from the girdle, in the girdle's heading, at mid-stance.
        phase: Share of the stride (0..1) by which this foot leads in a walk.
        trot_phase: The same in a trot.
        lift_mm: Height of the swing.
        toe_out_deg: Turn of the foot outwards from the heading, positive to the left.
    """

    foot: str
    girdle: str
    root: str
    bend: str
    bend_to: Vector
    stand_mm: tuple[float, float]
    phase: float
    trot_phase: float
    lift_mm: float
    toe_out_deg: float = 0.0
    ankle: str = ""

    @property
    def joints(self) -> tuple[str, ...]:
        """Joints that the leg places: root, bend, foot and, where it has one of its own, ankle."""
        return (self.root, self.bend, self.foot, *((self.ankle,) if self.ankle else ()))


@dataclass(frozen=True, kw_only=True)
class BodyPlan:
    """One kind of animal.

    Attributes:
        joints: Parents before children; the first is the root.
        spine: Joints that share the bend between the rear and the front girdle.
        neck: Joints that share the turn of the head against the front girdle, the last being the head.
        tail: Joints of the trailing chain, base first; may be empty.
        edges, symmetric, heading: As in `Skeleton`.
        stand_mm: Height of the root above the floor.
        gait_mm: (stride at rest, stride added per mm/s of speed): stride length is their line.
        roams: How many times wider than a mouse's its paths, distances from walls and speeds are.
        bobs: Whether the head is held still and thrust forward, by turns, while the body walks on.
        acts: Behaviours of the repertoire that this body is made for, beside those that any body does.
    """

    name: str
    joints: tuple[Joint, ...]
    parts: tuple[Part, ...]
    keypoints: tuple[Keypoint, ...]
    limbs: tuple[Limb, ...]
    spine: tuple[str, ...]
    neck: tuple[str, ...]
    tail: tuple[str, ...]
    edges: tuple[tuple[str, str], ...]
    symmetric: tuple[tuple[str, str], ...]
    heading: tuple[str, str]
    stand_mm: float
    gait_mm: tuple[float, float]
    roams: float = 1.0
    bobs: bool = False
    acts: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        known: set[str] = set()
        for joint in self.joints:
            if joint.name in known:
                raise BadBody(f"Joint {joint.name!r} of {self.name!r} is declared twice.")
            if (joint.parent is None) != (not known) or (joint.parent and joint.parent not in known):
                raise BadBody(
                    f"Joint {joint.name!r} of {self.name!r}: only the first joint is the root, "
                    f"and a parent comes before its children."
                )
            known.add(joint.name)
        used: list[str] = [*self.spine, *self.neck, *self.tail]
        used += [name for limb in self.limbs for name in (limb.girdle, *limb.joints)]
        used += [p.joint for p in self.parts] + [p.to for p in self.parts if p.to]
        used += [k.joint for k in self.keypoints]
        missing = sorted(set(used) - known)
        if missing:
            raise BadBody(f"{self.name!r} uses joint {missing[0]!r}, which it does not declare.")
        for limb in self.limbs:
            parents = [(limb.bend, limb.root)] + ([(limb.ankle, limb.foot)] if limb.ankle else [])
            for child, parent in parents:
                if self.joints[self.joint_index[child]].parent != parent:
                    raise BadBody(f"Limb {limb.foot!r} of {self.name!r}: {child!r} must hang on {parent!r}.")
        strange = sorted(self.acts - set(REPERTOIRE))
        if strange:
            raise BadBody(f"{self.name!r} acts {strange[0]!r}, which the repertoire does not know.")
        _ = self.skeleton

    @property
    def does(self) -> frozenset[str]:
        """Behaviours of the repertoire that it shows."""
        return BASIC | self.acts

    @cached_property
    def skeleton(self) -> Skeleton:
        """The keypoints as the rest of the engine knows them."""
        return Skeleton(
            keypoints=tuple(k.name for k in self.keypoints),
            edges=self.edges,
            symmetric=self.symmetric,
            heading=self.heading,
        )

    @cached_property
    def joint_index(self) -> dict[str, int]:
        """Joint name -> position on the joint axis."""
        return {joint.name: i for i, joint in enumerate(self.joints)}

    def rest_mm(self, joint: str) -> NDArray[np.float64]:
        """Position (3,) of a joint on the resting body, from the root."""
        rest = place_joints(self, np.zeros((1, len(self.joints), 3)), np.zeros((1, 3)))
        return np.asarray(rest.position_mm[0, self.joint_index[joint]])

    def leg_mm(self, limb: Limb) -> tuple[float, float]:
        """Lengths of the two segments of a leg, which no posture changes."""
        root, bend, end = (self.rest_mm(n) for n in (limb.root, limb.bend, limb.ankle or limb.foot))
        return float(np.linalg.norm(bend - root)), float(np.linalg.norm(end - bend))

    def joints_at(self, names: Iterable[str]) -> NDArray[np.intp]:
        """Positions of the named joints on the joint axis."""
        return np.array([self.joint_index[name] for name in names], np.intp)

    def scaled(self, factor: float) -> BodyPlan:
        """The same animal, larger or smaller."""

        def times(v: Vector) -> Vector:
            return (v[0] * factor, v[1] * factor, v[2] * factor)

        return replace(
            self,
            joints=tuple(replace(j, offset_mm=times(j.offset_mm)) for j in self.joints),
            parts=tuple(
                replace(p, centre_mm=times(p.centre_mm), radii_mm=times(p.radii_mm)) for p in self.parts
            ),
            keypoints=tuple(
                replace(k, offset_mm=times(k.offset_mm), depth_mm=k.depth_mm * factor) for k in self.keypoints
            ),
            limbs=tuple(
                replace(
                    limb,
                    stand_mm=(limb.stand_mm[0] * factor, limb.stand_mm[1] * factor),
                    lift_mm=limb.lift_mm * factor,
                )
                for limb in self.limbs
            ),
            stand_mm=self.stand_mm * factor,
            gait_mm=(self.gait_mm[0] * factor, self.gait_mm[1]),
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class JointFrames:
    """Where the joints are.

    Attributes:
        rotation: (frame, joint, 3, 3) world from joint.
        position_mm: (frame, joint, 3).
    """

    rotation: NDArray[np.float64]
    position_mm: NDArray[np.float64]

    def point(self, joint: int, offset_mm: Vector) -> NDArray[np.float64]:
        """World position (frame, 3) of a point fixed to a joint."""
        turn = np.moveaxis(self.rotation[:, joint], 0, -1)
        x, y, z = offset_mm
        return np.asarray(self.position_mm[:, joint] + (turn[:, 0] * x + turn[:, 1] * y + turn[:, 2] * z).T)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Ellipsoids:
    """The surface.

    Attributes:
        centre_mm: (frame, part, 3).
        rotation: (frame, part, 3, 3) world from part.
        radii_mm: (frame, part, 3) half axes.
    """

    centre_mm: NDArray[np.float64]
    rotation: NDArray[np.float64]
    radii_mm: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.centre_mm)


def place_joints(
    plan: BodyPlan,
    turns: NDArray[np.float64],
    root_mm: NDArray[np.float64],
    *,
    only: Sequence[int] | None = None,
) -> JointFrames:
    """Forward kinematics.

    Args:
        turns: (frame, joint, 3) yaw, pitch, roll in radians, added to the rest angles; the root's are the
            heading in the world.
        root_mm: (frame, 3) world position of the root joint.
        only: Joints to place, parents with their children, root included; the others are zero.
    """
    frames = len(turns)
    # Frames last in memory: every step below runs along them without a jump. Zero and not whatever lies
    # there, since a point in the middle of a joint is its position plus nothing times its rotation.
    rotation = np.zeros((len(plan.joints), 3, 3, frames))
    position = np.zeros((len(plan.joints), 3, frames))
    placed = JointFrames(rotation=np.moveaxis(rotation, -1, 0), position_mm=np.moveaxis(position, -1, 0))
    position[0] = root_mm.T
    turn_joints(plan, placed, turns, range(len(plan.joints)) if only is None else only)
    return placed


def turn_joints(
    plan: BodyPlan, placed: JointFrames, turns: NDArray[np.float64], joints: Iterable[int]
) -> None:
    """Place `joints` of `placed`, in place, from their parents and from `turns` (frame, joint, 3)."""
    rotation, position = np.moveaxis(placed.rotation, 0, -1), np.moveaxis(placed.position_mm, 0, -1)
    for j in joints:
        joint = plan.joints[j]
        # A joint that does not turn about an axis has one angle for all frames.
        angles = [
            turned + rest if turned.any() else np.array([rest])
            for turned, rest in zip(turns[:, j].T, np.deg2rad(joint.turn_deg), strict=True)
        ]
        local = np.moveaxis(from_yaw_pitch_roll(*angles), (-2, -1), (0, 1))
        if joint.parent is None:
            rotation[j] = local
            continue
        parent = rotation[plan.joint_index[joint.parent]]
        np.multiply(parent[:, :1], local[0], out=rotation[j])
        rotation[j] += parent[:, 1:2] * local[1]
        rotation[j] += parent[:, 2:] * local[2]
        x, y, z = joint.offset_mm
        position[j] = position[plan.joint_index[joint.parent]]
        position[j] += parent[:, 0] * x + parent[:, 1] * y + parent[:, 2] * z


def place_parts(plan: BodyPlan, joints: JointFrames, breath: NDArray[np.float64]) -> Ellipsoids:
    """Hang the parts on the joints; `breath` (frame,) swells the parts that breathe."""
    frames = len(joints.position_mm)
    centre = np.empty((frames, len(plan.parts), 3))
    rotation = np.empty((frames, len(plan.parts), 3, 3))
    radii = np.empty((frames, len(plan.parts), 3))
    for p, part in enumerate(plan.parts):
        j = plan.joint_index[part.joint]
        radii[:, p] = part.radii_mm
        if part.to is None:
            centre[:, p] = joints.point(j, part.centre_mm)
            rotation[:, p] = joints.rotation[:, j] @ from_yaw_pitch_roll(*np.deg2rad(part.turn_deg))
        else:
            start, end = joints.position_mm[:, j], joints.position_mm[:, plan.joint_index[part.to]]
            centre[:, p] = (start + end) / 2
            rotation[:, p] = along(end - start)
            radii[:, p, 0] += np.linalg.norm(end - start, axis=-1) / 2
        radii[:, p, 1:] *= (1 + part.breathes * breath)[:, None]
    return Ellipsoids(centre_mm=centre, rotation=rotation, radii_mm=radii)


def place_keypoints(plan: BodyPlan, joints: JointFrames) -> NDArray[np.float64]:
    """World positions of the keypoints, (frame, keypoint, 3) in millimetres."""
    points = [joints.point(plan.joint_index[k.joint], k.offset_mm) for k in plan.keypoints]
    return np.stack(points, axis=1)
