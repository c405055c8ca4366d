"""How fast a pose model goes through video, end to end, on one core and on two; and what it costs in memory.

    python -m benchmarks.pose_speed [--family two_stage] [--frames 1500] [--iterations 600] [--long 100000]
                                   [--json]

A 640x480 video of a rendered mouse is written, a model of the family's default size is trained for a minute
or two (frames that two stages disagree about cost several times as much, so it has to find the animal), and
`predict_video` decodes, looks and writes a poses store: in a process that may use one core, and in one that
may use two. With `--long` the video is repeated to that
many frames, and time a frame and resident memory are read at each tenth.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from sbea_engine.pipelines.pose import load_labels
from sbea_engine.pipelines.pose_video import predict_video
from sbea_engine.pose.config import PoseConfig
from sbea_engine.pose.factory import create
from sbea_engine.progress import Progress

PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


def resident_mib() -> float:
    """Memory of this process that is in use now."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE_BYTES / 2**20


def render(out: Path, frames: int) -> Path:
    """A recording of one mouse with labels, as `sbea synth` writes it; returns its video."""
    command = [sys.executable, "-m", "sbea_engine.cli", "synth", "--recipe", "solo", "--cameras", "1"]
    options = ["--seconds", str(frames / 30), "--seed", "5", "--labels", "20", "--out", str(out)]
    subprocess.run([*command, *options], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return next(iter(sorted(out.rglob("*.mp4"))))


def repeat(video: Path, out: Path, frames: int) -> Path:
    """The same pictures again and again, in a video of that many frames."""
    import av

    with av.open(str(video)) as source:
        pictures = [f.to_ndarray(format="rgb24") for f in source.decode(video=0)]
    with av.open(str(out), "w") as container:
        stream = container.add_stream("libx264", rate=30, options={"preset": "ultrafast", "crf": "23"})
        stream.width, stream.height = pictures[0].shape[1], pictures[0].shape[0]
        stream.pix_fmt = "yuv420p"
        for n in range(frames):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pictures[n % len(pictures)])))
        container.mux(stream.encode())
    return out


def measure(model: Path, video: Path, out: Path, cores: int) -> dict[str, Any]:
    """Frames a second of a process that may use so many cores; the first seconds, that load it, left out."""
    os.sched_setaffinity(0, set(sorted(os.sched_getaffinity(0))[:cores]))
    marks: list[tuple[int, float, float]] = []

    def watch(progress: Progress) -> None:
        if progress.stage == "predict" and progress.done:
            marks.append((progress.done, time.monotonic(), resident_mib()))

    predict_video(model, video, out, threads=cores, on_progress=watch)
    done, at, memory = (np.array(column) for column in zip(*marks, strict=True))
    tenths = np.linspace(0, len(done) - 1, 11).astype(int)
    steps = np.diff(done[tenths]) / np.diff(at[tenths])
    return {
        "cores": cores,
        "frames": int(done[-1]),
        "frames_per_s": round(float((done[-1] - done[0]) / (at[-1] - at[0])), 1),
        "frames_per_s_by_tenth": [round(float(v), 1) for v in steps],
        "resident_mib_by_tenth": [round(float(v)) for v in memory[tenths]],
    }


def in_process(model: Path, video: Path, out: Path, cores: int) -> dict[str, Any]:
    """`measure` in a process of its own."""
    arguments = [str(model), str(video), str(out), str(cores)]
    answer = subprocess.run(
        [sys.executable, "-m", "benchmarks.pose_speed", "--measure", *arguments],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": str(cores)},
    )
    found: dict[str, Any] = json.loads(answer.stdout.splitlines()[-1])
    return found


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--family", default="two_stage")
    parser.add_argument("--frames", type=int, default=1500)
    parser.add_argument("--iterations", type=int, default=600, help="Steps of training.")
    parser.add_argument("--long", type=int, help="Also a video of that many frames, on all cores.")
    parser.add_argument("--json", action="store_true")
    parser.add_argument(
        "--measure", nargs=4, metavar=("MODEL", "VIDEO", "OUT", "CORES"), help=argparse.SUPPRESS
    )
    arguments = parser.parse_args()
    if arguments.measure:
        model, video, out, cores = arguments.measure
        print(json.dumps(measure(Path(model), Path(video), Path(out), int(cores))))
        return
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        video = render(place / "recording", arguments.frames)
        config = PoseConfig(family=arguments.family, iterations=arguments.iterations, threads=1)
        create(config).fit(load_labels(place / "recording")).save(place / "model")
        cores = range(1, min(2, len(os.sched_getaffinity(0))) + 1)
        rows = [in_process(place / "model", video, place / f"poses{n}", n) for n in cores]
        if arguments.long:
            long = repeat(video, place / "long.mp4", arguments.long)
            rows.append(in_process(place / "model", long, place / "poses-long", len(cores)))
    result = {"family": arguments.family, "size": "640x480", "rows": rows}
    print(json.dumps(result) if arguments.json else json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
