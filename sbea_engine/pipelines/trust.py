"""How far to trust models and labels: what command line and workers call about confidence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sbea_engine.data import LabelSet
from sbea_engine.data.labels import BadLabels
from sbea_engine.errors import BadInput
from sbea_engine.nn.card import ModelCard
from sbea_engine.pipelines.pose import individuals_of
from sbea_engine.pose.comparison import Comparison, compare
from sbea_engine.pose.disagreements import Disagreement, disagreements, in_order_of
from sbea_engine.pose.ensemble import PoseEnsemble
from sbea_engine.pose.errors import TooFewLabels
from sbea_engine.pose.factory import PoseModel, load
from sbea_engine.pose.frames import check_points
from sbea_engine.pose.heldout import HeldOut
from sbea_engine.pose.matching import match_to_truth
from sbea_engine.pose.recalibration import (
    RecalibratedPose,
    copy_recalibrated,
    known_points,
    recalibrate,
    right_answers,
)
from sbea_engine.pose.reliability import Reliability, reliability
from sbea_engine.pose.splits import labelled_rows
from sbea_engine.pose.suspects import Suspect, find_suspects
from sbea_engine.pose.training import labels_checksum
from sbea_engine.pose.warm_start import by_video
from sbea_engine.progress import OnProgress, Progress, ignore
from sbea_engine.video.reader import open_frames

LEAST_FRAMES = 5


class CannotJudge(BadInput):
    """Labels cannot be judged, or judged by, with this model."""

    code = "cannot_judge"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recalibration:
    """What fitting the confidence anew does.

    Attributes:
        before: Of the model's own confidence.
        after: Of the new one, on labels that it was not fitted on (five blocks of time in turn).
        radius_px: What confidence is about.
        frames: Labelled frames it rests on.
        left_out: Frames that were left out as the model was trained with them.
        folder: Where the recalibrated model is; None where none was asked for.
    """

    before: Reliability
    after: Reliability
    radius_px: float
    frames: int
    left_out: int
    folder: Path | None


def calibrate_model(
    model_folder: Path,
    labels: LabelSet,
    out: Path | None = None,
    *,
    threads: int | None = None,
    on_progress: OnProgress = ignore,
) -> Recalibration:
    """Fit the confidence of a saved model to labels that it has not seen; the model itself is left as it is.

    Args:
        out: New folder for a copy of the model with the new confidence; None only reports.

    Raises:
        CannotJudge: Too few of the labels are new to the model.
        BadLabels: They are of other keypoints or individuals, or lie outside their pictures.
        ModelExists: `out` is there already.
    """
    model = load(model_folder, threads=threads)
    if isinstance(model, RecalibratedPose):
        model = model.model_
    rows = labelled_rows(labels)
    new = rows[~_trained_with(model.card_, labels)[rows]]
    if len(new) < LEAST_FRAMES:
        raise CannotJudge(
            f"{model_folder}: of {len(rows)} labelled frames {len(new)} are new to the model; at least "
            f"{LEAST_FRAMES} are needed. Label other frames, or train the model with a holdout."
        )
    truth = labels.select(new)
    check_points(truth)
    points, confidence = _answers(model, model_folder, truth, on_progress)
    radius = float(model.card_.plan["radius_px"])
    known, right = known_points(truth), right_answers(truth, points, radius)
    fitted, unseen = recalibrate(truth, confidence, right)
    if out is not None:
        fitted_on = {(source.video, int(source.index)) for source in truth.frames}
        facts = {
            "labels_sha256": labels_checksum(truth),
            "frames": len(truth),
            "by_video": by_video(fitted_on),
        }
        copy_recalibrated(model_folder, RecalibratedPose.of(model, fitted, facts), out)
    return Recalibration(
        before=reliability(confidence[known], right[known]),
        after=reliability(unseen[known], right[known]),
        radius_px=radius,
        frames=len(truth),
        left_out=len(rows) - len(new),
        folder=out,
    )


def suspect_labels(
    model_folder: Path,
    labels: LabelSet,
    *,
    threads: int | None = None,
    on_progress: OnProgress = ignore,
) -> list[Suspect]:
    """Labels that look wrong to an ensemble: those it was trained with are judged by the members that left
    them out, others by all members.

    Raises:
        CannotJudge: The model is no ensemble, or was trained with other versions of these labels.
        BadLabels: They lie outside their pictures.
    """
    model = load(model_folder, threads=threads)
    if isinstance(model, RecalibratedPose):
        model = model.model_
    if not isinstance(model, PoseEnsemble):
        raise CannotJudge(
            f"{model_folder}: one network remembers the labels it was trained with, also the wrong ones. "
            f"Train an ensemble (--members 5), whose members judge what they have not seen."
        )
    rows = labelled_rows(labels)
    check_points(labels.select(rows))
    seen = _trained_with(model.card_, labels)[rows]
    points = np.full((len(rows), *labels.points_px.shape[1:]), np.nan, np.float32)
    confidence = np.zeros(points.shape[:-1], np.float32)
    if seen.any():
        points[seen], confidence[seen] = _out_of_fold(model, model_folder, labels, rows[seen])
    if not seen.all():
        points[~seen], confidence[~seen] = _answers(
            model, model_folder, labels.select(rows[~seen]), on_progress
        )
    return find_suspects(labels.select(rows), points, confidence, model.calibration_.radius_px)


def compare_models(
    a: Path, b: Path, labels: LabelSet, *, threads: int | None = None, on_progress: OnProgress = ignore
) -> tuple[Comparison, tuple[str, ...]]:
    """Errors of two models on the labelled frames that neither was trained with, and warnings.

    Where no such frame is left, all are compared, and a warning says so.
    """
    models = [load(folder, threads=threads) for folder in (a, b)]
    rows = labelled_rows(labels)
    seen = np.any([_trained_with(model.card_, labels)[rows] for model in models], axis=0)
    warnings: tuple[str, ...] = ()
    if seen.all():
        warnings = (
            "Every one of these frames was used to train A or B: the figures say how well they remember.",
        )
    else:
        if seen.any():
            warnings = (f"{int(seen.sum())} of {len(rows)} frames left out: A or B was trained with them.",)
        rows = rows[~seen]
    if not len(rows):
        raise TooFewLabels("No frame is labelled.")
    truth = labels.select(rows)
    check_points(truth)
    first, second = (
        HeldOut.of(truth, *_answers(model, folder, truth, on_progress))
        for model, folder in zip(models, (a, b), strict=True)
    )
    return compare(first, second), warnings


def compare_on_video(
    a: Path,
    b: Path,
    video: Path,
    *,
    every: int = 10,
    threads: int | None = None,
    on_progress: OnProgress = ignore,
) -> list[Disagreement]:
    """Frames of a video without labels on which two models differ most; every so many frames are looked at.

    Individuals are compared by name. Where a model does not tell them apart, they are paired by position,
    frame by frame, and an animal that only one of the models found has no part. Names are then those of the
    model that tells individuals apart, or the places of A.

    Raises:
        CannotJudge: The models find other keypoints, or other individuals though both tell them apart; or
            `every` is below 1.
    """
    if every < 1:
        raise CannotJudge(f"Frames are looked at every 1 or more, got {every}.")
    models = [load(folder, threads=threads) for folder in (a, b)]
    first, second = models
    by_name = first.tells_individuals_apart and second.tells_individuals_apart
    if first.skeleton_.keypoints != second.skeleton_.keypoints or (
        by_name and first.individuals_ != second.individuals_
    ):
        raise CannotJudge(f"{a} and {b} find other keypoints or individuals, and cannot be compared.")
    with open_frames(video) as reader:
        frames = list(range(0, reader.info.frame_count, every))
    found = []
    for number, model in enumerate(models):

        def report(progress: Progress, number: int = number) -> None:
            done = number * progress.total + progress.done
            on_progress(Progress(stage="predict", done=done, total=2 * progress.total))

        poses = model.predict(video, frames, on_progress=report)
        found.append((poses.points_px, poses.confidence))
    names = first.individuals_
    if not by_name and second.tells_individuals_apart:
        names, found[0] = second.individuals_, in_order_of(found[1][0], *found[0])
    elif not by_name:
        found[1] = in_order_of(found[0][0], *found[1])
    return disagreements(np.asarray(frames, np.int64), found[0], found[1], (names, first.skeleton_.keypoints))


def _answers(
    model: PoseModel, folder: Path, truth: LabelSet, on_progress: OnProgress
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Answers to labelled frames, individuals in the order of the labels."""
    if model.skeleton_.keypoints != truth.skeleton.keypoints:
        raise BadLabels(
            f"{folder} finds {', '.join(model.skeleton_.keypoints)}; the labels are of "
            f"{', '.join(truth.skeleton.keypoints)}. Use labels of the same keypoints in the same order."
        )
    who = individuals_of(model, truth, folder)
    points, confidence = model.predict_sources(truth.frames, on_progress=on_progress)
    if not model.tells_individuals_apart:
        return match_to_truth(truth.points_px, points, confidence)
    return points[:, who], confidence[:, who]


def _trained_with(card: ModelCard, labels: LabelSet) -> NDArray[np.bool_]:
    """bool (frame,) of labels whose frame the model was given in training."""
    frames = card.data.get("training_frames", {})
    known = {(video, int(i)) for video, indices in frames.items() for i in indices}
    return np.array([(f.video, int(f.index)) in known for f in labels.frames], dtype=np.bool_)


def _out_of_fold(
    model: PoseEnsemble, folder: Path, labels: LabelSet, rows: Sequence[int] | NDArray[np.intp]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """What members said of these labels that had not seen them."""
    if labels_checksum(labels.select(rows)) != model.card_.data["labels_sha256"]:
        raise CannotJudge(
            f"{folder}: was trained with other labels of these frames (changed since, or only some of them "
            f"are here). Train it anew with these labels."
        )
    return model.unseen_answers()
