"""Writes `.slp` and `.pkg.slp` as SLEAP does, whole or not at all."""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from sbea_engine.data import FrameSource, LabelSet, Poses, Skeleton, Visibility
from sbea_engine.io.deeplabcut.frames import as_name
from sbea_engine.io.picture_files import is_image, png_bytes, read_pictures
from sbea_engine.io.sleap.errors import BadSleap
from sbea_engine.io.sleap.skeleton import skeleton_document
from sbea_engine.progress import OnProgress, Progress, ignore

__all__ = ["write_slp"]

FORMAT_ID = 1.4  # says the order of colours of packed pictures
CHUNK_BYTES = 1 << 16
MAX_METADATA = 64_000  # an HDF5 attribute holds 64 KiB
DEFAULT_NAME = "animal 1"
FRAME = np.dtype(
    [("frame_id", "u8"), ("video", "u4"), ("frame_idx", "u8"), ("instance_id_start", "u8"),
     ("instance_id_end", "u8")]
)  # fmt: skip
INSTANCE = np.dtype(
    [("instance_id", "i8"), ("instance_type", "u1"), ("frame_id", "u8"), ("skeleton", "u4"), ("track", "i4"),
     ("from_predicted", "i8"), ("score", "f4"), ("point_id_start", "u8"), ("point_id_end", "u8"),
     ("tracking_score", "f4")]
)  # fmt: skip
POINT = np.dtype([("x", "f8"), ("y", "f8"), ("visible", "?"), ("complete", "?")])
PREDICTED_POINT = np.dtype([*POINT.descr, ("score", "f8")])


def write_slp(
    file: Path,
    *,
    labels: LabelSet | None = None,
    poses: Mapping[str, Poses] | None = None,
    videos: Mapping[str, Path] | None = None,
    embed: bool = False,
    on_progress: OnProgress = ignore,
) -> Path:
    """Write labels as instances of people and poses as predicted ones; replaces an old file.

    Individuals become tracks, except a lone one that has no name of its own. A guessed position is written as
    a node that is not visible; absent and unlabelled ones have no position.

    Args:
        file: `.slp`; `.pkg.slp` where pictures are packed in.
        labels: Any number of videos.
        poses: By name of the video; one that is labelled too has one entry in the file.
        videos: Where the videos of `poses` are, by name; `<name>.mp4` for one that is not said.
        embed: Pack the labelled frames in. Videos are then named without their folder.
        on_progress: Told of each picture.

    Raises:
        BadSleap: Nothing to write, or labels and poses of different keypoints.
        BadVideo: The pixels of a frame to pack cannot be read.
    """
    poses = poses or {}
    skeletons = [*([labels.skeleton] if labels is not None else []), *(p.skeleton for p in poses.values())]
    if not skeletons:
        raise BadSleap("There is nothing to write: neither labels nor poses.")
    if any(skeleton.keypoints != skeletons[0].keypoints for skeleton in skeletons):
        raise BadSleap("One SLEAP file holds one skeleton; these labels and poses have different keypoints.")
    table = _Tables(tracks=_tracks([*([labels] if labels is not None else []), *poses.values()]))
    named = _named_videos(labels, poses, videos or {})
    if labels is not None:
        _add_labels(table, labels, list(named), embed=embed)
    for name, predicted in poses.items():
        table.add_poses(predicted, list(named).index(name))
    file.parent.mkdir(parents=True, exist_ok=True)
    temporary = file.with_name(f".{file.name}.{uuid.uuid4().hex[:8]}.tmp")
    try:
        with h5py.File(temporary, "w") as store:
            _write_metadata(store, skeletons[0], file.name)
            table.write(store)
            packed = {source.video for source in labels.frames} if embed and labels is not None else set()
            _write_videos(store, named, packed, on_progress)
        os.replace(temporary, file)  # noqa: PTH105 (atomic on one file system)
    finally:
        temporary.unlink(missing_ok=True)
    return file


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Instance:
    """One animal on one frame, as rows of `POINT` or of `PREDICTED_POINT`."""

    predicted: bool
    track: str
    score: float
    points: NDArray[Any]


