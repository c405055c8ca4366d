"""Pose on DeepLabCut's openfield project: accuracy on time blocks, confidence, and speed on its video.

    python benchmarks/pose_openfield.py --data ../shared/data/openfield [--preset fast] [--family F]
                                        [--backbone B] [--folds 5] [--only 0 4] [--json]

Prints, for each fold (a contiguous fifth of the 116 labelled frames, trained on the other four fifths)
mean, median, RMS and PCK@5 px, and the plain baseline beside it: the label of the training frame whose
picture is most alike. Then a model of all 116 labels runs over the project's unlabelled video, which shows
another animal, and jumps over 50 and over 20 px are counted beside those in DeepLabCut's own file of
predictions where that is present. A jump count is no accuracy: that video has no labels. `sbea pose
benchmark` gives the folds at other numbers of labels.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sbea_engine.data import LabelSet
from sbea_engine.io.poses_store import open_poses
from sbea_engine.pipelines.pose import load_labels, train_and_evaluate
from sbea_engine.pipelines.pose_video import predict_video
from sbea_engine.pose.config import PoseConfig
from sbea_engine.pose.metrics import evaluate
from sbea_engine.pose.splits import split_holdout
from sbea_engine.progress import Progress
from sbea_engine.video.reader import read_source

PROJECT = "openfield-Pranav-2018-10-30"
FIGURES = ("n", "mean_px", "median_px", "rms_px", "pck5", "pck10")


def nearest_picture(labels: LabelSet, holdout: str) -> dict[str, Any]:
    """The baseline that knows no animal: copy the label of the most similar training picture."""
    import cv2

    split = split_holdout(labels, holdout)
    small = np.stack(
        [
            cv2.resize(read_source(f).mean(-1), (80, 60), interpolation=cv2.INTER_AREA).ravel()
            for f in labels.frames
        ]
    )
    distance = np.linalg.norm(small[split.test][:, None] - small[split.train][None], axis=-1)
    answer = labels.points_px[split.train[distance.argmin(axis=1)]]
    return evaluate(labels.select(split.test), answer)


def jumps(points_px: NDArray[np.float32], limit_px: float = 50) -> list[int]:
    """Steps longer than the limit between neighbouring frames, by keypoint; points (frame, keypoint, 2)."""
    steps = np.linalg.norm(np.diff(points_px, axis=0), axis=-1)
    return [int(n) for n in (steps > limit_px).sum(axis=0)]


def deeplabcut_jumps(file: Path, keypoints: tuple[str, ...], limit_px: float) -> list[int]:
    """The same count in a file of DeepLabCut's predictions."""
    from sbea_engine.io.deeplabcut import read_predictions

    poses = read_predictions(file)
    columns = [poses.skeleton.index(name) for name in keypoints]
    return jumps(poses.points_px[:, 0, columns], limit_px)


def run_folds(labels: LabelSet, config: PoseConfig, folds: list[int], count: int, out: Path) -> list[Any]:
    rows = []
    for fold in folds:
        holdout = f"block:{fold / count:.6f}-{(fold + 1) / count:.6f}"
        began, cpu = time.monotonic(), time.process_time()
        result = train_and_evaluate(labels, config, holdout, out / str(fold), on_progress=report)
        test = result.metrics["test"]
        row = {
            "fold": fold,
            "seconds": round(time.monotonic() - began, 1),
            "cpu_seconds": round(time.process_time() - cpu, 1),
            **{name: test[name] for name in FIGURES},
            "ece": test["confidence"]["ece"],
            "baseline_mean_px": nearest_picture(labels, holdout)["mean_px"],
        }
        rows.append(row)
        print(json.dumps(row), flush=True)
    return rows


def report(progress: Progress) -> None:
    if progress.done == progress.total:
        print(f"{progress.stage}: {progress.total}", file=sys.stderr)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=Path("../shared/data/openfield"))
    parser.add_argument("--preset", default="default")
    parser.add_argument("--family", default="two_stage")
    parser.add_argument("--backbone", default="auto")
    parser.add_argument("--minutes", type=float, help="Lower the steps of training to what fits.")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int)
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--only", type=int, nargs="*", help="Folds to run, from 0; all if not given.")
    parser.add_argument("--no-video", action="store_true", help="Measure the folds and nothing else.")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    project = arguments.data / PROJECT
    if not project.is_dir():
        raise SystemExit(f"{project}: not there. This benchmark needs DeepLabCut's openfield project.")
    labels = load_labels(project)
    settings = ("preset", "family", "backbone", "minutes", "seed", "threads")
    config = PoseConfig.from_dict({name: getattr(arguments, name) for name in settings})
    folds = list(range(arguments.folds)) if arguments.only is None else arguments.only
    with tempfile.TemporaryDirectory() as place:
        out = Path(place)
        rows = run_folds(labels, config, folds, arguments.folds, out)
        if arguments.no_video:
            return
        video = project / "videos" / "m3v1mp4.mp4"
        train_and_evaluate(labels, config, "none", out / "all", on_progress=report)
        predicted = predict_video(
            out / "all", video, out / "poses", threads=arguments.threads, on_progress=report
        )
        poses = open_poses(out / "poses").window()
    summary: dict[str, Any] = {
        "folds": rows,
        "mean_of_folds_px": float(np.mean([row["mean_px"] for row in rows])) if rows else None,
        "frames_per_s": round(predicted.frame_count / predicted.seconds, 1),
        "jumps_over_50_px": jumps(poses.points_px[:, 0]),
        "jumps_over_20_px": jumps(poses.points_px[:, 0], 20),
        "share_of_confidence_over_0.9": [round(float(v), 3) for v in (poses.confidence[:, 0] > 0.9).mean(0)],
    }
    for file in arguments.data.glob("m3v1mp4*.h5"):
        for limit in (50, 20):
            summary[f"deeplabcut_jumps_over_{limit}_px"] = deeplabcut_jumps(
                file, labels.skeleton.keypoints, limit
            )
    print(json.dumps(summary) if arguments.json else json.dumps(summary, indent=1))


if __name__ == "__main__":
    main()
