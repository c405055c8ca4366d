"""From labels to a trained bottom-up network: check, plan, train, calibrate."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from sbea_engine.data import LabelSet, Skeleton, Visibility
from sbea_engine.nn.augmentation import AugmentationConfig
from sbea_engine.nn.backbone import best_memory_format
from sbea_engine.nn.runtime import choose_device
from sbea_engine.nn.trainer import Trainer
from sbea_engine.pose.bottom_up.assembly import Assembler
from sbea_engine.pose.bottom_up.inference import locate_animals
from sbea_engine.pose.bottom_up.links import Links, make_links
from sbea_engine.pose.bottom_up.losses import BottomUpLoss
from sbea_engine.pose.bottom_up.model import BottomUpNetwork
from sbea_engine.pose.calibration import Calibration, calibrate
from sbea_engine.pose.config import BadPoseConfig, PoseConfig
from sbea_engine.pose.frames import FrameStore
from sbea_engine.pose.inference import Located
from sbea_engine.pose.losses import PoseBatch
from sbea_engine.pose.matching import match_to_truth
from sbea_engine.pose.metrics import evaluate
from sbea_engine.pose.plan import WorkingPlan, make_plan, placed_mask, to_source
from sbea_engine.pose.sampler import ViewSampler
from sbea_engine.pose.splits import Rows, labelled_rows
from sbea_engine.pose.training import (
    FitOutcome,
    check_placed,
    fingerprint,
    labels_checksum,
    precision,
    trainer_config,
)
from sbea_engine.pose.warm_start import WarmStart, begin, divide, judge
from sbea_engine.progress import OnProgress, ignore

VIEW_EXTENTS, MIN_VIEW_PX = 1.8, 64
"""A training view is this many times as wide as an animal, and at least so wide (working pixels)."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BottomUpOutcome(FitOutcome[BottomUpNetwork, WorkingPlan]):
    """What training leaves behind; `links` are in source pixels."""

    links: Links


def fit_bottom_up(
    labels: LabelSet,
    config: PoseConfig,
    *,
    start: WarmStart | None = None,
    checkpoint: Path | None = None,
    on_progress: OnProgress = ignore,
) -> BottomUpOutcome:
    """Train a bottom-up network; `BottomUpEstimator.fit` documents arguments and errors."""
    if config.backbone != "auto":
        raise BadPoseConfig(
            f"backbone {config.backbone!r}: the network of the family bottom_up is all of one piece; it only "
            f"takes auto."
        )
    check_placed(labels.skeleton, np.asarray(placed_mask(labels).any(axis=1)), "")
    links, device = _links(labels, start), choose_device(config.device)
    model = begin(build_network(labels.skeleton, links, config), start)
    model.to(device, memory_format=best_memory_format(device))  # type: ignore[call-overload]
    frames = FrameStore(labels, config.colour, config.cache_bytes)
    plan = _closer(make_plan(labels, frames.measure(), config.size, model.multiple), links, model)
    if start is not None:
        plan = start.plan
    fit_rows, validation_rows = divide(labels, labelled_rows(labels), config.validation, start)
    frames.load(plan, on_progress=on_progress)
    sampler = ViewSampler(
        labels,
        frames,
        fit_rows,
        plan,
        _augmentation(labels.skeleton, config),
        batch_size=config.size.batch_size,
        seed=config.seed,
    )
    validation = Validation(labels, frames, validation_rows, plan, links)
    steps, chosen = config.steps(len(labels.individuals)), precision(config, device)
    trainer = Trainer(
        trainer_config(config, config.size.learning_rate, steps, chosen),
        batch=sampler.batch,
        loss=_loss_of(labels, plan, links),
        validate=validation.curve_point,
        fingerprint=fingerprint(labels, config),
    )
    trained = trainer.run(model, checkpoint=checkpoint, on_progress=on_progress)
    final = cast(BottomUpNetwork, trained.model)
    calibration, figures = judge(validation, final, labels.select(validation_rows), start)
    return BottomUpOutcome(
        model=final,
        plan=plan,
        calibration=calibration,
        trained=trained,
        precision=chosen,
        validation=figures,
        validation_rows=validation_rows,
        labels_sha256=labels_checksum(labels),
        links=links,
    )


def _links(labels: LabelSet, start: WarmStart | None) -> Links:
    """Of the labels; a network that goes on keeps the edges that it has fields for."""
    links = make_links(labels)
    if start is None:
        return links
    return replace(links, edges=Links.from_dict(start.card.stage_facts["links"], len(labels.skeleton)).edges)


