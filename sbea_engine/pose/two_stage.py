"""Two stages: where the animal is and which way it points, then its keypoints in a turned crop.

The coarse stage is a network over the whole, reduced frame. Its answers lay the mean of the labelled poses
over the animal (`alignment.py`); the fine stage sees a crop of full detail round it, in which every animal
lies alike, so that few labels teach it what otherwise each direction would have to teach anew.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Self

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.special import expit
from torch import Tensor, nn

from sbea_engine.nn.backbone import STRIDE
from sbea_engine.nn.heatmaps import decode
from sbea_engine.pose.alignment import Floats, place
from sbea_engine.pose.crops import CropPlan, cut
from sbea_engine.pose.frames import Image
from sbea_engine.pose.inference import Located, locate
from sbea_engine.pose.model import PoseNetwork
from sbea_engine.pose.plan import Size, WorkingPlan, to_source, to_working

GATE_RADII = 3.0
"""Standard deviation of the prior that the coarse answer is to the fine one, radii of the confidence."""

OUTLIER_RADII = 1.5
"""Coarse answers further than this from the mean shape turn the crop less."""

MOST_REDUCED_PIXELS = 1 << 24
"""Of a frame from which crops are cut; no network sees it whole."""

MAX_CROPS = 16
"""Crops a forward pass; more gain nothing on a processor."""


class TwoStageNetwork(nn.Module):
    """Both networks, so that one file of weights holds them.

    Args:
        coarse: A map for each keypoint of each individual.
        fine: A map for each keypoint: it sees one animal at a time.
    """

    def __init__(self, coarse: PoseNetwork, fine: PoseNetwork) -> None:
        super().__init__()
        self.coarse = coarse
        self.fine = fine
        self.trust_origin = fine.trust_origin
        self.backbone_facts = coarse.backbone_facts


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TwoStagePlan:
    """Choices that training and prediction share.

    Attributes:
        coarse: Of the whole-frame stage.
        crop: Of the fine stage.
        radius_px: What confidence means, in source pixels: an answer this near is right.
    """

    coarse: WorkingPlan
    crop: CropPlan
    radius_px: float

    @property
    def reduced(self) -> WorkingPlan:
        """How frames are reduced before crops are cut."""
        return WorkingPlan(
            scale=self.crop.scale, crop_px=0, radius_px=self.radius_px, most_pixels=MOST_REDUCED_PIXELS
        )

    @property
    def radius_in_crop_px(self) -> float:
        """`radius_px` in crop pixels."""
        return self.radius_px * self.crop.scale * self.crop.zoom

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        return {
            "coarse": self.coarse.to_dict(),
            "crop": self.crop.to_dict(),
            "radius_px": self.radius_px,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """What `to_dict` wrote."""
        return cls(
            coarse=WorkingPlan(**data["coarse"]),
            crop=CropPlan.from_dict(data["crop"]),
            radius_px=float(data["radius_px"]),
        )


class TwoSizes(NamedTuple):
    """One frame as both stages want it.

    Attributes:
        working: At the scale of the coarse stage.
        reduced: Of which crops are cut.
        source: Size of the frame itself.
    """

    working: Image
    reduced: Image
    source: Size


class TwoStageLocator:
    """Finds keypoints with both networks.

    Args:
        individuals: How many the coarse network tells apart.
    """

    def __init__(self, network: TwoStageNetwork, plan: TwoStagePlan, individuals: int) -> None:
        self._network = network
        self._plan = plan
        self._individuals = individuals

    def locate(self, frames: Sequence[TwoSizes]) -> Located:
        """Keypoints of frames of one size: (frame, individual * keypoint, 2), source pixels."""
        coarse = locate(self._network.coarse, [frame.working for frame in frames])
        source = frames[0].source
        working = Size(*frames[0].working.shape[1::-1])
        reduced = Size(*frames[0].reduced.shape[1::-1])
        first = to_working(to_source(coarse.points_px, source, working), source, reduced)
        poses: Floats = first.astype(np.float64).reshape(len(frames) * self._individuals, -1, 2)
        trust = expit(coarse.confidence_logit.astype(np.float64)).reshape(poses.shape[:2])
        images = [frame.reduced for frame in frames for _ in range(self._individuals)]
        fine = self._look_closely(images, poses, trust)
        found = to_source(fine.points_px.reshape(coarse.points_px.shape), source, reduced)
        limit = np.array(source, dtype=np.float32) - np.float32(0.5)
        inside = np.clip(found, np.float32(-0.5), limit)  # a crop may reach beyond the picture
        return Located(inside, fine.confidence_logit.reshape(coarse.confidence_logit.shape))

    def _look_closely(self, images: Sequence[Image], points: Floats, trust: Floats) -> Located:
        """Answers of the fine stage, one pose a row: reduced pixels."""
        plan = self._plan.crop
        outlier_px = OUTLIER_RADII * self._plan.radius_px * plan.scale
        placement = place(plan.shape_px, points, np.maximum(trust, 1e-3), outlier_px=outlier_px)
        matrices = np.stack([plan.matrix(placement, pose) for pose in range(len(points))])
        expected = _moved(points, matrices)
        parts = [
            self._answer(images[start : start + MAX_CROPS], matrices[rows], expected[rows])
            for start in range(0, len(points), MAX_CROPS)
            for rows in [slice(start, start + MAX_CROPS)]
        ]
        found = _moved_back(np.concatenate([part.points_px for part in parts]), matrices)
        limit = np.array([plan.width, plan.height]) - 0.5
        shown = np.logical_and(expected >= -0.5, expected <= limit).all(axis=-1, keepdims=True)
        answer = np.where(shown, found, points).astype(np.float32)
        return Located(answer, np.concatenate([part.confidence_logit for part in parts]))

    def _answer(self, images: Sequence[Image], matrices: Floats, expected: Floats) -> Located:
        """Positions in crop pixels."""
        import cv2

        crops = np.stack(
            [
                cut(image, matrix, self._plan.crop, border=cv2.BORDER_REPLICATE)
                for image, matrix in zip(images, matrices, strict=True)
            ]
        )
        crops = crops[:, None] if crops.ndim == 3 else np.moveaxis(crops, -1, 1)
        device = next(self._network.parameters()).device
        with torch.inference_mode():
            out = self._network.fine(torch.from_numpy(np.ascontiguousarray(crops)).to(device))
            prior = torch.from_numpy(expected.astype(np.float32)).to(device)
            gated = out.logits + gate(prior, out.logits.shape[-2:], GATE_RADII * self._plan.radius_in_crop_px)
            points = decode(gated, STRIDE).points_px
        return Located(
            points.cpu().numpy().astype(np.float32), out.confidence_logit.cpu().numpy().astype(np.float32)
        )


def gate(expected_px: Tensor, cells: Sequence[int], sd_px: float) -> Tensor:
    """Log of a Gaussian round the coarse answers, up to a constant.

    A fine stage by itself now and then puts both of a pair on one of them.

    Args:
        expected_px: (batch, keypoint, 2), crop pixels.
        cells: Rows and columns of the map.

    Returns:
        (batch, keypoint, rows, columns)
    """
    rows, columns = (torch.arange(n, device=expected_px.device) * STRIDE + (STRIDE - 1) / 2 for n in cells)
    across = (columns - expected_px[..., 0, None]) ** 2
    down = (rows - expected_px[..., 1, None]) ** 2
    return -0.5 * (down[..., :, None] + across[..., None, :]) / sd_px**2


def _moved(points: Floats, matrices: Floats) -> Floats:
    """(pose, point, 2) by (pose, 2, 3)."""
    return points @ matrices[:, :, :2].transpose(0, 2, 1) + matrices[:, None, :, 2]


def _moved_back(points: NDArray[np.float32], matrices: Floats) -> Floats:
    linear = np.linalg.inv(matrices[:, :, :2])
    return (points - matrices[:, None, :, 2]) @ linear.transpose(0, 2, 1)
