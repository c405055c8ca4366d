"""Server folders that may be registered in place.

An administrator lists them in SBEA_MEDIA_ROOTS. A path is resolved and checked whenever it is read, not
only when it is registered: a symbolic link that is swapped later must not open the rest of the machine.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Literal

from django.conf import settings

from webapp.recordings.errors import PathNotAllowed
from webapp.recordings.rendered import DESCRIPTION, is_rendered

IMAGE_SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".webp"})
VIDEO_SUFFIXES = frozenset(
    {
        ".mp4",
        ".avi",
        ".mov",
        ".mkv",
        ".m4v",
        ".mpg",
        ".mpeg",
        ".wmv",
        ".webm",
        ".mts",
        ".m2ts",
        ".ts",
        ".h264",
        ".flv",
    }
)
COCO_FILE = "annotations.json"
MAX_ENTRIES = 2000
LOOKED_AT = 200
SLEAP_SUFFIX = ".slp"
LooksLike = Literal["deeplabcut", "sleap", "lightning_pose", "coco", "rendered", "video", "images"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of a folder listing."""

    name: str
    path: str
    is_dir: bool
    size: int | None
    looks_like: LooksLike | None
    holds_videos: bool  # a folder in which video files lie


def media_roots() -> tuple[Path, ...]:
    """The allow-listed folders that are there and may be reached, resolved."""
    roots = (Path(root) for root in settings.SBEA_MEDIA_ROOTS)
    return tuple(root.resolve() for root in roots if _is_dir(root))


def allowed_path(text: str) -> Path:
    """The real path behind `text`, which must exist under a media root.

    Raises:
        PathNotAllowed: It does not, or leads out through `..` or a symbolic link. One answer for all
            of these, so that nobody learns what else is on the machine. Or its name is no text.
    """
    refused = PathNotAllowed(
        f"{text[:300]!r} is not an existing file or folder under the server folders that an administrator "
        "has allowed (SBEA_MEDIA_ROOTS)."
    )
    real = within_roots(Path(text)) if Path(text).is_absolute() else None
    if real is None:
        raise refused
    _require_text_name(str(real))
    return real


def within_roots(path: Path) -> Path | None:
    """The real path behind `path`, or None where it leads out of the media roots or to nothing."""
    try:
        real = path.resolve(strict=True)
    except (OSError, RuntimeError, ValueError):  # ValueError: NUL, or what no file name can hold
        return None
    return real if any(real == root or root in real.parents for root in media_roots()) else None


def allowed_source(text: str) -> Path:
    """`allowed_path` for something to read frames from: links inside an image folder are checked too.

    Raises:
        PathNotAllowed: The path, or a linked image in it, lies outside the media roots, may not be read, or
            has a name that is no text.
    """
    real = allowed_path(text)
    if not os.access(real, os.R_OK):
        raise _unreadable(real)
    if _is_dir(real):
        for path, is_link in _contained(real):
            _require_text_name(path)
            if is_link:
                allowed_path(path)
    return real


def videos_in(text: str) -> list[Path]:
    """The video files that lie in a folder under a media root, by name; hidden names are left out.

    Raises:
        PathNotAllowed: As in `allowed_path`, or the path is no folder, or one that may not be read.
    """
    files = (path for path in _listed(_allowed_folder(text)) if not path.name.startswith("."))
    return sorted((path for path in files if _is_video(path) and not _is_inner_folder(path)), key=_by_name)


