"""The only sender of tasks. It sends by name, so the web process never imports a task module."""

from __future__ import annotations

import logging
import uuid
from functools import cache

from celery import Celery
from django.db import transaction
from django.utils import timezone
from kombu.exceptions import OperationalError

from webapp.jobs.models import Job, JobState
from webapp.jobs.task_names import kind_spec

logger = logging.getLogger(__name__)


@cache
def _sender() -> Celery:
    app = Celery("sbea-sender", set_as_current=False)
    app.config_from_object("django.conf:settings", namespace="CELERY")
    return app


def enqueue_after_commit(job: Job) -> None:
    """`enqueue` once the row is there for a worker to find; what goes wrong then cannot undo the row."""
    job_id, kind = job.pk, job.kind

    def send() -> None:
        enqueue(job_id, kind)

    transaction.on_commit(send, robust=True)


def enqueue(job_id: uuid.UUID, kind: str) -> bool:
    """Put the job's task into its queue; call it after commit. False where the broker is away.

    An unsent job is not lost: it stays queued with `sent_at` empty and the reconciler sends it.
    """
    try:
        _send(str(kind), job_id, kind)
    except (OperationalError, OSError) as error:
        logger.warning("Job %s stays queued, the broker did not take it: %s", job_id, error)
        return False
    Job.objects.filter(pk=job_id, state=JobState.QUEUED).update(sent_at=timezone.now())
    return True


def ask_for_help(job_id: uuid.UUID, kind: str, *, task: str, count: int) -> None:
    """Put messages that invite other workers to a running job beside its own; losing them loses only time."""
    try:
        for _ in range(count):
            _send(task, job_id, kind)
    except (OperationalError, OSError) as error:
        logger.warning("Nobody was asked to help with job %s, the broker did not take it: %s", job_id, error)


def _send(task: str, job_id: uuid.UUID, kind: str) -> None:
    queue = str(kind_spec(kind).queue)
    _sender().send_task(task, args=[str(job_id)], queue=queue, retry=False, ignore_result=True)
