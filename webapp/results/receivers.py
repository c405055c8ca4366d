"""The state of a result follows its job, however that ends; files go when their row goes."""

from __future__ import annotations

from typing import Any

from django.db.models.signals import post_delete

from webapp.jobs.models import Job, JobState
from webapp.jobs.signals import job_ended, job_requeued
from webapp.jobs.task_names import JobKind
from webapp.recordings import storage
from webapp.results.models import ExportFile, PoseMap, PoseResult, Reconstruction
from webapp.results.reconstructions.services import reconstruction_fail, reconstruction_reopen
from webapp.results.services import result_fail, result_reopen


def connect() -> None:
    """Called once, when the app is ready."""
    job_ended.connect(_ended, dispatch_uid="results.ended")
    job_requeued.connect(_requeued, dispatch_uid="results.requeued")
    post_delete.connect(_result_deleted, sender=PoseResult, dispatch_uid="results.result_deleted")
    post_delete.connect(
        _reconstruction_deleted, sender=Reconstruction, dispatch_uid="results.reconstruction_deleted"
    )
    post_delete.connect(_export_deleted, sender=ExportFile, dispatch_uid="results.export_deleted")
    post_delete.connect(_map_deleted, sender=PoseMap, dispatch_uid="results.map_deleted")


def _ended(*, job: Job, **_: Any) -> None:
    if job.kind == JobKind.POSE_PREDICT and job.state != JobState.DONE:
        result_fail(result_id=job.params["result_id"])
    if job.kind == JobKind.POSE_RECONSTRUCT and job.state != JobState.DONE:
        reconstruction_fail(reconstruction_id=job.params["reconstruction_id"])


def _requeued(*, job: Job, **_: Any) -> None:
    if job.kind == JobKind.POSE_PREDICT:
        result_reopen(result_id=job.params["result_id"])
    if job.kind == JobKind.POSE_RECONSTRUCT:
        reconstruction_reopen(reconstruction_id=job.params["reconstruction_id"])


def _result_deleted(*, instance: PoseResult, **_: Any) -> None:
    storage.remove_after_commit(storage.result_folder(instance.pk))


def _reconstruction_deleted(*, instance: Reconstruction, **_: Any) -> None:
    storage.remove_after_commit(storage.reconstruction_folder(instance.pk))


def _export_deleted(*, instance: ExportFile, **_: Any) -> None:
    storage.remove_after_commit(storage.stored_path(instance.path).parent)


def _map_deleted(*, instance: PoseMap, **_: Any) -> None:
    storage.remove_after_commit(storage.stored_path(instance.folder))
