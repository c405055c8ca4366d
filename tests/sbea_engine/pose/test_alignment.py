"""Laying the mean of the poses over a pose."""

import numpy as np
import pytest

from sbea_engine.pose.alignment import Placement, in_body, in_image, mean_shape, place

SHAPE = np.array([[-30.0, 0.0], [10.0, -12.0], [10.0, 12.0], [10.0, 0.0]])


def bodies(count: int, seed: int = 0, noise_px: float = 0.0) -> tuple[np.ndarray, Placement]:
    rng = np.random.default_rng(seed)
    truth = Placement(rng.uniform(50, 400, (count, 2)), rng.uniform(-np.pi, np.pi, count))
    return in_image(truth, SHAPE) + rng.normal(0, noise_px, (count, 4, 2)), truth


def turn_between(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    turn: np.ndarray = np.abs((a - b + np.pi) % (2 * np.pi) - np.pi)
    return turn


class TestPlace:
    def test_finds_where_a_body_lies_and_points(self) -> None:
        points, truth = bodies(20)
        got = place(SHAPE, points, np.ones(points.shape[:2]))
        np.testing.assert_allclose(got.centre_px, truth.centre_px, atol=1e-9)
        assert turn_between(got.angle, truth.angle).max() < 1e-9

    def test_missing_keypoints_do_not_matter(self) -> None:
        points, truth = bodies(20)
        points[:, 1] = np.nan
        got = place(SHAPE, points, np.ones(points.shape[:2]))
        np.testing.assert_allclose(got.centre_px, truth.centre_px, atol=1e-9)

    def test_an_outlier_turns_the_body_less_than_by_least_squares(self) -> None:
        points, truth = bodies(50)
        points[:, 0] += (0, 40)
        weight = np.ones(points.shape[:2])
        plain = turn_between(place(SHAPE, points, weight).angle, truth.angle)
        robust = turn_between(place(SHAPE, points, weight, outlier_px=5).angle, truth.angle)
        assert np.median(robust) < 0.3 * np.median(plain)

    def test_without_a_keypoint_there_is_no_place(self) -> None:
        got = place(SHAPE, np.full((1, 4, 2), np.nan), np.ones((1, 4)))
        assert np.isnan(got.centre_px).all()
        assert got.angle[0] == 0

    def test_one_keypoint_gives_a_place_and_no_turn(self) -> None:
        points = np.full((1, 4, 2), np.nan)
        points[0, 3] = 100, 50
        got = place(SHAPE, points, np.ones((1, 4)))
        np.testing.assert_allclose(in_image(got, SHAPE)[0, 3], (100, 50))
        assert got.angle[0] == 0

    def test_there_and_back(self) -> None:
        points, truth = bodies(5)
        np.testing.assert_allclose(in_body(truth, points), np.broadcast_to(SHAPE, points.shape), atol=1e-9)


class TestMeanShape:
    def test_recovers_the_shape_along_its_heading(self) -> None:
        points, _ = bodies(200, noise_px=1.0)
        got = mean_shape(points, heading=(0, 3))
        np.testing.assert_allclose(got, SHAPE - SHAPE.mean(0), atol=0.5)

    def test_without_a_heading_the_longest_axis_lies_along_x(self) -> None:
        points, _ = bodies(50)
        got = mean_shape(points)
        spread = got.std(0)
        assert spread[0] > 2 * spread[1]
        assert abs((got[:, 0] * got[:, 1]).sum()) < 1e-6

    def test_keypoints_that_are_never_seen_together_are_nan_or_finite_but_never_wrong_in_size(self) -> None:
        points, _ = bodies(30)
        points[:, 2] = np.nan
        got = mean_shape(points, heading=(0, 3))
        assert np.isnan(got[2]).all()
        known = [0, 1, 3]
        np.testing.assert_allclose(got[known], SHAPE[known] - SHAPE[known].mean(0), atol=1e-6)

    @pytest.mark.parametrize("points", [np.full((3, 4, 2), np.nan), np.empty((0, 4, 2))])
    def test_without_poses_there_is_no_shape(self, points: np.ndarray) -> None:
        assert np.isnan(mean_shape(points)).all()
