"""Pose from data to figures: what command line and workers both call, so that both give the same answer."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sbea_engine.data import LabelSet
from sbea_engine.data.labels import BadLabels
from sbea_engine.io.deeplabcut import read_project
from sbea_engine.nn.card import CARD_FILE, BadModel, ModelCard, ModelExists, write_json
from sbea_engine.pipelines.warm_start import read_start
from sbea_engine.pose.card import STAGE
from sbea_engine.pose.config import PoseConfig
from sbea_engine.pose.ensemble import PoseEnsemble
from sbea_engine.pose.ensemble_files import clear_members
from sbea_engine.pose.factory import PoseModel, create, load
from sbea_engine.pose.frames import check_frames, check_points
from sbea_engine.pose.heldout import HELD_OUT_FILE, HeldOut
from sbea_engine.pose.matching import match_to_truth
from sbea_engine.pose.metrics import evaluate
from sbea_engine.pose.neighbours import neighbourhood
from sbea_engine.pose.plan import placed_mask
from sbea_engine.pose.recalibration import RecalibratedPose
from sbea_engine.pose.splits import Rows, split_holdout
from sbea_engine.pose.training import fingerprint
from sbea_engine.pose.unseen_suspects import unseen_suspects
from sbea_engine.pose.warm_split import Known, split_as_before
from sbea_engine.pose.warm_start import by_video, check_start
from sbea_engine.progress import OnProgress, Progress, ignore

METRICS_FILE = "metrics.json"
CHECKPOINT_FOLDER = "checkpoint"
FIGURES = ("n", "mean_px", "median_px", "pck5")
MOST_FIGURE = 1e12
TRAINING_FACTS = ("iterations", "seconds", "threads", "precision")


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingResult:
    """A trained model on disk.

    Attributes:
        folder: Holds `card.json`, `weights.safetensors`, `metrics.json` and, where frames were held out,
            `heldout.json`: what it said on them, see `sbea_engine.pose.heldout`.
        metrics: `holdout`, `validation` and, where frames were held out, `test`; each as
            `sbea_engine.pose.metrics.evaluate` gives it; then also `suspects`, see `unseen_suspects`, and of
            an ensemble always.
        trained_now: False where an earlier run had made the model.
    """

    folder: Path
    card: ModelCard
    metrics: dict[str, Any]
    trained_now: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """How well a saved model does on labelled frames.

    Attributes:
        holdout: Which frames were measured; see `split_holdout`.
        part: "test" for held-out frames, "all" where none were held out.
        figures: As `sbea_engine.pose.metrics.evaluate` gives them.
        warnings: What to beware of, one sentence each.
    """

    holdout: str
    part: str
    figures: dict[str, Any]
    warnings: tuple[str, ...]


def load_labels(folder: Path) -> LabelSet:
    """Labels of a folder: one that holds `labels.json`, or a DeepLabCut project.

    Raises:
        BadInput: It is neither, or cannot be used; the message names file and place.
    """
    if (folder / "labels.json").is_file():
        return LabelSet.load(folder)
    if (folder / "config.yaml").is_file():
        return read_project(folder).labels
    raise BadLabels(
        f"{folder}: neither labels.json nor config.yaml is there. "
        f"Give a folder of labels, or the folder of a DeepLabCut project."
    )


def train_and_evaluate(
    labels: LabelSet,
    config: PoseConfig,
    holdout: str,
    out: Path,
    *,
    start: Path | None = None,
    start_name: str | None = None,
    checkpoint: Path | None = None,
    on_progress: OnProgress = ignore,
) -> TrainingResult:
    """Train without the held-out frames, measure on them, and save; the card, written last, makes it a model.

    A run that was stopped goes on from its checkpoint. A run that was finished is not repeated: its model is
    returned.

    Args:
        holdout: See `split_holdout`; `split_as_before` where training goes on from a model.
        out: Model folder; made if needed.
        start: Folder of the model to go on from, which the config names (`warm_start.config_from`).
        start_name: What the card calls it; the folder's name if None.
        checkpoint: Where training state is kept; `out/checkpoint` if None. Emptied when the model is saved.

    Raises:
        ModelExists: `out` holds a model of another run; it is left as it is.
        BadHoldout: See `split_holdout` and `split_as_before`.
        BadPoseConfig, BadLabels: The model to go on from does not suit; see `WarmStart.check`.
        BadInput: Labels or frames, held-out ones too, cannot be used; found before anything is trained.
    """
    state = out / CHECKPOINT_FOLDER if checkpoint is None else checkpoint
    begun = None if start is None else read_start(start, start_name)
    known = None if begun is None else begun[1]
    check_start(labels, config, None if begun is None else begun[0])
    split = split_holdout(labels, holdout) if known is None else split_as_before(labels, holdout, known)
    run = hashlib.sha256(json.dumps([fingerprint(labels, config), holdout]).encode()).hexdigest()
    result = _finished(out, run)
    if result is None:
        reach = config.context_frames
        neighbourhood(labels.frames, reach)  # also of those to train with, before anything is decoded
        used = labels.select(np.concatenate([split.train, split.test]))
        with _made(out):
            check_points(used)
            check_frames(used, reach=reach, on_progress=on_progress)
            model = create(config).fit(
                labels.select(split.train),
                start=None if begun is None else begun[0],
                checkpoint=state,
                on_progress=on_progress,
            )
            metrics: dict[str, Any] = {
                "holdout": holdout,
                "validation": model.card_.stage_facts["validation"],
            }
            unseen = {}
            if isinstance(model, PoseEnsemble):
                unseen["train"] = (labels.select(split.train), *model.unseen_answers())
            if len(split.test):
                unseen["test"] = _answer(model, labels, split.test, on_progress)
                metrics["test"] = _measure(model, *unseen["test"])
                HeldOut.of(*unseen["test"]).save(out / HELD_OUT_FILE)
            if unseen:
                rows = np.concatenate([getattr(split, part) for part in unseen])
                points, confidence = (np.concatenate([a[n] for a in unseen.values()]) for n in (1, 2))
                radius_px = float(model.card_.plan["radius_px"])
                metrics["suspects"] = unseen_suspects(labels.select(rows), points, confidence, radius_px)
            facts = {
                "holdout": holdout,
                "held_out_frames": _held_out(labels, split.test, known),
                "run_sha256": run,
            }
            model.card_ = replace(model.card_, data={**model.card_.data, **facts})
            write_json(out / METRICS_FILE, metrics)
            result = TrainingResult(folder=out, card=model.save(out), metrics=metrics, trained_now=True)
    _remove_checkpoint(state)
    return result


@contextmanager
def _made(out: Path) -> Generator[None]:
    """A block for which `out` is there; where it is refused and has written nothing, none of it stays."""
    new = [place for place in (out, *out.parents) if not place.exists()]
    try:
        out.mkdir(parents=True, exist_ok=True)
        yield
    except BaseException:
        if new and out.is_dir():
            _remove_empty(out)
        for place in new[1:]:
            with suppress(OSError):  # there is something in it
                place.rmdir()
        raise


def _remove_empty(folder: Path) -> None:
    """Remove folders that hold nothing, `folder` among them."""
    within = sorted((place for place in folder.rglob("*") if place.is_dir()), reverse=True)
    for place in (*within, folder):
        with suppress(OSError):  # there is something in it
            place.rmdir()


def _held_out(labels: LabelSet, test: Rows, known: Known | None) -> dict[str, list[int]]:
    """Frames by video that no weight has learned: those tested on, and those that were before and whose
    labels are gone. Nothing held out is nothing, whatever was before."""
    frames = {(labels.frames[row].video, int(labels.frames[row].index)) for row in test.tolist()}
    if known is not None and frames:
        frames |= {(video, index) for video, indices in known.held_out.items() for index in indices}
    return by_video(frames)


def _finished(out: Path, run: str) -> TrainingResult | None:
    """The model that an earlier, equal run left; None where there is no model."""
    if not (out / CARD_FILE).exists():
        return None
    card = ModelCard.read(out, stage=STAGE)
    if card.data.get("run_sha256") != run:
        raise ModelExists(
            f"{out}: holds a model that was made with another config, holdout or set of labels. "
            f"Choose a new folder, or remove this one first."
        )
    file = out / METRICS_FILE
    try:
        metrics = json.loads(file.read_text(encoding="utf-8"))
        _check_metrics(metrics)
    except (OSError, ValueError, RecursionError) as error:
        raise BadModel(f"{file}: cannot be read ({error}). Copy the whole model folder again.") from error
    if missing := [name for name in TRAINING_FACTS if name not in card.training]:
        raise BadModel(
            f"{out / CARD_FILE}: 'training' has no {missing[0]}. Copy the whole model folder again."
        )
    return TrainingResult(folder=out, card=card, metrics=metrics, trained_now=False)


def _check_metrics(metrics: Any) -> None:
    """Raise ValueError unless `metrics.json` holds the figures that a training gives."""
    if not isinstance(metrics, dict) or not isinstance(metrics.get("holdout"), str):
        raise ValueError("it is not the figures of a training")
    tested = metrics.get("test")
    if tested is None and "test" in metrics:
        raise ValueError("'test' has no figures")
    for name in ("validation", *(["test"] if "test" in metrics else [])):
        if not isinstance(metrics.get(name), dict):
            raise ValueError(f"{name!r} has no figures")
    shown = tested or metrics["validation"]
    rows = shown.get("by_keypoint")
    if not isinstance(rows, dict):
        raise ValueError("'by_keypoint' is not an object")
    for row in (shown, *rows.values()):
        if not isinstance(row, dict) or not all(_is_figure(row.get(name, "")) for name in FIGURES):
            raise ValueError(f"not all of {', '.join(FIGURES)} are figures")


def _is_figure(value: Any) -> bool:
    known = isinstance(value, int | float) and not isinstance(value, bool)
    return value is None or (known and 0 <= value <= MOST_FIGURE)


def _remove_checkpoint(folder: Path) -> None:
    if not folder.is_dir():
        return
    for file in folder.rglob("latest.safetensors*"):
        file.unlink()
    clear_members(folder)
    _remove_empty(folder)


def evaluate_model(
    model_folder: Path,
    labels: LabelSet,
    holdout: str | None = None,
    *,
    threads: int | None = None,
    on_progress: OnProgress = ignore,
) -> Evaluation:
    """Measure a saved model on labelled frames.

    Individuals are paired by name; where model and labels have one each, those two are. Answers of a model
    that does not tell individuals apart are paired by position, frame by frame.

    Args:
        holdout: Frames to measure on, see `split_holdout`; all labelled ones with `none`. None takes the
            holdout that the model was trained with.

    Raises:
        BadLabels: Of other keypoints, of an individual that the model does not know, no keypoint is placed
            on these frames, or one lies outside its picture.
        BadHoldout: See `split_holdout`.
    """
    model = load(model_folder, threads=threads)
    if model.skeleton_.keypoints != labels.skeleton.keypoints:
        raise BadLabels(
            f"{model_folder} finds {', '.join(model.skeleton_.keypoints)}; the labels are of "
            f"{', '.join(labels.skeleton.keypoints)}. Use labels of the same keypoints in the same order."
        )
    who = individuals_of(model, labels, model_folder)
    if holdout is not None or not model.card_.data.get("held_out_frames"):
        split = split_holdout(labels, holdout or str(model.card_.data.get("holdout", "none")))
    else:  # a share of the frames is another one when labels were added, see `warm_split`
        known = Known.of(model.card_, model_folder, model_folder.name)
        split = split_as_before(labels, known.holdout, known)
    rows = split.test if len(split.test) else split.train
    if not placed_mask(labels)[rows].any():
        raise BadLabels("No keypoint is placed on any of these frames. Label some, then measure again.")
    check_points(labels.select(rows))
    return Evaluation(
        holdout=holdout or str(model.card_.data.get("holdout", "none")),
        part="test" if len(split.test) else "all",
        figures=_measure(model, *_answer(model, labels, rows, on_progress, who)),
        warnings=_seen_in_training(model.card_, labels, rows) + _seen_in_calibration(model, labels, rows),
    )


def individuals_of(model: PoseModel, labels: LabelSet, folder: Path) -> list[int]:
    """For each individual of the labels its place among the model's; any, where that does not tell them
    apart."""
    known = model.individuals_
    if not model.tells_individuals_apart:
        return list(range(len(known)))
    if len(known) == len(labels.individuals) == 1:
        return [0]
    unknown = [name for name in labels.individuals if name not in known]
    if unknown:
        raise BadLabels(
            f"{folder} finds {', '.join(known)}; the labels are also of {', '.join(unknown)}. Give each "
            f"individual the name that the model was trained with."
        )
    return [known.index(name) for name in labels.individuals]


def _seen_in_training(card: ModelCard, labels: LabelSet, rows: Rows) -> tuple[str, ...]:
    """A warning where the frames to measure on are ones that the model was trained with."""
    known = {(video, i) for video, frames in card.data.get("training_frames", {}).items() for i in frames}
    seen = sum((labels.frames[row].video, labels.frames[row].index) in known for row in rows)
    if not seen:
        return ()
    return (
        f"The model was trained with {seen} of these {len(rows)} frames: the figures say how well it "
        f"remembers them, not how well it finds keypoints in new ones. Measure on held-out frames.",
    )


def _seen_in_calibration(model: PoseModel, labels: LabelSet, rows: Rows) -> tuple[str, ...]:
    """A warning where the frames to measure on are ones that the confidence was fitted on."""
    if not isinstance(model, RecalibratedPose):
        return ()
    seen = sum((labels.frames[row].video, int(labels.frames[row].index)) in model.fitted_on for row in rows)
    if not seen:
        return ()
    return (
        f"The confidence was calibrated on {seen} of these {len(rows)} frames: their calibration error says "
        f"how well it was fitted, not how far it can be trusted. Measure it on other frames.",
    )


def _answer(
    model: PoseModel, labels: LabelSet, rows: Rows, on_progress: OnProgress, who: list[int] | None = None
) -> tuple[LabelSet, NDArray[np.float32], NDArray[np.float32]]:
    """The labels of these rows, and points and confidence that the model answers on them.

    `who` are the model's individuals that the labels are of; all in order where None.
    """
    truth = labels.select(rows)

    def report(progress: Progress) -> None:
        on_progress(Progress(stage="evaluate", done=progress.done, total=progress.total))

    points, confidence = model.predict_sources(truth.frames, on_progress=report)
    if not model.tells_individuals_apart:
        points, confidence = match_to_truth(truth.points_px, points, confidence)
    elif who is not None:
        points, confidence = points[:, who], confidence[:, who]
    return truth, points, confidence


def _measure(
    model: PoseModel, truth: LabelSet, points: NDArray[np.float32], confidence: NDArray[np.float32]
) -> dict[str, Any]:
    return evaluate(truth, points, confidence, radius_px=float(model.card_.plan["radius_px"]))
