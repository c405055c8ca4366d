"""From labels to both trained stages: check, plan, train, calibrate."""

from __future__ import annotations

from collections.abc import Callable
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
from sbea_engine.nn.trainer import Check, Trained, Trainer
from sbea_engine.pose.bottom_up.assembly import Assembler
from sbea_engine.pose.bottom_up.inference import locate_animals
from sbea_engine.pose.bottom_up.links import Links, make_links
from sbea_engine.pose.bottom_up.locator import AnimalLocator, BottomUpStages
from sbea_engine.pose.bottom_up.losses import BottomUpLoss
from sbea_engine.pose.bottom_up.model import BottomUpNetwork
from sbea_engine.pose.calibration import Calibration, calibrate
from sbea_engine.pose.config import FINE, BadPoseConfig, PoseConfig
from sbea_engine.pose.curve import curve_point
from sbea_engine.pose.fine_training import FineTraining, build_fine
from sbea_engine.pose.frames import FrameStore
from sbea_engine.pose.inference import Located, joined
from sbea_engine.pose.losses import PoseBatch
from sbea_engine.pose.matching import match_to_truth
from sbea_engine.pose.metrics import evaluate
from sbea_engine.pose.model import PoseNetwork
from sbea_engine.pose.plan import WorkingPlan, make_plan, placed_mask, to_source
from sbea_engine.pose.runs import REFIT_SHARE, Runs, Train
from sbea_engine.pose.sampler import ViewSampler
from sbea_engine.pose.splits import labelled_rows
from sbea_engine.pose.training import (
    FitOutcome,
    check_placed,
    fingerprint,
    labels_checksum,
    on_device,
    precision,
    trainer_config,
)
from sbea_engine.pose.two_stage import TwoSizes, TwoStagePlan
from sbea_engine.pose.warm_start import WarmStart, begin, divide, judge
from sbea_engine.progress import OnProgress, ignore

