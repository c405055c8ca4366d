"""Calibration takes: a board carried through the arena, filmed by the cameras that will film the animals."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from sbea_engine import __version__
from sbea_engine.data.camera import Camera
from sbea_engine.data.sync import MISSING, SyncTable
from sbea_engine.errors import BadInput
from sbea_engine.geometry import project
from sbea_engine.progress import OnProgress, Progress, ignore
from sbea_engine.synth.arena import Light
from sbea_engine.synth.backdrop import LAMP_RADIUS_MM, by_pixel, see_arena
from sbea_engine.synth.board import Board, Print
from sbea_engine.synth.camera import flat_grid
from sbea_engine.synth.exposure import Exposure, Sensor, drifting_gain, encode
from sbea_engine.synth.film import FilmWriter
from sbea_engine.synth.folder import check_seed, new_folder, write_json
from sbea_engine.synth.handheld import BoardPoses, show_around
from sbea_engine.synth.recipe import Recipe
from sbea_engine.synth.recording import frame_count, sync_of
from sbea_engine.synth.signals import chance
from sbea_engine.synth.texture import Floor, make_floor
from sbea_engine.synth.trace import Roi
from sbea_engine.synth.truth import (
    BadRecording,
    rate_hz,
    read_array,
    read_arrays,
    read_json,
    read_sync,
    whole,
)

Floats = NDArray[np.float32]
TAKE_FORMAT = "sbea-calibration-take/1"
BOARD_SHARE = 0.55  # of the shorter side of the floor
BOARD_RAYS = 4
BACK = 0.30  # reflectance of the plate behind the print
# Streams of chance, apart from those of recordings.
_FLOOR, _HAND, _NOISE, _DRIFT = range(20, 24)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CalibrationTake:
    """A take as it lies in its folder, by tick of its clock.

    Attributes:
        cameras: The true calibration.
        poses: Of the board, a moment a tick.
        corners_px: By camera, float32 (tick, corner, 2) of the board's inner corners, seen or not.
        visible: By camera, bool (tick, corner): in the picture, facing the camera, nothing in front.
    """

    folder: Path
    fps: float
    board: Board
    cameras: tuple[Camera, ...]
    poses: BoardPoses
    corners_px: Mapping[str, NDArray[np.float32]]
    visible: Mapping[str, NDArray[np.bool_]]
    sync: SyncTable

    def __len__(self) -> int:
        return len(self.poses)


def render_take(
    recipe: Recipe,
    *,
    kind: Literal["charuco", "checkerboard"],
    cameras: int,
    seconds: float | None = None,
    frames: int | None = None,
    seed: int = 0,
    out: Path,
    on_progress: OnProgress = ignore,
) -> CalibrationTake:
    """Render a calibration take of a recipe's rig into the new folder `out`.

    The folder appears whole or not at all, and the cameras are those of a recording of the same recipe.

    Raises:
        BadRequest: The length, the start offsets or the folder cannot be used.
        Cancelled: From `on_progress`; nothing is left behind.
    """
    ticks = frame_count(recipe, seconds=seconds, frames=frames)
    check_seed(seed)
    arena = recipe.arena.arena()
    rig = recipe.cameras.cameras(cameras, arena)
    board = Board.fitting(kind, BOARD_SHARE * min(arena.floor_mm))
    sync = sync_of(recipe, [c.name for c in rig], ticks=ticks, seed=seed)
    spread = recipe.render.exposure().spread
    moments = (np.arange(ticks)[:, None] + spread).ravel()
    middle = slice(len(spread) // 2, None, len(spread))
    floor = make_floor(chance(seed, _FLOOR), arena.floor_mm, colour=arena.floor_colour, litter=arena.litter)
    with new_folder(out) as folder:
        hand = chance(seed, _HAND)
        poses = show_around(hand, board, rig, arena, ticks=ticks, fps=recipe.fps, moments=moments)
        truth = BoardPoses(rotation=poses.rotation[middle], position_mm=poses.position_mm[middle])
        arrays: dict[str, NDArray[Any]] = {"rotation": truth.rotation, "position_mm": truth.position_mm}
        for c, camera in enumerate(rig):

            def tell(done: int, before: int = c * ticks) -> None:
                on_progress(Progress(stage="render", done=before + done, total=ticks * len(rig)))

            filmed = sync.frames_of(camera.name) != MISSING
            stage = _Stage(recipe, camera, board, floor, ticks, seed, c)
            arrays[f"visible/{camera.name}"] = _film(stage, poses, len(spread), filmed, folder, tell)
            corners, _ = project(camera, truth.place(board.corners_mm))
            arrays[f"corners_px/{camera.name}"] = corners.astype(np.float32)
        tell(ticks)
        with (folder / "board.npz").open("wb") as file:
            np.savez(file, allow_pickle=False, **arrays)
        document = {
            "format": TAKE_FORMAT,
            "fps": recipe.fps,
            "frame_count": ticks,
            "board": board.to_dict(),
            "cameras": [c.to_dict() for c in rig],
            "sync": sync.to_dict(),
            "recipe": recipe.model_dump(mode="json"),
            "seed": seed,
            "version": __version__,
        }
        write_json(folder / "take.json", document)
    return load_take(out)


def load_take(folder: Path) -> CalibrationTake:
    """Read a calibration take; raises `BadRecording` naming the file and what is wrong."""
    file = folder / "take.json"
    document = read_json(file, TAKE_FORMAT)
    try:
        cameras = tuple(Camera.from_dict(c) for c in document["cameras"])
        board = Board.from_dict(document["board"])
        ticks, fps = whole(document["frame_count"], 1), rate_hz(document["fps"])
        sync = read_sync(document, [c.name for c in cameras], ticks)
    except (KeyError, TypeError, ValueError, BadInput) as error:
        raise BadRecording(f"{file}: damaged ({error}).") from error
    count = len(board.corners_mm)
    file = folder / "board.npz"
    with read_arrays(file) as arrays:
        poses = BoardPoses(
            rotation=read_array(file, arrays, "rotation", (ticks, 3, 3), np.float64),
            position_mm=read_array(file, arrays, "position_mm", (ticks, 3), np.float64),
        )
        corners = {
            c.name: read_array(file, arrays, f"corners_px/{c.name}", (ticks, count, 2), np.float32)
            for c in cameras
        }
        visible = {
            c.name: read_array(file, arrays, f"visible/{c.name}", (ticks, count), np.bool_) for c in cameras
        }
    return CalibrationTake(
        folder=folder,
        fps=fps,
        board=board,
        cameras=cameras,
        poses=poses,
        corners_px=corners,
        visible=visible,
        sync=sync,
    )


def _film(
    stage: _Stage,
    poses: BoardPoses,
    moments: int,
    filmed: NDArray[np.bool_],
    folder: Path,
    tell: Callable[[int], None],
) -> NDArray[np.bool_]:
    """Write one camera's video; returns which corners (tick, corner) it could see."""
    camera, rng = stage.camera, stage.rng
    visible = np.zeros((len(filmed), len(stage.board.corners_mm)), np.bool_)
    file = folder / f"{camera.name}.mp4"
    with FilmWriter(file, width=camera.width, height=camera.height, fps=stage.fps) as film:
        for tick in range(len(filmed)):
            tell(tick)
            own = slice(tick * moments, (tick + 1) * moments)
            image = stage.picture(poses.rotation[own], poses.position_mm[own])
            frame = stage.sensor.expose(image, tick, rng)
            if filmed[tick]:
                film.append(frame)
            m = tick * moments + moments // 2
            visible[tick] = stage.sees(poses.rotation[m], poses.position_mm[m])
    return visible


