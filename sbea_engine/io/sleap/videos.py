"""The videos that a SLEAP file names, and the pictures that a package carries inside."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PureWindowsPath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sbea_engine.data import FrameSource
from sbea_engine.io.deeplabcut.frames import as_name
from sbea_engine.io.hdf5_guard import GuardedHdf5
from sbea_engine.io.imported import find_beside, find_by_end, unique_names
from sbea_engine.io.sleap.errors import BadSleap

__all__ = ["SleapVideo", "extract_pictures", "parse_videos"]

MAX_VIDEOS = 100_000
MAX_PICTURES = 200_000  # of one package
_PICTURE_FORMATS = ("PNG", "JPEG")  # what SLEAP packs


@dataclass(frozen=True, slots=True, kw_only=True)
class SleapVideo:
    """One video of a file.

    Attributes:
        name: Its file name without ending, made unique within the file.
        number: What `frames` calls it.
        path: Where it was found beside the file; else where it was looked for first.
        images: Paths of image files, as the file has them, where the video is a list of these.
        dataset: Where its pictures lie inside the file; empty where they do not.
        found: Whether the pixels can be read: the video was found, or its pictures lie inside.
    """

    name: str
    number: int
    path: Path
    images: tuple[str, ...]
    dataset: str
    found: bool

    def source(self, index: int, pictures: Path | None) -> FrameSource:
        """Where frame `index` is; in `pictures` where it was extracted to there."""
        path = self.path
        if self.dataset and pictures is not None:
            path = picture_file(pictures, self.name, index)
        elif self.images:
            if index >= len(self.images):
                raise BadSleap(
                    f"{self.path}: frame {index} of a list of {len(self.images)} images is labelled."
                )
            found = find_by_end(self.path, self.images[index])
            path = found or self.path / PureWindowsPath(self.images[index]).name
        return FrameSource(video=self.name, index=index, path=path)


def parse_videos(store: GuardedHdf5) -> list[SleapVideo]:
    """The videos of an open file. Paths in it serve as names, looked for beside the file and below."""
    rows = [store.json(text, "videos_json") for text in store.texts("videos_json")]
    if len(rows) > MAX_VIDEOS:
        raise BadSleap(f"{store.file}: names {len(rows)} videos; at most {MAX_VIDEOS} are read.")
    parsed = [_parse(store, row, number) for number, row in enumerate(rows)]
    names = unique_names([_stem(file, images) for file, images, _, _ in parsed], "video")
    folder = store.file.parent
    certain = {find_by_end(folder, file, shortest=2) for file, *_ in parsed if file}
    videos = []
    for name, (file, images, dataset, number) in zip(names, parsed, strict=True):
        if images:
            path, found = folder, find_by_end(folder, images[0]) is not None
        else:
            beside = find_by_end(folder, file, shortest=2) if file else None
            by_name = find_beside(folder, _base(file)) if file and beside is None else None
            # one video file is not two videos, however much their names are alike
            beside = beside or (None if by_name in certain else by_name)
            path, found = beside or folder / (_base(file) or name), beside is not None
        videos.append(
            SleapVideo(
                name=name, number=number, path=path, images=images, dataset=dataset,
                found=found or bool(dataset),
            )
        )  # fmt: skip
    return videos


def picture_file(folder: Path, video: str, index: int) -> Path:
    """Where the picture of one frame is extracted to."""
    return folder / video / f"img{index:06d}.png"


def extract_pictures(store: GuardedHdf5, video: SleapVideo, folder: Path) -> list[int]:
    """Write each picture of a video inside the file as `<folder>/<video>/imgNNNNNN.png`; returns the frames.

    Raises:
        BadSleap: A picture is damaged, of another kind than SLEAP packs, or there are too many.
    """
    numbers = _frame_numbers(store, video)
    colours = _text_attribute(store, video.dataset, "channel_order") or _old_order(store)
    kind = _text_attribute(store, video.dataset, "format") or "png"
    for place, frame in enumerate(numbers):
        raw = store.row(video.dataset, place)
        where = f"{store.file}: frame {frame} in {video.dataset}"
        picture = _pixels(where, raw) if kind == "hdf5" else _decoded(where, raw, swap=colours == "BGR")
        file = picture_file(folder, video.name, frame)
        file.parent.mkdir(parents=True, exist_ok=True)
        _save(picture, file)
    return numbers


def _parse(store: GuardedHdf5, row: Any, number: int) -> tuple[str, tuple[str, ...], str, int]:
    """(path, paths of images, dataset inside, number in `frames`) of one entry, as the file has them."""
    backend = row.get("backend", row) if isinstance(row, Mapping) else None
    if not isinstance(backend, Mapping):
        raise BadSleap(f"{store.file}: video {number} is not described as SLEAP does.")
    images = backend.get("filenames")
    names = tuple(str(name) for name in images) if isinstance(images, list) else ()
    file, dataset = backend.get("filename", row.get("filename")), ""
    if file == ".":
        dataset = str(backend.get("dataset") or f"video{number}/video")
        file, names, number = _origin(store, dataset, number)
    return ("" if names or not file else str(file)), names, dataset, number


def _origin(store: GuardedHdf5, dataset: str, number: int) -> tuple[str, tuple[str, ...], int]:
    """Path of the video that pictures in the package were taken from, and its number in `frames`."""
    group = dataset.removesuffix("/video")
    text = f"{group}.mp4"
    place = f"{group}/source_video"
    if store.has(place):
        raw = store.text(f"{place}/json") if store.has(f"{place}/json") else store.attribute(place, "json")
        source = store.json(raw, f"{place} (json)") if isinstance(raw, str) else {}
        backend = source.get("backend", source) if isinstance(source, Mapping) else {}
        listed = backend.get("filenames") if isinstance(backend, Mapping) else None
        if isinstance(listed, list) and listed:
            text = f"{PureWindowsPath(str(listed[0])).parent.name or group}.images"
        elif isinstance(backend, Mapping) and isinstance(backend.get("filename"), str):
            text = backend["filename"] if backend["filename"] != "." else text
    digits = group.removeprefix("video")
    return text, (), int(digits) if digits.isdecimal() and len(digits) < 10 else number


def _base(path: Any) -> str:
    name = PureWindowsPath(str(path)).name  # reads both kinds of slash
    return "" if name in (".", "..") or "\0" in name else name[:255]


def _stem(file: str, images: tuple[str, ...]) -> str:
    """A name that can be a folder's, for pictures that are extracted."""
    stem = PureWindowsPath(_base(file)).stem
    if images:
        stem = PureWindowsPath(images[0]).parent.name or "images"
    return as_name(stem).strip(".")


