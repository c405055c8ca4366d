"""DeepLabCut as published in 2018: residual encoder, score maps of discs, location refinement.

Mathis et al., DeepLabCut: markerless pose estimation of user-defined body parts with deep learning, Nature
Neuroscience 2018; numbers as in its `pose_cfg.yaml`. What differs here is in docs/science/pose-families.md.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from torch import Tensor, nn

from sbea_engine.data import LabelSet
from sbea_engine.nn.augmentation import AugmentationConfig
from sbea_engine.nn.heatmaps import Decoded
from sbea_engine.pose.config import PoseConfig, Preset
from sbea_engine.pose.disc_maps import DISC_RADIUS_PX, OFFSET_WEIGHT, STRIDE, decode_disc, disc_loss
from sbea_engine.pose.losses import PoseBatch
from sbea_engine.pose.model import Maps, PoseNetwork, PoseOutput
from sbea_engine.pose.plan import MAX_CROP_PX, MAX_FRAME_PIXELS, Size, WorkingPlan

GLOBAL_SCALE = 0.8
"""Working pixels a source pixel, whatever the animal's size."""

ENCODER_STRIDE = 16
ROTATION_DEG = 25.0
SCALE_JITTER = (0.5, 1.5)

PRIOR = 0.01
"""Score that a cell begins with. Few cells are in a disc: from a half, the maps of a network without
pretrained weights fall to zero before they see a keypoint (Lin et al., Focal loss, ICCV 2017)."""


class DeepLabCut(PoseNetwork):
    """Score maps and their refinement by one transposed convolution each, from the encoder's stride 16 to 8.

    Confidence is the score at the peak. Pairwise terms, which are for several animals, are off as in the
    publication's single-animal use.

    Args:
        individuals, keypoints: Their product is the length of the keypoint axis.
        backbone: Forward gives maps of `strides` and `channels`; the last one of stride 16 is used.
        disc_radius_px: Working pixels.
    """

    stride = STRIDE
    trust_origin = "The score at the peak of its map, which was learned as nearness within a disc."

    def __init__(
        self,
        individuals: int,
        keypoints: int,
        backbone: nn.Module,
        *,
        disc_radius_px: float = DISC_RADIUS_PX,
    ) -> None:
        super().__init__(backbone)
        self.disc_radius_px = disc_radius_px
        self._points = individuals * keypoints
        self._level = list(backbone.strides).index(ENCODER_STRIDE)  # type: ignore[arg-type]
        width = int(backbone.channels[self._level])  # type: ignore[index]
        self.maps = _doubling(width, self._points)
        self.offsets = _doubling(width, 2 * self._points)
        nn.init.constant_(self.maps.bias, -math.log((1 - PRIOR) / PRIOR))  # type: ignore[arg-type]

    def score(self, levels: list[Tensor], valid: tuple[int, int] | None) -> Maps:
        """See `PoseNetwork`."""
        features = levels[self._level]
        offsets = self.offsets(features).float()
        return Maps(
            self.maps(features).float(),
            offsets=offsets.view(offsets.shape[0], self._points, 2, *offsets.shape[-2:]),
        )

    def read(self, maps: Maps, valid: tuple[int, int] | None) -> Decoded:
        """See `PoseNetwork`."""
        assert maps.offsets is not None
        return decode_disc(maps.logits.detach(), maps.offsets.detach(), valid=valid)

    def trust(self, levels: list[Tensor], maps: Maps, decoded: Decoded) -> Tensor:
        """The logit at the peak, so that its sigmoid is the score there."""
        return maps.logits.flatten(2).gather(2, decoded.cell.unsqueeze(-1)).squeeze(-1)

    def loss(
        self, output: PoseOutput, batch: PoseBatch, radius_px: float
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """See `PoseNetwork`; confidence is learned with the maps, so that `radius_px` has no part in it."""
        assert output.offsets is not None
        where, refinement = disc_loss(
            output.logits,
            output.offsets,
            batch.points_px,
            batch.placed,
            batch.known,
            radius_px=self.disc_radius_px,
        )
        parts = {"map_loss": where.detach(), "offset_loss": refinement.detach()}
        return where + OFFSET_WEIGHT * refinement, parts

    def plan(self, labels: LabelSet, sizes: Sequence[Size], preset: Preset) -> WorkingPlan:
        """The published scale, and views as large as the budget allows; confidence means what it means for
        the other families."""
        usual = super().plan(labels, sizes, preset)
        most = max(size.width * size.height for size in sizes)
        scale = min(GLOBAL_SCALE, (MAX_FRAME_PIXELS / most) ** 0.5)
        longest = round(max(max(size) for size in sizes) * scale)
        whole = max(1, -(-longest // self.multiple)) * self.multiple
        return replace(usual, scale=round(scale, 4), crop_px=min(whole, MAX_CROP_PX))

    def views(self, labels: LabelSet, config: PoseConfig) -> AugmentationConfig:
        """Turned and scaled as published, and nothing else."""
        return AugmentationConfig(
            rotation_deg=min(ROTATION_DEG, config.rotation_deg),
            scale=SCALE_JITTER,
            gamma=0.0,
            contrast=0.0,
            brightness=0.0,
            blur=0.0,
            motion_blur=0.0,
            noise=0.0,
            cover=0.0,
        )


def _doubling(inputs: int, outputs: int) -> nn.ConvTranspose2d:
    """A transposed 3x3 convolution from stride 16 to 8."""
    return nn.ConvTranspose2d(inputs, outputs, 3, stride=2, padding=1, output_padding=1)
