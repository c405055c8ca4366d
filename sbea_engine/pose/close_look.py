"""The second look: one animal in a crop that the mean pose turns to its body."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.special import logit
from torch import Tensor

from sbea_engine.nn.backbone import STRIDE
from sbea_engine.nn.heatmaps import peak_mean
from sbea_engine.pose.alignment import Floats, Placement, in_image, place
from sbea_engine.pose.crops import CropPlan, cut
from sbea_engine.pose.frames import Image
from sbea_engine.pose.hypotheses import LEAST_LOG
from sbea_engine.pose.model import PoseNetwork

GATE_RADII = 3.0
"""Standard deviation of the prior that the coarse answer is to the fine one, radii of the confidence."""

LEAST_GATE_LOG = -30.0
"""Of that prior, along each axis: its product with a probability stays a number that a float holds."""

OUTLIER_RADII = 1.5
"""Coarse answers further than this from the mean shape turn the crop less."""

LEAST_TRUST = 1e-3
"""Of a coarse answer: where none is trusted, all lay the crop alike."""

MAX_CROPS = 16
"""Poses a forward pass."""

MAX_CROPS_ON_CPU = 6
"""The same on a processor, which fresh memory for larger maps costs more than it gains."""


class Look(NamedTuple):
    """What the fine network saw, one pose a row.

    Attributes:
        placement: How the crops were laid.
        points_px: (pose, keypoint, 2) reduced pixels.
        confidence_logit: (pose, keypoint).
        agreement: (pose, keypoint) log of the share of its map that lies where the coarse answer was, 0 at
            most. Where the crop does not show that place: 0, or minus infinity where it is further from the
            mean pose's than the body is long.
    """

    placement: Placement
    points_px: NDArray[np.float32]
    confidence_logit: NDArray[np.float32]
    agreement: NDArray[np.float32]

    def support(self) -> Floats:
        """(pose, keypoint) log of what each says for its coarse answer: that it lies there, and that what is
        seen there is right."""
        right = -np.logaddexp(0, -self.confidence_logit.astype(np.float64))
        return np.asarray(np.maximum(self.agreement + right, LEAST_LOG))


class CloseLook:
    """Finds the keypoints of animals round which the coarse stage says where to look.

    Args:
        network: One whose maps are probabilities.
        radius_px: What confidence means, source pixels.
        flip_index: (keypoint,) what each becomes in a mirror image. The mirror image of a body's crop lies as
            the crop does: it is seen as well, and both answers are averaged. None: it says nothing.
    """

    def __init__(
        self,
        network: PoseNetwork,
        plan: CropPlan,
        radius_px: float,
        flip_index: NDArray[np.intp] | None = None,
    ) -> None:
        self._network = network
        self._device = next(network.parameters()).device
        self._plan = plan
        self._flip_index = None if flip_index is None else torch.from_numpy(flip_index.astype(np.int64))
        self._outlier_px = OUTLIER_RADII * radius_px * plan.scale
        self._gate_px = GATE_RADII * radius_px * plan.scale * plan.zoom

    def look(self, images: Sequence[Image], points_px: Floats, trust: Floats) -> Look:
        """Look at one animal an image.

        Args:
            images: Reduced frames.
            points_px: (pose, keypoint, 2) coarse answers, reduced pixels.
            trust: (pose, keypoint) 0 or more.
        """
        plan = self._plan
        weight = np.maximum(trust, LEAST_TRUST)
        placement = place(plan.body.shape_px, points_px, weight, outlier_px=self._outlier_px)
        matrices = np.stack([plan.matrix(placement, pose) for pose in range(len(points_px))])
        expected = _moved(points_px, matrices)
        most = MAX_CROPS_ON_CPU if self._device.type == "cpu" else MAX_CROPS
        parts = [
            self._answer(images[start : start + most], matrices[rows], expected[rows])
            for start in range(0, len(points_px), most)
            for rows in [slice(start, start + most)]
        ]
        found, confidence, agreement = (np.concatenate(part) for part in zip(*parts, strict=True))
        limit = np.array([plan.width, plan.height]) - 0.5
        shown = np.logical_and(expected >= -0.5, expected <= limit).all(axis=-1)
        points = np.where(np.expand_dims(shown, -1), _moved_back(found, matrices), points_px)
        # Of a place that this stage did not see it must not be surer than the stage that did.
        unseen = np.minimum(confidence, logit(np.clip(trust, LEAST_TRUST, 1 - LEAST_TRUST)))
        confidence = np.where(shown, confidence, unseen).astype(np.float32)
        off = np.linalg.norm(points_px - in_image(placement, plan.body.shape_px), axis=-1)
        unknown = np.where(off > plan.body.extent_px, -np.inf, 0.0)
        agreement = np.where(shown, agreement, unknown).astype(np.float32)
        return Look(placement, points.astype(np.float32), confidence, agreement)

    def _answer(
        self, images: Sequence[Image], matrices: Floats, expected: Floats
    ) -> tuple[NDArray[np.float32], ...]:
        """Positions in crop pixels, confidence logits, and agreement, of some poses."""
        import cv2

        crops = np.stack(
            [
                cut(image, matrix, self._plan, border=cv2.BORDER_REPLICATE)
                for image, matrix in zip(images, matrices, strict=True)
            ]
        )
        crops = crops[:, None] if crops.ndim == 3 else np.moveaxis(crops, -1, 1)
        with torch.inference_mode():
            p, confidence = self._see(torch.from_numpy(np.ascontiguousarray(crops)).to(self._device))
            prior = torch.from_numpy(expected.astype(np.float32)).to(self._device)
            gated = gate(p, prior, self._gate_px)
            points = peak_mean(gated, STRIDE)
            agreement = (gated.sum((-2, -1)) / p.sum((-2, -1))).log()
        return tuple(t.cpu().numpy().astype(np.float32) for t in (points, confidence, agreement))

    def _see(self, crops: Tensor) -> tuple[Tensor, Tensor]:
        """Probability of each cell, up to a factor of all, and confidence logits."""
        if self._flip_index is None:
            out = self._network(crops)
            assert out.decoded.p is not None  # see `__init__`
            return out.decoded.p, out.confidence_logit
        flip = self._flip_index.to(crops.device)
        out = self._network(torch.cat([crops, crops.flip(2)]))
        assert out.decoded.p is not None
        (seen, mirrored), (sure, also) = out.decoded.p.chunk(2), out.confidence_logit.chunk(2)
        return seen.add_(mirrored.flip(2)[:, flip]), (sure + also[:, flip]) / 2


def gate(p: Tensor, expected_px: Tensor, sd_px: float) -> Tensor:
    """What is left of maps where keypoints are likely to be near the coarse answers, by a Gaussian.

    A fine stage by itself now and then puts both of a pair on one of them.

    Args:
        p: (batch, keypoint, rows, columns), linear.
        expected_px: (batch, keypoint, 2) x, y of the coarse answers, crop pixels.

    Returns:
        As `p`. Of what lies very far out a least part stays, so that a map is never empty.
    """
    across, down = (
        (-0.5 * ((torch.arange(cells, device=p.device) * STRIDE + (STRIDE - 1) / 2 - at) / sd_px) ** 2)
        .clamp_min(LEAST_GATE_LOG)
        .exp()
        for cells, at in zip((p.shape[-1], p.shape[-2]), expected_px.unsqueeze(-1).unbind(-2), strict=True)
    )
    return (p * down[..., :, None]).mul_(across[..., None, :])


def _moved(points: Floats, matrices: Floats) -> Floats:
    """(pose, point, 2) by (pose, 2, 3)."""
    return points @ matrices[:, :, :2].transpose(0, 2, 1) + matrices[:, None, :, 2]


def _moved_back(points: NDArray[np.float32], matrices: Floats) -> Floats:
    linear = np.linalg.inv(matrices[:, :, :2])
    return (points - matrices[:, None, :, 2]) @ linear.transpose(0, 2, 1)
