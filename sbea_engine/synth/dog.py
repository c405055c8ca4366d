"""A dog of middle size: 480 mm at the shoulder."""

from __future__ import annotations

from sbea_engine.synth.body import BodyPlan, Joint, Keypoint, Limb, Part

TAIL_LINKS = 6
TAIL_LINK_MM = 52.0

_TRUNK = (
    Joint(name="pelvis", parent=None),
    Joint(name="loin", parent="pelvis", offset_mm=(125, 0, 6), turn_deg=(0, 1, 0)),
    Joint(name="back", parent="loin", offset_mm=(125, 0, 0), turn_deg=(0, 1, 0)),
    Joint(name="withers", parent="back", offset_mm=(120, 0, 4), turn_deg=(0, -2, 0)),
    Joint(name="neck", parent="withers", offset_mm=(85, 0, 45), turn_deg=(0, -36, 0)),
    Joint(name="head", parent="neck", offset_mm=(125, 0, 8), turn_deg=(0, 44, 0)),
)

_TAIL = (
    Joint(name="tail 0", parent="pelvis", offset_mm=(-100, 0, 35)),
    *(
        Joint(name=f"tail {i}", parent=f"tail {i - 1}", offset_mm=(-TAIL_LINK_MM, 0, 0))
        for i in range(1, TAIL_LINKS + 1)
    ),
)


def _side(side: str, sign: float) -> tuple[tuple[Joint, ...], tuple[Part, ...]]:
    hip, knee, hock, hind = (f"{side} {n}" for n in ("hip", "knee", "hock", "hind foot"))
    shoulder, elbow, fore = (f"{side} {n}" for n in ("shoulder", "elbow", "fore foot"))
    joints = (
        Joint(name=hip, parent="pelvis", offset_mm=(-25, 56 * sign, -45)),
        Joint(name=knee, parent=hip, offset_mm=(85, 6 * sign, -125)),
        Joint(name=hind, parent=knee, offset_mm=(-70, 4 * sign, -220)),
        Joint(name=hock, parent=hind, offset_mm=(-38, 0, 105)),
        Joint(name=shoulder, parent="withers", offset_mm=(50, 58 * sign, -85)),
        Joint(name=elbow, parent=shoulder, offset_mm=(-90, 4 * sign, -95)),
        Joint(name=fore, parent=elbow, offset_mm=(40, 0, -205)),
        Joint(name=f"{side} ear", parent="head", offset_mm=(-28, 48 * sign, 30), turn_deg=(0, 0, 0)),
    )
    parts = (
        Part(name=f"{side} thigh", joint=hip, to=knee, radii_mm=(34, 38, 66)),
        Part(name=f"{side} shank", joint=knee, to=hock, radii_mm=(14, 26, 34)),
        Part(name=f"{side} hock", joint=hock, to=hind, radii_mm=(12, 19, 21)),
        Part(
            name=f"{side} shoulder",
            joint="withers",
            centre_mm=(12, 55 * sign, -60),
            radii_mm=(52, 30, 84),
            turn_deg=(0, -22, 0),
        ),
        Part(name=f"{side} arm", joint=shoulder, to=elbow, radii_mm=(24, 29, 46)),
        Part(name=f"{side} foreleg", joint=elbow, to=fore, radii_mm=(14, 23, 25)),
        Part(name=f"{side} hind paw", joint=hind, centre_mm=(22, 0, 20), radii_mm=(46, 27, 21)),
        Part(name=f"{side} fore paw", joint=fore, centre_mm=(20, 0, 20), radii_mm=(42, 27, 21)),
        Part(
            name=f"{side} ear",
            joint=f"{side} ear",
            centre_mm=(0, 12 * sign, -38),
            radii_mm=(30, 9, 48),
            turn_deg=(0, 8, -14 * sign),
            material="ear",
            soft=False,
        ),
        Part(
            name=f"{side} eye",
            joint="head",
            centre_mm=(44, 31 * sign, 18),
            radii_mm=(8, 7, 8),
            material="eye",
            soft=False,
            casts=False,
        ),
    )
    return joints, parts


_LEFT, _RIGHT = _side("left", 1), _side("right", -1)


def _limb(foot: str, sign: float, phase: float, trot_phase: float) -> Limb:
    hind, side = "hind" in foot, foot.split()[0]
    return Limb(
        foot=foot,
        girdle="pelvis" if hind else "withers",
        root=f"{side} hip" if hind else f"{side} shoulder",
        bend=f"{side} knee" if hind else f"{side} elbow",
        bend_to=(1, 0.1 * sign, -0.2) if hind else (-1, 0.1 * sign, -0.3),
        ankle=f"{side} hock" if hind else "",
        stand_mm=(-30, 66 * sign) if hind else (15, 62 * sign),
        phase=phase,
        trot_phase=trot_phase,
        lift_mm=60,
    )


