import torch

from sbea_engine.pose.heatmap_unet import HeatmapUNet
from sbea_engine.pose.losses import PoseBatch


def random_images(*shape: int) -> torch.Tensor:
    return torch.randint(0, 256, shape, dtype=torch.uint8, generator=torch.Generator().manual_seed(1))


class TestHeatmapUNet:
    def test_shapes(self) -> None:
        out = HeatmapUNet(2, 3, 1, 4)(torch.zeros(2, 1, 48, 64, dtype=torch.uint8))
        assert out.logits.shape == (2, 6, 12, 16)
        assert out.decoded.points_px.shape == (2, 6, 2)
        assert out.confidence_logit.shape == (2, 6)

    def test_the_loss_reaches_every_weight(self) -> None:
        torch.manual_seed(0)
        net = HeatmapUNet(1, 2, 1, 4)
        images, yes = random_images(2, 1, 32, 32), torch.ones(2, 2, dtype=torch.bool)
        loss, parts = net.loss(net(images), PoseBatch(images, torch.full((2, 2, 2), 12.0), yes, yes), 2.5)
        loss.backward()  # type: ignore[no-untyped-call]
        assert [name for name, p in net.named_parameters() if p.grad is None or not p.grad.any()] == []
        assert set(parts) == {"map_loss", "confidence_loss"}

    def test_confidence_does_not_bend_the_trunk(self) -> None:
        net = HeatmapUNet(1, 2, 1, 4)
        net(random_images(1, 1, 32, 32)).confidence_logit.sum().backward()
        assert all(p.grad is None for p in [*net.backbone.parameters(), *net.maps.parameters()])
        assert all(p.grad is not None for p in net.confidence.parameters())