VIEW_EXTENTS, MIN_VIEW_PX = 1.8, 64
"""A training view is this many times as wide as an animal, and at least so wide (working pixels)."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BottomUpOutcome(FitOutcome[BottomUpStages, TwoStagePlan]):
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
    """Train both stages; `BottomUpEstimator.fit` documents arguments and errors.

    Neither sees the validation frames, which give the figures and calibrate the confidence; after that the
    fine stage goes on with all frames.
    """
    if config.backbone != "auto":
        raise BadPoseConfig(
            f"backbone {config.backbone!r}: the networks of the family bottom_up have one of their own; it "
            f"only takes auto."
        )
    check_placed(labels.skeleton, np.asarray(placed_mask(labels).any(axis=1)), "", labels.frames)
    runs = Runs(steps_of(config, len(labels.individuals)), config, checkpoint, on_progress)
    first = None if start is None else start.of_stage("coarse", "coarse")
    second = None if start is None else start.of_stage("fine", "crop")
    links = _links(labels, start)
    coarse = CoarseTraining(labels, runs.config("coarse"), links, first, on_progress)
    close = on_device(begin(build_fine(labels.skeleton, config), second), config)
    fine = FineTraining(labels, runs.config("fine"), coarse.plan, coarse.precision, close.multiple, second)
    validation = Validation(labels, coarse, fine, links)
    finder = cast(BottomUpNetwork, runs.run("coarse", coarse.on(validation.check_coarse)))

    def both(network: nn.Module) -> BottomUpStages:
        return BottomUpStages(finder, cast(PoseNetwork, network)).eval()

    def check(network: nn.Module) -> Check:
        return validation.check(both(network))

    seen = runs.run("fine", fine.on(close, coarse.fit_rows, check=check))
    calibration, figures = judge(validation, both(seen), labels.select(coarse.validation_rows), start)
    again = fine.on(cast(PoseNetwork, seen), coarse.rows, refit=True)
    return BottomUpOutcome(
        model=both(runs.run("fine_again", again)),
        plan=fine.plan,
        calibration=calibration,
        trained=runs.together(),
        precision=coarse.precision,
        validation=figures,
        validation_rows=coarse.validation_rows,
        labels_sha256=labels_checksum(labels),
        refitted=True,
        links=links,
    )


class CoarseTraining:
    """The first stage and what trains it.

    Args:
        links: In source pixels.

    Attributes:
        rows: All labelled frames; `fit_rows` leaves out `validation_rows`.
        frames: At working scale.
    """

    def __init__(
        self,
        labels: LabelSet,
        config: PoseConfig,
        links: Links,
        start: WarmStart | None,
        on_progress: OnProgress,
    ) -> None:
        self._labels, self._config, self._links = labels, config, links
        device = choose_device(config.device)
        self.precision = precision(config, device)
        self._model = begin(build_network(labels.skeleton, links, config), start)
        self._model.to(device, memory_format=best_memory_format(device))  # type: ignore[call-overload]
        self.frames = FrameStore(labels, config.colour, config.cache_bytes)
        plan = make_plan(labels, self.frames.measure(), config.size, self._model.multiple)
        self.plan: WorkingPlan = _closer(plan, links, self._model) if start is None else start.plan
        self.rows = labelled_rows(labels)
        self.fit_rows, self.validation_rows = divide(labels, self.rows, config.validation, start)
        self.frames.load(self.plan, on_progress=on_progress)

    def on(self, check: Callable[[nn.Module], Check]) -> Train:
        """Training on `fit_rows`."""

        def train(steps: int, *, checkpoint: Path | None, on_progress: OnProgress) -> Trained:
            config, labels = self._config, self._labels
            sampler = ViewSampler(
                labels,
                self.frames,
                self.fit_rows,
                self.plan,
                _augmentation(labels.skeleton, config),
                batch_size=config.size.batch_size,
                seed=config.seed,
            )
            trainer = Trainer(
                trainer_config(config, config.size.learning_rate, steps, self.precision),
                batch=sampler.batch,
                loss=_loss_of(labels, self.plan, self._links),
                check=check,
                fingerprint=fingerprint(labels, config),
            )
            return trainer.run(self._model, checkpoint=checkpoint, on_progress=on_progress)

        return train


def steps_of(config: PoseConfig, individuals: int) -> dict[str, int]:
    """Steps of each training, in order; of several individuals twice as many, see `PoseConfig.steps`."""
    coarse, fine = config.size.iterations, FINE[config.preset].iterations
    usual = config.shortened((coarse + fine) * min(individuals, 2))
    total = usual if config.iterations is None else config.iterations
    first = max(1, min(round(total * coarse / (coarse + fine)), total - 2))
    rest = max(2, total - first)
    again = max(1, round(REFIT_SHARE * rest))
    return {"coarse": first, "fine": rest - again, "fine_again": again}


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
    """Looks through both stages at frames that their weights never saw, each animal beside the label it is
    nearest to.

    Args:
        links: In source pixels.
    """

    def __init__(self, labels: LabelSet, coarse: CoarseTraining, fine: FineTraining, links: Links) -> None:
        self._rows = coarse.validation_rows
        self._labels = labels.select(self._rows)
        self._working, self._reduced = coarse.frames, fine.frames
        self._plan = fine.plan
        self._assembler = Assembler(
            links=links.scaled(coarse.plan.scale), individuals=len(labels.individuals)
        )

    def locate(self, model: BottomUpStages) -> Located:
        """Answers in the order of the labels, points in source pixels; not found: NaN, minus infinity."""
        locator = AnimalLocator(model, self._plan, self._assembler, mirrored(self._labels.skeleton))
        found = [
            locator.locate(
                [TwoSizes(self._working.image(row), self._reduced.image(row), self._working.sizes[row])]
            )
            for row in self._rows.tolist()
        ]
        whole = joined(found)
        points, logit = match_to_truth(self._labels.points_px, whole.points_px, whole.confidence_logit)
        return Located(points, np.where(np.isfinite(points).all(-1), logit, -np.inf).astype(np.float32))

    def check(self, model: nn.Module) -> Check:
        """A point of the curve; empty without validation frames."""
        if not len(self._rows):
            return Check()
        return curve_point(self._labels, self.locate(cast(BottomUpStages, model)).points_px)

    def check_coarse(self, model: nn.Module) -> Check:
        """As `check`, of what the first stage says by itself."""
        if not len(self._rows):
            return Check()
        images = [self._working.image(row) for row in self._rows.tolist()]
        found = joined(list(locate_animals(cast(BottomUpNetwork, model), self._assembler, images)))
        sizes = [self._working.sizes[row] for row in self._rows.tolist()]
        working = [self._plan.coarse.working_size(size) for size in sizes]
        source = np.stack([to_source(*each) for each in zip(found.points_px, sizes, working, strict=True)])
        return curve_point(
            self._labels, match_to_truth(self._labels.points_px, source, found.confidence_logit)[0]
        )

    def calibrate(self, model: BottomUpStages) -> Calibration:
        """Fit confidence to how often what is found is right here; what is not found has confidence 0."""
        found = self.locate(model)
        told = (self._labels.visibility != Visibility.UNLABELLED) & np.isfinite(found.confidence_logit)
        distance = np.linalg.norm(found.points_px - self._labels.points_px, axis=-1)
        right: NDArray[np.bool_] = distance <= self._plan.radius_px  # False where there is no label
        return calibrate(found.confidence_logit[told], right[told])

    def evaluate(self, model: BottomUpStages, calibration: Calibration) -> dict[str, Any]:
        """`metrics.evaluate` on the validation frames."""
        found = self.locate(model)
        confidence = calibration.apply(found.confidence_logit)
        return evaluate(self._labels, found.points_px, confidence, radius_px=self._plan.radius_px)


def mirrored(skeleton: Skeleton) -> NDArray[np.intp] | None:
    """What each keypoint becomes in a mirror image; None where the skeleton has no pairs."""
    return skeleton.flip_index if skeleton.symmetric else None


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
