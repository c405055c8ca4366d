"""How fast the rendered world renders: views a second on one core, all truth and the video included.

    python -m benchmarks.synth_rendering [--frames 60] [--cameras 2]

Both figures are printed: by wall clock, and by processor time, which a busy machine disturbs less.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before numpy: one core is what is measured

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np

from sbea_engine.synth import build_scene, load_recipe, render_recording


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--recipe", default="solo")
    parser.add_argument("--frames", type=int, default=60)
    parser.add_argument("--cameras", type=int, default=2)
    asked = parser.parse_args()
    recipe = load_recipe(asked.recipe)
    size = f"{recipe.cameras.width}x{recipe.cameras.height}"

    began = time.perf_counter()
    build_scene(recipe, frames=3000, seed=1)
    print(f"truth only (scene and motion, 3000 frames): {3000 / (time.perf_counter() - began):.0f} frames/s")

    with tempfile.TemporaryDirectory() as folder:
        marks: list[tuple[float, float]] = []
        render_recording(
            recipe,
            cameras=asked.cameras,
            frames=asked.frames,
            seed=1,
            labels=min(40, asked.frames),
            out=Path(folder) / "out",
            on_progress=lambda _: marks.append((time.perf_counter(), time.process_time())),
        )
    # The first frame of a camera bears the look at the empty arena: the rate is that of the others.
    steps = np.diff(np.array(marks), axis=0)
    first = np.arange(len(steps)) % asked.frames == 0
    wall, cpu = steps[~first].sum(0)
    views = int((~first).sum())
    print(f"{recipe.name}, {asked.cameras} cameras at {size}, video, masks and keypoints written:")
    print(f"  {views / wall:.1f} views/s by wall clock, {views / cpu:.1f} views/s by processor time")
    print(f"  first frame of a camera (empty arena included): {steps[first, 1].mean():.2f} s")


if __name__ == "__main__":
    main()
