"""NWB as the registry knows it: files with pose estimates."""

from __future__ import annotations

from pathlib import Path

from sbea_engine.data import Poses
from sbea_engine.io.image_folders import safe_folders
from sbea_engine.io.nwb.errors import BadNwb
from sbea_engine.io.nwb.writer import is_rate, write_nwb

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
    """`<name>.nwb`, with times and the video's file by what the poses say of their making (`provenance`).

    Times are seconds where `fps` is among that, which predictions have over videos of one rate; else they are
    frame numbers, and the file says so. The video's file is `video`, else one called as the poses.

    Raises:
        BadNwb: See `write_nwb`.
    """
    stem = safe_folders([name])[0]
    fps, video = poses.provenance.get("fps"), poses.provenance.get("video")
    file = write_nwb(
        poses,
        folder / f"{stem}.nwb",
        video=video if isinstance(video, str) and video and "\0" not in video else f"{stem}.mp4",
        scorer=scorer,
        rate_hz=fps if is_rate(fps) else None,
    )
    return (file,)


def _files(place: Path) -> list[Path]:
    if place.is_file():
        return [place] if place.suffix.lower() == ".nwb" else []
    if not place.is_dir():
        return []
    return sorted(f for f in place.glob("*.nwb") if f.is_file() and not f.name.startswith("."))
