"""Anipose's 3D poses: one CSV with x, y, z, error, cameras and score of each body part.

Its 2D poses are tables as DeepLabCut writes them, and are read by `io/deeplabcut`.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sbea_engine.data import Poses3D, Skeleton
from sbea_engine.data.skeleton import BadSkeleton
from sbea_engine.errors import BadInput
from sbea_engine.io.deeplabcut.config import symmetric_by_name
from sbea_engine.io.deeplabcut.frames import require_name
from sbea_engine.io.image_folders import safe_folders
from sbea_engine.io.tables.columns import read_columns, read_header

__all__ = ["BadAnipose", "find", "looks_like", "read_poses3d", "write_poses3d"]

PARTS = ("x", "y", "z", "error", "ncams", "score")
ALL_VIEWS = "mean of all views"  # Anipose gives one error a point, not one a camera
LONE = "animal 1"
MAX_MM = 1e7
MAX_VIEWS = np.iinfo(np.int8).max


class BadAnipose(BadInput):
    """A file of Anipose's 3D poses cannot be used."""

    code = "bad_anipose"


def looks_like(place: Path) -> bool:
    """A CSV with such columns, or a folder with one; never raises."""
    try:
        return len(_files(place)) == 1
    except OSError:
        return False


def find(place: Path) -> Path:
    """The file itself, or the one in a folder or its `pose-3d`; raises `BadAnipose` for none or several."""
    if place.is_file():
        return place
    files = _files(place) or _files(place / "pose-3d")
    if len(files) != 1:
        raise BadAnipose(f"{place}: holds {len(files)} tables of 3D poses. Choose one CSV.")
    return files[0]


def read_poses3d(place: Path) -> Poses3D:
    """3D poses in the unit of the calibration, which is taken for millimetres.

    The error of a point, a mean over its cameras, stands as the residual of one view that is called so. A
    point whose number of cameras is not given rests on one.

    Raises:
        BadTable: Not a readable CSV.
        BadAnipose: Columns are missing, or a number makes no sense.
    """
    columns = read_columns(place)
    keypoints = _keypoints(list(columns.cells))
    absent = [f"{k}_{part}" for k in keypoints for part in ("y", "z") if f"{k}_{part}" not in columns]
    if not keypoints or absent:
        what = f"column {absent[0]} is missing" if absent else "has no columns <body part>_x, _y and _z"
        raise BadAnipose(f"{place}: {what}; not a table of Anipose's 3D poses.")
    ticks = columns.whole("fnum") if "fnum" in columns else np.arange(len(columns), dtype=np.int64)
    if np.any(np.diff(ticks) <= 0):
        raise BadAnipose(f"{place}: the column fnum does not increase.")
    points = np.stack([[columns.numbers(f"{k}_{part}") for part in "xyz"] for k in keypoints])
    points = points.transpose(2, 0, 1)[:, None]
    if np.any(np.abs(points) > MAX_MM):
        raise BadAnipose(f"{place}: a point lies further out than {MAX_MM:g} mm.")
    known = np.asarray(np.isfinite(points).all(axis=-1))

    def optional(part: str, fill: float) -> NDArray[np.float64]:
        cells = [
            columns.numbers(f"{k}_{part}") if f"{k}_{part}" in columns else np.full(len(columns), np.nan)
            for k in keypoints
        ]
        values = np.stack(cells, axis=1)[:, None]
        return np.where(known, np.where(np.isnan(values), fill, values), np.nan)

    views, error = optional("ncams", 1.0), optional("error", np.nan)
    if np.any(views > MAX_VIEWS) or np.any(error < 0):
        raise BadAnipose(f"{place}: a number of cameras is above {MAX_VIEWS}, or an error negative.")
    try:
        skeleton = Skeleton(keypoints=tuple(keypoints), symmetric=symmetric_by_name(keypoints))
    except BadSkeleton as wrong:
        raise BadAnipose(f"{place}: {wrong}") from wrong
    return Poses3D(
        skeleton=skeleton,
        individuals=(LONE,),
        views=(ALL_VIEWS,),
        ticks=ticks,
        points_mm=np.where(known[..., None], points, np.nan).astype(np.float32),
        sigma_mm=np.full(known.shape, np.nan, np.float32),
        n_views=np.where(known, np.maximum(np.nan_to_num(views, nan=1.0), 1), 0).astype(np.int8),
        residual_px=error[None].astype(np.float32),
        provenance={"format": "anipose", "file": place.name},
    )


def write_poses3d(folder: Path, poses: Poses3D, name: str) -> tuple[Path, ...]:
    """`<recording>.csv`, one for each individual where there are several (`<recording>_<individual>.csv`).

    The error is the mean over views; the score, which 3D poses do not have, is empty. The matrix and centre
    that Anipose writes turn nothing and move nothing.

    Raises:
        BadDeepLabCut: A name that cannot stand in a header.
    """
    for keypoint in poses.skeleton.keypoints:
        require_name(keypoint, "body part")
    several = len(poses.individuals) > 1
    stems = safe_folders([f"{name}_{i}" if several else name for i in poses.individuals])
    folder.mkdir(parents=True, exist_ok=True)
    return tuple(_write(folder / f"{stem}.csv", poses, i) for i, stem in enumerate(stems))


def _write(file: Path, poses: Poses3D, individual: int) -> Path:
    import pandas as pd

    seen = np.isfinite(poses.residual_px[:, :, individual])
    total = np.where(seen, poses.residual_px[:, :, individual], 0).sum(axis=0)
    error = np.where(seen.any(axis=0), total / np.maximum(seen.sum(axis=0), 1), np.nan)
    columns: dict[str, NDArray[np.generic]] = {}
    for k, keypoint in enumerate(poses.skeleton.keypoints):
        for axis, part in enumerate("xyz"):
            columns[f"{keypoint}_{part}"] = poses.points_mm[:, individual, k, axis]
        columns[f"{keypoint}_error"] = error[:, k].astype(np.float32)
        columns[f"{keypoint}_ncams"] = poses.n_views[:, individual, k]
        columns[f"{keypoint}_score"] = np.full(len(poses), np.nan)
    for row in range(3):
        for column in range(3):
            columns[f"M_{row}{column}"] = np.full(len(poses), float(row == column))
    for axis in range(3):
        columns[f"center_{axis}"] = np.zeros(len(poses))
    columns["fnum"] = poses.ticks
    temporary = file.with_name(f".{file.name}.tmp")
    try:
        pd.DataFrame(columns).to_csv(temporary, index=False)
        temporary.replace(file)
    finally:
        temporary.unlink(missing_ok=True)
    return file


def _keypoints(names: Sequence[str]) -> list[str]:
    return [name[:-2] for name in names if name.endswith("_x")]


def _files(place: Path) -> list[Path]:
    files = [place] if place.is_file() else sorted(place.glob("*.csv")) if place.is_dir() else []
    return [f for f in files if f.suffix.lower() == ".csv" and _fits(read_header(f))]


def _fits(names: Sequence[str]) -> bool:
    return any({f"{k}_{part}" for part in PARTS} <= set(names) for k in _keypoints(names))
