"""The estimator for animals that look alike: fit on labels, predict on frames, save, load."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sbea_engine.data import FrameSource, LabelSet
from sbea_engine.nn.card import ModelCard
from sbea_engine.pose.bottom_up.assembly import Assembler
from sbea_engine.pose.bottom_up.links import Links
from sbea_engine.pose.bottom_up.locator import AnimalLocator, BottomUpStages
from sbea_engine.pose.bottom_up.order import Places, surest_first
from sbea_engine.pose.bottom_up.training import build_network, fit_bottom_up, mirrored
from sbea_engine.pose.card import UNSEEN_YET
from sbea_engine.pose.frames import Image
from sbea_engine.pose.training import FitOutcome
from sbea_engine.pose.two_stage import TwoStagePlan
from sbea_engine.pose.two_stage_estimator import StagedEstimator, each_alone
from sbea_engine.pose.warm_start import WarmStart
from sbea_engine.progress import OnProgress, ignore


class BottomUpEstimator(StagedEstimator[BottomUpStages]):
    """Keypoints of several animals that look alike, without masks.

    All keypoints of all animals are found at once and then put together; after that each animal is looked at
    closely, in a crop that is turned to its body. The names of the individuals are
    places: in a stream an animal keeps its place as far as position allows, from frame to frame, and a new
    stream (another call, or one that was stopped and goes on) begins anew. Frames that are predicted alone
    have their animals surest first. There are at most as many animals as individuals in the labels; where one
    is not found, its points are NaN and its confidence is 0.

    Learned state: as of `PoseEstimator`, and `links_`.
    """

    tells_individuals_apart = False
    looks_into_boxes = True
    links_: Links

    def _fit(
        self, labels: LabelSet, start: WarmStart | None, checkpoint: Path | None, on_progress: OnProgress
    ) -> FitOutcome[BottomUpStages, TwoStagePlan]:
        """Train on labelled frames, in which every animal that can be seen is labelled.

        What is learned of one animal serves all, so that it does not matter which individual a label is of.
        """
        outcome = fit_bottom_up(
            labels, self.config, start=start, checkpoint=checkpoint, on_progress=on_progress
        )
        self.links_ = outcome.links
        return outcome

    def _card(
        self, labels: LabelSet, outcome: FitOutcome[BottomUpStages, TwoStagePlan], threads: int
    ) -> ModelCard:
        return _card(labels, outcome, self.links_, super()._card(labels, outcome, threads))

    def predict_sources(
        self, sources: Sequence[FrameSource], *, on_progress: OnProgress = ignore
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """As `PoseEstimator.predict_sources`, each frame alone: its animals surest first."""
        return surest_first(*super().predict_sources(sources, on_progress=on_progress))

    def predict_stream(
        self, images: Iterator[Image]
    ) -> Generator[tuple[NDArray[np.float32], NDArray[np.float32]]]:
        """As `PoseEstimator.predict_stream`; animals keep their places as far as position allows."""
        places = Places()
        with closing(super().predict_stream(images)) as answers:
            for points, confidence in answers:
                yield places(points, confidence)

    def predict_in_boxes(
        self, images: Iterator[Image], edges_px: Iterator[NDArray[np.float32]]
    ) -> Generator[tuple[NDArray[np.float32], NDArray[np.float32]]]:
        """See `PosePredictor`."""
        self._require_trained()
        boxed = (
            sizes._replace(boxes_px=edges)
            for sizes, edges in zip(self._scaled(images), edges_px, strict=False)
        )
        yield from self._answers(boxed, self._locator(), each_alone)

    @property
    def provenance(self) -> dict[str, Any]:
        """As `PoseEstimator.provenance`, and that names of individuals tell nobody who is who."""
        return {**super().provenance, "individuals_are_places": True}

    def _build(self, facts: Mapping[str, Any]) -> BottomUpStages:
        self.links_ = Links.from_dict(facts["links"], len(self.skeleton_))
        coarse = build_network(self.skeleton_, self.links_, self.config)
        return BottomUpStages(coarse, self._build_fine())

    @staticmethod
    def _read_plan(data: Mapping[str, Any]) -> TwoStagePlan:
        if "coarse" not in data:
            raise ValueError("it has no closer look, as models of this family had none before; train it anew")
        return TwoStagePlan.from_dict(data)

    def _locator(self) -> AnimalLocator:
        links = self.links_.scaled(self.plan_.coarse.scale)
        assembler = Assembler(links=links, individuals=len(self.individuals_))
        return AnimalLocator(self._answering(), self.plan_, assembler, mirrored(self.skeleton_))


def _card(
    labels: LabelSet, outcome: FitOutcome[BottomUpStages, TwoStagePlan], links: Links, card: ModelCard
) -> ModelCard:
    """The card of any pose model, with what is otherwise here."""
    radius, calibration = outcome.plan.radius_px, outcome.calibration
    several = "" if len(labels.individuals) == 1 else " Which individual is which is not told."
    meaning = {
        "points_px": f"{card.meaning['points_px']} NaN where no animal was found.{several}",
        "confidence": (
            f"Estimated probability that the answer lies within {radius:.1f} source pixels of where a person "
            f"would place the keypoint of that animal; 0 where no animal was found. "
            f"{outcome.model.trust_origin} Calibrated on {calibration.n} points found in validation frames, "
            f"{UNSEEN_YET}. It holds for frames like those; on other recordings it is a ranking."
        ),
    }
    facts = {**card.stage_facts, "links": links.to_dict(), "individuals_are_places": True}
    return replace(card, meaning={**card.meaning, **meaning}, stage_facts=facts)
