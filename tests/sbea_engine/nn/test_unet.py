import torch

from sbea_engine.nn.unet import UNet


class TestUNet:
    def test_shapes(self) -> None:
        net = UNet(3, 6)
        fine, coarse = net(torch.zeros(2, 3, 48, 64))
        assert fine.shape == (2, 24, 12, 16)
        assert coarse.shape == (2, 96, 3, 4)
        assert (net.channels, net.strides, net.multiple) == ((24, 96), (4, 16), 16)

    def test_filters_double_with_each_level(self) -> None:
        net = UNet(1, 4)
        assert [block[0][0].out_channels for block in net.down] == [4, 8, 16, 32, 64]  # type: ignore[index]

    def test_gradients_reach_every_weight(self) -> None:
        torch.manual_seed(0)
        net = UNet(1, 4)
        net(torch.randn(2, 1, 32, 32))[0].square().sum().backward()
        assert [name for name, p in net.named_parameters() if p.grad is None or not p.grad.any()] == []

    def test_a_level_is_handed_across(self) -> None:
        """With the coarser levels silenced, what the level of stride 4 saw still reaches the answer."""
        torch.manual_seed(0)
        net = UNet(1, 4).eval()
        net.down[3].register_forward_hook(lambda *_: torch.zeros(1, 32, 4, 4))
        with torch.no_grad():
            one, other = (net(torch.randn(1, 1, 32, 32))[0] for _ in range(2))
        assert (one - other).abs().max() > 1e-3
