"""The house mouse, about the size of an adult C57BL/6: 90 mm from snout to tail base, 80 mm of tail."""

from __future__ import annotations

from sbea_engine.synth.behaviour.repertoire import REPERTOIRE
from sbea_engine.synth.body import BodyPlan, Joint, Keypoint, Limb, Part

TAIL_LINKS = 14
TAIL_LINK_MM = 5.9
TAIL_RADII_MM = [2.7 - 1.85 * (i / (TAIL_LINKS - 1)) ** 0.8 for i in range(TAIL_LINKS)]

_TRUNK = (
    Joint(name="pelvis", parent=None),
    Joint(name="loin", parent="pelvis", offset_mm=(11.5, 0, 1.2), turn_deg=(0, 2, 0)),
    Joint(name="back", parent="loin", offset_mm=(11.5, 0, 0.3), turn_deg=(0, 6, 0)),
    Joint(name="chest", parent="back", offset_mm=(11.5, 0, -0.6), turn_deg=(0, 4, 0)),
    Joint(name="neck", parent="chest", offset_mm=(10.5, 0, 0.6), turn_deg=(0, -15, 0)),
    Joint(name="head", parent="neck", offset_mm=(9, 0, 1.2), turn_deg=(0, 17, 0)),
)

_TAIL = (
    Joint(name="tail 0", parent="pelvis", offset_mm=(-17.5, 0, -3)),
    *(
        Joint(name=f"tail {i}", parent=f"tail {i - 1}", offset_mm=(-TAIL_LINK_MM, 0, 0))
        for i in range(1, TAIL_LINKS + 1)
    ),
)


def _feet(side: str, sign: float) -> tuple[Joint, ...]:
    return (
        Joint(name=f"{side} hip", parent="pelvis", offset_mm=(-3, 9 * sign, 0)),
        Joint(name=f"{side} knee", parent=f"{side} hip", offset_mm=(9.5, 1.3 * sign, -8.8)),
        Joint(name=f"{side} hind foot", parent=f"{side} knee", offset_mm=(-5.5, 1.2 * sign, -12.2)),
        Joint(name=f"{side} shoulder", parent="chest", offset_mm=(5, 6.5 * sign, -1)),
        Joint(name=f"{side} elbow", parent=f"{side} shoulder", offset_mm=(-7.5, 0.8 * sign, -5.8)),
        Joint(name=f"{side} fore foot", parent=f"{side} elbow", offset_mm=(9, 0, -8.7)),
        Joint(
            name=f"{side} ear", parent="head", offset_mm=(-2.6, 6.2 * sign, 5.6), turn_deg=(38 * sign, -48, 0)
        ),
    )


_TRUNK_PARTS = (
    Part(name="rump", joint="pelvis", centre_mm=(-6, 0, -1), radii_mm=(11.5, 12.3, 11.2)),
    Part(name="tail root", joint="pelvis", to="tail 1", radii_mm=(1, 3.0, 2.9)),
    Part(name="pelvis", joint="pelvis", centre_mm=(2.5, 0, -0.6), radii_mm=(14, 14.4, 13)),
    Part(name="loin", joint="loin", centre_mm=(1.5, 0, -2.0), radii_mm=(14, 14.6, 13.6), breathes=0.5),
    Part(name="back", joint="back", centre_mm=(0.5, 0, -2.2), radii_mm=(13, 13.2, 12.8), breathes=1.0),
    Part(name="chest", joint="chest", centre_mm=(0, 0, -1.6), radii_mm=(12, 11.4, 11.6), breathes=0.8),
    Part(name="neck", joint="neck", centre_mm=(0, 0, -0.6), radii_mm=(10.5, 9.4, 9.2)),
    Part(name="skull", joint="head", centre_mm=(0.5, 0, 0), radii_mm=(10, 8.4, 7.9)),
    Part(name="muzzle", joint="head", centre_mm=(9, 0, -2.0), radii_mm=(8, 4.7, 4.4)),
    Part(name="snout", joint="head", centre_mm=(14.2, 0, -2.7), radii_mm=(4.0, 2.5, 2.2), tint=1.15),
)


def _side_parts(side: str, sign: float) -> tuple[Part, ...]:
    return (
        Part(name=f"{side} cheek", joint="head", centre_mm=(4.5, 4.1 * sign, -2.4), radii_mm=(6, 3.4, 3.8)),
        Part(name=f"{side} thigh", joint=f"{side} hip", to=f"{side} knee", radii_mm=(2.6, 5.4, 7.6)),
        Part(name=f"{side} shank", joint=f"{side} knee", to=f"{side} hind foot", radii_mm=(1.0, 2.8, 2.9)),
        Part(name=f"{side} arm", joint=f"{side} shoulder", to=f"{side} elbow", radii_mm=(2.2, 3.6, 4.4)),
        Part(name=f"{side} forearm", joint=f"{side} elbow", to=f"{side} fore foot", radii_mm=(1.2, 2.2, 2.3)),
        Part(
            name=f"{side} ear",
            joint=f"{side} ear",
            centre_mm=(0, 1.6 * sign, 4.6),
            radii_mm=(1.2, 5.8, 6.3),
            turn_deg=(0, 0, -14 * sign),
            material="ear",
            soft=False,
        ),
        Part(
            name=f"{side} inner ear",
            joint=f"{side} ear",
            centre_mm=(0.75, 1.6 * sign, 4.5),
            radii_mm=(1.0, 4.4, 5.3),
            turn_deg=(0, 0, -14 * sign),
            material="inner ear",
            soft=False,
            casts=False,
        ),
        Part(
            name=f"{side} eye",
            joint="head",
            centre_mm=(6.2, 6.0 * sign, 2.0),
            radii_mm=(1.75, 1.6, 1.75),
            material="eye",
            soft=False,
            casts=False,
        ),
        *_foot_parts(side, sign),
    )


