"""A saved model of any family whose confidence was fitted anew, on labels that it had not seen."""

from __future__ import annotations

import errno
import hashlib
import json
import shutil
from collections.abc import Generator, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from sbea_engine.data import FrameSource, LabelSet, Poses, Skeleton, Visibility
from sbea_engine.nn.card import CARD_FILE, BadModel, ModelCard, ModelExists
from sbea_engine.pose.answers import Answer
from sbea_engine.pose.calibration import Calibration, calibrate_by_count, logit_of
from sbea_engine.pose.card import STAGE
from sbea_engine.pose.config import PoseConfig
from sbea_engine.pose.errors import NotTrained
from sbea_engine.pose.factory import PoseModel, load_family
from sbea_engine.pose.frames import Image
from sbea_engine.pose.plan import placed_mask
from sbea_engine.pose.splits import moments_of
from sbea_engine.pose.warm_start import WarmStart
from sbea_engine.progress import OnProgress, ignore
from sbea_engine.video.reader import FrameReader

FACT = "recalibration"
FOLDS = 5


class RecalibratedPose:
    """Answers as the model does, with another confidence; satisfies `factory.PoseModel`.

    Its folder is that of the model, and the card says so under `recalibration`.
    """

    model_: PoseModel
    recalibration_: Calibration
    tells_individuals_apart: bool
    looks_into_boxes: bool
    skeleton_: Skeleton
    individuals_: tuple[str, ...]
    card_: ModelCard

    def __init__(self, config: PoseConfig) -> None:
        self.config = config

    @classmethod
    def of(cls, model: PoseModel, recalibration: Calibration, facts: dict[str, Any]) -> Self:
        """Wrap a trained model.

        Args:
            facts: What the card is to say of the labels that it was fitted on.
        """
        self = cls(model.config)
        self.model_, self.recalibration_ = model, recalibration
        self._take_on(model)
        stage_facts = {**model.card_.stage_facts, FACT: {**recalibration.to_dict(), "data": facts}}
        meaning = {
            **model.card_.meaning,
            "confidence": (
                f"Estimated probability that the keypoint is in the picture and that the answer lies within "
                f"{model.card_.plan['radius_px']:.1f} source pixels of where a person would place it. "
                f"Calibrated on {recalibration.n} points of labels that no weight was fitted on."
            ),
        }
        self.card_ = replace(model.card_, stage_facts=stage_facts, meaning=meaning)
        return self

    @property
    def fitted_on(self) -> frozenset[tuple[str, int]]:
        """Frames (video, index) that the confidence was fitted on; none of what an earlier version wrote."""
        return _fitted_on(self.card_)

    def fit(
        self,
        labels: LabelSet,
        *,
        start: WarmStart | None = None,
        checkpoint: Path | None = None,
        on_progress: OnProgress = ignore,
    ) -> Self:
        """Not what this is for: raises `NotTrained`."""
        raise NotTrained("A recalibrated model is not trained: train a model, then recalibrate it.")

    def predict(
        self,
        source: Path | FrameReader,
        frames: Sequence[int] | None = None,
        *,
        on_progress: OnProgress = ignore,
    ) -> Poses:
        """See `PoseEstimator.predict`."""
        found = self.model_.predict(source, frames, on_progress=on_progress)
        return replace(
            found,
            confidence=self._trust(found.confidence),
            provenance={**found.provenance, **self.provenance},
        )

    def predict_sources(self, sources: Sequence[FrameSource], *, on_progress: OnProgress = ignore) -> Answer:
        """See `PoseEstimator.predict_sources`."""
        points, confidence = self.model_.predict_sources(sources, on_progress=on_progress)
        return points, self._trust(confidence)

    def predict_stream(self, images: Iterator[Image]) -> Generator[Answer]:
        """See `PoseEstimator.predict_stream`."""
        for points, confidence in self.model_.predict_stream(images):
            yield points, self._trust(confidence)

    def predict_film(self, images: Iterator[Image]) -> Generator[Answer]:
        """See `PoseEstimator.predict_film`."""
        for points, confidence in self.model_.predict_film(images):
            yield points, self._trust(confidence)

    def predict_in_boxes(
        self, images: Iterator[Image], edges_px: Iterator[NDArray[np.float32]]
    ) -> Generator[Answer]:
        """See `PoseEstimator.predict_in_boxes`."""
        for points, confidence in self.model_.predict_in_boxes(images, edges_px):
            yield points, self._trust(confidence)

    def save(self, folder: Path) -> ModelCard:
        """Write the model, then the card that also holds the recalibration; a kill leaves a model or none."""
        written = self.model_.save(folder)
        self.card_ = replace(self.card_, weights_sha256=written.weights_sha256)
        self.card_.write(folder)
        return self.card_

    @classmethod
    def load(cls, folder: Path, *, threads: int | None = None, device: str = "auto") -> Self:
        """Read what `save` wrote; raises `BadModel`."""
        card = ModelCard.read(folder, stage=STAGE)
        model = load_family(card, folder, threads=threads, device=device)
        self = cls(model.config)
        try:
            facts = {k: v for k, v in card.stage_facts[FACT].items() if k != "data"}
            self.recalibration_ = Calibration.from_dict(facts)
            _fitted_on(card)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise BadModel(f"{folder / CARD_FILE}: its recalibration cannot be read ({error}).") from error
        self.model_, self.card_ = model, card
        self._take_on(model)
        return self

    def answer_through_onnx(self) -> None:
        """See `NetworkEstimator.answer_through_onnx`."""
        self.model_.answer_through_onnx()

    @property
    def provenance(self) -> dict[str, Any]:
        """That of the model, and which recalibration: poses of one must not go on with those of another."""
        text = json.dumps(self.recalibration_.to_dict(), sort_keys=True)
        return {
            **self.model_.provenance,
            "recalibration_sha256": hashlib.sha256(text.encode()).hexdigest(),
        }

    def _take_on(self, model: PoseModel) -> None:
        """Be to others what the model is."""
        self.tells_individuals_apart = model.tells_individuals_apart
        self.looks_into_boxes = model.looks_into_boxes
        self.skeleton_, self.individuals_ = model.skeleton_, model.individuals_

    def _trust(self, confidence: NDArray[np.float32]) -> NDArray[np.float32]:
        return self.recalibration_.apply(logit_of(confidence).astype(np.float32))