def shown(text: str) -> str:
    """A path or file name as text: bytes that are none in UTF-8 become the replacement character."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def browse(path: str | None) -> list[Entry]:
    """The roots, or what lies in a folder under one; hidden names and links that lead out are left out.

    Raises:
        PathNotAllowed: As in `allowed_path`, or the path is no folder, or one that may not be read.
    """
    if not path:
        return [_entry(root, root.name or str(root)) for root in media_roots()]
    folder = _allowed_folder(path)
    entries = [_entry(child, child.name) for child in islice(_visible(folder), MAX_ENTRIES)]
    return sorted(entries, key=lambda e: (not e.is_dir, e.name.lower()))


def _allowed_folder(text: str) -> Path:
    folder = allowed_path(text)
    if not _is_dir(folder):
        raise PathNotAllowed(f"{text[:300]!r} is a file; only folders can be opened.")
    return folder


def _visible(folder: Path) -> Iterator[Path]:
    for child in _listed(folder):
        if not child.name.startswith(".") and within_roots(child) is not None:
            yield child


def _listed(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError as error:
        raise _unreadable(folder) from error


def _contained(folder: Path) -> list[tuple[str, bool]]:
    """The path of each entry, and whether it is a link."""
    try:
        with os.scandir(folder) as entries:  # asks the disk once, not once for each of very many images
            return [(entry.path, entry.is_symlink()) for entry in entries]
    except OSError as error:
        raise _unreadable(folder) from error


def _unreadable(path: Path) -> PathNotAllowed:
    return PathNotAllowed(
        f"The studio may not read {str(path)[:300]!r}. Ask whoever runs the server to give it read access."
    )


def _entry(path: Path, name: str) -> Entry:
    """The line of one file or folder; what cannot be looked into, or has gone since, has no kind or size."""
    is_dir = _is_dir(path)
    at = shown(str(path))
    entry = Entry(name=shown(name), path=at, is_dir=is_dir, size=None, looks_like=None, holds_videos=False)
    if not _is_text_name(str(path)):  # nothing that could be asked for
        return entry
    try:
        if is_dir:
            looks_like, holds_videos = _contents(path)
            return replace(entry, looks_like=looks_like, holds_videos=holds_videos)
        return replace(entry, size=path.stat().st_size, looks_like=_kind_of_file(path))
    except OSError:
        return entry


def _contents(folder: Path) -> tuple[LooksLike | None, bool]:
    """What a folder looks like, and whether video files lie in it, from its first entries."""
    first = [path for path in islice(folder.iterdir(), LOOKED_AT) if not path.name.startswith(".")]
    holds_videos = any(_is_video(path) for path in first)
    description = within_roots(folder / DESCRIPTION)
    if (project := _project(folder, first)) is not None:
        return project, holds_videos
    if holds_videos and description and is_rendered(description):  # hours of truth may lie there without any
        return "rendered", holds_videos
    images = any(path.suffix.lower() in IMAGE_SUFFIXES for path in first)
    return "images" if images else None, holds_videos


def _project(folder: Path, first: list[Path]) -> LooksLike | None:
    """Whose project of labels a folder is, by its names alone; the import reads and says what it truly is."""
    config, labels, coco = (
        within_roots(folder / name) for name in ("config.yaml", "labeled-data", COCO_FILE)
    )
    if labels and labels.is_dir():
        if config and config.is_file():
            return "deeplabcut"
        if any(path.name.startswith("CollectedData") and path.suffix == ".csv" for path in first):
            return "lightning_pose"
    if any(path.suffix.lower() == SLEAP_SUFFIX and within_roots(path) for path in first):
        return "sleap"
    return "coco" if coco and coco.is_file() else None


def _kind_of_file(path: Path) -> LooksLike | None:
    if _is_video(path):
        return "video"
    return "sleap" if path.suffix.lower() == SLEAP_SUFFIX else None


def _is_video(path: Path) -> bool:
    return path.suffix.lower() in VIDEO_SUFFIXES


def _is_inner_folder(path: Path) -> bool:
    # Of a link that leads out nothing is told, not even what lies there.
    real = within_roots(path)
    return real is not None and _is_dir(real)


def _require_text_name(path: str) -> None:
    if not _is_text_name(path):
        raise PathNotAllowed(
            f"The name of {path[:300]!r} is not text in UTF-8, so it cannot be kept. Rename it."
        )


def _is_text_name(path: str) -> bool:
    # File names are bytes; no database keeps, and no answer holds, those that are not UTF-8.
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True


def _is_dir(path: Path) -> bool:
    # `Path.is_dir` raises where the way to the path may not be walked or its disk does not answer.
    try:
        return path.is_dir()
    except OSError:
        return False


def _by_name(path: Path) -> str:
    return path.name.lower()
