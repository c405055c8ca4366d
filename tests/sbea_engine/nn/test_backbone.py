import pytest
import torch

from sbea_engine.nn.backbone import ConvNorm, PyramidBackbone, ResidualBlock


class TestPyramidBackbone:
    @pytest.mark.parametrize("in_channels", [1, 3])
    def test_shapes_of_all_levels(self, in_channels: int) -> None:
        backbone = PyramidBackbone(in_channels, (4, 6, 8))
        levels = backbone(torch.zeros(2, in_channels, 32, 48))
        assert [tuple(level.shape) for level in levels] == [(2, 4, 16, 24), (2, 6, 8, 12), (2, 8, 4, 6)]
        assert backbone.multiple == 8

    def test_the_finest_map_depends_on_every_weight(self) -> None:
        torch.manual_seed(0)
        backbone = PyramidBackbone(1, (4, 6, 8))
        backbone(torch.randn(2, 1, 32, 32))[0].square().sum().backward()
        without = [name for name, p in backbone.named_parameters() if p.grad is None or not p.grad.any()]
        assert without == []

    def test_a_pixel_has_one_answer_whatever_the_size_of_the_picture(self) -> None:
        """Crops train the network and whole frames are what it is used on."""
        torch.manual_seed(0)
        backbone = PyramidBackbone(1, (4, 6)).eval()
        picture = torch.randn(1, 1, 64, 64)
        with torch.inference_mode():
            whole = backbone(picture)[0]
            part = backbone(picture[..., :48, :48])[0]
        torch.testing.assert_close(whole[..., :12, :12], part[..., :12, :12])

    def test_a_picture_needs_no_more_padding_than_its_exact_levels_do(self) -> None:
        backbone = PyramidBackbone(1, (4, 6, 8, 10, 12)).eval()
        assert (backbone.multiple, backbone.least_multiple) == (32, 8)
        picture = torch.randn(1, 1, 40, 72, generator=torch.Generator().manual_seed(0))
        levels = backbone(picture)
        sizes = [tuple(level.shape[-2:]) for level in levels]
        assert sizes == [(20, 36), (10, 18), (5, 9), (3, 5), (2, 3)]


class TestConvNorm:
    @pytest.mark.parametrize("relu", [True, False])
    @pytest.mark.parametrize("stride", [1, 2])
    def test_answers_as_its_layers_do(self, stride: int, relu: bool) -> None:
        generator = torch.Generator().manual_seed(0)
        layer = ConvNorm(3, 5, stride=stride, relu=relu)
        norm = layer[1]
        assert isinstance(norm, torch.nn.BatchNorm2d)
        with torch.no_grad():
            for _ in range(3):  # statistics that are no longer those of the start
                layer(2 + 3 * torch.randn(4, 3, 12, 16, generator=generator))
            norm.weight.copy_(torch.rand(5, generator=generator) + 0.5)
            norm.bias.copy_(torch.randn(5, generator=generator))
        layer.eval()
        x = torch.randn(2, 3, 12, 16, generator=generator)
        plain = x
        for part in layer:
            plain = part(plain)
        torch.testing.assert_close(layer(x), plain, atol=1e-5, rtol=1e-5)


class TestResidualBlock:
    @pytest.mark.parametrize("inputs", [8, 16])
    def test_the_shortcut_sees_every_other_pixel_however_narrow_it_is(self, inputs: int) -> None:
        torch.manual_seed(0)
        block = ResidualBlock(inputs, 24, stride=2).eval()
        x = torch.randn(2, inputs, 20, 28)
        weight = block.shortcut[0].weight
        assert isinstance(weight, torch.Tensor)
        strided = torch.nn.functional.conv2d(x, weight, stride=2)
        expected = torch.relu(block.body(x) + block.shortcut[1](strided))
        torch.testing.assert_close(block(x), expected, atol=1e-5, rtol=1e-5)

    def test_narrow_ones_learn_from_large_maps(self) -> None:
        """With a stride in the shortcut torch 2.13 wrote beyond its memory here, and the process died."""
        block = ResidualBlock(8, 16, stride=2)
        block.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        x = torch.randn(8, 8, 64, 64).to(memory_format=torch.channels_last).requires_grad_()
        block(x).square().mean().backward()
        assert x.grad is not None
        assert torch.isfinite(x.grad).all()
