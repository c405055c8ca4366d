import math

import pytest
import torch

from sbea_engine.pose.gaussian_maps import (
    FOREGROUND,
    SIGMA_PX,
    decode_gaussian,
    gaussian_loss,
    gaussian_maps,
)

NAN = float("nan")
STRIDE = 4


def plain_maps(points: torch.Tensor, shape: tuple[int, int]) -> torch.Tensor:
    """By the definition, a cell at a time; cell c has its centre at 4 c + 1.5."""
    maps = torch.zeros(*points.shape[:2], *shape)
    for b, k, row, column in torch.ones_like(maps).nonzero().tolist():
        dx, dy = (float(points[b, k, i]) - (4 * at + 1.5) for i, at in enumerate((column, row)))
        maps[b, k, row, column] = math.exp(-(dx**2 + dy**2) / (2 * SIGMA_PX**2))
    return maps


def alone(point: tuple[float, float]) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """One keypoint that is placed, as the loss takes it."""
    placed = torch.tensor([[True]])
    return torch.tensor([[point]]), placed, placed


class TestGaussianLoss:
    def test_maps_agree_with_a_plain_loop(self) -> None:
        points = 30 * torch.rand(2, 3, 2, generator=torch.Generator().manual_seed(0))
        found = gaussian_maps(points, (7, 9), STRIDE, SIGMA_PX)
        torch.testing.assert_close(found, plain_maps(points, (7, 9)))

    def test_agrees_with_a_plain_loop(self) -> None:
        torch.manual_seed(0)
        maps, points = torch.randn(2, 2, 6, 5), 20 * torch.rand(2, 2, 2)
        placed = torch.tensor([[True, True], [False, False]])
        known = torch.tensor([[True, True], [True, False]])  # the third is known to be absent
        points[1] = NAN
        wanted = torch.zeros_like(maps)
        wanted[0] = plain_maps(points[:1], (6, 5))[0]
        errors = [
            ((1 + FOREGROUND * wanted[b, k]) * (maps[b, k] - wanted[b, k]) ** 2).sum()
            for b, k in ((0, 0), (0, 1), (1, 0))
        ]
        got = gaussian_loss(maps, points, placed, known, stride=STRIDE)
        empty = gaussian_loss(torch.zeros(1, 1, 40, 40), *alone((80.0, 80.0)), stride=STRIDE)
        one = (1 + FOREGROUND * (middle := plain_maps(torch.tensor([[[80.0, 80.0]]]), (40, 40)))) * middle**2
        torch.testing.assert_close(got, torch.stack(errors).mean() / one.sum() * empty)

    @pytest.mark.parametrize("cells", [12, 32, 80])
    def test_a_map_that_shows_nothing_costs_one_however_large_it_is(self, cells: int) -> None:
        """A mean over cells would hide behind the loss of the confidence, and nothing would be learned."""
        offsets = torch.cartesian_prod(torch.arange(8), torch.arange(8)) / 2  # over one cell
        points = (2.0 * cells + offsets)[None]
        placed = torch.ones(points.shape[:2], dtype=torch.bool)
        empty = torch.zeros(*placed.shape, cells, cells)
        assert gaussian_loss(empty, points, placed, placed, stride=STRIDE).item() == pytest.approx(
            1, rel=0.01
        )

    def test_what_nobody_looked_for_gives_no_gradient(self) -> None:
        maps = torch.randn(1, 2, 4, 4, requires_grad=True)
        seen = torch.tensor([[True, False]])
        points = torch.tensor([[[5.0, 5.0], [NAN, NAN]]])
        gaussian_loss(maps, points, seen, seen, stride=STRIDE).backward()  # type: ignore[no-untyped-call]
        assert maps.grad is not None
        assert maps.grad[0, 1].abs().sum() == 0
        assert maps.grad[0, 0].abs().sum() > 0
        assert torch.isfinite(maps.grad).all()


class TestDecodeGaussian:
    def test_a_gaussian_gives_its_position_back(self) -> None:
        """To a thousandth of a pixel where the next cells are on the map and above the floor of the fit."""
        generator = torch.Generator().manual_seed(1)
        points = 8 + torch.rand(6, 5, 2, generator=generator) * torch.tensor([44.0, 28.0])
        maps = gaussian_maps(points, (12, 16), STRIDE, SIGMA_PX)
        found = decode_gaussian(maps, STRIDE)
        torch.testing.assert_close(found.points_px, points, atol=1e-3, rtol=0)

    def test_its_height_does_not_matter(self) -> None:
        points = torch.tensor([[[21.2, 14.9]]])
        maps = 0.3 * gaussian_maps(points, (8, 8), STRIDE, SIGMA_PX)
        found = decode_gaussian(maps, STRIDE)
        torch.testing.assert_close(found.points_px, points, atol=1e-3, rtol=0)
        assert found.log_peak.item() == pytest.approx(math.log(maps.max().item()))

    def test_on_the_border_it_is_the_centre_of_the_cell(self) -> None:
        maps = gaussian_maps(torch.tensor([[[0.0, 14.9]]]), (8, 8), STRIDE, SIGMA_PX)
        x, y = decode_gaussian(maps, STRIDE).points_px[0, 0].tolist()
        assert x == 1.5
        assert y == pytest.approx(14.9, abs=1e-3)

    def test_padding_is_never_chosen_nor_looked_at(self) -> None:
        maps = gaussian_maps(torch.tensor([[[13.5, 9.5]]]), (8, 8), STRIDE, SIGMA_PX)
        maps[..., 4:] = 5.0
        found = decode_gaussian(maps, STRIDE, valid=(8, 4))
        assert found.points_px[0, 0].tolist() == [13.5, 9.5]

    def test_a_map_of_nothing_has_a_finite_answer(self) -> None:
        found = decode_gaussian(torch.full((1, 1, 4, 4), -0.2), STRIDE)
        assert found.p is None  # these maps are no probabilities
        assert all(torch.isfinite(value).all() for value in found if value is not None)
        assert found.entropy.item() == pytest.approx(1.0, abs=1e-5)
