"""Human labels of keypoints on frames, and where the pixels of those frames are."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from sbea_engine.data.names import is_plain_text
from sbea_engine.data.skeleton import Skeleton
from sbea_engine.errors import BadInput

FORMAT = "sbea-labels/1"
MAX_PIXEL = 1e6
"""No picture is larger: a position further out is no position."""


class Visibility(IntEnum):
    """What a person said about one keypoint."""

    UNLABELLED = -1
    ABSENT = 0  # looked for, and not in the picture
    GUESSED = 1  # hidden; the position is the annotator's estimate
    VISIBLE = 2


class BadLabels(BadInput):
    """Labels do not fit their skeleton or frames."""

    code = "bad_labels"


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameSource:
    """Where the pixels of one labelled frame are.

    Attributes:
        video: Name of the video (one view) that the frame belongs to; groups frames in time.
        index: Frame index in that video, 0-based; orders frames within the video.
        path: A video file or a folder of images that `sbea_engine.video.open_frames` reads, in which
            `index` is the frame; or a single image file, which then is the frame.
        recording: Name of the recording whose views the video is one of; with `tick`, or neither.
        tick: Step of the recording's clock at which the frame is shown: views show one moment at one tick.
    """

    video: str
    index: int
    path: Path
    recording: str | None = None
    tick: int | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.video, str):
            raise BadLabels(f"The name of a video is text, got {self.video!r}.")
        # numpy integers are welcome, True and 1.5 are not
        if isinstance(self.index, bool) or not hasattr(self.index, "__index__"):
            raise BadLabels(f"Frame index {self.index!r} of {self.video!r} is no whole number.")
        if self.index < 0:
            raise BadLabels(f"Frame index {self.index} of {self.video!r} is negative.")
        if (self.recording is None) != (self.tick is None):
            raise BadLabels(
                f"Frame {self.index} of {self.video!r} needs both a recording and a tick, or neither."
            )
        if self.tick is not None and (isinstance(self.tick, bool) or not hasattr(self.tick, "__index__")):
            raise BadLabels(f"Tick {self.tick!r} of frame {self.index} of {self.video!r} is no whole number.")
        if not isinstance(self.recording, str | None) or (self.tick is not None and self.tick < 0):
            raise BadLabels(
                f"Frame {self.index} of {self.video!r}: a recording is text and a tick 0 or more, got "
                f"{self.recording!r} and {self.tick!r}."
            )

    @property
    def moment(self) -> tuple[str, int]:
        """What it shows and when: recording and tick where they are known, else video and index.

        Frames of one moment show the same animals at the same time. Moments of one name sort in time.
        """
        if self.recording is None or self.tick is None:
            return self.video, int(self.index)
        return self.recording, int(self.tick)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LabelSet:
    """Labelled frames of one skeleton.

    Attributes:
        skeleton: Names of the keypoint axis.
        individuals: Names of the individual axis.
        frames: One source a labelled frame.
        points_px: float32 (frame, individual, keypoint, 2), x and y in source pixels; NaN where there is
            no position. Pixel (0, 0) is the centre of the top-left pixel.
        visibility: int8 (frame, individual, keypoint) of `Visibility`.
    """

    skeleton: Skeleton
    individuals: tuple[str, ...]
    frames: tuple[FrameSource, ...]
    points_px: NDArray[np.float32]
    visibility: NDArray[np.int8]

    def __post_init__(self) -> None:
        shape = (len(self.frames), len(self.individuals), len(self.skeleton))
        if self.points_px.shape != (*shape, 2):
            raise BadLabels(f"points_px must have shape {(*shape, 2)}, got {self.points_px.shape}.")
        if self.visibility.shape != shape:
            raise BadLabels(f"visibility must have shape {shape}, got {self.visibility.shape}.")
        if not np.isin(self.visibility, list(Visibility)).all():
            raise BadLabels(
                f"visibility must be one of {', '.join(f'{v} ({v.name.lower()})' for v in Visibility)}."
            )
        _require_individuals(self.individuals)
        keys = [(f.video, f.index) for f in self.frames]
        if len(set(keys)) != len(keys):
            twice = next(k for k in keys if keys.count(k) > 1)
            raise BadLabels(f"Frame {twice[1]} of {twice[0]!r} is labelled twice.")
        placed = np.isfinite(self.points_px).all(-1)
        wanted = self.visibility >= Visibility.GUESSED
        if not np.array_equal(placed, wanted):
            f, _, k = (int(v[0]) for v in np.nonzero(placed != wanted))
            raise BadLabels(
                f"{self.skeleton.keypoints[k]} on frame {keys[f][1]} of {keys[f][0]!r}: "
                f"a position must be present exactly where visibility is visible or guessed."
            )

    def __len__(self) -> int:
        return len(self.frames)

    @property
    def labelled_frames(self) -> NDArray[np.bool_]:
        """(frame,) whether a person said anything about the frame, if only that a keypoint is absent."""
        return np.asarray((self.visibility != Visibility.UNLABELLED).any(axis=(1, 2)))

    def select(self, rows: Sequence[int] | NDArray[np.intp]) -> Self:
        """The labelled frames at the given rows, in that order."""
        index = np.asarray(rows, dtype=np.intp)
        return type(self)(
            skeleton=self.skeleton,
            individuals=self.individuals,
            frames=tuple(self.frames[i] for i in index),
            points_px=self.points_px[index],
            visibility=self.visibility[index],
        )

    def time_order(self) -> NDArray[np.intp]:
        """Rows sorted by video, then by frame index."""
        return np.array(
            sorted(range(len(self)), key=lambda i: (self.frames[i].video, self.frames[i].index)),
            dtype=np.intp,
        )

    def save(self, folder: Path) -> Path:
        """Write `labels.json` into `folder` (made if needed), atomically; returns the file.

        Paths inside `folder` are stored relative to it, others absolute.
        """
        folder.mkdir(parents=True, exist_ok=True)
        rows: list[dict[str, Any]] = []
        for f, source in enumerate(self.frames):
            rows.append(
                {
                    "video": source.video,
                    "index": int(source.index),
                    "path": _portable(source.path, folder),
                    **_on_the_clock(source),
                    "points_px": [
                        [
                            [None, None] if not np.isfinite(p).all() else [float(p[0]), float(p[1])]
                            for p in animal
                        ]
                        for animal in self.points_px[f]
                    ],
                    "visibility": self.visibility[f].tolist(),
                }
            )
        document = {
            "format": FORMAT,
            "skeleton": self.skeleton.to_dict(),
            "individuals": list(self.individuals),
            "frames": rows,
        }
        file = folder / "labels.json"
        temporary = file.with_suffix(".json.tmp")
        temporary.write_text(json.dumps(document, allow_nan=False), encoding="utf-8")
        os.replace(temporary, file)  # noqa: PTH105 (atomic on one file system)
        return file

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what `save` wrote; raises `BadLabels` naming the file, the frame and the place."""
        file = folder / "labels.json"
        try:
            document = json.loads(file.read_text(encoding="utf-8"))
        except FileNotFoundError as error:
            raise BadLabels(f"{file}: not there. A folder of labels holds labels.json.") from error
        except OSError as error:
            raise BadLabels(f"{file}: cannot be read ({error.strerror}).") from error
        except (ValueError, RecursionError) as error:
            raise BadLabels(f"{file}: not JSON ({error}).") from error
        if not isinstance(document, dict) or document.get("format") != FORMAT:
            raise BadLabels(f"{file}: not a label file of format {FORMAT}.")
        try:
            skeleton = Skeleton.from_dict(document["skeleton"])
            individuals = tuple(_list(document, "individuals"))
            _require_individuals(individuals)
            rows = _list(document, "frames")
            shape = (len(rows), len(individuals), len(skeleton))
            frames = tuple(_source(row, place, folder) for place, row in enumerate(rows))
            axes = (individuals, skeleton.keypoints)
            points = [_values(row, s, axes, "points_px") for row, s in zip(rows, frames, strict=True)]
            said = [_values(row, s, axes, "visibility") for row, s in zip(rows, frames, strict=True)]
            return cls(
                skeleton=skeleton,
                individuals=individuals,
                frames=frames,
                points_px=np.array(points, dtype=np.float32).reshape((*shape, 2)),
                visibility=np.array(said, dtype=np.int8).reshape(shape),
            )
        except BadInput as error:
            raise BadLabels(f"{file}: {error}") from error
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise BadLabels(
                f"{file}: {error!r}. The file is damaged or was written by another tool."
            ) from error


