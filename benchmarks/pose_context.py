"""What two frames before and after are worth, and what they cost: the same labels with them and without.

    python benchmarks/pose_context.py [--families pyramid] [--films noisy covered clean]
                                      [--seeds 1 2] [--frames 300] [--labels 40] [--preset fast]
                                      [--iterations 150] [--longer 5] [--threads 1]

Renders one camera's view of the recipe `solo` at half its size, one recording a seed, and makes films of it:
as rendered (clean); with strong noise of each frame's own (noisy); and with patches of other parts of the
picture laid over the animal, each for one frame or two, in half of the frames (covered). Labels are exact and
spread over the first two thirds less a second; measured is every frame of the last third, on all keypoints
that are in the picture and, apart, on those that the camera sees and a patch hides.

Three networks a film: without context, with it, and without it but trained for --longer times as many steps,
which is about what context costs; with --longer 1 the first two. Time is that of the processor.
"""

from __future__ import annotations

import argparse
import math
import tempfile
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from sbea_engine.data import FrameSource, LabelSet, Visibility
from sbea_engine.pose.config import PoseConfig
from sbea_engine.pose.factory import create
from sbea_engine.synth import Recipe, load_recipe, render_recording
from sbea_engine.synth.truth import Truth, load_truth
from sbea_engine.video.reader import open_frames

RECIPE, SIZE = "solo", (320, 240)
GAP_S = 1.0
NOISE_SD = 45.0
PATCH_PX = (24, 48)
FAR_PX = 10
FILMS = ("noisy", "covered", "clean")
Patch = tuple[int, int, int, int, int, int]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--families", nargs="+", default=["pyramid"])
    parser.add_argument("--films", nargs="+", choices=FILMS, default=list(FILMS))
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--preset", default="fast")
    for name, value in (("frames", 300), ("labels", 40), ("iterations", 150), ("threads", 1)):
        parser.add_argument(f"--{name}", type=int, default=value)
    parser.add_argument("--longer", type=float, default=5.0)
    asked = parser.parse_args()
    for seed in asked.seeds:
        with tempfile.TemporaryDirectory() as place:
            rig = Path(place) / "rig"
            render_recording(smaller(load_recipe(RECIPE)), frames=asked.frames, seed=seed, labels=0, out=rig)
            for film in asked.films:
                folder = Path(place) / film
                hidden = write_film(load_truth(rig), film, folder, np.random.default_rng(seed))
                for family in asked.families:
                    compare(asked, load_truth(rig), folder, hidden, (family, film, seed))


def smaller(recipe: Recipe) -> Recipe:
    """The same recipe filmed at `SIZE` by its first camera."""
    table = recipe.model_dump()
    cameras = table["cameras"] | {"width": SIZE[0], "height": SIZE[1]}
    return Recipe.model_validate(table | {"cameras": cameras})


def write_film(truth: Truth, kind: str, folder: Path, rng: np.random.Generator) -> NDArray[np.bool_]:
    """Write the frames of the first view as PNG; returns (frame, keypoint) where a patch hides one."""
    name = next(iter(truth.views))
    points = truth.views[name].points_px[:, 0]
    hidden = np.zeros(points.shape[:2], bool)
    folder.mkdir()
    patches: list[tuple[int, Patch]] = []
    with open_frames(truth.video(name)) as reader:
        for index, pixels in reader.iterate():
            image = pixels.mean(-1)
            if kind == "noisy":
                image = image + rng.normal(0, NOISE_SD, image.shape)
            elif kind == "covered":
                patches = [(left - 1, patch) for left, patch in patches if left > 1]
                if rng.random() < 1 / 3:
                    patches.append((int(rng.integers(1, 3)), new_patch(points[index], rng)))
                image, hidden[index] = covered(image, points[index], [patch for _, patch in patches])
            grey = np.clip(image + 0.5, 0, 255).astype(np.uint8)
            Image.fromarray(np.repeat(grey[..., None], 3, axis=-1)).save(folder / f"{index:04}.png")
    return hidden


