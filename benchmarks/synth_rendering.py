"""How fast the rendered world renders: views a second on one core, with every file that a recording has.

    python -m benchmarks.synth_rendering [--recipe solo dyad] [--frames 60] [--cameras 2]

The rate is that of the frames beyond the first few, from the difference of a longer and a shorter recording.
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
from numpy.typing import NDArray

from sbea_engine.synth import Recipe, build_scene, load_recipe, render_recording

FEW = 4


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

    few = spent(recipe, frames=FEW, cameras=cameras)
    many = spent(recipe, frames=frames + FEW, cameras=cameras)
    # What both pay alike, above all the look at the empty arena once a camera, falls out of the difference.
    views, once = frames * cameras, few - (many - few) * FEW / frames
    print(f"  {cameras} cameras at {size}; video, mask files, truth.npz and labels written:")
    print("  {:.1f} views/s by wall clock, {:.1f} by processor time".format(*views / (many - few)))
    print(f"  and once a camera, whatever the length: {once[1] / cameras:.2f} s of processor time")


def spent(recipe: Recipe, *, frames: int, cameras: int) -> NDArray[np.float64]:
    """Seconds by wall clock and by processor time that a recording takes from start to end."""
    with tempfile.TemporaryDirectory() as folder:
        began = np.array([time.perf_counter(), time.process_time()])
        render_recording(recipe, cameras=cameras, frames=frames, seed=1, out=Path(folder) / "out")
        return np.asarray(np.array([time.perf_counter(), time.process_time()]) - began)


if __name__ == "__main__":
    main()
