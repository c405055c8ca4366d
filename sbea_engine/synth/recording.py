"""Renders a recipe into a folder: videos, calibration, exact truth, and some labelled frames."""

from __future__ import annotations

import json
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sbea_engine import __version__
from sbea_engine.data import FrameSource, LabelSet, Skeleton, Visibility
from sbea_engine.data.camera import Camera
from sbea_engine.errors import BadInput
from sbea_engine.geometry import project
from sbea_engine.progress import OnProgress, Progress, ignore
from sbea_engine.synth.arena import Light
from sbea_engine.synth.film import FilmWriter
from sbea_engine.synth.masks import Rle, encode_mask
from sbea_engine.synth.motion import explore
from sbea_engine.synth.recipe import BODIES, AnimalRecipe, Recipe
from sbea_engine.synth.render import Animal, Renderer, Scene, View
from sbea_engine.synth.texture import COATS, FurNoise, make_floor
from sbea_engine.synth.truth import MASKS_FORMAT, RECORDING_FORMAT

MAX_FRAMES = 1_000_000
# Streams of chance, so that a camera more changes neither the motion nor the other cameras' noise.
_FLOOR, _ANIMALS, _CAMERAS = range(3)


class BadRequest(BadInput):
    """What to render was not asked for in a way that can be done."""

    code = "bad_request"


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingFiles:
    """What `render_recording` wrote; `labels` is None where none were asked for."""

    folder: Path
    recording: Path
    truth: Path
    videos: dict[str, Path]
    masks: dict[str, Path]
    labels: Path | None
    frame_count: int
    labelled_frames: int


def build_scene(recipe: Recipe, *, frames: int, seed: int) -> Scene:
    """The world of a recipe, its animals' motion planned for `frames` frames."""
    arena = recipe.arena.arena()

    def animal(i: int, asked: AnimalRecipe) -> Animal:
        plan = BODIES[asked.body].scaled(asked.scale)
        motion = explore(
            _chance(seed, _ANIMALS, i),
            plan,
            floor_mm=arena.floor_mm,
            frames=frames,
            fps=recipe.fps,
            pace=asked.pace,
        )
        return Animal(name=asked.name, plan=plan, coat=COATS[asked.coat], motion=motion)

    return Scene(
        arena=arena,
        light=Light(),
        floor=make_floor(
            _chance(seed, _FLOOR), arena.floor_mm, colour=arena.floor_colour, litter=arena.litter
        ),
        fur=FurNoise.make(),
        animals=tuple(animal(i, asked) for i, asked in enumerate(recipe.animals)),
    )


def render_recording(
    recipe: Recipe,
    *,
    cameras: int = 1,
    seconds: float | None = None,
    frames: int | None = None,
    seed: int = 0,
    labels: int = 40,
    out: Path,
    on_progress: OnProgress = ignore,
) -> RecordingFiles:
    """Render a recording with its truth into the new folder `out`.

    The folder appears whole or not at all. The same recipe, seed and length give the same truth and frames.

    Args:
        cameras: Number of views; the first is the ceiling camera.
        seconds, frames: Length; give one of them.
        labels: How many frames a view to label for training, spread over the recording; 0 for none.

    Raises:
        BadRequest: The length, the number of labels, or the folder cannot be used.
        Cancelled: From `on_progress`; nothing is left behind.
    """
    count = frame_count(recipe, seconds=seconds, frames=frames)
    if not 0 <= labels <= count:
        raise BadRequest(f"{labels} labelled frames asked of a recording of {count} frames.")
    if seed < 0:
        raise BadRequest(f"The seed must not be negative, got {seed}.")
    scene = build_scene(recipe, frames=count, seed=seed)
    rig = recipe.cameras.cameras(cameras, scene.arena)
    with _new_folder(out) as folder:
        arrays = _render_views(recipe, scene, rig, count, seed, folder, on_progress)
        with (folder / "truth.npz").open("wb") as file:
            np.savez(file, allow_pickle=False, **arrays)
        skeleton = scene.animals[0].plan.skeleton
        _write_json(folder / "recording.json", _description(recipe, scene, skeleton, rig, count, seed))
        if labels:
            _label(folder, scene, skeleton, rig, arrays, labels).save(folder)
    return RecordingFiles(
        folder=out,
        recording=out / "recording.json",
        truth=out / "truth.npz",
        videos={c.name: out / f"{c.name}.mp4" for c in rig},
        masks={c.name: out / f"masks-{c.name}.json" for c in rig},
        labels=out / "labels.json" if labels else None,
        frame_count=count,
        labelled_frames=labels,
    )


def frame_count(recipe: Recipe, *, seconds: float | None, frames: int | None) -> int:
    """Frames of a recording whose length is given one way; raises `BadRequest` where that is not so."""
    if (seconds is None) == (frames is None):
        raise BadRequest("Give the length of the recording either in seconds or in frames.")
    if seconds is not None and not 0 < seconds < MAX_FRAMES:  # also turns away NaN
        raise BadRequest(f"A recording lasts more than 0 seconds, got {seconds}.")
    count = frames if frames is not None else round((seconds or 0) * recipe.fps)
    if not 2 <= count <= MAX_FRAMES:
        raise BadRequest(f"A recording has 2 to {MAX_FRAMES} frames, got {count}.")
    return count


