"""A whole DeepLabCut project: config.yaml, labeled-data and videos."""

from __future__ import annotations

import datetime
import shutil
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sbea_engine.data import FrameSource, LabelSet, Skeleton
from sbea_engine.io.deeplabcut.config import SINGLE, ProjectConfig, config_text, read_config
from sbea_engine.io.deeplabcut.frames import as_name, require_name
from sbea_engine.io.deeplabcut.labels import IndexStyle, image_names, read_labels, split_unique, write_labels
from sbea_engine.io.deeplabcut.table import BadDeepLabCut
from sbea_engine.io.picture_files import write_pictures
from sbea_engine.progress import OnProgress, Progress, ignore

__all__ = ["DeepLabCutProject", "find_project", "read_project", "write_project"]

VIDEO_SUFFIXES = frozenset({".avi", ".m4v", ".mkv", ".mov", ".mp4", ".mpeg", ".mpg", ".webm", ".wmv"})
SEARCH_DEPTH = 3


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DeepLabCutProject:
    """What a project holds that SBeA Studio uses.

    Attributes:
        folder: The folder of config.yaml.
        config: Its settings.
        label_sets: Labels by video, that is by folder name under labeled-data.
        videos: Video files that lie in the project, sorted by name.
        warnings: One sentence each on what was left out or decided.
    """

    folder: Path
    config: ProjectConfig
    label_sets: Mapping[str, LabelSet]
    videos: tuple[Path, ...]
    warnings: tuple[str, ...]

    @property
    def task(self) -> str:
        """Name of the project."""
        return self.config.task

    @property
    def scorer(self) -> str:
        """Whose labels these are."""
        return self.config.scorer

    @property
    def skeleton(self) -> Skeleton:
        """Keypoints of all label sets."""
        return self.config.skeleton

    @property
    def labels(self) -> LabelSet:
        """The labels of all videos together."""
        sets = list(self.label_sets.values())
        return LabelSet(
            skeleton=sets[0].skeleton,
            individuals=sets[0].individuals,
            frames=tuple(source for labels in sets for source in labels.frames),
            points_px=np.concatenate([labels.points_px for labels in sets]),
            visibility=np.concatenate([labels.visibility for labels in sets]),
        )


def find_project(folder: Path) -> Path:
    """The one project in `folder` or a few levels below it (an unpacked archive often has a top folder).

    Raises:
        BadDeepLabCut: There is none, or several.
    """
    found: list[Path] = []
    level = [folder]
    for _ in range(SEARCH_DEPTH):
        found = [place for place in level if (place / "config.yaml").is_file()]
        if found:
            break
        level = sorted(
            child for place in level if place.is_dir() for child in place.iterdir()
            if child.is_dir() and not child.is_symlink() and child.name != "__MACOSX"
        )  # fmt: skip
    if not found:
        raise BadDeepLabCut(f"{folder}: no config.yaml here. Choose the folder of a DeepLabCut project.")
    if len(found) > 1:
        names = ", ".join(place.name for place in found)
        raise BadDeepLabCut(f"{folder}: holds several projects ({names}). Choose one of them.")
    return found[0]


def read_project(folder: Path) -> DeepLabCutProject:
    """Read a project and check all of it before anything is returned.

    Only files inside the project are used: what config.yaml or a link points to elsewhere is reported.

    Raises:
        BadDeepLabCut: Settings or labels are unusable, or nothing is labelled; file and place are named.
    """
    config = read_config(folder / "config.yaml")
    warnings = list(config.warnings)
    label_sets: dict[str, LabelSet] = {}
    labelled = folder / "labeled-data"
    if not labelled.is_dir():
        raise BadDeepLabCut(f"{labelled}: not there. A DeepLabCut project keeps its labels in labeled-data.")
    for place in sorted(p for p in labelled.iterdir() if p.is_dir() and not p.name.startswith(".")):
        collected = [*place.glob("CollectedData_*.csv"), *place.glob("CollectedData_*.h5")]
        if not all(p.resolve().is_relative_to(folder.resolve()) for p in (place, *collected)):
            warnings.append(f"{place}: a link to outside the project; left out. Copy the folder in.")
        elif collected:
            label_sets[place.name], found = read_labels(place, config)
            warnings += found
        elif not place.name.endswith("_labeled"):  # pictures that DeepLabCut draws for checking
            warnings.append(f"{place}: no labels yet; left out.")
    if not any(len(labels) for labels in label_sets.values()):
        raise BadDeepLabCut(f"{labelled}: nothing is labelled (no CollectedData file with rows).")
    if config.unique_bodyparts:
        warnings.append(f"Unique body parts are kept as keypoints of an individual named {SINGLE!r}.")
    videos, found = _videos(folder, config)
    return DeepLabCutProject(
        folder=folder,
        config=config,
        label_sets=label_sets,
        videos=videos,
        warnings=(*warnings, *found),
    )


