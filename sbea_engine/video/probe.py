"""Look at a source before it is used: what it is, and what its owner should know of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sbea_engine.video.encode import MAX_FPS, MIN_FPS
from sbea_engine.video.fingerprint import fingerprint, size_bytes
from sbea_engine.video.info import FramesInfo
from sbea_engine.video.reader import open_frames
from sbea_engine.video.video_file import VideoReader

MAX_ASPECT_ERROR = 0.02  # less is the rounding of some scaler


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoProbe:
    """What `probe` found.

    Attributes:
        path: What was looked at.
        info: Size, count, rate, codec.
        warnings: Sentences for a person; empty where there is nothing to say.
        size_bytes: Of the file, or of all images.
        fingerprint: Recognises the source again (see `fingerprint.fingerprint`).
    """

    path: Path
    info: FramesInfo
    warnings: tuple[str, ...]
    size_bytes: int
    fingerprint: str


def probe(path: Path) -> VideoProbe:
    """Read the packet list (or every image header) and the first frame of `path`; decode nothing else.

    Raises:
        BadVideo: It cannot be read as frames.
    """
    with open_frames(path) as reader:
        warnings = _video_warnings(reader) if isinstance(reader, VideoReader) else []
        if reader.info.width % 2 or reader.info.height % 2:
            warnings.append("A side is odd: the proxy is one pixel larger there, at the right or below.")
        return VideoProbe(
            path=path,
            info=reader.info,
            warnings=tuple(warnings),
            size_bytes=size_bytes(path),
            fingerprint=fingerprint(path),
        )


def _video_warnings(reader: VideoReader) -> list[str]:
    info, stream = reader.info, reader.stream
    picture = reader.read_picture(0)
    warnings = []
    if info.variable_rate:
        warnings.append(
            "The frame rate varies (dropped frames, or a camera of variable rate): frame times are not "
            "index / fps. Frame numbers stay exact; times of the source are kept in the proxy's table."
        )
    if not reader.index.timed:
        warnings.append(
            "The file gives its frames no usable time stamps: frames are counted from the start, so that "
            "jumping about in it is slow. The proxy does not have this."
        )
    if info.fps is not None and not MIN_FPS <= info.fps <= MAX_FPS:
        warnings.append(f"{info.fps:.4g} frames per second: the proxy plays at 25, one frame for one.")
    if reader.orientation.mirrored:
        warnings.append("The file asks to be shown mirrored; frames are given as they are to be shown.")
    aspect = stream.sample_aspect_ratio
    if aspect and abs(aspect - 1) > MAX_ASPECT_ERROR:
        warnings.append(f"Pixels are not square ({aspect}); frames are given unscaled.")
    if picture.interlaced_frame:
        warnings.append("Interlaced: each frame mixes two moments; deinterlace before measuring speeds.")
    depth = max(c.bits for c in picture.format.components)
    if depth > 8:
        warnings.append(f"{depth} bits a channel; frames are given with 8.")
    others = sum(s.type == "video" for s in stream.container.streams) - 1
    if others > 0:
        warnings.append(f"Holds {others} more video stream(s); the first is used.")
    return warnings
