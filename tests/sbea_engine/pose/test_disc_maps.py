import math

import pytest
import torch

from sbea_engine.pose.disc_maps import OFFSET_PX, STRIDE, cell_offsets, decode_disc, disc_loss

NAN = float("nan")


def centre(row: int, column: int) -> tuple[float, float]:
    """x and y of a cell's centre: cell c covers pixels 8 c .. 8 c + 7."""
    return 8 * column + 3.5, 8 * row + 3.5


def plain_loss(
    logits: torch.Tensor, offsets: torch.Tensor, points: torch.Tensor, placed: torch.Tensor,
    known: torch.Tensor, radius: float,
) -> tuple[float, float]:  # fmt: skip
    """The same by the definition, a cell at a time."""
    score, cells, huber, numbers = 0.0, 0, 0.0, 0
    for b, k, row, column in torch.ones_like(logits).nonzero().tolist():
        if not known[b, k]:
            continue
        x, y = centre(row, column)
        dx, dy = float(points[b, k, 0]) - x, float(points[b, k, 1]) - y
        inside = bool(placed[b, k]) and math.hypot(dx, dy) <= radius
        p = 1 / (1 + math.exp(-float(logits[b, k, row, column])))
        score -= math.log(p if inside else 1 - p)
        cells += 1
        if inside:
            for axis, step in enumerate((dx, dy)):
                off = abs(float(offsets[b, k, axis, row, column]) - step / OFFSET_PX)
                huber += 0.5 * off**2 if off <= 1 else off - 0.5
                numbers += 1
    return score / cells, huber / max(numbers, 1)


class TestCellOffsets:
    def test_lead_from_every_cell_to_the_keypoint(self) -> None:
        found = cell_offsets(torch.tensor([[[20.0, 9.0]]]), (2, 4), STRIDE)
        for row in range(2):
            for column in range(4):
                x, y = centre(row, column)
                assert (found[0, 0, :, row, column] + torch.tensor([x, y])).tolist() == [20.0, 9.0]


class TestDiscLoss:
    @pytest.mark.parametrize("radius", [5.0, 17.0, 60.0])
    def test_agrees_with_a_plain_loop(self, radius: float) -> None:
        torch.manual_seed(0)
        logits, offsets = torch.randn(2, 3, 5, 6), 2 * torch.randn(2, 3, 2, 5, 6)
        points = 40 * torch.rand(2, 3, 2)
        points[1, 1] = NAN
        placed = torch.tensor([[True, True, True], [True, False, False]])
        known = torch.tensor([[True, True, False], [True, True, False]])
        placed &= known
        got = disc_loss(logits, offsets, points, placed, known, radius_px=radius)
        want = plain_loss(logits, offsets, points, placed, known, radius)
        assert [t.item() for t in got] == pytest.approx(want, rel=1e-5)

    def test_what_nobody_looked_for_gives_no_gradient(self) -> None:
        logits = torch.randn(1, 2, 4, 4, requires_grad=True)
        offsets = torch.randn(1, 2, 2, 4, 4, requires_grad=True)
        points = torch.tensor([[[9.0, 9.0], [NAN, NAN]]])
        seen = torch.tensor([[True, False]])
        sum(disc_loss(logits, offsets, points, seen, seen, radius_px=17)).backward()  # type: ignore[union-attr]
        assert logits.grad is not None
        assert offsets.grad is not None
        assert logits.grad[0, 1].abs().sum() == offsets.grad[0, 1].abs().sum() == 0
        assert logits.grad[0, 0].abs().sum() > 0
        assert torch.isfinite(offsets.grad).all()

    def test_no_keypoint_at_all_is_zero_and_finite(self) -> None:
        no = torch.zeros(1, 1, dtype=torch.bool)
        logits, offsets = torch.randn(1, 1, 4, 4), torch.randn(1, 1, 2, 4, 4)
        found = disc_loss(logits, offsets, torch.full((1, 1, 2), NAN), no, no, radius_px=17)
        assert [t.item() for t in found] == [0, 0]


class TestDecodeDisc:
    def test_perfect_maps_give_the_position_back(self) -> None:
        """To a hundredth of a thousandth of a pixel, wherever it lies between the cells."""
        points = torch.rand(4, 5, 2, generator=torch.Generator().manual_seed(0)) * torch.tensor([79.0, 63.0])
        offsets = cell_offsets(points, (8, 10), STRIDE)
        logits = 17 - offsets.square().sum(2).sqrt()
        found = decode_disc(logits, offsets / OFFSET_PX)
        torch.testing.assert_close(found.points_px, points, atol=1e-5, rtol=1e-6)

    def test_any_cell_of_the_disc_will_do(self) -> None:
        offsets = cell_offsets(torch.tensor([[[21.3, 30.2]]]), (8, 8), STRIDE)
        logits = torch.zeros(1, 1, 8, 8)
        logits[0, 0, 2, 3] = 5.0
        found = decode_disc(logits, offsets / OFFSET_PX)
        assert found.points_px[0, 0].tolist() == pytest.approx([21.3, 30.2], abs=1e-4)
        assert found.cell.tolist() == [[2 * 8 + 3]]
        assert found.log_peak.exp().item() == pytest.approx(1 / (1 + math.exp(-5)))

    def test_padding_is_never_chosen(self) -> None:
        logits = torch.zeros(1, 1, 4, 6)
        logits[..., 1, 2], logits[..., 4:] = 1.0, 9.0
        found = decode_disc(logits, torch.zeros(1, 1, 2, 4, 6), valid=(4, 4))
        assert found.points_px[0, 0].tolist() == list(centre(1, 2))
        assert torch.isfinite(found.entropy).all()
