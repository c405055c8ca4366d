"""A contact sheet of what animals do: moments of one bout of each behaviour, from two cameras.

    python -m benchmarks.synth_contact_sheet --out FILE.png [--recipe dyad] [--seed 1] [--only rear,groom]

Upper row of a behaviour: a camera close by, from the side; lower row: from the ceiling. A recipe of one
animal (`bird`, `dog`) is given a second one, so that there is something to do together.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from sbea_engine.synth import Recipe, build_scene, load_recipe
from sbea_engine.synth.behaviour.bouts import Bout
from sbea_engine.synth.behaviour.repertoire import REPERTOIRE
from sbea_engine.synth.camera import look_at
from sbea_engine.synth.exposure import Exposure
from sbea_engine.synth.render import Renderer, Scene

MINUTES = 4


def pick(bouts: Sequence[Bout], behaviour: str, fps: float) -> Bout | None:
    """The bout of a behaviour nearest to its median duration."""
    row = REPERTOIRE[behaviour]
    found = [b for b in bouts if b.behaviour == behaviour]
    return min(found, key=lambda b: abs(np.log(len(b) / fps / row.median_s)), default=None)


def company(recipe: Recipe) -> Recipe:
    """The recipe, or for one of a single animal two of its kind that follow the repertoire."""
    if len(recipe.animals) > 1:
        return recipe
    first = recipe.animals[0]
    return recipe.model_copy(update={"animals": (first, first.model_copy(update={"name": "another"}))})


def tiles(scene: Scene, bout: Bout, asked: argparse.Namespace) -> NDArray[np.uint8]:
    """Two rows of pictures (height, width, 3) of one bout."""
    animals = {a.name: a for a in scene.animals}
    shown = [animals[bout.actor]] + ([animals[bout.partner]] if bout.partner else [])
    size = shown[0].plan.roams
    width, height = asked.tile, round(asked.tile * 3 / 4)
    frames = np.linspace(bout.first_frame, bout.last_frame, asked.moments).round().astype(int)
    rows: list[list[NDArray[np.uint8]]] = [[], []]
    for frame in frames:
        points = np.concatenate([a.motion.points_mm[frame] for a in shown])
        centre = np.append((points[:, :2].min(0) + points[:, :2].max(0)) / 2, 14.0 * size)
        reach = min(100.0 * size, max(60.0 * size, float(np.ptp(points[:, :2], axis=0).max()) / 2))
        box = centre + reach * np.array([(x, y, z) for x in (-1, 1) for y in (-1, 1) for z in (-0.2, 0.5)])
        heading = shown[0].motion.joints.rotation[frame, 0, :2, 0]
        side = np.append(np.array([-heading[1], heading[0]]) / np.linalg.norm(heading), 0)
        others = np.mean(
            [a.motion.points_mm[frame].mean(0) for a in scene.animals if a is not shown[0]], axis=0
        )
        side *= -np.sign(side @ (others - shown[0].motion.points_mm[frame].mean(0))) or 1.0
        low = np.array([0, 0, asked.height_mm])
        eyes = (centre + size * (260 * side + low), centre + size * np.array([0, -60, 420]))
        for row, eye in zip(rows, eyes, strict=True):
            camera = look_at(name="eye", eye_mm=eye, show_mm=box, width=width, height=height, fill=0.95)
            renderer = Renderer(
                scene, camera, Exposure(samples=asked.samples, noise=0.0), np.random.default_rng(0)
            )
            row.append(renderer.render(int(frame), np.random.default_rng(0)).image)
    return np.concatenate([np.concatenate(row, axis=1) for row in rows])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--recipe", default="dyad")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default=",".join(REPERTOIRE))
    parser.add_argument("--samples", type=int, default=2)
    parser.add_argument("--moments", type=int, default=6)
    parser.add_argument("--tile", type=int, default=240, help="width of a picture in pixels")
    parser.add_argument("--height-mm", type=float, default=190, help="of the camera at the side, for a mouse")
    asked = parser.parse_args()
    recipe = company(load_recipe(asked.recipe))
    scene = build_scene(recipe, frames=round(MINUTES * 60 * recipe.fps), seed=asked.seed)
    strips = []
    for behaviour in asked.only.split(","):
        bout = pick(scene.bouts, behaviour, recipe.fps)
        if bout is None:
            print(f"{behaviour}: not in {MINUTES} minutes of seed {asked.seed}")
            continue
        print(
            f"{behaviour}: frames {bout.first_frame} to {bout.last_frame}, {bout.actor} {bout.partner or ''}"
        )
        sheet = tiles(scene, bout, asked)
        cv2.putText(sheet, behaviour, (6, 18), cv2.FONT_HERSHEY_SIMPLEX, 0.55, (20, 20, 20), 1, cv2.LINE_AA)
        strips.append(sheet)
    cv2.imwrite(str(asked.out), cv2.cvtColor(np.concatenate(strips), cv2.COLOR_RGB2BGR))


if __name__ == "__main__":
    main()
