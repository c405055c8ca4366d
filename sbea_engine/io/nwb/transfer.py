"""NWB as the registry knows it: files with pose estimates."""

from __future__ import annotations

from pathlib import Path

from sbea_engine.data import Poses
from sbea_engine.io.image_folders import safe_folders
from sbea_engine.io.nwb.errors import BadNwb
from sbea_engine.io.nwb.writer import write_nwb

__all__ = ["find", "looks_like", "write_poses"]


def looks_like(place: Path) -> bool:
    """A file that ends in .nwb, or a folder with one such file; never raises."""
    try:
        return len(_files(place)) == 1
    except OSError:
        return False


def find(place: Path) -> Path:
    """The file itself, or the one in a folder; raises `BadNwb` where there is none, or several."""
    if place.is_file():
        return place
    files = _files(place)
    if len(files) != 1:
        raise BadNwb(f"{place}: holds {len(files)} NWB files. Choose one .nwb file.")
    return files[0]


def write_poses(folder: Path, poses: Poses, *, name: str, scorer: str) -> tuple[Path, ...]:
    """`<video>.nwb`, with frame numbers for time stamps, since poses do not say how fast the video runs."""
    stem = safe_folders([name])[0]
    return (write_nwb(poses, folder / f"{stem}.nwb", video=f"{stem}.mp4", scorer=scorer),)


def _files(place: Path) -> list[Path]:
    if place.is_file():
        return [place] if place.suffix.lower() == ".nwb" else []
    if not place.is_dir():
        return []
    return sorted(f for f in place.glob("*.nwb") if f.is_file() and not f.name.startswith("."))
