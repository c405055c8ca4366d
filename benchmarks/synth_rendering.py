"""How fast the rendered world renders: views a second on one core, all truth and the video included.

    python -m benchmarks.synth_rendering [--recipe solo dyad] [--frames 60] [--cameras 2]

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

from sbea_engine.synth import Recipe, build_scene, load_recipe, render_recording


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--recipe", nargs="+", default=["solo", "dyad"])
    parser.add_argument("--frames", type=int, default=60)
    parser.add_argument("--cameras", type=int, default=2)
    asked = parser.parse_args()
    for name in asked.recipe:
        measure(load_recipe(name), frames=asked.frames, cameras=asked.cameras)


def measure(recipe: Recipe, *, frames: int, cameras: int) -> None:
    """Print what one recipe takes."""
    size = f"{recipe.cameras.width}x{recipe.cameras.height}"
    began, began_cpu = time.perf_counter(), time.process_time()
    build_scene(recipe, frames=3000, seed=1)
    wall, cpu = 3000 / (time.perf_counter() - began), 3000 / (time.process_time() - began_cpu)
    print(f"{recipe.name}, {len(recipe.animals)} animals:")
    print(
        f"  scene and motion alone (3000 frames): {wall:.0f} frames/s by wall clock, {cpu:.0f} by processor"
    )

    with tempfile.TemporaryDirectory() as folder:
        marks: list[tuple[float, float]] = []
        render_recording(
            recipe,
            cameras=cameras,
            frames=frames,
            seed=1,
            out=Path(folder) / "out",
            on_progress=lambda _: marks.append((time.perf_counter(), time.process_time())),
        )
    # The last frame of a camera bears the next one's look at the empty arena: the rate is that of the others.
    steps = np.diff(np.array(marks), axis=0)
    last = np.arange(len(steps)) % frames == frames - 1
    spent = steps[~last].sum(0)
    views = int((~last).sum())
    print(f"  {cameras} cameras at {size}, video, masks and keypoints written:")
    print(f"  {views / spent[0]:.1f} views/s by wall clock, {views / spent[1]:.1f} views/s by processor time")
    if cameras > 1:
        print(
            f"  look at the empty arena, once a camera: {steps[last, 1][:-1].mean():.2f} s of processor time"
        )


if __name__ == "__main__":
    main()
