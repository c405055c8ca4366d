"""One way to read frames, whatever they are stored in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray

from sbea_engine.data.labels import FrameSource
from sbea_engine.video.container import is_folder
from sbea_engine.video.images import SUFFIXES, ImageSequenceReader, read_image
from sbea_engine.video.info import FramesInfo
from sbea_engine.video.video_file import VideoReader

__all__ = ["FrameReader", "FramesInfo", "open_frames", "read_source"]


class FrameReader(Protocol):
    """Frames by index. Use as a context manager, or call `close`."""

    path: Path
    info: FramesInfo

    def read(self, index: int) -> NDArray[np.uint8]:
        """Frame `index`, upright, uint8 (H, W, 3) RGB."""
        ...

    def iterate(
        self, start: int = 0, stop: int | None = None, step: int = 1
    ) -> Iterator[tuple[int, NDArray[np.uint8]]]:
        """Yield (index, frame) for `range(start, stop, step)`."""
        ...

    def close(self) -> None: ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


def open_frames(path: Path) -> FrameReader:
    """Open a video file, a folder of images, or one image (a single frame).

    Raises:
        BadVideo: It cannot be read as frames; the message names the file, what is wrong, and the remedy.
    """
    path = Path(path)
    if is_folder(path) or path.suffix.lower() in SUFFIXES:
        return ImageSequenceReader(path)
    return VideoReader(path)


def read_source(source: FrameSource) -> NDArray[np.uint8]:
    """The pixels of a labelled frame, upright, uint8 (H, W, 3) RGB; errors as `open_frames`.

    Opens its file anew each time; to read many frames of one video, keep a reader.
    """
    if source.path.suffix.lower() in SUFFIXES and not is_folder(source.path):
        return read_image(source.path)
    with open_frames(source.path) as reader:
        return reader.read(source.index)
