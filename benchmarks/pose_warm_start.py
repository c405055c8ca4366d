"""Going on from a model against starting anew, at the same few steps and the same labels (openfield).

    python benchmarks/pose_warm_start.py --out RUNS [--data ../shared/data/openfield] [--first 20] [--labels
                                         40] [--preset fast] [--iterations 60 120 245] [--seeds 0] [--json]

A first model is trained at the preset's full length on `--first` labels, spread evenly over what is not held
out. Then there are `--labels` of them, the first ones included. For each number of steps two models are
trained on these: one goes on from the first, the other starts anew. All are measured on the same frames, the
last fifth of the labels in time, which no weight of any of them has seen.
The last row of a seed is a training anew at the preset's full length: what going on is to be held against.

A run that was stopped goes on where it was; finished trainings are read from RUNS.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

from sbea_engine.data import LabelSet
from sbea_engine.pipelines.pose import TrainingResult, load_labels, train_and_evaluate
from sbea_engine.pipelines.warm_start import config_from
from sbea_engine.pose.config import PoseConfig
from sbea_engine.pose.splits import split_holdout
from sbea_engine.progress import Progress

PROJECT = "openfield-Pranav-2018-10-30"
HOLDOUT = "last:0.2"
FIGURES = ("n", "mean_px", "median_px", "pck5", "pck10")


def spread(labels: LabelSet, count: int) -> LabelSet:
    """So many of the training frames, evenly in time, and all held-out frames.

    The held-out ones are then still those: the same stretch of time is named as a block.
    """
    split = split_holdout(labels, HOLDOUT)
    chosen = split.train[np.linspace(0, len(split.train) - 1, count).round().astype(np.intp)]
    return labels.select(np.sort(np.concatenate([chosen, split.test])))


def holdout_of(some: LabelSet, labels: LabelSet) -> str:
    """The same held-out frames, as a share of fewer labels."""
    held_out = len(split_holdout(labels, HOLDOUT).test)
    return f"last:{held_out / len(some):.6f}"


def report(progress: Progress) -> None:
    if progress.done == progress.total:
        print(f"{progress.stage}: {progress.total}", file=sys.stderr)


def row(how: str, result: TrainingResult, **facts: Any) -> dict[str, Any]:
    test = result.metrics["test"]
    training = {"iterations": result.card.training["iterations"], "train_s": result.card.training["seconds"]}
    return {"how": how, **facts, **training, **{name: test[name] for name in FIGURES}}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=Path("../shared/data/openfield"))
    parser.add_argument("--out", type=Path, required=True, help="Folder of the trainings, for going on.")
    parser.add_argument("--first", type=int, default=20, help="Labels of the first model.")
    parser.add_argument("--labels", type=int, default=40, help="Labels of those that follow.")
    parser.add_argument("--family", default="two_stage")
    parser.add_argument("--preset", default="fast")
    parser.add_argument("--iterations", type=int, nargs="+", default=[60, 120, 245])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    project = arguments.data / PROJECT
    if not project.is_dir():
        raise SystemExit(f"{project}: not there. This benchmark needs DeepLabCut's openfield project.")
    labels = load_labels(project)
    few, many = spread(labels, arguments.first), spread(labels, arguments.labels)
    rows: list[dict[str, Any]] = []

    def add(found: dict[str, Any]) -> None:
        rows.append(found)
        print(json.dumps(found), flush=True)

    for seed in arguments.seeds:
        named = {"preset": arguments.preset, "family": arguments.family}
        usual = {**named, "seed": seed, "threads": arguments.threads}
        kind = f"{arguments.family}-{arguments.preset}-{arguments.first}-{arguments.labels}-seed{seed}"
        place = arguments.out / kind
        parent = place / "first"
        config = PoseConfig.from_dict(usual)
        first = train_and_evaluate(few, config, holdout_of(few, labels), parent, on_progress=report)
        add(row("first", first, seed=seed, labels=arguments.first))
        for steps in arguments.iterations:
            short = {**usual, "iterations": steps}
            # The stretch that was held out is the same; of more labels it is another share.
            warm = train_and_evaluate(
                many,
                config_from(parent, short),
                holdout_of(few, labels),
                place / f"on-{steps}",
                start=parent,
                on_progress=report,
            )
            add(row("on", warm, seed=seed, labels=arguments.labels))
            anew = train_and_evaluate(
                many,
                PoseConfig.from_dict(short),
                holdout_of(many, labels),
                place / f"anew-{steps}",
                on_progress=report,
            )
            add(row("anew", anew, seed=seed, labels=arguments.labels))
        whole = train_and_evaluate(
            many, config, holdout_of(many, labels), place / "anew-full", on_progress=report
        )
        add(row("anew, full length", whole, seed=seed, labels=arguments.labels))
    if arguments.json:
        print(json.dumps({"rows": rows}))


if __name__ == "__main__":
    main()
