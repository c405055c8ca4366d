import math

import pytest
import torch

from sbea_engine.nn.heatmaps import (
    decode,
    gaussian_factors,
    highest_peaks,
    log_mass_at,
    peak_mean,
    soft_argmax,
)


def gaussian_logits(
    points_px: list[tuple[float, float]], height: int, width: int, stride: int
) -> torch.Tensor:
    """Log of the normalised Gaussian target: what a perfect network would answer."""
    points = torch.tensor(points_px)[None]
    across = gaussian_factors(points[..., 0], width, stride, 1.0)
    down = gaussian_factors(points[..., 1], height, stride, 1.0)
    return (down[..., :, None] * across[..., None, :] + 1e-12).log()


class TestGaussianFactors:
    def test_sums_to_one_even_at_the_border(self) -> None:
        factors = gaussian_factors(torch.tensor([0.0, 11.3, 39.0]), 20, 2, 1.0)
        torch.testing.assert_close(factors.sum(-1), torch.ones(3))

    def test_is_symmetric_round_the_centre_of_a_cell(self) -> None:
        factors = gaussian_factors(torch.tensor(2 * 8 + 0.5), 20, 2, 1.0)
        assert factors.argmax() == 8
        torch.testing.assert_close(factors[7], factors[9])

    def test_width_is_in_cells(self) -> None:
        factors = gaussian_factors(torch.tensor(4 * 8 + 1.5), 20, 4, 2.0)
        torch.testing.assert_close(factors[10] / factors[8], torch.tensor(math.exp(-0.5)))


class TestDecode:
    @pytest.mark.parametrize("stride", [1, 2, 4])
    def test_recovers_positions_between_cells(self, stride: int) -> None:
        points = [(5.3 * stride, 9.8 * stride), (17.0 * stride, 8.49 * stride)]
        decoded = decode(gaussian_logits(points, 20, 24, stride), stride)
        torch.testing.assert_close(decoded.points_px[0], torch.tensor(points), atol=0.02 * stride, rtol=0)

    def test_a_single_cell_decodes_to_its_centre(self) -> None:
        logits = torch.full((1, 1, 6, 9), -50.0)
        logits[0, 0, 4, 7] = 50.0
        decoded = decode(logits, 2)
        assert decoded.points_px[0, 0].tolist() == pytest.approx([7 * 2 + 0.5, 4 * 2 + 0.5])
        assert decoded.cell.item() == 4 * 9 + 7
        assert decoded.log_peak.item() == pytest.approx(0.0, abs=1e-5)
        assert decoded.entropy.item() == pytest.approx(0.0, abs=1e-5)

    @pytest.mark.parametrize("cell", [(0, 0), (0, 8), (5, 0), (5, 8)])
    def test_a_peak_in_a_corner_stays_there(self, cell: tuple[int, int]) -> None:
        logits = torch.full((1, 1, 6, 9), -50.0)
        logits[0, 0, cell[0], cell[1]] = 50.0
        x, y = decode(logits, 1).points_px[0, 0].tolist()
        assert (x, y) == pytest.approx((cell[1], cell[0]))

    def test_a_second_far_peak_does_not_pull(self) -> None:
        logits = torch.full((1, 1, 20, 20), -50.0)
        logits[0, 0, 4, 4], logits[0, 0, 15, 15] = 10.0, 9.5
        assert decode(logits, 1).points_px[0, 0].tolist() == pytest.approx([4.0, 4.0])

    def test_padding_is_never_chosen(self) -> None:
        logits = torch.zeros(1, 1, 8, 8)
        logits[0, 0, 7, 7], logits[0, 0, 2, 3] = 90.0, 50.0
        x, y = decode(logits, 1, valid=(6, 6)).points_px[0, 0].tolist()
        assert (x, y) == pytest.approx((3.0, 2.0))

    def test_a_flat_map_has_the_largest_entropy(self) -> None:
        assert decode(torch.zeros(1, 1, 8, 8), 1).entropy.item() == pytest.approx(1.0)

    @pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
    def test_facts_of_maps_of_any_level_and_layout(self, layout: torch.memory_format) -> None:
        maps = 8 * torch.randn(2, 3, 16, 24, generator=torch.Generator().manual_seed(3))
        maps = maps + torch.tensor([-300.0, 0.0, 40.0]).view(3, 1, 1)
        found = decode(maps.to(memory_format=layout), 2)
        log_p = maps.double().flatten(2).log_softmax(-1)
        entropy = -(log_p.exp() * log_p).sum(-1) / math.log(16 * 24)
        assert found.p is not None
        torch.testing.assert_close(found.cell, log_p.argmax(-1))
        torch.testing.assert_close(found.log_peak.double(), log_p.amax(-1), atol=1e-5, rtol=0)
        torch.testing.assert_close(found.entropy.double(), entropy, atol=1e-5, rtol=0)
        torch.testing.assert_close(found.p.double().flatten(2), log_p.exp(), atol=1e-6, rtol=0)


class TestPeakMean:
    def test_is_where_decode_finds_it_whatever_the_factor(self) -> None:
        logits = 3 * torch.randn(2, 3, 16, 24, generator=torch.Generator().manual_seed(0))
        found = peak_mean(7 * logits.flatten(2).softmax(-1).view(logits.shape), 2)
        torch.testing.assert_close(found, decode(logits, 2).points_px)


