"""What a model says of an arena in which nobody is.

    python -m benchmarks.pose_absent [--seeds 31 32] [--seconds 12] [--labels 40] [--family two_stage]
                                     [--preset fast] [--recipe solo] [--threads 1] [--out FOLDER]

A network learns labelled frames of a rendered recording, in all of which the animal is. It then answers
frames of the video, and the median picture of the video, which shows the arena alone, under noise of its own
each time. Printed are mean and 95th percentile of the confidence of both. With `--out` a run that was stopped
goes on.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from sbea_engine.pipelines.pose import load_labels, train_and_evaluate
from sbea_engine.pose.config import PoseConfig
from sbea_engine.pose.factory import PoseModel, load
from sbea_engine.pose.frames import Image
from sbea_engine.synth import load_recipe, render_recording
from sbea_engine.video.reader import open_frames

EVERY, EMPTY, NOISE = 4, 12, 4.0
"""Frames of the video that are answered; empty pictures; their noise, grey levels."""


def confidence(model: PoseModel, pictures: Sequence[Image]) -> dict[str, float]:
    """Mean and 95th percentile over keypoints and pictures."""
    sure = np.concatenate([part for _, part in model.predict_stream(iter(pictures))])
    return {"mean": round(float(sure.mean()), 3), "p95": round(float(np.percentile(sure, 95)), 3)}


def measured(folder: Path, config: PoseConfig) -> dict[str, Any]:
    """Train on a rendered recording, and ask of its video with and without the animal."""
    video = next(iter(sorted(folder.glob("*.mp4"))))
    place = folder / f"model-{config.family}"
    train_and_evaluate(load_labels(folder), config, "none", place)
    model = load(place, threads=config.threads)
    with open_frames(video) as reader:
        frames = [image for _, image in reader.iterate(0, None, EVERY)]
    arena = np.median(np.stack(frames), axis=0)
    noise = [np.random.default_rng(n).normal(0, NOISE, arena.shape) for n in range(EMPTY)]
    empty = [np.clip(arena + one, 0, 255).astype(np.uint8) for one in noise]
    return {"recording": folder.name, "video": confidence(model, frames), "empty": confidence(model, empty)}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--recipe", default="solo")
    parser.add_argument("--seeds", type=int, nargs="+", default=[31, 32])
    parser.add_argument("--seconds", type=float, default=12.0)
    parser.add_argument("--labels", type=int, default=40)
    parser.add_argument("--family", default="two_stage")
    parser.add_argument("--preset", default="fast")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--out", type=Path, help="Folder to keep recordings and models in.")
    asked = parser.parse_args()
    config = PoseConfig.from_dict({"family": asked.family, "preset": asked.preset, "threads": asked.threads})
    with tempfile.TemporaryDirectory() as place:
        for seed in asked.seeds:
            folder = (asked.out or Path(place)) / f"{asked.recipe}-{seed}"
            if not (folder / "truth.npz").exists():
                more = {"seconds": asked.seconds, "labels": asked.labels}
                render_recording(load_recipe(asked.recipe), seed=seed, out=folder, **more)
            print(json.dumps(measured(folder, config)), flush=True)


if __name__ == "__main__":
    main()
