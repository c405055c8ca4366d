"""Maps of several strides from any network of `transformers` that has them, and a pyramid on top of them.

A convolutional network gives the last map of each stride. A vision transformer gives its patches as one map;
the picture is scaled first so that a patch has a power of two of pixels (14 becomes 16).
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from sbea_engine.nn.backbone import ConvNorm
from sbea_engine.nn.backbone_source import BadBackbone
from sbea_engine.nn.resnet import dilated, without_stride

SCALE, SHIFT = 64.0 / 255.0, 0.5
"""From what pose networks are given, (grey level - 127.5) / 64, to 0..1."""

PRETRAINED_RATE = 0.1
"""Share of the learning rate for weights that come from elsewhere: they are to be changed little."""

TOKEN_RATE = 0.1
"""The same for vision transformers with random weights, which diverge at a convolution's rate."""


class TransformersEncoder(nn.Module):
    """A network of the package `transformers` as a list of maps, finest first.

    Args:
        module: As `transformers_loader` gives it.
        facts: Of the model card; see `LoadedNetwork`.
        atrous: Where it is a ResNet, dilate its last stage instead of striding: stride 16 at full depth.

    Attributes:
        strides: Input pixels a cell of each map, ascending.
        channels: Of each map.
        multiple: Height and width of the input must be multiples of this.
        rate_share: Share of the learning rate; see `sbea_engine.nn.trainer`.

    Raises:
        BadBackbone: It gives no maps from which a picture's places can be read.
    """

    mean: Tensor
    sd: Tensor

    def __init__(self, module: nn.Module, facts: Mapping[str, Any], *, atrous: bool = False) -> None:
        super().__init__()
        self.facts = dict(facts)
        kind = facts["architecture"]["model_type"]
        if atrous and kind == "resnet":
            dilated(without_stride(module.encoder.stages[-1]), 2)  # type: ignore[union-attr, index, arg-type]
        pooler = getattr(module, "pooler", None)
        if isinstance(pooler, nn.Module) and next(pooler.parameters(), None) is not None:
            module.pooler = None  # type: ignore[assignment]
        self.module = module
        self.register_buffer("mean", torch.tensor(facts["mean"]).view(1, 3, 1, 1))
        self.register_buffer("sd", torch.tensor(facts["sd"]).view(1, 3, 1, 1))
        arguments = inspect.signature(module.forward).parameters
        self._options = {"interpolate_pos_encoding": True} if "interpolate_pos_encoding" in arguments else {}
        patch = getattr(module.config, "patch_size", None)
        self._patch = int(patch) if isinstance(patch, int) else 0
        self.strides, self.channels, self._tokens = self._probe(str(kind))
        self.multiple = max(self.strides[-1], 1 if self._tokens else 32)
        pretrained = bool(facts["weights"]["sha256"])
        self.rate_share = PRETRAINED_RATE if pretrained else TOKEN_RATE if self._tokens else 1.0

    def forward(self, x: Tensor) -> list[Tensor]:
        """(batch, 1 or 3, h, w) to [(batch, channels[i], h / strides[i], w / strides[i])]."""
        if self._tokens:
            return [self._token_map(x, self.strides[0])]
        found = self._maps(self._answer(x), x.shape[-1])
        return [found[stride] for stride in self.strides]

    def _answer(self, x: Tensor) -> Any:
        colours = (x * SCALE + SHIFT - self.mean) / self.sd  # one grey channel becomes three
        return self.module(pixel_values=colours, output_hidden_states=True, **self._options)

    def _probe(self, kind: str) -> tuple[tuple[int, ...], tuple[int, ...], bool]:
        """Strides and channels, and whether maps are of patches, learned by asking."""
        side, training = 128, self.module.training
        self.module.eval()
        with torch.no_grad():
            try:
                found = self._maps(self._answer(torch.zeros(1, 3, side, side)), side)
                if found:
                    strides = tuple(sorted(found))
                    return strides, tuple(found[s].shape[1] for s in strides), False
                if self._patch < 2:
                    raise BadBackbone("it has no maps and no patches")
                stride = 2 ** math.ceil(math.log2(self._patch))
                width = self._token_map(torch.zeros(1, 3, side, side), stride).shape[1]
                return (stride,), (width,), True
            except (BadBackbone, RuntimeError, TypeError, ValueError, AttributeError, KeyError) as error:
                raise BadBackbone(f"Architecture {kind!r} cannot serve as a backbone ({error}).") from error
            finally:
                self.module.train(training)

    @staticmethod
    def _maps(answer: Any, side: int) -> dict[int, Tensor]:
        """By stride, the last of the maps that have it; strides of 1 and odd ones are left out."""
        states = getattr(answer, "reshaped_hidden_states", None) or answer.hidden_states or ()
        found = {}
        for state in states:
            if state.ndim == 4 and side % state.shape[-1] == 0:
                stride = side // state.shape[-1]
                if stride > 1 and stride & (stride - 1) == 0:
                    found[stride] = state
        return found

    def _token_map(self, x: Tensor, stride: int) -> Tensor:
        """The last patches as a map (batch, channel, h / stride, w / stride); others (class, registers) come
        first and are left out."""
        rows, columns = x.shape[-2] // stride, x.shape[-1] // stride
        if self._patch != stride:
            size = (rows * self._patch, columns * self._patch)
            x = functional.interpolate(x, size=size, mode="bilinear", align_corners=False, antialias=True)
        tokens: Tensor = self._answer(x).last_hidden_state
        if tokens.shape[1] < rows * columns:
            raise BadBackbone(f"it keeps {tokens.shape[1]} of {rows * columns} patches")
        tokens = tokens[:, tokens.shape[1] - rows * columns :]
        return tokens.transpose(1, 2).reshape(len(x), -1, rows, columns)


