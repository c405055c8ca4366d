import pytest
import torch
from torch import nn

from sbea_engine.nn.backbone import parameter_count
from sbea_engine.nn.resnet import Residual, dilated, resnet50, small_resnet, without_stride


class TestResNet:
    def test_resnet50_has_the_published_number_of_weights(self) -> None:
        """25,557,032 of the whole classifier (He et al. 2016, as torchvision counts), less its last layer."""
        assert parameter_count(resnet50(3)) == 25_557_032 - (2048 * 1000 + 1000)

    @pytest.mark.parametrize("in_channels", [1, 3])
    def test_the_small_one_ends_at_stride_16(self, in_channels: int) -> None:
        net = small_resnet(in_channels, (8, 12, 16, 24))
        (level,) = net(torch.zeros(2, in_channels, 64, 96))
        assert level.shape == (2, 24, 4, 6)
        assert (net.channels, net.strides, net.multiple) == ((24,), (16,), 16)

    def test_the_full_one_ends_at_stride_16(self) -> None:
        with torch.no_grad():
            (level,) = resnet50(1).eval()(torch.zeros(1, 1, 32, 64))
        assert level.shape == (1, 2048, 2, 4)

    def test_only_the_last_stage_is_dilated(self) -> None:
        net = small_resnet(1, (8, 8, 8, 8))
        by_block = [{c.dilation for c in b.modules() if isinstance(c, nn.Conv2d)} for b in net.stages]
        assert by_block[:6] == [{(1, 1)}] * 6
        assert all((2, 2) in dilations for dilations in by_block[6:])

    def test_gradients_reach_every_weight(self) -> None:
        torch.manual_seed(0)
        net = small_resnet(1, (8, 8, 8, 8))
        net(torch.randn(2, 1, 64, 64))[0].square().sum().backward()
        assert [name for name, p in net.named_parameters() if p.grad is None or not p.grad.any()] == []


class TestResidual:
    def test_where_the_shape_stays_the_shortcut_is_the_picture(self) -> None:
        block = Residual(8, 8).eval()
        nn.init.zeros_(block.body[-1][0].weight)  # type: ignore[index]
        x = torch.rand(1, 8, 6, 6)
        torch.testing.assert_close(block(x), x)

    def test_a_bottleneck_answers_with_four_times_its_width(self) -> None:
        assert Residual(8, 4, stride=2, bottleneck=True)(torch.zeros(2, 8, 8, 8)).shape == (2, 16, 4, 4)


class TestInPlace:
    def test_a_dilated_kernel_keeps_the_size_and_sees_further(self) -> None:
        conv = nn.Conv2d(1, 1, 3, padding=1, bias=False)
        nn.init.ones_(conv.weight)
        spot = torch.zeros(1, 1, 9, 9)
        spot[0, 0, 4, 4] = 1
        seen = dilated(conv, 2)(spot)[0, 0].nonzero().tolist()
        assert seen == [[r, c] for r in (2, 4, 6) for c in (2, 4, 6)]

    def test_without_stride(self) -> None:
        layers = nn.Sequential(nn.Conv2d(1, 1, 3, 2, 1), nn.Conv2d(1, 1, 1, 2))
        assert without_stride(layers)(torch.zeros(1, 1, 8, 8)).shape == (1, 1, 8, 8)
