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
from webapp.recordings.rendered import is_rendered

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
MAX_ENTRIES = 2000
LOOKED_AT = 200
LooksLike = Literal["deeplabcut", "rendered", "video", "images"]


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
            of these, so that nobody learns what else is on the machine.
    """
    refused = PathNotAllowed(
        f"{text[:300]!r} is not an existing file or folder under the server folders that an administrator "
        "has allowed (SBEA_MEDIA_ROOTS)."
    )
    if "\0" in text or not Path(text).is_absolute():
        raise refused
    try:
        real = Path(text).resolve(strict=True)
    except (OSError, RuntimeError) as error:
        raise refused from error
    if not _under_a_root(real):
        raise refused
    return real


def allowed_source(text: str) -> Path:
    """`allowed_path` for something to read frames from: links inside an image folder are checked too.

    Raises:
        PathNotAllowed: The path, or a linked image in it, lies outside the media roots, or may not be read.
    """
    real = allowed_path(text)
    if not os.access(real, os.R_OK):
        raise _unreadable(real)
    if _is_dir(real):
        for path in _links_in(real):
            allowed_path(path)
    return real


def videos_in(text: str) -> list[Path]:
    """The video files that lie in a folder under a media root, by name; hidden names are left out.

    Raises:
        PathNotAllowed: As in `allowed_path`, or the path is no folder, or one that may not be read.
    """
    files = (path for path in _listed(_allowed_folder(text)) if not path.name.startswith("."))
    return sorted((path for path in files if _is_video(path) and not _is_dir(path)), key=_by_name)


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


def _under_a_root(real: Path) -> bool:
    return any(real == root or root in real.parents for root in media_roots())


def _visible(folder: Path) -> Iterator[Path]:
    for child in _listed(folder):
        if child.name.startswith("."):
            continue
        try:
            real = child.resolve(strict=True)
        except (OSError, RuntimeError):
            continue
        if _under_a_root(real):
            yield child


def _listed(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError as error:
        raise _unreadable(folder) from error


def _links_in(folder: Path) -> list[str]:
    try:
        with os.scandir(folder) as entries:  # asks the disk once, not once for each of very many images
            return [entry.path for entry in entries if entry.is_symlink()]
    except OSError as error:
        raise _unreadable(folder) from error


def _unreadable(path: Path) -> PathNotAllowed:
    return PathNotAllowed(
        f"The studio may not read {str(path)[:300]!r}. Ask whoever runs the server to give it read access."
    )


def _entry(path: Path, name: str) -> Entry:
    """The line of one file or folder; what cannot be looked into, or has gone since, has no kind or size."""
    is_dir = _is_dir(path)
    entry = Entry(name=name, path=str(path), is_dir=is_dir, size=None, looks_like=None, holds_videos=False)
    try:
        if is_dir:
            looks_like, holds_videos = _contents(path)
            return replace(entry, looks_like=looks_like, holds_videos=holds_videos)
        return replace(entry, size=path.stat().st_size, looks_like="video" if _is_video(path) else None)
    except OSError:
        return entry


def _contents(folder: Path) -> tuple[LooksLike | None, bool]:
    """What a folder looks like, and whether video files lie in it, from its first entries."""
    first = [path for path in islice(folder.iterdir(), LOOKED_AT) if not path.name.startswith(".")]
    holds_videos = any(_is_video(path) for path in first)
    if (folder / "config.yaml").is_file() and (folder / "labeled-data").is_dir():
        return "deeplabcut", holds_videos
    if is_rendered(folder):
        return "rendered", holds_videos
    images = any(path.suffix.lower() in IMAGE_SUFFIXES for path in first)
    return "images" if images else None, holds_videos


def _is_video(path: Path) -> bool:
    return path.suffix.lower() in VIDEO_SUFFIXES


def _is_dir(path: Path) -> bool:
    # `Path.is_dir` raises where the way to the path may not be walked or its disk does not answer.
    try:
        return path.is_dir()
    except OSError:
        return False


def _by_name(path: Path) -> str:
    return path.name.lower()
