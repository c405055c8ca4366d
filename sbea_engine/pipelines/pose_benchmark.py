"""How good a family of pose models is at so many labels: time blocks held out in turn, answers pooled."""

from __future__ import annotations

import hashlib
import json
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sbea_engine.data import LabelSet
from sbea_engine.errors import BadInput
from sbea_engine.nn.card import write_json
from sbea_engine.pose.config import PoseConfig
from sbea_engine.pose.crossfit import left_out_rows
from sbea_engine.pose.errors import TooFewLabels
from sbea_engine.pose.factory import create
from sbea_engine.pose.frames import check_frames, check_points
from sbea_engine.pose.learning_curve import BadCurve, fit_learning_curve
from sbea_engine.pose.matching import match_to_truth
from sbea_engine.pose.member import member_config
from sbea_engine.pose.metrics import figures
from sbea_engine.pose.plan import placed_mask
from sbea_engine.pose.reliability import reliability
from sbea_engine.pose.splits import (
    BadHoldout,
    Rows,
    Split,
    labelled_rows,
    split_holdout,
    split_validation,
)
from sbea_engine.pose.training import check_labels, check_placed, fingerprint, labels_checksum
from sbea_engine.progress import OnProgress, Progress, ignore

LEAST_LABELS = 5
FAR_PX = 50


class BadBenchmark(BadInput):
    """What was asked for cannot be measured on these labels."""

    code = "bad_benchmark"


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchmarkPlan:
    """What to measure.

    Attributes:
        labels: Numbers of training frames; None is all of a fold.
        folds: Blocks of time, each the test frames once.
        seeds: Trainings of each fold, with seeds from the config's on.
    """

    labels: tuple[int | None, ...]
    folds: int = 5
    seeds: int = 1

    def __post_init__(self) -> None:
        few = [n for n in self.labels if n is not None and n < LEAST_LABELS]
        if not self.labels or few:
            raise BadBenchmark(
                f"Numbers of labels are {LEAST_LABELS} or more, or 'all'; got {few or 'none'}."
            )
        if self.folds < 2 or self.seeds < 1:
            raise BadBenchmark(f"Needs 2 folds and 1 seed at least; got {self.folds} and {self.seeds}.")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Cell:
    """Answers of one training on its test frames: (frame, individual, keypoint)."""

    distance_px: NDArray[np.float64]
    placed: NDArray[np.bool_]
    confidence: NDArray[np.float64]
    radius_px: float
    seconds: float


def benchmark(
    labels: LabelSet,
    config: PoseConfig,
    plan: BenchmarkPlan,
    *,
    keep: Path | None = None,
    on_progress: OnProgress = ignore,
) -> list[dict[str, Any]]:
    """Train at each number of labels, on every fold and seed, and measure on the block that was held out.

    Frames are taken evenly over the training frames of a fold. Nothing is chosen by a test frame.

    Before the first training every number is looked at in every fold. One that some fold has not, or whose
    evenly taken frames cannot be trained on in some fold (too few of them, a keypoint that is on none), is
    left out whole, because figures of fewer folds would not be comparable; the other numbers are measured.
    Other frames are not taken instead: that would choose by what is labelled. What only a training itself
    finds out (a backbone that is not there) still ends the run; `keep` holds what was measured until then.

    Args:
        keep: Folder of what was measured already; a run that was stopped goes on from there.
        on_progress: Told of every training that ended (stage "benchmark"); the total is of those that there
            will be.

    Returns:
        One row a number of labels, figures pooled over folds and seeds: `labels`, `folds`, `seeds`, `n`,
        `missing`, `mean_px`, `median_px`, `rms_px`, `pck5`, `pck10`, `over50` (points), `ece`,
        `ece_by_chance` and `ece_by_chance_95` (what a perfect confidence would show, see `Reliability`),
        `train_s` (mean of a training, wall clock), `by_fold` (mean px of each) and `by_keypoint`. A number
        that cannot be measured has `labels` and `skipped`, the reason, and nothing else.

    Raises:
        BadBenchmark: No number can be measured, or a fold has nothing to test on; `keep` cannot be written,
            or holds a damaged file.
    """
    if keep is not None:
        _require_folder(keep)
    create(config)  # a family that there is not is told first
    check_points(labels)
    check_frames(labels)
    splits = _splits(labels, plan.folds)
    skipped = [_why_not(labels, config, count, splits) for count in plan.labels]
    if all(skipped):
        reasons = dict(zip(plan.labels, skipped, strict=True))
        told = "; ".join(f"{_named(count)} labels: {reason}" for count, reason in reasons.items())
        raise BadBenchmark(f"Nothing can be measured on these labels. {told}")
    total = skipped.count(None) * plan.folds * plan.seeds
    done = 0
    rows: list[dict[str, Any]] = []
    for count, reason in zip(plan.labels, skipped, strict=True):
        if reason is not None:
            rows.append({"labels": _named(count), "skipped": reason})
            continue
        cells: list[list[_Cell]] = []
        for split in splits:
            train, truth = labels.select(spread(split.train, count)), labels.select(split.test)
            cells.append([])
            for seed in range(config.seed, config.seed + plan.seeds):
                cells[-1].append(_cell(train, truth, replace(config, seed=seed), keep))
                done += 1
                on_progress(Progress(stage="benchmark", done=done, total=total))
        rows.append(_row(labels, count, plan, cells))
    return rows


