"""What a prediction costs by the length of the video: time is to be linear, memory flat.

    python benchmarks/pose_length.py [--lengths 1000 2000 4000 8000] [--preset default] [--threads 1] [--json]

A video of a rendered mouse, 640x480, is repeated to each length and predicted from first to last frame
(decode, both stages, write), each in a process of its own. Printed are frames a second without the loading of
the model, the memory that was resident when the first tenth was done and at the end, how it grew from there
on (a line through what was resident at each step: an allocator gives and takes some MiB, so that two moments
say little), and the peak. Two lines are fitted over the lengths: seconds by frames (how far the worst length
lies from it says how linear it is) and MiB by frames.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from pose_speed import render, repeat, resident_mib

from sbea_engine.pipelines.pose import load_labels
from sbea_engine.pipelines.pose_video import predict_video
from sbea_engine.pose.config import PoseConfig
from sbea_engine.pose.factory import create
from sbea_engine.progress import Progress

RENDERED = 150
"""Frames that are repeated."""


def measure(model: Path, video: Path, out: Path, threads: int) -> dict[str, Any]:
    """Time and memory of one prediction in this process."""
    torch.set_num_threads(threads)
    marks: list[tuple[int, float, float]] = []

    def watch(progress: Progress) -> None:
        if progress.done:
            marks.append((progress.done, time.monotonic(), resident_mib()))

    predict_video(model, video, out, threads=threads, on_progress=watch)
    done, at, memory = (np.array(column) for column in zip(*marks, strict=True))
    tenth = int(np.searchsorted(done, done[-1] / 10))
    growth = np.polyfit(done[tenth:], memory[tenth:], 1)[0]
    return {
        "frames": int(done[-1]),
        "seconds": round(float(at[-1] - at[0]), 2),
        "frames_per_s": round(float((done[-1] - done[0]) / (at[-1] - at[0])), 1),
        "mib_at_a_tenth": round(float(memory[tenth])),
        "mib_at_the_end": round(float(memory[-1])),
        "grew_by_mib_a_thousand_frames": round(float(1000 * growth), 3),
        "mib_at_most": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }


def in_process(model: Path, video: Path, out: Path, threads: int) -> dict[str, Any]:
    """`measure` in a process of its own, so that one length leaves nothing to the next."""
    answer = subprocess.run(
        [sys.executable, __file__, "--measure", model, video, out, str(threads)],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": str(threads)},
    )
    found: dict[str, Any] = json.loads(answer.stdout.splitlines()[-1])
    return found


def fits(rows: list[dict[str, Any]]) -> dict[str, float]:
    """The lines over the lengths."""
    frames, seconds = (np.array([row[name] for row in rows]) for name in ("frames", "seconds"))
    slope, offset = np.polyfit(frames, seconds, 1)
    away = np.abs(seconds - (slope * frames + offset)) / seconds
    memory = np.polyfit(frames, [row["mib_at_the_end"] for row in rows], 1)[0]
    return {
        "ms_a_frame": round(float(1000 * slope), 3),
        "farthest_from_the_line": round(float(away.max()), 3),
        "mib_a_thousand_frames": round(float(1000 * memory), 2),
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--lengths", type=int, nargs="+", default=[1000, 2000, 4000, 8000])
    parser.add_argument("--family", default="two_stage")
    parser.add_argument("--preset", default="default")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--measure", nargs=4, metavar=("MODEL", "VIDEO", "OUT", "N"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.measure:
        model, video, out, threads = arguments.measure
        print(json.dumps(measure(Path(model), Path(video), Path(out), int(threads))))
        return
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        short = render(place / "recording", RENDERED)
        config = PoseConfig.from_dict(
            {"family": arguments.family, "preset": arguments.preset, "iterations": 4, "threads": 1}
        )
        create(config).fit(load_labels(place / "recording")).save(place / "model")
        for length in arguments.lengths:
            video = repeat(short, place / f"{length}.mp4", length)
            rows.append(in_process(place / "model", video, place / f"poses-{length}", arguments.threads))
            print(json.dumps(rows[-1]), flush=True)
            video.unlink()
    result = {"family": arguments.family, "preset": arguments.preset, "rows": rows}
    lines = fits(rows) if len(rows) > 1 else {}
    print(json.dumps({**result, **lines}) if arguments.json else json.dumps(lines))


if __name__ == "__main__":
    main()
