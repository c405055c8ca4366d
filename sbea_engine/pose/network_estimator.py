"""What pose estimators share: fit, save and load, whatever the network and its plan are."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Generic, Self

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file

from sbea_engine.data import LabelSet, Skeleton
from sbea_engine.errors import BadInput
from sbea_engine.nn.backbone_source import BadBackbone
from sbea_engine.nn.card import WEIGHTS_FILE, BadModel, ModelCard, file_sha256, reason
from sbea_engine.nn.checkpoint import check_tensors, write_tensors
from sbea_engine.nn.lanes import lanes_for
from sbea_engine.nn.runtime import compute_threads, default_threads
from sbea_engine.pose.calibration import Calibration
from sbea_engine.pose.card import STAGE, make_card
from sbea_engine.pose.config import PoseConfig
from sbea_engine.pose.frozen import frozen
from sbea_engine.pose.onnx_answers import answer_through_onnx
from sbea_engine.pose.predictor import PosePredictor
from sbea_engine.pose.training import FitOutcome, Network, PlanKind, on_device
from sbea_engine.pose.warm_start import WarmStart, check_start
from sbea_engine.progress import OnProgress, ignore

UNREADABLE = (
    OSError,
    SafetensorError,
    LookupError,
    TypeError,
    ValueError,
    RuntimeError,
    AttributeError,
    BadInput,
)
"""What reading a damaged card or damaged weights raises."""


class NetworkEstimator(PosePredictor, Generic[Network, PlanKind]):
    """One network, trained on labels and kept as weights and card.

    Learned state: `skeleton_`, `individuals_`, `plan_`, `model_`, `calibration_`, `card_`.
    """

    plan_: PlanKind
    model_: Network
    calibration_: Calibration

    def __init__(self, config: PoseConfig) -> None:
        self.config = config
        self._prepared: tuple[Network, Network] | None = None  # a model, and the copy of it that answers

    def fit(
        self,
        labels: LabelSet,
        *,
        start: WarmStart | None = None,
        checkpoint: Path | None = None,
        on_progress: OnProgress = ignore,
    ) -> Self:
        """Train on labelled frames.

        Args:
            start: Model that training goes on from, with a share of the preset's steps; its scale is kept.
            checkpoint: Folder to keep training state in; training goes on from what is there.
            on_progress: Told of every iteration (stage "train", metrics `loss`, now and then `val_mean_px`).

        Raises:
            TooFewLabels: The labels do not suit.
            BadPoseConfig, BadLabels: They do not suit `start`, or `start_from` names a model and none is
                given.
            BadCheckpoint: The checkpoint is of another run.
            Cancelled: From `on_progress`; the checkpoint can be resumed.
        """
        check_start(labels, self.config, start)
        with compute_threads(self.config.threads) as threads:
            outcome = self._fit(labels, start, checkpoint, on_progress)
        self.model_, self.plan_, self.calibration_ = outcome.model, outcome.plan, outcome.calibration
        self.skeleton_, self.individuals_ = labels.skeleton, labels.individuals
        self.validation_ = outcome.validation
        card = self._card(labels, outcome, threads)
        self.card_ = card if start is None else start.on_card(card, outcome)
        return self

    def save(self, folder: Path) -> ModelCard:
        """Write `weights.safetensors` and then `card.json` into `folder`, each atomically."""
        self._require_trained()
        folder.mkdir(parents=True, exist_ok=True)
        file = write_tensors(folder / WEIGHTS_FILE, self.model_.state_dict())
        self.card_ = replace(self.card_, weights_sha256=file_sha256(file))
        self.card_.write(folder)
        return self.card_

    @classmethod
    def load(cls, folder: Path, *, threads: int | None = None, device: str = "auto") -> Self:
        """Read what `save` wrote.

        Args:
            threads, device: Where to compute now; where the model was trained does not matter.

        Raises:
            BadModel: Not a pose model, damaged, or not whole.
            BadPoseConfig: `threads` is no number of threads.
            NoSuchDevice: `device` is not on this machine.
        """
        card = ModelCard.read(folder, stage=STAGE)
        here = PoseConfig(threads=threads, device=device)  # what is wrong with these is not the model's fault
        try:
            config = replace(PoseConfig.from_dict(card.config), threads=here.threads, device=here.device)
            if config.family != card.family:
                raise ValueError(f"the card is of the family {card.family}, its config of {config.family}")
            self = cls(config)
            self.skeleton_ = Skeleton.from_dict(card.stage_facts["skeleton"])
            self.individuals_ = read_individuals(card.stage_facts)
            check_data(card.data)
            self.plan_ = self._read_plan(card.plan)
            self.calibration_ = Calibration.from_dict(card.stage_facts["calibration"])
            self.model_ = self._build(card.stage_facts)
            weights = load_file(folder / WEIGHTS_FILE)
            check_tensors(weights, self.model_.state_dict())
            self.model_.load_state_dict(weights)
        except BadBackbone as error:  # of the package transformers, which has a remedy of its own
            raise BadModel(f"{folder}: this pose model cannot be read ({error}).") from error
        except UNREADABLE as error:
            raise BadModel(
                f"{folder}: this pose model cannot be read ({reason(error)}). Copy the whole folder again."
            ) from error
        on_device(self.model_, config).eval()
        self.card_ = card
        return self

    def answer_through_onnx(self) -> None:
        """Let ONNX Runtime compute the backbone and the maps from now on, in fp32, with `config.threads`.

        Raises:
            OnnxMissing: The optional packages are not installed.
            CannotExport: The network cannot be exported; it answers through torch as before.
        """
        self._require_trained()
        lanes = lanes_for(self.config.threads or default_threads(), torch.device("cpu"))
        answer_through_onnx(self.model_, channels=self.config.in_channels, threads=lanes.threads)
        self._prepared = None

    def _answering(self) -> Network:
        """The copy of the model that answers; made once, as callers may ask frame by frame."""
        if self._prepared is None or self._prepared[0] is not self.model_:
            self._prepared = self.model_, frozen(self.model_)
        return self._prepared[1]

    @property
    def _device(self) -> torch.device:
        return next(self.model_.parameters()).device

    @abstractmethod
    def _fit(
        self, labels: LabelSet, start: WarmStart | None, checkpoint: Path | None, on_progress: OnProgress
    ) -> FitOutcome[Network, PlanKind]:
        """Train; arguments as `fit`."""

    def _card(self, labels: LabelSet, outcome: FitOutcome[Network, PlanKind], threads: int) -> ModelCard:
        return make_card(labels, self.config, outcome, threads)

    @abstractmethod
    def _build(self, facts: Mapping[str, Any]) -> Network:
        """The network without its weights, for the learned skeleton and individuals.

        Args:
            facts: `stage_facts` of the card; KeyError, TypeError or ValueError where they are damaged.
        """

    @staticmethod
    @abstractmethod
    def _read_plan(data: Mapping[str, Any]) -> PlanKind:
        """What the card says of the plan; KeyError, TypeError or ValueError where it is damaged."""


def read_individuals(facts: Mapping[str, Any]) -> tuple[str, ...]:
    """Names of a card's `stage_facts`; raises KeyError or ValueError where they are none."""
    names = facts["individuals"]
    texts = isinstance(names, list) and all(isinstance(name, str) and name.strip() for name in names)
    if not texts or not names or len(set(names)) != len(names):
        raise ValueError("'individuals' is not a list of names, each of them once")
    return tuple(names)


def check_data(data: Mapping[str, Any]) -> None:
    """Raise ValueError where what a card says of its labels is not what others read from it."""
    for name in ("training_frames", "held_out_frames"):
        frames = data.get(name, {})
        if not isinstance(frames, Mapping) or not all(_is_frames(indices) for indices in frames.values()):
            raise ValueError(f"{name!r} is not frames by video")
    for name in ("labels_sha256", "holdout"):
        if not isinstance(data.get(name, ""), str):
            raise ValueError(f"{name!r} is not text")
    start = data.get("start", {})
    if not isinstance(start, Mapping) or not isinstance(start.get("ancestors", []), list):
        raise ValueError("'start' is not a model that training went on from")


def _is_frames(indices: Any) -> bool:
    return isinstance(indices, list) and all(type(index) is int and index >= 0 for index in indices)
