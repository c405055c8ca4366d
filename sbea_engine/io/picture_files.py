"""The pictures of labelled frames, read one after another, and written as PNG beside labels."""

from __future__ import annotations

import io
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sbea_engine.data import FrameSource
from sbea_engine.video.container import is_folder
from sbea_engine.video.images import SUFFIXES

if TYPE_CHECKING:
    from sbea_engine.video.reader import FrameReader

__all__ = ["is_image", "png_bytes", "read_pictures", "write_pictures"]

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"


def is_image(path: Path) -> bool:
    """Whether a frame's path is a single image file, and so the frame itself."""
    return path.suffix.lower() in SUFFIXES and not is_folder(path)


def read_pictures(frames: Sequence[FrameSource]) -> Iterator[NDArray[np.uint8]]:
    """The pixels of each frame, (H, W, 3) RGB; a video or folder is opened once for all of its frames.

    Raises:
        BadVideo: The pixels of a frame cannot be read.
    """
    from sbea_engine.video.reader import open_frames, read_source

    with ExitStack() as stack:
        readers: dict[Path, FrameReader] = {}
        for source in frames:
            if is_image(source.path):
                yield read_source(source)
                continue
            if source.path not in readers:
                readers[source.path] = stack.enter_context(open_frames(source.path))
            yield readers[source.path].read(source.index)


def write_pictures(
    frames: Sequence[FrameSource], names: Sequence[str], place: Path, report: Callable[[int], None]
) -> tuple[int, int]:
    """Write one PNG a frame into `place`; a frame that is a PNG file is copied byte for byte.

    Args:
        frames: At least one.
        names: File name of each.
        place: Made if needed.
        report: Told how many are written.

    Returns:
        Width and height of the first one.

    Raises:
        BadVideo: The pixels of a frame cannot be read.
    """
    from PIL import Image

    place.mkdir(parents=True, exist_ok=True)
    copied = [_is_png(source.path) for source in frames]
    others = read_pictures([source for source, ready in zip(frames, copied, strict=True) if not ready])
    for n, (source, name, ready) in enumerate(zip(frames, names, copied, strict=True), start=1):
        if ready:
            shutil.copyfile(source.path, place / name)
        else:
            Image.fromarray(next(others)).save(place / name, format="PNG")
        report(n)
    with Image.open(place / names[0]) as first:
        return first.size


def png_bytes(picture: NDArray[np.uint8]) -> bytes:
    """A picture packed as PNG."""
    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, format="PNG")
    return buffer.getvalue()


def _is_png(path: Path) -> bool:
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(len(PNG_SIGNATURE)) == PNG_SIGNATURE
