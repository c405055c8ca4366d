"""Resumable uploads: bytes are appended at a confirmed offset, then the whole is put in place.

The row's `offset` says how many bytes are on disk for certain. A connection that breaks, or a server that
dies, costs at most the chunk that was on its way.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Protocol

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from sbea_engine.data.names import is_plain_text
from webapp.accounts.capabilities import Capability, require
from webapp.accounts.models import User
from webapp.jobs.models import ACTIVE_STATES, Job
from webapp.jobs.task_names import JobKind
from webapp.projects.models import Project
from webapp.recordings import storage
from webapp.recordings.errors import (
    BadUpload,
    DiskFull,
    UploadConflict,
    UploadGone,
    UploadInUse,
    UploadTooLarge,
)
from webapp.recordings.models import Recording, Upload
from webapp.recordings.names import view_name
from webapp.recordings.roots import VIDEO_SUFFIXES
from webapp.recordings.services import video_from_upload
from webapp.recordings.view_changes import view_from_upload

DEFAULT_MAX_BYTES = 64 * 1024**3
CHUNK_BYTES = 8 * 1024 * 1024
FORGET_AFTER = timedelta(days=7)
_PIECE_BYTES = 1024 * 1024


class Readable(Protocol):
    """The body of a request."""

    def read(self, size: int = ..., /) -> bytes: ...


def upload_start(*, project: Project, filename: str, size: int, purpose: str, by: User) -> Upload:
    """Reserve an upload.

    Raises:
        BadUpload: A name or purpose that cannot be used.
        UploadTooLarge: More than SBEA_MAX_UPLOAD_BYTES.
        DiskFull: The disk has no room for it.
        NotFound, Forbidden: `by` may not bring data into this project.
    """
    require(by, project, Capability.MANAGE_DATA)
    uploads_forget(project=project)
    name = PurePosixPath(filename.replace("\\", "/")).name.strip()
    suffix = PurePosixPath(name).suffix.lower()
    allowed = {".zip"} if purpose == Upload.Purpose.DEEPLABCUT_ZIP else VIDEO_SUFFIXES
    if purpose not in Upload.Purpose.values:
        raise BadUpload(f"An upload is for one of {', '.join(Upload.Purpose.values)}, not {purpose[:40]!r}.")
    if not name or len(name) > 255 or not is_plain_text(name) or suffix not in allowed:
        raise BadUpload(
            f"{name[:100]!r} cannot be uploaded here; its name must end in {', '.join(sorted(allowed))}."
        )
    limit: int = getattr(settings, "SBEA_MAX_UPLOAD_BYTES", DEFAULT_MAX_BYTES)
    if size < 1:
        raise BadUpload(f"{name!r} is empty.")
    if size > limit:
        raise UploadTooLarge(
            f"{name!r} has {size} bytes; at most {limit} may be uploaded. Register it in place instead.",
            limit=limit,
        )
    # An archive needs its room twice: packed, then unpacked.
    needed = size * (2 if purpose == Upload.Purpose.DEEPLABCUT_ZIP else 1)
    free = storage.free_bytes()
    if needed > free:
        raise DiskFull(
            f"{name!r} needs {needed} bytes of disk and {free} are free.", needed=needed, free=free
        )
    upload = Upload(project=project, user=by, filename=name, size=size, purpose=purpose)
    part = storage.upload_part(upload.pk)
    part.parent.mkdir(parents=True, exist_ok=True)
    part.touch()
    upload.save()
    return upload


def upload_append(*, upload: Upload, offset: int, body: Readable, sha256: str | None = None) -> Upload:
    """Add bytes at `offset`.

    Args:
        body: Read to its end, at most `CHUNK_BYTES`.
        sha256: Hex digest of the chunk, checked before it counts; None to rely on TCP.

    Raises:
        UploadConflict: The upload is complete, elsewhere in progress, or at another offset.
        UploadTooLarge: More bytes than announced, or than one chunk may have.
        BadUpload: The digest differs: the chunk was damaged on its way. Send it again.
    """
    with _locked(upload) as file:
        if upload.state != Upload.State.RECEIVING:
            raise UploadConflict("This upload is already complete.", offset=upload.offset)
        _check_bytes(upload, file)
        if offset != upload.offset:
            raise UploadConflict(
                f"The next byte to send is {upload.offset}, not {offset}.", offset=upload.offset
            )
        file.truncate(offset)
        file.seek(offset)
        received = _copy(body, file, limit=min(CHUNK_BYTES, upload.size - offset), sha256=sha256)
        file.flush()
        os.fsync(file.fileno())
        upload.offset = offset + received
        upload.save(update_fields=["offset", "touched_at"])
    return upload


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """What an uploaded video becomes: a view of a recording that is there, or the first of a new one.

    Attributes:
        recording: The one that it joins; None for a new one.
        name: Of a new recording; by default as the file.
        view: By default as the file in a recording that is there, else "cam-1".
    """

    recording: Recording | None = None
    name: str = ""
    view: str = ""


def upload_complete(*, upload: Upload, place: Place | None = None, by: User) -> Upload:
    """Put a whole upload in place; a video becomes a recording, or a view of one, and is read by a job.

    Safe to repeat: what it became the first time it stays.

    Raises:
        UploadConflict: Bytes are missing; `data.offset` says from where.
        BadUpload: It is to join a recording of another project, or is no video.
        BadRecording, NameTaken: The view or recording cannot be called so; the bytes stay, say another name.
    """
    where = place or Place()
    _check_place(upload, where)
    upload.refresh_from_db()
    if upload.state == Upload.State.COMPLETE:  # an import may have removed the file since
        return upload
    with _locked(upload) as file:
        if upload.state == Upload.State.COMPLETE:
            return upload
        _check_bytes(upload, file)
        if upload.offset != upload.size:
            raise UploadConflict(
                f"{upload.offset} of {upload.size} bytes have arrived. Send the rest first.",
                offset=upload.offset,
            )
        file.truncate(upload.size)
        _put_in_place(upload, where, by=by)
    return upload


def upload_discard(*, upload: Upload) -> None:
    """Give up an upload and its bytes, complete or not; what imported recordings read stays with them.

    Raises:
        UploadInUse: It has become a recording, or an import is reading it.
        UploadConflict: Another request is sending to it.
    """
    try:
        with _locked(upload):
            _check_unused(upload)
            upload.delete()
    except UploadGone:  # nothing that another request could be sending to
        _check_unused(upload)
        Upload.objects.filter(pk=upload.pk).delete()


def uploads_forget(*, project: Project) -> int:
    """Drop uploads that nobody has touched for a week, archives also when complete; returns how many."""
    old = Upload.objects.filter(project=project, touched_at__lt=timezone.now() - FORGET_AFTER)
    dropped = 0
    for upload in old.filter(Q(state=Upload.State.RECEIVING) | Q(purpose=Upload.Purpose.DEEPLABCUT_ZIP)):
        with suppress(UploadConflict, UploadInUse):
            upload_discard(upload=upload)
            dropped += 1
    return dropped


def completed_archive(*, upload_id: uuid.UUID, project: Project) -> Upload | None:
    """The finished archive upload of this project with this id, or None."""
    return Upload.objects.filter(
        pk=upload_id,
        project=project,
        purpose=Upload.Purpose.DEEPLABCUT_ZIP,
        state=Upload.State.COMPLETE,
    ).first()


def place_of(upload: Upload) -> Path:
    """Where the file of a complete upload lies."""
    return storage.original_folder(upload.pk) / f"source{PurePosixPath(upload.filename).suffix.lower()}"


def _check_place(upload: Upload, place: Place) -> None:
    if place.recording is not None and place.recording.project_id != upload.project_id:
        raise BadUpload("The upload belongs to another project than the recording that it is to join.")
    if upload.purpose != Upload.Purpose.VIDEO and (place.recording or place.name or place.view):
        raise BadUpload("Only a video becomes a view of a recording.")


def _put_in_place(upload: Upload, place: Place, *, by: User) -> None:
    """File first, rows second. Where the rows fail the file stays: completing again finds it in its place."""
    part, target = storage.upload_part(upload.pk), place_of(upload)
    if part.exists():
        storage.move_into_place(part, target)
    with transaction.atomic():
        stem = PurePosixPath(upload.filename).stem
        if upload.purpose == Upload.Purpose.VIDEO and place.recording is not None:
            video, upload.job = view_from_upload(
                recording=place.recording, view=place.view or stem, file=target, by=by
            )
            upload.recording = video.recording
        elif upload.purpose == Upload.Purpose.VIDEO:
            name, view = place.name or stem, view_name(place.view or "cam-1")
            upload.recording, upload.job = video_from_upload(
                project=upload.project, name=name, file=target, view=view, by=by
            )
        upload.state = Upload.State.COMPLETE
        upload.save()


def _check_unused(upload: Upload) -> None:
    if upload.recording_id is not None:
        raise UploadInUse("This upload has become a recording. Delete the recording instead.")
    imports = Job.objects.filter(project_id=upload.project_id, kind=JobKind.IMPORT_DEEPLABCUT)
    if imports.filter(state__in=ACTIVE_STATES, params__upload_id=str(upload.pk)).exists():
        raise UploadInUse("This upload is being imported. Wait for the import, or cancel it first.")


def _check_bytes(upload: Upload, file: BinaryIO) -> None:
    if file.seek(0, os.SEEK_END) < upload.offset:
        raise UploadConflict("The bytes of this upload are damaged. Start it again.", offset=0)


def _copy(body: Readable, file: BinaryIO, *, limit: int, sha256: str | None) -> int:
    digest = hashlib.sha256()
    received = 0
    while piece := body.read(_PIECE_BYTES):
        received += len(piece)
        if received > limit:
            raise UploadTooLarge(f"At most {limit} bytes may follow here.", limit=limit)
        digest.update(piece)
        file.write(piece)
    if sha256 is not None and digest.hexdigest() != sha256.lower():
        raise BadUpload("The chunk was damaged on its way: its SHA-256 differs. Send it again.")
    return received


@contextmanager
def _locked(upload: Upload) -> Iterator[BinaryIO]:
    """The upload's file, held by this request alone, and its row read anew; the lock dies with the process.

    Raises:
        UploadConflict: Another request holds it.
        UploadGone: There are no bytes, or no row.
    """
    with _opened(upload) as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise UploadConflict(
                "Another request is sending to this upload.", offset=upload.offset
            ) from error
        try:
            upload.refresh_from_db()
        except Upload.DoesNotExist as error:
            raise _gone() from error
        yield file


def _opened(upload: Upload) -> BinaryIO:
    """The growing file, or the whole one that a server which died had already moved into place."""
    for path in (storage.upload_part(upload.pk), place_of(upload)):
        with suppress(FileNotFoundError):
            return path.open("r+b")
    Upload.objects.filter(pk=upload.pk, state=Upload.State.RECEIVING).delete()
    raise _gone()


def _gone() -> UploadGone:
    return UploadGone("The bytes of this upload are gone. Start it again.", offset=0)
