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
from webapp.recordings.calibration_api import router as calibration_router
from webapp.recordings.errors import BadUpload
from webapp.recordings.folders import recordings_register_folder
from webapp.recordings.proposals import (
    Asked,
    propose,
    recordings_register_groups,
)
from webapp.recordings.rendered_registration import recording_register_rendered
from webapp.recordings.roots import browse
from webapp.recordings.schemas import (
    EntryOut,
    FolderFileOut,
    FolderIn,
    GroupOut,
    GroupsIn,
    ProposalIn,
    ProposalOut,
    RecordingChangeIn,
    RecordingDetailOut,
    RecordingIn,
    RecordingOut,
    RegisteredOut,
    RenderedIn,
    RenderedOut,
    SourceIn,
    SyncIn,
    UploadIn,
    UploadOut,
    UploadPlaceIn,
    VideoOut,
    ViewNameIn,
    ViewOrderIn,
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
from webapp.recordings.session_api import router as session_router
from webapp.recordings.sync import recording_sync_set
from webapp.recordings.view_changes import view_add, view_order, view_remove, view_rename

router = Router(tags=["recordings"])
router.add_router("", calibration_router)
router.add_router("", session_router)


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
    recording, jobs = recording_register(
        project=project, name=data.name, sources=_sources(data.sources), by=user
    )
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


@router.post(
    "/projects/{int:project_id}/recordings/proposal",
    response=list[ProposalOut],
    operation_id="recording_propose",
)
def propose_recordings(request: HttpRequest, project_id: int, data: ProposalIn) -> list[ProposalOut]:
    """How files could be recordings with views, by what their names share; nothing is done."""
    user = signed_in(request)
    project = project_get(pk=project_id, visible_to=user)
    found = propose(project=project, folder=data.folder, paths=data.paths, names=data.names, by=user)
    return [ProposalOut(**asdict(row)) for row in found]


@router.post(
    "/projects/{int:project_id}/recordings/groups",
    response={202: list[GroupOut]},
    operation_id="recording_register_groups",
)
def register_groups(request: HttpRequest, project_id: int, data: GroupsIn) -> Status[list[GroupOut]]:
    """Register several recordings with their views; what is refused says why and keeps no other out."""
    user = signed_in(request)
    project = project_get(pk=project_id, visible_to=user)
    asked = [Asked(name=row.name, sources=tuple(_sources(row.sources))) for row in data.recordings]
    found = recordings_register_groups(project=project, asked=asked, by=user)
    return Status(202, [GroupOut.of(row) for row in found])


@router.post(
    "/projects/{int:project_id}/recordings/rendered",
    response={202: RenderedOut},
    operation_id="recording_register_rendered",
)
def register_rendered(request: HttpRequest, project_id: int, data: RenderedIn) -> Status[RenderedOut]:
    """Register a folder of `sbea synth`: its views, sync and calibration come in at once."""
    user = signed_in(request)
    project = project_get(pk=project_id, visible_to=user)
    made = recording_register_rendered(project=project, folder=data.path, name=data.name, by=user)
    out = RenderedOut(
        recording=RecordingOut.of(made.recording),
        job_ids=[job.pk for job in made.jobs],
        missing=list(made.missing),
    )
    return Status(202, out)


@router.get("/recordings/{int:recording_id}", response=RecordingDetailOut, operation_id="recording_get")
def get_recording(request: HttpRequest, recording_id: int) -> RecordingDetailOut:
    """One recording with its views, the table of ticks, and its cameras."""
    return RecordingDetailOut.of(recording_get(pk=recording_id, visible_to=signed_in(request)))


@router.put("/recordings/{int:recording_id}/sync", response=RecordingDetailOut, operation_id="recording_sync")
def sync_recording(request: HttpRequest, recording_id: int, data: SyncIn) -> RecordingDetailOut:
    """Say which frame each view shows at which tick: offsets, a table, or all together."""
    user = signed_in(request)
    recording = recording_get(pk=recording_id, visible_to=user)
    recording_sync_set(recording=recording, offsets=data.offsets, table=data.table, by=user)
    return RecordingDetailOut.of(recording_get(pk=recording_id, visible_to=user))


@router.post("/recordings/{int:recording_id}/views", response={202: RegisteredOut}, operation_id="view_add")
def add_view(request: HttpRequest, recording_id: int, data: SourceIn) -> Status[RegisteredOut]:
    """Add a video of the server as a further view; it is then read by a job."""
    user = signed_in(request)
    recording = recording_get(pk=recording_id, visible_to=user)
    source = Source(view=data.view, path=data.path)
    _, job = view_add(recording=recording, source=source, by=user)
    seen = recording_get(pk=recording_id, visible_to=user)
    return Status(202, RegisteredOut(recording=RecordingOut.of(seen), job_ids=[job.pk]))


@router.put(
    "/recordings/{int:recording_id}/views/order",
    response=RecordingDetailOut,
    operation_id="view_order",
)
def order_views(request: HttpRequest, recording_id: int, data: ViewOrderIn) -> RecordingDetailOut:
    """Put the views of a recording in an order."""
    user = signed_in(request)
    recording = recording_get(pk=recording_id, visible_to=user)
    view_order(recording=recording, video_ids=data.video_ids, by=user)
    return RecordingDetailOut.of(recording_get(pk=recording_id, visible_to=user))


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


@router.patch("/videos/{int:video_id}", response=VideoOut, operation_id="view_rename")
def rename_view(request: HttpRequest, video_id: int, data: ViewNameIn) -> VideoOut:
    """Give a view another name; cameras of a calibration are found by it."""
    user = signed_in(request)
    return VideoOut.of(view_rename(video=video_get(pk=video_id, visible_to=user), name=data.view, by=user))


@router.delete("/videos/{int:video_id}", response={204: None}, operation_id="view_remove")
def remove_view(request: HttpRequest, video_id: int) -> Status[None]:
    """Remove a view with its labels and predictions; a source in place stays untouched."""
    user = signed_in(request)
    view_remove(video=video_get(pk=video_id, visible_to=user), by=user)
    return Status(204, None)


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
def complete_upload(
    request: HttpRequest, upload_id: UUID, data: UploadPlaceIn | None = None
) -> Status[UploadOut]:
    """Put a whole upload in place; a video becomes a recording, or a view of one, that a job then reads."""
    user = signed_in(request)
    upload = upload_get(pk=upload_id, visible_to=user)
    asked = data or UploadPlaceIn()
    joined = None if asked.recording_id is None else recording_get(pk=asked.recording_id, visible_to=user)
    place = uploads.Place(recording=joined, name=asked.name, view=asked.view)
    return Status(202, UploadOut.of(uploads.upload_complete(upload=upload, place=place, by=user)))


@router.delete("/uploads/{uuid:upload_id}", response={204: None}, operation_id="upload_discard")
def discard_upload(request: HttpRequest, upload_id: UUID) -> Status[None]:
    """Give up an upload and its bytes; 409 where it has become a recording or is being imported."""
    uploads.upload_discard(upload=upload_get(pk=upload_id, visible_to=signed_in(request)))
    return Status(204, None)


def _sources(given: list[SourceIn]) -> list[Source]:
    return [Source(view=source.view, path=source.path) for source in given]
