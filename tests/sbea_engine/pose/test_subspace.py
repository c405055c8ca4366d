from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from sbea_engine.pose.config import BadPoseConfig
from sbea_engine.pose.errors import TooFewLabels
from sbea_engine.pose.subspace import centre, fit_pose_space, fit_view_space
from tests.fixtures.kites import CAMERAS, fly, seen

TRIANGLE = np.array([[20.0, 0], [-10, 8], [-10, -8], [0, 0]])


def turned(shape: NDArray[Any], angle: float, at: tuple[float, float] = (0.0, 0.0)) -> NDArray[Any]:
    cos, sin = np.cos(angle), np.sin(angle)
    return np.asarray(shape @ np.array([[cos, sin], [-sin, cos]]) + at)


class TestPoseSpace:
    def test_a_stiff_body_fits_at_any_angle_and_place_once_quarter_turns_count(self) -> None:
        poses = np.stack([turned(TRIANGLE, 0.2 * i, (10.0 * i, 5.0)) for i in range(5)])
        space = fit_pose_space(poses, turned=True)
        assert len(space.components) == 2
        assert space.tolerance_px.max() < 1e-9
        other = torch.from_numpy(turned(TRIANGLE, 2.9, (300.0, 200.0)))
        assert space.residual_px(centre(other)).max() < 1e-9

    def test_without_them_it_knows_the_angles_that_it_has_seen(self) -> None:
        poses = np.stack([turned(TRIANGLE, 0.01 * i) for i in range(6)])
        space = fit_pose_space(poses, turned=False)
        assert space.residual_px(centre(torch.from_numpy(turned(TRIANGLE, np.pi / 2)))).max() > 5

    def test_how_far_a_misplaced_keypoint_is_from_it(self) -> None:
        """By projection with the normal equations, a second method."""
        poses = np.stack([turned(TRIANGLE, 0.3 * i) for i in range(6)])
        space = fit_pose_space(poses, turned=True)
        wrong = TRIANGLE.copy()
        wrong[1] += (0, 12.0)
        about = wrong - wrong.mean(axis=0)
        shape = TRIANGLE - TRIANGLE.mean(axis=0)
        basis = np.stack([shape.ravel(), turned(shape, np.pi / 2).ravel()], axis=1)
        fitted = basis @ np.linalg.lstsq(basis, about.ravel(), rcond=None)[0]
        wanted = np.linalg.norm((about.ravel() - fitted).reshape(-1, 2), axis=-1)
        got = space.residual_px(centre(torch.from_numpy(wrong))).numpy()
        np.testing.assert_allclose(got, wanted, atol=1e-9)
        assert got.argmax() == 1

    def test_the_tolerance_is_what_a_pose_that_was_left_out_is_off_by(self) -> None:
        poses = np.stack([turned(TRIANGLE, 0.3 * i) for i in range(6)])
        poses[2, 3] += (0.8, 0.3)
        space = fit_pose_space(poses, turned=True)
        others = fit_pose_space(np.delete(poses, 2, axis=0), turned=True)
        left_out = others.residual_px(centre(torch.from_numpy(poses[2])))
        torch.testing.assert_close(space.tolerance_px, left_out)
        assert space.excess_px(centre(torch.from_numpy(poses[2]))).max() == 0

    def test_poses_with_a_missing_keypoint_do_not_count(self) -> None:
        poses = np.stack([turned(TRIANGLE, 0.3 * i) for i in range(7)])
        poses[:3, 1] = np.nan
        with pytest.raises(TooFewLabels, match=r"4 training poses have all 4 keypoints placed.*needs 5"):
            fit_pose_space(poses, turned=True)

    def test_a_plane_that_is_everything_is_refused(self) -> None:
        with pytest.raises(BadPoseConfig, match="forbids nothing"):
            fit_pose_space(np.random.default_rng(0).normal(0, 9, (30, 3, 2)), turned=True)
        with pytest.raises(BadPoseConfig, match="2 keypoints"):
            fit_pose_space(TRIANGLE[None, :2] + np.zeros((6, 1, 1)), turned=True)


class TestViewSpace:
    def views(self, frames: int = 8) -> NDArray[np.float64]:
        return np.stack([seen(fly(frames), view) for view in CAMERAS], axis=2).astype(np.float64)

    def test_far_cameras_see_in_three_dimensions(self) -> None:
        space = fit_view_space(self.views())
        assert space.components.shape == (3, 6)
        assert space.tolerance_px.max() < 1e-4
        other = np.stack([seen(fly(50, seed=3), view) for view in CAMERAS], axis=2).astype(np.float64)
        assert space.residual_px(torch.from_numpy(other)).max() < 1e-4

    def test_one_view_that_is_off_is_seen(self) -> None:
        space = fit_view_space(self.views())
        wrong = torch.from_numpy(self.views()[0, 0])
        wrong[1] += torch.tensor([12.0, -9.0])
        assert space.residual_px(wrong).max() > 4

    def test_a_keypoint_that_one_view_misses_is_left_out(self) -> None:
        views = self.views()
        views[0, 0, 1] = np.nan
        torch.testing.assert_close(
            fit_view_space(views).residual_px(torch.from_numpy(views[3, 2])),
            torch.zeros(3, dtype=torch.float64),
            atol=1e-4,
            rtol=0,
        )

    @pytest.mark.parametrize("views", [np.zeros((0, 0, 3, 2)), np.ones((1, 20, 3, 2)), np.ones((3, 2, 3, 2))])
    def test_too_few(self, views: NDArray[np.float64]) -> None:
        with pytest.raises(TooFewLabels, match="placed in all 3 views"):
            fit_view_space(views)
