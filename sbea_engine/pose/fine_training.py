"""Training of a fine stage: crops round labelled animals, turned to their bodies, whoever they are."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor, nn

from sbea_engine.data import LabelSet, Skeleton
from sbea_engine.nn.augmentation import AugmentationConfig
from sbea_engine.nn.runtime import Precision
from sbea_engine.nn.trainer import Check, Trained, Trainer, unchecked
from sbea_engine.pose.config import FINE, PoseConfig
from sbea_engine.pose.crop_sampler import CropSampler
from sbea_engine.pose.crops import CropPlan, make_crop_plan
from sbea_engine.pose.frames import FrameStore
from sbea_engine.pose.losses import PoseBatch, pose_loss
from sbea_engine.pose.machine import PoseMachine
from sbea_engine.pose.model import PoseNetwork
from sbea_engine.pose.plan import WorkingPlan, median_extent
from sbea_engine.pose.runs import Train
from sbea_engine.pose.splits import Rows
from sbea_engine.pose.training import fingerprint, trainer_config
from sbea_engine.pose.two_stage import TwoStagePlan
from sbea_engine.pose.warm_start import WarmStart
from sbea_engine.progress import OnProgress

RADIUS_SHARE = 1 / 24
"""Of the animal's extent: how near an answer has to be to be right."""

FINE_SIGMA_CELLS = 1.25


def build_fine(skeleton: Skeleton, config: PoseConfig) -> PoseNetwork:
    """The untrained network of a fine stage; its weights are a function of the seed."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(config.seed + 1)
        return PoseMachine(1, len(skeleton), config.in_channels, FINE[config.preset].channels)


class FineTraining:
    """Trains the fine stage of a family that looks twice.

    Args:
        coarse: Plan of the stage before.
        precision: What to compute in.
        multiple: Of which sides of a crop must be.
        start: Fine network, with its crops, that this one goes on from.

    Attributes:
        plan: Of both stages.
        frames: Reduced, of which crops are cut.
    """

    def __init__(
        self,
        labels: LabelSet,
        config: PoseConfig,
        coarse: WorkingPlan,
        precision: Precision,
        multiple: int,
        start: WarmStart | None = None,
    ) -> None:
        self._labels, self._config, self._precision = labels, config, precision
        self._size = FINE[config.preset]
        crop: CropPlan = (
            make_crop_plan(
                labels, long_px=self._size.long_px, most_scale=self._size.most_zoom, multiple=multiple
            )
            if start is None
            else start.plan
        )
        extent = median_extent(labels)
        radius = extent * RADIUS_SHARE if extent > 0 else coarse.radius_px
        if start is not None:  # what its confidence, which may stay as it was calibrated, is about
            radius = float(start.card.plan["radius_px"])
        self.plan = TwoStagePlan(coarse=coarse, crop=crop, radius_px=radius)
        self.frames = FrameStore(labels, config.colour, config.cache_bytes)
        self.frames.measure()
        self.frames.load(self.plan.reduced)

    def on(
        self,
        model: PoseNetwork,
        rows: Rows,
        *,
        refit: bool = False,
        check: Callable[[nn.Module], Check] = unchecked,
    ) -> Train:
        """Training of `model`, in place, on crops of these labelled frames.

        Args:
            refit: As in `training.Training.run`.
            check: As of `Trainer`.
        """

        def train(steps: int, *, checkpoint: Path | None, on_progress: OnProgress) -> Trained:
            sampler = CropSampler(
                self._labels,
                self.frames,
                rows,
                self.plan.crop,
                AugmentationConfig(flip=bool(self._labels.skeleton.symmetric)),
                batch_size=self._size.batch_size,
                seed=self._config.seed + int(refit),
            )
            trainer = Trainer(
                trainer_config(self._config, self._size.learning_rate, steps, self._precision, refit=refit),
                batch=sampler.batch,
                loss=self._loss,
                check=check,
                fingerprint=f"fine {fingerprint(self._labels, self._config)}",
            )
            return trainer.run(model, checkpoint=checkpoint, on_progress=on_progress)

        return train

    def _loss(self, model: nn.Module, batch: PoseBatch) -> tuple[Tensor, dict[str, Tensor]]:
        device = next(model.parameters()).device
        here = PoseBatch(*(tensor.to(device) for tensor in batch))
        return pose_loss(model(here.images), here, self.plan.radius_in_crop_px, sigma_cells=FINE_SIGMA_CELLS)
