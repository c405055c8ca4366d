"""Brings the queue back in line with the Job rows: what was lost is sent again, what is hopeless ends."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone

from webapp.jobs.models import OPEN_STATES, Job
from webapp.jobs.pausing import job_rest_lapsed
from webapp.jobs.queue import enqueue
from webapp.jobs.selectors import jobs_to_give_up, jobs_to_rest, jobs_to_send
from webapp.jobs.services import job_give_up
from webapp.recordings import storage

# So long a failed or cancelled job keeps its checkpoint for a retry.
_KEEP_FILES = timedelta(days=7)
# The time that a message gets to reach a worker before another reconciler sends it again.
_SETTLE = timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class Reconciled:
    """What one pass did."""

    sent: int
    given_up: int


def jobs_reconcile(*, worker_started_at: datetime) -> Reconciled:
    """One pass; any number of workers may run it at the same time.

    Args:
        worker_started_at: Messages older than this may have died with an earlier worker: the transport
            over files removes a message when it is read, not when its task ends.
    """
    now = timezone.now()
    for job in jobs_to_rest(now=now):
        job_rest_lapsed(job_id=job.pk, now=now)
    given_up = sum(job_give_up(job_id=job.pk, now=now) is not None for job in jobs_to_give_up(now=now))
    resend_after = timedelta(seconds=settings.SBEA_RESEND_AFTER_S)
    waiting = jobs_to_send(now=now, sent_before=worker_started_at, resend_after=resend_after)
    sent = sum(_send_again(job, now) for job in waiting)
    return Reconciled(sent=sent, given_up=given_up)


def job_folders_forget() -> int:
    """Remove what jobs keep on disk that ended a week ago, or whose worker died while it tidied up.

    Returns how many folders went. A later retry starts from the beginning.
    """
    ended_before = timezone.now() - _KEEP_FILES
    old = Job.objects.exclude(state__in=OPEN_STATES).filter(finished_at__lt=ended_before)
    folders = [storage.job_folder(pk) for pk in old.values_list("pk", flat=True)]
    there = [folder for folder in folders if folder.exists()]
    for folder in there:
        storage.remove_tree(folder)
    return len(there)


def _send_again(job: Job, now: datetime) -> bool:
    """Send unless another reconciler was faster; a second message would be harmless but pointless."""
    if job.sent_at is not None and job.lease_until is not None and job.sent_at > now - _SETTLE:
        return False
    unchanged = Job.objects.filter(pk=job.pk, state=job.state, worker=job.worker, sent_at=job.sent_at)
    if not unchanged.update(sent_at=now):
        return False
    if enqueue(job.pk, job.kind):
        return True
    Job.objects.filter(pk=job.pk, sent_at=now).update(sent_at=None)
    return False
