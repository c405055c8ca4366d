"""Labelled frames written as `images/<video>/<image>.png`, for tools that want files."""

from __future__ import annotations

from pathlib import Path

from sbea_engine.data import LabelSet
from sbea_engine.io.deeplabcut.frames import as_name
from sbea_engine.io.deeplabcut.labels import image_names
from sbea_engine.io.imported import unique_names
from sbea_engine.io.picture_files import write_pictures
from sbea_engine.progress import OnProgress, Progress

__all__ = ["safe_folders", "write_by_video"]


def safe_folders(videos: list[str]) -> list[str]:
    """A folder name for each video: names come from outside, and none may lead elsewhere."""
    return unique_names([as_name(video).strip(". ") for video in videos], "video")


def write_by_video(labels: LabelSet, folder: Path, top: str, on_progress: OnProgress) -> list[str]:
    """Write the frames of labels as `<folder>/<top>/<video>/<image>.png`.

    Args:
        labels: In time order.
        folder: Made if needed.
        top: Name of the folder with all images.
        on_progress: Told of each image.

    Returns:
        The path of each frame's image below `folder`, with slashes.

    Raises:
        BadVideo: The pixels of a frame cannot be read.
    """
    videos = list(dict.fromkeys(source.video for source in labels.frames))
    written: list[str] = []
    for video, place in zip(videos, safe_folders(videos), strict=True):
        part = labels.select([n for n, source in enumerate(labels.frames) if source.video == video])
        before = len(written)

        def report(done: int, before: int = before) -> None:
            on_progress(Progress(stage="write images", done=before + done, total=len(labels)))

        names = image_names(part)
        write_pictures(part.frames, names, folder / top / place, report)
        written += [f"{top}/{place}/{name}" for name in names]
    return written
