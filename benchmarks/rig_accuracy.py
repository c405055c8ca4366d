"""How near predicted 3D poses come to the truth, from few labels a view, on a rendered rig.

    python -m benchmarks.rig_accuracy [--recipe solo] [--cameras 4] [--seconds 20] [--labels 60] [--threads 2]

Renders a recording, labels frames of its first two thirds as a careful person would, trains one pose model
on the labels of all views, predicts every view, triangulates, and compares the last third with the truth:
keypoints that two or more views can see. Beside it the error that triangulation alone leaves, from the true
2D positions.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sbea_engine.data import LabelSet, Poses
from sbea_engine.data.camera import CameraGroup
from sbea_engine.geometry import triangulate
from sbea_engine.io.poses3d_store import open_poses3d
from sbea_engine.io.poses_store import write_poses
from sbea_engine.pipelines.reconstruct import reconstruct
from sbea_engine.pose.config import PoseConfig
from sbea_engine.pose.factory import PoseModel, create
from sbea_engine.synth import load_recipe, render_recording
from sbea_engine.synth.truth import Truth, load_truth


def labels_of_the_first_part(folder: Path, last_frame: int) -> LabelSet:
    """Labelled frames up to a frame, of every view."""
    labels = LabelSet.load(folder)
    rows = [row for row, source in enumerate(labels.frames) if source.index <= last_frame]
    return labels.select(np.array(rows))


def predicted(model: PoseModel, truth: Truth, folder: Path) -> dict[str, Path]:
    """A store of 2D poses for each view."""
    stores = {}
    for view in truth.views:
        poses: Poses = model.predict(truth.video(view))
        stores[view] = write_poses(poses, folder / view)
    return stores


def errors_mm(points_mm: NDArray[np.float32], truth: Truth, first: int) -> NDArray[np.float64]:
    """Distances from the truth from tick `first` on, of keypoints that two views see; NaN: unknown."""
    seen = np.sum([view.visible for view in truth.views.values()], axis=0) >= 2
    distance = np.linalg.norm(points_mm.astype(np.float64) - truth.points_mm, axis=-1)
    return np.asarray(distance[first:][seen[first:]])


def report(what: str, distance: NDArray[np.float64]) -> None:
    known = distance[np.isfinite(distance)]
    if len(known) == 0:
        print(f"{what}: none of {len(distance)} keypoints was placed")
        return
    p50, p95 = np.percentile(known, [50, 95])
    missing = 1 - len(known) / len(distance)
    print(
        f"{what}: median {p50:.2f} mm, mean {known.mean():.2f}, p95 {p95:.2f}, "
        f"{100 * missing:.1f} % of {len(distance)} unknown"
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--recipe", default="solo")
    for name, value in (("cameras", 4), ("seed", 3), ("threads", 2), ("labels", 60)):
        parser.add_argument(f"--{name}", type=int, default=value)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--preset", default="default")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        render_recording(
            load_recipe(asked.recipe),
            cameras=asked.cameras,
            seconds=asked.seconds,
            seed=asked.seed,
            labels=asked.labels * 3 // 2,
            out=folder / "rig",
        )
        truth = load_truth(folder / "rig")
        first = len(truth) * 2 // 3
        labels = labels_of_the_first_part(folder / "rig", first - 1)
        model = create(PoseConfig(preset=asked.preset, threads=asked.threads, seed=asked.seed))
        model.fit(labels)
        cameras = CameraGroup(cameras=tuple(view.camera for view in truth.views.values()))
        store = reconstruct(cameras, predicted(model, truth, folder), folder / "3d").store
        print(
            f"{asked.recipe}, {len(labels)} labelled frames in {len(truth.views)} views, {len(truth)} ticks"
        )
        exact = triangulate(cameras, np.stack([view.points_px for view in truth.views.values()]))
        report("true 2D", errors_mm(exact.points_mm.astype(np.float32), truth, first))
        report("predicted 2D", errors_mm(open_poses3d(store).window().points_mm, truth, first))


if __name__ == "__main__":
    main()
