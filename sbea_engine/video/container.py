"""Open a media file as what it is, and nothing that it points to.

FFmpeg follows playlists, concatenation scripts and image patterns, which lets an uploaded text file read
other files of the server. Two lists close that: only the `file` protocol, and only containers that hold their
own frames.
"""

from __future__ import annotations

import stat
from pathlib import Path
from typing import TYPE_CHECKING

from sbea_engine.video.errors import BadVideo

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.stream import VideoStream

FORMATS = (
    "mov", "matroska", "avi", "mpegts", "mpeg", "asf", "flv", "ogg", "mxf", "nut", "dv", "ivf",
    "h264", "hevc", "m4v", "mpegvideo", "mjpeg", "yuv4mpegpipe",
)  # fmt: skip
MAX_SIDE = 16_384
MAX_PIXELS = 100_000_000

_CONVERT = "Convert it: ffmpeg -i FILE -c:v libx264 -crf 16 -fps_mode passthrough NEW.mp4"


def check_file(path: Path) -> None:
    """Raise `BadVideo` unless `path` is a regular file with content that this process may read."""
    try:
        status = path.stat()
    except FileNotFoundError as error:
        raise BadVideo(path, "there is no such file.", "Check the path.") from error
    except (OSError, ValueError) as error:  # ValueError: a zero byte in the name
        raise BadVideo(path, f"cannot be looked at ({error}).", "Check its name and permissions.") from error
    if not stat.S_ISREG(status.st_mode):  # a pipe or device would block, or never end
        raise BadVideo(path, "is not a regular file.", "Give a video file or a folder of images.")
    if status.st_size == 0:
        raise BadVideo(path, "is empty (0 bytes).", "Copy it again from where it was recorded.")
    try:
        with path.open("rb"):
            pass
    except OSError as error:
        raise BadVideo(path, f"cannot be read ({error.strerror}).", "Check its permissions.") from error


def is_folder(path: Path) -> bool:
    """True for a folder; False also where looking is not allowed, which `check_file` then explains."""
    try:
        return stat.S_ISDIR(path.stat().st_mode)
    except (OSError, ValueError):
        return False


def check_size(path: Path, width: int, height: int) -> None:
    """Raise `BadVideo` for a picture without extent, or too large to hold in memory many times."""
    if width < 1 or height < 1:
        raise BadVideo(path, f"its pictures are {width} x {height} pixels.", "Record or copy it again.")
    if max(width, height) > MAX_SIDE or width * height > MAX_PIXELS:
        raise BadVideo(
            path,
            f"its pictures are {width} x {height} pixels; at most {MAX_SIDE} on a side and "
            f"{MAX_PIXELS // 1_000_000} million in all can be read.",
            "Scale it down first.",
        )


def open_container(path: Path) -> tuple[InputContainer, VideoStream]:
    """Open a media file for reading; the caller closes the container.

    The decoder is set to report damage rather than to hide it, and to work without a delay of frames, so that
    an error belongs to the packet just given.

    Raises:
        BadVideo: Not a readable file, not a video, without a video stream, or of absurd size.
    """
    import av

    check_file(path)
    try:
        container = av.open(
            str(path.resolve()),  # absolute: a relative name such as "concat:a|b" would be a protocol
            "r",
            options={"protocol_whitelist": "file", "format_whitelist": ",".join(FORMATS)},
        )
    except (av.FFmpegError, ValueError, OSError) as error:
        raise BadVideo(
            path,
            f"is not a video that can be opened ({_reason(error)}); a file that was cut short "
            f"or renamed looks like this.",
            f"Copy it again from the camera. {_CONVERT}",
        ) from error
    try:
        stream = _video_stream(path, container)
    except BaseException:
        container.close()
        raise
    context = stream.codec_context
    context.thread_type = "SLICE"
    context.options = {"err_detect": "explode", "max_pixels": str(MAX_PIXELS)}
    return container, stream


def _video_stream(path: Path, container: InputContainer) -> VideoStream:
    """The first video stream that is not a cover picture."""
    from av.stream import Disposition

    videos = [s for s in container.streams.video if not s.disposition & Disposition.attached_pic]
    if not videos:
        kinds = ", ".join(sorted({s.type for s in container.streams})) or "nothing"
        raise BadVideo(path, f"holds no video ({kinds} only).", "Choose the file that holds the pictures.")
    stream = videos[0]
    if stream.codec_context is None:
        raise BadVideo(path, "its codec is unknown here.", _CONVERT)
    check_size(path, stream.codec_context.width, stream.codec_context.height)
    return stream


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)
