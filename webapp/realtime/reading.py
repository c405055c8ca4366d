"""What the consumer sends, read from the rows: messages carry numbers, rows carry the truth."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from uuid import UUID

from webapp.jobs.models import Job, JobEvent
from webapp.jobs.selectors import job_events, job_recent
from webapp.realtime.messages import JobEventMsg, JobMessage, JobState, SnapshotMessage

# Bounds the size of one message; what is more follows in further ones.
EVENTS_PER_MESSAGE = 500


def read_snapshot(*, project_id: int, since: Mapping[UUID, int]) -> list[SnapshotMessage | JobMessage]:
    """The snapshot of a project, and further messages where the log since then is long.

    Numbers of jobs of other projects are ignored: a job is looked up within the project.
    """
    jobs = job_recent(project_id=project_id)
    listed = {job.pk for job in jobs}
    asked = [job for job in jobs if job.pk in since]
    asked += Job.objects.filter(project_id=project_id, pk__in=[pk for pk in since if pk not in listed])
    first: list[JobEventMsg] = []
    further: list[SnapshotMessage | JobMessage] = []
    for job in asked:
        for chunk in _chunks(job, since[job.pk]):
            if len(first) + len(chunk) <= EVENTS_PER_MESSAGE:
                first += chunk
            else:
                further.append(JobMessage(job=JobState.model_validate(job), events=chunk))
    jobs_now = [JobState.model_validate(job) for job in [*jobs, *(j for j in asked if j.pk not in listed)]]
    return [SnapshotMessage(jobs=jobs_now, events=first), *further]


def read_job(*, project_id: int, job_id: UUID, since: int | None) -> list[JobMessage]:
    """A job and its log after `since`; only the last line where nothing was sent of it before."""
    job = Job.objects.filter(project_id=project_id, pk=job_id).first()
    if job is None:
        return []
    start = max(0, job.seq - 1) if since is None else since
    state = JobState.model_validate(job)
    chunks = list(_chunks(job, start))
    return [JobMessage(job=state, events=chunk) for chunk in chunks] or [JobMessage(job=state, events=[])]


def _chunks(job: Job, since: int) -> Iterator[list[JobEventMsg]]:
    # Never a line newer than the row: the client would think that it has the state which goes with it.
    events: list[JobEvent] = job_events(job=job, since=since, until=job.seq)
    for start in range(0, len(events), EVENTS_PER_MESSAGE):
        yield [JobEventMsg.model_validate(event) for event in events[start : start + EVENTS_PER_MESSAGE]]
