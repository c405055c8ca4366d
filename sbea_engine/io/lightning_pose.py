"""Lightning Pose: a folder of labelled frames with one table (one a view), and tables of predictions.

The tables are those of DeepLabCut with one path a row; no `config.yaml` says what they hold.
"""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Sequence
from pathlib import Path, PureWindowsPath

import numpy as np
from numpy.typing import NDArray

from sbea_engine.data import FrameSource, LabelSet, Poses, Skeleton, Visibility
from sbea_engine.data.skeleton import BadSkeleton
from sbea_engine.errors import BadInput
from sbea_engine.io.deeplabcut.config import symmetric_by_name
from sbea_engine.io.deeplabcut.frames import columns_of, require_name
from sbea_engine.io.deeplabcut.labels import (
    columns_to_write,
    frame_indices,
    label_cells,
    require_pairs,
)
from sbea_engine.io.deeplabcut.predictions import poses_of_table, prediction_table
from sbea_engine.io.deeplabcut.project import VIDEO_SUFFIXES
from sbea_engine.io.deeplabcut.table import Table, read_csv
from sbea_engine.io.image_folders import write_by_video
from sbea_engine.io.imported import ImportedLabels, ImportedPoses, unique_names
from sbea_engine.progress import OnProgress

__all__ = [
    "BadLightningPose",
    "find",
    "looks_like",
    "prediction_files",
    "read_labels",
    "read_poses",
    "write_labels",
    "write_poses",
]

LABELLED, VIDEOS = "labeled-data", "videos"
PREDICTED = "video_preds"  # in a model's folder, for instance models/<day>/<time>/video_preds
DEPTH = 5  # of folders below a project in which models are looked for
LISTED = 5  # missing images named in a message before "and N more"
LONE = "animal 1"


class BadLightningPose(BadInput):
    """Labels cannot be read from, or written for, Lightning Pose."""

    code = "bad_lightning_pose"


def looks_like(place: Path) -> bool:
    """A folder with `CollectedData*.csv` directly in it, beside `labeled-data`; never raises."""
    try:
        return place.is_dir() and (place / LABELLED).is_dir() and bool(_tables(place))
    except OSError:
        return False


def find(place: Path) -> Path:
    """The folder itself, or the one folder in it that looks like a project; a file is itself."""
    if place.is_file() or looks_like(place) or not place.is_dir():
        return place
    inner = [child for child in place.iterdir() if not child.is_symlink() and looks_like(child)]
    return inner[0] if len(inner) == 1 else place


def read_labels(place: Path, *, pictures: Path | None = None) -> ImportedLabels:
    """The labels of all tables of a folder, one set of individuals and keypoints.

    Raises:
        BadLightningPose: No table, tables that differ in their columns, or images that are not there.
        BadDeepLabCut: A table is unreadable.
    """
    files = _tables(place) if place.is_dir() else [place]
    if not files:
        raise BadLightningPose(f"{place}: no CollectedData*.csv here. Choose the folder that holds it.")
    tables = [read_csv(file) for file in files]
    for table in tables[1:]:
        if table.columns != tables[0].columns:
            raise BadLightningPose(
                f"{table.file}: its columns are not those of {tables[0].file.name}. Use the same body parts."
            )
    folder = files[0].parent
    warnings: list[str] = []
    parts = [_labels_of(folder, table, warnings) for table in tables]
    labels = LabelSet(
        skeleton=parts[0].skeleton,
        individuals=parts[0].individuals,
        frames=tuple(source for part in parts for source in part.frames),
        points_px=np.concatenate([part.points_px for part in parts]),
        visibility=np.concatenate([part.visibility for part in parts]),
    )
    if not len(labels):
        raise BadLightningPose(f"{folder}: nothing is labelled in {', '.join(f.name for f in files)}.")
    videos = [f for f in _inside(folder / VIDEOS) if f.suffix.lower() in VIDEO_SUFFIXES]
    return ImportedLabels(
        title=folder.name,
        scorer=tables[0].scorer,
        labels=labels.select(labels.time_order()),
        videos=tuple(videos),
        warnings=tuple(warnings),
    )


