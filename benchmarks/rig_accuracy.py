"""How near predicted 3D poses come to the truth, from few labels a view, on a rendered rig.

    python -m benchmarks.rig_accuracy [--recipe solo] [--cameras 4] [--seconds 20] [--labels 60]
                                      [--threads 2] [--seeds 3 4 5] [--lens K1 K2 P1 P2 K3] [--family F]

Renders a recording, trains one pose model on labelled frames of all views, predicts every view, triangulates
by the recording's table of ticks, and compares the last third of the ticks with the truth. Labels are spread
over the ticks that end one second or more before that third. They are exact, those of hidden keypoints in the
picture too: no person labels like that. A seed is that of recording and model. With --lens every camera has
the lens k1 k2 p1 p2 k3. Without it the cameras have the lenses of the recipe; where that has none, every
camera has one that moves the corners of the picture by 16 to 28 pixels.

Three rows a seed: what the true 2D positions give, and what the predicted ones give for keypoints that two or
more views could see, and for the hidden others. Several seeds end in the range over them.
"""

from __future__ import annotations

import argparse
import math
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sbea_engine.data import LabelSet, Poses
from sbea_engine.data.camera import CameraGroup
from sbea_engine.data.sync import MISSING
from sbea_engine.io.poses3d_store import open_poses3d
from sbea_engine.io.poses_store import write_poses
from sbea_engine.pipelines.reconstruct import reconstruct
from sbea_engine.pipelines.reconstruct_figures import evaluate_against_truth
from sbea_engine.pose.config import PoseConfig
from sbea_engine.pose.factory import create
from sbea_engine.synth import Recipe, load_recipe, render_recording
from sbea_engine.synth.truth import Truth, load_truth

GAP_S = 1.0
FIGURES = ("median_mm", "mean_mm", "p95_mm")
LENS = (-0.28, 0.09, 5e-4, -8e-4, -0.01)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--recipe", default="solo")
    for name, value in (("cameras", 4), ("threads", 2), ("labels", 60)):
        parser.add_argument(f"--{name}", type=int, default=value)
    parser.add_argument("--seeds", type=int, nargs="+", default=[3])
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--lens", type=float, nargs=5, metavar=("K1", "K2", "P1", "P2", "K3"))
    parser.add_argument("--preset", default="default")
    parser.add_argument("--family", default="two_stage")
    asked = parser.parse_args()
    rows = []
    for seed in asked.seeds:
        with tempfile.TemporaryDirectory() as place:
            rows.append(measure(asked, seed, Path(place)))
    for name in FIGURES if len(rows) > 1 else ():
        values = [row[name] for row in rows if row[name] is not None]
        span = f"{min(values):.2f} to {max(values):.2f}" if values else "none"
        print(f"{name} over {len(values)} of {len(rows)} seeds: {span}")


def measure(asked: argparse.Namespace, seed: int, folder: Path) -> dict[str, Any]:
    """Print the rows of one seed; returns the figures of the keypoints that were to be seen."""
    recipe, rig = with_lens(load_recipe(asked.recipe), asked.lens), folder / "rig"
    ticks = round(asked.seconds * recipe.fps)
    first = ticks * 2 // 3
    training = first - math.ceil(GAP_S * recipe.fps)
    if training < 1:
        raise SystemExit(f"{asked.seconds} s leave nothing to train on before a gap of {GAP_S} s.")
    render_recording(
        recipe,
        cameras=asked.cameras,
        frames=ticks,
        seed=seed,
        labels=math.ceil(asked.labels * ticks / training),
        out=rig,
    )
    truth = load_truth(rig)
    labels = labels_before(truth, training)
    model = create(PoseConfig(preset=asked.preset, family=asked.family, threads=asked.threads, seed=seed))
    model.fit(labels)
    print(
        f"{asked.recipe}, seed {seed}: {len(labels)} labelled frames in {len(truth.views)} views, before "
        f"tick {training}; measured from tick {first} on, of {ticks}",
        flush=True,
    )
    exact = {view: true_poses(truth, view) for view in truth.views}
    report("true 2D, two or more views see it", figures(truth, exact, first, folder / "exact"))
    found = figures(
        truth, {view: model.predict(truth.video(view)) for view in truth.views}, first, folder / "found"
    )
    report("predicted 2D, two or more views see it", found)
    report("predicted 2D, hidden", found["hidden"])
    return found


def with_lens(recipe: Recipe, lens: Sequence[float] | None) -> Recipe:
    """The same recipe, filmed through this lens by every camera; with None, `LENS` if it has no lens."""
    table = recipe.model_dump()
    if lens is None and any(map(any, recipe.cameras.lenses)):
        return recipe
    return Recipe.model_validate(table | {"cameras": table["cameras"] | {"lenses": [list(lens or LENS)]}})


def labels_before(truth: Truth, tick: int) -> LabelSet:
    """The labelled frames, of every view, that are shown before a tick."""
    labels = LabelSet.load(truth.folder)
    return labels.select([row for row, f in enumerate(labels.frames) if f.tick is not None and f.tick < tick])


def true_poses(truth: Truth, view: str) -> Poses:
    """Every keypoint where it is in a view's video, seen or not."""
    frames = truth.sync.frames_of(view)
    shown = frames != MISSING
    points: NDArray[np.float32] = truth.views[view].points_px[shown]
    return Poses(
        skeleton=truth.skeleton,
        individuals=truth.individuals,
        frames=frames[shown],
        points_px=points,
        confidence=np.ones(points.shape[:-1], np.float32),
    )


def figures(truth: Truth, poses: dict[str, Poses], first_tick: int, folder: Path) -> dict[str, Any]:
    """Reconstruct and compare with the truth."""
    cameras = CameraGroup(cameras=tuple(view.camera for view in truth.views.values()))
    stores = {view: write_poses(found, folder / view) for view, found in poses.items()}
    store = reconstruct(cameras, stores, folder / "3d", sync=truth.sync).store
    return evaluate_against_truth(truth.folder, open_poses3d(store), first_tick=first_tick)


def report(what: str, row: dict[str, Any]) -> None:
    numbers = ("none" if row[name] is None else f"{row[name]:.2f}" for name in FIGURES)
    named = ", ".join(f"{name} {number}" for name, number in zip(FIGURES, numbers, strict=True))
    print(f"  {what}: {named}, {row['missing']} of {row['n']} not placed", flush=True)


if __name__ == "__main__":
    main()
