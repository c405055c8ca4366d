"""From labels to trained weights: check, plan, train, calibrate."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from sbea_engine.data import FrameSource, LabelSet, Skeleton, Visibility
from sbea_engine.nn.backbone import best_memory_format
from sbea_engine.nn.backbone_source import files_checksums, parse_source
from sbea_engine.nn.runtime import Precision, choose_device, default_precision
from sbea_engine.nn.trainer import Check, Trained, Trainer, TrainerConfig, unchecked
from sbea_engine.pose.calibration import Calibration, calibrate
from sbea_engine.pose.config import LATER_SETTINGS, PoseConfig, Preset
from sbea_engine.pose.consistency_training import Consistency, contents
from sbea_engine.pose.context_clips import locate_middle
from sbea_engine.pose.curve import curve_point
from sbea_engine.pose.errors import TooFewLabels
from sbea_engine.pose.frames import FrameStore
from sbea_engine.pose.inference import Located, locate_all
from sbea_engine.pose.losses import PoseBatch
from sbea_engine.pose.metrics import evaluate
from sbea_engine.pose.model import PoseNetwork, compute_in
from sbea_engine.pose.networks import NetworkRequest, build_network
from sbea_engine.pose.plan import CONFIDENCE_RADIUS_PX, Plan, WorkingPlan, placed_mask, to_source
from sbea_engine.pose.sampler import ViewSampler
from sbea_engine.pose.splits import Rows, labelled_rows
from sbea_engine.pose.warm_start import WarmStart, begin, divide, judge
from sbea_engine.progress import OnProgress, ignore

Network = TypeVar("Network", bound=nn.Module)
PlanKind = TypeVar("PlanKind", bound=Plan)

MIN_FRAMES = 4
CURVE_POINTS = 15
NAMED_VIDEOS = 3

LOSSES = {"heatmap_unet": 2}
"""Families whose loss is another than at first: what was trained by it is no part of such a run."""

REFIT_RATE = 0.5
"""Of the learning rate, where a trained network goes on with more frames."""

WARM_RATE = 0.25
"""Of the learning rate, where a training goes on from another model."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FitOutcome(Generic[Network, PlanKind]):
    """What training leaves behind.

    Attributes:
        model: In evaluation mode, on the device it was trained on.
        validation: `metrics.evaluate` on the validation frames.
        validation_rows: Rows of the labels that the weights never saw.
        labels_sha256: Of what was trained on; see `labels_checksum`.
        refitted: The weights went on with the validation frames after these had been measured.
        consistency: `Consistency.facts`; None without terms on unlabelled video.
    """

    model: Network
    plan: PlanKind
    calibration: Calibration
    trained: Trained
    precision: str
    validation: Mapping[str, Any]
    validation_rows: Rows
    labels_sha256: str
    refitted: bool = False
    consistency: Mapping[str, Any] | None = None


def fit_pose(
    labels: LabelSet,
    config: PoseConfig,
    *,
    start: WarmStart | None = None,
    checkpoint: Path | None = None,
    on_progress: OnProgress = ignore,
) -> FitOutcome[PoseNetwork, WorkingPlan]:
    """Train a pose network; `PoseEstimator.fit` documents arguments and errors."""
    training = Training(labels, config, config.size, start=start, on_progress=on_progress)
    trained = training.run(
        training.model,
        training.fit_rows,
        config.steps(len(labels.individuals)),
        checkpoint=checkpoint,
        on_progress=on_progress,
    )
    final = cast(PoseNetwork, trained.model)
    calibration, validation = judge(
        training.validation, final, labels.select(training.validation_rows), start
    )
    return FitOutcome(
        model=final,
        plan=training.plan,
        calibration=calibration,
        trained=trained,
        precision=training.precision,
        validation=validation,
        validation_rows=training.validation_rows,
        labels_sha256=labels_checksum(labels),
        consistency=training.consistency_facts,
    )


