"""Writes rendered frames as an H.264 video."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

QUALITY_CRF = 16
KEY_INTERVAL = 60


class FilmWriter:
    """Appends frames to one mp4 (yuv420p, constant rate); use as a context manager.

    The same frames give the same file: one encoder thread, which also lets recordings be rendered side by
    side, and `cpu-independent`, without which x264's fast look-ahead reads memory that it never set where a
    picture's sides are not whole macroblocks.
    """

    def __init__(self, file: Path, *, width: int, height: int, fps: float) -> None:
        import av  # the decoder library is loaded by those who use it
        from av.video.reformatter import VideoReformatter

        self._av = av
        self._to_yuv = VideoReformatter()  # a frame's own would be set up anew for each
        self._container: Any = av.open(str(file), "w", options={"movflags": "+faststart"})
        self._rate, self._count = Fraction(fps).limit_denominator(1001), 0
        stream = self._container.add_stream("libx264", rate=self._rate)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.options = {
            "crf": str(QUALITY_CRF),
            "preset": "veryfast",
            "g": str(KEY_INTERVAL),
            "x264-params": "threads=1:lookahead-threads=1:sync-lookahead=0:cpu-independent=1",
        }
        stream.codec_context.thread_count = 1
        self._stream: Any = stream

    def append(self, image: NDArray[np.uint8]) -> None:
        """Add one RGB frame (height, width, 3)."""
        rgb = self._av.VideoFrame.from_ndarray(image, format="rgb24")
        frame = self._to_yuv.reformat(rgb, format="yuv420p")
        frame.pts, frame.time_base = self._count, 1 / self._rate
        self._count += 1
        self._write(frame)

    def _write(self, frame: Any) -> None:
        for packet in self._stream.encode(frame):
            self._container.mux(packet)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is None:
            self._write(None)
        self._container.close()
