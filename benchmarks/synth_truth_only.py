"""How fast the rendered world makes 3D truth without pixels, written to disk, on one core.

    python -m benchmarks.synth_truth_only [--recipe dyad] [--minutes 20] [--seeds 1 2 3]

Both figures are printed: by wall clock, and by processor time, which a busy machine disturbs less. A seed is
that of a recording; how long one takes also depends on how much its animals have to do with one another.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before numpy: one core is what is measured

import argparse
import resource
import tempfile
import time
from pathlib import Path

from sbea_engine.synth import load_recipe
from sbea_engine.synth.truth_only import write_truth_only


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--recipe", default="dyad")
    parser.add_argument("--minutes", type=float, default=20)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    asked = parser.parse_args()
    recipe = load_recipe(asked.recipe)
    frames = round(asked.minutes * 60 * recipe.fps)
    print(f"{recipe.name}, {len(recipe.animals)} animals, {frames} frames, keypoints and bouts written:")
    walls, cpus = [], []
    with tempfile.TemporaryDirectory() as folder:
        write_truth_only(recipe, frames=100, seed=0, out=Path(folder) / "warm")  # imports and caches
        for seed in asked.seeds:
            wall, cpu = time.perf_counter(), time.process_time()
            write_truth_only(recipe, frames=frames, seed=seed, out=Path(folder) / f"out-{seed}")
            walls.append(time.perf_counter() - wall)
            cpus.append(time.process_time() - cpu)
            print(f"  seed {seed}: {rates(frames, walls[-1], cpus[-1])}", flush=True)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"  all: {rates(frames * len(walls), sum(walls), sum(cpus))}")
    print(f"  at most {peak:.0f} MB of memory")


def rates(frames: int, wall_s: float, cpu_s: float) -> str:
    """Both rates in words."""
    return f"{frames / wall_s:.0f} frames/s by wall clock, {frames / cpu_s:.0f} by processor time"


if __name__ == "__main__":
    main()