class Training:
    """A network over whole frames and what trains it: plan, frames, rows to fit on and rows to validate on.

    Args:
        size: Of network and views.
        start: Trained network that this one goes on from.

    Attributes:
        model: Not trained yet.
        frames: At working scale.
        rows: All labelled frames.
        validation: Looks at `validation_rows`, which `fit_rows` leaves out.
    """

    def __init__(
        self,
        labels: LabelSet,
        config: PoseConfig,
        size: Preset,
        *,
        start: WarmStart | None = None,
        on_progress: OnProgress = ignore,
    ) -> None:
        check_labels(labels)
        self._labels, self._config, self._size = labels, config, size
        self._device = choose_device(config.device)
        self.precision = precision(config, self._device)
        self.model = on_device(
            begin(build_model(labels.skeleton, len(labels.individuals), config, size=size), start), config
        )
        self.frames = FrameStore(labels, config.colour, config.cache_bytes, config.context_frames)
        sizes = self.frames.measure()
        self.plan: WorkingPlan = self.model.plan(labels, sizes, size) if start is None else start.plan
        self.rows = labelled_rows(labels)
        self.fit_rows, self.validation_rows = divide(labels, self.rows, config.validation, start)
        self.frames.load(self.plan, on_progress=on_progress)
        self.validation = Validation(labels, self.frames, self.validation_rows, self.plan)
        self._consistency: Consistency | None = None
        if config.consistency is not None:
            self._consistency = Consistency(
                labels.select(self.fit_rows), config, self.plan, sizes, on_progress=on_progress
            )

    @property
    def consistency_facts(self) -> Mapping[str, Any] | None:
        """Of the terms on unlabelled video, for the model card."""
        return None if self._consistency is None else self._consistency.facts

    def run(
        self,
        model: PoseNetwork,
        rows: Rows,
        steps: int,
        *,
        refit: bool = False,
        checkpoint: Path | None = None,
        on_progress: OnProgress = ignore,
    ) -> Trained:
        """Train `model` in place on labelled frames.

        Args:
            refit: The model is trained already and goes on, more slowly, with rows that may validate.
        """
        sampler = ViewSampler(
            self._labels,
            self.frames,
            rows,
            self.plan,
            self.model.views(self._labels, self._config),
            batch_size=self._size.batch_size,
            seed=self._config.seed + int(refit),
        )
        batch: Callable[[int], Any] = sampler.batch
        loss: Callable[[nn.Module, Any], tuple[Tensor, dict[str, Tensor]]] = self._loss
        if self._consistency is not None:
            seed = self._config.seed + int(refit)
            batch, loss = self._consistency.beside(batch, loss, steps=steps, seed=seed, refit=refit)
        trainer = Trainer(
            trainer_config(self._config, self._size.learning_rate, steps, self.precision, refit=refit),
            batch=batch,
            loss=loss,
            check=unchecked if refit else self.validation.check,
            fingerprint=fingerprint(self._labels, self._config),
        )
        return trainer.run(model, checkpoint=checkpoint, on_progress=on_progress)

    @staticmethod
    def _loss(model: nn.Module, batch: PoseBatch) -> tuple[Tensor, dict[str, Tensor]]:
        device = next(model.parameters()).device
        here = PoseBatch(*(tensor.to(device) for tensor in batch))
        return cast(PoseNetwork, model).loss(model(here.images), here, CONFIDENCE_RADIUS_PX)


class Validation:
    """Looks at a network through frames that its weights never saw.

    Args:
        rows: Labelled frames to look at.
    """

    def __init__(self, labels: LabelSet, frames: FrameStore, rows: Rows, plan: WorkingPlan) -> None:
        self._labels = labels.select(rows)
        self._frames = frames
        self._rows = rows
        self._sizes = [frames.sizes[row] for row in rows]
        self._plan = plan
        self._radius_px = plan.radius_px

    def locate(self, model: nn.Module) -> Located:
        """Answers on the validation frames, points in source pixels."""
        network, windows = cast(PoseNetwork, model), map(self._frames.window, self._rows.tolist())
        if network.context is None:
            parts = list(locate_all(network, (images[0] for images in windows)))
        else:
            parts = [locate_middle(network, images) for images in windows]
        points = np.concatenate([part.points_px for part in parts])
        source = [
            to_source(p, size, self._plan.working_size(size))
            for p, size in zip(points, self._sizes, strict=True)
        ]
        return Located(np.stack(source), np.concatenate([part.confidence_logit for part in parts]))

    def check(self, model: nn.Module) -> Check:
        """A point of the curve; empty without validation frames."""
        if not len(self._rows):
            return Check()
        return curve_point(self._labels, self._by_individual(self.locate(model).points_px))

    def calibrate(self, model: nn.Module) -> Calibration:
        """Fit confidence to how often answers are right here; an absent keypoint has no right answer."""
        found = self.locate(model)
        known = self._labels.visibility != Visibility.UNLABELLED
        distance = np.linalg.norm(self._by_individual(found.points_px) - self._labels.points_px, axis=-1)
        right = distance <= self._radius_px  # False where there is no position
        return calibrate(found.confidence_logit.reshape(known.shape)[known], right[known])

    def evaluate(self, model: nn.Module, calibration: Calibration) -> dict[str, Any]:
        """`metrics.evaluate` on the validation frames."""
        found = self.locate(model)
        points = self._by_individual(found.points_px)
        confidence = found.confidence(calibration).reshape(points.shape[:-1])
        return evaluate(self._labels, points, confidence, radius_px=self._radius_px)

    def _by_individual(self, points_px: NDArray[np.float32]) -> NDArray[np.float32]:
        """(frame, individual * keypoint, 2) as (frame, individual, keypoint, 2)."""
        return points_px.reshape(self._labels.points_px.shape)