def _frame_numbers(store: GuardedHdf5, video: SleapVideo) -> list[int]:
    count = store.shape(video.dataset)[0] if store.shape(video.dataset) else 0
    if count > MAX_PICTURES:
        raise BadSleap(f"{store.file}: {video.dataset} claims {count} pictures; at most {MAX_PICTURES}.")
    place = f"{video.dataset.removesuffix('/video')}/frame_numbers"
    if not store.has(place):
        return list(range(count))
    numbers = store.array(place, ndim=1, kinds="iu").astype(np.int64)
    if len(numbers) != count or len(np.unique(numbers)) != count or np.any(numbers < 0):
        raise BadSleap(f"{store.file}: {place} does not number the {count} pictures beside it.")
    return [int(number) for number in numbers]


def _old_order(store: GuardedHdf5) -> str:
    """Before format 1.4 SLEAP packed with OpenCV, which takes RGB for BGR."""
    version = store.attribute("metadata", "format_id")
    return "BGR" if isinstance(version, int | float) and version < 1.4 else "RGB"


def _text_attribute(store: GuardedHdf5, path: str, name: str) -> str:
    value = store.attribute(path, name)
    return value if isinstance(value, str) else ""


def _pixels(where: str, raw: NDArray[Any]) -> NDArray[np.uint8]:
    grey = raw[..., 0] if raw.ndim == 3 and raw.shape[-1] == 1 else raw
    if grey.dtype != np.uint8 or grey.ndim not in (2, 3) or (grey.ndim == 3 and grey.shape[-1] != 3):
        raise BadSleap(f"{where}: {raw.dtype} of shape {raw.shape} is no picture of 8 bits.")
    return np.asarray(grey)


def _decoded(where: str, raw: NDArray[Any], *, swap: bool) -> NDArray[np.uint8]:
    from PIL import Image

    from sbea_engine.video.container import check_size

    if raw.ndim != 1 or raw.dtype.itemsize != 1:
        raise BadSleap(f"{where}: {raw.dtype} of shape {raw.shape} is no packed picture.")
    try:
        with Image.open(io.BytesIO(raw.tobytes()), formats=_PICTURE_FORMATS) as image:
            check_size(Path(where), *image.size)
            pixels = np.array(image if image.mode == "L" else image.convert("RGB"), dtype=np.uint8)
    except (OSError, ValueError, SyntaxError, EOFError, Image.DecompressionBombError) as error:
        raise BadSleap(f"{where}: no picture that can be read ({error}).") from error
    return pixels[..., ::-1] if swap and pixels.ndim == 3 else pixels


def _save(picture: NDArray[np.uint8], file: Path) -> None:
    from PIL import Image

    Image.fromarray(np.ascontiguousarray(picture)).save(file, format="PNG")
