"""Estimators that look twice; the one of the family `two_stage`."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from sbea_engine.data import LabelSet
from sbea_engine.nn.lanes import in_lanes, lanes_for
from sbea_engine.nn.prefetch import prefetch
from sbea_engine.nn.runtime import compute_threads
from sbea_engine.pose.estimator import PREFETCH_FRAMES
from sbea_engine.pose.fine_training import build_fine
from sbea_engine.pose.frames import Image, in_colour, scaled
from sbea_engine.pose.hypotheses import APART
from sbea_engine.pose.inference import Located, batch_size_for
from sbea_engine.pose.model import PoseNetwork
from sbea_engine.pose.network_estimator import NetworkEstimator
from sbea_engine.pose.plan import Size
from sbea_engine.pose.training import FitOutcome, Network
from sbea_engine.pose.turnabouts import without_slips
from sbea_engine.pose.two_stage import TwoSizes, TwoStageLocator, TwoStageNetwork, TwoStagePlan
from sbea_engine.pose.two_stage_training import build_coarse, fit_two_stage, turns_of
from sbea_engine.pose.warm_start import WarmStart
from sbea_engine.progress import OnProgress

Batch = tuple[list[TwoSizes], Located]
"""Frames of one size, and what was found in them."""

Mended = Callable[[Iterator[Batch]], Iterator[Located]]
"""Answers to frames, seen in the light of those round them."""


class Locates(Protocol):
    """Finds keypoints of some frames of one size."""

    def locate(self, frames: Sequence[TwoSizes]) -> Located:
        """Points in source pixels; each frame has individual * keypoint of them, in any shape."""


class StagedEstimator(NetworkEstimator[Network, TwoStagePlan]):
    """An estimator that sees each frame at two sizes: the whole of it, and what crops are cut from."""

    @abstractmethod
    def _locator(self) -> Locates:
        """Of the trained model."""

    def _build_fine(self) -> PoseNetwork:
        """The network that looks closely, without its weights; raises ValueError where the plan's crops are
        not for it."""
        fine, crop = build_fine(self.skeleton_, self.config), self.plan_.crop
        if len(crop.body.shape_px) != len(self.skeleton_):
            raise ValueError(f"'shape_px' is not of {len(self.skeleton_)} keypoints")
        if crop.width % fine.multiple or crop.height % fine.multiple:
            raise ValueError(f"'width' and 'height' are not multiples of {fine.multiple}")
        return fine

    @staticmethod
    def _read_plan(data: Mapping[str, Any]) -> TwoStagePlan:
        return TwoStagePlan.from_dict(data)

    def predict_stream(
        self, images: Iterator[Image]
    ) -> Generator[tuple[NDArray[np.float32], NDArray[np.float32]]]:
        """See `PosePredictor`."""
        self._require_trained()
        yield from self._answers(self._scaled(images), self._locator(), each_alone)

    def _answers(
        self, sizes: Iterator[TwoSizes], locator: Locates, mended: Mended
    ) -> Generator[tuple[NDArray[np.float32], NDArray[np.float32]]]:
        def look(frames: list[TwoSizes]) -> Batch:
            return frames, locator.locate(frames)

        with (
            compute_threads(self.config.threads) as threads,
            prefetch(sizes, PREFETCH_FRAMES) as ready,
            in_lanes(look, _alike(ready), lanes_for(threads, self._device)) as batches,
        ):
            for found in mended(batches):
                shape = (len(found.points_px), -1, len(self.skeleton_))
                confidence = found.confidence(self.calibration_)
                yield found.points_px.reshape(*shape, 2), confidence.reshape(shape)

    def _scaled(self, images: Iterator[Image]) -> Iterator[TwoSizes]:
        plan, colour, reduced = self.plan_, self.config.colour, self.plan_.reduced
        for rgb in images:
            size = Size(rgb.shape[1], rgb.shape[0])
            image = in_colour(rgb, colour)
            yield TwoSizes(scaled(image, plan.coarse), scaled(image, reduced), size)


class TwoStageEstimator(StagedEstimator[TwoStageNetwork]):
    """Keypoints of each individual, found in the whole frame and then looked at closely.

    The coarse stage tells individuals apart as `PoseEstimator` does. The fine stage sees one animal at a
    time and learns from all of them.
    """

    def predict_film(
        self, images: Iterator[Image]
    ) -> Generator[tuple[NDArray[np.float32], NDArray[np.float32]]]:
        """As `predict_stream`; slips of a few frames are mended, see `turnabouts.py`."""
        self._require_trained()
        locator, crop = self._locator(), self.plan_.crop
        apart_px = APART * crop.body.extent_px / crop.scale
        yield from self._answers(
            self._scaled(images),
            locator,
            lambda batches: without_slips(batches, locator, len(self.individuals_), apart_px),
        )

    def _fit(
        self, labels: LabelSet, start: WarmStart | None, checkpoint: Path | None, on_progress: OnProgress
    ) -> FitOutcome[TwoStageNetwork, TwoStagePlan]:
        return fit_two_stage(labels, self.config, start=start, checkpoint=checkpoint, on_progress=on_progress)

    def _build(self, facts: Mapping[str, Any]) -> TwoStageNetwork:
        coarse = build_coarse(self.skeleton_, len(self.individuals_), self.config)
        return TwoStageNetwork(coarse, self._build_fine())

    def _locator(self) -> TwoStageLocator:
        turns = turns_of(self.skeleton_, len(self.individuals_), self.config)
        return TwoStageLocator(self._answering(), self.plan_, len(self.individuals_), turns)


def each_alone(batches: Iterator[Batch]) -> Iterator[Located]:
    """What was found in each frame by itself."""
    return (found for _, found in batches)


def _alike(frames: Iterator[TwoSizes]) -> Iterator[list[TwoSizes]]:
    """Frames of one size that follow one another, as many as go through the network at once."""
    waiting: list[TwoSizes] = []
    for frame in frames:
        full = waiting and len(waiting) >= batch_size_for(waiting[0].working)
        if waiting and (full or frame.source != waiting[0].source):
            yield waiting
            waiting = []
        waiting.append(frame)
    if waiting:
        yield waiting
