"""A pose network that looks twice: where each keypoint seems to be, then where it is, knowing of the others.

After the convolutional pose machines of Wei et al. 2016: maps of a first look are input to convolutions with
wide kernels, which learn how keypoints lie to one another. A hip alone looks like the other hip; beside a
snout and a tail it is the left one.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from sbea_engine.nn.backbone import STRIDE, PyramidBackbone
from sbea_engine.pose.model import CONTEXT_LEVEL, ConfidenceHead, Maps, PoseNetwork, cells_of

LOOK_LEVEL = 2
"""Pyramid level (0 is the finest) of the first look: coarse, so that wide kernels span an animal."""

WIDTH = 48
KERNEL = 7
MIXES = 2


class PoseMachine(PoseNetwork):
    """Two looks, and features that all individuals share.

    First look, coarse: the map of a keypoint of an individual is the sum of "this is such a keypoint" and
    "this is such an individual", so that what is learned of one animal's snout serves all. Second look,
    coarse: a network of wide kernels sees all first maps of one individual; it is the same one for every
    individual. To its answer the finest features add where exactly such a keypoint is.

    Args:
        individuals, keypoints: Their product is the length of the keypoint axis.
        in_channels, channels, backbone: As `PoseNet`.
    """

    def __init__(
        self,
        individuals: int,
        keypoints: int,
        in_channels: int,
        channels: tuple[int, ...],
        backbone: nn.Module | None = None,
    ) -> None:
        super().__init__(backbone or PyramidBackbone(in_channels, channels))
        coarse = channels[LOOK_LEVEL]
        self.part = nn.Conv2d(coarse, keypoints, 1)
        self.who = nn.Conv2d(coarse, individuals, 1)
        self.second = SecondLook(keypoints, coarse)
        self.fine = nn.Conv2d(channels[0], keypoints, 1)
        self.confidence = ConfidenceHead(individuals * keypoints, channels[0], channels[CONTEXT_LEVEL])

    def score(self, levels: list[Tensor], valid: tuple[int, int] | None) -> Maps:
        """See `PoseNetwork`."""
        features = levels[LOOK_LEVEL]
        first = (self.part(features)[:, None] + self.who(features)[:, :, None]).float()
        seen = _root_probability(first, None if valid is None else cells_of(valid, STRIDE << LOOK_LEVEL))
        second = self.second(seen, features).float() + first
        fine = self.fine(levels[0]).float()
        # As maps are read: channel after channel. The small map is copied for it, not the large one.
        smooth = functional.interpolate(
            second.flatten(1, 2).contiguous(), size=fine.shape[-2:], mode="bilinear", align_corners=False
        )
        logits = smooth.reshape(*second.shape[:3], *fine.shape[-2:]).add_(fine[:, None])
        return Maps(logits.flatten(1, 2), first.flatten(1, 2))


class SecondLook(nn.Module):
    """From the first maps of one individual to corrections of them.

    Args:
        features: Channels of the picture's features on the same cells.
    """

    def __init__(self, keypoints: int, features: int) -> None:
        super().__init__()
        self.seen = nn.Conv2d(keypoints, WIDTH, KERNEL, padding=KERNEL // 2, bias=False)
        self.picture = nn.Conv2d(features, WIDTH, 1)
        self.norm = nn.BatchNorm2d(WIDTH)
        self.mixes = nn.Sequential(*(Mix(WIDTH) for _ in range(MIXES)))
        self.out = nn.Conv2d(WIDTH, keypoints, 1)

    def forward(self, seen: Tensor, features: Tensor) -> Tensor:
        """(batch, individual, keypoint, h, w) and (batch, channel, h, w): as the first. Individuals go
        through as if each were a picture of its own."""
        individuals = seen.shape[1]
        picture = self.picture(features).repeat_interleave(individuals, dim=0)
        mixed = functional.relu(self.norm(self.seen(seen.flatten(0, 1)) + picture))
        answer: Tensor = self.out(self.mixes(mixed))
        return answer.reshape(seen.shape)


class Mix(nn.Module):
    """Each channel looks about, then channels meet; added to what was there (ConvNeXt's block, with batch
    normalisation; Liu et al. 2022)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(width, width, KERNEL, padding=KERNEL // 2, groups=width, bias=False),
            nn.BatchNorm2d(width),
            nn.Conv2d(width, 2 * width, 1),
            nn.ReLU(inplace=True),
            nn.Conv2d(2 * width, width, 1),
        )

    def forward(self, x: Tensor) -> Tensor:
        """(batch, width, h, w), and back the same."""
        mixed: Tensor = self.body(x)
        return mixed.add_(x)


def _root_probability(logits: Tensor, valid: tuple[int, int] | None) -> Tensor:
    """Root of the softmax over the cells (..., h, w) that lie on the picture, 0 elsewhere: what is shared
    between two places is still well seen at both."""
    if valid is not None:
        rows, columns = (
            torch.arange(cells, device=logits.device) < most
            for cells, most in zip(logits.shape[-2:], valid, strict=True)
        )
        logits = logits.masked_fill(~(rows[:, None] & columns), -torch.inf)
    return (0.5 * torch.log_softmax(logits.flatten(-2), dim=-1)).exp().view_as(logits)
