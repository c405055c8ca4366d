"""Going on from a trained model: its weights, its scale, and which frames it has learned.

Frames that a model has learned say nothing about how well a model that went on from it finds keypoints in new
ones. So they are never tested on (`warm_split.py`) nor validated on (`divide`), however long ago they were
learned: a card names all frames that its weights or those before them were given.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray
from torch import nn

from sbea_engine.data import LabelSet
from sbea_engine.data.labels import BadLabels
from sbea_engine.nn.card import ModelCard
from sbea_engine.pose.calibration import Calibration
from sbea_engine.pose.config import BadPoseConfig, PoseConfig
from sbea_engine.pose.errors import TooFewLabels
from sbea_engine.pose.metrics import evaluate
from sbea_engine.pose.splits import Rows, moments_of, split_validation

if TYPE_CHECKING:
    from sbea_engine.pose.training import FitOutcome

Module = TypeVar("Module", bound=nn.Module)
Judged = TypeVar("Judged", bound=nn.Module, contravariant=True)
Frame = tuple[str, int]

KEPT_SETTINGS = ("family", "preset", "colour", "backbone", "disc_radius_px", "context_frames")
"""What makes the network what it is; a training that goes on cannot change it."""

LEAST_VALIDATION_MOMENTS = 3
"""With fewer unseen ones the confidence stays as it was calibrated before."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class WarmStart:
    """A trained model that training goes on from.

    Attributes:
        name: For people.
        card: Of the model.
        network, plan, calibration: As the estimator holds them.
    """

    name: str
    card: ModelCard
    network: nn.Module
    plan: Any
    calibration: Calibration

    @property
    def learned(self) -> frozenset[Frame]:
        """Frames that the weights, or those that they went on from, were given."""
        return frozenset(_frames(self.card.data.get("training_frames", {})))

    def of_stage(self, network: str, plan: str) -> WarmStart:
        """One of several stages, by the names of its network and its plan."""
        return replace(self, network=getattr(self.network, network), plan=getattr(self.plan, plan))

    def check(self, labels: LabelSet, config: PoseConfig) -> None:
        """Refuse what the weights do not fit.

        Raises:
            BadPoseConfig: Another model is meant, or a setting that makes the network differs.
            BadLabels: Of other keypoints or individuals.
        """
        if config.start_from != self.card.weights_sha256:
            raise BadPoseConfig(f"start_from does not name the weights of {self.name}. Give that model.")
        for setting in KEPT_SETTINGS:
            theirs, mine = (
                self.card.config.get(setting, getattr(PoseConfig(), setting)),
                getattr(config, setting),
            )
            if theirs != mine:
                raise BadPoseConfig(
                    f"{self.name} was trained with {setting} {theirs!r}, not {mine!r}. A training that goes "
                    f"on from it keeps that; to change it, train anew."
                )
        facts = self.card.stage_facts
        if list(labels.skeleton.keypoints) != list(facts["skeleton"]["keypoints"]):
            raise BadLabels(
                f"{self.name} finds {', '.join(facts['skeleton']['keypoints'])}; the labels are of "
                f"{', '.join(labels.skeleton.keypoints)}. A training can go on with the same keypoints in "
                f"the same order; for others, train anew."
            )
        known, given = list(facts["individuals"]), list(labels.individuals)
        if known != given and not len(known) == len(given) == 1:
            raise BadLabels(
                f"{self.name} finds {', '.join(known)}; the labels are of {', '.join(given)}. A training can "
                f"go on with the same individuals; for others, train anew."
            )

    def on_card(self, card: ModelCard, outcome: FitOutcome[Any, Any]) -> ModelCard:
        """The card of what came of it: whose weights it went on from, and all that was ever learned."""
        own = _frames(card.data["training_frames"])
        before = self.card.data.get("start", {})
        start = {
            "name": self.name,
            "weights_sha256": self.card.weights_sha256,
            "created_at": self.card.created_at,
            "frames": self.card.data.get("frames"),
            "new_frames": len(own - self.learned),
            "ancestors": [*before.get("ancestors", []), self.card.weights_sha256],
        }
        data = {**card.data, "start": start, "training_frames": by_video(own | self.learned)}
        return replace(card, data=data, meaning={**card.meaning, **self._meaning(card, outcome)})

    def _meaning(self, card: ModelCard, outcome: FitOutcome[Any, Any]) -> dict[str, str]:
        if len(outcome.validation_rows):
            beside = (
                f" They are among the frames that are new since {self.name}, from which training went on; "
                f"frames before and after them may have been learned then."
            )
            return {name: card.meaning[name] + beside for name in ("validation", "confidence")}
        return {
            "confidence": (
                f"Estimated probability that the answer lies within {outcome.plan.radius_px:.1f} source "
                f"pixels of where a person would place the keypoint, as it was calibrated for {self.name}, "
                f"from which training went on: too few labelled frames are new since then to calibrate it "
                f"anew. On other recordings it is a ranking."
            ),
            "validation": (
                f"None: {self.name}, from which training went on, had learned these frames, or too few are "
                f"new. No curve can be drawn of frames that were learned already."
            ),
        }


