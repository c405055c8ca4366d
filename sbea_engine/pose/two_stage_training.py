"""From labels to both networks of `two_stage`: the coarse one trained like any family, then the fine one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import cast

import numpy as np
import torch
from torch import Tensor, nn

from sbea_engine.data import LabelSet, Skeleton
from sbea_engine.nn.augmentation import AugmentationConfig
from sbea_engine.nn.backbone import best_memory_format
from sbea_engine.nn.runtime import choose_device
from sbea_engine.nn.trainer import Trained, Trainer
from sbea_engine.pose.config import COARSE, FINE, PoseConfig
from sbea_engine.pose.crop_sampler import CropSampler
from sbea_engine.pose.crops import make_crop_plan
from sbea_engine.pose.frames import FrameStore
from sbea_engine.pose.inference import Located
from sbea_engine.pose.losses import PoseBatch, pose_loss
from sbea_engine.pose.machine import PoseMachine
from sbea_engine.pose.model import PoseNetwork
from sbea_engine.pose.plan import WorkingPlan, median_extent
from sbea_engine.pose.splits import Rows, labelled_rows, split_validation
from sbea_engine.pose.training import (
    FitOutcome,
    Validation,
    build_model,
    fingerprint,
    fit_pose,
    trainer_config,
)
from sbea_engine.pose.two_stage import TwoSizes, TwoStageLocator, TwoStageNetwork, TwoStagePlan
from sbea_engine.progress import OnProgress, Progress, ignore

RADIUS_SHARE = 1 / 24
"""Of the animal's extent: how near an answer has to be to be right."""

FINE_SIGMA_CELLS = 1.25

COARSE_FAMILY = "pose_machine"


def fit_two_stage(
    labels: LabelSet, config: PoseConfig, *, checkpoint: Path | None = None, on_progress: OnProgress = ignore
) -> FitOutcome[TwoStageNetwork, TwoStagePlan]:
    """Train both stages; arguments and errors as `PoseEstimator.fit`."""
    first_steps, second_steps = _steps(config, len(labels.individuals))
    coarse = fit_pose(
        labels,
        _stage_config(config, first_steps, family=COARSE_FAMILY),
        size=COARSE[config.preset],
        checkpoint=None if checkpoint is None else checkpoint / "coarse",
        on_progress=_one_bar(on_progress, before=0, after=second_steps),
    )
    network = TwoStageNetwork(coarse.model, build_fine(labels.skeleton, config))
    fine = FineTraining(labels, config, network, coarse.plan)
    trained = fine.run(
        second_steps,
        checkpoint=None if checkpoint is None else checkpoint / "fine",
        on_progress=_one_bar(on_progress, before=coarse.trained.iterations, after=0),
    )
    final = TwoStageNetwork(network.coarse, cast(PoseNetwork, trained.model)).eval()
    calibration = fine.validation.calibrate(final)
    return FitOutcome(
        model=final,
        plan=fine.plan,
        precision=coarse.precision,
        labels_sha256=coarse.labels_sha256,
        calibration=calibration,
        trained=_together(coarse.trained, trained),
        validation=fine.validation.evaluate(final, calibration),
        validation_rows=fine.validation_rows,
    )


def build_coarse(skeleton: Skeleton, individuals: int, config: PoseConfig) -> PoseNetwork:
    """The untrained network of the first stage."""
    return build_model(skeleton, individuals, replace(config, family=COARSE_FAMILY), COARSE[config.preset])


