"""Changes to recordings and videos."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db import IntegrityError, transaction

from webapp.accounts.capabilities import Capability, require
from webapp.accounts.models import User
from webapp.jobs.models import ACTIVE_STATES, Job
from webapp.jobs.services import job_start
from webapp.jobs.task_names import JobKind
from webapp.projects.models import Project
from webapp.recordings import storage
from webapp.recordings.errors import BadRecording, NameTaken, RecordingInUse
from webapp.recordings.models import Recording, Video
from webapp.recordings.roots import allowed_source

MAX_VIEWS = 64
# These read whatever the project has, or bring it in; their parameters name no video.
_WHOLE_PROJECT = frozenset({JobKind.POSE_TRAIN, JobKind.PROJECT_EXPORT, JobKind.IMPORT_DEEPLABCUT})


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One view to register: its name and the text of a server path."""

    view: str
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IngestedVideo:
    """What ingest found out; the proxy's files lie in `folder`, ready to be moved into place."""

    folder: Path
    frame_count: int
    width: int
    height: int
    fps: float | None
    kind: str
    version: str
    facts: dict[str, Any]


@transaction.atomic
def recording_register(
    *, project: Project, name: str, sources: Sequence[Source], by: User
) -> tuple[Recording, list[Job]]:
    """Register videos that stay where they are, and start ingesting each.

    Raises:
        BadRecording: No name or view, or a view named twice.
        NameTaken: The project has a recording of this name.
        PathNotAllowed: A source does not lie under a media root.
        NotFound, Forbidden: `by` may not bring data into this project.
    """
    require(by, project, Capability.MANAGE_DATA)
    views = [source.view.strip() for source in sources]
    if not 1 <= len(views) <= MAX_VIEWS or not all(views) or len(set(views)) != len(views):
        raise BadRecording(f"A recording has 1 to {MAX_VIEWS} views, each with its own name.")
    paths = [allowed_source(source.path) for source in sources]
    recording = recording_create(project=project, name=name)
    jobs = []
    for view, path in zip(views, paths, strict=True):
        kind = Video.SourceKind.IMAGES if path.is_dir() else Video.SourceKind.VIDEO
        video = Video.objects.create(recording=recording, view=view, source_path=str(path), source_kind=kind)
        jobs.append(video_ingest_start(video=video, by=by))
    return recording, jobs


def recording_create(*, project: Project, name: str) -> Recording:
    """An empty recording; the caller adds its videos in the same transaction.

    Raises:
        BadRecording: The name is empty or too long.
        NameTaken: The project has a recording of this name.
    """
    name = name.strip()
    if not 1 <= len(name) <= 200:
        raise BadRecording("A recording needs a name of 1 to 200 characters.")
    try:
        with transaction.atomic():
            return Recording.objects.create(project=project, name=name)
    except IntegrityError as error:
        raise NameTaken(
            f"This project already has a recording named {name!r}. Choose another name."
        ) from error


@transaction.atomic
def video_from_upload(*, project: Project, name: str, file: Path, by: User) -> tuple[Recording, Job]:
    """A recording of one view whose source is an uploaded file under the data root."""
    recording = recording_create(project=project, name=free_name(project=project, wanted=name))
    video = Video.objects.create(
        recording=recording, view="cam-1", source_path=storage.stored_name(file), source_owned=True
    )
    return recording, video_ingest_start(video=video, by=by)


def free_name(*, project: Project, wanted: str) -> str:
    """`wanted`, or `wanted (2)` and so on when the project already has it."""
    wanted = wanted.strip()[:180] or "recording"
    taken = set(project.recordings.filter(name__startswith=wanted).values_list("name", flat=True))
    names = (wanted if n == 1 else f"{wanted} ({n})" for n in range(1, len(taken) + 2))
    return next(name for name in names if name not in taken)


def video_ingest_start(*, video: Video, by: User) -> Job:
    """Queue the work that indexes every frame and writes the proxy."""
    recording = video.recording
    return job_start(
        kind=JobKind.VIDEO_INGEST,
        project=recording.project,
        params={"video_id": video.pk},
        by=by,
        label=f"Read {recording.name} / {video.view}",
        target=f"video:{video.pk}",
    )


def video_ingest_begin(*, video: Video) -> None:
    """Mark a video as being read."""
    Video.objects.filter(pk=video.pk).exclude(state=Video.State.READY).update(
        state=Video.State.INGESTING, failure=""
    )
    video.refresh_from_db()


@transaction.atomic
def video_store_ready(*, video: Video, ingested: IngestedVideo) -> None:
    """Move a proxy into place and make its video ready.

    Files first, row second: whoever sees `ready` finds the files.
    """
    storage.move_into_place(ingested.folder, storage.video_folder(video.pk))
    video.state = Video.State.READY
    video.failure = ""
    video.source_kind = ingested.kind
    video.frame_count = ingested.frame_count
    video.width = ingested.width
    video.height = ingested.height
    video.fps = ingested.fps
    video.proxy_version = ingested.version
    video.proxy_facts = ingested.facts
    video.save()


def video_ingest_fail(*, video_id: int, reason: str) -> None:
    """Record why a video cannot be used. A video that is ready stays so."""
    unfinished = Video.objects.filter(pk=video_id).exclude(state=Video.State.READY)
    unfinished.update(state=Video.State.FAILED, failure=reason)


def video_ingest_reset(*, video_id: int) -> None:
    """A failed ingest was queued again."""
    failed = Video.objects.filter(pk=video_id, state=Video.State.FAILED)
    failed.update(state=Video.State.PENDING, failure="")


@transaction.atomic
def recording_delete(*, recording: Recording, by: User) -> None:
    """Remove a recording with its labels and predictions, and the files that are ours.

    Sources that were registered in place stay untouched.

    Raises:
        RecordingInUse: A job is working on one of its videos, or on all of the project.
        NotFound, Forbidden: `by` may not manage the project's data.
    """
    require(by, recording.project, Capability.MANAGE_DATA)
    _refuse_while_read(recording)
    recording.delete()


def _refuse_while_read(recording: Recording) -> None:
    busy = _jobs_that_read(recording)
    if busy:
        raise RecordingInUse(
            f"{busy[0].label!r} still waits or runs and reads this recording. Cancel it first, or wait.",
            job_id=str(busy[0].pk),
        )


def _jobs_that_read(recording: Recording) -> list[Job]:
    videos = set(recording.videos.values_list("pk", flat=True))
    active = Job.objects.filter(project=recording.project, state__in=ACTIVE_STATES)
    return [job for job in active if job.kind in _WHOLE_PROJECT or job.params.get("video_id") in videos]
