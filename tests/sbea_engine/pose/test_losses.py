import pytest
import torch

from sbea_engine.nn.heatmaps import Decoded, gaussian_factors
from sbea_engine.pose.losses import PoseBatch, confidence_loss, spatial_cross_entropy
from sbea_engine.pose.model import PoseOutput

NAN = float("nan")


def dense_cross_entropy(logits: torch.Tensor, point: tuple[float, float]) -> torch.Tensor:
    """The same by the definition, with the whole target built."""
    y, x = torch.meshgrid(*(torch.arange(n).float() * 2 + 0.5 for n in logits.shape), indexing="ij")
    target = torch.exp(-((x - point[0]) ** 2 + (y - point[1]) ** 2) / (2 * 2.0**2))
    target = target / target.sum()
    return -(target * torch.log_softmax(logits.flatten(), 0).view_as(logits)).sum()


class TestSpatialCrossEntropy:
    def test_agrees_with_the_definition(self) -> None:
        torch.manual_seed(0)
        logits = torch.randn(1, 2, 12, 16)
        points = [(7.3, 11.9), (30.0, 2.0)]
        got = spatial_cross_entropy(logits, torch.tensor([points]), torch.ones(1, 2, dtype=torch.bool))
        want = sum(dense_cross_entropy(logits[0, k], points[k]) for k in range(2)) / 2
        torch.testing.assert_close(got, torch.as_tensor(want))

    def test_is_smallest_at_the_target(self) -> None:
        point = torch.tensor([[[10.0, 12.0]]])
        factors = [gaussian_factors(point[..., i], 16, 2, 1.0) for i in (1, 0)]
        best = (factors[0][..., :, None] * factors[1][..., None, :] + 1e-9).log().requires_grad_()
        spatial_cross_entropy(best, point, torch.ones(1, 1, dtype=torch.bool)).backward()  # type: ignore[no-untyped-call]
        assert best.grad is not None
        assert best.grad.abs().max() < 1e-6

    def test_unplaced_keypoints_give_no_gradient(self) -> None:
        logits = torch.randn(1, 2, 8, 8, requires_grad=True)
        points = torch.tensor([[[5.0, 5.0], [NAN, NAN]]])
        spatial_cross_entropy(logits, points, torch.tensor([[True, False]])).backward()  # type: ignore[no-untyped-call]
        assert logits.grad is not None
        assert logits.grad[0, 0].abs().sum() > 0
        assert logits.grad[0, 1].abs().sum() == 0

    def test_nothing_placed_is_zero_and_finite(self) -> None:
        logits = torch.randn(1, 1, 8, 8, requires_grad=True)
        loss = spatial_cross_entropy(logits, torch.full((1, 1, 2), NAN), torch.zeros(1, 1, dtype=torch.bool))
        loss.backward()  # type: ignore[no-untyped-call]
        assert loss.item() == 0


class TestConfidenceLoss:
    @pytest.mark.parametrize(
        ("placed", "known", "distance", "target"),
        [
            (True, True, 1.0, 1.0),  # right
            (True, True, 9.0, 0.0),  # too far
            (False, True, NAN, 0.0),  # known to be absent: no answer is right
            (False, False, NAN, None),  # nobody looked
        ],
    )
    def test_target(self, placed: bool, known: bool, distance: float, target: float | None) -> None:
        logit = torch.tensor([[0.7]])
        zero = torch.zeros(1, 1)
        decoded = Decoded(torch.tensor([[[5.0 + distance, 5.0]]]), zero.long(), zero, zero, zero)
        batch = PoseBatch(
            torch.zeros(1, 1, 8, 8, dtype=torch.uint8),
            torch.tensor([[[5.0, 5.0]]]),
            torch.tensor([[placed]]),
            torch.tensor([[known]]),
        )
        got = confidence_loss(PoseOutput(torch.zeros(1, 1, 4, 4), decoded, logit), batch, 2.5).item()
        p = torch.sigmoid(logit).item()
        want = {1.0: -torch.tensor(p).log().item(), 0.0: -torch.tensor(1 - p).log().item(), None: 0.0}
        assert got == pytest.approx(want[target], abs=1e-5)
