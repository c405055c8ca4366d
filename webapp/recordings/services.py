"""Changes to recordings and videos."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db import transaction

from webapp.accounts.capabilities import Capability, require
from webapp.accounts.models import User
from webapp.api.errors import NotFound
from webapp.api.rows import save_existing
from webapp.jobs.models import OPEN_STATES, Job
from webapp.jobs.services import job_start
from webapp.jobs.task_names import JobKind
from webapp.projects.models import Project
from webapp.recordings import storage
from webapp.recordings.errors import BadRecording, RecordingInUse
from webapp.recordings.models import Recording, Video
from webapp.recordings.names import free_name, recording_name, require_free, view_name
from webapp.recordings.roots import allowed_source

MAX_VIEWS = 64
# These read whatever the project has, or bring it in; their parameters name no video. So does a search for
# frames that asks a model, although it names one.
_WHOLE_PROJECT = frozenset({JobKind.POSE_TRAIN, JobKind.PROJECT_EXPORT, JobKind.IMPORT_DEEPLABCUT})
# These bring back results that name a video by its recording, or read names and labels one after the other.
_BY_NAME = frozenset({JobKind.POSE_TRAIN, JobKind.PROJECT_EXPORT})


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
        BadRecording: A name that cannot be used, or a view named twice.
        NameTaken: The project has a recording of this name.
        PathNotAllowed: A source does not lie under a media root.
        NotFound, Forbidden: `by` may not bring data into this project.
    """
    require(by, project, Capability.MANAGE_DATA)
    views = [view_name(source.view) for source in sources]
    if not 1 <= len(views) <= MAX_VIEWS or len({view.casefold() for view in views}) != len(views):
        raise BadRecording(f"A recording has 1 to {MAX_VIEWS} views, each with its own name.")
    paths = [allowed_source(source.path) for source in sources]
    if len(set(paths)) != len(paths):
        raise BadRecording("One file cannot be two views of a recording. Choose each file once.")
    recording = recording_create(project=project, name=name)
    placed = enumerate(zip(views, paths, strict=True))
    videos = [
        video_create_in_place(recording=recording, view=view, path=path, place=place)
        for place, (view, path) in placed
    ]
    return recording, [video_ingest_start(video=video, by=by) for video in videos]


def video_create_in_place(*, recording: Recording, view: str, path: Path, place: int) -> Video:
    """The row of a source that stays where it is; `path` has been checked by `allowed_source`."""
    kind = Video.SourceKind.IMAGES if path.is_dir() else Video.SourceKind.VIDEO
    return Video.objects.create(
        recording=recording, view=view, source_path=str(path), source_kind=kind, place=place
    )


@transaction.atomic
def recording_create(*, project: Project, name: str) -> Recording:
    """An empty recording; the caller adds its videos in the same transaction.

    Raises:
        BadRecording: The name cannot be used.
        NameTaken: The project has a recording of this name, in whatever case.
    """
    recording = Recording(project=project, name=recording_name(name))
    require_free(recording.name, _names_held(project))
    recording.save()
    return recording


@transaction.atomic
def recording_rename(*, recording: Recording, name: str, by: User) -> Recording:
    """Give a recording another name.

    Raises:
        BadRecording: The name cannot be used.
        NameTaken: Another recording of the project has it, in whatever case.
        RecordingInUse: A training or an export waits or runs.
        NotFound, Forbidden: `by` may not manage the project's data, or it was deleted meanwhile.
    """
    require(by, recording.project, Capability.MANAGE_DATA)
    new = recording_name(name)
    require_free(new, _names_held(recording.project, but=recording))
    require_names_free_to_change(recording.project)
    recording.name = new
    save_existing(recording, "name", what="recording")
    return recording


@transaction.atomic
def video_from_upload(
    *, project: Project, name: str, file: Path, view: str = "cam-1", by: User
) -> tuple[Recording, Job]:
    """A recording of one view, for now, whose source is an uploaded file under the data root."""
    recording = recording_create(project=project, name=free_name(name, _names_held(project)))
    video = Video.objects.create(
        recording=recording, view=view, source_path=storage.stored_name(file), source_owned=True
    )
    return recording, video_ingest_start(video=video, by=by)


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
    require_unread(recording, recording.videos.values_list("pk", flat=True))
    recording.delete()


def require_names_free_to_change(project: Project) -> None:
    """Raise `RecordingInUse` while a job knows recordings and views by name."""
    unended = Job.objects.filter(project=project, state__in=OPEN_STATES)
    busy = unended.filter(kind__in=_BY_NAME).first()
    if busy is not None:
        raise RecordingInUse(
            f"{busy.label!r} has not ended and knows recordings by name. Wait, or cancel it first.",
            job_id=str(busy.pk),
        )


def require_unread(recording: Recording, video_ids: Iterable[int]) -> None:
    """Raise `RecordingInUse` while a job reads one of these videos, the recording, or all of the project."""
    videos = set(video_ids)
    for job in Job.objects.filter(project=recording.project, state__in=OPEN_STATES):
        named = job.params.get("video_id") in videos or job.params.get("recording_id") == recording.pk
        if named or job.kind in _WHOLE_PROJECT or job.params.get("method") == "model":
            raise RecordingInUse(
                f"{job.label!r} has not ended and reads this recording. Cancel it first, or wait.",
                job_id=str(job.pk),
            )


def hold(project: Project) -> None:
    """Lock a project until the transaction ends: of two who bring in one thing, the second sees that.

    Whoever locks one of its recordings as well does so after it.

    Raises:
        NotFound: It was deleted meanwhile.
    """
    if Project.objects.select_for_update().filter(pk=project.pk).first() is None:
        raise NotFound("project")


def _names_held(project: Project, *, but: Recording | None = None) -> list[str]:
    """Names that are taken, with the project locked."""
    hold(project)
    others = project.recordings.exclude(pk=but.pk) if but else project.recordings.all()
    return list(others.values_list("name", flat=True))