class _Stage:
    """One camera's look at the arena with a board in it."""

    def __init__(
        self, recipe: Recipe, camera: Camera, board: Board, floor: Floor, ticks: int, seed: int, c: int
    ) -> None:
        arena, self.light = recipe.arena.arena(), Light.over(recipe.arena.arena())
        self.camera, self.board, self.print, self.fps = camera, board, Print(board), recipe.fps
        self.backdrop = see_arena(camera, arena, floor, self.light)
        self.rng = chance(seed, _NOISE, c)
        gain = drifting_gain(
            chance(seed, _DRIFT, c), ticks, fps=recipe.fps, drift=recipe.render.exposure_drift
        )
        self.sensor = Sensor(
            camera, self.rng, Exposure(samples=1, noise=recipe.render.noise, gain=gain), ticks
        )
        self._flat = flat_grid(camera, BOARD_RAYS).astype(np.float32)

    def picture(self, rotation: NDArray[np.float64], position: NDArray[np.float64]) -> Floats:
        """Encoded picture (height, width, 3), the mean over the moments of one exposure."""
        linear = np.zeros_like(self.backdrop.colour)
        for turn, at in zip(rotation, position, strict=True):
            linear += self._moment(turn, at) / np.float32(len(rotation))
        whole = slice(None)
        return encode(self.backdrop.veil(linear, whole, whole))

    def sees(self, rotation: NDArray[np.float64], position: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Which inner corners (corner,) are in the picture with nothing in front."""
        px, depth = project(self.camera, self.board.corners_mm @ rotation.T + position)
        front = (rotation.T @ (self.camera.position_mm - position))[2] < 0
        seen = self.camera.holds(px) & front
        column, row = np.where(seen[:, None], np.rint(px), 0).astype(np.intp).T
        return np.asarray(seen & (depth < self.backdrop.depth_mm[row, column]), np.bool_)

    def _moment(self, turn: NDArray[np.float64], at: NDArray[np.float64]) -> Floats:
        linear = self.backdrop.colour * self._shadow(turn, at)[..., None]
        box = self._box(turn, at)
        if box is None:
            return linear
        n = BOARD_RAYS
        rows, columns = slice(box.top, box.bottom), slice(box.left, box.right)
        fine = self._flat[:, box.top * n : box.bottom * n, box.left * n : box.right * n]
        # Points u, v of the board seen along x, y: (u, v, 1) / depth = inverse (x, y, 1).
        inverse = np.linalg.inv(
            np.column_stack([self.camera.R @ turn[:, :2], self.camera.R @ at + self.camera.t])
        )
        u, v, w = (a * fine[0] + b * fine[1] + c for a, b, c in inverse.astype(np.float32))
        with np.errstate(divide="ignore", invalid="ignore"):
            tone = self.print.at((u / w).ravel(), (v / w).ravel()).reshape(u.shape)
            hidden = (w <= 0) | (
                1 / w >= np.repeat(np.repeat(self.backdrop.depth_mm[rows, columns], n, 0), n, 1)
            )
        drawn = ~(np.isnan(tone) | hidden)
        front = float(np.sign((turn.T @ (self.camera.position_mm - at))[2]))
        tone = np.where(drawn, tone if front < 0 else np.float32(BACK), 0).astype(np.float32)
        cut = (box.shape[0], n, box.shape[1], n)
        share = by_pixel(drawn.astype(np.float32).reshape(cut)) / n**2
        light = self.light.falls_on(at[:, None].astype(np.float32), front * turn[:, 2])[0]
        colour = (by_pixel(tone.reshape(cut)) / n**2)[..., None] * light
        linear[rows, columns] = linear[rows, columns] * (1 - share[..., None]) + colour
        return linear

    def _box(self, turn: NDArray[np.float64], at: NDArray[np.float64]) -> Roi | None:
        """The pixels that the sheet can cover."""
        (x0, y0), (x1, y1) = self.board.sheet_mm
        x, y = np.meshgrid(np.linspace(x0, x1, 9), np.linspace(y0, y1, 9))
        px, depth = project(self.camera, np.stack([x.ravel(), y.ravel(), np.zeros(81)], 1) @ turn.T + at)
        if (depth <= 0).all():
            return None
        if (depth <= 0).any() or np.isnan(px).any():
            return Roi(0, self.camera.height, 0, self.camera.width)
        size = (self.camera.width, self.camera.height)
        left, top = np.clip(np.floor(px.min(0)) - 2, 0, size).astype(int).tolist()
        right, bottom = np.clip(np.ceil(px.max(0)) + 3, 0, size).astype(int).tolist()
        return Roi(top, bottom, left, right) if top < bottom and left < right else None

    def _shadow(self, turn: NDArray[np.float64], at: NDArray[np.float64]) -> Floats:
        """Share (height, width) of light that the board leaves to each pixel of the floor."""
        lamp = np.array(self.light.lamp_mm)
        floor = np.concatenate([self.backdrop.floor_mm, np.zeros_like(self.backdrop.floor_mm[:1])])
        way = (turn.T @ (floor.reshape(3, -1) - lamp[:, None])).astype(np.float32)
        start = (turn.T @ (lamp - at)).astype(np.float32)
        with np.errstate(divide="ignore", invalid="ignore"):
            where = start[:2, None] - start[2] / way[2] * way[:2]
        low, high = self.board.sheet_mm.astype(np.float32)
        gap = np.maximum(low[:, None] - where, where - high[:, None]).max(0)
        blur = 2 * LAMP_RADIUS_MM * max(float(at[2]), 5.0) / lamp[2]  # half-shade widens with the height
        cover = np.nan_to_num(np.clip(0.5 - gap / blur, 0, 1)).reshape(self.backdrop.floor_share.shape)
        return np.asarray(1 - 0.6 * cover * self.backdrop.floor_share, np.float32)
