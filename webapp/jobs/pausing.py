"""Pausing a job: it stops after its checkpoint and waits for a person, not for a worker.

A paused job has no worker, no lease and no message under way; only `job_resume` or `job_cancel` moves it. So
it stays paused whatever is restarted meanwhile. It keeps its target and its checkpoint.
"""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from webapp.accounts.capabilities import require
from webapp.accounts.models import User
from webapp.jobs.errors import JobNotChangeable
from webapp.jobs.log import held_by, job_write, state_line
from webapp.jobs.models import Job, JobState
from webapp.jobs.queue import enqueue_after_commit
from webapp.jobs.task_names import kind_spec

_ASKED = Q(pause_requested_at__isnull=False, cancel_requested_at=None)


def job_pause(*, job: Job, by: User) -> Job:
    """Set a waiting job aside at once; ask a running one to stop after its next checkpoint.

    Raises:
        NotFound, Forbidden: `by` may not.
        JobNotChangeable: Jobs of this kind cannot be paused, or the job has ended, is paused, or was asked to
            stop before.
    """
    spec = kind_spec(job.kind)
    require(by, job.project, spec.capability)
    if not spec.pausable:
        raise JobNotChangeable("Only a training can be paused. Cancel this job, or wait for its end.")
    name = by.get_full_name()
    with transaction.atomic():
        resting = job_write(
            job.pk,
            only_if=Q(state=JobState.QUEUED, cancel_requested_at=None),
            lines=[state_line(JobState.PAUSED, by=name)],
            changes=_at_rest(),
        )
        if resting:
            return resting
        asked = job_write(
            job.pk,
            only_if=Q(state=JobState.RUNNING, cancel_requested_at=None, pause_requested_at=None),
            lines=[state_line(JobState.RUNNING, pause_requested=True, by=name)],
            changes={"pause_requested_at": timezone.now()},
        )
    if asked is None:
        raise JobNotChangeable(
            "The job has ended, is paused already or is being stopped. Nothing was changed."
        )
    return asked


def job_resume(*, job: Job, by: User) -> Job:
    """Queue a paused job again; it goes on from its checkpoint.

    Raises:
        NotFound, Forbidden: `by` may not.
        JobNotChangeable: The job is not paused.
    """
    require(by, job.project, kind_spec(job.kind).capability)
    with transaction.atomic():
        queued = job_write(
            job.pk,
            only_if=Q(state=JobState.PAUSED),
            lines=[state_line(JobState.QUEUED, resumed_by=by.get_full_name())],
            changes={"state": JobState.QUEUED, "sent_at": None, "not_before": None},
        )
        if queued is None:
            raise JobNotChangeable("Only a paused job can be resumed.")
        enqueue_after_commit(queued)
    return queued


def job_rest(*, job_id: uuid.UUID, worker: str) -> Job | None:
    """A run gives its job up because somebody asked to pause it, which costs no attempt.

    None where the job is no longer this run's, nobody asked, or somebody cancelled it meanwhile.
    """
    return job_write(
        job_id,
        only_if=held_by(worker) & _ASKED,
        lines=[state_line(JobState.PAUSED)],
        changes={**_at_rest(), "attempt": F("attempt") - 1},
    )


def job_rest_lapsed(*, job_id: uuid.UUID, now: datetime) -> Job | None:
    """Set a job aside whose worker died before it saw the request to pause; its last checkpoint stays."""
    return job_write(
        job_id,
        only_if=Q(state=JobState.RUNNING, lease_until__lt=now) & _ASKED,
        lines=[state_line(JobState.PAUSED)],
        changes=_at_rest(),
    )


def _at_rest() -> dict[str, Any]:
    return {
        "state": JobState.PAUSED,
        "worker": "",
        "error": None,
        "lease_until": None,
        "not_before": None,
        "pause_requested_at": None,
    }
