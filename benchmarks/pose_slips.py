"""What following an animal through slips of a few frames brings, on rendered animals whose truth is known.

    python -m benchmarks.pose_slips [--recipe solo] [--seeds 3 4 5] [--seconds 20] [--iterations 60 700]
                                    [--threads 1] [--json]

For each seed a recording of one camera is rendered, and models of the default family are trained on 20
labelled frames of it, briefly and at length: a model that is unsure slips often. The whole recording is
then predicted twice by the same model: each frame alone (`predict_stream`), and as a film (`predict_film`).
Printed are the errors of both on keypoints that the camera sees, how many frames have another answer, and
how many of these are nearer to the truth and further from it. The 20 frames are among those measured: what
is compared is one model with itself.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sbea_engine.pipelines.pose import load_labels
from sbea_engine.pose.answers import Answer
from sbea_engine.pose.config import PoseConfig
from sbea_engine.pose.factory import create
from sbea_engine.pose.frames import Image
from sbea_engine.synth import load_recipe, render_recording
from sbea_engine.video.reader import open_frames

LABELS = 20
CHANGED_PX = 5.0
"""Farther than rounding moves an answer."""


def render(recipe: str, seconds: float, seed: int, out: Path) -> tuple[Path, NDArray[np.float32]]:
    """A video, and (frame, individual, keypoint, 2) where its keypoints are; NaN where they are not seen."""
    render_recording(load_recipe(recipe), seconds=seconds, seed=seed, labels=LABELS, out=out)
    video = next(iter(sorted(out.glob("*.mp4"))))
    with np.load(out / "truth.npz") as truth:
        points, seen = (truth[f"{what}/{video.stem}"] for what in ("points_px", "visible"))
    return video, np.where(seen[..., None], points, np.nan).astype(np.float32)


def ask(
    predict: Callable[[Iterator[Image]], Generator[Answer]], video: Path
) -> tuple[NDArray[np.float32], float]:
    """Points of all frames, and processor milliseconds a frame."""
    began = time.process_time()
    with open_frames(video) as reader:
        points = np.concatenate([points for points, _ in predict(image for _, image in reader.iterate())])
    return points, (time.process_time() - began) / len(points) * 1e3


def errors(points: NDArray[np.float32], truth: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(np.linalg.norm(points - truth, axis=-1), np.float32)


def figures(points: NDArray[np.float32], truth: NDArray[np.float32], ms: float) -> dict[str, Any]:
    error = errors(points, truth)
    error = error[np.isfinite(error)]
    return {
        "mean_px": round(float(error.mean()), 2),
        "median_px": round(float(np.median(error)), 2),
        "beyond_20_px": round(float((error > 20).mean()), 4),
        "steps_over_50_px": int((np.linalg.norm(np.diff(points, axis=0), axis=-1) > 50).sum()),
        "ms_a_frame": round(ms, 1),
    }


def compare(video: Path, truth: NDArray[np.float32], labels: Path, config: PoseConfig) -> dict[str, Any]:
    """One model, asked both ways."""
    model = create(config).fit(load_labels(labels))
    alone, alone_ms = ask(model.predict_stream, video)
    film, film_ms = ask(model.predict_film, video)
    changed = np.abs(alone - film).max(axis=(-1, -2)) > CHANGED_PX
    before, after = (np.nanmean(errors(points, truth), axis=-1)[changed] for points in (alone, film))
    return {
        "alone": figures(alone, truth, alone_ms),
        "film": figures(film, truth, film_ms),
        "changed": int(changed.sum()),
        "nearer": int((after < before).sum()),
        "further": int((after > before).sum()),
        "changed_mean_px": [round(float(np.nanmean(e)), 1) if len(e) else None for e in (before, after)],
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--recipe", default="solo")
    parser.add_argument("--seeds", type=int, nargs="+", default=[3, 4, 5])
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--iterations", type=int, nargs="+", default=[60, 700], help="Steps of training.")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    rows = []
    for seed in arguments.seeds:
        with tempfile.TemporaryDirectory() as place:
            folder = Path(place) / "recording"
            video, truth = render(arguments.recipe, arguments.seconds, seed, folder)
            for iterations in arguments.iterations:
                config = PoseConfig(family="two_stage", iterations=iterations, threads=arguments.threads)
                found = compare(video, truth, folder, config)
                rows.append({"seed": seed, "iterations": iterations, **found})
    result = {"recipe": arguments.recipe, "seconds": arguments.seconds, "rows": rows}
    print(json.dumps(result) if arguments.json else json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
