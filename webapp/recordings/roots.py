"""Server folders that may be registered in place.

An administrator lists them in SBEA_MEDIA_ROOTS. A path is resolved and checked whenever it is read, not
only when it is registered: a symbolic link that is swapped later must not open the rest of the machine.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Literal

from django.conf import settings

from webapp.recordings.errors import PathNotAllowed

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
LooksLike = Literal["deeplabcut", "video", "images"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of a folder listing."""

    name: str
    path: str
    is_dir: bool
    size: int | None
    looks_like: LooksLike | None


def media_roots() -> tuple[Path, ...]:
    """The allow-listed folders that exist, resolved."""
    roots = (Path(root) for root in settings.SBEA_MEDIA_ROOTS)
    return tuple(root.resolve() for root in roots if root.is_dir())


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
        PathNotAllowed: The path, or a linked image in it, lies outside the media roots.
    """
    real = allowed_path(text)
    if real.is_dir():
        for entry in os.scandir(real):
            if entry.is_symlink():
                allowed_path(entry.path)
    return real


def browse(path: str | None) -> list[Entry]:
    """The roots, or what lies in a folder under one; hidden names and links that lead out are left out.

    Raises:
        PathNotAllowed: As in `allowed_path`, or the path is no folder.
    """
    if not path:
        return [_entry(root, root.name or str(root)) for root in media_roots()]
    folder = allowed_path(path)
    if not folder.is_dir():
        raise PathNotAllowed(f"{path[:300]!r} is a file; only folders can be opened.")
    entries = [_entry(child, child.name) for child in islice(_visible(folder), MAX_ENTRIES)]
    return sorted(entries, key=lambda e: (not e.is_dir, e.name.lower()))


def _under_a_root(real: Path) -> bool:
    return any(real == root or root in real.parents for root in media_roots())


def _visible(folder: Path) -> Iterator[Path]:
    for child in folder.iterdir():
        if child.name.startswith("."):
            continue
        try:
            real = child.resolve(strict=True)
        except (OSError, RuntimeError):
            continue
        if _under_a_root(real):
            yield child


def _entry(path: Path, name: str) -> Entry:
    is_dir = path.is_dir()
    return Entry(
        name=name,
        path=str(path),
        is_dir=is_dir,
        size=None if is_dir else path.stat().st_size,
        looks_like=_looks_like(path, is_dir=is_dir),
    )


def _looks_like(path: Path, *, is_dir: bool) -> LooksLike | None:
    if not is_dir:
        return "video" if path.suffix.lower() in VIDEO_SUFFIXES else None
    if (path / "config.yaml").is_file() and (path / "labeled-data").is_dir():
        return "deeplabcut"
    try:
        first = islice(path.iterdir(), 200)
        return "images" if any(child.suffix.lower() in IMAGE_SUFFIXES for child in first) else None
    except OSError:
        return None
