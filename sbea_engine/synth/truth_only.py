"""Hours of 3D truth without pixels: keypoints and bouts, written as they are made."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sbea_engine import __version__
from sbea_engine.progress import OnProgress, Progress, ignore
from sbea_engine.synth.behaviour.bouts import Bout
from sbea_engine.synth.cast import PIECE
from sbea_engine.synth.folder import BadRequest, new_folder, write_json
from sbea_engine.synth.recipe import Recipe
from sbea_engine.synth.staging import act_out, cast_of, company
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
    if seed < 0:
        raise BadRequest(f"The seed must not be negative, got {seed}.")
    on_progress(Progress(stage="truth", done=0, total=frames))
    animals = company(recipe, seed)
    plan = animals[0].plan
    pieces: Iterable[NDArray[np.float32]]
    bouts: tuple[Bout, ...]
    if recipe.scripted:
        cast = cast_of(recipe, animals, frames=frames, seed=seed)
        pieces, bouts = cast.points(), cast.bouts
    else:
        motions, bouts = act_out(recipe, animals, frames=frames, seed=seed)
        whole = np.stack([m.points_mm for m in motions], axis=1).astype(np.float32)
        pieces = (whole[start : start + PIECE] for start in range(0, frames, PIECE))
    with new_folder(out) as folder:
        shape = (frames, len(animals), len(plan.keypoints), 3)
        write_points(folder / "truth.npz", shape, _told(pieces, frames, on_progress))
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


def _told(
    pieces: Iterable[NDArray[np.float32]], frames: int, on_progress: OnProgress
) -> Iterator[NDArray[np.float32]]:
    done = 0
    for piece in pieces:
        yield piece
        done += len(piece)
        on_progress(Progress(stage="truth", done=done, total=frames))
