"""Accuracy of the family `deeplabcut` over the radius of its discs, on DeepLabCut's openfield project.

    python benchmarks/pose_disc_radius.py --out RUNS [--data ../shared/data/openfield] [--radii 2 4 8 17 34]
                                          [--folds 0 4] [--preset fast] [--iterations 250] [--json]

The publication of 2018 found the error flat over a wide range of radii, and rising where discs become too
small to hold cells. For each radius and each fold (a contiguous fifth of the labelled frames is held out) a
small network is trained anew with the same seed and the same steps, and measured on the held-out frames.
Folds are blocks of time; nothing is chosen by them.

A run that was stopped goes on where it was, also within a training; finished trainings are read from RUNS.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

from sbea_engine.data import LabelSet
from sbea_engine.pipelines.pose import load_labels, train_and_evaluate
from sbea_engine.pose.config import PoseConfig
from sbea_engine.pose.disc_maps import STRIDE
from sbea_engine.progress import Progress

PROJECT = "openfield-Pranav-2018-10-30"
FOLDS = 5
RADII_PX = (2.0, 4.0, 8.0, 12.0, 17.0, 25.0, 40.0)
FIGURES = ("mean_px", "median_px", "pck5", "pck10")


def share_of_discs_with_cells(radius_px: float, tries: int = 20_000) -> float:
    """Share of keypoints, anywhere between cells, whose disc holds the centre of a cell at all."""
    reach = np.random.default_rng(0).uniform(-STRIDE / 2, STRIDE / 2, (tries, 2))
    return float((np.hypot(*reach.T) <= radius_px).mean())


def measure(labels: LabelSet, config: PoseConfig, fold: int, out: Path) -> dict[str, Any]:
    """Figures of one training on the frames that it did not see."""
    holdout = f"block:{fold / FOLDS:.6f}-{(fold + 1) / FOLDS:.6f}"
    folder = (
        out / f"{config.preset}-{config.iterations}-seed{config.seed}-r{config.disc_radius_px:g}-fold{fold}"
    )
    result = train_and_evaluate(labels, config, holdout, folder, on_progress=report)
    test = result.metrics["test"]
    return {
        "radius_px": config.disc_radius_px,
        "fold": fold,
        "train_seconds": result.card.training["seconds"],
        "iterations": result.card.training["iterations"],
        **{name: test[name] for name in FIGURES},
    }


def report(progress: Progress) -> None:
    if progress.done == progress.total:
        print(f"{progress.stage}: {progress.total}", file=sys.stderr)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=Path("../shared/data/openfield"))
    parser.add_argument("--out", type=Path, required=True, help="Folder of the trainings, for going on.")
    parser.add_argument("--radii", type=float, nargs="+", default=RADII_PX, help="Working pixels.")
    parser.add_argument("--folds", type=int, nargs="+", default=[0, 4], choices=range(FOLDS))
    parser.add_argument("--preset", default="fast")
    parser.add_argument("--iterations", type=int, default=250)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    project = arguments.data / PROJECT
    if not project.is_dir():
        raise SystemExit(f"{project}: not there. This benchmark needs DeepLabCut's openfield project.")
    labels = load_labels(project)
    rows = []
    for fold in arguments.folds:
        for radius in arguments.radii:
            config = PoseConfig(
                family="deeplabcut",
                preset=arguments.preset,
                iterations=arguments.iterations,
                seed=arguments.seed,
                threads=arguments.threads,
                disc_radius_px=radius,
            )
            row = measure(labels, config, fold, arguments.out)
            rows.append(row | {"discs_with_cells": round(share_of_discs_with_cells(radius), 3)})
            print(json.dumps(rows[-1]), flush=True)
    if arguments.json:
        print(json.dumps({"rows": rows}))


if __name__ == "__main__":
    main()
