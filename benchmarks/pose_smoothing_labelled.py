"""Smoothing on real videos whose every frame is labelled: a mouse seen by four cameras.

    python -m benchmarks.pose_smoothing_labelled [--data ../shared/data/sleap_anipose] [--preset default]
                                                 [--out FOLDER] [--threads 1] [--seed 0]

SLEAP-Anipose's minimal session: 120 frames of each camera, with proofread keypoints. One model learns every
third of the first 60 frames of all views; its predictions of the last 50 are held against the labels as they
came, smoothed view by view, and smoothed together without a calibration. Nothing is chosen by these frames.

`motion_px` is how far a labelled keypoint moves from frame to frame, `steps_px` how far an answer does.
`rise_px` is the mean error minus that of the answers as they came, with a 95 % interval by drawing blocks of
time; `weaker` is the mean error of each view by itself where the motion is taken for so many times as strong,
so that less is smoothed.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sbea_engine.data import FrameSource, LabelSet, Poses, Skeleton, Visibility
from sbea_engine.io.poses_store import open_poses
from sbea_engine.io.sleap.analysis import read_analysis
from sbea_engine.kinematics.smoothing import SmoothingConfig, estimate_strength, smooth_points
from sbea_engine.pipelines.pose import train_and_evaluate
from sbea_engine.pipelines.pose_video import predict_video
from sbea_engine.pipelines.smooth import radius_of, smooth_store
from sbea_engine.pipelines.smooth_views import smooth_stores
from sbea_engine.pose.comparison import compare
from sbea_engine.pose.config import PoseConfig
from sbea_engine.pose.heldout import HeldOut
from sbea_engine.pose.reliability import reliability
from sbea_engine.progress import Progress

VIEWS = ("back", "mid", "side", "top")
LEARNED, TESTED = range(0, 60, 3), range(70, 120)
WEAKER = (1, 10, 100, 1000)
PAIRS = (("Ear_L", "Ear_R"), ("Shoulder_left", "Shoulder_right"), ("Haunch_left", "Haunch_right"))
Floats = NDArray[np.float64]


def labels_of(data: Path, truth: Mapping[str, Poses], frames: range) -> LabelSet:
    """Labels of these frames of all the views of `truth`."""
    first = next(iter(truth.values()))
    points = np.concatenate([poses.points_px[list(frames)] for poses in truth.values()])
    placed = np.isfinite(points).all(axis=-1)
    return LabelSet(
        skeleton=Skeleton(keypoints=first.skeleton.keypoints, edges=first.skeleton.edges, symmetric=PAIRS),
        individuals=("mouse",),
        frames=tuple(
            FrameSource(
                video=view, index=i, path=data / view / f"minimal_{view}.mp4", recording="take", tick=i
            )
            for view in truth
            for i in frames
        ),
        points_px=points,
        visibility=np.where(placed, Visibility.VISIBLE, Visibility.UNLABELLED).astype(np.int8),
    )


def measure(store: Path, truth: Poses, radius_px: float) -> dict[str, Any]:
    """Distances of a view on the frames that were not learned."""
    found, rows = open_poses(store).window(), list(TESTED)
    points, labels = found.points_px[rows].astype(np.float64), truth.points_px[rows]
    off = np.linalg.norm(points - labels, axis=-1)
    placed = np.isfinite(labels).all(axis=-1)
    answered = placed & np.isfinite(off)
    told = reliability(found.confidence[rows][answered], off[answered] <= radius_px)
    steps = np.linalg.norm(np.diff(points, axis=0), axis=-1)
    return {
        "n": int(answered.sum()),
        "missing": int((placed & ~answered).sum()),
        "mean_px": float(off[answered].mean()),
        "median_px": float(np.median(off[answered])),
        "rms_px": float(np.sqrt((off[answered] ** 2).mean())),
        "within_20_px": float((off[answered] <= 20).mean()),
        "steps_px": float(np.nanmean(steps)),
        "ece": told.ece,
        "ece_by_chance": told.ece_by_chance,
    }


def rise(before: Path, after: Path, labels: LabelSet) -> list[float | None]:
    """Mean error of a store minus that of another, and the interval, on the frames that were not learned."""
    found = [open_poses(store).window() for store in (before, after)]
    rows = list(TESTED)
    held = [HeldOut.of(labels, w.points_px[rows], w.confidence[rows]) for w in found]
    difference = compare(held[0], held[1]).overall
    return [difference.difference_px, difference.low_px, difference.high_px]


def weaker(store: Path, truth: Poses, config: SmoothingConfig) -> dict[int, float]:
    """Mean error on the frames that were not learned, by how much stronger the motion is taken to be."""
    found, rows = open_poses(store).window(), list(TESTED)
    given = found.points_px, found.confidence, np.arange(len(found.points_px))
    chosen = estimate_strength(*given, config)
    means = {}
    for times in WEAKER:
        smoothed = smooth_points(*given, config, chosen._replace(ratio=chosen.ratio * times)).points_px
        off = np.linalg.norm(smoothed[rows] - truth.points_px[rows], axis=-1)
        means[times] = float(np.nanmean(off))
    return means


def report(progress: Progress) -> None:
    if progress.done == progress.total:
        print(f"{progress.stage}: {progress.total}", file=sys.stderr)


def run(data: Path, config: PoseConfig, out: Path) -> dict[str, Any]:
    """Train, predict, smooth in both ways, and measure each view."""
    truth = {view: read_analysis(data / view / f"minimal_{view}_proofread.analysis.h5")[0] for view in VIEWS}
    model = out / "model"
    train_and_evaluate(labels_of(data, truth, LEARNED), config, "none", model, on_progress=report)
    raw = {view: out / "raw" / view for view in VIEWS}
    for view, store in raw.items():
        predict_video(model, data / view / f"minimal_{view}.mp4", store, threads=config.threads)
    radius_px = radius_of(raw[VIEWS[0]], [model])
    settings = SmoothingConfig(radius_px=radius_px)
    alone = {view: out / "alone" / view for view in VIEWS}
    for view, store in alone.items():
        smooth_store(raw[view], store, settings)
    together = smooth_stores(raw, out / "together", dict.fromkeys(VIEWS, settings))
    moved = [np.linalg.norm(np.diff(truth[v].points_px[list(TESTED)], axis=0), axis=-1) for v in VIEWS]
    labels = {view: labels_of(data, {view: truth[view]}, TESTED) for view in VIEWS}
    ways = {"raw": raw, "alone": alone, "together": together.stores}
    return {
        "radius_px": radius_px,
        "motion_px": [float(np.nanmean(steps)) for steps in moved],
        "dimensions": together.dimensions,
        "views": {
            view: {
                name: {
                    **measure(stores[view], truth[view], radius_px),
                    "rise_px": rise(raw[view], stores[view], labels[view]),
                }
                for name, stores in ways.items()
            }
            | {"weaker": weaker(raw[view], truth[view], settings)}
            for view in VIEWS
        },
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=Path("../shared/data/sleap_anipose"))
    parser.add_argument("--preset", default="default")
    parser.add_argument("--out", type=Path, help="Folder to keep model and poses in.")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    config = PoseConfig.from_dict({"preset": asked.preset, "threads": asked.threads, "seed": asked.seed})
    with tempfile.TemporaryDirectory() as place:
        found = run(asked.data, config, asked.out or Path(place))
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
