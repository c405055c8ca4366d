"""A pigeon: a body that no rodent has, on two legs, for which nothing but this plan was written."""

from __future__ import annotations

from sbea_engine.synth.body import BodyPlan, Joint, Keypoint, Limb, Part

_JOINTS = (
    Joint(name="body", parent=None),
    Joint(name="breast", parent="body", offset_mm=(62, 0, 10), turn_deg=(0, -8, 0)),
    Joint(name="low neck", parent="breast", offset_mm=(34, 0, 24), turn_deg=(0, -38, 0)),
    Joint(name="high neck", parent="low neck", offset_mm=(34, 0, 4), turn_deg=(0, -14, 0)),
    Joint(name="head", parent="high neck", offset_mm=(30, 0, 2), turn_deg=(0, 62, 0)),
    Joint(name="tail", parent="body", offset_mm=(-78, 0, 4), turn_deg=(0, -10, 0)),
)


def _side(side: str, sign: float) -> tuple[tuple[Joint, ...], tuple[Part, ...]]:
    # The knee of a bird is hidden in its feathers; what bends backward below them is the heel.
    knee, heel, foot = f"{side} knee", f"{side} heel", f"{side} foot"
    joints = (
        Joint(name=knee, parent="body", offset_mm=(16, 23 * sign, -26)),
        Joint(name=heel, parent=knee, offset_mm=(-30, 1 * sign, -37)),
        Joint(name=foot, parent=heel, offset_mm=(22, 0, -37)),
    )
    toes = tuple(
        Part(
            name=f"{side} toe {i + 1}",
            joint=foot,
            centre_mm=(reach, spread, 2.6),
            radii_mm=(length, 2.6, 2.4),
            turn_deg=(turn, 0, 0),
            material="leg",
            soft=False,
            casts=False,
        )
        for i, (reach, spread, length, turn) in enumerate(
            ((15, -8, 14, -26), (18, 0, 17, 0), (15, 8, 14, 26), (-10, 0, 9, 0))
        )
    )
    parts = (
        Part(
            name=f"{side} wing",
            joint="body",
            centre_mm=(-22, 42 * sign, 12),
            radii_mm=(96, 13, 34),
            turn_deg=(4 * sign, -6, 10 * sign),
            tint=1.25,
        ),
        Part(name=f"{side} shank", joint=knee, to=heel, radii_mm=(4, 11, 12)),
        Part(
            name=f"{side} leg",
            joint=heel,
            to=foot,
            radii_mm=(3, 3.6, 4.0),
            material="leg",
            soft=False,
        ),
        Part(
            name=f"{side} eye",
            joint="head",
            centre_mm=(7, 13.2 * sign, 4),
            radii_mm=(4.2, 3.0, 4.2),
            material="eye",
            soft=False,
            casts=False,
        ),
        *toes,
    )
    return joints, parts


_LEFT, _RIGHT = _side("left", 1), _side("right", -1)

BIRD = BodyPlan(
    name="bird",
    joints=(*_JOINTS, *_LEFT[0], *_RIGHT[0]),
    parts=(
        Part(name="trunk", joint="body", centre_mm=(-4, 0, 0), radii_mm=(92, 48, 46), breathes=0.4),
        Part(name="breast", joint="breast", centre_mm=(-8, 0, -8), radii_mm=(48, 43, 43), breathes=0.6),
        Part(name="crop", joint="low neck", centre_mm=(2, 0, -2), radii_mm=(34, 27, 27), tint=0.8),
        Part(name="neck", joint="high neck", centre_mm=(4, 0, 0), radii_mm=(27, 17, 17), tint=0.65),
        Part(name="skull", joint="head", centre_mm=(2, 0, 2), radii_mm=(20, 15, 15), tint=0.7),
        Part(
            name="beak",
            joint="head",
            centre_mm=(24, 0, -2),
            radii_mm=(13, 3.6, 3.4),
            turn_deg=(0, 8, 0),
            material="beak",
            soft=False,
        ),
        Part(name="rump", joint="tail", centre_mm=(10, 0, 0), radii_mm=(40, 30, 20)),
        Part(
            name="tail fan",
            joint="tail",
            centre_mm=(-48, 0, 0),
            radii_mm=(58, 25, 5),
            material="tail",
            soft=False,
        ),
        *_LEFT[1],
        *_RIGHT[1],
    ),
    keypoints=(
        Keypoint(name="beak tip", joint="head", offset_mm=(37, 0, -4), depth_mm=8.0),
        Keypoint(name="left eye", joint="head", offset_mm=(7, 15.5, 4), depth_mm=7.0),
        Keypoint(name="right eye", joint="head", offset_mm=(7, -15.5, 4), depth_mm=7.0),
        Keypoint(name="crown", joint="head", offset_mm=(0, 0, 16), depth_mm=9.0),
        Keypoint(name="nape", joint="low neck", offset_mm=(0, 0, 24), depth_mm=12.0),
        Keypoint(name="left shoulder", joint="breast", offset_mm=(0, 38, 12), depth_mm=16.0),
        Keypoint(name="right shoulder", joint="breast", offset_mm=(0, -38, 12), depth_mm=16.0),
        Keypoint(name="back", joint="body", offset_mm=(-10, 0, 44), depth_mm=12.0),
        Keypoint(name="left foot", joint="left foot", offset_mm=(0, 0, 4), depth_mm=7.0),
        Keypoint(name="right foot", joint="right foot", offset_mm=(0, 0, 4), depth_mm=7.0),
        Keypoint(name="tail base", joint="tail", offset_mm=(0, 0, 17), depth_mm=12.0),
        Keypoint(name="tail tip", joint="tail", offset_mm=(-103, 0, 2), depth_mm=8.0),
    ),
    limbs=tuple(
        Limb(
            foot=f"{side} foot",
            girdle="body",
            root=f"{side} knee",
            bend=f"{side} heel",
            bend_to=(-1, 0, -0.2),
            stand_mm=(10, 22 * sign),
            phase=phase,
            trot_phase=phase,
            lift_mm=20,
            toe_out_deg=8 * sign,
        )
        for side, sign, phase in (("left", 1, 0.0), ("right", -1, 0.5))
    ),
    spine=("breast",),
    neck=("low neck", "high neck", "head"),
    tail=(),
    edges=(
        ("beak tip", "crown"),
        ("beak tip", "left eye"),
        ("beak tip", "right eye"),
        ("crown", "nape"),
        ("nape", "left shoulder"),
        ("nape", "right shoulder"),
        ("nape", "back"),
        ("back", "tail base"),
        ("back", "left foot"),
        ("back", "right foot"),
        ("tail base", "tail tip"),
    ),
    symmetric=(
        ("left eye", "right eye"),
        ("left shoulder", "right shoulder"),
        ("left foot", "right foot"),
    ),
    heading=("tail base", "beak tip"),
    stand_mm=98.0,
    gait_mm=(70.0, 0.30),
    roams=3.0,
    bobs=True,
    acts=frozenset({"approach", "follow", "nose-nose"}),
)
