"""The state of a model follows its training job, however that ends; its files go when its row goes."""

from __future__ import annotations

from typing import Any

from django.db.models.signals import post_delete

from webapp.jobs.models import Job, JobState
from webapp.jobs.signals import job_ended, job_requeued
from webapp.jobs.task_names import JobKind
from webapp.recordings import storage
from webapp.training.models import LabelSnapshot, PoseModel
from webapp.training.services import pose_model_mark


def connect() -> None:
    """Called once, when the app is ready."""
    job_ended.connect(_ended, dispatch_uid="training.ended")
    job_requeued.connect(_requeued, dispatch_uid="training.requeued")
    post_delete.connect(_model_deleted, sender=PoseModel, dispatch_uid="training.model_deleted")
    post_delete.connect(_snapshot_deleted, sender=LabelSnapshot, dispatch_uid="training.snapshot_deleted")


def _ended(*, job: Job, **_: Any) -> None:
    if job.kind != JobKind.POSE_TRAIN or job.state == JobState.DONE:
        return
    cancelled = job.state == JobState.CANCELLED
    state = PoseModel.State.CANCELLED if cancelled else PoseModel.State.FAILED
    pose_model_mark(model_id=job.params["model_id"], state=state)


def _requeued(*, job: Job, **_: Any) -> None:
    if job.kind == JobKind.POSE_TRAIN:
        pose_model_mark(model_id=job.params["model_id"], state=PoseModel.State.TRAINING)


def _model_deleted(*, instance: PoseModel, **_: Any) -> None:
    storage.remove_after_commit(storage.model_folder(instance.pk))


def _snapshot_deleted(*, instance: LabelSnapshot, **_: Any) -> None:
    # Two projects with the same labels on the same files share a folder.
    if not LabelSnapshot.objects.filter(checksum=instance.checksum).exists():
        storage.remove_after_commit(storage.snapshot_folder(instance.checksum))