def read_poses(place: Path) -> ImportedPoses:
    """Predictions of a CSV, or of all CSV files directly in a folder; each belongs to the video of its name.

    Columns beside x, y and likelihood (variances and the like) are left out with a warning.

    Raises:
        BadDeepLabCut: A table is unreadable, or its rows are no frame numbers.
        BadLightningPose: There is no table.
    """
    files = [place] if place.is_file() else [f for f in _inside(place) if f.suffix.lower() == ".csv"]
    files = [file for file in files if not file.name.startswith("CollectedData")]
    if not files:
        raise BadLightningPose(f"{place}: no predictions here (<video>.csv).")
    warnings: list[str] = []
    poses: dict[str, Poses] = {}
    for name, file in zip(unique_names([file.stem for file in files], "video"), files, strict=True):
        surplus: set[str] = set()
        poses[name] = poses_of_table(read_csv(file, surplus=surplus), "lightning_pose")
        if surplus:
            warnings.append(f"{file}: columns {', '.join(sorted(surplus))} are not read.")
    return ImportedPoses(title=place.stem, poses=poses, warnings=tuple(warnings))


def prediction_files(project: Path) -> list[Path]:
    """Tables of predictions in a project: directly in it, beside its videos, and in `video_preds` of models.

    Each is called as its video. Tables of losses beside them have no such header and are passed over; a table
    that is a link may lie anywhere, and folders that are links are not followed.
    """
    folders = [project, project / VIDEOS, *_folders_of_predictions(project)]
    files = [f for folder in folders for f in _entries(folder) if f.suffix.lower() == ".csv"]
    return [f for f in files if not f.name.startswith((".", "CollectedData")) and _is_table(f)]


def write_labels(folder: Path, labels: LabelSet, *, title: str, scorer: str, on_progress: OnProgress) -> Path:
    """A new folder with `CollectedData.csv`, images in `labeled-data/<video>`, and an empty `videos`.

    Raises:
        BadLightningPose: The folder exists, nothing is labelled, or there are several individuals.
        BadDeepLabCut: A name that no header or file can hold.
        BadVideo: The pixels of a frame cannot be read.
    """
    import pandas as pd

    require_name(scorer, "scorer")
    if folder.exists():
        raise BadLightningPose(f"{folder}: exists already. Choose a new folder.")
    if not len(labels):
        raise BadLightningPose("There are no labelled frames to write.")
    if len(labels.individuals) > 1:
        raise BadLightningPose("Lightning Pose holds one individual; these labels have several.")
    labels = labels.select(labels.time_order())
    columns = columns_to_write(labels)
    folder.parent.mkdir(parents=True, exist_ok=True)
    temporary = folder.with_name(f".{folder.name}.{uuid.uuid4().hex[:8]}.tmp")
    try:
        rows = write_by_video(labels, temporary, LABELLED, on_progress)
        table = pd.DataFrame(
            label_cells(labels, columns), index=pd.Index(rows), columns=columns_of(scorer, columns)
        )
        table.to_csv(temporary / "CollectedData.csv")
        (temporary / VIDEOS).mkdir()
        temporary.rename(folder)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return folder


def write_poses(folder: Path, poses: Poses, *, name: str, scorer: str) -> tuple[Path, ...]:
    """`<video>.csv`, which Lightning Pose finds by the name of the video."""
    if len(poses.individuals) > 1:
        raise BadLightningPose("Lightning Pose holds one individual; these predictions have several.")
    require_name(name, "video")
    table = prediction_table(poses, scorer)
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{name}.csv"
    temporary = folder / f".{file.name}.tmp"
    try:
        table.to_csv(temporary)
        temporary.replace(file)
    finally:
        temporary.unlink(missing_ok=True)
    return (file,)


