"""Both stages: the animals of a whole frame, then each of them in a crop that is turned to its body."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit
from torch import nn

from sbea_engine.pose.alignment import Floats, in_image, place
from sbea_engine.pose.bottom_up.assembly import Assembler
from sbea_engine.pose.bottom_up.inference import locate_animals, locate_in_boxes
from sbea_engine.pose.bottom_up.model import BottomUpNetwork
from sbea_engine.pose.close_look import LEAST_TRUST, CloseLook
from sbea_engine.pose.inference import Located
from sbea_engine.pose.model import PoseNetwork
from sbea_engine.pose.plan import Size, to_source, to_working
from sbea_engine.pose.two_stage import TwoSizes, TwoStagePlan


class BottomUpStages(nn.Module):
    """Both networks, so that one file of weights holds them.

    Args:
        coarse: Finds all keypoints of all animals, and which belong together.
        fine: A map for each keypoint: it sees one animal at a time.
    """

    def __init__(self, coarse: BottomUpNetwork, fine: PoseNetwork) -> None:
        super().__init__()
        self.coarse = coarse
        self.fine = fine
        self.trust_origin = fine.trust_origin
        self.backbone_facts = coarse.backbone_facts


class AnimalLocator:
    """Finds animals that look alike, surest first.

    Args:
        assembler: Puts the animals of a frame together, at the coarse stage's scale.
        flip_index: As of `CloseLook`.
    """

    def __init__(
        self,
        network: BottomUpStages,
        plan: TwoStagePlan,
        assembler: Assembler,
        flip_index: NDArray[np.intp] | None,
    ) -> None:
        self._network = network
        self._plan = plan
        self._assembler = assembler
        self._close = CloseLook(network.fine, plan.crop, plan.radius_px, flip_index)

    def locate(self, frames: Sequence[TwoSizes]) -> Located:
        """Keypoints of frames of one size: (frame, individual, keypoint, 2), source pixels.

        An animal that the coarse stage has not found is NaN, with confidence logits of minus infinity. Of one
        that it has found every keypoint has an answer, and a confidence that says how much it is worth. Where
        frames have boxes, animals are those in the boxes, in their order.
        """
        source = frames[0].source
        working = Size(*frames[0].working.shape[1::-1])
        reduced = Size(*frames[0].reduced.shape[1::-1])
        coarse = list(self._animals(frames, working))
        points = np.concatenate([part.points_px for part in coarse])
        trust = expit(np.concatenate([part.confidence_logit for part in coarse]).astype(np.float64))
        answer = np.full(points.shape, np.nan, np.float32)
        logit = np.full(points.shape[:-1], -np.inf, np.float32)
        there = np.isfinite(points).all(-1).any(-1)
        if there.any():
            seen = to_working(to_source(points[there], source, working), source, reduced).astype(np.float64)
            whole, sure = self._completed(seen, np.maximum(trust[there], LEAST_TRUST))
            images = [frames[row].reduced for row in np.nonzero(there)[0].tolist()]
            look = self._close.look(images, whole, sure)
            found = to_source(look.points_px, source, reduced)
            limit = np.array(source, dtype=np.float32) - np.float32(0.5)
            answer[there] = np.clip(found, np.float32(-0.5), limit)
            logit[there] = look.confidence_logit
        return Located(answer, logit)

    def _animals(self, frames: Sequence[TwoSizes], working: Size) -> Iterator[Located]:
        """What the coarse stage finds: wherever it is, or in the boxes of each frame."""
        images, boxes = [f.working for f in frames], [f.boxes_px for f in frames if f.boxes_px is not None]
        if not boxes:
            return locate_animals(self._network.coarse, self._assembler, images)
        source = frames[0].source
        edges = (to_working(box.reshape(-1, 2, 2), source, working).reshape(-1, 4) for box in boxes)
        return locate_in_boxes(self._network.coarse, self._assembler, images, edges)

    def _completed(self, points_px: Floats, trust: Floats) -> tuple[Floats, Floats]:
        """Keypoints that were not found lie where the mean pose wants them, and are hardly trusted."""
        found = np.asarray(np.isfinite(points_px).all(-1))
        trust = np.where(found, trust, LEAST_TRUST)
        shape = self._plan.crop.body.shape_px
        laid = in_image(place(shape, points_px, np.where(found, trust, 0.0)), shape)
        # Of a keypoint that was never labelled the mean pose knows nothing: it is looked for in the middle.
        laid = np.where(np.isfinite(laid), laid, np.nanmean(laid, axis=-2, keepdims=True))
        return np.where(found[..., None], points_px, laid), trust
