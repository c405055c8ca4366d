"""The one primitive that changes a job: a conditional update and its log lines, in one transaction."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.db.models import F, Q
from django.dispatch import Signal
from django.utils import timezone

from webapp.jobs.models import Job, JobEvent, JobState
from webapp.jobs.signals import job_changed

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Line:
    """A log line that has no number yet."""

    kind: JobEvent.Kind
    data: dict[str, Any] = field(default_factory=dict)


def state_line(state: JobState, **data: Any) -> Line:
    """The line that tells of a state; what is None is left out."""
    return Line(
        JobEvent.Kind.STATE, {"state": str(state), **{k: v for k, v in data.items() if v is not None}}
    )


def held_by(worker: str) -> Q:
    """Whether the job still is this run's: the fence of all that a run writes."""
    return Q(state=JobState.RUNNING, worker=worker)


def job_write(
    job_id: uuid.UUID, *, only_if: Q, lines: Sequence[Line], changes: dict[str, Any] | None = None
) -> Job | None:
    """Change the row if `only_if` still holds and append `lines`; None where it no longer does.

    The condition is part of the UPDATE: `select_for_update` does nothing on SQLite, and a check before
    the write would let two claimers through.
    """
    with transaction.atomic():
        matched = Job.objects.filter(only_if, pk=job_id).update(**(changes or {}), seq=F("seq") + len(lines))
        if not matched:
            return None
        # The update holds the row until commit, so the number read here is ours.
        job = Job.objects.select_related("project").get(pk=job_id)
        first, now = job.seq - len(lines) + 1, timezone.now()
        JobEvent.objects.bulk_create(
            JobEvent(job=job, seq=first + i, kind=line.kind, data=line.data, at=now)
            for i, line in enumerate(lines)
        )
        if lines:
            _announce_after_commit(job)
        return job


def _announce_after_commit(job: Job) -> None:
    job_id, project_id, seq = job.pk, job.project_id, job.seq

    # A function and no `partial`: Django names what failed by its `__qualname__`, and where there is none
    # it fails itself, so that neither this error is contained nor any later hook runs.
    def announce() -> None:
        job_changed.send(sender=Job, job_id=job_id, project_id=project_id, seq=seq)

    # Nobody's ear may stop the work: a client that misses this asks again by `since`.
    transaction.on_commit(announce, robust=True)


def tell(signal: Signal, job: Job) -> None:
    """Let other apps mirror a change of state, within its transaction but unable to undo it."""
    try:
        with transaction.atomic():
            signal.send(sender=Job, job=job)
    except Exception:
        logger.exception("A receiver failed for job %s (%s)", job.pk, job.state)
