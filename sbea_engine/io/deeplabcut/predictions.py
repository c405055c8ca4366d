"""DeepLabCut's analysis files: predictions of x, y and likelihood for every frame of a video."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sbea_engine.data import Poses, Skeleton
from sbea_engine.data.skeleton import BadSkeleton
from sbea_engine.io.deeplabcut.config import SINGLE, symmetric_by_name
from sbea_engine.io.deeplabcut.frames import columns_of, require_name, write_csv_and_h5
from sbea_engine.io.deeplabcut.labels import split_used
from sbea_engine.io.deeplabcut.table import COORDS, BadDeepLabCut, Column, Table, read_table

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["poses_of_table", "prediction_table", "read_predictions", "write_predictions"]

LIKELIHOOD_SLACK = 1e-3  # networks that regress their score map overshoot 0..1 by this much


def read_predictions(file: Path) -> Poses:
    """Read one `.csv` or `.h5` of predictions, of one animal or of several.

    Raises:
        BadDeepLabCut: The file is unreadable, lacks a likelihood column, or its rows are not frame numbers.
    """
    return poses_of_table(read_table(file))


def poses_of_table(table: Table, tool: str = "deeplabcut") -> Poses:
    """The predictions in a table; errors as `read_predictions`."""
    file = table.file
    groups: Sequence[str | None] = table.individuals or [None]
    keypoints = table.bodyparts
    x, y, likelihood = (table.spread(coord, groups, keypoints) for coord in COORDS)
    have = set(table.columns)
    for column in table.columns:
        if Column(column.individual, column.bodypart, "likelihood") not in have:
            raise BadDeepLabCut(
                f"{file}: {column.bodypart} has no likelihood column. Are these human labels?"
            )
    try:
        skeleton = Skeleton(keypoints=keypoints, symmetric=symmetric_by_name(keypoints))
    except BadSkeleton as error:
        raise BadDeepLabCut(f"{file}: {error}") from error
    points = np.stack([x, y], axis=-1).astype(np.float32)
    points[np.isnan(points).any(-1)] = np.nan
    return Poses(
        skeleton=skeleton,
        individuals=table.individuals or ("animal 1",),
        frames=_frame_numbers(table),
        points_px=points,
        confidence=_confidence(file, likelihood),
        provenance={"format": tool, "file": file.name, "scorer": table.scorer},
    )


def write_predictions(poses: Poses, file_stem: Path, scorer: str) -> tuple[Path, Path]:
    """Write `<file_stem>.csv` and `.h5`; returns both.

    DeepLabCut finds the file of a video when the stem is the video's name followed by the scorer. A keypoint
    without an answer has empty x, y and likelihood.

    Raises:
        BadDeepLabCut: A name cannot stand in a DeepLabCut header.
    """
    require_name(file_stem.name, "file name")
    frame = prediction_table(poses, scorer)
    file_stem.parent.mkdir(parents=True, exist_ok=True)
    return write_csv_and_h5(frame, file_stem)


def prediction_table(poses: Poses, scorer: str) -> pd.DataFrame:
    """Predictions as DeepLabCut's table; raises `BadDeepLabCut` for a name that no header can hold."""
    import pandas as pd

    require_name(scorer, "scorer")
    lone = len(poses.individuals) == 1
    shared, unique = _split(poses)
    columns, cells = [], []
    for i, individual in enumerate(poses.individuals):
        for keypoint in unique if unique and individual == SINGLE else shared:
            k = poses.skeleton.index(keypoint)
            columns += [Column(None if lone else individual, keypoint, coord) for coord in COORDS]
            cells += [*poses.points_px[:, i, k].T, poses.confidence[:, i, k]]
    return pd.DataFrame(
        np.array(cells, np.float64).T.reshape(len(poses), len(columns)),
        index=pd.Index(poses.frames),
        columns=columns_of(scorer, columns),
    )


def _split(poses: Poses) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(keypoints of every animal, those of `single` alone); all of every animal where both have one."""
    keypoints = poses.skeleton.keypoints
    used = np.any(np.isfinite(poses.points_px).all(axis=-1), axis=0)
    try:
        return split_used(poses.individuals, keypoints, used)
    except BadDeepLabCut:
        return keypoints, ()


def _frame_numbers(table: Table) -> NDArray[np.int64]:
    texts = [row[-1] for row in table.rows]
    wrong = next((n for n, row in enumerate(table.rows) if len(row) != 1 or not row[0].isdecimal()), None)
    if wrong is not None:
        raise BadDeepLabCut(
            f"{table.file}: row {wrong + 1} starts with {table.row_name(wrong)[:60]!r}, no frame number."
        )
    frames = np.array([int(text[:18]) for text in texts], np.int64)
    backwards = np.nonzero(np.diff(frames) <= 0)[0]
    if len(backwards):
        raise BadDeepLabCut(f"{table.file}: frame {texts[backwards[0] + 1]} follows {texts[backwards[0]]}.")
    return frames


def _confidence(file: Path, likelihood: NDArray[np.float64]) -> NDArray[np.float32]:
    outside = (likelihood < -LIKELIHOOD_SLACK) | (likelihood > 1 + LIKELIHOOD_SLACK)
    if outside.any():
        raise BadDeepLabCut(f"{file}: a likelihood of {likelihood[outside][0]:g} is not in 0..1.")
    return np.clip(likelihood, 0, 1).astype(np.float32)
