"""Hours of 3D truth without pixels: keypoints and bouts, written as they are made."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sbea_engine import __version__
from sbea_engine.progress import OnProgress, Progress, ignore
from sbea_engine.synth.cast import Piece
from sbea_engine.synth.folder import check_seed, new_folder, write_json
from sbea_engine.synth.recipe import Recipe
from sbea_engine.synth.staging import bouts_of, cast_of, company
from sbea_engine.synth.truth import RECORDING_FORMAT


def write_truth_only(
    recipe: Recipe, *, frames: int, seed: int, out: Path, on_progress: OnProgress = ignore
) -> Path:
    """Write the truth of a recording that nobody films into the new folder `out`.

    The folder holds `recording.json`, without cameras, and `truth.npz` with `points_mm`; `load_truth` reads
    it. Keypoints and bouts are those that `render_recording` writes for the same recipe, seed and length, to
    within a thousandth of a millimetre. Keypoints never lie in memory all at once.

    Raises:
        BadRequest: The seed or the folder cannot be used.
        Cancelled: From `on_progress`; nothing is left behind.
    """
    check_seed(seed)
    on_progress(Progress(stage="truth", done=0, total=frames))
    with new_folder(out) as folder:
        animals = company(recipe, seed)
        plan = animals[0].plan
        cast = cast_of(recipe, animals, frames=frames, seed=seed)
        shape = (frames, len(animals), len(plan.keypoints), 3)
        speeds: list[NDArray[np.float64]] = []
        points = _points(cast.pieces(), speeds, frames, on_progress)
        write_points(folder / "truth.npz", shape, points)
        bouts = bouts_of(recipe, cast, np.concatenate(speeds))
        write_json(
            folder / "recording.json",
            {
                "format": RECORDING_FORMAT,
                "fps": recipe.fps,
                "frame_count": frames,
                "cameras": [],
                "individuals": [a.name for a in animals],
                "skeleton": plan.skeleton.to_dict(),
                "bouts": [b.to_dict() for b in bouts],
                "recipe": recipe.model_dump(mode="json"),
                "seed": seed,
                "version": __version__,
            },
        )
    return out


def write_points(file: Path, shape: tuple[int, ...], pieces: Iterable[NDArray[np.float32]]) -> None:
    """An npz with the one float32 array `points_mm` of `shape`, its rows given in pieces."""
    header = {"descr": "<f4", "fortran_order": False, "shape": shape}
    with (
        zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive,
        archive.open("points_mm.npy", "w", force_zip64=True) as member,
    ):
        np.lib.format.write_array_header_1_0(member, header)
        for piece in pieces:
            member.write(np.ascontiguousarray(piece, "<f4").tobytes())


def _points(
    pieces: Iterable[Piece], speeds: list[NDArray[np.float64]], frames: int, on_progress: OnProgress
) -> Iterator[NDArray[np.float32]]:
    """Keypoints of the pieces; their speeds are added to `speeds`."""
    done = 0
    for piece in pieces:
        yield piece.points_mm
        speeds.append(piece.speed_mm_s)
        done += len(piece.points_mm)
        on_progress(Progress(stage="truth", done=done, total=frames))
