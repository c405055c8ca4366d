"""Other ways for a body to lie, made from several peaks of each map."""

import numpy as np
import pytest

from sbea_engine.pose.alignment import Placement, in_image, place
from sbea_engine.pose.body import Body, make_body
from sbea_engine.pose.hypotheses import LEAST_LOG, plausibility, propose

SHAPE = np.array([[40.0, 0.0], [30.0, -12.0], [30.0, 12.0], [-40.0, 0.0]])
"""Snout, two ears, tail base."""

BODY = Body(SHAPE, np.full(4, 5.0))


def lying(x: float, y: float, angle: float) -> np.ndarray:
    pose: np.ndarray = in_image(Placement(np.array([[x, y]]), np.array([angle])), SHAPE)[0]
    return pose


def peaks_of(*poses: np.ndarray) -> np.ndarray:
    """(keypoint, peak, 2): peak n of every map is that of pose n."""
    return np.stack(poses, axis=1)


class TestMakeBody:
    def test_spread_is_how_far_keypoints_wander(self) -> None:
        rng = np.random.default_rng(0)
        places = rng.uniform((100, 100, -3), (300, 300, 3), (400, 3)).tolist()
        poses = np.stack([lying(x, y, angle) for x, y, angle in places])
        poses[:, 3] += rng.normal(0, 8, (400, 2))
        body = make_body(poses)
        assert body.spread_px[3] > 1.5 * body.spread_px[0]
        assert body.extent_px == pytest.approx(80, abs=2)

    def test_one_pose_has_the_least_spread(self) -> None:
        body = make_body(lying(100, 100, 1.0)[None])
        assert (body.spread_px > 0).all()

    def test_a_keypoint_that_nobody_placed_has_no_place(self) -> None:
        poses = np.stack([lying(100, 100, a) for a in (0.0, 1.0, 2.0)])
        poses[:, 1] = np.nan
        body = make_body(poses)
        assert np.isnan(body.shape_px[1]).all()
        assert np.isfinite(body.spread_px).all()


class TestPropose:
    def test_one_peak_that_lies_elsewhere_is_passed_over(self) -> None:
        true = lying(200, 150, 0.7)
        peaks = peaks_of(true, true + 60)
        peaks[3] = peaks[3, ::-1]  # the highest peak of the tail's map is not where the tail is
        log_mass = np.log(np.tile([0.6, 0.3], (4, 1)))
        best = propose(BODY, peaks, log_mass, most=3)[0]
        np.testing.assert_allclose(best.points_px, true, atol=1e-6)
        assert (best.trust > 0.2).all()

    def test_both_directions_are_offered_the_likelier_first(self) -> None:
        one, opposed = lying(200, 150, 0.3), lying(200, 150, 0.3 + np.pi)
        log_mass = np.log(np.tile([0.35, 0.6], (4, 1)))
        found = propose(BODY, peaks_of(one, opposed), log_mass, most=3)
        np.testing.assert_allclose(found[0].points_px, opposed, atol=1e-6)
        np.testing.assert_allclose(found[1].points_px, one, atol=1e-6)
        assert found[0].said.sum() > found[1].said.sum()
        assert found[0].said == pytest.approx(np.full(4, np.log(0.6)))

    def test_a_keypoint_without_a_peak_nearby_lies_where_the_mean_pose_wants_it_and_is_not_trusted(
        self,
    ) -> None:
        true = lying(200, 150, -1.0)
        peaks = peaks_of(true)
        peaks[1, 0] += (300, 0)
        best = propose(BODY, peaks, np.zeros((4, 1)), most=1)[0]
        np.testing.assert_allclose(best.points_px, true, atol=1e-6)
        assert best.trust[1] == 0
        assert best.said == pytest.approx([0, LEAST_LOG, 0, 0])

    def test_placements_that_are_worth_too_little_are_left_out(self) -> None:
        one, opposed = lying(200, 150, 0.3), lying(200, 150, 0.3 + np.pi)
        log_mass = np.log(np.tile([0.35, 0.6], (4, 1)))
        bound = 4 * np.log(0.5)
        [found] = propose(BODY, peaks_of(one, opposed), log_mass, most=3, above=bound)
        np.testing.assert_allclose(found.points_px, opposed, atol=1e-6)

    def test_maps_with_fewer_peaks_than_asked_for(self) -> None:
        true = lying(200, 150, 0.7)
        peaks, log_mass = peaks_of(true, true * 0), np.tile([0.0, -np.inf], (4, 1))
        found = propose(BODY, peaks, log_mass, most=3)
        np.testing.assert_allclose(found[0].points_px, true, atol=1e-6)
        assert all(np.isfinite(one.points_px).all() and np.isfinite(one.said).all() for one in found)

    def test_a_keypoint_that_nobody_placed(self) -> None:
        shape = SHAPE.copy()
        shape[1] = np.nan
        true = lying(200, 150, 0.7)
        best = propose(Body(shape, BODY.spread_px), peaks_of(true), np.zeros((4, 1)), most=1)[0]
        np.testing.assert_allclose(best.points_px, true, atol=1e-6)
        assert best.trust[1] == 0

    @pytest.mark.parametrize("keypoints", [1, 2])
    def test_few_keypoints(self, keypoints: int) -> None:
        true = lying(200, 150, 0.7)[[0, 3]][:keypoints]
        body = Body(SHAPE[[0, 3]][:keypoints], np.full(keypoints, 5.0))
        found = propose(body, peaks_of(true), np.zeros((keypoints, 1)), most=3)
        assert len(found) == keypoints - 1  # one keypoint can be laid nowhere else

    def test_thirty_keypoints_are_bounded(self) -> None:
        rng = np.random.default_rng(1)
        body = Body(rng.normal(0, 40, (30, 2)), np.full(30, 5.0))
        placed = in_image(Placement(np.array([[200.0, 150.0]]), np.array([2.0])), body.shape_px)[0]
        peaks = peaks_of(placed, *(rng.uniform(0, 400, (30, 2)) for _ in range(4)))
        best = propose(body, peaks, np.log(np.tile([0.3, 0.25, 0.2, 0.1, 0.1], (30, 1))), most=1)[0]
        assert np.median(np.linalg.norm(best.points_px - placed, axis=-1)) < 1


class TestPlausibility:
    def test_falls_with_distance_from_the_body_and_with_mass(self) -> None:
        true = np.stack([lying(200, 150, 0.7)] * 3)
        true[1, 0] += 40
        log_mass = np.log(np.full((3, 4), 0.9))
        log_mass[2] = np.log(0.1)
        placement = place(SHAPE, true, np.ones((3, 4)), outlier_px=5)
        good, bent, faint = plausibility(BODY, placement, true, log_mass)
        assert good == pytest.approx(np.full(4, np.log(0.9)), abs=1e-3)
        assert good[0] > bent[0]
        assert (good > faint).all()

    def test_one_keypoint_says_little(self) -> None:
        true = lying(200, 150, 0.7)[None]
        true[0, 3] = np.nan
        placement = place(SHAPE, true, np.ones((1, 4)))
        assert plausibility(BODY, placement, true, np.zeros((1, 4)))[0] == pytest.approx([0, 0, 0, LEAST_LOG])
