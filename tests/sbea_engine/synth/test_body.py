from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sbea_engine.synth.body import BadBody, BodyPlan, Joint, Part, place_joints, place_keypoints, place_parts
from sbea_engine.synth.mouse import MOUSE


def at_rest(plan: BodyPlan, turns: np.ndarray | None = None) -> np.ndarray:
    joints = place_joints(
        plan, np.zeros((1, len(plan.joints), 3)) if turns is None else turns, np.zeros((1, 3))
    )
    return np.asarray(place_keypoints(plan, joints)[0])


class TestMouse:
    def test_has_the_proportions_of_a_mouse(self) -> None:
        points = dict(zip(MOUSE.skeleton.keypoints, at_rest(MOUSE), strict=True))
        body = np.linalg.norm(points["snout"] - points["tail base"])
        tail = np.linalg.norm(points["tail tip"] - points["tail base"])
        assert 75 < body < 100
        assert 70 < tail < 95
        assert 8 < np.linalg.norm(points["left ear"] - points["right ear"]) < 22

    def test_is_symmetric(self) -> None:
        points = at_rest(MOUSE)
        np.testing.assert_allclose(points[MOUSE.skeleton.flip_index] * (1, -1, 1), points, atol=1e-9)

    def test_heading_points_forward(self) -> None:
        rear, front = MOUSE.heading
        points = dict(zip(MOUSE.skeleton.keypoints, at_rest(MOUSE), strict=True))
        assert points[front][0] > points[rear][0]

    def test_scale_scales_every_point(self) -> None:
        np.testing.assert_allclose(at_rest(MOUSE.scaled(1.3)), 1.3 * at_rest(MOUSE), atol=1e-9)


class TestPlaceJoints:
    def test_turning_the_root_turns_everything(self) -> None:
        turns = np.zeros((1, len(MOUSE.joints), 3))
        turns[0, 0, 0] = np.pi / 2
        quarter = np.array([[0, -1, 0], [1, 0, 0], [0, 0, 1.0]])
        np.testing.assert_allclose(at_rest(MOUSE, turns), at_rest(MOUSE) @ quarter.T, atol=1e-9)

    def test_positive_pitch_lowers_the_nose(self) -> None:
        turns = np.zeros((1, len(MOUSE.joints), 3))
        turns[0, MOUSE.joint_index["head"], 1] = 0.3
        snout = MOUSE.skeleton.index("snout")
        assert at_rest(MOUSE, turns)[snout, 2] < at_rest(MOUSE)[snout, 2] - 3


class TestPlaceParts:
    def test_a_span_reaches_from_joint_to_joint(self) -> None:
        joints = place_joints(MOUSE, np.zeros((1, len(MOUSE.joints), 3)), np.zeros((1, 3)))
        surface = place_parts(MOUSE, joints, np.zeros(1))
        p = next(i for i, part in enumerate(MOUSE.parts) if part.name == "tail 3")
        end = joints.position_mm[0, MOUSE.joint_index["tail 4"]]
        tip = surface.centre_mm[0, p] + surface.rotation[0, p, :, 0] * (
            surface.radii_mm[0, p, 0] - MOUSE.parts[p].radii_mm[0]
        )
        np.testing.assert_allclose(tip, end, atol=1e-9)

    def test_breath_swells_the_chest_and_not_the_skull(self) -> None:
        joints = place_joints(MOUSE, np.zeros((2, len(MOUSE.joints), 3)), np.zeros((2, 3)))
        radii = place_parts(MOUSE, joints, np.array([0.0, 0.1])).radii_mm
        names = [p.name for p in MOUSE.parts]
        assert (radii[1, names.index("chest"), 1:] > radii[0, names.index("chest"), 1:]).all()
        np.testing.assert_array_equal(radii[1, names.index("skull")], radii[0, names.index("skull")])


class TestBodyPlan:
    def test_an_undeclared_joint_is_named(self) -> None:
        with pytest.raises(BadBody, match="wing"):
            replace(MOUSE, parts=(*MOUSE.parts, Part(name="feather", joint="wing", radii_mm=(1, 1, 1))))

    def test_a_child_before_its_parent_is_refused(self) -> None:
        with pytest.raises(BadBody, match="parent comes before"):
            replace(MOUSE, joints=(MOUSE.joints[0], Joint(name="tip", parent="stem"), *MOUSE.joints[1:]))

    def test_a_joint_declared_twice_is_refused(self) -> None:
        with pytest.raises(BadBody, match="twice"):
            replace(MOUSE, joints=(*MOUSE.joints, MOUSE.joints[3]))


def test_what_is_not_placed_is_zero_whatever_lay_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """A keypoint in the middle of a joint takes nothing of its rotation, which must not be NaN for that."""
    monkeypatch.setattr("sbea_engine.synth.body.np.empty", lambda shape, *_, **__: np.full(shape, np.nan))
    turns, root = np.zeros((2, len(MOUSE.joints), 3)), np.zeros((2, 3))
    placed = place_joints(MOUSE, turns, root, only=(0,))
    assert np.isfinite(placed.point(len(MOUSE.joints) - 1, (0.0, 0.0, 0.0))).all()
