"""From labels to both networks of `two_stage`: the coarse one trained like any family, then the fine one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import cast

import numpy as np
from scipy.special import expit
from torch import nn

from sbea_engine.data import LabelSet, Skeleton
from sbea_engine.nn.trainer import Check, Trained
from sbea_engine.pose.config import COARSE, FINE, BadPoseConfig, PoseConfig
from sbea_engine.pose.families import FAMILY_FACTS
from sbea_engine.pose.fine_training import FineTraining, build_fine
from sbea_engine.pose.frames import FrameStore
from sbea_engine.pose.inference import Located, joined
from sbea_engine.pose.model import PoseNetwork
from sbea_engine.pose.plan import placed_mask
from sbea_engine.pose.presence import odds_from_which
from sbea_engine.pose.runs import REFIT_SHARE, Runs, Train
from sbea_engine.pose.splits import Rows
from sbea_engine.pose.training import (
    FitOutcome,
    Training,
    Validation,
    build_model,
    labels_checksum,
    on_device,
)
from sbea_engine.pose.turned_maps import LEAST_TURN_DEG, Turns
from sbea_engine.pose.two_stage import TwoSizes, TwoStageLocator, TwoStageNetwork, TwoStagePlan
from sbea_engine.pose.warm_start import WarmStart, begin, judge
from sbea_engine.progress import OnProgress, ignore

COARSE_FAMILY = "pose_machine"

OWN = ("auto", *FAMILY_FACTS["two_stage"].backbones)
"""Backbones of both stages."""


def fit_two_stage(
    labels: LabelSet,
    config: PoseConfig,
    *,
    start: WarmStart | None = None,
    checkpoint: Path | None = None,
    on_progress: OnProgress = ignore,
) -> FitOutcome[TwoStageNetwork, TwoStagePlan]:
    """Train both stages; arguments and errors as `PoseEstimator.fit`.

    Both are trained without the validation frames first, which then give the figures and calibrate the
    confidence. After that both go on with all frames, so that few labels are not fewer still: what is kept
    has seen more than what was measured.
    """
    if config.backbone not in OWN:
        raise BadPoseConfig(
            f"backbone {config.backbone!r}: the family two_stage takes {' or '.join(OWN)}. Others suit the "
            f"families pose_machine, pyramid and deeplabcut."
        )
    steps = steps_of(config, len(labels.individuals))
    runs = Runs(steps, config, checkpoint, on_progress)
    coarse = Training(
        labels,
        _coarse(runs.config("coarse")),
        COARSE[config.preset],
        start=None if start is None else start.of_stage("coarse", "coarse"),
        on_progress=on_progress,
    )
    fine_start = None if start is None else start.of_stage("fine", "crop")
    found = cast(PoseNetwork, runs.run("coarse", _on(coarse, coarse.model, coarse.fit_rows)))
    network = TwoStageNetwork(
        found, on_device(begin(build_fine(labels.skeleton, config), fine_start), config)
    )
    fine = FineTraining(
        labels, runs.config("fine"), coarse.plan, coarse.precision, network.fine.multiple, fine_start
    )
    turns = turns_of(labels.skeleton, len(labels.individuals), config)
    validation = TwoStageValidation(labels, coarse, fine.frames, fine.plan, turns)

    def check(close: nn.Module) -> Check:
        return validation.check(TwoStageNetwork(network.coarse, cast(PoseNetwork, close)))

    seen = runs.run("fine", fine.on(network.fine, coarse.fit_rows, check=check))
    measured = TwoStageNetwork(network.coarse, cast(PoseNetwork, seen)).eval()
    seen_never = labels.select(coarse.validation_rows)
    known = 1.0 if start is None else float(start.plan.present_odds)
    plan = replace(fine.plan, present_odds=validation.present_odds(measured, known))
    validation = TwoStageValidation(labels, coarse, fine.frames, plan, turns)
    calibration, figures = judge(validation, measured, seen_never, start)
    final = TwoStageNetwork(
        cast(PoseNetwork, runs.run("coarse_again", _on(coarse, measured.coarse, coarse.rows, refit=True))),
        cast(PoseNetwork, runs.run("fine_again", fine.on(measured.fine, coarse.rows, refit=True))),
    )
    return FitOutcome(
        model=final.eval(),
        plan=plan,
        calibration=calibration,
        trained=runs.together(),
        precision=coarse.precision,
        validation=figures,
        validation_rows=coarse.validation_rows,
        labels_sha256=labels_checksum(labels),
        refitted=True,
        consistency=coarse.consistency_facts,
    )


def steps_of(config: PoseConfig, individuals: int) -> dict[str, int]:
    """Steps of each training, in order; of several individuals twice as many, see `PoseConfig.steps`."""
    coarse, fine = COARSE[config.preset].iterations, FINE[config.preset].iterations
    usual = config.shortened((coarse + fine) * min(individuals, 2))
    total = usual if config.iterations is None else config.iterations
    again = round(REFIT_SHARE * total)
    first = total - again
    share = coarse / (coarse + fine)
    steps = {
        "coarse": round(first * share),
        "fine": first - round(first * share),
        "coarse_again": round(again * share),
        "fine_again": again - round(again * share),
    }
    return {name: max(1, count) for name, count in steps.items()}


def build_coarse(skeleton: Skeleton, individuals: int, config: PoseConfig) -> PoseNetwork:
    """The untrained network of the first stage."""
    return build_model(skeleton, individuals, _coarse(config), size=COARSE[config.preset])


def turns_of(skeleton: Skeleton, individuals: int, config: PoseConfig) -> Turns:
    """Which turned pictures the coarse network learns to read; a mirror keeps who is who."""
    keypoints = len(skeleton)
    mirrored = np.concatenate([skeleton.flip_index + keypoints * i for i in range(individuals)])
    return Turns(config.rotation_deg >= LEAST_TURN_DEG, mirrored if skeleton.symmetric else None)


class TwoStageValidation(Validation):
    """`Validation` through both stages.

    Args:
        frames: Loaded with reduced frames.
    """

    def __init__(
        self, labels: LabelSet, coarse: Training, frames: FrameStore, plan: TwoStagePlan, turns: Turns
    ) -> None:
        super().__init__(labels, coarse.frames, coarse.validation_rows, plan.coarse)
        self._radius_px = plan.radius_px
        self._both = plan
        self._reduced = frames
        self._turns = turns

    def present_odds(self, model: TwoStageNetwork, known: float) -> float:
        """`presence.odds_from_which` of the labelled animals; `known` where there are none."""
        if not len(self._rows):
            return known
        trust = expit(super().locate(model.coarse).confidence_logit.astype(np.float64))
        placed = placed_mask(self._labels)
        return odds_from_which(trust.reshape(placed.shape)[placed.any(axis=-1)])

    def locate(self, model: nn.Module) -> Located:
        """See `Validation`."""
        individuals = len(self._labels.individuals)
        locator = TwoStageLocator(cast(TwoStageNetwork, model), self._both, individuals, self._turns)
        return joined(
            [
                locator.locate([TwoSizes(self._frames.image(row), self._reduced.image(row), size)])
                for row, size in zip(self._rows.tolist(), self._sizes, strict=True)
            ]
        )


def _coarse(config: PoseConfig) -> PoseConfig:
    return replace(config, family=COARSE_FAMILY)


def _on(training: Training, model: PoseNetwork, rows: Rows, *, refit: bool = False) -> Train:
    """That training, of this model on these rows."""

    def train(steps: int, *, checkpoint: Path | None, on_progress: OnProgress) -> Trained:
        return training.run(model, rows, steps, refit=refit, checkpoint=checkpoint, on_progress=on_progress)

    return train
