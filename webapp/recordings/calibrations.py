"""Changes to calibrations, and which recording uses which."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.db.models import ProtectedError, RestrictedError

from sbea_engine.data.camera import CameraGroup
from sbea_engine.data.names import is_plain_text
from webapp.accounts.capabilities import Capability, require
from webapp.accounts.models import User
from webapp.api.errors import NotFound
from webapp.api.rows import save_existing
from webapp.jobs.models import ACTIVE_STATES, Job
from webapp.projects.models import Project
from webapp.recordings.calibration_files import read_calibration
from webapp.recordings.errors import BadCalibration, CalibrationInUse
from webapp.recordings.models import Calibration, Recording, RecordingSession
from webapp.recordings.names import calibration_name, free_name, require_free
from webapp.recordings.services import hold


@transaction.atomic
def calibration_from_file(
    *,
    project: Project,
    filename: str,
    text: str,
    unit_mm: float = 1.0,
    name: str = "",
    session: str = "",
    by: User,
) -> Calibration:
    """Take in a calibration file as text.

    Args:
        filename: As a person knows it; its ending and the text decide how it is read.
            Folders before it are not kept.
        unit_mm: Millimetres in one unit of a file that names none.
        name: By default as the file, with a number where that is taken.
        session: Name of the recording session that it belongs to, if any.

    Raises:
        BadCalibration: It cannot be read as one, or its numbers make no cameras.
        NameTaken: A calibration of the project has this name.
        NotFound, Forbidden: `by` may not manage the project's data.
    """
    require(by, project, Capability.MANAGE_DATA)
    file = filename.replace("\\", "/").rsplit("/", 1)[-1]
    if not is_plain_text(file):
        raise BadCalibration("The name of a file cannot hold control characters. Rename it.")
    read = read_calibration(file, text, unit_mm=unit_mm)
    hold(project)
    return calibration_create(
        project=project,
        name=name or free_name(file.rsplit(".", 1)[0], project.calibrations.values_list("name", flat=True)),
        cameras=read.cameras,
        kind=read.kind,
        quality=read.quality,
        source_name=file,
        session=session,
        by=by,
    )


@transaction.atomic
def calibration_create(
    *,
    project: Project,
    name: str,
    cameras: CameraGroup,
    kind: str,
    quality: Mapping[str, Any] | None = None,
    source_name: str = "",
    session: str = "",
    by: User,
) -> Calibration:
    """Keep the cameras of a rig.

    Raises:
        BadCalibration: The name cannot be used, or the project has no such recording session.
        NameTaken: A calibration of the project has this name, in whatever case.
        NotFound, Forbidden: `by` may not manage the project's data.
    """
    require(by, project, Capability.MANAGE_DATA)
    hold(project)
    clean = calibration_name(name)
    require_free(clean, project.calibrations.values_list("name", flat=True), what="calibration")
    document = cameras.to_dict()
    return Calibration.objects.create(
        project=project,
        session=_session(project, session),
        name=clean,
        cameras=document,
        digest=cameras_digest(cameras),
        source_kind=kind,
        source_name=source_name[:4096],
        quality=dict(quality or {}),
        created_by=by,
    )


@transaction.atomic
def calibration_assign(*, recording: Recording, calibration: Calibration | None, by: User) -> Recording:
    """Use a calibration for a recording, or none.

    Cameras and views that do not fit one another are no hindrance: whatever fits can be used, and the
    recording says by name what does not.

    Raises:
        BadCalibration: It belongs to another project.
        NotFound, Forbidden: `by` may not manage the project's data, or one of the two was deleted meanwhile.
    """
    require(by, recording.project, Capability.MANAGE_DATA)
    hold(recording.project)
    if calibration is not None and not Calibration.objects.filter(pk=calibration.pk).exists():
        raise NotFound("calibration")
    if calibration is not None and calibration.project_id != recording.project_id:
        raise BadCalibration("The calibration belongs to another project. Bring its file into this one.")
    recording.calibration = calibration
    save_existing(recording, "calibration", what="recording")
    return recording


@transaction.atomic
def calibration_delete(*, calibration: Calibration, by: User) -> None:
    """Remove a calibration; recordings that use it have none then.

    Raises:
        CalibrationInUse: Results were made with it, or a job is making some.
        NotFound, Forbidden: `by` may not manage the project's data.
    """
    require(by, calibration.project, Capability.MANAGE_DATA)
    hold(calibration.project)  # nobody gives it to a recording meanwhile
    for job in Job.objects.filter(project=calibration.project, state__in=ACTIVE_STATES):
        if job.params.get("calibration_id") == calibration.pk:
            raise CalibrationInUse(
                f"{job.label!r} still waits or runs and uses this calibration. Wait, or cancel it first.",
                job_id=str(job.pk),
            )
    try:
        calibration.delete()
    except (ProtectedError, RestrictedError) as error:
        raise CalibrationInUse(
            f"3D results were made with {calibration.name!r}, and without it nobody could tell how. "
            "Delete those results first."
        ) from error


def cameras_digest(cameras: CameraGroup) -> str:
    """The same for the same cameras in whatever order."""
    rows = sorted((camera.to_dict() for camera in cameras), key=lambda row: str(row["name"]))
    return hashlib.sha256(json.dumps(rows, sort_keys=True).encode()).hexdigest()


def _session(project: Project, name: str) -> RecordingSession | None:
    if not name:
        return None
    found = project.recording_sessions.filter(name=name).first() if is_plain_text(name) else None
    if found is None:
        raise BadCalibration(f"This project has no recording session named {name[:200]!r}. Make it first.")
    return found
