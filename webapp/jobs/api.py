"""Jobs over HTTP: what runs where, its log, cancel, pause, resume and retry."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest
from ninja import Query, Router, Schema, Status
from pydantic import Field

from webapp.api.auth import signed_in
from webapp.jobs.models import Job, JobEvent
from webapp.jobs.pausing import job_pause, job_resume
from webapp.jobs.schemas import JobEventOut, JobOut
from webapp.jobs.selectors import job_events, job_get, job_recent
from webapp.jobs.services import job_cancel, job_retry
from webapp.projects.selectors import project_get

router = Router(tags=["jobs"])

MAX_EVENTS = 5000


class Since(Schema):
    """Where to go on in a log."""

    since: int = Field(default=0, ge=0, le=2**31 - 1)


@router.get("/projects/{int:project_id}/jobs", response=list[JobOut], operation_id="job_list")
def list_jobs(request: HttpRequest, project_id: int) -> list[Job]:
    """Every job of the project that has not ended and the latest that have, newest first."""
    project = project_get(pk=project_id, visible_to=signed_in(request))
    return job_recent(project_id=project.pk)


@router.get("/jobs/{uuid:job_id}", response=JobOut, operation_id="job_get")
def get_job(request: HttpRequest, job_id: UUID) -> Job:
    """One job as it is now."""
    return job_get(pk=job_id, visible_to=signed_in(request))


@router.get("/jobs/{uuid:job_id}/events", response=list[JobEventOut], operation_id="job_events")
def list_job_events(request: HttpRequest, job_id: UUID, window: Query[Since]) -> list[JobEvent]:
    """The log after number `since`, at most 5000 lines; ask again from the last number for more."""
    job = job_get(pk=job_id, visible_to=signed_in(request))
    return job_events(job=job, since=window.since, limit=MAX_EVENTS)


@router.post("/jobs/{uuid:job_id}/cancel", response=JobOut, operation_id="job_cancel")
def cancel_job(request: HttpRequest, job_id: UUID) -> Job:
    """End a waiting or paused job, or ask a running one to stop within seconds."""
    user = signed_in(request)
    return job_cancel(job=job_get(pk=job_id, visible_to=user), by=user)


@router.post("/jobs/{uuid:job_id}/retry", response={202: JobOut}, operation_id="job_retry")
def retry_job(request: HttpRequest, job_id: UUID) -> Status[Job]:
    """Queue a failed or cancelled job again."""
    user = signed_in(request)
    return Status(202, job_retry(job=job_get(pk=job_id, visible_to=user), by=user))


@router.post("/jobs/{uuid:job_id}/pause", response=JobOut, operation_id="job_pause")
def pause_job(request: HttpRequest, job_id: UUID) -> Job:
    """Set a waiting training aside, or ask a running one to stop after a checkpoint, within seconds.

    It then waits for `resume`, and another job may run meanwhile.
    """
    user = signed_in(request)
    return job_pause(job=job_get(pk=job_id, visible_to=user), by=user)


@router.post("/jobs/{uuid:job_id}/resume", response={202: JobOut}, operation_id="job_resume")
def resume_job(request: HttpRequest, job_id: UUID) -> Status[Job]:
    """Queue a paused job again; it goes on from its checkpoint and comes to the same numbers."""
    user = signed_in(request)
    return Status(202, job_resume(job=job_get(pk=job_id, visible_to=user), by=user))