DOG = BodyPlan(
    name="dog",
    joints=(*_TRUNK, *_LEFT[0], *_RIGHT[0], *_TAIL),
    parts=(
        Part(name="rump", joint="pelvis", centre_mm=(-20, 0, -20), radii_mm=(95, 78, 92)),
        Part(name="loin", joint="loin", centre_mm=(-10, 0, -22), radii_mm=(115, 74, 82), breathes=0.3),
        Part(name="ribs", joint="back", centre_mm=(5, 0, -42), radii_mm=(125, 88, 110), breathes=0.6),
        Part(name="breast", joint="withers", centre_mm=(5, 0, -48), radii_mm=(105, 82, 112), breathes=0.4),
        Part(name="throat", joint="neck", centre_mm=(28, 0, -8), radii_mm=(105, 56, 64)),
        Part(name="skull", joint="head", centre_mm=(5, 0, 5), radii_mm=(66, 54, 54)),
        Part(name="muzzle", joint="head", centre_mm=(78, 0, -18), radii_mm=(58, 27, 28)),
        Part(
            name="nose",
            joint="head",
            centre_mm=(134, 0, -8),
            radii_mm=(10, 14, 11),
            material="nose",
            soft=False,
            casts=False,
        ),
        *_LEFT[1],
        *_RIGHT[1],
        *(
            Part(
                name=f"tail {i}",
                joint=f"tail {i}",
                to=f"tail {i + 1}",
                radii_mm=(10, 24 - 2.6 * i, 24 - 2.6 * i),
            )
            for i in range(TAIL_LINKS)
        ),
    ),
    keypoints=(
        Keypoint(name="nose", joint="head", offset_mm=(142, 0, -8), depth_mm=35.0),
        Keypoint(name="left ear", joint="left ear", offset_mm=(0, 16, -12), depth_mm=35.0),
        Keypoint(name="right ear", joint="right ear", offset_mm=(0, -16, -12), depth_mm=35.0),
        Keypoint(name="withers", joint="withers", offset_mm=(0, 0, 60), depth_mm=35.0),
        Keypoint(name="back", joint="loin", offset_mm=(0, 0, 58), depth_mm=35.0),
        Keypoint(name="left elbow", joint="left elbow", offset_mm=(0, 20, 0), depth_mm=45.0),
        Keypoint(name="right elbow", joint="right elbow", offset_mm=(0, -20, 0), depth_mm=45.0),
        Keypoint(name="left fore paw", joint="left fore foot", offset_mm=(22, 0, 34), depth_mm=40.0),
        Keypoint(name="right fore paw", joint="right fore foot", offset_mm=(22, 0, 34), depth_mm=40.0),
        Keypoint(name="left hind paw", joint="left hind foot", offset_mm=(24, 0, 34), depth_mm=40.0),
        Keypoint(name="right hind paw", joint="right hind foot", offset_mm=(24, 0, 34), depth_mm=40.0),
        Keypoint(name="tail base", joint="tail 0", offset_mm=(0, 0, 16), depth_mm=35.0),
        Keypoint(name="tail tip", joint=f"tail {TAIL_LINKS}", depth_mm=25.0),
    ),
    limbs=(
        _limb("left hind foot", 1, 0.0, 0.0),
        _limb("left fore foot", 1, 0.25, 0.5),
        _limb("right hind foot", -1, 0.5, 0.5),
        _limb("right fore foot", -1, 0.75, 0.0),
    ),
    spine=("loin", "back", "withers"),
    neck=("neck", "head"),
    tail=tuple(f"tail {i}" for i in range(TAIL_LINKS + 1)),
    edges=(
        ("nose", "left ear"),
        ("nose", "right ear"),
        ("left ear", "withers"),
        ("right ear", "withers"),
        ("withers", "back"),
        ("back", "tail base"),
        ("tail base", "tail tip"),
        ("withers", "left elbow"),
        ("withers", "right elbow"),
        ("left elbow", "left fore paw"),
        ("right elbow", "right fore paw"),
        ("tail base", "left hind paw"),
        ("tail base", "right hind paw"),
    ),
    symmetric=(
        ("left ear", "right ear"),
        ("left elbow", "right elbow"),
        ("left fore paw", "right fore paw"),
        ("left hind paw", "right hind paw"),
    ),
    heading=("tail base", "nose"),
    stand_mm=385.0,
    gait_mm=(320.0, 0.30),
    roams=7.5,
    acts=frozenset({"approach", "follow", "nose-nose", "nose-anogenital"}),
)