def build_network(skeleton: Skeleton, links: Links, config: PoseConfig) -> BottomUpNetwork:
    """The untrained network; its weights are a function of the seed, whatever ran before."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(config.seed)
        return BottomUpNetwork(len(skeleton), len(links.edges), config.in_channels, config.size.channels)


def _closer(plan: WorkingPlan, links: Links, model: BottomUpNetwork) -> WorkingPlan:
    """Smaller views, which hold one animal and who is next to it: many steps matter more than background."""
    multiple = model.multiple
    wanted = -(-round(VIEW_EXTENTS * links.extent_px * plan.scale) // multiple) * multiple
    return replace(plan, crop_px=min(plan.crop_px, max(wanted, MIN_VIEW_PX)))


def _augmentation(skeleton: Skeleton, config: PoseConfig) -> AugmentationConfig:
    """With less of what puts parts of animals where nobody labelled them: no mirror image beyond the picture,
    fewer patches copied from one place of a view to another."""
    return AugmentationConfig(
        rotation_deg=config.rotation_deg,
        flip=bool(skeleton.symmetric),
        reflect=False,
        cover=0.1,
        noise_sd=8.0,
    )


class Validation:
    """Looks at a network through frames that its weights never saw, each animal beside the label it is
    nearest to.

    Args:
        rows: Labelled frames to look at.
        links: In source pixels.
    """

    def __init__(
        self, labels: LabelSet, frames: FrameStore, rows: Rows, plan: WorkingPlan, links: Links
    ) -> None:
        self._labels = labels.select(rows)
        self._frames = frames
        self._rows = rows
        self._plan = plan
        self._assembler = Assembler(links=links.scaled(plan.scale), individuals=len(labels.individuals))

    def locate(self, model: BottomUpNetwork) -> Located:
        """Answers in the order of the labels, points in source pixels; not found: NaN, minus infinity."""
        images = (self._frames.image(int(row)) for row in self._rows)
        parts = list(locate_animals(model, self._assembler, images))
        sizes = [self._frames.sizes[row] for row in self._rows]
        points = np.stack(
            [
                to_source(p, size, self._plan.working_size(size))
                for p, size in zip(np.concatenate([part.points_px for part in parts]), sizes, strict=True)
            ]
        )
        logit = np.concatenate([part.confidence_logit for part in parts])
        points, logit = match_to_truth(self._labels.points_px, points, logit)
        return Located(points, np.where(np.isfinite(points).all(-1), logit, -np.inf).astype(np.float32))

    def curve_point(self, model: nn.Module) -> dict[str, float]:
        """`val_mean_px`, `val_median_px`, `val_pck5`, as far as there is anything to compare."""
        if not len(self._rows):
            return {}
        found = evaluate(self._labels, self.locate(cast(BottomUpNetwork, model)).points_px)
        names = ("mean_px", "median_px", "pck5")
        return {f"val_{name}": found[name] for name in names if found[name] is not None}

    def calibrate(self, model: BottomUpNetwork) -> Calibration:
        """Fit confidence to how often what is found is right here; what is not found has confidence 0."""
        found = self.locate(model)
        told = (self._labels.visibility != Visibility.UNLABELLED) & np.isfinite(found.confidence_logit)
        distance = np.linalg.norm(found.points_px - self._labels.points_px, axis=-1)
        right: NDArray[np.bool_] = distance <= self._plan.radius_px  # False where there is no label
        return calibrate(found.confidence_logit[told], right[told])

    def evaluate(self, model: BottomUpNetwork, calibration: Calibration) -> dict[str, Any]:
        """`metrics.evaluate` on the validation frames."""
        found = self.locate(model)
        confidence = calibration.apply(found.confidence_logit)
        return evaluate(self._labels, found.points_px, confidence, radius_px=self._plan.radius_px)


class _LossOf:
    """The trainer's loss: a network and a batch to a number."""

    def __init__(self, loss: BottomUpLoss) -> None:
        self._loss = loss

    def __call__(self, model: nn.Module, batch: PoseBatch) -> tuple[Tensor, dict[str, Tensor]]:
        device = next(model.parameters()).device
        here = PoseBatch(*(tensor.to(device) for tensor in batch))
        return self._loss(model(here.images), here)


def _loss_of(labels: LabelSet, plan: WorkingPlan, links: Links) -> _LossOf:
    return _LossOf(
        BottomUpLoss(
            edges=links.edges, individuals=len(labels.individuals), extent_px=links.extent_px * plan.scale
        )
    )
