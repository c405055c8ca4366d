"""What is known of a source of frames once it is open."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

SourceKind = Literal["video", "images"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FramesInfo:
    """Facts of one source of frames.

    Attributes:
        frame_count: Frames that can be read, 0-based indices `0 .. frame_count - 1`.
        width: Pixels across, upright: after the stored rotation was applied.
        height: Pixels down, upright.
        fps: Frames per second, the mean where the rate varies; None where the source does not say.
        kind: A video file, or images (a folder, or one file).
        codec: Name of the codec ("h264"), or of the image format ("png").
        variable_rate: True where the time of a frame is not its index divided by `fps`.
        rotation: Degrees clockwise (0, 90, 180, 270) that were applied to make frames upright.
        names: File names of the images in frame order; None for a video.
    """

    frame_count: int
    width: int
    height: int
    fps: float | None
    kind: SourceKind
    codec: str
    variable_rate: bool
    rotation: int
    names: tuple[str, ...] | None
