"""The state of a video follows its ingest job, however that ends; its files go when its row goes."""

from __future__ import annotations

from typing import Any

from django.db.models.signals import post_delete

from webapp.jobs.models import Job, JobState
from webapp.jobs.signals import job_ended, job_requeued
from webapp.jobs.task_names import JobKind
from webapp.recordings import storage
from webapp.recordings.models import Upload, Video
from webapp.recordings.originals import owner_of_source, release_after_commit
from webapp.recordings.services import video_ingest_fail, video_ingest_reset


def connect() -> None:
    """Called once, when the app is ready."""
    job_ended.connect(_ended, dispatch_uid="recordings.ingest_ended")
    job_requeued.connect(_requeued, dispatch_uid="recordings.ingest_requeued")
    # A row may go with its recording or its whole project, so the files follow the row and not a service.
    post_delete.connect(_video_deleted, sender=Video, dispatch_uid="recordings.video_deleted")
    post_delete.connect(_upload_deleted, sender=Upload, dispatch_uid="recordings.upload_deleted")


def _ended(*, job: Job, **_: Any) -> None:
    if job.kind == JobKind.VIDEO_INGEST and job.state != JobState.DONE:
        reason = (job.error or {}).get("message") or "Reading this video was cancelled."
        video_ingest_fail(video_id=job.params["video_id"], reason=reason)


def _requeued(*, job: Job, **_: Any) -> None:
    if job.kind == JobKind.VIDEO_INGEST:
        video_ingest_reset(video_id=job.params["video_id"])


def _video_deleted(*, instance: Video, **_: Any) -> None:
    storage.remove_after_commit(storage.video_folder(instance.pk))
    if instance.source_owned and not Video.objects.filter(source_path=instance.source_path).exists():
        storage.remove_after_commit(storage.stored_path(instance.source_path))
        upload_id = owner_of_source(instance.source_path)
        if upload_id is not None:
            release_after_commit(owner_id=upload_id)


def _upload_deleted(*, instance: Upload, **_: Any) -> None:
    storage.remove_after_commit(storage.upload_part(instance.pk))
    release_after_commit(owner_id=instance.pk)
