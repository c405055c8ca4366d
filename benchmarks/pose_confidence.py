"""Whether confidence holds on openfield's held-out blocks of time, of one network and of an ensemble.

    python -m benchmarks.pose_confidence --out DIR [--data ../shared/data/openfield] [--iterations 150]

For each fold (a contiguous fifth of the 116 labelled frames) one network and a cross-fitted ensemble of five
are trained on the other four fifths and measured on it. Models stay in DIR, so that a run that was stopped
goes on. Printed are, by fold and over the answers of all folds: error, share right, calibration error (ECE)
and what a perfect confidence would show by chance alone, Brier score; whether confidence or spread ranks
errors; and the labels that look wrong to those who had not seen them.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import spearmanr

from sbea_engine.data import LabelSet
from sbea_engine.pipelines.pose import load_labels, train_and_evaluate
from sbea_engine.pipelines.trust import suspect_labels
from sbea_engine.pose.config import PoseConfig
from sbea_engine.pose.ensemble import PoseEnsemble
from sbea_engine.pose.factory import load
from sbea_engine.pose.recalibration import known_points, right_answers
from sbea_engine.pose.reliability import reliability
from sbea_engine.pose.splits import split_holdout
from sbea_engine.pose.suspects import in_words

PROJECT = "openfield-Pranav-2018-10-30"
MODELS = {"one network": 1, "ensemble of 5": 5}


def judged(folder: Path, truth: LabelSet, threads: int) -> dict[str, NDArray[Any]]:
    """Distance, confidence and rightness of all known points, and the spread where there is one."""
    model = load(folder, threads=threads)
    if isinstance(model, PoseEnsemble):
        points, confidence, spread = model.predict_sources_with_spread(truth.frames)
    else:
        points, confidence = model.predict_sources(truth.frames)
        spread = np.full_like(confidence, np.nan)
    known = known_points(truth)
    right = right_answers(truth, points, float(model.card_.plan["radius_px"]))
    distance = np.linalg.norm(points.astype(np.float64) - truth.points_px, axis=-1)
    found = {"distance": distance, "confidence": confidence, "right": right, "spread": spread}
    return {name: values[known] for name, values in found.items()}


def figures(found: dict[str, NDArray[Any]]) -> dict[str, Any]:
    """What is printed of the answers of one fold, or of all."""
    row = dataclasses.asdict(reliability(found["confidence"], found["right"]))
    del row["bins"]
    row |= {"mean_px": float(found["distance"].mean()), "median_px": float(np.median(found["distance"]))}
    row["rank_by_confidence"] = float(spearmanr(-found["confidence"], found["distance"]).statistic)
    if np.isfinite(found["spread"]).all():
        row["rank_by_spread"] = float(spearmanr(found["spread"], found["distance"]).statistic)
    return {k: round(v, 4) if isinstance(v, float) else v for k, v in row.items()}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, required=True, help="Folder to keep the models in.")
    parser.add_argument("--data", type=Path, default=Path("../shared/data/openfield"))
    parser.add_argument("--preset", default="fast")
    parser.add_argument("--iterations", type=int, default=150)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    project = asked.data / PROJECT
    if not project.is_dir():
        raise SystemExit(f"{project}: not there. This benchmark needs DeepLabCut's openfield project.")
    labels = load_labels(project)
    rows: dict[str, Any] = {name: [] for name in MODELS}
    answers: dict[str, list[dict[str, NDArray[Any]]]] = {name: [] for name in MODELS}
    suspects = []
    for fold in range(asked.folds):
        holdout = f"block:{fold / asked.folds:.6f}-{(fold + 1) / asked.folds:.6f}"
        truth = labels.select(split_holdout(labels, holdout).test)
        for name, members in MODELS.items():
            config = PoseConfig(
                preset=asked.preset, iterations=asked.iterations, threads=asked.threads, members=members
            )
            folder = asked.out / f"fold-{fold}" / name.replace(" ", "-")
            train_and_evaluate(labels, config, holdout, folder)
            answers[name].append(judged(folder, truth, asked.threads))
            rows[name].append({"fold": fold, **figures(answers[name][-1])})
            print(json.dumps({"model": name, **rows[name][-1]}), flush=True)
        found = suspect_labels(folder, labels, threads=asked.threads)
        suspects.append({"fold": fold, "words": in_words(found, labels.skeleton), "suspects": found})
        print(json.dumps({"fold": fold, "suspects": [dataclasses.asdict(s) for s in found]}), flush=True)
    pooled = {
        name: figures({key: np.concatenate([part[key] for part in parts]) for key in parts[0]})
        for name, parts in answers.items()
    }
    summary = {
        "folds": rows,
        "all_folds": pooled,
        "label_errors": [{"fold": s["fold"], "words": s["words"]} for s in suspects],
    }
    print(json.dumps(summary) if asked.json else json.dumps(summary, indent=1))


if __name__ == "__main__":
    main()