def _list(document: dict[str, Any], key: str) -> list[Any]:
    value = document[key]
    if not isinstance(value, list):
        raise TypeError(f"{key} is no list")
    return value


def _source(row: Any, place: int, folder: Path) -> FrameSource:
    """Where the frame of one entry of a label file is."""
    if not isinstance(row, dict):
        raise BadLabels(f"entry {place} of frames is no object, got {_shown(row)}.")
    lacking = [key for key in ("video", "index", "path", "points_px", "visibility") if key not in row]
    if lacking:
        raise BadLabels(f"entry {place} of frames has no {lacking[0]}.")
    if not isinstance(row["path"], str) or not row["path"]:
        raise BadLabels(f"entry {place} of frames: path is text, got {_shown(row['path'])}.")
    path = Path(row["path"])
    return FrameSource(
        video=row["video"],
        index=row["index"],
        path=path if path.is_absolute() else folder / path,
        recording=row.get("recording"),
        tick=row.get("tick"),
    )


def _values(
    row: dict[str, Any], source: FrameSource, axes: tuple[tuple[str, ...], tuple[str, ...]], key: str
) -> list[Any]:
    """What an entry of a label file says, (individual * keypoint); numpy would read texts and truths as
    numbers, cut fractions off, and take any nesting of as many values."""
    individuals, keypoints = axes
    frame, animals = f"frame {source.index} of {source.video!r}", row[key]
    if not isinstance(animals, list) or len(animals) != len(individuals):
        raise BadLabels(f"{frame}: {key} has a list for each of {len(individuals)} individuals.")
    for name, values in zip(individuals, animals, strict=True):
        if not isinstance(values, list) or len(values) != len(keypoints):
            raise BadLabels(f"{frame}: {key} of {name} has an entry for each of {len(keypoints)} keypoints.")
    is_right, rule = _RULES[key]
    flat = [value for values in animals for value in values]
    wrong = next((n for n, value in enumerate(flat) if not is_right(value)), None)
    if wrong is not None:
        animal, keypoint = divmod(wrong, len(keypoints))
        raise BadLabels(
            f"{frame}, {keypoints[keypoint]} of {individuals[animal]}: {key} is {rule}; "
            f"got {_shown(flat[wrong])}."
        )
    return flat


