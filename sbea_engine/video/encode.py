"""Write pictures as the movie that a browser can enter at every fourth frame."""

from __future__ import annotations

from contextlib import suppress
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from av.video.codeccontext import VideoCodecContext
    from av.video.frame import VideoFrame
    from av.video.reformatter import VideoReformatter

GOP = 4
CRF = "21"  # about a grey level from the source; at 18 sensor noise costs up to twice the bytes
PRESET = "veryfast"
TUNE = "fastdecode"  # a jump decodes up to GOP frames: nearly twice as fast for some 8 % more bytes
IMAGE_FPS = 25.0  # at which a folder of images plays
MIN_FPS, MAX_FPS = 1.0, 240.0  # beyond, no H.264 level lets a browser promise to decode
_BT601 = 6  # SMPTE 170M, in the numbering of ISO/IEC 23091-2
_LIMITED_RANGE = 1


def playing_rate(fps: float | None) -> Fraction:
    """The constant rate of a proxy's time stamps for a source of `fps`; frames stay one to one."""
    if fps is None or not MIN_FPS <= fps <= MAX_FPS:
        return Fraction(IMAGE_FPS)
    return Fraction(fps).limit_denominator(1001)


def even(length: int) -> int:
    """`length`, or one more where it is odd: 4:2:0 pictures have even sides."""
    return length + length % 2


def pad_even(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A picture (H, W, 3) whose last row or column is repeated where a side is odd."""
    height, width = rgb.shape[:2]
    if (even(width), even(height)) == (width, height):
        return rgb
    return np.pad(rgb, ((0, even(height) - height), (0, even(width) - width), (0, 0)), mode="edge")


def tag_colours(context: VideoCodecContext) -> None:
    """Say that the pictures are BT.601 of limited range, as `to_yuv420` makes them."""
    context.colorspace = context.color_primaries = context.color_trc = _BT601
    context.color_range = _LIMITED_RANGE


def to_yuv420(reformatter: VideoReformatter, picture: VideoFrame) -> VideoFrame:
    """A picture of even sides as H.264 stores it: BT.601 of limited range, colour at half size."""
    from av.video.reformatter import ColorRange, Colorspace

    return reformatter.reformat(
        picture, format="yuv420p", dst_colorspace=Colorspace.ITU601, dst_color_range=ColorRange.MPEG
    )


class ProxyEncoder:
    """H.264 4:2:0, a key frame every `GOP` frames and nowhere else, no B frames, even time steps from 0.

    Colours are BT.601 of limited range and tagged so, which is what FFmpeg and OpenCV assume of untagged
    video: a browser then shows what a model sees.
    """

    def __init__(self, file: Path, width: int, height: int, rate: Fraction) -> None:
        """Open `file` (MP4) for upright pictures of `width` x `height` pixels."""
        import av
        from av.video.reformatter import VideoReformatter

        self._container = av.open(
            str(file), "w", format="mp4", options={"movflags": "faststart", "use_editlist": "0"}
        )
        stream = self._container.add_stream("libx264", rate=rate)
        stream.width, stream.height, stream.pix_fmt = even(width), even(height), "yuv420p"
        context = stream.codec_context
        context.time_base = 1 / rate
        context.gop_size, context.max_b_frames = GOP, 0
        tag_colours(context)
        context.options = {
            "crf": CRF,
            "preset": PRESET,
            "tune": TUNE,
            "a53cc": "0",
            "x264-params": f"keyint={GOP}:min-keyint={GOP}:scenecut=0:bframes=0:open-gop=0",
        }
        self._stream, self._time_base, self._count = stream, 1 / rate, 0
        self._reformatter = VideoReformatter()

    def add(self, picture: VideoFrame | NDArray[np.uint8]) -> None:
        """Append one frame: as decoded where that is upright and even, else upright RGB (H, W, 3)."""
        import av
        from av.video.frame import PictureType

        if isinstance(picture, np.ndarray):
            picture = av.VideoFrame.from_ndarray(pad_even(picture), format="rgb24")
        converted = to_yuv420(self._reformatter, picture)
        converted.pts, converted.time_base = self._count, self._time_base
        converted.pict_type = PictureType.NONE  # else x264 repeats the key frames of the source
        self._container.mux(self._stream.encode(converted))
        self._count += 1

    def finish(self) -> None:
        """Write what x264 still holds, and the table of samples."""
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
