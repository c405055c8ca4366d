"""A movie for people: pictures at times of their own, in a file that every browser plays."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray

from sbea_engine.errors import BadInput
from sbea_engine.video.encode import even, pad_even, playing_rate, tag_colours, to_yuv420
from sbea_engine.video.errors import CannotWrite

MIN_SIDE, MAX_SIDE = 16, 8192
CRF = "20"
PRESET = "veryfast"
KEY_INTERVAL = 48  # a player jumps to a frame by decoding up to so many
SUFFIX = ".mp4"


class BadMovie(BadInput):
    """A movie cannot be written like this."""

    code = "bad_movie"


class MovieWriter:
    """H.264 4:2:0 in an MP4 file whose table comes first; no B frames, so that times are as given.

    Args:
        file: Written to at once; see `new_movie` for a file that is there whole or not at all.
        width, height: Of every picture, pixels; an odd side gets one more row or column, by repetition.
        time_base: Seconds of one unit of the times given to `add`.
        fps: About how many pictures come a second, None where unknown; times say it exactly.

    Raises:
        BadMovie: A side is below 16 or above 8192 pixels.
    """

    def __init__(
        self, file: Path, width: int, height: int, *, time_base: Fraction, fps: float | None
    ) -> None:
        import av
        from av.video.reformatter import VideoReformatter

        if min(width, height) < MIN_SIDE or max(width, height) > MAX_SIDE:
            raise BadMovie(
                f"{file.name}: a movie of {width} x {height} pixels cannot be played; sides are {MIN_SIDE} "
                f"to {MAX_SIDE} pixels. Choose another scale or crop."
            )
        self._time_base = time_base
        self._container = av.open(
            str(file), "w", format="mp4", options={"movflags": "faststart", "use_editlist": "0"}
        )
        stream = self._container.add_stream("libx264", rate=playing_rate(fps))
        stream.width, stream.height, stream.pix_fmt = even(width), even(height), "yuv420p"
        stream.time_base = stream.codec_context.time_base = time_base
        stream.codec_context.gop_size, stream.codec_context.max_b_frames = KEY_INTERVAL, 0
        tag_colours(stream.codec_context)
        stream.codec_context.options = {"crf": CRF, "preset": PRESET}
        self._stream, self._reformatter = stream, VideoReformatter()

    def add(self, rgb: NDArray[np.uint8], time: int, duration: int) -> None:
        """Append a picture, RGB (H, W, 3), that is shown from `time` on, in units of the time base from 0."""
        import av

        picture = av.VideoFrame.from_ndarray(pad_even(rgb), format="rgb24")
        converted = to_yuv420(self._reformatter, picture)
        converted.pts, converted.duration, converted.time_base = time, duration, self._time_base
        self._container.mux(self._stream.encode(converted))

    def finish(self) -> None:
        """Write what the encoder still holds, and the table."""
        self._container.mux(self._stream.encode(None))
        self._container.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.finish()
            return
        with suppress(OSError):  # the disk that made the first error; that one is on its way up
            self._container.close()


@contextmanager
def new_movie(file: Path) -> Iterator[Path]:
    """A draft beside `file` that takes its name at the end, or is gone.

    Raises:
        BadMovie: `file` exists, or is not called .mp4.
        CannotWrite: The disk is full, or the folder may not be written.
    """
    if file.suffix.lower() != SUFFIX:
        raise BadMovie(f"{file}: a movie's name ends in {SUFFIX}. Choose such a name.")
    if file.exists():
        raise BadMovie(f"{file}: exists already. Choose a new name.")
    draft = file.with_name(f".{file.name}.{uuid.uuid4().hex[:8]}{SUFFIX}")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        draft.touch()  # a folder that may not be written is found before any work
        yield draft
        draft.rename(file)
    except OSError as error:
        raise CannotWrite(file, error) from error
    finally:
        with suppress(OSError):
            draft.unlink(missing_ok=True)