class EncoderPyramid(nn.Module):
    """What `PyramidBackbone` gives, with another network as the way down: the same widths and strides.

    The level of stride 2 is a stem of its own, since few networks keep maps so fine. A level whose stride the
    encoder lacks is made from the nearest one by scaling (after Li et al., ViTDet, ECCV 2022).

    Args:
        encoder: With `strides`, `channels`, `multiple`; forward gives a list of maps.
        in_channels: 1 for grey, 3 for colour.
        channels: Width of each level, finest (stride 2) first.
    """

    def __init__(self, encoder: TransformersEncoder, in_channels: int, channels: Sequence[int]) -> None:
        super().__init__()
        self.channels = tuple(channels)
        self.encoder = encoder
        self.stem = ConvNorm(in_channels, channels[0], kernel=5, stride=2)
        self._level_strides = [2 << level for level in range(1, len(channels))]
        self._taken = [_nearest(encoder.strides, stride) for stride in self._level_strides]
        self.across = nn.ModuleList(
            [
                ConvNorm(encoder.channels[taken], width, kernel=1)
                for taken, width in zip(self._taken, channels[1:], strict=True)
            ]
        )
        fine_and_coarse = list(pairwise(channels))
        self.lateral = nn.ModuleList([nn.Conv2d(c, f, 1, bias=False) for f, c in fine_and_coarse])
        self.smooth = nn.ModuleList([ConvNorm(f, f) for f, _ in fine_and_coarse])

    @property
    def facts(self) -> dict[str, Any]:
        """Of the encoder, for the model card."""
        return self.encoder.facts

    @property
    def multiple(self) -> int:
        """Height and width of the input must be multiples of this."""
        return int(max(self.encoder.multiple, 2 ** len(self.channels)))

    def forward(self, x: Tensor) -> list[Tensor]:
        """Maps from finest (stride 2) to coarsest: [(batch, channels[i], h / 2^(i+1), w / 2^(i+1))]."""
        maps = self.encoder(x)
        levels: list[Tensor] = [self.stem(x)]
        for taken, stride, across in zip(self._taken, self._level_strides, self.across, strict=True):
            size = (x.shape[-2] // stride, x.shape[-1] // stride)
            level = across(maps[taken])
            if level.shape[-2:] != size:
                level = functional.interpolate(level, size=size, mode="bilinear", align_corners=False)
            levels.append(level)
        for i in reversed(range(len(self.lateral))):
            coarse = functional.interpolate(self.lateral[i](levels[i + 1]), scale_factor=2.0, mode="nearest")
            levels[i] = self.smooth[i](levels[i] + coarse)
        return levels


def _nearest(strides: Sequence[int], wanted: int) -> int:
    """Place in `strides` of the one nearest by ratio; the finer of two."""
    return min(range(len(strides)), key=lambda i: (abs(math.log2(strides[i] / wanted)), strides[i]))
