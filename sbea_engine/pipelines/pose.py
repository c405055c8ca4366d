"""Pose from data to figures: what command line and workers both call, so that both give the same answer."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sbea_engine.data import LabelSet
from sbea_engine.data.labels import BadLabels
from sbea_engine.io.deeplabcut import read_project
from sbea_engine.io.poses_store import PosesWriter
from sbea_engine.nn.card import ModelCard, write_json
from sbea_engine.pose.config import PoseConfig
from sbea_engine.pose.factory import PoseModel, create, load
from sbea_engine.pose.metrics import evaluate
from sbea_engine.pose.splits import Rows, split_holdout
from sbea_engine.progress import OnProgress, Progress, ignore
from sbea_engine.video.reader import open_frames

METRICS_FILE = "metrics.json"
CHECKPOINT_FOLDER = "checkpoint"
STORE_CHUNK = 512


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingResult:
    """A trained model on disk.

    Attributes:
        folder: Holds `card.json`, `weights.safetensors` and `metrics.json`.
        metrics: `holdout`, `validation` and, where frames were held out, `test`; each as
            `sbea_engine.pose.metrics.evaluate` gives it.
    """

    folder: Path
    card: ModelCard
    metrics: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class PredictionResult:
    """Poses on disk, and how fast this attempt made its part of them."""

    store: Path
    frame_count: int
    predicted_now: int
    seconds: float


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
    checkpoint: Path | None = None,
    on_progress: OnProgress = ignore,
) -> TrainingResult:
    """Train without the held-out frames, save, and measure on them.

    Args:
        holdout: See `split_holdout`.
        out: Model folder; made if needed.
        checkpoint: Where training state is kept; `out/checkpoint` if None. Emptied when the model is saved.
    """
    split = split_holdout(labels, holdout)
    state = out / CHECKPOINT_FOLDER if checkpoint is None else checkpoint
    out.mkdir(parents=True, exist_ok=True)
    model = create(config).fit(labels.select(split.train), checkpoint=state, on_progress=on_progress)
    card = model.save(out)
    metrics: dict[str, Any] = {"holdout": holdout, "validation": card.stage_facts["validation"]}
    if len(split.test):
        metrics["test"] = _evaluate_rows(model, labels, split.test, on_progress)
    write_json(out / METRICS_FILE, metrics)
    for file in state.glob("latest.safetensors*"):
        file.unlink()
    if not any(state.iterdir()):
        state.rmdir()
    return TrainingResult(folder=out, card=card, metrics=metrics)


def evaluate_model(
    model_folder: Path,
    labels: LabelSet,
    holdout: str = "none",
    *,
    threads: int | None = None,
    on_progress: OnProgress = ignore,
) -> dict[str, Any]:
    """Measure a saved model on the held-out frames, or on all labelled frames with `none`."""
    model = load(model_folder, threads=threads)
    if model.skeleton_.keypoints != labels.skeleton.keypoints:
        raise BadLabels(
            f"{model_folder} finds {', '.join(model.skeleton_.keypoints)}; the labels are of "
            f"{', '.join(labels.skeleton.keypoints)}. Use labels of the same keypoints in the same order."
        )
    split = split_holdout(labels, holdout)
    return _evaluate_rows(model, labels, split.test if len(split.test) else split.train, on_progress)


def predict_video(
    model_folder: Path,
    video: Path,
    out_store: Path,
    *,
    threads: int | None = None,
    chunk: int = STORE_CHUNK,
    on_progress: OnProgress = ignore,
) -> PredictionResult:
    """Run a saved model over a video into a poses store; goes on where an earlier attempt stopped.

    Raises:
        BadPosesStore: The store belongs to another model or video.
        Cancelled: From `on_progress`; complete chunks stay.
    """
    began = time.monotonic()
    model = load(model_folder, threads=threads)
    with open_frames(video) as reader:
        total = reader.info.frame_count
        facts = {"video": video.name, "frame_count": total, **model.provenance}
        writer = PosesWriter(out_store, model.skeleton_, model.individuals_, total, chunk, facts)
        with writer:
            start = done = writer.frames_done
            on_progress(Progress(stage="predict", done=done, total=total))
            frames = _pixels(reader.iterate(start))
            with closing(model.predict_stream(frames)) as answers:
                for points, confidence in answers:
                    writer.append(points, confidence)
                    done += len(points)
                    on_progress(Progress(stage="predict", done=done, total=total))
    return PredictionResult(
        store=out_store, frame_count=total, predicted_now=total - start, seconds=time.monotonic() - began
    )


def _evaluate_rows(model: PoseModel, labels: LabelSet, rows: Rows, on_progress: OnProgress) -> dict[str, Any]:
    truth = labels.select(rows)

    def report(progress: Progress) -> None:
        on_progress(Progress(stage="evaluate", done=progress.done, total=progress.total))

    points, confidence = model.predict_sources(truth.frames, on_progress=report)
    return evaluate(truth, points, confidence, radius_px=float(model.card_.plan["radius_px"]))


def _pixels(frames: Iterator[tuple[int, NDArray[np.uint8]]]) -> Iterator[NDArray[np.uint8]]:
    return (pixels for _, pixels in frames)