def build_fine(skeleton: Skeleton, config: PoseConfig) -> PoseNetwork:
    """The untrained network of the second stage; its weights are a function of the seed."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(config.seed + 1)
        colours = 1 if config.colour == "grey" else 3
        return PoseMachine(1, len(skeleton), colours, FINE[config.preset].channels)


class FineTraining:
    """Trains the fine stage beside a trained coarse one.

    Attributes:
        plan: Of both stages.
        validation: Looks through both stages at frames that neither saw.
    """

    def __init__(
        self, labels: LabelSet, config: PoseConfig, network: TwoStageNetwork, coarse: WorkingPlan
    ) -> None:
        self._labels = labels
        self._config = config
        self._network = network
        self._size = FINE[config.preset]
        crop = make_crop_plan(
            labels,
            long_px=self._size.long_px,
            most_scale=self._size.most_zoom,
            multiple=network.fine.backbone.multiple,
        )
        extent = median_extent(labels)
        radius = extent * RADIUS_SHARE if extent > 0 else coarse.radius_px
        self.plan = TwoStagePlan(coarse=coarse, crop=crop, radius_px=radius)
        rows = labelled_rows(labels)
        self._fit_rows, self.validation_rows = split_validation(labels, rows, config.validation)
        self._frames = FrameStore(labels, config.colour, config.cache_bytes)
        self._frames.measure()
        self._frames.load(self.plan.reduced)
        self.validation = TwoStageValidation(labels, self._frames, self.validation_rows, self.plan, config)

    def run(self, steps: int, *, checkpoint: Path | None, on_progress: OnProgress) -> Trained:
        """Train for so many steps; the network's fine stage is what is trained."""
        config, device = self._config, choose_device(self._config.device)
        model = self._network.fine.to(device, memory_format=best_memory_format(device))  # type: ignore[call-overload]
        sampler = CropSampler(
            self._labels,
            self._frames,
            self._fit_rows,
            self.plan.crop,
            AugmentationConfig(flip=bool(self._labels.skeleton.symmetric)),
            batch_size=self._size.batch_size,
            seed=config.seed,
        )
        budget = replace(config, minutes=None if config.minutes is None else config.minutes * self._share())
        trainer = Trainer(
            replace(trainer_config(budget, steps, device), learning_rate=self._size.learning_rate),
            batch=sampler.batch,
            loss=self._loss,
            validate=self._curve_point,
            fingerprint=f"fine {fingerprint(self._labels, config)}",
        )
        return trainer.run(model, checkpoint=checkpoint, on_progress=on_progress)

    def _share(self) -> float:
        coarse, fine = _steps(self._config, len(self._labels.individuals))
        return fine / (coarse + fine)

    def _curve_point(self, fine: nn.Module) -> dict[str, float]:
        return self.validation.curve_point(TwoStageNetwork(self._network.coarse, cast(PoseNetwork, fine)))

    def _loss(self, model: nn.Module, batch: PoseBatch) -> tuple[Tensor, dict[str, Tensor]]:
        device = next(model.parameters()).device
        here = PoseBatch(*(tensor.to(device) for tensor in batch))
        return pose_loss(model(here.images), here, self.plan.radius_in_crop_px, sigma_cells=FINE_SIGMA_CELLS)


class TwoStageValidation(Validation):
    """`Validation` through both stages."""

    def __init__(
        self, labels: LabelSet, frames: FrameStore, rows: Rows, plan: TwoStagePlan, config: PoseConfig
    ) -> None:
        super().__init__(labels, frames, rows, plan.coarse)
        self._radius_px = plan.radius_px
        self._both = plan
        self._coarse_frames = FrameStore(self._labels, config.colour, config.cache_bytes)
        self._coarse_frames.measure()
        self._coarse_frames.load(plan.coarse)

    def locate(self, model: nn.Module) -> Located:
        """See `Validation`."""
        network = cast(TwoStageNetwork, model)
        individuals = len(self._labels.individuals)
        locator = TwoStageLocator(network, self._both, individuals)
        found = [
            locator.locate([TwoSizes(self._coarse_frames.image(i), self._frames.image(int(row)), size)])
            for i, (row, size) in enumerate(zip(self._rows, self._sizes, strict=True))
        ]
        return Located(
            np.concatenate([f.points_px for f in found]), np.concatenate([f.confidence_logit for f in found])
        )


def _steps(config: PoseConfig, individuals: int) -> tuple[int, int]:
    """Steps of each stage; of several individuals as `PoseConfig.steps` says."""
    coarse, fine = COARSE[config.preset].iterations, FINE[config.preset].iterations
    if config.iterations is not None:
        first = max(1, round(config.iterations * coarse / (coarse + fine)))
        return first, max(1, config.iterations - first)
    times = min(individuals, 2)
    return coarse * times, fine * times


def _stage_config(config: PoseConfig, steps: int, *, family: str) -> PoseConfig:
    minutes = config.minutes
    if minutes is not None:
        coarse, fine = COARSE[config.preset].iterations, FINE[config.preset].iterations
        minutes = max(0.05, minutes * coarse / (coarse + fine))
    return replace(config, family=family, iterations=steps, minutes=minutes)


def _one_bar(on_progress: OnProgress, *, before: int, after: int) -> OnProgress:
    """Both stages as one training: so many steps went before, so many come after."""

    def report(progress: Progress) -> None:
        if progress.stage == "train":
            total = before + progress.total + after
            progress = replace(progress, done=before + progress.done, total=total)
        on_progress(progress)

    return report


def _together(coarse: Trained, fine: Trained) -> Trained:
    later = [{**point, "iteration": point["iteration"] + coarse.iterations} for point in fine.curve]
    return replace(
        fine,
        iterations=coarse.iterations + fine.iterations,
        seconds=coarse.seconds + fine.seconds,
        curve=[*coarse.curve, *later],
    )
