"""What looking again is worth where two stages disagree, and what it costs: with it and without, one model.

    python benchmarks/pose_second_thoughts.py [--recipe solo] [--seeds 4] [--seconds 8] [--labels 60]
                                              [--preset fast] [--threads 1]

Renders a rig of four cameras, trains one model a seed on labelled frames of all views, and predicts every
view twice: with the bound below which other placements are looked at (`two_stage.DOUBT`), and with none. Both
are measured on the last third of the ticks: distances of keypoints that are to be seen from the truth in the
picture, and what the reconstruction makes of them. Time is that of the processor, decoding among it.
"""

from __future__ import annotations

import argparse
import math
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from rig_accuracy import GAP_S, figures, labels_before, report, true_poses, with_lens

from sbea_engine.data import Poses
from sbea_engine.pose import two_stage
from sbea_engine.pose.config import PoseConfig
from sbea_engine.pose.factory import create
from sbea_engine.synth import load_recipe, render_recording
from sbea_engine.synth.truth import Truth, load_truth

CAMERAS = 4
FAR_PX = 20


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--recipe", default="solo")
    parser.add_argument("--preset", default="fast")
    for name, value in (("threads", 1), ("labels", 60)):
        parser.add_argument(f"--{name}", type=int, default=value)
    parser.add_argument("--seeds", type=int, nargs="+", default=[4])
    parser.add_argument("--seconds", type=float, default=8.0)
    asked = parser.parse_args()
    for seed in asked.seeds:
        with tempfile.TemporaryDirectory() as place:
            measure(asked, seed, Path(place))


def measure(asked: argparse.Namespace, seed: int, folder: Path) -> None:
    """Print two rows for each way."""
    recipe, rig = with_lens(load_recipe(asked.recipe), None), folder / "rig"
    ticks = round(asked.seconds * recipe.fps)
    first = ticks * 2 // 3
    training = first - math.ceil(GAP_S * recipe.fps)
    labels = math.ceil(asked.labels * ticks / training)
    render_recording(recipe, cameras=CAMERAS, frames=ticks, seed=seed, labels=labels, out=rig)
    truth = load_truth(rig)
    config = PoseConfig(preset=asked.preset, threads=asked.threads, seed=seed)
    model = create(config).fit(labels_before(truth, training))
    print(f"{asked.recipe}, seed {seed}, preset {asked.preset}, measured on ticks {first} to {ticks - 1}:")
    for name, bound in (("with second thoughts", two_stage.DOUBT), ("without", -math.inf)):
        with doubt_below(bound):
            began = time.process_time()
            found = {view: model.predict(truth.video(view)) for view in truth.views}
            seconds = time.process_time() - began
        frames = sum(len(poses) for poses in found.values())
        off = distances(truth, found, first)
        print(
            f"  {name}: {1000 * seconds / frames:.1f} ms a frame; 2D mean {off.mean():.2f} px, median "
            f"{np.median(off):.2f}, {(off > FAR_PX).mean():.2%} of {len(off)} beyond {FAR_PX}"
        )
        report("   3D", figures(truth, found, first, folder / name))


@contextmanager
def doubt_below(bound: float) -> Iterator[None]:
    """Another bound while this lasts."""
    usual = two_stage.DOUBT
    two_stage.DOUBT = bound
    try:
        yield
    finally:
        two_stage.DOUBT = usual


def distances(truth: Truth, found: dict[str, Poses], first: int) -> np.ndarray:
    """Pixels from the truth, of keypoints that are to be seen from a tick on, all views together."""
    every = []
    for view, poses in found.items():
        exact = true_poses(truth, view)
        frames = truth.sync.frames_of(view)
        seen = truth.views[view].visible[np.isin(frames, exact.frames)]
        late = np.isin(exact.frames, frames[first:])
        off = np.linalg.norm(poses.points_px[exact.frames] - exact.points_px, axis=-1)
        every.append(off[late][seen[late]])
    return np.concatenate(every)


if __name__ == "__main__":
    main()
