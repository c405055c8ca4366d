import torch

from sbea_engine.pose.losses import PoseBatch, pose_loss
from sbea_engine.pose.model import PoseNet


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
