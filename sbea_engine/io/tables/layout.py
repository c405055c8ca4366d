"""Long tables (a row a keypoint) and wide ones (a row an individual) as arrays, and back.

Columns of a long table: `frame`, `keypoint`, `x`, `y`, and where they are known `video`, `individual`,
`confidence` (of predictions), `visibility` and `image` (of labels). A wide one has `<keypoint>_x`,
`<keypoint>_y`, `<keypoint>_confidence` and `<keypoint>_visibility` in place of the four that say which.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sbea_engine.data import LabelSet, Poses, Skeleton, Visibility
from sbea_engine.data.labels import MAX_PIXEL
from sbea_engine.data.skeleton import BadSkeleton
from sbea_engine.io.deeplabcut.config import symmetric_by_name
from sbea_engine.io.tables.columns import BadTable, Columns

__all__ = ["Rows", "is_long", "is_wide", "label_rows", "pose_rows", "rows_of"]

LONG = ("frame", "keypoint", "x", "y")
LONE = "animal 1"
MAX_NUMBERS = 100_000_000
WORDS = {each.name.lower(): int(each) for each in Visibility}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Rows:
    """One entry a keypoint of an individual on a frame.

    Attributes:
        file: Where they were read.
        skeleton: Keypoints in order of appearance.
        individuals: Names in order of appearance.
        videos: Names in order of appearance.
        video, frame, individual, keypoint: int64 (row,): places in those lists, and the frame number.
        points_px: float64 (row, 2); NaN where there is no position.
        confidence: float64 (row,), NaN where unknown; None where the file has none.
        visibility: int8 (row,); None where the file has none.
        images: Path of the image of each row as the file has it; None where the file has none.
    """

    file: Path
    skeleton: Skeleton
    individuals: tuple[str, ...]
    videos: tuple[str, ...]
    video: NDArray[np.int64]
    frame: NDArray[np.int64]
    individual: NDArray[np.int64]
    keypoint: NDArray[np.int64]
    points_px: NDArray[np.float64]
    confidence: NDArray[np.float64] | None
    visibility: NDArray[np.int8] | None
    images: NDArray[Any] | None

    def spread(
        self, rows: NDArray[np.intp], values: NDArray[Any], fill: float
    ) -> tuple[NDArray[np.int64], NDArray[Any]]:
        """(frames in order, values as (frame, individual, keypoint, ...)) of the rows of one video.

        Raises:
            BadTable: A keypoint is there twice, or the array would be too large.
        """
        frames, place = np.unique(self.frame[rows], return_inverse=True)
        shape = (len(frames), len(self.individuals), len(self.skeleton))
        if shape[0] * shape[1] * shape[2] > MAX_NUMBERS:
            raise BadTable(
                f"{self.file}: {shape[0]} frames of {shape[1]} individuals are more than are held."
            )
        at = (place.reshape(-1), self.individual[rows], self.keypoint[rows])
        flat = np.ravel_multi_index(at, shape)
        if len(np.unique(flat)) < len(flat):
            order = np.sort(flat)
            frame, animal, keypoint = np.unravel_index(order[:-1][np.diff(order) == 0][0], shape)
            raise BadTable(
                f"{self.file}: {self.skeleton.keypoints[keypoint]} of {self.individuals[animal]} on frame "
                f"{frames[frame]} is there twice. Keep one of them."
            )
        out = np.full((*shape, *values.shape[1:]), fill, values.dtype)
        out[at] = values[rows]
        return frames.astype(np.int64), out


def is_long(names: Sequence[str]) -> bool:
    """Whether a header is that of a long table."""
    return set(LONG) <= set(names)


def is_wide(names: Sequence[str]) -> bool:
    """Whether a header is that of a wide table."""
    return "frame" in names and any(n.endswith("_x") and f"{n[:-1]}y" in names for n in names)


def rows_of(columns: Columns, video: str) -> Rows:
    """The rows of a table of either layout.

    Args:
        columns: The table.
        video: Name of the video of a table that has no such column.

    Raises:
        BadTable: Neither layout, or a cell is not what its column holds.
    """
    names = list(columns.cells)
    if not is_long(names) and not is_wide(names):
        raise BadTable(
            f"{columns.file}: neither a long table (columns {', '.join(LONG)}) nor a wide one (frame, and "
            "<keypoint>_x and <keypoint>_y for each keypoint)."
        )
    return _long(columns, video) if is_long(names) else _wide(columns, video)


def _long(columns: Columns, video: str) -> Rows:
    keypoints, keypoint = _coded(columns.texts("keypoint"))
    return _rows(
        columns,
        video,
        keypoints=keypoints,
        keypoint=keypoint,
        points=np.stack([columns.numbers("x"), columns.numbers("y")], axis=-1),
        confidence=columns.numbers("confidence") if "confidence" in columns else None,
        visibility=_said(columns, "visibility") if "visibility" in columns else None,
        repeat=1,
    )


def _wide(columns: Columns, video: str) -> Rows:
    keypoints = [name[:-2] for name in columns.cells if name.endswith("_x") and f"{name[:-1]}y" in columns]
    points = [np.stack([columns.numbers(f"{k}_{c}") for c in "xy"], axis=-1) for k in keypoints]
    have = {kind: [f"{k}_{kind}" in columns for k in keypoints] for kind in ("confidence", "visibility")}
    for kind, present in have.items():
        if any(present) and not all(present):
            raise BadTable(f"{columns.file}: {keypoints[present.index(False)]}_{kind} is missing.")
    confidence = [columns.numbers(f"{k}_confidence") for k in keypoints if have["confidence"][0]]
    visibility = [_said(columns, f"{k}_visibility") for k in keypoints if have["visibility"][0]]
    count = len(keypoints)
    return _rows(
        columns,
        video,
        keypoints=keypoints,
        keypoint=np.tile(np.arange(count), len(columns)),
        points=np.stack(points, axis=1).reshape(-1, 2),
        confidence=np.stack(confidence, axis=1).reshape(-1) if confidence else None,
        visibility=np.stack(visibility, axis=1).reshape(-1) if visibility else None,
        repeat=count,
    )


def _rows(
    columns: Columns,
    video: str,
    *,
    keypoints: Sequence[str],
    keypoint: NDArray[np.int64],
    points: NDArray[np.float64],
    confidence: NDArray[np.float64] | None,
    visibility: NDArray[np.int8] | None,
    repeat: int,
) -> Rows:
    half = np.flatnonzero(np.isnan(points[:, 0]) != np.isnan(points[:, 1]))
    if len(half):
        line = half[0] // repeat + columns.first_line
        raise BadTable(f"{columns.file}: line {line}: of x and y one is empty. Fill both or neither.")
    if np.any(np.abs(points) > MAX_PIXEL):
        line = int(np.argwhere(np.abs(points) > MAX_PIXEL)[0, 0]) // repeat + columns.first_line
        raise BadTable(f"{columns.file}: line {line}: a point lies further out than {MAX_PIXEL:g} pixels.")
    if confidence is not None and np.any((confidence < 0) | (confidence > 1)):
        line = int(np.argwhere((confidence < 0) | (confidence > 1))[0, 0]) // repeat + columns.first_line
        raise BadTable(f"{columns.file}: line {line}: a confidence is not in 0..1.")
    individuals, individual = _named(columns, "individual", LONE)
    videos, of_video = _named(columns, "video", video)
    try:
        skeleton = Skeleton(keypoints=tuple(keypoints), symmetric=symmetric_by_name(keypoints))
    except BadSkeleton as error:
        raise BadTable(f"{columns.file}: {error}") from error
    return Rows(
        file=columns.file,
        skeleton=skeleton,
        individuals=tuple(individuals),
        videos=tuple(videos),
        video=np.repeat(of_video, repeat),
        frame=np.repeat(columns.whole("frame"), repeat),
        individual=np.repeat(individual, repeat),
        keypoint=keypoint,
        points_px=points,
        confidence=confidence,
        visibility=visibility,
        images=np.repeat(columns.texts("image"), repeat) if "image" in columns else None,
    )


def _named(columns: Columns, name: str, lone: str) -> tuple[list[str], NDArray[np.int64]]:
    if name not in columns:
        return [lone], np.zeros(len(columns), np.int64)
    return _coded(columns.texts(name))


def _coded(texts: NDArray[Any]) -> tuple[list[str], NDArray[np.int64]]:
    """(names in order of appearance, place of each text among them)."""
    place: dict[str, int] = {}
    codes = [place.setdefault(text, len(place)) for text in texts.tolist()]
    return list(place), np.array(codes, np.int64)


def _said(columns: Columns, name: str) -> NDArray[np.int8]:
    words = [word.lower() for word in columns.texts(name)]
    wrong = next((n for n, word in enumerate(words) if word not in WORDS), None)
    if wrong is not None:
        raise BadTable(
            f"{columns.file}: line {wrong + columns.first_line}: {name} is {words[wrong][:40]!r}; known: "
            f"{', '.join(WORDS)}."
        )
    return np.array([WORDS[word] for word in words], np.int8)


def pose_rows(poses: Poses, video: str, *, wide: bool) -> dict[str, NDArray[Any]]:
    """The columns of a table of predictions; keypoints without an answer have empty cells."""
    frames, animals, keypoints = poses.points_px.shape[:3]
    points, confidence = poses.points_px, poses.confidence
    names = np.array(poses.individuals, object)
    if wide:
        columns: dict[str, NDArray[Any]] = {
            "video": np.full(frames * animals, video, object),
            "frame": np.repeat(poses.frames, animals),
            "individual": np.tile(names, frames),
        }
        for k, keypoint in enumerate(poses.skeleton.keypoints):
            for c in (0, 1):
                columns[f"{keypoint}_{'xy'[c]}"] = points[:, :, k, c].reshape(-1)
            columns[f"{keypoint}_confidence"] = confidence[:, :, k].reshape(-1)
        return columns
    return {
        "video": np.full(frames * animals * keypoints, video, object),
        "frame": np.repeat(poses.frames, animals * keypoints),
        "individual": np.tile(np.repeat(names, keypoints), frames),
        "keypoint": np.tile(np.array(poses.skeleton.keypoints, object), frames * animals),
        "x": points[..., 0].reshape(-1),
        "y": points[..., 1].reshape(-1),
        "confidence": confidence.reshape(-1),
    }


def label_rows(labels: LabelSet, images: Sequence[str], *, wide: bool) -> Mapping[str, NDArray[Any]]:
    """The columns of a table of labels; `images` has the path of each frame's image."""
    frames, animals, keypoints = labels.visibility.shape
    each = animals if wide else animals * keypoints
    words = np.array([Visibility(v).name.lower() for v in sorted(Visibility)], object)
    said = words[labels.visibility + 1]
    names = np.array(labels.individuals, object)
    columns: dict[str, NDArray[Any]] = {
        "video": np.repeat(np.array([f.video for f in labels.frames], object), each),
        "frame": np.repeat(np.array([f.index for f in labels.frames], np.int64), each),
        "image": np.repeat(np.array(list(images), object), each),
        "individual": np.tile(names if wide else np.repeat(names, keypoints), frames),
    }
    if not wide:
        columns["keypoint"] = np.tile(np.array(labels.skeleton.keypoints, object), frames * animals)
        columns["x"] = labels.points_px[..., 0].reshape(-1)
        columns["y"] = labels.points_px[..., 1].reshape(-1)
        columns["visibility"] = said.reshape(-1)
        return columns
    for k, keypoint in enumerate(labels.skeleton.keypoints):
        for c in (0, 1):
            columns[f"{keypoint}_{'xy'[c]}"] = labels.points_px[:, :, k, c].reshape(-1)
        columns[f"{keypoint}_visibility"] = said[:, :, k].reshape(-1)
    return columns
