"""Thirty seconds of exploring: cheap, since no pixel is drawn."""

from __future__ import annotations

import numpy as np
import pytest

from sbea_engine.synth.cast import roam
from sbea_engine.synth.motion import Motion
from sbea_engine.synth.mouse import MOUSE

FLOOR = (420.0, 320.0)
FPS = 60.0


def mouse_explores(seed: int) -> Motion:
    (motion,) = roam(
        [np.random.default_rng(seed)],
        names=["a"],
        plans=[MOUSE],
        paces=[1.0],
        floor_mm=FLOOR,
        frames=1800,
        fps=FPS,
    ).motions()
    return motion


@pytest.fixture(scope="module", params=[1, 2, 3])
def motion(request: pytest.FixtureRequest) -> Motion:
    return mouse_explores(request.param)


def test_same_seed_same_motion_and_another_seed_another() -> None:
    first, again, other = (mouse_explores(s).points_mm for s in (4, 4, 5))
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - other).max() > 20


def test_stays_in_the_box_and_on_the_floor(motion: Motion) -> None:
    centres = motion.surface.centre_mm
    assert (np.abs(centres[..., 0]) < FLOOR[0] / 2).all()
    assert (np.abs(centres[..., 1]) < FLOOR[1] / 2).all()
    assert (np.abs(motion.points_mm[..., :2]) < np.array(FLOOR) / 2).all()
    # Parts may sink in by a little where fur touches the ground.
    lowest = centres[..., 2] - np.linalg.norm(
        motion.surface.rotation[..., 2, :] * motion.surface.radii_mm, axis=-1
    )
    assert lowest.min() > -3.5
    assert motion.points_mm[..., 2].min() > -0.5


def test_feet_in_stance_stand_still(motion: Motion) -> None:
    feet = motion.joints.position_mm[:, MOUSE.joints_at(limb.foot for limb in MOUSE.limbs)]
    down = feet[..., 2] < 1e-9
    stance = down[1:] & down[:-1]
    slip = np.linalg.norm(np.diff(feet[..., :2], axis=0), axis=-1)[stance]
    running = np.broadcast_to((motion.speed_mm_s[1:] > 60)[:, None], stance.shape)[stance]
    assert running.sum() > 100
    assert np.quantile(slip[running], 0.9) < 0.05
    assert 0.4 < down[motion.speed_mm_s > 60].mean() < 0.8


def test_feet_stay_under_the_body(motion: Motion) -> None:
    for limb in MOUSE.limbs:
        girdle = motion.joints.position_mm[:, MOUSE.joint_index[limb.girdle], :2]
        foot = motion.joints.position_mm[:, MOUSE.joint_index[limb.foot], :2]
        assert np.linalg.norm(foot - girdle, axis=-1).max() < 45


def test_runs_and_pauses(motion: Motion) -> None:
    assert (motion.speed_mm_s < 8).mean() > 0.05
    assert (motion.speed_mm_s > 60).mean() > 0.2
    assert motion.speed_mm_s.max() < 400


def test_moves_smoothly(motion: Motion) -> None:
    step = np.linalg.norm(np.diff(motion.points_mm, axis=0), axis=-1)
    assert step.max() * FPS < 1500  # mm/s, the whip of a tail tip included
    body = [MOUSE.skeleton.index(n) for n in ("neck", "mid back", "tail base")]
    assert step[:, body].max() * FPS < 500


def test_tail_keeps_its_length_and_trails(motion: Motion) -> None:
    tail = motion.joints.position_mm[:, MOUSE.joints_at(MOUSE.tail)]
    links = np.linalg.norm(np.diff(tail, axis=1), axis=-1)
    assert np.quantile(links, 0.98) == pytest.approx(5.9, abs=0.05)
    assert links.max() < 5.9 + 0.05  # shorter only where a wall is in the way
    back = (
        motion.points_mm[:, MOUSE.skeleton.index("tail base")]
        - motion.points_mm[:, MOUSE.skeleton.index("neck")]
    )
    trail = tail[:, -1] - tail[:, 0]
    cosine = (back[:, :2] * trail[:, :2]).sum(-1)
    assert (cosine > 0).mean() > 0.75


def test_length_of_the_body_hardly_changes(motion: Motion) -> None:
    names = MOUSE.skeleton
    length = np.linalg.norm(
        motion.points_mm[:, names.index("mid back")] - motion.points_mm[:, names.index("tail base")], axis=-1
    )
    assert np.ptp(length) < 12
