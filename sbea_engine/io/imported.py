"""What readers of outside formats return: labels or predictions, with what was decided on the way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PureWindowsPath

from sbea_engine.data import LabelSet, Poses

__all__ = ["ImportedLabels", "ImportedPoses", "find_beside", "find_by_end", "unique_names"]

SEARCH_DEPTH = 3
MATCHED_PARTS = 4
MAX_SEARCHED = 100_000  # files; a video that is further away is named by the user


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ImportedLabels:
    """Labels as another tool kept them.

    Attributes:
        title: Name of the project in that tool.
        scorer: Who labelled, empty where the tool does not say.
        labels: All labelled frames; their paths point into the other tool's folder.
        videos: Video files that lie in that folder.
        warnings: One sentence each on what was left out or decided.
        told_apart: Whether the tool says of every instance whose it is. Where not, several individuals are on
            their axis in their order on each frame, which is no identity.
        predicted_videos: Over how many videos the place holds predictions as well, which are no part of this.
    """

    title: str
    scorer: str
    labels: LabelSet
    videos: tuple[Path, ...]
    warnings: tuple[str, ...]
    told_apart: bool = True
    predicted_videos: int = 0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ImportedPoses:
    """Predictions as another tool kept them.

    Attributes:
        title: Name of the file or project.
        poses: By name of the video that they belong to.
        warnings: One sentence each on what was left out or decided.
    """

    title: str
    poses: Mapping[str, Poses]
    warnings: tuple[str, ...]


def find_by_end(folder: Path, path: str, *, shortest: int = 1) -> Path | None:
    """The file below `folder` that `path` ends like: by its last four parts, else by three, and so on.

    A path that an outside file gives serves as a name only: else it could name any file of this computer. Its
    folders still count, since files of several videos may share a name.

    Args:
        folder: Where to look.
        path: With slashes of either kind.
        shortest: Fewest parts that must be the same.
    """
    parts = [part for part in PureWindowsPath(path).parts if part not in ("..", "/", "\\")]
    inside = folder.resolve()
    for count in range(min(MATCHED_PARTS, len(parts)), shortest - 1, -1):
        file = folder.joinpath(*parts[-count:])
        if "\0" not in path and file.is_file() and file.resolve().is_relative_to(inside):
            return file
    return None


def find_beside(folder: Path, name: str) -> Path | None:
    """The file called `name` in `folder` or a few levels below; None where there is none, or several."""
    inside = folder.resolve()
    level, searched = [folder], 0
    for _ in range(SEARCH_DEPTH + 1):
        files = [file for place in level if (file := place / name).is_file()]
        if files:
            alone = len(files) == 1 and files[0].resolve().is_relative_to(inside)
            return files[0] if alone else None
        below: list[Path] = []
        for child in (child for place in level for child in place.iterdir()):
            searched += 1
            if not child.name.startswith(".") and not child.is_symlink() and child.is_dir():
                below.append(child)
        if searched > MAX_SEARCHED:
            return None
        level = sorted(below)
    return None


def unique_names(names: list[str], fallback: str) -> list[str]:
    """Each name once: a blank one becomes `fallback` and its number, a repeated one gets a number behind."""
    taken: set[str] = set()
    out = []
    for number, name in enumerate(names, start=1):
        base = name.strip() or f"{fallback} {number}"
        unique, count = base, 2
        while unique in taken:
            unique, count = f"{base} ({count})", count + 1
        taken.add(unique)
        out.append(unique)
    return out
