"""Recording sessions over HTTP."""

from __future__ import annotations

from django.http import HttpRequest
from ninja import Router, Schema, Status
from pydantic import Field

from webapp.api.auth import signed_in
from webapp.projects.selectors import project_get
from webapp.recordings.models import RecordingSession
from webapp.recordings.names import LONGEST_RECORDING
from webapp.recordings.schemas import RecordingDetailOut, Strict
from webapp.recordings.selectors import recording_get, recording_session_get, recording_session_list
from webapp.recordings.sessions import (
    recording_session_assign,
    recording_session_create,
    recording_session_delete,
    recording_session_rename,
)

router = Router(tags=["recording sessions"])


class RecordingSessionIn(Strict):
    name: str = Field(min_length=1, max_length=LONGEST_RECORDING)


class RecordingSessionChoiceIn(Strict):
    recording_session_id: int | None


class RecordingSessionOut(Schema):
    """One sitting with one rig; recordings and calibrations say by its name that they belong to it."""

    id: int
    name: str


@router.get(
    "/projects/{int:project_id}/recording-sessions",
    response=list[RecordingSessionOut],
    operation_id="recording_session_list",
)
def list_sessions(request: HttpRequest, project_id: int) -> list[RecordingSession]:
    """Recording sessions of a project, by name."""
    user = signed_in(request)
    project = project_get(pk=project_id, visible_to=user)
    return list(recording_session_list(visible_to=user, project=project))


@router.post(
    "/projects/{int:project_id}/recording-sessions",
    response={201: RecordingSessionOut},
    operation_id="recording_session_create",
)
def create_session(
    request: HttpRequest, project_id: int, data: RecordingSessionIn
) -> Status[RecordingSession]:
    """Make a recording session."""
    user = signed_in(request)
    project = project_get(pk=project_id, visible_to=user)
    return Status(201, recording_session_create(project=project, name=data.name, by=user))


@router.patch(
    "/recording-sessions/{int:recording_session_id}",
    response=RecordingSessionOut,
    operation_id="recording_session_rename",
)
def rename_session(
    request: HttpRequest, recording_session_id: int, data: RecordingSessionIn
) -> RecordingSession:
    """Give a recording session another name."""
    user = signed_in(request)
    session = recording_session_get(pk=recording_session_id, visible_to=user)
    return recording_session_rename(session=session, name=data.name, by=user)


@router.delete(
    "/recording-sessions/{int:recording_session_id}",
    response={204: None},
    operation_id="recording_session_delete",
)
def delete_session(request: HttpRequest, recording_session_id: int) -> Status[None]:
    """Remove a recording session; its recordings and calibrations stay and belong to none then."""
    user = signed_in(request)
    session = recording_session_get(pk=recording_session_id, visible_to=user)
    recording_session_delete(session=session, by=user)
    return Status(204, None)


@router.put(
    "/recordings/{int:recording_id}/session",
    response=RecordingDetailOut,
    operation_id="recording_session_assign",
)
def assign_session(
    request: HttpRequest, recording_id: int, data: RecordingSessionChoiceIn
) -> RecordingDetailOut:
    """Say to which recording session a recording belongs, or to none."""
    user = signed_in(request)
    recording = recording_get(pk=recording_id, visible_to=user)
    chosen = data.recording_session_id
    session = None if chosen is None else recording_session_get(pk=chosen, visible_to=user)
    return RecordingDetailOut.of(recording_session_assign(recording=recording, session=session, by=user))
