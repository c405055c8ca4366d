"""DeepLabCut's `config.yaml`: what is read from it, and the one that is written for an exported project."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PureWindowsPath
from typing import Any

import yaml

from sbea_engine.data import Skeleton
from sbea_engine.data.skeleton import BadSkeleton
from sbea_engine.io.deeplabcut.frames import MAX_NAME
from sbea_engine.io.deeplabcut.table import BadDeepLabCut

__all__ = ["SINGLE", "ProjectConfig", "config_text", "read_config", "symmetric_by_name"]

MAX_BYTES = 1 << 20
MERGE_TAG = "tag:yaml.org,2002:merge"
SINGLE = "single"  # DeepLabCut's name for the individual that unique body parts belong to
_SIDES = re.compile(r"left|right|(?:^|(?<=[_\- .]))[lr](?=$|[_\- .])", re.IGNORECASE)
_OPPOSITE = {"left": "right", "right": "left", "l": "r", "r": "l"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectConfig:
    """What a project's config.yaml says about its labels.

    Attributes:
        file: The config.yaml itself.
        task: Name of the project.
        scorer: Whose labels are current; part of the names of the label files.
        date: As written in the file, empty when absent.
        individuals: Names of the animals; empty in single-animal projects.
        bodyparts: Names in order; in multi-animal projects those that every animal has.
        unique_bodyparts: Multi-animal only: parts that exist once (a corner, a feeder).
        skeleton: Body parts, then unique body parts, with edges and left/right pairs.
        video_names: File names of the keys of video_sets that are paths.
        warnings: What was left out, one sentence each.
    """

    file: Path
    task: str
    scorer: str
    date: str
    individuals: tuple[str, ...]
    bodyparts: tuple[str, ...]
    unique_bodyparts: tuple[str, ...]
    skeleton: Skeleton
    video_names: tuple[str, ...]
    warnings: tuple[str, ...]

    @property
    def multi_animal(self) -> bool:
        """Whether tables of this project have a header row of individuals."""
        return bool(self.individuals)


def read_config(file: Path) -> ProjectConfig:
    """Read a config.yaml with the safe loader.

    Raises:
        BadDeepLabCut: The file is absent, not YAML, lacks scorer or body parts, or its scorer can be no part
            of a file name; the message says which.
    """
    document = _load(file)
    multi = _flag(file, document, "multianimalproject")
    bodyparts = _names(file, document, "multianimalbodyparts" if multi else "bodyparts")
    unique = _names(file, document, "uniquebodyparts", optional=True) if multi else ()
    individuals = _names(file, document, "individuals") if multi else ()
    if SINGLE in individuals:
        raise BadDeepLabCut(
            f"{file}: no animal may be called {SINGLE!r}; DeepLabCut keeps that name for itself."
        )
    keypoints = (*bodyparts, *unique)
    edges, warnings = _edges(file, document.get("skeleton"), keypoints)
    try:
        skeleton = Skeleton(keypoints=keypoints, edges=edges, symmetric=symmetric_by_name(keypoints))
    except BadSkeleton as error:
        raise BadDeepLabCut(f"{file}: {error}") from error
    return ProjectConfig(
        file=file,
        task=_text(document.get("Task")) or file.parent.name,
        scorer=_scorer(file, document),
        date=_text(document.get("date")),
        individuals=individuals,
        bodyparts=bodyparts,
        unique_bodyparts=unique,
        skeleton=skeleton,
        video_names=_video_names(document.get("video_sets")),
        warnings=tuple(warnings),
    )


def symmetric_by_name(keypoints: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """(left, right) pairs among names that differ only in left/right, or in a lone l/r ("paw_l", "R-ear").

    DeepLabCut has no such field, and mirrored training images need the pairs.
    """
    known = {name.casefold(): name for name in keypoints}
    pairs = []
    for name in keypoints:
        sides = [side.lower() for side in _SIDES.findall(name)]
        if len(sides) != 1 or not sides[0].startswith("l"):
            continue
        mirrored = _SIDES.sub(lambda match: _OPPOSITE[match.group().lower()], name).casefold()
        if mirrored in known:
            pairs.append((name, known[mirrored]))
    return tuple(pairs)


def config_text(
    *,
    task: str,
    scorer: str,
    date: str,
    individuals: Sequence[str],
    bodyparts: Sequence[str],
    unique_bodyparts: Sequence[str],
    edges: Sequence[tuple[str, str]],
    video_sets: Mapping[str, tuple[int, int]],
) -> str:
    """A config.yaml for a new project.

    Args:
        task: Name of the project.
        scorer: Part of the names of the label files.
        date: DeepLabCut's short form ("Nov20").
        individuals: Empty for a single-animal project.
        bodyparts: Names in order.
        unique_bodyparts: Multi-animal only.
        edges: Lines of the skeleton.
        video_sets: Path of each video, to the width and height of its frames.
    """
    multi = bool(individuals)
    parts: dict[str, Any] = (
        {
            "individuals": list(individuals),
            "uniquebodyparts": list(unique_bodyparts),
            "multianimalbodyparts": list(bodyparts),
            "bodyparts": "MULTI!",
        }
        if multi
        else {"bodyparts": list(bodyparts)}
    )
    document: dict[str, Any] = {
        "Task": task,
        "scorer": scorer,
        "date": date,
        "multianimalproject": multi,
        "identity": False,
        "project_path": ".",  # DeepLabCut writes the true path here when it opens the project
        "engine": "pytorch",
        "video_sets": {path: {"crop": f"0, {w}, 0, {h}"} for path, (w, h) in video_sets.items()},
        **parts,
        "start": 0,
        "stop": 1,
        "numframes2pick": 20,
        "skeleton": [list(edge) for edge in edges],
        "skeleton_color": "black",
        "pcutoff": 0.6,
        "dotsize": 8,
        "alphavalue": 0.7,
        "colormap": "rainbow",
        "TrainingFraction": [0.95],
        "iteration": 0,
        "default_net_type": "resnet_50",
        "default_augmenter": "default",
        "snapshotindex": -1,
        "batch_size": 8,
        "cropping": False,
        "x1": 0,
        "x2": 640,
        "y1": 0,
        "y2": 480,
        "corner2move2": [50, 50],
        "move2corner": True,
    }
    return yaml.safe_dump(document, sort_keys=False, allow_unicode=True)


class _PlainLoader(yaml.SafeLoader):
    """The safe loader without merge keys: ten that nest copy a few hundred bytes into all of the memory."""

    def flatten_mapping(self, node: yaml.MappingNode) -> None:
        merge = next((key for key, _ in node.value if key.tag == MERGE_TAG), None)
        if merge is not None:
            raise yaml.constructor.ConstructorError(
                None, None, "merge keys (<<) are not read; write the lines out", merge.start_mark
            )
        super().flatten_mapping(node)


def _load(file: Path) -> dict[str, Any]:
    try:
        if file.stat().st_size > MAX_BYTES:
            raise BadDeepLabCut(f"{file}: larger than a config.yaml can be; not read.")
        document = yaml.load(file.read_text(encoding="utf-8-sig"), Loader=_PlainLoader)  # noqa: S506
    except FileNotFoundError as error:
        raise BadDeepLabCut(f"{file}: not there. A DeepLabCut project has a config.yaml.") from error
    except (OSError, UnicodeDecodeError, yaml.YAMLError, ValueError, RecursionError) as error:
        raise BadDeepLabCut(f"{file}: not readable YAML ({' '.join(str(error).split())}).") from error
    if not isinstance(document, dict):
        raise BadDeepLabCut(
            f"{file}: holds no settings. A DeepLabCut config.yaml has lines like 'scorer: name'."
        )
    return document


def _names(file: Path, document: Mapping[str, Any], key: str, *, optional: bool = False) -> tuple[str, ...]:
    listed = document.get(key)
    if optional and not listed:
        return ()
    if not isinstance(listed, list) or not listed:
        raise BadDeepLabCut(f"{file}: {key} must be a list of names, got {_shown(listed)}.")
    for name in listed:
        if isinstance(name, bool) or not isinstance(name, str | int | float):
            raise BadDeepLabCut(f"{file}: {key} holds {_shown(name)}, which is no name. Put it in quotes.")
    return tuple(str(name) for name in listed)


def _flag(file: Path, document: Mapping[str, Any], key: str) -> bool:
    value = document.get(key)
    if value is not None and not isinstance(value, bool):
        raise BadDeepLabCut(f"{file}: {key} must be true or false, got {_shown(value)}.")
    return bool(value)


def _scorer(file: Path, document: Mapping[str, Any]) -> str:
    """The scorer, which becomes part of file names: with a slash in it, it would name files elsewhere."""
    text = _text(document.get("scorer"))
    if not text:
        raise BadDeepLabCut(f"{file}: scorer is missing.")
    if any(c in text for c in "/\\\0") or len(text) > MAX_NAME:
        raise BadDeepLabCut(
            f"{file}: scorer {_shown(text)} cannot be part of a file name. Set it to the name in "
            f"CollectedData_<name>.csv."
        )
    return text


def _text(value: Any) -> str:
    return "" if value is None or isinstance(value, list | dict) else str(value).strip()


def _shown(value: Any) -> str:
    return type(value).__name__ if isinstance(value, list | dict) else repr(value)[:60]


def _edges(
    file: Path, listed: Any, keypoints: tuple[str, ...]
) -> tuple[tuple[tuple[str, str], ...], list[str]]:
    """Usable edges, and a warning for each other one: lines to draw must not stop an import."""
    edges, warnings = [], []
    for pair in listed if isinstance(listed, list) else []:
        names = [_text(name) for name in pair] if isinstance(pair, list) else [_text(pair)]
        if len(names) == 2 and names[0] != names[1] and set(names) <= set(keypoints):
            edges.append((names[0], names[1]))
        else:
            warnings.append(
                f"{file}: skeleton edge {' - '.join(names)} does not join two body parts; left out."
            )
    return tuple(edges), warnings


def _video_names(video_sets: Any) -> tuple[str, ...]:
    """File names among the keys; a placeholder such as "WILL BE AUTOMATICALLY UPDATED" is no path."""
    keys = [key for key in video_sets if isinstance(key, str)] if isinstance(video_sets, dict) else []
    names = (PureWindowsPath(key) for key in keys)  # reads both kinds of slash
    return tuple(path.name for path in names if path.suffix)
