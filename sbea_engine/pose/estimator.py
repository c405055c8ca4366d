"""The estimators of one network that looks at whole frames."""

from __future__ import annotations

from abc import abstractmethod
from collections import deque
from collections.abc import Generator, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from sbea_engine.data import LabelSet
from sbea_engine.nn.lanes import in_lanes, lanes_for
from sbea_engine.nn.prefetch import prefetch
from sbea_engine.nn.runtime import compute_threads
from sbea_engine.pose.context_clips import locate_clip
from sbea_engine.pose.frames import Image, to_working_image
from sbea_engine.pose.inference import Located, batches, locate
from sbea_engine.pose.model import PoseNetwork
from sbea_engine.pose.network_estimator import NetworkEstimator
from sbea_engine.pose.plan import Size, WorkingPlan, to_source
from sbea_engine.pose.training import FitOutcome, Network, build_model, fit_pose
from sbea_engine.pose.warm_start import WarmStart
from sbea_engine.progress import OnProgress

PREFETCH_FRAMES = 16


class WholeFrameEstimator(NetworkEstimator[Network, WorkingPlan]):
    """One network that looks at whole frames at working scale."""

    @abstractmethod
    def _locate(self, images: Iterator[Image]) -> Iterator[Located]:
        """Answers for frames at working scale, in order; points in working pixels."""

    @staticmethod
    def _read_plan(data: Mapping[str, Any]) -> WorkingPlan:
        return WorkingPlan.from_dict(data)

    def predict_stream(
        self, images: Iterator[Image]
    ) -> Generator[tuple[NDArray[np.float32], NDArray[np.float32]]]:
        """See `PosePredictor`."""
        self._require_trained()
        plan, colour, sizes = self.plan_, self.config.colour, deque[Size]()

        def scaled() -> Iterator[Image]:
            for rgb in images:
                sizes.append(Size(rgb.shape[1], rgb.shape[0]))
                yield to_working_image(rgb, plan, colour)

        with compute_threads(self.config.threads), prefetch(scaled(), PREFETCH_FRAMES) as ready:
            for found in self._locate(ready):
                own = [sizes.popleft() for _ in found.points_px]
                points = [
                    to_source(p, size, plan.working_size(size))
                    for p, size in zip(found.points_px, own, strict=True)
                ]
                shape = (len(points), len(self.individuals_), len(self.skeleton_))
                confidence = self.calibration_.apply(found.confidence_logit)
                yield np.stack(points).reshape(*shape, 2), confidence.reshape(shape)


class PoseEstimator(WholeFrameEstimator[PoseNetwork]):
    """Keypoints of each individual, by a small network trained from scratch.

    It has a map of its own for each keypoint of each individual, so it tells individuals apart by how they
    look: by coat, size or a mark. Of animals that look alike it cannot say which is which.
    """

    def _fit(
        self, labels: LabelSet, start: WarmStart | None, checkpoint: Path | None, on_progress: OnProgress
    ) -> FitOutcome[PoseNetwork, WorkingPlan]:
        return fit_pose(labels, self.config, start=start, checkpoint=checkpoint, on_progress=on_progress)

    def _build(self, facts: Mapping[str, Any]) -> PoseNetwork:
        backbone = facts.get("backbone")
        if not isinstance(backbone, Mapping | None):
            raise TypeError("'backbone' is not an object")
        return build_model(self.skeleton_, len(self.individuals_), self.config, backbone_facts=backbone)

    def _locate(self, images: Iterator[Image]) -> Iterator[Located]:
        model = self._answering()
        if model.context is not None:
            yield from locate_clip(model, images)
            return
        lanes = lanes_for(torch.get_num_threads(), self._device)
        with in_lanes(partial(locate, model), batches(images), lanes) as answers:
            yield from answers
