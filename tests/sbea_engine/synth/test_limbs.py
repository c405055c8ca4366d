"""Legs: of two segments that keep their lengths, bent the way that the body bends them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sbea_engine.synth.bird import BIRD
from sbea_engine.synth.body import BadBody, BodyPlan, JointFrames, Limb, place_joints
from sbea_engine.synth.cast import roam
from sbea_engine.synth.limbs import GLIDE, REACH, bend_limbs
from sbea_engine.synth.motion import Motion
from sbea_engine.synth.mouse import MOUSE
from sbea_engine.synth.recipe import BODIES

FPS = 60.0
LONG, WIDE = 420.0, 320.0


def explores(plan: BodyPlan, frames: int = 900) -> Motion:
    (motion,) = roam(
        [np.random.default_rng(3)],
        names=["a"],
        plans=[plan],
        paces=[0.5],
        floor_mm=(LONG * plan.roams, WIDE * plan.roams),
        frames=frames,
        fps=FPS,
    ).motions()
    return motion


def standing(foot_mm: tuple[float, float, float]) -> tuple[JointFrames, Limb]:
    """A mouse at rest whose left fore foot is at a place from its shoulder."""
    limb = next(limb for limb in MOUSE.limbs if limb.foot == "left fore foot")
    joints = place_joints(MOUSE, np.zeros((1, len(MOUSE.joints), 3)), np.zeros((1, 3)))
    root, foot = MOUSE.joints_at((limb.root, limb.foot))
    joints.position_mm[:, foot] = joints.position_mm[:, root] + foot_mm
    return joints, limb


@pytest.mark.parametrize("plan", BODIES.values(), ids=list(BODIES))
class TestEveryBody:
    def test_segments_keep_their_lengths(self, plan: BodyPlan) -> None:
        joints = explores(plan).joints
        for limb in plan.limbs:
            root, bend, end = (
                joints.position_mm[:, plan.joint_index[n]]
                for n in (limb.root, limb.bend, limb.ankle or limb.foot)
            )
            upper, lower = plan.leg_mm(limb)
            np.testing.assert_allclose(np.linalg.norm(bend - root, axis=1), upper, rtol=1e-6)
            np.testing.assert_allclose(np.linalg.norm(end - bend, axis=1), lower, rtol=1e-6)

    def test_bends_to_where_the_plan_says(self, plan: BodyPlan) -> None:
        joints = explores(plan).joints
        for limb in plan.limbs:
            root, bend, end = (
                joints.position_mm[:, plan.joint_index[n]]
                for n in (limb.root, limb.bend, limb.ankle or limb.foot)
            )
            way = (end - root) / np.linalg.norm(end - root, axis=-1, keepdims=True)
            aside = bend - root - ((bend - root) * way).sum(-1, keepdims=True) * way
            wanted = joints.rotation[:, plan.joint_index[limb.root]] @ np.array(limb.bend_to)
            assert ((aside * wanted).sum(-1) > 0).all()
            ahead = joints.rotation[:, plan.joint_index[limb.girdle], :, 0]
            forward = (aside * ahead).sum(-1) * np.sign(limb.bend_to[0])
            assert (forward > 0).mean() > 0.95

    def test_planted_feet_are_not_drawn_along(self, plan: BodyPlan) -> None:
        motion = explores(plan)
        feet = motion.joints.position_mm[:, plan.joints_at(limb.foot for limb in plan.limbs)]
        down = feet[..., 2] < 1e-9
        stance = down[1:] & down[:-1] & (motion.speed_mm_s[1:, None] > 60 * plan.roams)
        slip = np.linalg.norm(np.diff(feet[..., :2], axis=0), axis=-1)[stance]
        assert stance.sum() > 50
        assert np.quantile(slip, 0.9) < 0.05 * plan.roams


class TestOneLeg:
    def test_a_foot_within_reach_stays_where_it_is(self) -> None:
        joints, limb = standing((3.0, 1.0, -11.0))
        root, foot = MOUSE.joints_at((limb.root, limb.foot))
        before = joints.position_mm[0, [root, foot]].copy()
        bend_limbs(MOUSE, joints)
        np.testing.assert_array_equal(joints.position_mm[0, [root, foot]], before)

    @pytest.mark.parametrize("way", [(1.0, 0.0, 0.0), (0.6, 0.0, -0.8), (0.0, 0.6, 0.8)])
    def test_out_of_reach_the_shoulder_glides_and_then_the_foot_follows(
        self, way: tuple[float, float, float]
    ) -> None:
        for share, foot_moves in ((REACH + 0.5 * GLIDE, False), (REACH + 2 * GLIDE, True)):
            limb = next(limb for limb in MOUSE.limbs if limb.foot == "left fore foot")
            far = share * sum(MOUSE.leg_mm(limb))
            joints, limb = standing((far * way[0], far * way[1], far * way[2]))
            root, foot = MOUSE.joints_at((limb.root, limb.foot))
            before = joints.position_mm[0].copy()
            bend_limbs(MOUSE, joints)
            moved = np.linalg.norm(joints.position_mm[0] - before, axis=-1)
            assert (moved[foot] > 1) == foot_moves
            assert 0 < moved[root] <= GLIDE * sum(MOUSE.leg_mm(limb)) + 1e-9
            reach = np.linalg.norm(joints.position_mm[0, foot] - joints.position_mm[0, root])
            assert reach == pytest.approx(REACH * sum(MOUSE.leg_mm(limb)))

    def test_a_foot_at_the_shoulder_is_no_nan(self) -> None:
        joints, limb = standing((0.0, 0.0, -1e-3))
        bend_limbs(MOUSE, joints)
        placed = joints.position_mm[0, MOUSE.joints_at(limb.joints)]
        assert np.isfinite(placed).all()
        lengths = np.linalg.norm(np.diff(placed, axis=0), axis=-1)
        np.testing.assert_allclose(lengths, MOUSE.leg_mm(limb))


def test_a_bend_that_hangs_elsewhere_is_refused() -> None:
    wrong = replace(MOUSE.limbs[0], root="right hip")
    with pytest.raises(BadBody, match="must hang on"):
        replace(MOUSE, limbs=(wrong, *MOUSE.limbs[1:]))


def test_a_birds_head_is_held_still_and_thrust_while_it_walks() -> None:
    motion = explores(BIRD)
    head, body = (motion.joints.position_mm[:, BIRD.joint_index[n], :2] for n in ("head", "body"))
    of_head, of_body = (np.linalg.norm(np.diff(way, axis=0), axis=-1) for way in (head, body))
    walks = of_body * FPS > 60
    share = of_head[walks] / of_body[walks]
    assert walks.sum() > 200
    assert (share < 0.35).mean() > 0.4  # held
    assert (share > 1.8).mean() > 0.15  # thrust
    assert share.mean() == pytest.approx(1, abs=0.35)  # and no way is lost