def new_patch(points: NDArray[np.float32], rng: np.random.Generator) -> Patch:
    """Height and width, top and left of a patch over some keypoint, and of where its pixels come from."""
    h, w = (int(n) for n in rng.integers(*PATCH_PX, 2))
    x, y = rng.choice(points[np.isfinite(points).all(-1)]) + rng.normal(0, 6, 2)
    top, left = (int(np.clip(v - n / 2, 0, most - n)) for v, n, most in ((y, h, SIZE[1]), (x, w, SIZE[0])))
    return h, w, top, left, int(rng.integers(SIZE[1] - h)), int(rng.integers(SIZE[0] - w))


def covered(
    image: NDArray[np.float64],
    points: NDArray[np.float32],
    patches: list[Patch],
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """The picture with the patches, and which keypoints lie under one."""
    shown, under = image.copy(), np.zeros(len(points), bool)
    for h, w, top, left, from_top, from_left in patches:
        shown[top : top + h, left : left + w] = image[from_top : from_top + h, from_left : from_left + w]
        low, high = np.array([left, top]) - 0.5, np.array([left + w, top + h]) - 0.5
        under |= ((points >= low) & (points < high)).all(-1)
    return shown, under


def compare(
    asked: argparse.Namespace,
    truth: Truth,
    folder: Path,
    hidden: NDArray[np.bool_],
    what: tuple[str, str, int],
) -> None:
    """Train with and without on the same labels, and print a row for each."""
    family, film, seed = what
    first = len(truth) * 2 // 3
    rows = np.linspace(0, first - math.ceil(GAP_S * truth.fps) - 1, asked.labels).round().astype(int)
    labels = exact_labels(truth, folder, rows)
    print(f"{film}, {family}, seed {seed}: {len(labels)} labels, frames {first} to {len(truth) - 1}")
    networks = [("without", 0, asked.iterations), ("with", 2, asked.iterations)]
    if asked.longer > 1:
        networks.append(("without, longer", 0, round(asked.longer * asked.iterations)))
    for name, frames, steps in networks:
        config = PoseConfig(
            preset=asked.preset,
            family=family,
            seed=seed,
            iterations=steps,
            threads=asked.threads,
            context_frames=frames,
        )
        began = time.process_time()
        model = create(config).fit(labels)
        trained = time.process_time()
        found = model.predict(folder).points_px[first:, 0]
        each_ms = 1000 * (time.process_time() - trained) / len(truth)
        print(f"  {name}, {steps} steps, {trained - began:.0f} s; {each_ms:.1f} ms a frame")
        report(truth, found, hidden, first)


def report(truth: Truth, found: NDArray[np.float32], hidden: NDArray[np.bool_], first: int) -> None:
    """Distances from the truth on the frames from `first` on: of all keypoints and of some."""
    view = next(iter(truth.views.values()))
    off = np.linalg.norm(found - view.points_px[first:, 0], axis=-1)
    inside, seen, under = np.isfinite(off), view.visible[first:, 0], hidden[first:]
    for name, which in (
        ("all", inside),
        ("to be seen", inside & seen & ~under),
        ("under a patch", inside & seen & under),
    ):
        some = off[which]
        if len(some):
            far = (some > FAR_PX).mean()
            print(
                f"    {name:14} mean {some.mean():6.2f} px, median {np.median(some):6.2f}, {far:6.1%} of "
                f"{len(some)} beyond {FAR_PX}",
                flush=True,
            )


def exact_labels(truth: Truth, folder: Path, rows: NDArray[np.intp]) -> LabelSet:
    """Every keypoint that is in the picture, seen or hidden, on these frames of a film."""
    view = next(iter(truth.views.values()))
    points = view.points_px[rows]
    inside = np.asarray(((points >= 0) & (points <= np.array(SIZE) - 1)).all(-1))
    return LabelSet(
        skeleton=truth.skeleton,
        individuals=truth.individuals,
        frames=tuple(FrameSource(video=folder.name, index=int(i), path=folder) for i in rows),
        points_px=np.where(inside[..., None], points, np.nan).astype(np.float32),
        visibility=np.where(inside, Visibility.VISIBLE, Visibility.ABSENT).astype(np.int8),
    )


if __name__ == "__main__":
    main()
