"""Everything that changes the state of a job.

A person starts, cancels and retries; a run of a worker claims, beats, reports and ends. What a run
writes is fenced by its name: once another run has claimed the job, the first one's writes match no row.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.db.models.functions import Coalesce
from django.utils import timezone

from webapp.accounts.capabilities import require
from webapp.accounts.models import User
from webapp.jobs.errors import JobAlreadyActive, JobNotChangeable, TooManyJobs
from webapp.jobs.log import Line, held_by, job_write, state_line, tell
from webapp.jobs.models import ACTIVE_STATES, OPEN_STATES, Job, JobState, empty_progress
from webapp.jobs.pausing import job_rest
from webapp.jobs.queue import enqueue_after_commit
from webapp.jobs.signals import job_ended, job_requeued
from webapp.jobs.task_names import kind_spec
from webapp.projects.models import Project

logger = logging.getLogger(__name__)

LEASE = timedelta(seconds=15)
HEARTBEAT_S = 4.0
# A transient error is tried again up to this attempt.
MAX_ATTEMPTS = 3
# A job whose workers keep dying under it is given up at this attempt, else it would kill them for ever.
MAX_LOST_ATTEMPTS = 6


# ------------------------------------------------------------------ what a person does


def job_start(
    *,
    kind: str,
    project: Project,
    params: Mapping[str, Any],
    by: User | None,
    label: str = "",
    target: str = "",
) -> Job:
    """Create a queued job and send its task after commit.

    Args:
        kind: One of `task_names.JobKind`, or a registered further kind.
        params: What the task needs: ids and plain values.
        by: Who asked; None for the house itself.
        label: One line for a person; the kind's title where empty.
        target: What only one active job of this kind may hold, such as "video:12"; empty for no limit.

    Raises:
        NotFound, Forbidden: `by` may not start such a job here.
        TooManyJobs: The project has `SBEA_MAX_ACTIVE_JOBS` active jobs.
        JobAlreadyActive: Another active job of the kind holds the target; `data.job_id` names it.
    """
    spec = kind_spec(kind)
    if by is not None:
        require(by, project, spec.capability)
    active = Job.objects.filter(state__in=ACTIVE_STATES)
    if active.filter(project=project).count() >= settings.SBEA_MAX_ACTIVE_JOBS:
        raise TooManyJobs("The project has too many waiting or running jobs. Cancel some, or wait.")
    try:
        with transaction.atomic():
            row = Job.objects.create(
                kind=str(kind),
                project=project,
                params=dict(params),
                created_by=by,
                label=(label or spec.title)[:200],
                target=target,
            )
            job = job_write(row.pk, only_if=Q(), lines=[state_line(JobState.QUEUED)]) or row
            enqueue_after_commit(job)
    except IntegrityError as error:
        raise _already_active(kind, target) from error
    return job


def job_cancel(*, job: Job, by: User) -> Job:
    """End a waiting or paused job at once; ask a running one to stop at its next report.

    Raises:
        NotFound, Forbidden: `by` may not.
        JobNotChangeable: The job ended already, or was asked before.
    """
    require(by, job.project, kind_spec(job.kind).capability)
    now = timezone.now()
    with transaction.atomic():
        ended = _end(
            job.pk,
            only_if=Q(state__in=(JobState.QUEUED, JobState.PAUSED)),
            state=JobState.CANCELLED,
            changes={"cancel_requested_at": now},
        )
        if ended:
            return ended
        asked = job_write(
            job.pk,
            only_if=Q(state=JobState.RUNNING, cancel_requested_at=None),
            lines=[state_line(JobState.RUNNING, cancel_requested=True, by=by.get_full_name())],
            changes={"cancel_requested_at": now},
        )
    if asked is None:
        raise JobNotChangeable("The job has already ended or is being cancelled. Nothing was changed.")
    return asked


def job_retry(*, job: Job, by: User) -> Job:
    """Queue a failed or cancelled job again; its checkpoint, where it left one, is used.

    Raises:
        NotFound, Forbidden: `by` may not.
        JobNotChangeable: The job is active or done.
        JobAlreadyActive: Another job took over its target.
        AppError: Whoever mirrors the job refuses, because its result could no longer be stored.
    """
    require(by, job.project, kind_spec(job.kind).capability)
    with transaction.atomic():
        try:
            queued = job_write(
                job.pk,
                only_if=Q(state__in=(JobState.FAILED, JobState.CANCELLED)),
                lines=[state_line(JobState.QUEUED, retried_by=by.get_full_name())],
                changes=_as_new(),
            )
        except IntegrityError as error:
            raise _already_active(job.kind, job.target) from error
        if queued is None:
            raise JobNotChangeable("Only a failed or cancelled job can be tried again.")
        # Not by `tell`: better a refusal now than a run whose result has no place.
        job_requeued.send(sender=Job, job=queued)
        enqueue_after_commit(queued)
    return queued


# ------------------------------------------------------------------ what a run of a worker does


def job_claim(*, job_id: uuid.UUID, worker: str) -> Job | None:
    """Take a queued job, or one whose lease lapsed; None where there is nothing to take.

    Of several claimers exactly one gets the job.
    """
    now = timezone.now()
    due = Q(not_before=None) | Q(not_before__lte=now)
    waiting = Q(state=JobState.QUEUED) & due
    lapsed = Q(state=JobState.RUNNING, lease_until__lt=now, attempt__lt=MAX_LOST_ATTEMPTS)
    return job_write(
        job_id,
        only_if=(waiting | lapsed) & Q(cancel_requested_at=None, pause_requested_at=None),
        lines=[state_line(JobState.RUNNING, worker=worker)],
        changes={
            "state": JobState.RUNNING,
            "worker": worker,
            "attempt": F("attempt") + 1,
            "lease_until": now + LEASE,
            "heartbeat_at": now,
            "started_at": Coalesce("started_at", now),
            "error": None,
        },
    )


def job_heartbeat(*, job_id: uuid.UUID, worker: str) -> bool:
    """Prolong the lease; False where the job is no longer this run's."""
    now = timezone.now()
    mine = Job.objects.filter(held_by(worker), pk=job_id)
    return bool(mine.update(lease_until=now + LEASE, heartbeat_at=now))