def forecast(labels: LabelSet, plan: BenchmarkPlan, rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What twice as many training frames as the largest number measured should bring.

    The curve of `learning_curve` goes through one point a number of training frames: the pooled mean error.
    Folds are no points of their own, because how hard a block is has nothing to do with the number.

    Args:
        rows: What `benchmark` gave for these labels and this plan.

    Returns:
        `now` and `ahead`, each a `Forecast` as an object (`labels`: training frames, the mean over folds;
        `error_px`, `low_px`, `high_px`), and `reason`: empty, or why the two are None.
    """
    whole = float(np.mean([len(split.train) for split in _splits(labels, plan.folds)]))
    known = {row["labels"]: row["mean_px"] for row in rows if row.get("mean_px") is not None}
    errors = {float(count): error for count, error in known.items() if count != "all"}
    if "all" in known:
        # Folds may differ by a frame. A number that is as good as the whole of one was trained on the same
        # frames as "all": one point, not two.
        errors = {count: error for count, error in errors.items() if abs(count - whole) >= 1}
        errors[whole] = known["all"]
    try:
        curve = fit_learning_curve(list(errors), list(errors.values()))
        now, ahead = curve.forecast(curve.largest), curve.forecast(2 * curve.largest)
    except BadCurve as error:
        return {"now": None, "ahead": None, "reason": str(error)}
    return {"now": asdict(now), "ahead": asdict(ahead), "reason": ""}


def _splits(labels: LabelSet, folds: int) -> list[Split]:
    """Of each fold, in order of time."""
    splits = []
    for fold in range(folds):
        try:
            splits.append(split_holdout(labels, f"block:{fold / folds:.6f}-{(fold + 1) / folds:.6f}"))
        except BadHoldout as error:
            raise BadBenchmark(
                f"Fold {fold + 1} of {folds} cannot be measured: {error} Take fewer folds, or label more."
            ) from error
    return splits


def _named(count: int | None) -> int | str:
    return "all" if count is None else count


def _why_not(labels: LabelSet, config: PoseConfig, count: int | None, splits: Sequence[Split]) -> str | None:
    """Why so many labels cannot be measured in every fold; None where they can."""
    fewest = min(len(split.train) for split in splits)
    if count is not None and count > fewest:
        return f"a fold has {fewest} training frames"
    for number, split in enumerate(splits, start=1):
        try:
            _check_trainable(labels.select(spread(split.train, count)), config)
        except TooFewLabels as error:
            return f"fold {number} of {len(splits)}: {error}"
    return None


def _check_trainable(train: LabelSet, config: PoseConfig) -> None:
    """Raise `TooFewLabels` as the training would, without training; of an ensemble, as any of its members."""
    if config.members > 1:
        for number, left_out in enumerate(left_out_rows(train, config.members)):
            seen = np.setdiff1d(np.arange(len(train)), left_out)
            _check_trainable(train.select(seen), member_config(config, number))
        return
    if create(config).tells_individuals_apart:
        check_labels(train)
    else:
        check_placed(train.skeleton, np.asarray(placed_mask(train).any(axis=1)), "", train.frames)
    split_validation(train, labelled_rows(train), config.validation)


def _require_folder(keep: Path) -> None:
    """Raise `BadBenchmark` before the first training where the last could not be kept."""
    try:
        keep.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=keep):
            pass
    except OSError as error:
        raise BadBenchmark(f"{keep}: cannot be written ({error.strerror}). Keep it elsewhere.") from error


def spread(rows: Rows, count: int | None) -> Rows:
    """`count` of the rows, evenly over them, the first and the last among them; all when None."""
    if count is None:
        return rows
    if count > len(rows):
        raise BadBenchmark(f"{count} labels are asked for; a fold has {len(rows)} training frames.")
    return rows[np.round(np.linspace(0, len(rows) - 1, count)).astype(np.intp)]


def _cell(train: LabelSet, truth: LabelSet, config: PoseConfig, keep: Path | None) -> _Cell:
    file = None if keep is None else keep / f"{_name(train, truth, config)}.json"
    placed = placed_mask(truth)
    if file is not None and file.exists():
        points, confidence, radius_px, seconds = _kept(file, truth.points_px.shape)
    else:
        began = time.monotonic()
        model = create(config).fit(train)
        seconds = time.monotonic() - began
        found = model.predict_sources(truth.frames)
        if not model.tells_individuals_apart:
            found = match_to_truth(truth.points_px, *found)
        points, confidence = (a.astype(np.float64) for a in found)
        radius_px = float(model.card_.plan["radius_px"])
        if file is not None:
            answers = {"points_px": _listed(points), "confidence": _listed(confidence)}
            write_json(file, {**answers, "radius_px": radius_px, "seconds": seconds})
    distance = np.linalg.norm(points - truth.points_px, axis=-1)
    return _Cell(
        distance_px=distance, placed=placed, confidence=confidence, radius_px=radius_px, seconds=seconds
    )


def _kept(
    file: Path, shape: tuple[int, ...]
) -> tuple[NDArray[np.float64], NDArray[np.float64], float, float]:
    """Points, confidence, radius and seconds of a training that was measured before.

    Raises:
        BadBenchmark: The file is damaged: other figures than were measured must never be pooled.
    """
    try:
        kept = json.loads(file.read_text(encoding="utf-8"))
        points, confidence = (np.array(kept[key], dtype=np.float64) for key in ("points_px", "confidence"))
        numbers = [kept[key] for key in ("radius_px", "seconds")]
        if points.shape != shape or confidence.shape != shape[:-1]:
            raise ValueError(f"answers of shape {points.shape} and {confidence.shape}, not {shape}")
        if not all(isinstance(n, int | float) and not isinstance(n, bool) for n in numbers):
            raise TypeError("radius and seconds are no numbers")
        if not (0 < numbers[0] < np.inf and 0 <= numbers[1] < np.inf):
            raise ValueError(f"a radius of {numbers[0]} px and {numbers[1]} s")
        if np.isinf(points).any() or ((confidence < 0) | (confidence > 1)).any():
            raise ValueError("a position without end, or a confidence that is not in 0..1")
    except (OSError, ValueError, TypeError, LookupError, RecursionError) as error:
        reason = " ".join(str(error).split())[:200]
        raise BadBenchmark(
            f"{file}: damaged ({reason}). Delete it to measure this training again."
        ) from error
    return points, confidence, float(numbers[0]), float(numbers[1])


def _listed(values: NDArray[np.float64]) -> list[Any]:
    """For JSON: None where there is no answer."""
    objects = values.astype(object)
    objects[np.isnan(values)] = None
    listed: list[Any] = objects.tolist()
    return listed


def _name(train: LabelSet, truth: LabelSet, config: PoseConfig) -> str:
    """Of a training and its test: equal for equal labels and settings only."""
    text = json.dumps([fingerprint(train, config), labels_checksum(truth)])
    return hashlib.sha256(text.encode()).hexdigest()[:24]


def _row(
    labels: LabelSet, count: int | None, plan: BenchmarkPlan, cells: Sequence[Sequence[_Cell]]
) -> dict[str, Any]:
    every = [cell for fold in cells for cell in fold]
    distance, placed = _pooled(every)
    names = labels.skeleton.keypoints
    confidence = np.concatenate([cell.confidence[cell.placed] for cell in every])
    right = np.concatenate([cell.distance_px[cell.placed] <= cell.radius_px for cell in every])
    told = reliability(confidence, right)
    return {
        "labels": _named(count),
        "folds": plan.folds,
        "seeds": plan.seeds,
        **figures(distance, placed),
        "over50": int((distance[placed] > FAR_PX).sum()),
        "ece": told.ece,
        "ece_by_chance": told.ece_by_chance,
        "ece_by_chance_95": told.ece_by_chance_95,
        "train_s": float(np.mean([cell.seconds for cell in every])),
        "by_fold": [figures(*_pooled(fold))["mean_px"] for fold in cells],
        "by_keypoint": {name: figures(distance[..., k], placed[..., k]) for k, name in enumerate(names)},
    }


def _pooled(cells: Sequence[_Cell]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    return np.concatenate([c.distance_px for c in cells]), np.concatenate([c.placed for c in cells])
