import torch
from torch import nn

from sbea_engine.pose.losses import PoseBatch, pose_loss
from sbea_engine.pose.model import PoseNet, compute_in


class TestPoseNet:
    def test_shapes(self) -> None:
        out = PoseNet(1, 5, 1, (8, 16, 24, 32))(torch.zeros(2, 1, 48, 64, dtype=torch.uint8))
        assert out.logits.shape == (2, 5, 24, 32)
        assert out.decoded.points_px.shape == (2, 5, 2)
        assert out.confidence_logit.shape == (2, 5)
        assert out.first_logits is None

    def test_the_loss_reaches_every_weight(self) -> None:
        torch.manual_seed(0)
        net = PoseNet(1, 2, 1, (8, 12, 16))
        images = torch.randint(0, 256, (2, 1, 32, 32), dtype=torch.uint8)
        yes = torch.ones(2, 2, dtype=torch.bool)
        loss, _ = pose_loss(net(images), PoseBatch(images, torch.full((2, 2, 2), 12.0), yes, yes), 2.5)
        loss.backward()  # type: ignore[no-untyped-call]
        without = [name for name, p in net.named_parameters() if p.grad is None or not p.grad.any()]
        assert without == []

    def test_confidence_does_not_bend_the_trunk(self) -> None:
        net = PoseNet(2, 1, 1, (8, 12, 16))
        net(torch.zeros(1, 1, 32, 32, dtype=torch.uint8)).confidence_logit.sum().backward()
        assert all(p.grad is None for p in [*net.backbone.parameters(), *net.maps.parameters()])
        assert all(p.grad is not None for p in net.confidence.parameters())


def test_answers_in_bf16_lie_where_those_in_fp32_do() -> None:
    """Nearly: tolerances of prediction are about this."""
    torch.manual_seed(0)
    net = PoseNet(1, 3, 1, (8, 16, 24, 32)).eval()
    with torch.no_grad():
        net.maps.weight *= 40  # maps with a peak, as a trained network has
    images = torch.randint(0, 255, (2, 1, 64, 64), dtype=torch.uint8)
    with torch.inference_mode():
        exact = net(images)
        compute_in(nn.ModuleDict({"net": net}), "bf16")
        rounded = net(images)
    assert not torch.equal(exact.logits, rounded.logits)
    near = (exact.decoded.points_px - rounded.decoded.points_px).norm(dim=-1)
    assert near.median() < 0.3


def test_training_is_not_rounded_by_it() -> None:
    net = PoseNet(1, 3, 1, (8, 16, 24, 32)).train()
    images = torch.randint(0, 255, (2, 1, 64, 64), dtype=torch.uint8)
    exact = net(images).logits
    compute_in(net, "bf16")
    assert torch.equal(net(images).logits, exact)
