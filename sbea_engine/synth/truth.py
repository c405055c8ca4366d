"""The truth of a rendered recording, as it lies in the recording's folder."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from sbea_engine.data import Skeleton
from sbea_engine.data.camera import Camera
from sbea_engine.data.sync import MISSING, SyncTable
from sbea_engine.errors import BadInput
from sbea_engine.synth.behaviour.bouts import Bout, check_bouts
from sbea_engine.synth.masks import decode_mask

RECORDING_FORMAT = "sbea-recording/1"
MASKS_FORMAT = "sbea-masks/1"


class BadRecording(BadInput):
    """A folder holds no rendered recording, or a damaged one."""

    code = "bad_recording"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ViewTruth:
    """What one camera could see.

    Attributes:
        points_px: float32 (tick, individual, keypoint, 2) of every keypoint, seen or not; it may lie
            outside the image.
        visible: bool (tick, individual, keypoint): in the picture, and nothing in front.
        order: int8 (tick, individual), 0 for the nearest animal, -1 out of view.
    """

    camera: Camera
    points_px: NDArray[np.float32]
    visible: NDArray[np.bool_]
    order: NDArray[np.int8]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Truth:
    """Exact answers for a rendered recording, by tick of its clock.

    Attributes:
        points_mm: float32 (tick, individual, keypoint, 3) in the world; the floor is z = 0.
        views: By camera name.
        table: See `sync`; None for a recording without views, as `truth_only` writes it.
        bouts: What each individual does, one bout after another from tick 0 to the last, without gaps; none
            in recordings of versions that wrote none.
    """

    folder: Path
    fps: float
    skeleton: Skeleton
    individuals: tuple[str, ...]
    points_mm: NDArray[np.float32]
    views: Mapping[str, ViewTruth]
    table: SyncTable | None
    bouts: tuple[Bout, ...] = ()

    def __len__(self) -> int:
        return len(self.points_mm)

    @property
    def sync(self) -> SyncTable:
        """Which frame of its video each view shows at each tick: the same, without offsets and drops."""
        if self.table is None:
            raise BadRecording(f"{self.folder}: has no views, and so no table of their frames.")
        return self.table

    def video(self, camera: str) -> Path:
        """The video of one camera."""
        return self.folder / f"{self._known(camera)}.mp4"

    def masks(self, camera: str, kind: Literal["visible", "amodal"]) -> MaskTrack:
        """The masks of one camera; raises `BadRecording` where the file is missing or damaged."""
        file = self.folder / f"masks-{self._known(camera)}.json"
        document = read_json(file, MASKS_FORMAT)
        try:
            rows = document[kind]
            if len(rows) != len(self) or any(len(row) != len(self.individuals) for row in rows):
                raise BadRecording(f"{file}: {kind} must hold {len(self)} frames of {len(self.individuals)}.")
        except (KeyError, TypeError) as error:
            raise BadRecording(f"{file}: no {kind!r} masks ({error!r}); the file is damaged.") from error
        return MaskTrack(file=file, codes=rows)

    def _known(self, camera: str) -> str:
        if camera not in self.views:
            raise BadRecording(f"{self.folder}: no camera {camera!r}; it has {', '.join(self.views)}.")
        return camera


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MaskTrack:
    """Masks of one camera, decoded when asked for; `codes` is (tick, individual) of COCO codes."""

    file: Path
    codes: list[list[dict[str, Any]]]

    def at(self, tick: int) -> NDArray[np.bool_]:
        """Masks bool (individual, height, width) of a tick."""
        return np.stack([decode_mask(code) for code in self.codes[tick]])


def load_truth(folder: Path) -> Truth:
    """Read the truth of a rendered recording; raises `BadRecording` naming the file and what is wrong."""
    document = read_json(folder / "recording.json", RECORDING_FORMAT)
    try:
        cameras = [Camera.from_dict(c) for c in document["cameras"]]
        skeleton = Skeleton.from_dict(document["skeleton"])
        individuals = tuple(str(name) for name in document["individuals"])
        shape = (whole(document["frame_count"], 1), len(individuals), len(skeleton))
        fps = rate_hz(document["fps"])
        sync = read_sync(document, [c.name for c in cameras], shape[0]) if cameras else None
        bouts = tuple(Bout.from_dict(b) for b in document.get("bouts", ()))
        if "bouts" in document:
            check_bouts(bouts, individuals=individuals, frames=shape[0])
    except (KeyError, TypeError, ValueError, BadInput) as error:
        raise BadRecording(f"{folder / 'recording.json'}: damaged ({error}).") from error
    file = folder / "truth.npz"
    with read_arrays(file) as arrays:
        views = {c.name: _view(file, arrays, c, shape) for c in cameras}
        points_mm = read_array(file, arrays, "points_mm", (*shape, 3), np.float32)
    return Truth(
        folder=folder,
        fps=fps,
        skeleton=skeleton,
        individuals=individuals,
        points_mm=points_mm,
        views=views,
        table=sync,
        bouts=bouts,
    )


def read_sync(document: Mapping[str, Any], cameras: list[str], ticks: int) -> SyncTable:
    """The table of ticks of a recording; raises `BadInput` or `ValueError` for one of another recording."""
    if "sync" not in document:
        return SyncTable.aligned(dict.fromkeys(cameras, ticks))
    sync = SyncTable.from_dict(document["sync"])
    if set(sync.views) != set(cameras) or sync.ticks != ticks:
        raise ValueError(
            f"sync is of {sync.ticks} ticks of {', '.join(sync.views)}, "
            f"but the recording has {ticks} of {', '.join(cameras)}"
        )
    for view, row in zip(sync.views, sync.frames, strict=True):
        shown = row[row != MISSING]
        if not np.array_equal(shown, np.arange(len(shown))) or not len(shown):
            raise ValueError(f"sync of {view!r} must show every frame of the video, from 0 on, once")
    return sync


def _view(file: Path, arrays: Mapping[str, Any], camera: Camera, shape: tuple[int, int, int]) -> ViewTruth:
    name = camera.name
    return ViewTruth(
        camera=camera,
        points_px=read_array(file, arrays, f"points_px/{name}", (*shape, 2), np.float32),
        visible=read_array(file, arrays, f"visible/{name}", shape, np.bool_),
        order=read_array(file, arrays, f"order/{name}", shape[:2], np.int8),
    )


@contextmanager
def read_arrays(file: Path) -> Iterator[Mapping[str, Any]]:
    """The arrays of an npz file; raises `BadRecording` where it is missing or damaged."""
    try:
        with np.load(file, allow_pickle=False) as arrays:
            yield arrays
    except FileNotFoundError as error:
        raise BadRecording(f"{file}: not there. `sbea synth` writes it.") from error
    except (OSError, ValueError, EOFError, BadZipFile) as error:
        raise BadRecording(f"{file}: not an npz file, or a damaged one ({error}).") from error


def read_array(
    file: Path, arrays: Mapping[str, Any], key: str, shape: tuple[int, ...], kind: type[np.generic]
) -> NDArray[Any]:
    """One array of a file; raises `BadRecording` where it is not there, or has another shape or type."""
    if key not in arrays:
        raise BadRecording(f"{file}: no array {key!r}; the file is damaged.")
    values: NDArray[Any] = arrays[key]
    if values.shape != shape or values.dtype != kind:
        raise BadRecording(
            f"{file}: {key} must be {np.dtype(kind)} {shape}, got {values.dtype} {values.shape}."
        )
    return values


def read_json(file: Path, wanted: str) -> dict[str, Any]:
    """A JSON document of a format; raises `BadRecording` where it is missing or damaged."""
    try:
        document = json.loads(file.read_text(encoding="utf-8"), parse_constant=_no_number)
    except FileNotFoundError as error:
        raise BadRecording(f"{file}: not there. Give a folder that `sbea synth` wrote.") from error
    except OSError as error:
        raise BadRecording(f"{file}: cannot be read ({error.strerror or error}).") from error
    except (ValueError, RecursionError) as error:  # text of another encoding among them
        raise BadRecording(f"{file}: not JSON ({error}).") from error
    if not isinstance(document, dict) or document.get("format") != wanted:
        raise BadRecording(f"{file}: not a file of format {wanted}.")
    return document


def whole(value: Any, least: int) -> int:
    """A whole number of a document, of at least `least`; raises `ValueError` for anything else."""
    if type(value) is not int or value < least:
        raise ValueError(f"a whole number of at least {least} is expected, got {value!r}")
    return value


def rate_hz(value: Any) -> float:
    """A frame rate of a document; raises `ValueError` for what is none."""
    if type(value) not in (int, float) or not 0 < value < 1e6:
        raise ValueError(f"fps must be a number above 0, got {value!r}")
    return float(value)


def _no_number(word: str) -> float:
    raise ValueError(f"{word} is no JSON")
