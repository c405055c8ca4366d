"""From server paths to recordings with views, shown before anything is done, then done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from django.db import transaction

from sbea_engine.errors import EngineError
from webapp.accounts.capabilities import Capability, require
from webapp.accounts.models import User
from webapp.api.errors import AppError
from webapp.projects.models import Project
from webapp.recordings.errors import BadRecording
from webapp.recordings.folders import check_is_new
from webapp.recordings.grouping import Group, propose_groups, propose_views
from webapp.recordings.models import Recording
from webapp.recordings.names import free_name
from webapp.recordings.roots import allowed_source, shown, videos_in
from webapp.recordings.services import Source, hold, recording_register


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposedView:
    """One file as a view; `problem` says why it cannot be taken."""

    view: str
    path: str
    problem: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """One recording as its files' names suggest it."""

    name: str
    views: tuple[ProposedView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One recording that a person wants."""

    name: str
    sources: tuple[Source, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one recording that was asked for."""

    name: str
    recording: Recording | None = None
    problem: str | None = None


def propose(
    *,
    project: Project,
    folder: str | None = None,
    paths: Sequence[str] | None = None,
    names: Sequence[str] | None = None,
    by: User,
) -> list[Proposal]:
    """How files could be recordings with views; one of three ways to name the files is given.

    Args:
        folder: A server folder: its videos are sorted into recordings.
        paths: Server paths that are the views of one recording.
        names: Names of files that lie with the person who asks, the views of one recording.

    Raises:
        BadRecording: No video file lies in the folder, a file is named twice, or not one way is given.
        PathNotAllowed: The folder does not lie under a media root, or may not be read.
        NotFound, Forbidden: `by` may not bring data into this project.
    """
    require(by, project, Capability.MANAGE_DATA)
    if sum(given is not None for given in (folder, paths, names)) != 1:
        raise BadRecording("Give one of folder, paths and names.")
    if folder is not None:
        return _of_folder(project, folder)
    group = propose_views(_each_once(paths if paths is not None else names or []))
    if paths is not None:
        return _checked(project, [group])
    views = tuple(ProposedView(view=view, path=file) for file, view in group.views)
    known = project.recordings.values_list("name", flat=True)
    return [Proposal(name=free_name(group.name, known), views=views)]


def _of_folder(project: Project, folder: str) -> list[Proposal]:
    files = videos_in(folder)
    if not files:
        raise BadRecording(f"No video lies in {folder[:300]!r}. Open the folder to see what does.")
    groups = propose_groups([str(file) for file in files], folder=Path(folder).name)
    return _checked(project, groups)


def recordings_register_groups(*, project: Project, asked: Sequence[Asked], by: User) -> list[Outcome]:
    """Register several recordings with their views; one that cannot be taken keeps none of the others out.

    A file that is here already, or is empty, is not taken, as `propose` says of it.

    Raises:
        NotFound, Forbidden: `by` may not bring data into this project.
    """
    require(by, project, Capability.MANAGE_DATA)
    return [_register(project, row, by=by) for row in asked]


def _register(project: Project, asked: Asked, *, by: User) -> Outcome:
    try:
        paths = [allowed_source(source.path) for source in asked.sources]
        with transaction.atomic():
            hold(project)
            for path in paths:
                check_is_new(project, path)
            recording, _ = recording_register(project=project, name=asked.name, sources=asked.sources, by=by)
    except (AppError, EngineError) as error:
        return Outcome(name=asked.name, problem=str(error))
    return Outcome(name=asked.name, recording=recording)


def _checked(project: Project, groups: Sequence[Group]) -> list[Proposal]:
    known = list(project.recordings.values_list("name", flat=True))
    found = []
    for group in groups:
        name = free_name(group.name, known)
        known.append(name)
        views = tuple(
            ProposedView(view=view, path=shown(file), problem=_problem(project, file))
            for file, view in group.views
        )
        found.append(Proposal(name=name, views=views))
    return found


def _problem(project: Project, file: str) -> str | None:
    try:
        check_is_new(project, allowed_source(file))
    except AppError as error:
        return str(error)
    return None


def _each_once(files: Sequence[str]) -> Sequence[str]:
    twice = next((file for file in files if files.count(file) > 1), None)
    if twice is not None:
        raise BadRecording(f"{twice[:300]!r} stands there twice. Choose each file once.")
    return files