def check_start(labels: LabelSet, config: PoseConfig, start: WarmStart | None) -> None:
    """`WarmStart.check`, and that there is a model where the config names one."""
    if start is not None:
        start.check(labels, config)
    elif config.start_from is not None:
        raise BadPoseConfig(
            f"start_from names the weights {config.start_from[:12]}..., and that model was not given. Give "
            f"it, or leave start_from out."
        )


def begin(network: Module, start: WarmStart | None) -> Module:
    """Give a network the weights of the one to go on from; as it is where there is none."""
    if start is not None:
        network.load_state_dict(start.network.state_dict())
    return network


def divide(labels: LabelSet, rows: Rows, fraction: float, start: WarmStart | None) -> tuple[Rows, Rows]:
    """`split_validation`; where training goes on, only moments that were never learned validate, at most half
    of them. Where these are too few nothing validates."""
    if start is None:
        return split_validation(labels, rows, fraction)
    learned, moments = start.learned, moments_of(labels, rows)
    unseen = [of for of in moments if not any(_key(labels, row) in learned for row in of.tolist())]
    count = min(max(LEAST_VALIDATION_MOMENTS, round(fraction * len(moments))), len(unseen) // 2)
    if count < LEAST_VALIDATION_MOMENTS:
        return rows, rows[:0]
    new = rows[np.isin(rows, np.concatenate(unseen))]
    try:
        _, validation = split_validation(labels, new, count / len(unseen))
    except TooFewLabels:  # each of them is the only one that shows some keypoint
        return rows, rows[:0]
    return rows[~np.isin(rows, validation)], validation


class Validates(Protocol[Judged]):
    """The part of a family's validation that judges what came of a training."""

    def calibrate(self, model: Judged) -> Calibration: ...
    def evaluate(self, model: Judged, calibration: Calibration) -> dict[str, Any]: ...


def judge(
    validation: Validates[Module], model: Module, truth: LabelSet, start: WarmStart | None
) -> tuple[Calibration, dict[str, Any]]:
    """Calibration and figures on the validation frames `truth`; without any, the calibration of before and
    figures of nothing."""
    if start is not None and not len(truth):
        nothing: NDArray[np.float32] = np.zeros(truth.points_px.shape, np.float32)
        return start.calibration, evaluate(truth, nothing, nothing[..., 0])
    calibration = validation.calibrate(model)
    return calibration, validation.evaluate(model, calibration)


def by_video(frames: frozenset[Frame] | set[Frame]) -> dict[str, list[int]]:
    """Frame indices of each video, ascending."""
    found: dict[str, list[int]] = {}
    for video, index in sorted(frames):
        found.setdefault(video, []).append(index)
    return found


def _frames(of: Mapping[str, Any]) -> frozenset[Frame]:
    return frozenset((str(video), int(index)) for video, indices in of.items() for index in indices)


def _key(labels: LabelSet, row: int) -> Frame:
    return labels.frames[row].video, int(labels.frames[row].index)
