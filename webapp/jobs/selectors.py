"""What a person may read of jobs, and what workers look for."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q, QuerySet

from webapp.accounts.models import User
from webapp.api.errors import NotFound
from webapp.jobs.models import OPEN_STATES, Job, JobEvent, JobState
from webapp.jobs.services import MAX_LOST_ATTEMPTS
from webapp.projects.models import Project

RECENT_JOBS = 100


def job_list(*, visible_to: User, project: Project | None = None) -> QuerySet[Job]:
    """Jobs of the projects that the user is a member of, newest first."""
    jobs = Job.objects.filter(project__memberships__user=visible_to).select_related("project")
    return jobs if project is None else jobs.filter(project=project)


def job_get(*, pk: uuid.UUID, visible_to: User) -> Job:
    """One job; raises `NotFound` where it is not there or not the user's to see."""
    job = job_list(visible_to=visible_to).filter(pk=pk).first()
    if job is None:
        raise NotFound("job")
    return job


def job_events(
    *, job: Job, since: int = 0, until: int | None = None, limit: int | None = None
) -> list[JobEvent]:
    """Lines with since < seq <= until, in order. The job itself has been checked by `job_get`."""
    events = JobEvent.objects.filter(job=job, seq__gt=since).order_by("seq")
    if until is not None:
        events = events.filter(seq__lte=until)
    return list(events[:limit])


def job_recent(*, project_id: int) -> list[Job]:
    """Every job of a project that has not ended and the latest that have, newest first."""
    jobs = Job.objects.filter(project_id=project_id)
    not_ended = list(jobs.filter(state__in=OPEN_STATES))
    ended = list(jobs.exclude(state__in=OPEN_STATES).order_by("-created_at")[:RECENT_JOBS])
    return sorted([*not_ended, *ended], key=lambda job: job.created_at, reverse=True)


@dataclass(frozen=True, slots=True)
class Standing:
    """How a run stands with its job."""

    ours: bool
    cancel_requested: bool
    pause_requested: bool = False


def job_standing(*, job_id: uuid.UUID, worker: str) -> Standing:
    """Whether the job still belongs to this run, and whether somebody asked to cancel or to pause it."""
    mine = Job.objects.filter(pk=job_id, state=JobState.RUNNING, worker=worker)
    for cancel, pause in mine.values_list("cancel_requested_at", "pause_requested_at")[:1]:
        return Standing(ours=True, cancel_requested=bool(cancel), pause_requested=bool(pause))
    return Standing(ours=False, cancel_requested=False)


def jobs_to_send(*, now: datetime, sent_before: datetime, resend_after: timedelta) -> QuerySet[Job]:
    """Jobs that wait for a message that no worker may ever see, or whose worker went silent."""
    due = Q(not_before=None) | Q(not_before__lte=now)
    unsent = Q(sent_at=None) | Q(sent_at__lt=sent_before) | Q(sent_at__lt=now - resend_after)
    waiting = Q(state=JobState.QUEUED) & due & unsent
    lapsed = Q(state=JobState.RUNNING, lease_until__lt=now, attempt__lt=MAX_LOST_ATTEMPTS)
    return Job.objects.filter(waiting | lapsed, cancel_requested_at=None, pause_requested_at=None)


def jobs_to_give_up(*, now: datetime) -> QuerySet[Job]:
    """Jobs without a living worker that must not run again."""
    asked = Q(cancel_requested_at__isnull=False)
    lapsed = Q(state=JobState.RUNNING, lease_until__lt=now)
    hopeless = lapsed & (asked | Q(attempt__gte=MAX_LOST_ATTEMPTS))
    return Job.objects.filter(hopeless | (Q(state=JobState.QUEUED) & asked))


def jobs_to_rest(*, now: datetime) -> QuerySet[Job]:
    """Jobs that somebody asked to pause and whose worker died before it could."""
    lapsed = Q(state=JobState.RUNNING, lease_until__lt=now)
    return Job.objects.filter(lapsed, pause_requested_at__isnull=False, cancel_requested_at=None)
