"""Two flies that look alike: pose without masks from 40 labelled frames of SLEAP's fly clip.

    python benchmarks/pose_flies.py [--data ../shared/data/sleap_fly] [--choice spread] [--part test]
                                    [--stream] [--threads 1]

The clip has 1,500 frames and 2 flies x 13 nodes in each. Its pose is promoted network output on a half-pixel
grid, not hand labels: a teacher, so that agreement below about one pixel means nothing. The flies hardly move
in the first 1,000 frames.

`--choice spread` trains on 40 frames spread evenly over the clip; `--choice first` on 40 spread evenly over
its first 1,250 frames, so that all frames after these are later than any that was learned. What is measured
is at least 10 frames from any frame of training. With `spread` the gaps between training frames are in turn
`development` (on which settings were chosen) and `test`; with `first`, `development` is what lies in the gaps
and `test` the last 240 frames. Every third of such frames is measured. Left and right are told by the names
of the nodes.

Prints JSON: the figures of `sbea_engine.pose.metrics` over all measured frames and over those from 1,000 on
(`moving`), frames in which an animal was told twice and animals that were not found; with `--stream` the same
over the whole clip, training frames too, places exchanged along it, and frames per second.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sbea_engine.data import FrameSource, LabelSet, Skeleton, Visibility
from sbea_engine.pose.answers import Answer
from sbea_engine.pose.config import PoseConfig
from sbea_engine.pose.factory import PoseModel, create, load
from sbea_engine.pose.matching import match_to_truth, pose_costs, told_twice
from sbea_engine.pose.metrics import evaluate
from sbea_engine.progress import Progress

TRAIN, EVERY, APART, MOVING, FIRST = 40, 3, 10, 1000, 1250
FIGURES = ("n", "missing", "mean_px", "median_px", "rms_px", "pck5", "pck10")


def fly_labels(folder: Path) -> LabelSet:
    """All 1,500 frames of the clip as if each were labelled; nodes without a position as not labelled."""
    import sleap_io

    document = sleap_io.load_slp(str(folder / "clip.slp"), open_videos=False)
    nodes = document.skeletons[0].node_names
    edges = [(edge.source.name, edge.destination.name) for edge in document.skeletons[0].edges]
    left = [name for name in nodes if name.replace("L", "R", 1) in nodes and "L" in name]
    skeleton = Skeleton(
        keypoints=tuple(nodes),
        edges=tuple(edges),
        symmetric=tuple((name, name.replace("L", "R", 1)) for name in left),
    )
    points = document.numpy().astype(np.float32)
    placed = np.isfinite(points).all(-1)
    points[~placed] = np.nan
    source = FrameSource(video="clip", index=0, path=folder / "clip.mp4")
    return LabelSet(
        skeleton=skeleton,
        individuals=("fly 1", "fly 2"),
        frames=tuple(replace(source, index=i) for i in range(len(points))),
        points_px=points,
        visibility=np.where(placed, Visibility.VISIBLE, Visibility.UNLABELLED).astype(np.int8),
    )


def choose(count: int, choice: str, part: str) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Frames to train on and frames to measure on, by the rule at the head of this file."""
    span = FIRST if choice == "first" else count
    train = np.floor((np.arange(TRAIN) + 0.5) * span / TRAIN).astype(np.intp)
    frames = np.arange(count)
    free = np.abs(frames[:, None] - train).min(axis=1) >= APART
    gap = np.searchsorted(train, frames)
    if choice == "first":
        wanted = frames >= FIRST + APART if part == "test" else frames < FIRST
    else:
        wanted = gap % 2 == (1 if part == "test" else 0)
    return train, frames[free & wanted][::EVERY]


def places_exchanged(truth: NDArray[np.float32], points: NDArray[np.float32]) -> int:
    """Frames at which the animals on the individual axis change places, of a whole stream."""
    swapped = []
    for labelled, found in zip(truth, points, strict=True):
        cost = pose_costs(labelled, found)
        swapped.append(cost[0, 1] + cost[1, 0] < cost[0, 0] + cost[1, 1])
    return int(np.count_nonzero(np.diff(np.array(swapped))))


