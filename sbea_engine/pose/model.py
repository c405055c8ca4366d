"""What pose networks share, and the plainest of them: a map a keypoint, and how far to trust its peak."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from sbea_engine.data import LabelSet
from sbea_engine.nn.augmentation import AugmentationConfig
from sbea_engine.nn.backbone import STRIDE, PyramidBackbone
from sbea_engine.nn.heatmaps import Decoded, decode, soft_argmax
from sbea_engine.nn.runtime import Precision, autocast
from sbea_engine.pose.config import PoseConfig, Preset
from sbea_engine.pose.losses import PoseBatch, pose_loss
from sbea_engine.pose.plan import Size, WorkingPlan, make_plan
from sbea_engine.pose.temporal_context import TemporalContext

SHARPNESS = 2.0
"""Of positions that training on unlabelled video pulls at, see `soft_argmax`."""

CONTEXT_LEVEL = 2
"""Pyramid level (0 is the finest) that tells the confidence head about the surroundings of a peak."""


class PoseOutput(NamedTuple):
    """What the network answers for a batch.

    Attributes:
        logits: (batch, keypoint, h, w); softmax over h w is where the keypoint is.
        decoded: The positions read from the logits.
        confidence_logit: (batch, keypoint); sigmoid is the uncalibrated confidence.
        first_logits: (batch, keypoint, coarser h, coarser w) of a network that answers twice: its first,
            coarse answer, which training pulls to the truth as well; None of one that answers once.
        offsets: (batch, keypoint, 2, h, w) of a network that refines its cells: x, then y, in the family's
            unit; None of one that does not.
    """

    logits: Tensor
    decoded: Decoded
    confidence_logit: Tensor
    first_logits: Tensor | None = None
    offsets: Tensor | None = None


class ConfidenceHead(nn.Module):
    """Says whether a peak is right, from the features under it and the shape of its map.

    It reads the trunk without bending it (gradients stop here), so its weight in the loss cannot cost
    accuracy. The height of the peak alone is no visibility score: a softmax has to put its mass somewhere.
    """

    def __init__(self, keypoints: int, fine: int, context: int, width: int = 48, embedding: int = 8) -> None:
        super().__init__()
        self.who = nn.Parameter(torch.randn(keypoints, embedding) * 0.1)
        self.layers = nn.Sequential(
            nn.Linear(fine + context + 3 + embedding, width), nn.ReLU(), nn.Linear(width, 1)
        )

    def forward(self, fine: Tensor, context: Tensor, decoded: Decoded) -> Tensor:
        """Features (batch, c, h, w) and decoded maps to logits (batch, keypoint)."""
        width = fine.shape[-1]
        shape_of_map = torch.stack([decoded.log_peak, decoded.log_mass, 4 * decoded.entropy], dim=-1)
        row, column = torch.div(decoded.cell, width, rounding_mode="floor"), decoded.cell % width
        step = fine.shape[-1] // context.shape[-1]
        here = _features_at(fine, row, column)
        around = _features_at(context, row // step, column // step)
        who = self.who.expand(len(here), -1, -1)
        seen = torch.cat([here, around, shape_of_map.to(here.dtype)], dim=-1).detach()
        logit: Tensor = self.layers(torch.cat([seen, who.to(seen.dtype)], dim=-1))
        return logit.squeeze(-1).float()


class Maps(NamedTuple):
    """What a network makes of the features of its backbone; all as in `PoseOutput`."""

    logits: Tensor
    first_logits: Tensor | None = None
    offsets: Tensor | None = None


class Features(NamedTuple):
    """The part of a network that is all convolutions: what its maps are read from.

    Attributes:
        levels: Of the backbone, finest first.
        maps: What `PoseNetwork.score` makes of them.
    """

    levels: list[Tensor]
    maps: Maps


class PoseNetwork(nn.Module, ABC):
    """Backbone, maps, confidence head; what maps are made of is the family's.

    A network has a map for each keypoint of each individual, individual after individual: that is the
    keypoint axis of its output. What a family does otherwise, it overrides: how maps are read (`read`), how
    far to trust them (`trust`), what is minimised (`loss`), at which scale it works (`plan`), and how
    training views differ from the picture (`views`).

    Args:
        backbone: Forward gives levels, finest first; `multiple` is of which the sides of its input must be,
            or `least_multiple` where that is less.

    Attributes:
        stride: Input pixels a cell of the maps, each way.
        context: Joins the finest features of a frame with those of the frames before and after it. None: each
            frame is seen alone.
        trust_origin: What confidence is before it is calibrated, a sentence for the model card.
        precision: What a network that is not being trained computes in; see `compute_in`.
        stand_in: Computes `features`, with its arguments, for a network that is not being trained; see
            `onnx_answers.py`. None: torch does.
    """

    stride = STRIDE
    precision: Precision = "fp32"
    stand_in: Callable[[Tensor, tuple[int, int] | None], Features] | None = None
    trust_origin = (
        "Learned on augmented training views, in which keypoints are also outside the view or covered."
    )
    confidence: ConfidenceHead

    def __init__(self, backbone: nn.Module) -> None:
        super().__init__()
        self.backbone = backbone
        self.context: TemporalContext | None = None

    @property
    def multiple(self) -> int:
        """Height and width of training views and crops are multiples of this."""
        return int(self.backbone.multiple)  # type: ignore[arg-type]

    @property
    def least_multiple(self) -> int:
        """Height and width of the input must be multiples of this."""
        return int(getattr(self.backbone, "least_multiple", self.multiple))

    @abstractmethod
    def score(self, levels: list[Tensor], valid: tuple[int, int] | None) -> Maps:
        """Maps from the backbone's levels, finest first; `valid` as in `forward`."""

    def forward(self, images: Tensor, valid: tuple[int, int] | None = None) -> PoseOutput:
        """Find keypoints.

        Args:
            images: uint8 (batch, channel, h, w); h and w multiples of `least_multiple`. For a network with
                context (batch, time, channel, h, w): the answers are for the middle frame of each clip.
            valid: (rows, columns) of pixels that are picture and not padding.
        """
        if self.training:  # the trainer has chosen
            return self._answer(self.features(images, valid), valid)
        with autocast(images.device, self.precision):
            return self._answer((self.stand_in or self.features)(images, valid), valid)

    def features(self, images: Tensor, valid: tuple[int, int] | None) -> Features:
        """The backbone's levels and the maps; arguments as of `forward`."""
        if self.context is None:
            levels = self.encode(images)
            return Features(levels, self.score(levels, valid))
        clips, frames = images.shape[:2]
        windows = torch.arange(clips * frames, device=images.device).view(clips, frames)
        return self._joined(self.encode(images.flatten(0, 1)), windows, valid)

    def encode(self, images: Tensor) -> list[Tensor]:
        """The backbone's levels of uint8 frames (batch, channel, h, w), each seen alone."""
        levels: list[Tensor] = self.backbone((images - 127.5).div_(64.0))
        return levels

    def look(self, levels: list[Tensor], windows: Tensor, valid: tuple[int, int]) -> PoseOutput:
        """Find keypoints in frames that were encoded, by a network with context that is not being trained.

        Args:
            levels: Of `encode`.
            windows: int64 (batch, time): places along the first axis of `levels`; the answers are for the
                middle one of each.
            valid: As in `forward`.
        """
        with autocast(levels[0].device, self.precision):
            return self._answer(self._joined(levels, windows, valid), valid)

    def _joined(self, levels: list[Tensor], windows: Tensor, valid: tuple[int, int] | None) -> Features:
        """Features of the middle frames of the windows, the finest joined with those of the others."""
        assert self.context is not None  # only such a network is asked
        middle = windows[:, windows.shape[1] // 2]
        joined = [self.context(levels[0], windows), *(level[middle] for level in levels[1:])]
        return Features(joined, self.score(joined, valid))

    def _answer(self, features: Features, valid: tuple[int, int] | None) -> PoseOutput:
        levels, maps = features
        decoded = self.read(maps, None if valid is None else cells_of(valid, self.stride))
        return PoseOutput(
            maps.logits, decoded, self.trust(levels, maps, decoded), maps.first_logits, maps.offsets
        )

    def read(self, maps: Maps, valid: tuple[int, int] | None) -> Decoded:
        """Positions from maps, without gradient; `valid` is in cells (rows, columns)."""
        return decode(maps.logits.detach(), self.stride, valid=valid)

    def expected(self, logits: Tensor, valid: tuple[int, int] | None) -> Tensor:
        """Positions (batch, keypoint, 2) as `read` gives them, nearly, with a gradient; for families whose
        facts say `uses_unlabelled`."""
        return soft_argmax(logits, self.stride, sharpness=SHARPNESS, valid=valid)

    def trust(self, levels: list[Tensor], maps: Maps, decoded: Decoded) -> Tensor:
        """Logits (batch, keypoint) of the uncalibrated confidence."""
        trust: Tensor = self.confidence(levels[0], levels[CONTEXT_LEVEL], decoded)
        return trust

    def loss(
        self, output: PoseOutput, batch: PoseBatch, radius_px: float
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """The sum that is minimised, and its parts by name; `radius_px` is what confidence is about."""
        return pose_loss(output, batch, radius_px)

    def plan(self, labels: LabelSet, sizes: Sequence[Size], preset: Preset) -> WorkingPlan:
        """Working scale and size of a view; `sizes` are those of the labelled frames."""
        return make_plan(labels, sizes, preset, self.multiple)

    def views(self, labels: LabelSet, config: PoseConfig) -> AugmentationConfig:
        """How far training views are from the picture."""
        return AugmentationConfig(rotation_deg=config.rotation_deg, flip=bool(labels.skeleton.symmetric))

    @property
    def backbone_facts(self) -> dict[str, Any]:
        """Where the backbone and its weights came from, for the model card."""
        facts: dict[str, Any] = getattr(self.backbone, "facts", {})
        return facts or {"weights": {"origin": "random, from the seed", "sha256": {}}}


def compute_in(network: nn.Module, precision: Precision) -> None:
    """Let all pose networks of a model answer in that precision."""
    for module in network.modules():
        if isinstance(module, PoseNetwork):
            module.precision = precision


class PoseNet(PoseNetwork):
    """One linear map for each keypoint of each individual on the finest features.

    Args:
        individuals, keypoints: Their product is the length of the keypoint axis.
        in_channels: 1 for grey, 3 for colour.
        channels: Widths of the backbone's levels.
        backbone: Instead of a `PyramidBackbone`: one that gives levels of the same widths and strides.
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
        self.maps = nn.Conv2d(channels[0], individuals * keypoints, 1)
        self.confidence = ConfidenceHead(individuals * keypoints, channels[0], channels[CONTEXT_LEVEL])

    def score(self, levels: list[Tensor], valid: tuple[int, int] | None) -> Maps:
        """See `PoseNetwork`."""
        return Maps(self.maps(levels[0]).float())


def cells_of(pixels: tuple[int, int], stride: int) -> tuple[int, int]:
    """Rows and columns of cells of a stride that pixels from the first one on touch."""
    # Rounded up without a negative number, so that an exported network divides alike (`onnx_answers.py`).
    return (pixels[0] + stride - 1) // stride, (pixels[1] + stride - 1) // stride


def _features_at(maps: Tensor, rows: Tensor, columns: Tensor) -> Tensor:
    """(batch, c, h, w) at (batch, keypoint) cells: (batch, keypoint, c)."""
    index = (rows * maps.shape[-1] + columns).unsqueeze(1).expand(-1, maps.shape[1], -1)
    return torch.gather(maps.flatten(2), 2, index).transpose(1, 2)
