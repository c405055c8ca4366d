"""Ranges of one job that several workers claim: rows that change by conditional updates, as jobs do.

The job stays one row with one run that leads it; whoever helps holds ranges and nothing else. A range is
anybody's whose lease lapsed, and whoever lost one can change nothing in it any more.
"""

from __future__ import annotations

import uuid
from datetime import timedelta

from django.db.models import Q, Sum
from django.utils import timezone

from webapp.jobs.models import Job, JobRange, JobState

# Longer than a job's: the work itself prolongs it, and now and then that reads a model or seeks in a video.
RANGE_LEASE = timedelta(seconds=60)


def job_ranges_lay_out(*, job_id: uuid.UUID, count: int) -> None:
    """There are so many ranges; those that are there already stay as they are."""
    known = set(JobRange.objects.filter(job_id=job_id).values_list("number", flat=True))
    JobRange.objects.bulk_create(
        (JobRange(job_id=job_id, number=number) for number in range(count) if number not in known),
        ignore_conflicts=True,
        batch_size=500,
    )


def job_range_claim(*, job_id: uuid.UUID, holder: str, number: int | None = None) -> int | None:
    """Take this range, or the first free one; None where there is none, or the job is not to go on."""
    if not job_goes_on(job_id=job_id):
        return None
    now = timezone.now()
    free = Q(finished=False) & (Q(lease_until=None) | Q(lease_until__lt=now))
    candidates = JobRange.objects.filter(free, job_id=job_id)
    if number is not None:
        candidates = candidates.filter(number=number)
    for pk, found in candidates.order_by("number").values_list("pk", "number"):
        taken = JobRange.objects.filter(free, pk=pk)
        if taken.update(holder=holder, lease_until=now + RANGE_LEASE, frames_done=0):
            return found
    return None


def job_range_hold(*, job_id: uuid.UUID, number: int, holder: str, frames: int) -> bool:
    """Prolong the lease; False where the range is no longer this holder's or the job is not to go on."""
    mine = JobRange.objects.filter(job_id=job_id, number=number, holder=holder, finished=False)
    held = mine.update(lease_until=timezone.now() + RANGE_LEASE, frames_done=frames)
    return bool(held) and job_goes_on(job_id=job_id)


def job_range_finish(*, job_id: uuid.UUID, number: int, holder: str) -> bool:
    """Its part is in place; False where another has taken it over, whose part is the same."""
    mine = JobRange.objects.filter(job_id=job_id, number=number, holder=holder, finished=False)
    return bool(mine.update(finished=True, lease_until=None))


def job_range_let_go(*, job_id: uuid.UUID, number: int, holder: str) -> None:
    """Anybody may have it at once; nothing happens where it is another's."""
    mine = JobRange.objects.filter(job_id=job_id, number=number, holder=holder, finished=False)
    mine.update(holder="", lease_until=None, frames_done=0)


def job_range_reopen(*, job_id: uuid.UUID, number: int) -> None:
    """It counted as finished, and what it made is gone."""
    JobRange.objects.filter(job_id=job_id, number=number, finished=True).update(
        finished=False, holder="", lease_until=None, frames_done=0
    )


def job_range_finished(*, job_id: uuid.UUID, number: int) -> bool:
    """Whether its part was put in place."""
    return JobRange.objects.filter(job_id=job_id, number=number, finished=True).exists()


def job_ranges_ahead(*, job_id: uuid.UUID, number: int) -> int:
    """Frames done so far in the ranges after this one."""
    ahead = JobRange.objects.filter(job_id=job_id, number__gt=number)
    return int(ahead.aggregate(frames=Sum("frames_done"))["frames"] or 0)


def job_ranges_clear(*, job_id: uuid.UUID) -> None:
    """The work is done; nobody has to claim anything any more."""
    JobRange.objects.filter(job_id=job_id).delete()


def job_goes_on(*, job_id: uuid.UUID) -> bool:
    """Whether somebody leads the job and nobody asked to stop it."""
    return Job.objects.filter(
        pk=job_id, state=JobState.RUNNING, cancel_requested_at=None, pause_requested_at=None
    ).exists()