@dataclass(kw_only=True)
class _Tables:
    """The instances of each frame, as they gather."""

    tracks: list[str]
    frames: dict[tuple[int, int], list[_Instance]] = field(default_factory=dict)

    def add_label_frame(self, labels: LabelSet, row: int, video: int, index: int) -> None:
        """One frame; an individual of whom nothing was said has no instance."""
        instances = self.frames.setdefault((video, index), [])
        for i, name in enumerate(labels.individuals):
            said = labels.visibility[row, i]
            if not np.any(said != Visibility.UNLABELLED):
                continue
            points = np.zeros(len(said), POINT)
            points["x"], points["y"] = _as_written(labels.points_px[row, i])
            points["visible"] = said == Visibility.VISIBLE
            points["complete"] = said >= Visibility.GUESSED
            instances.append(_Instance(predicted=False, track=name, score=0.0, points=points))

    def add_poses(self, poses: Poses, video: int) -> None:
        """All frames of one video; an individual without any position has no instance."""
        answered = np.asarray(np.isfinite(poses.points_px).all(axis=-1))
        for row, index in enumerate(poses.frames):
            instances = self.frames.setdefault((video, int(index)), [])
            for i, name in enumerate(poses.individuals):
                if not answered[row, i].any():
                    continue
                points = np.zeros(len(poses.skeleton), PREDICTED_POINT)
                points["x"], points["y"] = _as_written(poses.points_px[row, i])
                points["visible"] = answered[row, i]
                points["score"] = poses.confidence[row, i]
                known = points["score"][np.isfinite(points["score"])]
                score = float(known.mean()) if len(known) else 0.0
                instances.append(_Instance(predicted=True, track=name, score=score, points=points))

    def write(self, store: h5py.File) -> None:
        """As the tables of the file."""
        frames: list[tuple[int, ...]] = []
        rows: list[tuple[Any, ...]] = []
        points: dict[bool, list[NDArray[Any]]] = {
            False: [np.zeros(0, POINT)],
            True: [np.zeros(0, PREDICTED_POINT)],
        }
        count = {False: 0, True: 0}
        for (video, index), instances in sorted(self.frames.items(), key=lambda item: item[0]):
            first = len(rows)
            for each in instances:
                track = self.tracks.index(each.track) if each.track in self.tracks else -1
                start, stop = count[each.predicted], count[each.predicted] + len(each.points)
                place = (len(rows), int(each.predicted), len(frames), 0, track, -1)
                rows.append((*place, each.score, start, stop, 0.0))
                points[each.predicted].append(each.points)
                count[each.predicted] = stop
            frames.append((len(frames), video, index, first, len(rows)))
        store.create_dataset("frames", data=np.array(frames, FRAME))
        store.create_dataset("instances", data=np.array(rows, INSTANCE))
        store.create_dataset("points", data=np.concatenate(points[False]))
        store.create_dataset("pred_points", data=np.concatenate(points[True]))
        _write_rows(store, "tracks_json", [json.dumps([0, name]) for name in self.tracks])
        _write_rows(store, "suggestions_json", [])


def _as_written(points_px: NDArray[np.float32]) -> NDArray[np.float64]:
    """(2, node) float64: by way of text, so that 21.521 stays it and does not become 21.520999908447266."""
    return points_px.astype(str).astype(np.float64).T


def _tracks(held: Sequence[LabelSet | Poses]) -> list[str]:
    names = list(dict.fromkeys(name for each in held for name in each.individuals))
    return [] if names == [DEFAULT_NAME] else names


def _named_videos(
    labels: LabelSet | None, poses: Mapping[str, Poses], videos: Mapping[str, Path]
) -> dict[str, list[FrameSource]]:
    """The labelled frames of each video in time order; of one with poses alone, a stand-in for its path."""
    named: dict[str, list[FrameSource]] = {}
    for row in labels.time_order() if labels is not None else ():
        assert labels is not None
        named.setdefault(labels.frames[row].video, []).append(labels.frames[row])
    for name in poses:
        if name not in named:
            path = videos.get(name, Path(f"{name}.mp4"))
            named[name] = [FrameSource(video=name, index=0, path=path)]
    return named


def _add_labels(table: _Tables, labels: LabelSet, named: list[str], *, embed: bool) -> None:
    count: dict[str, int] = {}
    for row in labels.time_order():
        source = labels.frames[row]
        place = count.get(source.video, 0)
        count[source.video] = place + 1
        # a list of images counts them by their place in it
        index = place if is_image(source.path) and not embed else source.index
        table.add_label_frame(labels, int(row), named.index(source.video), index)