def keypoint_visibility(
    scene: Scene, camera: Camera, view: View, points_mm: NDArray[np.float32]
) -> NDArray[np.bool_]:
    """Which keypoints (individual, keypoint, 3) of a frame are in the picture with nothing in front.

    A keypoint is hidden where what is drawn at its pixel lies nearer than the keypoint by more than the depth
    that its body plan allows it below the surface.
    """
    px, depth = project(camera, points_mm)
    inside = camera.holds(px)
    column, row = np.where(inside[..., None], np.rint(px), 0).astype(np.intp).transpose(2, 0, 1)
    allowed = np.array([[k.depth_mm for k in animal.plan.keypoints] for animal in scene.animals])
    return np.asarray(inside & (depth <= view.depth_mm[row, column] + allowed), np.bool_)


def _render_views(
    recipe: Recipe,
    scene: Scene,
    rig: tuple[Camera, ...],
    count: int,
    seed: int,
    folder: Path,
    on_progress: OnProgress,
) -> dict[str, NDArray[Any]]:
    """Write videos and masks; returns the arrays of `truth.npz`."""
    points = np.stack([a.motion.points_mm for a in scene.animals], axis=1).astype(np.float32)
    arrays: dict[str, NDArray[Any]] = {"points_mm": points}
    for c, camera in enumerate(rig):
        chance = _chance(seed, _CAMERAS, c)
        renderer = Renderer(
            scene, camera, samples=recipe.render.samples, noise=recipe.render.noise, rng=chance
        )
        visible = np.zeros(points.shape[:3], np.bool_)
        order = np.zeros(points.shape[:2], np.int8)
        codes: dict[str, list[list[Rle]]] = {"visible": [], "amodal": []}
        file = folder / f"{camera.name}.mp4"
        with FilmWriter(file, width=camera.width, height=camera.height, fps=recipe.fps) as film:
            for f in range(count):
                on_progress(Progress(stage="render", done=c * count + f, total=len(rig) * count))
                view = renderer.render(f, chance)
                film.append(view.image)
                visible[f] = keypoint_visibility(scene, camera, view, points[f])
                order[f] = view.order
                codes["visible"].append([encode_mask(m) for m in view.visible])
                codes["amodal"].append([encode_mask(m) for m in view.amodal])
        arrays[f"points_px/{camera.name}"] = project(camera, points)[0].astype(np.float32)
        arrays[f"visible/{camera.name}"] = visible
        arrays[f"order/{camera.name}"] = order
        document = {
            "format": MASKS_FORMAT,
            "camera": camera.name,
            "individuals": [a.name for a in scene.animals],
        }
        _write_json(folder / f"masks-{camera.name}.json", document | codes)
    on_progress(Progress(stage="render", done=len(rig) * count, total=len(rig) * count))
    return arrays


def _description(
    recipe: Recipe, scene: Scene, skeleton: Skeleton, rig: tuple[Camera, ...], count: int, seed: int
) -> dict[str, Any]:
    return {
        "format": RECORDING_FORMAT,
        "fps": recipe.fps,
        "frame_count": count,
        "cameras": [c.to_dict() for c in rig],
        "individuals": [a.name for a in scene.animals],
        "skeleton": skeleton.to_dict(),
        "recipe": recipe.model_dump(mode="json"),
        "seed": seed,
        "version": __version__,
    }


def _label(
    folder: Path,
    scene: Scene,
    skeleton: Skeleton,
    rig: tuple[Camera, ...],
    arrays: dict[str, NDArray[Any]],
    count: int,
) -> LabelSet:
    """Label `count` spread frames of every view as a careful person would: hidden keypoints are guessed,
    those out of the picture absent."""
    total = len(arrays["points_mm"])
    rows = np.round((np.arange(count) + 0.5) * total / count - 0.5).astype(int)
    points, visibility, sources = [], [], []
    for camera in rig:
        px = arrays[f"points_px/{camera.name}"][rows]
        seen = arrays[f"visible/{camera.name}"][rows]
        inside = camera.holds(px)
        points.append(np.where(inside[..., None], px, np.nan).astype(np.float32))
        visibility.append(
            np.where(seen, Visibility.VISIBLE, np.where(inside, Visibility.GUESSED, Visibility.ABSENT))
        )
        file = folder / f"{camera.name}.mp4"
        sources += [FrameSource(video=camera.name, index=int(r), path=file) for r in rows]
    return LabelSet(
        skeleton=skeleton,
        individuals=tuple(a.name for a in scene.animals),
        frames=tuple(sources),
        points_px=np.concatenate(points),
        visibility=np.concatenate(visibility).astype(np.int8),
    )


def _chance(seed: int, *stream: int) -> np.random.Generator:
    return np.random.default_rng(np.random.SeedSequence(entropy=seed, spawn_key=stream))


@contextmanager
def _new_folder(out: Path) -> Iterator[Path]:
    """A folder to fill that takes the name `out` at the end, or is gone."""
    if out.is_symlink() or (out.exists() and (not out.is_dir() or any(out.iterdir()))):
        raise BadRequest(f"{out}: is there already. Name a new folder, or remove this one first.")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        partial = out.parent / f".{out.name}.{uuid.uuid4().hex}.part"
        partial.mkdir()
    except OSError as error:
        raise BadRequest(f"{out.parent}: cannot be written to ({error.strerror}).") from error
    try:
        yield partial
        partial.rename(out)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise


def _write_json(file: Path, document: dict[str, Any]) -> None:
    file.write_text(json.dumps(document, allow_nan=False, separators=(",", ":")), encoding="utf-8")
