"""Renders a recipe into a folder: videos, calibration, exact truth, and some labelled frames."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sbea_engine import __version__
from sbea_engine.data import Skeleton
from sbea_engine.data.camera import Camera
from sbea_engine.data.sync import MISSING, SyncTable
from sbea_engine.geometry import project
from sbea_engine.progress import OnProgress, Progress, ignore
from sbea_engine.synth.arena import Light
from sbea_engine.synth.exposure import drifting_gain
from sbea_engine.synth.film import FilmWriter
from sbea_engine.synth.folder import BadRequest, check_seed, new_folder, write_json
from sbea_engine.synth.labelling import label_spread_frames, shared_ticks
from sbea_engine.synth.masks import Rle, encode_mask
from sbea_engine.synth.recipe import Recipe
from sbea_engine.synth.render import Animal, Renderer, Scene, View
from sbea_engine.synth.signals import chance
from sbea_engine.synth.staging import act_out, company
from sbea_engine.synth.texture import FurNoise, make_floor
from sbea_engine.synth.timing import plan_sync
from sbea_engine.synth.truth import MASKS_FORMAT, RECORDING_FORMAT

MAX_FRAMES = 1_000_000
LABELS = 40
# Streams of chance, so that a camera more changes neither the motion nor the other cameras' noise.
_FLOOR, _ANIMALS, _CAMERAS, _TIMING, _DRIFT = range(5)


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
    animals = company(recipe, seed)
    motions, bouts = act_out(recipe, animals, frames=frames, seed=seed)
    return Scene(
        arena=arena,
        light=Light.over(arena),
        floor=make_floor(
            chance(seed, _FLOOR), arena.floor_mm, colour=arena.floor_colour, litter=arena.litter
        ),
        fur=FurNoise.make(),
        animals=tuple(
            Animal(name=a.name, plan=a.plan, coat=a.coat, motion=motion)
            for a, motion in zip(animals, motions, strict=True)
        ),
        bouts=bouts,
    )


def render_recording(
    recipe: Recipe,
    *,
    cameras: int = 1,
    seconds: float | None = None,
    frames: int | None = None,
    seed: int = 0,
    labels: int | None = None,
    out: Path,
    on_progress: OnProgress = ignore,
) -> RecordingFiles:
    """Render a recording with its truth into the new folder `out`.

    The folder appears whole or not at all. The same recipe, seed and length give the same truth and frames.

    Args:
        cameras: Number of views; the recipe says where each stands.
        seconds, frames: Length on the common clock; give one of them.
        labels: How many frames a view to label for training, spread over the recording; 0 for none.
            By default 40, or all that every view shows if those are fewer.

    Raises:
        BadRequest: The length, the number of labels, the start offsets or the folder cannot be used.
        Cancelled: From `on_progress`; nothing is left behind.
    """
    count = frame_count(recipe, seconds=seconds, frames=frames)
    check_seed(seed)
    rig = recipe.cameras.cameras(cameras, recipe.arena.arena())
    sync = sync_of(recipe, [c.name for c in rig], ticks=count, seed=seed)
    shared = len(shared_ticks(sync))
    labels = min(LABELS, shared) if labels is None else labels
    if not 0 <= labels <= shared:
        raise BadRequest(
            f"{labels} labelled frames asked of a recording with {shared} that every view shows."
        )
    with new_folder(out) as folder:
        scene = build_scene(recipe, frames=count, seed=seed)
        take = _Take(recipe, scene, rig, sync, seed)
        arrays = _render_views(take, folder, on_progress)
        with (folder / "truth.npz").open("wb") as file:
            np.savez(file, allow_pickle=False, **arrays)
        write_json(folder / "recording.json", _description(take))
        if labels:
            label_spread_frames(
                folder,
                arrays,
                skeleton=take.skeleton,
                individuals=[a.name for a in scene.animals],
                rig=rig,
                sync=sync,
                recording=f"{recipe.name}, seed {seed}",
                count=labels,
            ).save(folder)
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


@dataclass(frozen=True, slots=True)
class _Take:
    """All that one recording is made from."""

    recipe: Recipe
    scene: Scene
    rig: tuple[Camera, ...]
    sync: SyncTable
    seed: int

    @property
    def skeleton(self) -> Skeleton:
        return self.scene.animals[0].plan.skeleton


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


def sync_of(recipe: Recipe, views: Sequence[str], *, ticks: int, seed: int) -> SyncTable:
    """Which frame each view shows at each tick, as the recipe's offsets and drops and the seed have it.

    Raises:
        BadRequest: A view could start only after the recording has ended.
    """
    asked = recipe.sync
    if not asked.start_offset_s and not asked.drop_share:
        return SyncTable.aligned(dict.fromkeys(views, ticks))
    start_ticks = round(asked.start_offset_s * recipe.fps)
    if start_ticks >= ticks - 1:
        raise BadRequest(
            f"Cameras that start up to {asked.start_offset_s} s late may miss a recording of "
            f"{ticks / recipe.fps:.2f} s. Ask for smaller offsets or for more seconds."
        )
    chances = {view: chance(seed, _TIMING, i) for i, view in enumerate(views)}
    return plan_sync(chances, ticks=ticks, start_ticks=start_ticks, drop_share=asked.drop_share)


def keypoint_visibility(
    scene: Scene, camera: Camera, view: View, points_mm: NDArray[np.float32]
) -> NDArray[np.bool_]:
    """Which keypoints (individual, keypoint, 3) of a frame are in the picture with nothing in front.

    A keypoint is hidden where what is drawn at its pixel lies nearer than the keypoint: another animal by any
    distance, its own body and the still world by more than the depth that the body plan allows it below the
    surface.
    """
    px, depth = project(camera, points_mm)
    inside = camera.holds(px)
    column, row = np.where(inside[..., None], np.rint(px), 0).astype(np.intp).transpose(2, 0, 1)
    allowed = np.array([[k.depth_mm for k in animal.plan.keypoints] for animal in scene.animals])
    for i in range(len(scene.animals)):
        others = np.delete(view.visible, i, axis=0)
        allowed[i, others[:, row[i], column[i]].any(axis=0)] = 0
    return np.asarray(inside & (depth <= view.depth_mm[row, column] + allowed), np.bool_)


def _render_views(take: _Take, folder: Path, on_progress: OnProgress) -> dict[str, NDArray[Any]]:
    """Write videos and masks; returns the arrays of `truth.npz`."""
    points = np.stack([a.motion.points_mm for a in take.scene.animals], axis=1).astype(np.float32)
    arrays: dict[str, NDArray[Any]] = {"points_mm": points}
    total = len(take.rig) * len(points)
    for c, camera in enumerate(take.rig):

        def tell(done: int, before: int = c * len(points)) -> None:
            on_progress(Progress(stage="render", done=before + done, total=total))

        seen, masks = _render_view(take, c, points, folder, tell)
        arrays[f"points_px/{camera.name}"] = project(camera, points)[0].astype(np.float32)
        arrays |= {f"{key}/{camera.name}": values for key, values in seen.items()}
        write_json(folder / f"masks-{camera.name}.json", masks)
    on_progress(Progress(stage="render", done=total, total=total))
    return arrays


def _render_view(
    take: _Take, c: int, points: NDArray[np.float32], folder: Path, tell: Callable[[int], None]
) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    """Write one camera's video; returns what it could see at each tick, and its masks.

    A tick of which the camera has no frame is seen all the same: truth is by tick, only the film lacks it.
    """
    camera, scene, asked = take.rig[c], take.scene, take.recipe.render
    rng = chance(take.seed, _CAMERAS, c)
    gain = drifting_gain(
        chance(take.seed, _DRIFT, c), len(points), fps=take.recipe.fps, drift=asked.exposure_drift
    )
    renderer = Renderer(scene, camera, asked.exposure(gain), rng)
    visible = np.zeros(points.shape[:3], np.bool_)
    order = np.zeros(points.shape[:2], np.int8)
    codes: dict[str, list[list[Rle]]] = {"visible": [], "amodal": []}
    filmed = take.sync.frames_of(camera.name) != MISSING
    file = folder / f"{camera.name}.mp4"
    with FilmWriter(file, width=camera.width, height=camera.height, fps=take.recipe.fps) as film:
        for tick in range(len(points)):
            tell(tick)
            view = renderer.render(tick, rng)
            if filmed[tick]:
                film.append(view.image)
            visible[tick] = keypoint_visibility(scene, camera, view, points[tick])
            order[tick] = view.order
            whole = [encode_mask(m) for m in view.amodal]
            codes["amodal"].append(whole)
            codes["visible"].append(
                [
                    code if np.array_equal(seen, full) else encode_mask(seen)  # mostly nothing is in front
                    for code, seen, full in zip(whole, view.visible, view.amodal, strict=True)
                ]
            )
    document = {
        "format": MASKS_FORMAT,
        "camera": camera.name,
        "individuals": [a.name for a in scene.animals],
    }
    return {"visible": visible, "order": order}, document | codes


def _description(take: _Take) -> dict[str, Any]:
    document = {
        "format": RECORDING_FORMAT,
        "fps": take.recipe.fps,
        "frame_count": take.sync.ticks,
        "cameras": [c.to_dict() for c in take.rig],
        "individuals": [a.name for a in take.scene.animals],
        "skeleton": take.skeleton.to_dict(),
        "bouts": [b.to_dict() for b in take.scene.bouts],
        "recipe": take.recipe.model_dump(mode="json"),
        "seed": take.seed,
        "version": __version__,
    }
    # A recording whose views started together and lost nothing needs no table.
    aligned = (take.sync.frames == np.arange(take.sync.ticks)).all()
    return document if aligned else document | {"sync": take.sync.to_dict()}