def _write_metadata(store: h5py.File, skeleton: Skeleton, name: str) -> None:
    document = {
        "version": "2.0.0",
        **skeleton_document(skeleton, "Skeleton-0"),
        "videos": [],
        "tracks": [],
        "suggestions": [],
        "negative_anchors": {},
        "provenance": {"written_by": "SBeA Studio", "filename": name},
    }
    text = json.dumps(document, separators=(",", ":"))
    if len(text) > MAX_METADATA:
        raise BadSleap("The skeleton has more keypoints and edges than a SLEAP file holds (64 KiB of text).")
    group = store.create_group("metadata")
    group.attrs["format_id"] = FORMAT_ID
    group.attrs["json"] = np.bytes_(text.encode())


def _write_videos(
    store: h5py.File, named: Mapping[str, Sequence[FrameSource]], packed: set[str], on_progress: OnProgress
) -> None:
    rows, done, total = [], 0, sum(len(named[name]) for name in packed)
    for number, (name, frames) in enumerate(named.items()):
        backend = _backend(name, frames, full_paths=not packed)
        if name in packed:
            report = _counter(on_progress, done, total)
            backend = _write_package(store, number, frames, backend, report)
            done += len(frames)
        rows.append(json.dumps({"filename": backend["filename"], "backend": backend}))
    _write_rows(store, "videos_json", rows)


def _counter(on_progress: OnProgress, before: int, total: int) -> Callable[[int], None]:
    return lambda done: on_progress(Progress(stage="pack pictures", done=before + done, total=total))


def _backend(name: str, frames: Sequence[FrameSource], *, full_paths: bool) -> dict[str, Any]:
    """How the file names a video; beside packed pictures by its name alone, for readers to group by."""
    from sbea_engine.video.images import list_images

    first, called = frames[0].path, as_name(name)
    images = [source.path for source in frames] if is_image(first) else []
    if first.is_dir():
        images = list_images(first)
    if full_paths:
        files = [str(path.resolve()) for path in images or [first]]
    else:
        files = [f"{called}/{path.name}" for path in images] or [f"{called}{first.suffix or '.mp4'}"]
    common = {"filename": files[0], "grayscale": False}
    if images:
        return {"type": "ImageVideo", **common, "filenames": files}
    return {"type": "MediaVideo", **common, "bgr": True, "dataset": "", "input_format": ""}


def _write_package(
    store: h5py.File,
    number: int,
    frames: Sequence[FrameSource],
    origin: Mapping[str, Any],
    report: Callable[[int], None],
) -> dict[str, Any]:
    """Pack the pictures of one video; its entry in the list of videos."""
    packed = store.create_dataset(
        f"video{number}/video", shape=(len(frames), 1), maxshape=(len(frames), None),
        chunks=(1, CHUNK_BYTES), dtype="i1",
    )  # fmt: skip
    size = (0, 0)
    for n, picture in enumerate(read_pictures(frames)):
        size = picture.shape[:2]
        data = np.frombuffer(png_bytes(picture), np.int8)
        if len(data) > packed.shape[1]:
            packed.resize(len(data), axis=1)
        packed[n, : len(data)] = data
        report(n + 1)
    facts = {"frames": len(frames), "height": size[0], "width": size[1], "channels": 3}
    packed.attrs.update({"format": "png", "channel_order": "RGB", **facts})
    store.create_dataset(f"video{number}/frame_numbers", data=[source.index for source in frames])
    group = store.create_group(f"video{number}/source_video")
    text = json.dumps({"filename": origin["filename"], "backend": dict(origin)})
    if len(text) > MAX_METADATA:  # thousands of image names; sleap-io keeps and looks for them there
        group.create_dataset("json", data=np.bytes_(text.encode()))
    else:
        group.attrs["json"] = text
    return {
        "type": "HDF5Video",
        "shape": [len(frames), *size, 3],
        "filename": ".",
        "dataset": f"video{number}/video",
        "input_format": "channels_last",
        "convert_range": False,
        "has_embedded_images": True,
        "grayscale": False,
    }


def _write_rows(store: h5py.File, name: str, rows: Sequence[str]) -> None:
    store.create_dataset(name, data=np.array(rows, object), shape=(len(rows),), dtype=h5py.string_dtype())
