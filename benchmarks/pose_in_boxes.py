"""What boxes bring to the pose of animals that look alike, on rendered animals whose truth is known.

    python -m benchmarks.pose_in_boxes [--recipe dyad] [--seeds 21 22] [--seconds 20] [--labels 40]
                                       [--preset fast] [--jitter 0] [--threads 1] [--json]

For each seed a recording of one camera is rendered and a model of the family `bottom_up` is trained on
some labelled frames of it. The recording is then predicted as one stream, in which animals keep their
places by position, and in the boxes round the masks of all that there is of each animal (amodal), as a
perfect detector would give them; `--jitter` moves each edge by so many pixels, by chance. Printed are
errors against the keypoints that the camera sees, under the names of the individuals: in a stream by the
names that suit all of it best. `nearer_to_the_other` is the share of animals of frames whose answer lies
nearer to another one than to its own. The labelled frames are among those measured: what is compared is
one model with itself.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import warnings
from itertools import permutations
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sbea_engine.pipelines.pose import load_labels
from sbea_engine.pose.bottom_up.estimator import BottomUpEstimator
from sbea_engine.pose.config import PoseConfig
from sbea_engine.synth import load_recipe, render_recording
from sbea_engine.synth.truth import Truth, load_truth
from sbea_engine.video.reader import open_frames

Points = NDArray[np.float32]


def true_boxes(truth: Truth, camera: str, jitter_px: float, seed: int) -> Points:
    """(frame, individual, 4) round the amodal masks; NaN where nothing of an animal is in the picture."""
    masks, rng = truth.masks(camera, "amodal"), np.random.default_rng((seed, 7))
    boxes = np.array([[box_of(mask) for mask in masks.at(tick)] for tick in range(len(truth))], np.float32)
    return boxes + rng.normal(0, jitter_px, boxes.shape).astype(np.float32)


def box_of(mask: NDArray[np.bool_]) -> list[float]:
    """Left, top, right and bottom edge."""
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    if not len(rows):
        return [np.nan] * 4
    return [columns[0] - 0.5, rows[0] - 0.5, columns[-1] + 0.5, rows[-1] + 0.5]


def best_named(found: Points, truth: Points) -> Points:
    """A stream under the order of names that suits the whole of it best."""
    orders = [list(order) for order in permutations(range(truth.shape[1]))]
    return found[:, min(orders, key=lambda order: float(np.nanmean(distances(found[:, order], truth))))]


def distances(found: Points, truth: Points) -> Points:
    return np.asarray(np.linalg.norm(found - truth, axis=-1), np.float32)


def figures(found: Points, truth: Points) -> dict[str, Any]:
    seen = np.isfinite(truth).all(-1)
    error = distances(found, truth)
    placed = error[seen & np.isfinite(error)]
    return {
        "mean_px": round(float(placed.mean()), 2),
        "median_px": round(float(np.median(placed)), 2),
        "within_10_px": round(float((placed <= 10).sum() / seen.sum()), 4),
        "not_placed": int(seen.sum() - len(placed)),
        "nearer_to_the_other": round(exchanged(found, truth), 4),
    }


def exchanged(found: Points, truth: Points) -> float:
    """Share of the animals of all frames whose answer lies nearer to another animal than to its own."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # animals without a keypoint in sight
        apart = np.nanmean(np.linalg.norm(found[:, :, None] - truth[:, None], axis=-1), axis=-1)
    own = np.einsum("fii->fi", apart)
    other = np.where(np.eye(apart.shape[1], dtype=bool), np.inf, apart)
    known = np.isfinite(own)
    return float((np.nanmin(other, axis=-1)[known] < own[known]).mean())


def compare(folder: Path, config: PoseConfig, jitter_px: float, seed: int) -> dict[str, Any]:
    """One model, asked both ways."""
    truth = load_truth(folder)
    camera, view = next(iter(truth.views.items()))
    labels = load_labels(folder)
    model = BottomUpEstimator(config).fit(labels)
    points = np.where(view.visible[..., None], view.points_px, np.nan).astype(np.float32)
    with open_frames(truth.video(camera)) as reader:
        images = [image for _, image in reader.iterate()]
    stream = np.concatenate([some for some, _ in model.predict_stream(iter(images))])
    boxes = true_boxes(truth, camera, jitter_px, seed)
    inside = np.concatenate([some for some, _ in model.predict_in_boxes(iter(images), iter(boxes))])
    return {
        "stream": figures(best_named(stream, points), points),
        "in_boxes": figures(inside, points),
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--recipe", default="dyad")
    parser.add_argument("--seeds", type=int, nargs="+", default=[21, 22])
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--labels", type=int, default=40)
    parser.add_argument("--preset", default="fast")
    parser.add_argument("--jitter", type=float, default=0.0, help="Standard deviation of each edge, pixels.")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    rows = []
    for seed in arguments.seeds:
        with tempfile.TemporaryDirectory() as place:
            folder, recipe = Path(place) / "recording", load_recipe(arguments.recipe)
            render_recording(
                recipe, cameras=1, seconds=arguments.seconds, seed=seed, labels=arguments.labels, out=folder
            )
            config = PoseConfig(family="bottom_up", preset=arguments.preset, threads=arguments.threads)
            rows.append({"seed": seed, **compare(folder, config, arguments.jitter, seed)})
    result = {"recipe": arguments.recipe, "seconds": arguments.seconds, "jitter_px": arguments.jitter}
    print(json.dumps({**result, "rows": rows}, indent=None if arguments.json else 1))


if __name__ == "__main__":
    main()