def measure(truth: LabelSet, answer: Answer, radius_px: float) -> dict[str, Any]:
    points, confidence = match_to_truth(truth.points_px, *answer)
    found = evaluate(truth, points, confidence, radius_px=radius_px)
    return {
        "frames": len(truth),
        **{name: found[name] for name in FIGURES},
        "median_px_by_keypoint": {k: round(v["median_px"], 2) for k, v in found["by_keypoint"].items()},
        "pck10_by_keypoint": {k: round(v["pck10"], 3) for k, v in found["by_keypoint"].items()},
        "worst": found["worst"][:4],
        "confidence": found["confidence"],
        "frames_with_an_animal_told_twice": int(told_twice(truth.points_px, answer[0]).sum()),
        "animals_not_found": int((~np.isfinite(points).all(-1).any(-1)).sum()),
    }


def whole_clip(model: PoseModel, labels: LabelSet, folder: Path) -> dict[str, Any]:
    began = time.monotonic()
    poses = model.predict(folder / "clip.mp4")
    seconds = time.monotonic() - began
    return {
        "places_exchanged": places_exchanged(labels.points_px, poses.points_px),
        "frames_with_an_animal_told_twice": int(told_twice(labels.points_px, poses.points_px).sum()),
        "animals_not_found": int((~np.isfinite(poses.points_px).all(-1).any(-1)).sum()),
        "frames_per_s": round(len(poses) / seconds, 1),
    }


def report(progress: Progress) -> None:
    if progress.done == progress.total or progress.done % 50 == 0:
        numbers = {name: round(value, 4) for name, value in progress.metrics.items()}
        print(f"{progress.stage}: {progress.done} of {progress.total} {numbers}", file=sys.stderr, flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=Path("../shared/data/sleap_fly"))
    parser.add_argument("--choice", choices=("spread", "first"), default="spread")
    parser.add_argument("--part", choices=("development", "test"), default="test")
    parser.add_argument("--preset", default="default")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--iterations", type=int)
    parser.add_argument("--threads", type=int)
    parser.add_argument("--model", type=Path, help="Keep the model there, or go on with it.")
    parser.add_argument("--stream", action="store_true", help="Predict the whole clip too.")
    arguments = parser.parse_args()
    if not (arguments.data / "clip.slp").is_file():
        raise SystemExit(f"{arguments.data}: clip.slp is not there. This benchmark needs SLEAP's fly clip.")
    labels = fly_labels(arguments.data)
    train, test = choose(len(labels), arguments.choice, arguments.part)
    names = ("preset", "seed", "iterations", "threads")
    config = PoseConfig.from_dict({"family": "bottom_up", **{n: getattr(arguments, n) for n in names}})
    with tempfile.TemporaryDirectory() as place:
        folder = arguments.model or Path(place)
        if not (folder / "card.json").is_file():
            fitted = create(config).fit(
                labels.select(train), checkpoint=folder / "checkpoint", on_progress=report
            )
            fitted.save(folder)
        model = load(folder, threads=arguments.threads)
    truth = labels.select(test)
    answer = model.predict_sources(truth.frames, on_progress=report)
    radius, moving = float(model.card_.plan["radius_px"]), np.flatnonzero(test >= MOVING)
    summary: dict[str, Any] = {
        "choice": arguments.choice,
        "part": arguments.part,
        "training_frames": len(train),
        "training": {k: model.card_.training[k] for k in ("iterations", "seconds", "threads", "parameters")},
        "plan": dict(model.card_.plan),
        "validation": {k: model.card_.stage_facts["validation"][k] for k in FIGURES},
        "all": measure(truth, answer, radius),
        "moving": measure(truth.select(moving), (answer[0][moving], answer[1][moving]), radius),
    }
    if arguments.stream:
        summary["whole_clip"] = whole_clip(model, labels, arguments.data)
    print(json.dumps(summary, indent=1))


if __name__ == "__main__":
    main()
