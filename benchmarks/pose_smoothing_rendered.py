"""Smoothing of a network's own answers on rendered videos, whose truth is exact at every frame.

    python -m benchmarks.pose_smoothing_rendered [--seeds 31 32] [--seconds 12] [--labels 40] [--preset fast]
                                                 [--recipe solo] [--threads 1] [--out FOLDER]

A network learns labelled frames of each recording, answers all of its frames, and is smoothed. Measured are
the frames that were not learned, where the truth says that a keypoint is seen. `rise_px` is the mean error
minus that of the answers as they came, with a 95 % interval by drawing blocks of time; `by_strength` the mean
error where the motion is taken for so many times as strong (above 1: less is smoothed). With `--out` a run
that was stopped goes on.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sbea_engine.data import FrameSource, LabelSet, Visibility
from sbea_engine.io.poses_store import open_poses
from sbea_engine.kinematics.smoothing import SmoothingConfig, estimate_strength, smooth_points
from sbea_engine.pipelines.pose import load_labels, train_and_evaluate
from sbea_engine.pipelines.pose_video import predict_video
from sbea_engine.pipelines.smooth import radius_of
from sbea_engine.pose.comparison import compare
from sbea_engine.pose.config import PoseConfig
from sbea_engine.pose.heldout import HeldOut
from sbea_engine.synth import load_recipe, render_recording

STRENGTHS = (0.1, 1, 10, 100)


def truth_of(folder: Path, video: Path, learned: LabelSet) -> LabelSet:
    """What is true on the frames of a video that were not learned, as labels."""
    with np.load(folder / "truth.npz") as truth:
        points, seen = (truth[f"{what}/{video.stem}"] for what in ("points_px", "visible"))
    rows = sorted(set(range(len(points))) - {int(source.index) for source in learned.frames})
    return LabelSet(
        skeleton=learned.skeleton,
        individuals=learned.individuals,
        frames=tuple(FrameSource(video=video.stem, index=row, path=video) for row in rows),
        points_px=np.where(seen[rows, ..., None], points[rows], np.nan),
        visibility=np.where(seen[rows], Visibility.VISIBLE, Visibility.UNLABELLED).astype(np.int8),
    )


def measured(folder: Path, config: PoseConfig) -> dict[str, Any]:
    """Train, predict and smooth a rendered recording."""
    learned = load_labels(folder)
    video = next(iter(sorted(folder.glob("*.mp4"))))
    truth = truth_of(folder, video, learned)
    train_and_evaluate(learned, config, "none", folder / "model")
    predict_video(folder / "model", video, folder / "poses", threads=config.threads)
    poses = open_poses(folder / "poses").window()
    rows = [int(source.index) for source in truth.frames]
    settings = SmoothingConfig(radius_px=radius_of(folder / "poses", [folder / "model"]))
    given = poses.points_px, poses.confidence, poses.frames
    chosen = estimate_strength(*given, settings)

    def held(points: NDArray[np.float32]) -> HeldOut:
        return HeldOut.of(truth, points[rows], poses.confidence[rows])

    before = held(poses.points_px)
    rises = {}
    for times in STRENGTHS:
        smoothed = smooth_points(*given, settings, chosen._replace(ratio=chosen.ratio * times))
        rises[times] = compare(before, held(smoothed.points_px)).overall
    now = rises[1]
    return {
        "recording": folder.name,
        "n": now.n,
        "before_px": now.first_px,
        "after_px": now.second_px,
        "rise_px": [now.difference_px, now.low_px, now.high_px],
        "by_strength": {times: found.second_px for times, found in rises.items()},
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--recipe", default="solo")
    parser.add_argument("--seeds", type=int, nargs="+", default=[31, 32])
    parser.add_argument("--seconds", type=float, default=12.0)
    parser.add_argument("--labels", type=int, default=40)
    parser.add_argument("--preset", default="fast")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--out", type=Path, help="Folder to keep recordings, models and poses in.")
    asked = parser.parse_args()
    config = PoseConfig.from_dict({"preset": asked.preset, "threads": asked.threads})
    with tempfile.TemporaryDirectory() as place:
        for seed in asked.seeds:
            folder = (asked.out or Path(place)) / f"{asked.recipe}-{seed}"
            if not (folder / "truth.npz").exists():
                render_recording(
                    load_recipe(asked.recipe),
                    seconds=asked.seconds,
                    seed=seed,
                    labels=asked.labels,
                    out=folder,
                )
            print(json.dumps(measured(folder, config)), flush=True)


if __name__ == "__main__":
    main()
