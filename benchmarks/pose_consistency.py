"""What terms on unlabelled video are worth: the same few labels without any, with each alone, with all.

    python -m benchmarks.pose_consistency [--seeds 0 1] [--labels 10] [--seconds 8] [--iterations 200]
                                          [--preset tiny] [--temporal 10] [--pose 1] [--views 0]

A mouse is rendered, another motion for each seed. Labels are spread over the first two thirds of its video,
the whole of which is the unlabelled one; errors are of keypoints that are to be seen in the last third, of
which no label is known. Jumps are moves of an answer by more than 20 or 50 px from one frame to the next, in
all of the video, where the keypoint itself moves less; a thousand moves each.
Weights are to be chosen on other seeds than those that are reported. A row of JSON for each training; time is
that of the processor.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sbea_engine.data import LabelSet
from sbea_engine.pose.config import PoseConfig
from sbea_engine.pose.factory import create
from sbea_engine.synth import load_recipe, render_recording
from sbea_engine.synth.truth import Truth, load_truth

TERMS = ("temporal", "pose", "views")
TRAINED = 2 / 3
"""Share of the video that labels are of."""

JUMPS_PX = (20.0, 50.0)


def rendered(asked: argparse.Namespace, seed: int, folder: Path) -> tuple[Truth, LabelSet]:
    """A recording, and labels of its first two thirds in all views."""
    recipe = load_recipe(asked.recipe)
    frames = round(asked.seconds * recipe.fps)
    count = round(asked.labels / TRAINED)
    render_recording(recipe, cameras=asked.cameras, frames=frames, seed=seed, labels=count, out=folder)
    labels = LabelSet.load(folder)
    early = [row for row, frame in enumerate(labels.frames) if frame.moment[1] < TRAINED * frames]
    return load_truth(folder), labels.select(early)


def measure(truth: Truth, view: str, points_px: NDArray[np.floating[Any]]) -> dict[str, Any]:
    """Errors late in one view's video (frame, individual, keypoint, 2), and jumps all along."""
    known = truth.views[view]
    true = known.points_px[: len(points_px)]
    late = np.arange(len(points_px)) >= TRAINED * len(points_px)
    error = np.linalg.norm(points_px - true, axis=-1)[late][known.visible[: len(points_px)][late]]
    moved, truly = (np.linalg.norm(np.diff(p, axis=0), axis=-1) for p in (points_px, true))
    return {
        "error": error,
        "jumps": {px: float(1000 * ((moved > px) & (truly <= px)).mean()) for px in JUMPS_PX},
    }


def run(
    asked: argparse.Namespace, seed: int, terms: dict[str, float], truth: Truth, labels: LabelSet
) -> dict[str, Any]:
    """Train with these terms, and measure."""
    videos = tuple(str(truth.video(view)) for view in truth.views)
    settings: dict[str, Any] = {
        "preset": asked.preset,
        "family": asked.family,
        "seed": seed,
        "iterations": asked.iterations,
        "threads": 1,
    }
    if terms:
        settings["consistency"] = {"videos": videos, **terms}
    began = time.process_time()
    model = create(PoseConfig.from_dict(settings)).fit(labels)
    seconds = time.process_time() - began
    found = [measure(truth, view, model.predict(truth.video(view)).points_px) for view in truth.views]
    error = np.concatenate([f["error"] for f in found])
    consistency = model.card_.training.get("consistency", {})
    return {
        "seed": seed,
        "terms": terms,
        "labels": len(labels),
        "n": len(error),
        "mean_px": round(float(error.mean()), 2),
        "median_px": round(float(np.median(error)), 2),
        "p95_px": round(float(np.quantile(error, 0.95)), 2),
        **{f"jumps{px:.0f}": round(float(np.mean([f["jumps"][px] for f in found])), 2) for px in JUMPS_PX},
        "train_s": round(seconds, 1),
        **{name: consistency.get(name) for name in ("unlabelled_frames", "body_length_px")},
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--recipe", default="solo")
    parser.add_argument("--family", default="pose_machine")
    parser.add_argument("--preset", default="tiny")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1])
    for name, value in (("labels", 10), ("iterations", 200), ("cameras", 1)):
        parser.add_argument(f"--{name}", type=int, default=value)
    parser.add_argument("--seconds", type=float, default=8.0)
    for term, weight in (("temporal", 10.0), ("pose", 1.0), ("views", 0.0)):
        parser.add_argument(f"--{term}", type=float, default=weight, help="Weight; 0 leaves the term out.")
    parser.add_argument("--only", nargs="+", help="Of: none, the terms, all.")
    asked = parser.parse_args()
    weights = {term: getattr(asked, term) for term in TERMS if getattr(asked, term) > 0}
    ways = {"none": {}, **{term: {term: weight} for term, weight in weights.items()}}
    if len(weights) > 1:
        ways["all"] = weights
    with tempfile.TemporaryDirectory() as place:
        for seed in asked.seeds:
            truth, labels = rendered(asked, seed, Path(place) / str(seed))
            for name, terms in ways.items():
                if asked.only is None or name in asked.only:
                    row = run(asked, seed, terms, truth, labels)
                    print(json.dumps({"way": name, **row}), flush=True)


if __name__ == "__main__":
    main()
