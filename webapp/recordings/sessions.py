"""Changes to recording sessions, and which recording belongs to which."""

from __future__ import annotations

from django.db import transaction

from webapp.accounts.capabilities import Capability, require
from webapp.accounts.models import User
from webapp.api.errors import NotFound
from webapp.api.rows import save_existing
from webapp.projects.models import Project
from webapp.recordings.errors import BadRecording
from webapp.recordings.models import Recording, RecordingSession
from webapp.recordings.names import require_free, session_name
from webapp.recordings.services import hold


@transaction.atomic
def recording_session_create(*, project: Project, name: str, by: User) -> RecordingSession:
    """A sitting with one rig, to which recordings and calibrations can belong.

    Raises:
        BadRecording: The name cannot be used.
        NameTaken: The project has a recording session of this name, in whatever case.
        NotFound, Forbidden: `by` may not manage the project's data.
    """
    require(by, project, Capability.MANAGE_DATA)
    clean = session_name(name)
    hold(project)
    require_free(clean, project.recording_sessions.values_list("name", flat=True), what="recording session")
    return RecordingSession.objects.create(project=project, name=clean)


@transaction.atomic
def recording_session_rename(*, session: RecordingSession, name: str, by: User) -> RecordingSession:
    """Give a recording session another name; what belongs to it stays.

    Raises:
        BadRecording, NameTaken, Forbidden: As in `recording_session_create`.
        NotFound: As there, or it was deleted meanwhile.
    """
    require(by, session.project, Capability.MANAGE_DATA)
    clean = session_name(name)
    hold(session.project)
    others = session.project.recording_sessions.exclude(pk=session.pk)
    require_free(clean, others.values_list("name", flat=True), what="recording session")
    session.name = clean
    save_existing(session, "name", what="recording session")
    return session


@transaction.atomic
def recording_session_delete(*, session: RecordingSession, by: User) -> None:
    """Remove a recording session; its recordings and calibrations stay and belong to none then.

    Raises:
        NotFound, Forbidden: `by` may not manage the project's data, or it was deleted meanwhile.
    """
    require(by, session.project, Capability.MANAGE_DATA)
    hold(session.project)  # nothing is given to it meanwhile
    removed, _ = RecordingSession.objects.filter(pk=session.pk).delete()
    if not removed:
        raise NotFound("recording session")


@transaction.atomic
def recording_session_assign(
    *, recording: Recording, session: RecordingSession | None, by: User
) -> Recording:
    """Say to which recording session a recording belongs, or to none.

    Raises:
        BadRecording: The session belongs to another project.
        NotFound, Forbidden: `by` may not manage the project's data, or one of the two was deleted meanwhile.
    """
    require(by, recording.project, Capability.MANAGE_DATA)
    hold(recording.project)
    if session is not None and not RecordingSession.objects.filter(pk=session.pk).exists():
        raise NotFound("recording session")
    if session is not None and session.project_id != recording.project_id:
        raise BadRecording("The recording session belongs to another project. Make one in this project.")
    recording.session = session
    save_existing(recording, "session", what="recording")
    return recording
