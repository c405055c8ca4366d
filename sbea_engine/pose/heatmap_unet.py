"""A U-Net that draws a Gaussian at each keypoint, trained from scratch: the single-animal design of SLEAP.

Pereira et al., SLEAP: a deep learning system for multi-animal pose tracking, Nature Methods 2022; numbers as
in its sample configuration (24 filters, rate 2, strides 16 and 4, sigma 2.5, mean squared error). What
differs here is in docs/science/pose-families.md.
"""

from __future__ import annotations

from torch import Tensor, nn

from sbea_engine.nn.heatmaps import Decoded, soft_argmax
from sbea_engine.nn.unet import UNet
from sbea_engine.pose.gaussian_maps import FLOOR, decode_gaussian, gaussian_loss
from sbea_engine.pose.losses import CONFIDENCE_WEIGHT, PoseBatch, confidence_loss
from sbea_engine.pose.model import ConfidenceHead, Maps, PoseNetwork, PoseOutput

SHARPNESS = 3.0
"""Of heights: raised to this, the noise round zero of thousands of cells weighs nothing against a peak."""


class HeatmapUNet(PoseNetwork):
    """One linear map for each keypoint of each individual on the U-Net's features of stride 4.

    Args:
        individuals, keypoints: Their product is the length of the keypoint axis.
        in_channels: 1 for grey, 3 for colour.
        filters: Of the U-Net at full resolution.
    """

    def __init__(self, individuals: int, keypoints: int, in_channels: int, filters: int) -> None:
        unet = UNet(in_channels, filters)
        super().__init__(unet)
        fine, coarse = unet.channels
        self.stride = unet.strides[0]
        self.maps = nn.Conv2d(fine, individuals * keypoints, 1)
        self.confidence = ConfidenceHead(individuals * keypoints, fine, coarse)

    def score(self, levels: list[Tensor], valid: tuple[int, int] | None) -> Maps:
        """See `PoseNetwork`; these maps are heights, not logits."""
        return Maps(self.maps(levels[0]).float())

    def read(self, maps: Maps, valid: tuple[int, int] | None) -> Decoded:
        """See `PoseNetwork`."""
        return decode_gaussian(maps.logits.detach(), self.stride, valid=valid)

    def expected(self, logits: Tensor, valid: tuple[int, int] | None) -> Tensor:
        """See `PoseNetwork`; heights above `FLOOR` stand for probabilities."""
        heights = logits.clamp_min(FLOOR).log()
        return soft_argmax(heights, self.stride, sharpness=SHARPNESS, valid=valid)

    def trust(self, levels: list[Tensor], maps: Maps, decoded: Decoded) -> Tensor:
        """See `PoseNetwork`; the height of a regressed peak is no probability: the shared head is asked."""
        trust: Tensor = self.confidence(levels[0], levels[1], decoded)
        return trust

    def loss(
        self, output: PoseOutput, batch: PoseBatch, radius_px: float
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """See `PoseNetwork`."""
        where = gaussian_loss(output.logits, batch.points_px, batch.placed, batch.known, stride=self.stride)
        trust = confidence_loss(output, batch, radius_px)
        parts = {"map_loss": where.detach(), "confidence_loss": trust.detach()}
        return where + CONFIDENCE_WEIGHT * trust, parts