def _is_position(value: Any) -> bool:
    if not isinstance(value, list) or len(value) != 2:
        return False
    return value == [None, None] or all(type(v) in (int, float) and abs(v) <= MAX_PIXEL for v in value)


def _is_visibility(value: Any) -> bool:
    return type(value) is int and value in _VISIBILITIES


_VISIBILITIES = frozenset(int(v) for v in Visibility)
_RULES: Mapping[str, tuple[Callable[[Any], bool], str]] = {
    "points_px": (_is_position, f"[x, y], numbers within {MAX_PIXEL:g} pixels, or [null, null]"),
    "visibility": (_is_visibility, f"one of {', '.join(map(str, sorted(_VISIBILITIES)))}"),
}


def _shown(value: Any) -> str:
    return repr(value)[:80]


def _on_the_clock(source: FrameSource) -> dict[str, Any]:
    """The keys that say when a frame is shown, where that is known."""
    if source.recording is None or source.tick is None:
        return {}
    return {"recording": source.recording, "tick": int(source.tick)}


def _portable(path: Path, folder: Path) -> str:
    try:
        return path.resolve().relative_to(folder.resolve()).as_posix()
    except ValueError:
        return str(path.resolve())


def _require_individuals(individuals: tuple[str, ...]) -> None:
    """Raise `BadLabels` unless the names of an individual axis are texts, each of them once."""
    if not all(isinstance(name, str) and name.strip() for name in individuals):
        raise BadLabels(f"Names of individuals must be text, got {individuals!r}.")
    odd = [name for name in individuals if not is_plain_text(name)]
    if odd:
        raise BadLabels(f"The name {odd[0]!a} of an individual holds control characters. Rename it.")
    if len(set(individuals)) != len(individuals):
        raise BadLabels(f"Names of individuals must be unique, got {', '.join(individuals)}.")