def copy_recalibrated(source: Path, model: RecalibratedPose, out: Path) -> ModelCard:
    """Write a model folder with all files of `source` and the card of `model`; complete or not there.

    Raises:
        ModelExists: `out` is there already.
        BadModel: A file of `source` cannot be read.
        OSError: `out` cannot be written, as on a full disk; then nothing of it stays.
    """
    if out.exists():
        raise ModelExists(f"{out}: is there already. Choose a new folder, or remove this one first.")
    out.parent.mkdir(parents=True, exist_ok=True)
    draft = out.with_name(f".{out.name}.draft")
    if draft.exists():
        shutil.rmtree(draft)  # of a run that was killed; nobody else writes this name
    failed: list[OSError] = []

    def copy(there: str, here: str) -> None:
        try:
            shutil.copy2(there, here)
        except OSError as error:  # `copytree` itself only keeps its text
            failed.append(error)
            raise

    try:
        shutil.copytree(source, draft, copy_function=copy)
        model.card_.write(draft)
        draft.replace(out)
    except shutil.Error as error:
        cause = failed[0] if failed else OSError(errno.EIO, str(error))
        where = Path(cause.filename or draft)
        if cause.filename2 is None and where.is_relative_to(source) and not where.is_relative_to(draft):
            raise BadModel(f"{where}: cannot be read ({cause.strerror}). Give read access there.") from error
        raise OSError(cause.errno or errno.EIO, cause.strerror or str(cause), str(draft)) from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)  # not there where all went well
    return model.card_


def known_points(truth: LabelSet) -> NDArray[np.bool_]:
    """bool (frame, individual, keypoint) of points that confidence can be held against: those placed, and
    those that a person says are not there. Unlabelled ones are neither right nor wrong."""
    return np.asarray(truth.visibility != Visibility.UNLABELLED)


def right_answers(truth: LabelSet, points_px: NDArray[np.float32], radius_px: float) -> NDArray[np.bool_]:
    """bool (frame, individual, keypoint): placed, and the answer within the radius. An absent keypoint has
    no right answer."""
    distance = np.linalg.norm(points_px.astype(np.float64) - truth.points_px, axis=-1)
    return np.asarray((distance <= radius_px) & placed_mask(truth))


def recalibrate(
    truth: LabelSet, confidence: NDArray[np.float32], right: NDArray[np.bool_]
) -> tuple[Calibration, NDArray[np.float32]]:
    """Fit a calibration on answers to labels, and say what it does on labels that it was not fitted on.

    Args:
        truth: Labels that the model has not seen.
        confidence, right: (frame, individual, keypoint).

    Returns:
        The calibration fitted on all, and confidences (frame, individual, keypoint) each by one that was
        fitted without the block of time that it is in.
    """
    logit, known = logit_of(confidence).astype(np.float32), known_points(truth)
    unseen = np.zeros_like(confidence)
    blocks = np.array_split(np.arange(len(moments := moments_of(truth, truth.time_order()))), FOLDS)
    for block in blocks:
        if not len(block):
            continue
        rows = np.concatenate([moments[m] for m in block])
        others = np.ones(len(truth), np.bool_)
        others[rows] = False
        fitted = calibrate_by_count(logit[others][known[others]], right[others][known[others]])
        unseen[rows] = fitted.apply(logit[rows])
    return calibrate_by_count(logit[known], right[known]), unseen


def _fitted_on(card: ModelCard) -> frozenset[tuple[str, int]]:
    known = card.stage_facts[FACT].get("data", {}).get("by_video", {})
    return frozenset((str(video), int(index)) for video, frames in known.items() for index in frames)