def check_labels(labels: LabelSet) -> None:
    """Raise `TooFewLabels`, naming what is lacking, of which individual where there are several."""
    several = len(labels.individuals) > 1
    for individual, placed in zip(labels.individuals, placed_mask(labels).swapaxes(0, 1), strict=True):
        check_placed(labels.skeleton, placed, f" of {individual}" if several else "", labels.frames)


def check_placed(
    skeleton: Skeleton, placed: NDArray[np.bool_], whose: str, frames: Sequence[FrameSource] = ()
) -> None:
    """`check_labels` of one individual, or of all together.

    Args:
        placed: (frame, keypoint).
        frames: Of which messages name the videos.
    """
    count, videos = int(placed.any(-1).sum()), list(dict.fromkeys(frame.video for frame in frames))
    more = f" and {len(videos) - NAMED_VIDEOS} more" if len(videos) > NAMED_VIDEOS else ""
    named = f" of {', '.join(videos[:NAMED_VIDEOS])}{more}" if videos else ""
    learned = f"the {len(placed)} frames to learn from{named}"
    if count < MIN_FRAMES:
        raise TooFewLabels(
            f"{count} of {learned} carry a placed keypoint{whose}; training needs at least {MIN_FRAMES}. "
            f"Label more frames.",
            needed=MIN_FRAMES,
            got=count,
        )
    counts = placed.sum(axis=0).tolist()
    never = [name + whose for name, n in zip(skeleton.keypoints, counts, strict=True) if n == 0]
    if never:
        raise TooFewLabels(
            f"Never placed on any of {learned}: {', '.join(never)}. Place it on some frames, or take it out "
            f"of the skeleton.",
            keypoints=never,
        )


def build_model(
    skeleton: Skeleton,
    individuals: int,
    config: PoseConfig,
    *,
    size: Preset | None = None,
    backbone_facts: Mapping[str, Any] | None = None,
) -> PoseNetwork:
    """The untrained network of the config's family; its weights are a function of the seed, whatever ran
    before, save those of a backbone that the config says to load. See `NetworkRequest` for the facts."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(config.seed)
        return build_network(
            NetworkRequest(
                individuals=individuals,
                keypoints=len(skeleton),
                config=config,
                size=size or config.size,
                backbone_facts=backbone_facts,
            )
        )


def fingerprint(labels: LabelSet, config: PoseConfig) -> str:
    """Names what a training run makes: labels, settings, save those that only say where and how fast, and the
    local files of a backbone."""
    usual = PoseConfig().to_dict()
    settings = {
        k: v
        for k, v in config.to_dict().items()
        if k not in {"threads", "device", "cache_bytes"} and not (k in LATER_SETTINGS and v == usual[k])
    }
    if config.family in LOSSES:
        settings["loss"] = LOSSES[config.family]
    source = parse_source(config.backbone)
    if source is not None:
        settings["backbone_files"] = files_checksums(source)
    if config.consistency is not None:
        settings["consistency"] = {**settings["consistency"], "videos": contents(config.consistency)}
    text = json.dumps([labels_checksum(labels), settings], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def labels_checksum(labels: LabelSet) -> str:
    """SHA-256 over skeleton, frames (video and index), positions and visibility; where there are several
    individuals also over their names, and where frames have a tick over these, which decide the splits."""
    digest = hashlib.sha256(json.dumps(labels.skeleton.to_dict(), sort_keys=True).encode())
    digest.update(json.dumps([[frame.video, frame.index] for frame in labels.frames]).encode())
    digest.update(labels.points_px.astype("<f4").tobytes())
    digest.update(labels.visibility.tobytes())
    if len(labels.individuals) > 1:
        digest.update(json.dumps(["individuals", *labels.individuals]).encode())
    if any(frame.tick is not None for frame in labels.frames):
        digest.update(json.dumps(["moments", *(frame.moment for frame in labels.frames)]).encode())
    return digest.hexdigest()


def trainer_config(
    config: PoseConfig, rate: float, steps: int, precision: Precision, *, refit: bool = False
) -> TrainerConfig:
    """How the shared trainer trains a network of this stage; `refit` as in `Training.run`."""
    slower = (REFIT_RATE if refit else 1.0) * (1.0 if config.start_from is None else WARM_RATE)
    return TrainerConfig(
        iterations=steps,
        learning_rate=rate * slower,
        validate_every=max(10, steps // CURVE_POINTS),
        precision=precision,
        budget_seconds=None if config.minutes is None else 60 * config.minutes,
    )


def precision(config: PoseConfig, device: torch.device) -> Precision:
    """What to compute in."""
    return default_precision(device) if config.precision == "auto" else config.precision


def on_device(network: Network, config: PoseConfig) -> Network:
    """The network where it is to compute, laid out and rounded as is fastest there."""
    device = choose_device(config.device)
    network.to(device, memory_format=best_memory_format(device))  # type: ignore[call-overload]
    compute_in(network, precision(config, device))
    return network
