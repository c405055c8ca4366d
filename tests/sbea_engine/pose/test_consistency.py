from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from sbea_engine.pose.consistency import pose_excess_px, temporal_excess_px, views_excess_px
from sbea_engine.pose.subspace import Subspace


def yes(*shape: int) -> Tensor:
    return torch.ones(*shape, dtype=torch.bool)


def plane(components: list[list[float]], tolerance: list[float]) -> Subspace:
    rows = torch.tensor(components, dtype=torch.float64)
    return Subspace(torch.zeros(rows.shape[1], dtype=torch.float64), rows, torch.tensor(tolerance))


class TestTemporal:
    def test_by_hand(self) -> None:
        """One keypoint goes 5 px and then 10, the other 1 px and then none; 4 are free: 1 + 6 over four."""
        points = torch.tensor([[[[0.0, 0], [9, 9]]], [[[3, 4], [10, 9]]], [[[9, 12], [10, 9]]]])
        assert temporal_excess_px(points, yes(3, 1, 2), 4.0).item() == pytest.approx(7 / 4)

    def test_nothing_within_reach(self) -> None:
        points = torch.rand(6, 2, 3, 2, generator=torch.Generator().manual_seed(0))
        assert temporal_excess_px(points, yes(6, 2, 3), math.sqrt(2)).item() == 0

    def test_only_moves_between_two_that_are_sure(self) -> None:
        points = torch.tensor([[0.0, 0], [10, 0], [20, 0], [50, 0]])[:, None, None]
        sure = torch.tensor([True, True, False, True])[:, None, None]
        assert temporal_excess_px(points, sure, 4.0).item() == pytest.approx(6)

    def test_nothing_sure_is_no_loss_and_no_gradient(self) -> None:
        points = torch.rand(3, 1, 2, 2, requires_grad=True)
        loss = temporal_excess_px(points, ~yes(3, 1, 2), 0.0)
        loss.backward()  # type: ignore[no-untyped-call]
        assert loss.item() == 0
        assert points.grad is not None
        assert not points.grad.any()

    def test_the_gradient_brings_a_jump_back(self) -> None:
        points = torch.tensor([[0.0, 0], [0, 0], [30, 0], [0, 0]])[:, None, None].clone().requires_grad_()
        temporal_excess_px(points, yes(4, 1, 1), 5.0).backward()  # type: ignore[no-untyped-call]
        assert points.grad is not None
        assert points.grad[2, 0, 0].tolist() == pytest.approx([2 / 3, 0])
        assert points.grad[1, 0, 0].tolist() == pytest.approx([-1 / 3, 0])

    def test_standing_still_has_a_finite_gradient(self) -> None:
        points = torch.zeros(3, 1, 1, 2, requires_grad=True)
        temporal_excess_px(points, yes(3, 1, 1), 0.0).backward()  # type: ignore[no-untyped-call]
        assert points.grad is not None
        assert torch.isfinite(points.grad).all()


class TestPose:
    def line(self, tolerance: float) -> Subspace:
        """Two keypoints that lie level: about their centre (a, 0) and (-a, 0)."""
        half = math.sqrt(0.5)
        return plane([[half, 0, -half, 0]], [tolerance, tolerance])

    def test_by_hand(self) -> None:
        """The second is 6 below the first: each is 3 off the level through their middle, 2 beyond what is
        usual."""
        points = torch.tensor([[[[10.0, 10], [30, 16]]], [[[10, 10], [30, 10]]]])
        assert pose_excess_px(points, yes(2, 1, 2), self.line(1.0)).item() == pytest.approx(2 / 2)

    def test_nothing_for_poses_in_the_plane_wherever_they_are(self) -> None:
        level = torch.tensor([[[5.0, 7], [90, 7]], [[60, 40], [20, 40]]])[:, None]
        assert pose_excess_px(level, yes(2, 1, 2), self.line(0.0)).item() == pytest.approx(0, abs=1e-5)

    def test_a_pose_counts_where_all_of_it_is_sure(self) -> None:
        points = torch.tensor([[[[10.0, 10], [30, 16]]], [[[10, 10], [30, 50]]]])
        sure = torch.tensor([[[True, True]], [[True, False]]])
        assert pose_excess_px(points, sure, self.line(0.0)).item() == pytest.approx(3)

    def test_the_gradient_brings_both_to_the_level(self) -> None:
        points = torch.tensor([[[[10.0, 10], [30, 16]]]], requires_grad=True)
        pose_excess_px(points, yes(1, 1, 2), self.line(1.0)).backward()  # type: ignore[no-untyped-call]
        assert points.grad is not None
        assert points.grad[0, 0, 0, 1] < 0 < points.grad[0, 0, 1, 1]
        assert points.grad[..., 0].abs().max() < 1e-6


class TestViews:
    """Two views; the second sees the x of the first, and always the same height."""

    space = plane([[0, 1, 0, 0], [math.sqrt(0.5), 0, math.sqrt(0.5), 0]], [0.5, 0.5])

    def test_by_hand(self) -> None:
        """x of 10 and 14 are each 2 from their mean; 1.5 are beyond what is usual. A height of 3 is all
        beyond the plane: in the second view sqrt(4 + 9) - 0.5."""
        agree, contradict = [[10.0, 4], [10, 0]], [[10.0, 4], [14, 0]]
        points = torch.tensor([agree, contradict]).transpose(0, 1)[:, :, None, None]
        assert views_excess_px(points, yes(2, 2, 1, 1), self.space).item() == pytest.approx(3 / 4)
        high = torch.tensor([[10.0, 4], [14, 3]])[:, None, None, None]
        by_hand = (1.5 + math.sqrt(13) - 0.5) / 2
        assert views_excess_px(high, yes(2, 1, 1, 1), self.space).item() == pytest.approx(by_hand)

    def test_only_where_all_views_are_sure(self) -> None:
        points = torch.tensor([[10.0, 4], [14, 0]])[:, None, None, None]
        sure = torch.tensor([True, False])[:, None, None, None]
        assert views_excess_px(points, sure, self.space).item() == 0

    def test_the_gradient_brings_views_together(self) -> None:
        points = torch.tensor([[10.0, 4], [14, 0]])[:, None, None, None].clone().requires_grad_()
        views_excess_px(points, yes(2, 1, 1, 1), self.space).backward()  # type: ignore[no-untyped-call]
        assert points.grad is not None
        assert points.grad[0, 0, 0, 0, 0] < 0 < points.grad[1, 0, 0, 0, 0]
