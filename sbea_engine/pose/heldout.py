"""What a model said on held-out frames, beside the labels: for pictures of them, and to compare models.

NumPy only, so that the web process can read it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from sbea_engine.data import LabelSet, Visibility
from sbea_engine.errors import BadInput

FORMAT = "sbea-heldout/1"
HELD_OUT_FILE = "heldout.json"
MAX_FRAMES = 2000
"""More are thinned out evenly over time; bounds the file at some megabytes."""
MAX_FILE_BYTES = 64 * 1024 * 1024
REMEDY = "Measure or train the model again."


class BadHeldOut(BadInput):
    """A file of held-out frames is not one, or is damaged."""

    code = "bad_heldout"


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldOutFrame:
    """Which frame it is: video and index, and the moment as `FrameSource.moment` has it."""

    video: str
    index: int
    moment: tuple[str, int]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class HeldOut:
    """Labels and answers on the same frames.

    Attributes:
        keypoints: Names of the keypoint axis.
        individuals: Names of the individual axis.
        frames: One a row, in time order.
        labels_px: float64 (frame, individual, keypoint, 2), source pixels; NaN where nothing is placed.
        points_px: float64, the same shape; NaN where the model has no answer.
        confidence: float64 (frame, individual, keypoint) in 0..1; NaN where there is none.
        total: Frames that were measured; more than there are rows where they were thinned out.
    """

    keypoints: tuple[str, ...]
    individuals: tuple[str, ...]
    frames: tuple[HeldOutFrame, ...]
    labels_px: NDArray[np.float64]
    points_px: NDArray[np.float64]
    confidence: NDArray[np.float64]
    total: int

    def __post_init__(self) -> None:
        shape = (len(self.frames), len(self.individuals), len(self.keypoints))
        for name, array, wanted in (
            ("labels_px", self.labels_px, (*shape, 2)),
            ("points_px", self.points_px, (*shape, 2)),
            ("confidence", self.confidence, shape),
        ):
            if array.shape != wanted:
                raise BadHeldOut(f"{name} must have shape {wanted}, got {array.shape}.")
        if len({(frame.video, frame.index) for frame in self.frames}) != len(self.frames):
            raise BadHeldOut("A held-out frame is there twice.")

    @classmethod
    def of(cls, truth: LabelSet, points_px: NDArray[np.float32], confidence: NDArray[np.float32]) -> Self:
        """The frames of a label set with what a model answered on them, rows as in `truth`.

        Args:
            points_px: (frame, individual, keypoint, 2).
            confidence: (frame, individual, keypoint).
        """
        rows = truth.time_order()
        if len(rows) > MAX_FRAMES:
            rows = rows[np.linspace(0, len(rows) - 1, MAX_FRAMES).round().astype(np.intp)]
        placed = truth.visibility[rows] >= Visibility.GUESSED
        sources = [truth.frames[row] for row in rows.tolist()]
        return cls(
            keypoints=tuple(truth.skeleton.keypoints),
            individuals=truth.individuals,
            frames=tuple(HeldOutFrame(video=s.video, index=int(s.index), moment=s.moment) for s in sources),
            labels_px=np.where(placed[..., None], truth.points_px[rows], np.nan).astype(np.float64),
            points_px=points_px[rows].astype(np.float64),
            confidence=confidence[rows].astype(np.float64),
            total=len(truth),
        )

    def distance_px(self) -> NDArray[np.float64]:
        """(frame, individual, keypoint): from label to answer; NaN where either is missing."""
        return np.asarray(np.linalg.norm(self.points_px - self.labels_px, axis=-1))

    def save(self, file: Path) -> Path:
        """Write it as JSON, whole or not at all; hundredths of a pixel are kept."""
        document = {
            "format": FORMAT,
            "keypoints": list(self.keypoints),
            "individuals": list(self.individuals),
            "total": self.total,
            "frames": [[f.video, f.index, f.moment[0], f.moment[1]] for f in self.frames],
            "labels_px": _listed(self.labels_px, 2),
            "points_px": _listed(self.points_px, 2),
            "confidence": _listed(self.confidence, 4),
        }
        draft = file.with_name(f".{file.name}.{os.getpid()}")
        draft.write_text(json.dumps(document, separators=(",", ":"), allow_nan=False), encoding="utf-8")
        draft.replace(file)
        return file

    @classmethod
    def load(cls, file: Path) -> Self:
        """Read it back.

        Raises:
            BadHeldOut: Not there, too large, not of this format, or damaged.
        """
        try:
            if file.stat().st_size > MAX_FILE_BYTES:
                raise BadHeldOut(f"{file}: larger than {MAX_FILE_BYTES >> 20} MiB. {REMEDY}")
            document = json.loads(file.read_text(encoding="utf-8"))
        except FileNotFoundError as error:
            raise BadHeldOut(f"{file}: not there. {REMEDY}") from error
        except (OSError, ValueError, RecursionError) as error:
            raise BadHeldOut(f"{file}: cannot be read as JSON ({error}). {REMEDY}") from error
        if not isinstance(document, dict) or document.get("format") != FORMAT:
            raise BadHeldOut(f"{file}: is not of the format {FORMAT}. {REMEDY}")
        try:
            return cls._parsed(document)
        except (KeyError, TypeError, ValueError, IndexError, OverflowError) as error:
            raise BadHeldOut(f"{file}: damaged ({type(error).__name__}: {error}). {REMEDY}") from error
        except BadHeldOut as error:
            raise BadHeldOut(f"{file}: {error} {REMEDY}") from error

    @classmethod
    def _parsed(cls, document: Mapping[str, Any]) -> Self:
        frames = tuple(
            HeldOutFrame(video=_text(video), index=_whole(index), moment=(_text(name), _whole(tick)))
            for video, index, name, tick in document["frames"]
        )
        keypoints = tuple(map(_text, document["keypoints"]))
        individuals = tuple(map(_text, document["individuals"]))
        shape = (len(frames), len(individuals), len(keypoints))
        return cls(
            keypoints=keypoints,
            individuals=individuals,
            frames=frames,
            labels_px=_array(document["labels_px"], (*shape, 2)),
            points_px=_array(document["points_px"], (*shape, 2)),
            confidence=_array(document["confidence"], shape),
            total=_whole(document["total"]),
        )


def _listed(values: NDArray[np.float64], decimals: int) -> list[float | None]:
    """In one row, first axis outermost; None where a value is not finite."""
    return [value if np.isfinite(value) else None for value in values.ravel().round(decimals).tolist()]


def _array(values: Sequence[Any], shape: tuple[int, ...]) -> NDArray[np.float64]:
    numbers = [np.nan if value is None else _number(value) for value in values]
    return np.array(numbers, dtype=np.float64).reshape(shape)


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not np.isfinite(value):
        raise ValueError(f"{value!r} is no finite number")
    return float(value)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return value


def _whole(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ValueError(f"{value!r} is no whole number of 0 or more")
    return value