def write_project(
    folder: Path,
    *,
    task: str,
    scorer: str,
    labels: LabelSet,
    date: datetime.date | None = None,
    index_style: IndexStyle = "multi",
    on_progress: OnProgress = ignore,
) -> Path:
    """Write a new project that DeepLabCut opens: config.yaml, and images and labels by video.

    Images that are PNG already are copied as they are; all others, and frames of videos, are written as PNG.
    Videos themselves are not copied: `video_sets` names where to put them. Characters that no file name may
    hold become `_` in the names of videos.

    Args:
        folder: Must not exist; all of it appears at the end or nothing does.
        task: Name of the project.
        scorer: Part of the names of the label files.
        labels: Of any number of videos.
        date: Day of the project; today when None.
        index_style: See `write_labels`.
        on_progress: Told of each image.

    Raises:
        BadDeepLabCut: The folder exists, nothing is labelled, or a name cannot stand in a project.
        BadVideo: The pixels of a frame cannot be read.
    """
    require_name(task, "project name")
    require_name(scorer, "scorer")
    if folder.exists():
        raise BadDeepLabCut(f"{folder}: exists already. Choose a new folder.")
    if not len(labels):
        raise BadDeepLabCut("There are no labelled frames to write.")
    shared, unique = split_unique(labels)
    several = len(labels.individuals) > 1
    individuals = [name for name in labels.individuals if several and (name != SINGLE or not unique)]
    folders = _folder_names(labels)
    day = date or datetime.date.today()
    folder.parent.mkdir(parents=True, exist_ok=True)
    temporary = folder.with_name(f".{folder.name}.{uuid.uuid4().hex[:8]}.tmp")
    try:
        video_sets: dict[str, tuple[int, int]] = {}
        done = 0
        for video, rows in _by_video(labels).items():
            part = labels.select(rows)
            place = temporary / "labeled-data" / folders[video]
            report = _counter(on_progress, done, len(labels))
            size = write_pictures(part.frames, image_names(part), place, report)
            write_labels(part, place, scorer, index_style=index_style)
            video_sets[f"videos/{place.name}{_video_suffix(part.frames[0])}"] = size
            done += len(part)
        text = config_text(
            task=task,
            scorer=scorer,
            date=f"{day:%b}{day.day}",
            individuals=individuals,
            bodyparts=shared,
            unique_bodyparts=unique,
            edges=labels.skeleton.edges,
            video_sets=video_sets,
        )
        (temporary / "config.yaml").write_text(text, encoding="utf-8")
        (temporary / "videos").mkdir()
        temporary.rename(folder)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return folder


def _videos(folder: Path, config: ProjectConfig) -> tuple[tuple[Path, ...], list[str]]:
    inside, warnings, videos = folder.resolve(), [], []
    place = folder / "videos"
    files = sorted(place.iterdir()) if place.is_dir() else []
    for file in (f for f in files if f.suffix.lower() in VIDEO_SUFFIXES and not f.name.startswith(".")):
        if not file.resolve().is_relative_to(inside):
            warnings.append(f"{file}: a link to outside the project; add that video by itself.")
        elif file.is_file():
            videos.append(file)
    have = {file.name for file in files}
    missing = [name for name in config.video_names if name not in have]
    warnings += [f"{name}: named in config.yaml, not in {place}." for name in missing]
    return tuple(videos), warnings


def _by_video(labels: LabelSet) -> dict[str, list[int]]:
    rows: dict[str, list[int]] = {}
    for row in labels.time_order():
        rows.setdefault(labels.frames[row].video, []).append(int(row))
    return rows


def _folder_names(labels: LabelSet) -> dict[str, str]:
    names = {video: as_name(video) for video in _by_video(labels)}
    for video, name in names.items():
        require_name(name, "video")
        other = next((v for v, n in names.items() if n.casefold() == name.casefold() and v != video), None)
        if other is not None:
            raise BadDeepLabCut(
                f"Videos {video!r} and {other!r} would share the folder {name!r}. Rename one."
            )
    return names


def _counter(on_progress: OnProgress, before: int, total: int) -> Callable[[int], None]:
    return lambda done: on_progress(Progress(stage="write images", done=before + done, total=total))


def _video_suffix(source: FrameSource) -> str:
    suffix = source.path.suffix.lower()
    return suffix if suffix in VIDEO_SUFFIXES else ".mp4"
