"""Smoothing on rendered motion whose truth is known, against the answers as they came.

    python -m benchmarks.pose_smoothing [--frames 900] [--seed 0]

One view: noise that confidence knows of, outliers of 40 to 150 px (half of them with confidence 0.9), and an
error that lasts. Three views, near and far, each alone, together without calibration, and in space.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sbea_engine.geometry import reproject, triangulate
from sbea_engine.kinematics.smoothing import SmoothingConfig, confidence_of, smooth_points
from sbea_engine.kinematics.views import smooth_views
from sbea_engine.pipelines.smooth3d import smooth_in_space
from tests.fixtures.looking_rig import looking_rig
from tests.fixtures.noisy_motion import RADIUS_PX, noisy_motion, true_motion

CONFIG = SmoothingConfig(radius_px=RADIUS_PX)
SCENES: dict[str, dict[str, Any]] = {
    "noise and outliers": {},
    "five times as many outliers": {"outliers": 0.1},
    "hardly any noise, outliers": {"sigma_px": (0.05, 0.1)},
    "hardly any noise": {"sigma_px": (0.05, 0.1), "outliers": 0.0},
    "an error that lasts": {"sigma_px": (0.5, 1.5), "lasting_px": 2.0},
}


def rms(points: NDArray[Any], truth: NDArray[Any]) -> float:
    """Root mean square distance of what is there."""
    return round(float(np.sqrt(np.nanmean(((points - truth) ** 2).sum(axis=-1)))), 3)


def one_view(folder: Path, frames: int, seed: int, settings: dict[str, Any]) -> dict[str, Any]:
    folder.mkdir()
    motion = noisy_motion(folder, frames, seed=seed, **settings)
    found = smooth_points(motion.answers_px, motion.confidence, np.arange(frames), CONFIG)
    raw, smoothed, usual = motion.error(motion.answers_px), motion.error(found.points_px), ~motion.outlier
    return {
        "rms_px": [rms(p, motion.truth_px) for p in (motion.answers_px, found.points_px)],
        "median_px": [round(float(np.median(e)), 3) for e in (raw, smoothed)],
        "rms_px_without_outliers": [
            round(float(np.sqrt((e[usual] ** 2).mean())), 3) for e in (raw, smoothed)
        ],
        "largest_px": round(float(smoothed.max()), 2),
        "confidence": round(float(found.confidence.mean()), 3),
        "right": round(float((smoothed <= RADIUS_PX).mean()), 3),
    }


def three_views(folder: Path, frames: int, seed: int, times_as_far: float) -> dict[str, Any]:
    folder.mkdir()
    points_mm, _ = true_motion(folder, frames, seed=seed)
    rig = looking_rig(times_as_far=times_as_far)
    truth = reproject(rig, points_mm)
    rng = np.random.default_rng(seed)
    sigma = np.exp(rng.uniform(0, np.log(4), truth.shape[:-1]))
    answers = truth + sigma[..., None] * rng.normal(0, 1, truth.shape)
    confidence = confidence_of(sigma**2, RADIUS_PX)
    outlier = rng.random(sigma.shape) < 0.03
    answers[outlier] += rng.uniform(-80, 80, (int(outlier.sum()), 2))
    confidence[outlier] = np.where(rng.random(int(outlier.sum())) < 0.5, 0.9, 0.2)
    ticks = np.arange(frames)
    alone = [smooth_points(p, c, ticks, CONFIG).points_px for p, c in zip(answers, confidence, strict=True)]
    together = [v.points_px for v in smooth_views(answers, confidence, ticks, [CONFIG] * len(answers))]
    space = smooth_in_space(rig, answers, confidence, ticks, CONFIG)
    return {
        "raw_rms_px": rms(answers, truth),
        "each_alone_rms_px": rms(np.stack(alone), truth),
        "together_rms_px": rms(np.stack(together), truth),
        "triangulated_rms_mm": rms(triangulate(rig, answers, confidence).points_mm, points_mm),
        "in_space_rms_mm": rms(space.points_mm, points_mm),
        "in_space_expected_mm": round(float(np.sqrt(np.nanmean(space.sigma_mm**2))), 3),
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--frames", type=int, default=900)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        for number, (name, settings) in enumerate(SCENES.items()):
            row = one_view(Path(place) / str(number), asked.frames, asked.seed, settings)
            print(json.dumps({"scene": name, **row}), flush=True)
        for name, far in (("near cameras", 1.0), ("far cameras", 30.0)):
            row = three_views(Path(place) / name, asked.frames, asked.seed, far)
            print(json.dumps({"scene": name, **row}), flush=True)


if __name__ == "__main__":
    main()