def _labels_of(folder: Path, table: Table, warnings: list[str]) -> LabelSet:
    """The labels of one table; rows without any label are left out with a warning."""
    if any(column.coord == "likelihood" for column in table.columns):
        raise BadLightningPose(f"{table.file}: holds likelihoods, so predictions, where labels belong.")
    groups: Sequence[str | None] = table.individuals or [None]
    keypoints = table.bodyparts
    x, y = table.spread("x", groups, keypoints), table.spread("y", groups, keypoints)
    require_pairs(table, x, y, groups, keypoints)
    try:
        skeleton = Skeleton(keypoints=keypoints, symmetric=symmetric_by_name(keypoints))
    except BadSkeleton as error:
        raise BadLightningPose(f"{table.file}: {error}") from error
    points = np.stack([x, y], axis=-1).astype(np.float32)
    placed: NDArray[np.bool_] = np.asarray(np.isfinite(points).all(axis=-1), dtype=np.bool_)
    labelled = np.flatnonzero(np.any(placed, axis=(1, 2)))
    if len(labelled) < len(points):
        warnings.append(
            f"{table.file}: {len(points) - len(labelled)} of {len(points)} images carry no label; left out."
        )
    return LabelSet(
        skeleton=skeleton,
        individuals=table.individuals or (LONE,),
        frames=_frames(folder, table),
        points_px=points,
        visibility=np.where(placed, Visibility.VISIBLE, Visibility.UNLABELLED).astype(np.int8),
    ).select(labelled)


def _frames(folder: Path, table: Table) -> tuple[FrameSource, ...]:
    """Where the pixels of each row are: `labeled-data/<video>/<image>`, whatever else its path says."""
    paths = [PureWindowsPath(*row) for row in table.rows]
    short = next((n for n, path in enumerate(paths) if len(path.parts) < 2 or ".." in path.parts[-2:]), None)
    if short is not None:
        raise BadLightningPose(
            f"{table.file}: row {short + 1} is {table.row_name(short)[:80]!r}; expected "
            f"{LABELLED}/<video>/<image>."
        )
    files = [folder / LABELLED / path.parts[-2] / path.name for path in paths]
    inside = folder.resolve()
    missing = [f for f in files if "\0" in f.name or not f.is_file()]
    if missing:
        more = f" and {len(missing) - LISTED} more" if len(missing) > LISTED else ""
        shown = ", ".join(f"{f.parent.name}/{f.name}" for f in missing[:LISTED])
        raise BadLightningPose(f"{table.file}: names images that are not there: {shown}{more}.")
    outside = next((f for f in files if not f.resolve().is_relative_to(inside)), None)
    if outside is not None:
        raise BadLightningPose(f"{outside}: a link to outside the folder; not followed. Copy the file in.")
    index: dict[Path, int] = {}
    for place in {file.parent for file in files}:
        own = [file for file in files if file.parent == place]
        index.update(zip(own, frame_indices([file.name for file in own]), strict=True))
    return tuple(FrameSource(video=f.parent.name, index=index[f], path=f) for f in files)


def _tables(folder: Path) -> list[Path]:
    files = sorted(folder.glob("CollectedData*.csv"))
    return [file for file in files if file.resolve().is_relative_to(folder.resolve())]


def _folders_of_predictions(project: Path) -> list[Path]:
    """Every `video_preds` a few levels below a project, without those in labels and videos."""
    found: list[Path] = []
    level = [project]
    for _ in range(DEPTH):
        below = [child for folder in level for child in _entries(folder)]
        level = [f for f in below if not f.name.startswith(".") and not f.is_symlink() and f.is_dir()]
        level = [f for f in level if f.parent != project or f.name not in (LABELLED, VIDEOS)]
        found += [f for f in level if f.name == PREDICTED]
    return found


def _entries(folder: Path) -> list[Path]:
    """What lies directly in a folder; nothing where it is none, or may not be read."""
    try:
        return sorted(folder.iterdir())
    except OSError:
        return []


def _is_table(file: Path) -> bool:
    """Whether a file begins as a table of labels or predictions does; never raises."""
    try:
        with file.open("rb") as text:
            return text.read(64).removeprefix(b"\xef\xbb\xbf").startswith(b"scorer,")
    except OSError:
        return False


def _inside(folder: Path) -> list[Path]:
    """The files directly in a folder, without hidden ones and links that lead out."""
    if not folder.is_dir():
        return []
    files = (f for f in sorted(folder.iterdir()) if f.is_file() and not f.name.startswith("."))
    return [f for f in files if f.resolve().is_relative_to(folder.resolve())]
