"""The network: one map a keypoint for all animals together, and a field of directions along each edge."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from sbea_engine.nn.backbone import STRIDE, PyramidBackbone
from sbea_engine.pose.machine import KERNEL, LOOK_LEVEL, MIXES, WIDTH, Mix

FIELD_LEVEL = 1
"""Pyramid level (0 is the finest) of the fields: they only have to bridge peaks, not to place them."""

FIELD_STRIDE = STRIDE << FIELD_LEVEL
LOOK_STRIDE = STRIDE << LOOK_LEVEL

FIRST_PRIOR, FINE_PRIOR = -4.4, -1.6
"""Biases at the start, so that a coarse and a fine map begin as the share of cells that are foreground (1.2
and 0.25 %); from one half, the few peaks of a map are lost at the start (focal loss, Lin et al. 2017)."""


class BottomUpOutput(NamedTuple):
    """What the network answers for a batch.

    Attributes:
        logits: (batch, keypoint, h, w) at stride `STRIDE`; sigmoid is 1 in a keypoint's place and falls as a
            Gaussian.
        first_logits: The same at stride `LOOK_STRIDE`, before the second look.
        fields: (batch, edge, 2, h, w) at stride `FIELD_STRIDE`: x, y of the unit vector from the edge's first
            keypoint to its second, where an animal's edge runs; near zero elsewhere.
    """

    logits: Tensor
    first_logits: Tensor
    fields: Tensor


class BottomUpNetwork(nn.Module):
    """Part maps and part-affinity fields (Cao et al. 2017) on the small pyramid, looking twice.

    The first, coarse maps are read by wide kernels, which learn how keypoints lie to one another; what they
    find corrects the maps and makes the fields. As in `machine.py`, but with all animals on one map.

    Args:
        keypoints, edges: How many.
        in_channels: 1 for grey, 3 for colour.
        channels: Widths of the backbone's levels.

    Attributes:
        stand_in: Computes `features` for a network that is not being trained; as of `PoseNetwork`.
    """

    stand_in: Callable[[Tensor], BottomUpOutput] | None = None
    trust_origin = "From the height of the peak."
    backbone_facts: Mapping[str, Any] = {"weights": {"origin": "random, from the seed", "sha256": {}}}

    def __init__(self, keypoints: int, edges: int, in_channels: int, channels: tuple[int, ...]) -> None:
        super().__init__()
        self.edges = edges
        self.backbone = PyramidBackbone(in_channels, channels)
        coarse = channels[LOOK_LEVEL]
        self.first = nn.Conv2d(coarse, keypoints, 1)
        self.seen = nn.Conv2d(keypoints, WIDTH, KERNEL, padding=KERNEL // 2, bias=False)
        self.picture = nn.Conv2d(coarse, WIDTH, 1)
        self.norm = nn.BatchNorm2d(WIDTH)
        self.mixes = nn.Sequential(*(Mix(WIDTH) for _ in range(MIXES)))
        self.second = nn.Conv2d(WIDTH, keypoints, 1)
        self.fine = nn.Conv2d(channels[0], keypoints, 1)
        if edges:
            self.field_far = nn.Conv2d(WIDTH, 2 * edges, 1)
            self.field_near = nn.Conv2d(channels[FIELD_LEVEL], 2 * edges, 1)
        nn.init.constant_(cast(Tensor, self.first.bias), FIRST_PRIOR)
        nn.init.constant_(cast(Tensor, self.fine.bias), FINE_PRIOR)

    @property
    def multiple(self) -> int:
        """Height and width of the input must be multiples of this."""
        return self.backbone.multiple

    def forward(self, images: Tensor) -> BottomUpOutput:
        """uint8 (batch, channel, h, w) to maps; h and w multiples of `multiple`."""
        if self.training or self.stand_in is None:
            return self.features(images)
        return self.stand_in(images)

    def features(self, images: Tensor) -> BottomUpOutput:
        """As `forward`, by torch."""
        levels = self.backbone((images.float() - 127.5) / 64.0)
        features = levels[LOOK_LEVEL]
        first = self.first(features).float()
        seen = self.seen(torch.sigmoid(first).to(features.dtype)) + self.picture(features)
        mixed = self.mixes(functional.relu(self.norm(seen)))
        fine = self.fine(levels[0]).float()
        logits = _enlarged(self.second(mixed).float() + first, fine) + fine
        return BottomUpOutput(logits, first, self._fields(mixed, levels[FIELD_LEVEL]))

    def _fields(self, mixed: Tensor, level: Tensor) -> Tensor:
        batch, _, height, width = level.shape
        if not self.edges:
            return level.new_zeros(batch, 0, 2, height, width)
        near = self.field_near(level).float()
        fields: Tensor = _enlarged(self.field_far(mixed).float(), near) + near
        return fields.reshape(batch, self.edges, 2, height, width)


def _enlarged(maps: Tensor, like: Tensor) -> Tensor:
    return functional.interpolate(maps, size=like.shape[-2:], mode="bilinear", align_corners=False)
