"""The files of a job go when its row goes, which happens with its project."""

from __future__ import annotations

from typing import Any

from django.db.models.signals import post_delete

from webapp.jobs.models import Job
from webapp.recordings import storage


def connect() -> None:
    """Called once, when the app is ready."""
    post_delete.connect(_job_deleted, sender=Job, dispatch_uid="jobs.job_deleted")


def _job_deleted(*, instance: Job, **_: Any) -> None:
    storage.remove_after_commit(storage.job_folder(instance.pk))
