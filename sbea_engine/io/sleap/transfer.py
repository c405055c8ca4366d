"""SLEAP as the registry knows it: `.slp`, `.pkg.slp` and analysis files, alone or in a folder."""

from __future__ import annotations

from pathlib import Path

from sbea_engine.data import LabelSet, Poses
from sbea_engine.io.deeplabcut.frames import as_name
from sbea_engine.io.imported import ImportedLabels, ImportedPoses, unique_names
from sbea_engine.io.sleap.analysis import is_analysis, read_analysis, write_analysis
from sbea_engine.io.sleap.errors import BadSleap, NothingLabelled
from sbea_engine.io.sleap.slp import read_slp
from sbea_engine.io.sleap.slp_writer import write_slp
from sbea_engine.progress import OnProgress

__all__ = ["find", "looks_like", "read_labels", "read_poses", "write_labels", "write_poses"]

SEARCH_DEPTH = 3


def looks_like(place: Path) -> bool:
    """A file of SLEAP, or a folder with one; never raises."""
    try:
        if place.is_dir():
            return any(_is_sleap(file) for file in place.iterdir())
        return _is_sleap(place)
    except OSError:
        return False


def find(place: Path) -> Path:
    """The one `.slp` at or a few levels below `place`; else the one analysis file.

    Raises:
        BadSleap: There is none, or several; the message names them.
    """
    level = [place]
    for _ in range(SEARCH_DEPTH):
        inside = [f for p in level for f in (p.iterdir() if p.is_dir() else [p])]
        files = sorted(f for f in inside if _is_sleap(f))
        projects = [file for file in files if file.suffix.lower() == ".slp"]
        if len(projects or files) > 1:
            names = ", ".join(file.name for file in (projects or files)[:5])
            raise BadSleap(f"{place}: holds several SLEAP files ({names}). Choose one of them.")
        if files:
            return (projects or files)[0]
        level = sorted(f for f in inside if f.is_dir() and not f.is_symlink() and f.name != "__MACOSX")
    raise BadSleap(f"{place}: no SLEAP file here (.slp, .pkg.slp or an analysis .h5).")


def read_labels(place: Path, *, pictures: Path | None = None) -> ImportedLabels:
    """What people placed in a project file.

    Raises:
        BadSleap: The file cannot be used.
        NothingLabelled: It holds predictions alone.
    """
    if place.suffix.lower() != ".slp":
        raise BadSleap(f"{place}: an analysis file holds predictions and no labels. Read it as poses.")
    project = read_slp(place, pictures=pictures)
    if project.labels is None:
        raise NothingLabelled(
            f"{place}: nobody has labelled in it; it holds predictions alone. Read it as poses."
        )
    videos = dict.fromkeys(v.path for v in project.videos if not v.images and v.path.is_file())
    return ImportedLabels(
        title=_title(place),
        scorer="",
        labels=project.labels,
        videos=tuple(videos),
        warnings=project.warnings,
        told_apart=project.tracked or len(project.labels.individuals) == 1,
        predicted_videos=len(project.poses),
    )


def read_poses(place: Path) -> ImportedPoses:
    """What a model predicted, by video.

    Raises:
        BadSleap: The file cannot be used, or holds no predictions.
    """
    if place.suffix.lower() != ".slp":
        poses, found = read_analysis(place)
        return ImportedPoses(title=_title(place), poses={_title(place): poses}, warnings=tuple(found))
    project = read_slp(place)
    if not project.poses:
        raise BadSleap(f"{place}: holds no predictions, only what people labelled.")
    names = unique_names(list(project.poses), "video")
    return ImportedPoses(
        title=_title(place),
        poses=dict(zip(names, project.poses.values(), strict=True)),
        warnings=project.warnings,
    )


def write_labels(folder: Path, labels: LabelSet, *, title: str, scorer: str, on_progress: OnProgress) -> Path:
    """`<title>.pkg.slp` with the labelled frames inside, in a new folder."""
    if folder.exists():
        raise BadSleap(f"{folder}: exists already. Choose a new folder.")
    if not len(labels):
        raise BadSleap("There are no labelled frames to write.")
    try:
        name = as_name(title) or "labels"
        write_slp(folder / f"{name}.pkg.slp", labels=labels, embed=True, on_progress=on_progress)
    except BaseException:
        if folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()
        raise
    return folder


def write_poses(folder: Path, poses: Poses, *, name: str, scorer: str) -> tuple[Path, ...]:
    """`<name>.slp` for SLEAP, and `<name>.analysis.h5` for scripts."""
    stem = as_name(name) or "video"
    return (
        write_slp(folder / f"{stem}.slp", poses={stem: poses}),
        write_analysis(poses, folder / f"{stem}.analysis.h5", video_path=f"{stem}.mp4"),
    )


def _title(file: Path) -> str:
    return file.name.removesuffix(file.suffix).removesuffix(".pkg").removesuffix(".analysis")


def _is_sleap(file: Path) -> bool:
    if file.name.startswith(".") or not file.is_file():
        return False
    if file.suffix.lower() == ".slp":
        return True
    return file.suffix.lower() in (".h5", ".hdf5") and is_analysis(file)
