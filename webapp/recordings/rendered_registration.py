"""A rendered recording's folder: views, sync and calibration come in at once."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from django.db import transaction

from webapp.accounts.capabilities import Capability, require
from webapp.accounts.models import User
from webapp.jobs.models import Job
from webapp.projects.models import Project
from webapp.recordings import storage
from webapp.recordings.calibrations import calibration_assign, calibration_create, cameras_digest
from webapp.recordings.errors import BadRecording
from webapp.recordings.folders import check_is_new
from webapp.recordings.models import Calibration, Recording, Video
from webapp.recordings.names import free_name
from webapp.recordings.rendered import DESCRIPTION, RENDERED, RenderedFolder, read_rendered
from webapp.recordings.roots import allowed_path, allowed_source, within_roots
from webapp.recordings.services import (
    Source,
    hold,
    recording_create,
    recording_register,
    video_ingest_start,
)
from webapp.recordings.sync import recording_sync_set


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisteredRendered:
    """What came in; `missing` names cameras whose video is not there."""

    recording: Recording
    calibration: Calibration
    jobs: tuple[Job, ...]
    missing: tuple[str, ...]


@transaction.atomic
def recording_register_rendered(
    *, project: Project, folder: str, name: str = "", by: User
) -> RegisteredRendered:
    """Register a rendered recording where it lies: each camera a view, with its sync and calibration.

    A video that is not there, or is a link that leads out of the media roots, leaves its camera without a
    view and keeps none of the others out. Takes of one rig share one calibration.

    Args:
        name: Of the recording; by default as the folder, with a number where that is taken.

    Raises:
        BadRecording: No rendered recording lies in the folder, it is damaged, or no video is there.
        BadCalibration, BadSync: Its cameras or its table of ticks contradict themselves.
        PathNotAllowed: The folder does not lie under a media root.
        NotFound, Forbidden: `by` may not bring data into this project.
    """
    require(by, project, Capability.MANAGE_DATA)
    real = allowed_path(folder)
    if os.path.lexists(real / DESCRIPTION):
        allowed_path(str(real / DESCRIPTION))
    found = read_rendered(real)
    files = {camera: within_roots(found.video(camera)) for camera in found.cameras.names}
    there = [camera for camera, file in files.items() if file is not None and file.is_file()]
    if not there:
        raise BadRecording(f"{found.path}: none of the videos is there: {', '.join(found.cameras.names)}.")
    hold(project)
    for camera in there:
        check_is_new(project, allowed_source(str(found.video(camera))))
    free = name or free_name(found.path.name, project.recordings.values_list("name", flat=True))
    sources = [Source(view=camera, path=str(found.video(camera))) for camera in there]
    recording, jobs = recording_register(project=project, name=free, sources=sources, by=by)
    return _on_its_rig(recording, jobs, found, there, rig=recording.name, by=by)


@transaction.atomic
def recording_adopt_rendered(
    *, project: Project, folder: Path, name: str, rig: str, by: User
) -> RegisteredRendered:
    """As `recording_register_rendered`, of a whole folder that the studio rendered under its data root.

    The videos go when their recording goes; truth, masks and what else was rendered beside them stays.

    Args:
        rig: What its calibration is called, where the project does not have these cameras yet.

    Raises:
        BadRecording: No whole rendered recording lies in the folder, or the name cannot be used.
        NameTaken: The project has a recording of this name.
        BadCalibration, BadSync: Its cameras or its table of ticks contradict themselves.
        NotFound, Forbidden: `by` may not bring data into this project.
    """
    require(by, project, Capability.MANAGE_DATA)
    found = read_rendered(folder)
    names = found.cameras.names
    gone = [camera for camera in names if not found.video(camera).is_file()]
    if gone:
        raise BadRecording(f"{folder}: the videos of {', '.join(gone)} are not there. Render it anew.")
    recording = recording_create(project=project, name=name)
    videos = [
        Video.objects.create(
            recording=recording,
            view=camera,
            source_path=storage.stored_name(found.video(camera)),
            source_owned=True,
            place=place,
        )
        for place, camera in enumerate(names)
    ]
    jobs = [video_ingest_start(video=video, by=by) for video in videos]
    return _on_its_rig(recording, jobs, found, names, rig=rig, by=by)


def _on_its_rig(
    recording: Recording,
    jobs: Sequence[Job],
    found: RenderedFolder,
    there: Sequence[str],
    *,
    rig: str,
    by: User,
) -> RegisteredRendered:
    """Give a recording whose views are `there` the clock and the cameras that its folder tells of."""
    if found.sync is not None:
        table = found.sync.to_dict()
        known = {view: runs for view, runs in table["views"].items() if view in there}
        recording = recording_sync_set(recording=recording, table={**table, "views": known}, by=by)
    calibration = _calibration(recording.project, rig, found, by=by)
    recording = calibration_assign(recording=recording, calibration=calibration, by=by)
    missing = tuple(camera for camera in found.cameras.names if camera not in there)
    return RegisteredRendered(recording=recording, calibration=calibration, jobs=tuple(jobs), missing=missing)


def _calibration(project: Project, name: str, found: RenderedFolder, *, by: User) -> Calibration:
    rendered = project.calibrations.filter(source_kind=RENDERED)
    known = rendered.filter(digest=cameras_digest(found.cameras)).first()
    return known or calibration_create(
        project=project,
        name=free_name(name, project.calibrations.values_list("name", flat=True)),
        cameras=found.cameras,
        kind=RENDERED,
        # Every member sees this; where the server keeps its files is for those who manage data.
        source_name=f"{found.path.name}/{DESCRIPTION}",
        by=by,
    )