def job_report(
    *, job_id: uuid.UUID, worker: str, progress: Mapping[str, Any] | None, lines: Sequence[Line]
) -> bool:
    """Store the latest progress and append log lines; False where the job is no longer this run's."""
    changes = {} if progress is None else {"progress": dict(progress)}
    return job_write(job_id, only_if=held_by(worker), lines=lines, changes=changes) is not None


def job_finish(
    *,
    job_id: uuid.UUID,
    worker: str,
    state: JobState,
    result: Mapping[str, Any] | None = None,
    error: Mapping[str, Any] | None = None,
) -> Job | None:
    """End a run as done, failed or cancelled; None where the job is no longer this run's."""
    return _end(
        job_id,
        only_if=held_by(worker),
        state=state,
        error=error,
        changes={"result": None if result is None else dict(result)},
    )


def job_postpone(
    *, job_id: uuid.UUID, worker: str, delay: timedelta, error: Mapping[str, Any] | None = None
) -> Job | None:
    """Give a job back to the queue; without an error (the worker stops) the attempt does not count.

    A job that somebody asked to cancel ends instead, and one that somebody asked to pause is paused: no run
    of it will come that could see the request.
    """
    now = timezone.now()
    changes: dict[str, Any] = {"state": JobState.QUEUED, "worker": "", "sent_at": None, "lease_until": None}
    changes["not_before"] = now + delay if delay else None
    if error is None:
        changes["attempt"] = F("attempt") - 1
    asked = Q(cancel_requested_at__isnull=False)
    waiting = job_write(
        job_id,
        only_if=held_by(worker) & ~asked & Q(pause_requested_at=None),
        lines=[state_line(JobState.QUEUED, error=dict(error) if error else None)],
        changes=changes,
    )
    # In this order nothing is missed: a request may come between two of them, but is never taken back.
    return (
        waiting
        or job_rest(job_id=job_id, worker=worker)
        or _end(job_id, only_if=held_by(worker) & asked, state=JobState.CANCELLED, changes={})
    )


def job_give_up(*, job_id: uuid.UUID, now: datetime) -> Job | None:
    """End a job that no worker has and none shall resume: cancelled where asked, else failed."""
    lapsed = Q(state=JobState.RUNNING, lease_until__lt=now)
    unwanted = (lapsed | Q(state=JobState.QUEUED)) & Q(cancel_requested_at__isnull=False)
    stopped = _end(job_id, only_if=unwanted, state=JobState.CANCELLED, changes={})
    message = (
        f"{MAX_LOST_ATTEMPTS} workers died while they ran this job; it may need more memory than there is. "
        "Look at the worker's log, then try again."
    )
    return stopped or _end(
        job_id,
        only_if=lapsed & Q(attempt__gte=MAX_LOST_ATTEMPTS),
        state=JobState.FAILED,
        error={"code": "worker_lost", "message": message},
        changes={},
    )


def jobs_release(*, worker_prefix: str) -> int:
    """Let the leases of a worker process lapse that is known to be dead; returns how many."""
    running = Job.objects.filter(state=JobState.RUNNING, worker__startswith=worker_prefix)
    return running.update(lease_until=timezone.now())


# ------------------------------------------------------------------ shared


def _as_new() -> dict[str, Any]:
    """What a retry sets, so that nothing of the earlier runs counts."""
    return {
        "state": JobState.QUEUED,
        "attempt": 0,
        "worker": "",
        "error": None,
        "finished_at": None,
        "started_at": None,
        "cancel_requested_at": None,
        "pause_requested_at": None,
        "not_before": None,
        "sent_at": None,
        "progress": empty_progress(),
    }


def _end(
    job_id: uuid.UUID,
    *,
    only_if: Q,
    state: JobState,
    changes: dict[str, Any],
    error: Mapping[str, Any] | None = None,
) -> Job | None:
    """Write a final state once, and tell who mirrors it within the same transaction."""
    stored = None if error is None else dict(error)
    with transaction.atomic():
        job = job_write(
            job_id,
            only_if=only_if,
            lines=[state_line(state, error=stored)],
            changes={
                **changes,
                "state": state,
                "error": stored,
                "finished_at": timezone.now(),
                "lease_until": None,
                "pause_requested_at": None,
            },
        )
        if job is not None:
            tell(job_ended, job)
    return job


def _already_active(kind: str, target: str) -> JobAlreadyActive:
    holder = Job.objects.filter(kind=str(kind), target=target, state__in=OPEN_STATES).first()
    return JobAlreadyActive(
        "The same work waits, runs or is paused already. Wait for it, or cancel it first.",
        job_id=str(holder.pk) if holder else None,
    )
