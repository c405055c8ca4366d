"""Recordings, videos, uploads and server folders over HTTP."""

from __future__ import annotations

import re
from dataclasses import asdict
from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Status

from webapp.api.auth import signed_in
from webapp.projects.selectors import project_get
from webapp.recordings import uploads
from webapp.recordings.errors import BadUpload
from webapp.recordings.folders import recordings_register_folder
from webapp.recordings.roots import browse
from webapp.recordings.schemas import (
    EntryOut,
    FolderFileOut,
    FolderIn,
    RecordingChangeIn,
    RecordingIn,
    RecordingOut,
    RegisteredOut,
    UploadIn,
    UploadOut,
    VideoOut,
)
from webapp.recordings.selectors import (
    manages_data_somewhere,
    recording_get,
    recording_list,
    upload_get,
    video_get,
)
from webapp.recordings.services import (
    Source,
    recording_delete,
    recording_register,
    recording_rename,
)

router = Router(tags=["recordings"])


@router.get(
    "/projects/{int:project_id}/recordings", response=list[RecordingOut], operation_id="recording_list"
)
def list_recordings(request: HttpRequest, project_id: int) -> list[RecordingOut]:
    """Recordings of a project with their videos."""
    user = signed_in(request)
    project = project_get(pk=project_id, visible_to=user)
    return [RecordingOut.of(row) for row in recording_list(visible_to=user, project=project)]


@router.post(
    "/projects/{int:project_id}/recordings", response={202: RegisteredOut}, operation_id="recording_register"
)
def register_recording(request: HttpRequest, project_id: int, data: RecordingIn) -> Status[RegisteredOut]:
    """Register videos or image folders that stay where they are; each is then read by a job."""
    user = signed_in(request)
    project = project_get(pk=project_id, visible_to=user)
    sources = [Source(view=source.view, path=source.path) for source in data.sources]
    recording, jobs = recording_register(project=project, name=data.name, sources=sources, by=user)
    return Status(202, RegisteredOut(recording=RecordingOut.of(recording), job_ids=[job.pk for job in jobs]))


@router.post(
    "/projects/{int:project_id}/recordings/folder",
    response={202: list[FolderFileOut]},
    operation_id="recording_register_folder",
)
def register_folder(request: HttpRequest, project_id: int, data: FolderIn) -> Status[list[FolderFileOut]]:
    """Register each video in a server folder as a recording of its own; what is refused says why."""
    user = signed_in(request)
    project = project_get(pk=project_id, visible_to=user)
    found = recordings_register_folder(project=project, folder=data.path, by=user)
    return Status(202, [FolderFileOut.of(row) for row in found])


@router.patch("/recordings/{int:recording_id}", response=RecordingOut, operation_id="recording_rename")
def rename_recording(request: HttpRequest, recording_id: int, data: RecordingChangeIn) -> RecordingOut:
    """Give a recording another name."""
    user = signed_in(request)
    recording = recording_get(pk=recording_id, visible_to=user)
    return RecordingOut.of(recording_rename(recording=recording, name=data.name, by=user))


@router.delete("/recordings/{int:recording_id}", response={204: None}, operation_id="recording_delete")
def delete_recording(request: HttpRequest, recording_id: int) -> Status[None]:
    """Remove a recording with its labels and predictions; sources in place stay untouched."""
    user = signed_in(request)
    recording_delete(recording=recording_get(pk=recording_id, visible_to=user), by=user)
    return Status(204, None)


@router.get("/videos/{int:video_id}", response=VideoOut, operation_id="video_get")
def get_video(request: HttpRequest, video_id: int) -> VideoOut:
    """One video, with what a player needs once it is ready."""
    return VideoOut.of(video_get(pk=video_id, visible_to=signed_in(request)), names=True)


@router.get("/media-roots", response=list[EntryOut], operation_id="media_root_browse")
def browse_media_roots(request: HttpRequest, path: str | None = None) -> list[EntryOut]:
    """Server folders that may be registered, or what lies in one; for people who manage data somewhere."""
    manages_data_somewhere(user=signed_in(request))
    return [EntryOut(**asdict(entry)) for entry in browse(path)]


@router.post("/projects/{int:project_id}/uploads", response={201: UploadOut}, operation_id="upload_start")
def start_upload(request: HttpRequest, project_id: int, data: UploadIn) -> Status[UploadOut]:
    """Announce a file; its bytes follow in chunks."""
    user = signed_in(request)
    project = project_get(pk=project_id, visible_to=user)
    upload = uploads.upload_start(
        project=project, filename=data.filename, size=data.size, purpose=data.purpose, by=user
    )
    return Status(201, UploadOut.of(upload))


@router.get("/uploads/{uuid:upload_id}", response=UploadOut, operation_id="upload_get")
def get_upload(request: HttpRequest, upload_id: UUID) -> UploadOut:
    """How far an upload is; a client that was cut off goes on at `offset`."""
    return UploadOut.of(upload_get(pk=upload_id, visible_to=signed_in(request)))


@router.patch("/uploads/{uuid:upload_id}", response=UploadOut, operation_id="upload_append")
def append_upload(request: HttpRequest, upload_id: UUID) -> UploadOut:
    """Send the bytes at header `Upload-Offset`; header `Upload-Sha256` (hex) guards the chunk."""
    upload = upload_get(pk=upload_id, visible_to=signed_in(request))
    text = request.headers.get("Upload-Offset", "")
    if not re.fullmatch(r"[0-9]{1,18}", text):
        raise BadUpload("Header Upload-Offset must say at which byte the chunk starts.")
    sha256 = request.headers.get("Upload-Sha256")
    return UploadOut.of(uploads.upload_append(upload=upload, offset=int(text), body=request, sha256=sha256))


@router.post("/uploads/{uuid:upload_id}/complete", response={202: UploadOut}, operation_id="upload_complete")
def complete_upload(request: HttpRequest, upload_id: UUID) -> Status[UploadOut]:
    """Put a whole upload in place; a video becomes a recording that a job then reads."""
    user = signed_in(request)
    upload = upload_get(pk=upload_id, visible_to=user)
    return Status(202, UploadOut.of(uploads.upload_complete(upload=upload, by=user)))


@router.delete("/uploads/{uuid:upload_id}", response={204: None}, operation_id="upload_discard")
def discard_upload(request: HttpRequest, upload_id: UUID) -> Status[None]:
    """Give up an upload and its bytes; 409 where it has become a recording or is being imported."""
    uploads.upload_discard(upload=upload_get(pk=upload_id, visible_to=signed_in(request)))
    return Status(204, None)