def _foot_parts(side: str, sign: float) -> tuple[Part, ...]:
    """Soles and toes: the feet's joints stand at the wrist and the heel, on the floor."""
    hind, fore = f"{side} hind foot", f"{side} fore foot"
    toes = tuple(
        Part(
            name=f"{side} {which} toe {i + 1}",
            joint=joint,
            centre_mm=(reach * (1 - 0.12 * abs(i - 1)), spread * (i - 1), 0.8),
            radii_mm=(length, 0.75, 0.75),
            turn_deg=(16.0 * (i - 1), 0, 0),
            material="skin",
            soft=False,
            casts=False,
        )
        for which, joint, reach, spread, length in (
            ("hind", hind, 10.5, 2.0, 3.0),
            ("fore", fore, 4.6, 1.5, 2.2),
        )
        for i in range(3)
    )
    return (
        Part(
            name=f"{side} sole",
            joint=hind,
            centre_mm=(4, 0, 1.1),
            radii_mm=(6.6, 2.2, 1.4),
            material="skin",
            soft=False,
        ),
        Part(
            name=f"{side} palm",
            joint=fore,
            centre_mm=(1.6, 0, 1.1),
            radii_mm=(3.0, 2.0, 1.4),
            material="skin",
            soft=False,
        ),
        *toes,
    )


_NOSE = Part(
    name="nose",
    joint="head",
    centre_mm=(17.8, 0, -2.5),
    radii_mm=(1.1, 1.3, 1.1),
    material="nose",
    soft=False,
    casts=False,
)

_TAIL_PARTS = tuple(
    Part(
        name=f"tail {i}",
        joint=f"tail {i}",
        to=f"tail {i + 1}",
        radii_mm=(4.0, TAIL_RADII_MM[i], TAIL_RADII_MM[i]),
        material="tail",
        soft=False,
    )
    for i in range(TAIL_LINKS)
)


def _limb(foot: str, sign: float, *, phase: float, trot_phase: float) -> Limb:
    hind, side = "hind" in foot, foot.split()[0]
    return Limb(
        foot=foot,
        girdle="pelvis" if hind else "chest",
        root=f"{side} hip" if hind else f"{side} shoulder",
        bend=f"{side} knee" if hind else f"{side} elbow",
        bend_to=(1, 0.15 * sign, -0.3) if hind else (-1, 0.5 * sign, -0.25),
        stand_mm=(1, 11.5 * sign) if hind else (7, 7 * sign),
        phase=phase,
        trot_phase=trot_phase,
        lift_mm=4,
        toe_out_deg=(14 if hind else 6) * sign,
    )


# Allowed depths below the drawn surface: more than what a keypoint's own part ever puts in front of it as the
# animal pitches and sways (measured over four recordings), less than what any other part does.
MOUSE = BodyPlan(
    name="mouse",
    joints=(*_TRUNK, *_feet("left", 1), *_feet("right", -1), *_TAIL),
    parts=(*_TRUNK_PARTS, *_side_parts("left", 1), *_side_parts("right", -1), _NOSE, *_TAIL_PARTS),
    keypoints=(
        Keypoint(name="snout", joint="head", offset_mm=(18.4, 0, -2.4), depth_mm=5.0),
        Keypoint(name="left ear", joint="left ear", offset_mm=(0.4, 2.2, 6.0), depth_mm=5.5),
        Keypoint(name="right ear", joint="right ear", offset_mm=(0.4, -2.2, 6.0), depth_mm=5.5),
        Keypoint(name="neck", joint="neck", offset_mm=(0, 0, 8.9), depth_mm=4.0),
        Keypoint(name="mid back", joint="back", offset_mm=(-3, 0, 11.4), depth_mm=4.0),
        Keypoint(name="left hip", joint="pelvis", offset_mm=(3, 15.7, 1.5), depth_mm=7.0),
        Keypoint(name="right hip", joint="pelvis", offset_mm=(3, -15.7, 1.5), depth_mm=7.0),
        Keypoint(name="tail base", joint="tail 0", offset_mm=(-1.5, 0, 1.5), depth_mm=4.0),
        Keypoint(name="tail middle", joint=f"tail {TAIL_LINKS // 2}", depth_mm=4.0),
        Keypoint(name="tail tip", joint=f"tail {TAIL_LINKS}", depth_mm=3.0),
    ),
    limbs=(
        _limb("left hind foot", 1, phase=0.0, trot_phase=0.0),
        _limb("left fore foot", 1, phase=0.25, trot_phase=0.5),
        _limb("right hind foot", -1, phase=0.5, trot_phase=0.5),
        _limb("right fore foot", -1, phase=0.75, trot_phase=0.0),
    ),
    spine=("loin", "back", "chest"),
    neck=("neck", "head"),
    tail=tuple(f"tail {i}" for i in range(TAIL_LINKS + 1)),
    edges=(
        ("snout", "left ear"),
        ("snout", "right ear"),
        ("left ear", "neck"),
        ("right ear", "neck"),
        ("neck", "mid back"),
        ("mid back", "left hip"),
        ("mid back", "right hip"),
        ("mid back", "tail base"),
        ("left hip", "tail base"),
        ("right hip", "tail base"),
        ("tail base", "tail middle"),
        ("tail middle", "tail tip"),
    ),
    symmetric=(("left ear", "right ear"), ("left hip", "right hip")),
    heading=("tail base", "snout"),
    stand_mm=14.0,
    gait_mm=(30.0, 0.11),
    acts=frozenset(REPERTOIRE),
)  # fmt: skip