class TestHighestPeaks:
    def test_finds_the_hills_in_order(self) -> None:
        logits = torch.full((1, 1, 20, 30), -20.0)
        logits[0, 0, 4, 5], logits[0, 0, 4, 6] = 2.0, 1.0  # the second is a flank of the first
        logits[0, 0, 15, 25] = 1.5
        found = highest_peaks(logits, 2, 3)
        assert found.points_px[0, 0, :2].tolist() == [[10.5, 8.5], [50.5, 30.5]]
        mass = found.log_mass[0, 0].exp()
        expected = torch.tensor([2.0, 1.0, 1.5]).exp()
        share = torch.stack([expected[0] + expected[1], expected[2]]) / expected.sum()
        torch.testing.assert_close(mass[:2], share, atol=1e-4, rtol=0)
        assert mass[2] < 1e-6

    def test_the_highest_is_that_of_decode(self) -> None:
        logits = torch.randn(2, 3, 16, 24, generator=torch.Generator().manual_seed(0))
        found, best = highest_peaks(logits, 1, 4), decode(logits, 1)
        torch.testing.assert_close(found.log_mass[..., 0], best.log_mass)
        cell = best.cell
        torch.testing.assert_close(
            found.points_px[..., 0, :], torch.stack([cell % 24, cell // 24], -1).float()
        )

    def test_padding_has_none(self) -> None:
        logits = torch.zeros(1, 1, 8, 8)
        logits[0, 0, 7, 7] = 9.0
        logits[0, 0, 1, 1] = 3.0
        found = highest_peaks(logits, 1, 2, radius=1, valid=(6, 6))
        assert found.points_px[0, 0, 0].tolist() == [1, 1]
        assert (found.points_px[0, 0] < 6).all()

    def test_fewer_cells_than_peaks(self) -> None:
        found = highest_peaks(torch.zeros(1, 1, 1, 2), 1, 5)
        assert found.points_px.shape == (1, 1, 2, 2)


class TestLogMassAt:
    def test_at_the_answer_it_is_that_of_decode(self) -> None:
        logits = 3 * torch.randn(2, 3, 16, 24, generator=torch.Generator().manual_seed(0))
        best = decode(logits, 2)
        at = torch.stack([best.cell % 24, best.cell // 24], -1) * 2 + 0.5
        torch.testing.assert_close(log_mass_at(logits, at, 2), best.log_mass)

    def test_counts_the_cells_round_the_point_and_no_padding(self) -> None:
        at = torch.tensor([[[2.0, 2.0], [0.0, 5.0], [-3.0, 90.0]]])
        found = log_mass_at(torch.zeros(1, 3, 8, 8), at, 1, radius=1, valid=(6, 6)).exp()
        torch.testing.assert_close(found, torch.tensor([[9 / 36, 4 / 36, 4 / 36]]))


class TestSoftArgmax:
    @pytest.mark.parametrize("stride", [1, 2, 4])
    def test_is_where_the_peak_is(self, stride: int) -> None:
        points = [(6.3 * stride, 9.8 * stride), (15.0 * stride, 8.49 * stride)]
        found = soft_argmax(gaussian_logits(points, 20, 24, stride), stride, sharpness=2)
        torch.testing.assert_close(found[0], torch.tensor(points), atol=0.02 * stride, rtol=0)

    def test_two_peaks_by_hand(self) -> None:
        """Probabilities 3/4 and 1/4, squared: nine tenths and one tenth."""
        logits = torch.full((1, 1, 6, 12), -torch.inf)
        logits[0, 0, 2, 0], logits[0, 0, 4, 10] = math.log(3), 0.0
        assert soft_argmax(logits, 1, sharpness=2)[0, 0].tolist() == pytest.approx([1.0, 2.2])

    def test_a_floor_of_many_cells_does_not_draw_it_to_the_middle(self) -> None:
        logits = torch.zeros(1, 1, 60, 80)
        logits[0, 0, 5, 5] = math.log(4799 * 9)  # nine tenths of the map
        plain, sharp = (soft_argmax(logits, 1, sharpness=s)[0, 0, 0].item() for s in (1, 2))
        assert plain > 8
        assert sharp == pytest.approx(5, abs=0.01)

    def test_padding_counts_nothing(self) -> None:
        logits = torch.zeros(1, 1, 4, 8)
        assert soft_argmax(logits, 2, sharpness=1, valid=(2, 4))[0, 0].tolist() == pytest.approx([3.5, 1.5])

    def test_the_gradient_moves_it_from_one_peak_to_the_other(self) -> None:
        logits = torch.full((1, 1, 8, 20), -20.0)
        logits[0, 0, 4, 2], logits[0, 0, 4, 16] = 2.0, 1.0
        logits.requires_grad_()
        before = soft_argmax(logits, 1, sharpness=2)[0, 0, 0]
        before.backward()  # type: ignore[no-untyped-call]
        assert logits.grad is not None
        moved = soft_argmax(logits.detach() + 5 * logits.grad, 1, sharpness=2)[0, 0, 0]
        assert before.item() < 6 < 12 < moved.item()
