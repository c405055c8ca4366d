"""What it would bring to keep the weights that were best on the validation frames, instead of the last ones.

    python -m benchmarks.pose_early_stopping [--data ../shared/data/openfield/openfield-Pranav-2018-10-30]
                                             [--family pose_machine] [--preset default] [--labels all 10]
                                             [--times 1] [--threads 1]

DeepLabCut's openfield project, five blocks of time held out in turn. At every point of the training curve the
running average of the weights is also measured on the held-out block. Three choices are compared: the last
weights, which the program keeps; those with the least mean error on the validation frames; and those with the
least error on the test frames themselves, which nobody can know and which bounds what any stopping can bring.
`--times 3` trains three times as long, where there is more to stop early from.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
from torch import nn

from sbea_engine.data import LabelSet
from sbea_engine.nn.runtime import compute_threads
from sbea_engine.nn.trainer import Check
from sbea_engine.pipelines.pose import load_labels
from sbea_engine.pipelines.pose_benchmark import spread
from sbea_engine.pose.config import PoseConfig
from sbea_engine.pose.frames import FrameStore
from sbea_engine.pose.splits import split_holdout
from sbea_engine.pose.training import Training, Validation

FOLDS = 5


class WithTest(Validation):
    """Validation that also looks at the test frames, for the record alone."""

    def __init__(self, validation: Validation, test: Validation) -> None:
        self._validation, self._test = validation, test
        self.points: list[dict[str, float]] = []

    def check(self, model: nn.Module) -> Check:
        """See `Validation`; the answer is that of the validation frames."""
        seen, tested = self._validation.check(model), self._test.check(model)
        self.points.append(
            {
                "val_px": seen.metrics["val_mean_px"],
                "mean_px": tested.metrics["val_mean_px"],
                "median_px": tested.metrics["val_median_px"],
            }
        )
        return seen


def curve(train: LabelSet, test: LabelSet, config: PoseConfig, steps: int) -> list[dict[str, float]]:
    """The error on validation and on test frames along one training."""
    with compute_threads(config.threads):
        training = Training(train, config, config.size)
        frames = FrameStore(test, config.colour, config.cache_bytes)
        frames.measure()
        frames.load(training.plan)
        held_out = Validation(test, frames, np.arange(len(test)), training.plan)
        training.validation = looked = WithTest(training.validation, held_out)
        training.run(training.model, training.fit_rows, steps)
    return looked.points


def compare(labels: LabelSet, config: PoseConfig, count: int | None, times: float) -> dict[str, Any]:
    """Means over the folds of what each choice gives."""
    rows: list[dict[str, dict[str, float]]] = []
    for fold in range(FOLDS):
        split = split_holdout(labels, f"block:{fold / FOLDS:.6f}-{(fold + 1) / FOLDS:.6f}")
        train, test = labels.select(spread(split.train, count)), labels.select(split.test)
        points = curve(train, test, config, round(times * config.steps(len(labels.individuals))))
        best = int(np.argmin([point["val_px"] for point in points]))
        known = int(np.argmin([point["mean_px"] for point in points]))
        rows.append({"last": points[-1], "stopped": points[best], "known": points[known]})
        where = {"stopped_at": best + 1, "of": len(points)}
        print(json.dumps({"labels": count, "fold": fold, **where, **rows[-1]}), flush=True)
    return {
        "labels": "all" if count is None else count,
        **{
            f"{choice}_{figure}": float(np.mean([row[choice][figure] for row in rows]))
            for choice in ("last", "stopped", "known")
            for figure in ("mean_px", "median_px")
        },
        "stopped_worse_in": sum(row["stopped"]["mean_px"] > row["last"]["mean_px"] for row in rows),
        "stopped_before_the_end_in": sum(row["stopped"] is not row["last"] for row in rows),
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--data", type=Path, default=Path("../shared/data/openfield/openfield-Pranav-2018-10-30")
    )
    parser.add_argument("--family", default="pose_machine")
    parser.add_argument("--preset", default="default")
    parser.add_argument("--labels", nargs="+", default=["all", "10"])
    parser.add_argument("--times", type=float, default=1.0, help="Times the preset's steps.")
    parser.add_argument("--threads", type=int, default=1)
    asked = parser.parse_args()
    config = PoseConfig.from_dict({"family": asked.family, "preset": asked.preset, "threads": asked.threads})
    labels = load_labels(asked.data)
    found = [
        compare(labels, config, None if count == "all" else int(count), asked.times) for count in asked.labels
    ]
    print(json.dumps({"config": config.to_dict(), "times": asked.times, "rows": found}))


if __name__ == "__main__":
    main()
