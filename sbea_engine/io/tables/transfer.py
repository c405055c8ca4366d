"""Long and wide tables as the registry knows them: one file of labels or poses, as CSV or Parquet."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sbea_engine.data import FrameSource, LabelSet, Poses, Visibility
from sbea_engine.io.deeplabcut.frames import as_name
from sbea_engine.io.deeplabcut.project import VIDEO_SUFFIXES
from sbea_engine.io.image_folders import safe_folders, write_by_video
from sbea_engine.io.imported import ImportedLabels, ImportedPoses, find_beside
from sbea_engine.io.tables.columns import BadTable, read_columns, read_header
from sbea_engine.io.tables.layout import Rows, is_long, is_wide, label_rows, pose_rows, rows_of
from sbea_engine.progress import OnProgress

__all__ = ["TableFiles"]

FORMULA = ("=", "+", "-", "@")


class TableFiles:
    """Reader and writer of one kind of file and layout; readers take either layout.

    Args:
        suffix: ".csv" or ".parquet".
        wide: The layout that is written.
    """

    def __init__(self, suffix: str, *, wide: bool = False) -> None:
        self.suffix, self.wide = suffix, wide

    def looks_like(self, place: Path) -> bool:
        """A file with such a header, or a folder with one such file; never raises."""
        return self._file(place) is not None

    def find(self, place: Path) -> Path:
        """The file itself, or the one such file in a folder or in the one folder within.

        Raises:
            BadTable: There is none, or several.
        """
        if place.is_file():
            return place
        inner = [p for p in place.iterdir() if p.is_dir() and not p.is_symlink()] if place.is_dir() else []
        file = self._file(place) or (self._file(inner[0]) if len(inner) == 1 else None)
        if file is None:
            raise BadTable(
                f"{place}: holds no table of keypoints, or several ({self.suffix}). Choose a file."
            )
        return file

    def read_labels(self, place: Path, *, pictures: Path | None = None) -> ImportedLabels:
        """Labels of a table without confidences. A position without a word on it is visible.

        Raises:
            BadTable: The table cannot be used, or holds predictions.
        """
        rows = rows_of(read_columns(place), place.stem)
        if rows.confidence is not None:
            raise BadTable(
                f"{place}: has confidences, so predictions, where labels belong. Read it as poses."
            )
        warnings: list[str] = []
        placed = np.isfinite(rows.points_px).all(axis=-1)
        said = rows.visibility
        if said is None:
            said = np.where(placed, Visibility.VISIBLE, Visibility.UNLABELLED).astype(np.int8)
        wrong = np.flatnonzero(placed != (said >= Visibility.GUESSED))
        if len(wrong):
            keypoint = rows.skeleton.keypoints[rows.keypoint[wrong[0]]]
            raise BadTable(
                f"{place}: {keypoint} on frame {rows.frame[wrong[0]]}: a position must be there just where "
                "the keypoint is visible or guessed."
            )
        labels = _labels(place.parent, rows, said, warnings)
        kept = np.flatnonzero(labels.labelled_frames)
        if len(kept) < len(labels):
            warnings.append(f"{place}: {len(labels) - len(kept)} frames carry no label; left out.")
        if not len(kept):
            raise BadTable(f"{place}: nothing is labelled in it.")
        labels = labels.select(kept)
        videos = {
            s.path for s in labels.frames if s.path.suffix.lower() in VIDEO_SUFFIXES and s.path.is_file()
        }
        return ImportedLabels(
            title=place.stem,
            scorer="",
            labels=labels.select(labels.time_order()),
            videos=tuple(sorted(videos)),
            warnings=tuple(warnings),
        )

    def read_poses(self, place: Path) -> ImportedPoses:
        """Predictions by video. Where the table has no confidences, they are unknown, and a warning says so.

        Raises:
            BadTable: The table cannot be used, or says what people labelled.
        """
        rows = rows_of(read_columns(place), place.stem)
        if rows.visibility is not None:
            raise BadTable(
                f"{place}: has visibilities, so labels, where predictions belong. Read it as labels."
            )
        warnings = [] if rows.confidence is not None else [f"{place}: has no confidences; they are unknown."]
        unknown = np.full(len(rows.frame), np.nan)
        confidence = unknown if rows.confidence is None else rows.confidence
        poses = {}
        for number, video in enumerate(rows.videos):
            own = np.flatnonzero(rows.video == number)
            frames, points = rows.spread(own, rows.points_px, np.nan)
            _, scores = rows.spread(own, confidence, np.nan)
            poses[video] = Poses(
                skeleton=rows.skeleton,
                individuals=rows.individuals,
                frames=frames,
                points_px=points.astype(np.float32),
                confidence=scores.astype(np.float32),
                provenance={"format": "table", "file": place.name},
            )
        if not poses:
            raise BadTable(f"{place}: holds no rows.")
        return ImportedPoses(title=place.stem, poses=poses, warnings=tuple(warnings))

    def write_labels(
        self, folder: Path, labels: LabelSet, *, title: str, scorer: str, on_progress: OnProgress
    ) -> Path:
        """A new folder with `labels.csv` (or `.parquet`) and the frames in `images/<video>`.

        Raises:
            BadTable: The folder exists, nothing is labelled, or a name would run as a formula.
            BadVideo: The pixels of a frame cannot be read.
        """
        if folder.exists():
            raise BadTable(f"{folder}: exists already. Choose a new folder.")
        if not len(labels):
            raise BadTable("There are no labelled frames to write.")
        labels = labels.select(labels.time_order())
        folder.parent.mkdir(parents=True, exist_ok=True)
        temporary = folder.with_name(f".{folder.name}.{uuid.uuid4().hex[:8]}.tmp")
        try:
            images = write_by_video(labels, temporary, "images", on_progress)
            self._write(temporary / f"labels{self.suffix}", label_rows(labels, images, wide=self.wide))
            temporary.rename(folder)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
        return folder

    def write_poses(self, folder: Path, poses: Poses, *, name: str, scorer: str) -> tuple[Path, ...]:
        """`<video>.csv` (or `.parquet`)."""
        folder.mkdir(parents=True, exist_ok=True)
        file = folder / f"{safe_folders([name])[0]}{self.suffix}"
        self._write(file, pose_rows(poses, name, wide=self.wide))
        return (file,)

    def _file(self, place: Path) -> Path | None:
        try:
            files = [place] if place.is_file() else list(place.iterdir()) if place.is_dir() else []
        except OSError:
            return None
        fitting = [f for f in files if f.suffix.lower() == self.suffix and _is_table(read_header(f))]
        return fitting[0] if len(fitting) == 1 else None

    def _write(self, file: Path, columns: Mapping[str, NDArray[Any]]) -> None:
        import pandas as pd

        temporary = file.with_name(f".{file.name}.tmp")
        frame = pd.DataFrame(dict(columns))
        try:
            if self.suffix == ".parquet":
                frame.to_parquet(temporary, engine="pyarrow", index=False)
            else:
                _require_no_formula(columns)
                frame.to_csv(temporary, index=False)
            temporary.replace(file)
        finally:
            temporary.unlink(missing_ok=True)


def _is_table(names: list[str]) -> bool:
    return is_long(names) or is_wide(names)


def _labels(folder: Path, rows: Rows, said: NDArray[np.int8], warnings: list[str]) -> LabelSet:
    frames: list[FrameSource] = []
    points, visibility = [], []
    for number, video in enumerate(rows.videos):
        own = np.flatnonzero(rows.video == number)
        indices, positions = rows.spread(own, rows.points_px, np.nan)
        points.append(positions)
        visibility.append(rows.spread(own, said, Visibility.UNLABELLED)[1])
        first = dict(zip(rows.frame[own][::-1].tolist(), own[::-1].tolist(), strict=True))
        frames += [_source(folder, rows, video, int(i), first[int(i)], warnings) for i in indices]
    return LabelSet(
        skeleton=rows.skeleton,
        individuals=rows.individuals,
        frames=tuple(frames),
        points_px=np.concatenate(points).astype(np.float32),
        visibility=np.concatenate(visibility).astype(np.int8),
    )


def _source(folder: Path, rows: Rows, video: str, index: int, row: int, warnings: list[str]) -> FrameSource:
    """The image that the table names, if it lies beside it; else the video of that name beside it."""
    if rows.images is not None:
        path = folder / str(rows.images[row])
        if "\0" in str(path) or not path.resolve().is_relative_to(folder.resolve()) or not path.is_file():
            raise BadTable(f"{rows.file}: image {str(rows.images[row])[:200]!r} is not beside the table.")
        return FrameSource(video=video, index=index, path=path)
    name = as_name(video)
    found = next((f for s in sorted(VIDEO_SUFFIXES) if (f := find_beside(folder, f"{name}{s}"))), None)
    missing = f"{rows.file}: no video {name} beside it; put it there to read its frames."
    if found is None and missing not in warnings:
        warnings.append(missing)
    return FrameSource(video=video, index=index, path=found or folder / f"{name}.mp4")


def _require_no_formula(columns: Mapping[str, NDArray[Any]]) -> None:
    """A cell that starts so runs as a formula when the file is opened in a spreadsheet."""
    texts = set(columns)
    for column in columns.values():
        if column.dtype == object:
            texts |= set(column.tolist())
    wrong = next((text for text in sorted(texts) if str(text).startswith(FORMULA)), None)
    if wrong is not None:
        raise BadTable(f"The name {wrong!r} starts like a spreadsheet formula. Rename it, or write Parquet.")
