"""Smoothing on real videos whose every frame is labelled: a mouse seen by four cameras.

    python -m benchmarks.pose_smoothing_labelled [--data ../shared/data/sleap_anipose] [--preset default]
                                                 [--out FOLDER] [--threads 1] [--seed 0]

SLEAP-Anipose's minimal session: 120 frames of each camera, with proofread keypoints. One model learns every
third of the first 60 frames of all views; its predictions of the last 50 are held against the labels as they
came, smoothed view by view, and smoothed together without a calibration. Nothing is chosen by these frames.

`motion_px` is how far a labelled keypoint moves from frame to frame, `steps_px` how far an answer does.
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
from sbea_engine.kinematics.smoothing import SmoothingConfig
from sbea_engine.pipelines.pose import train_and_evaluate
from sbea_engine.pipelines.pose_video import predict_video
from sbea_engine.pipelines.smooth import radius_of, smooth_store
from sbea_engine.pipelines.smooth_views import smooth_stores
from sbea_engine.pose.config import PoseConfig
from sbea_engine.pose.reliability import reliability
from sbea_engine.progress import Progress

VIEWS = ("back", "mid", "side", "top")
LEARNED, TESTED = range(0, 60, 3), slice(70, 120)
PAIRS = (("Ear_L", "Ear_R"), ("Shoulder_left", "Shoulder_right"), ("Haunch_left", "Haunch_right"))
Floats = NDArray[np.float64]


def labels_of(data: Path, truth: Mapping[str, Poses]) -> LabelSet:
    """The frames that the model learns, of all views."""
    first = truth[VIEWS[0]]
    points = np.concatenate([truth[view].points_px[list(LEARNED)] for view in VIEWS])
    placed = np.isfinite(points).all(axis=-1)
    return LabelSet(
        skeleton=Skeleton(keypoints=first.skeleton.keypoints, edges=first.skeleton.edges, symmetric=PAIRS),
        individuals=("mouse",),
        frames=tuple(
            FrameSource(
                video=view, index=i, path=data / view / f"minimal_{view}.mp4", recording="take", tick=i
            )
            for view in VIEWS
            for i in LEARNED
        ),
        points_px=points,
        visibility=np.where(placed, Visibility.VISIBLE, Visibility.UNLABELLED).astype(np.int8),
    )


def measure(store: Path, truth: Poses, radius_px: float) -> dict[str, Any]:
    """Distances of a view on the frames that were not learned."""
    found = open_poses(store).window()
    points, labels = found.points_px[TESTED].astype(np.float64), truth.points_px[TESTED]
    off = np.linalg.norm(points - labels, axis=-1)
    placed = np.isfinite(labels).all(axis=-1)
    answered = placed & np.isfinite(off)
    told = reliability(found.confidence[TESTED][answered], off[answered] <= radius_px)
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


def report(progress: Progress) -> None:
    if progress.done == progress.total:
        print(f"{progress.stage}: {progress.total}", file=sys.stderr)


def run(data: Path, config: PoseConfig, out: Path) -> dict[str, Any]:
    """Train, predict, smooth in both ways, and measure each view."""
    truth = {view: read_analysis(data / view / f"minimal_{view}_proofread.analysis.h5")[0] for view in VIEWS}
    model = out / "model"
    train_and_evaluate(labels_of(data, truth), config, "none", model, on_progress=report)
    raw = {view: out / "raw" / view for view in VIEWS}
    for view, store in raw.items():
        predict_video(model, data / view / f"minimal_{view}.mp4", store, threads=config.threads)
    radius_px = radius_of(raw[VIEWS[0]], [model])
    settings = SmoothingConfig(radius_px=radius_px)
    alone = {view: out / "alone" / view for view in VIEWS}
    for view, store in alone.items():
        smooth_store(raw[view], store, settings)
    together = smooth_stores(raw, out / "together", dict.fromkeys(VIEWS, settings))
    moved = [np.linalg.norm(np.diff(truth[v].points_px[TESTED], axis=0), axis=-1) for v in VIEWS]
    return {
        "radius_px": radius_px,
        "motion_px": [float(np.nanmean(steps)) for steps in moved],
        "dimensions": together.dimensions,
        "views": {
            view: {
                name: measure(stores[view], truth[view], radius_px)
                for name, stores in (("raw", raw), ("alone", alone), ("together", together.stores))
            }
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
