"""Residual networks (He et al. 2016) that stop at stride 16: the last stage is dilated instead of strided."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn
from torch.nn import functional

from sbea_engine.nn.backbone import ConvNorm

STRIDE = 16
EXPANSION = 4
"""Channels of a bottleneck's answer for each one inside it."""


class Residual(nn.Module):
    """A body beside a shortcut, which is a projection where the shape changes and nothing where it does not.

    Args:
        bottleneck: 1x1, 3x3 and 1x1 convolutions, as in networks of 50 layers and more; else two 3x3.
        dilation: Of the 3x3 convolutions: what a stride would have given them to see.
    """

    def __init__(
        self, inputs: int, width: int, *, stride: int = 1, dilation: int = 1, bottleneck: bool = False
    ) -> None:
        super().__init__()
        outputs = EXPANSION * width if bottleneck else width
        if bottleneck:
            layers = [
                ConvNorm(inputs, width, kernel=1),
                dilated(ConvNorm(width, width, stride=stride), dilation),
                ConvNorm(width, outputs, kernel=1, relu=False),
            ]
        else:
            layers = [
                dilated(ConvNorm(inputs, width, stride=stride), dilation),
                dilated(ConvNorm(width, outputs, relu=False), dilation),
            ]
        self.body = nn.Sequential(*layers)
        same = stride == 1 and inputs == outputs
        self.shortcut = (
            nn.Identity() if same else ConvNorm(inputs, outputs, kernel=1, stride=stride, relu=False)
        )

    def forward(self, x: Tensor) -> Tensor:
        """(batch, inputs, h, w) to (batch, outputs, h / stride, w / stride)."""
        return functional.relu(self.body(x) + self.shortcut(x))


class ResNet(nn.Module):
    """7x7 stem and pooling to stride 4, then four stages of strides 4, 8, 16 and, dilated by 2, 16 again.

    Args:
        in_channels: 1 for grey, 3 for colour.
        widths: Of the four stages, inside their blocks.
        depths: Blocks a stage.

    References:
        He et al., Deep residual learning for image recognition, CVPR 2016; the dilated last stage is that of
        Insafutdinov et al., DeeperCut, ECCV 2016.
    """

    multiple = STRIDE

    def __init__(
        self, in_channels: int, widths: Sequence[int], depths: Sequence[int], *, bottleneck: bool = False
    ) -> None:
        super().__init__()
        self.stem = nn.Sequential(ConvNorm(in_channels, widths[0], kernel=7, stride=2), nn.MaxPool2d(3, 2, 1))
        stages: list[nn.Module] = []
        inputs = widths[0]
        for stage, (width, depth) in enumerate(zip(widths, depths, strict=True)):
            dilation = 2 if stage == 3 else 1
            for block in range(depth):
                stride = 2 if block == 0 and stage in {1, 2} else 1
                stages.append(
                    Residual(inputs, width, stride=stride, dilation=dilation, bottleneck=bottleneck)
                )
                inputs = EXPANSION * width if bottleneck else width
        self.stages = nn.Sequential(*stages)
        self.channels = (inputs,)
        self.strides = (STRIDE,)

    def forward(self, x: Tensor) -> list[Tensor]:
        """(batch, in_channels, h, w) to one map (batch, channels[0], h / 16, w / 16)."""
        return [self.stages(self.stem(x))]


def small_resnet(in_channels: int, widths: Sequence[int]) -> ResNet:
    """Four stages of two basic blocks: ResNet-18's layout, as wide as the preset says."""
    return ResNet(in_channels, widths, (2, 2, 2, 2))


def resnet50(in_channels: int) -> ResNet:
    """ResNet-50 at full size, without its classifier: 23.5 million weights in colour."""
    return ResNet(in_channels, (64, 128, 256, 512), (3, 4, 6, 3), bottleneck=True)


def dilated(module: nn.Module, dilation: int) -> nn.Module:
    """Spread the 3x3 convolutions in a module, in place, and pad them so that sizes stay."""
    for layer in module.modules():
        if isinstance(layer, nn.Conv2d) and layer.kernel_size == (3, 3):
            layer.dilation = layer.padding = (dilation, dilation)
    return module


def without_stride(module: nn.Module) -> nn.Module:
    """Make the convolutions in a module step one cell at a time, in place: its maps keep their size."""
    for layer in module.modules():
        if isinstance(layer, nn.Conv2d):
            layer.stride = (1, 1)
    return module
