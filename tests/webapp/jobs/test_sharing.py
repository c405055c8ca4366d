"""Ranges of a job: of several claimers one gets each, and who lost one is fenced."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.webapp.factories import make_job, owner_of
from webapp.jobs.models import Job, JobRange
from webapp.jobs.services import job_cancel, job_claim
from webapp.jobs.sharing import (
    job_range_claim,
    job_range_finish,
    job_range_finished,
    job_range_hold,
    job_range_let_go,
    job_range_reopen,
    job_ranges_ahead,
    job_ranges_clear,
    job_ranges_lay_out,
)
from webapp.jobs.task_names import JobKind

pytestmark = pytest.mark.django_db


@pytest.fixture
def job() -> Job:
    """Running, in three ranges."""
    made = make_job(kind=JobKind.POSE_PREDICT)
    assert job_claim(job_id=made.pk, worker="leader") is not None
    job_ranges_lay_out(job_id=made.pk, count=3)
    return made


def claim(job: Job, holder: str, number: int | None = None) -> int | None:
    return job_range_claim(job_id=job.pk, holder=holder, number=number)


def hold(job: Job, holder: str, number: int, frames: int = 5) -> bool:
    return job_range_hold(job_id=job.pk, number=number, holder=holder, frames=frames)


def test_each_is_taken_once_and_the_first_free_one_first(job: Job) -> None:
    assert claim(job, "a", 1) == 1
    assert claim(job, "b", 1) is None
    assert [claim(job, "b"), claim(job, "c"), claim(job, "d")] == [0, 2, None]


def test_a_lapsed_one_passes_on_and_fences_the_first(job: Job) -> None:
    claim(job, "a")
    JobRange.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    assert claim(job, "b") == 0
    assert not hold(job, "a", 0)
    assert not job_range_finish(job_id=job.pk, number=0, holder="a")
    job_range_let_go(job_id=job.pk, number=0, holder="a")
    assert hold(job, "b", 0)
    assert job_range_finish(job_id=job.pk, number=0, holder="b")


def test_what_is_held_does_not_lapse(job: Job) -> None:
    claim(job, "a", 0)
    JobRange.objects.update(lease_until=timezone.now() + timedelta(seconds=1))
    assert hold(job, "a", 0)
    assert JobRange.objects.get(number=0).lease_until > timezone.now() + timedelta(seconds=30)  # type: ignore[operator]


def test_a_finished_one_stays_so_for_the_next_run(job: Job) -> None:
    claim(job, "a", 0)
    job_range_finish(job_id=job.pk, number=0, holder="a")
    job_ranges_lay_out(job_id=job.pk, count=3)
    assert job_range_finished(job_id=job.pk, number=0)
    assert claim(job, "b") == 1
    job_range_reopen(job_id=job.pk, number=0)
    assert claim(job, "b", 0) == 0


def test_what_is_let_go_is_free_at_once(job: Job) -> None:
    claim(job, "a", 2)
    job_range_let_go(job_id=job.pk, number=2, holder="a")
    assert claim(job, "b", 2) == 2


def test_frames_ahead_are_summed(job: Job) -> None:
    for number, frames in ((0, 100), (1, 20), (2, 3)):
        claim(job, "a", number)
        hold(job, "a", number, frames)
    assert job_ranges_ahead(job_id=job.pk, number=0) == 23


def test_nobody_claims_or_holds_once_the_job_is_to_stop(job: Job) -> None:
    assert claim(job, "a") == 0
    job_cancel(job=job, by=owner_of(job.project))
    assert not hold(job, "a", 0)
    assert claim(job, "b") is None


def test_nobody_claims_of_a_job_that_waits() -> None:
    waiting = make_job(kind=JobKind.POSE_PREDICT)
    job_ranges_lay_out(job_id=waiting.pk, count=1)
    assert claim(waiting, "a") is None


def test_ranges_go_when_the_work_is_done(job: Job) -> None:
    other = make_job(kind=JobKind.POSE_PREDICT)
    job_ranges_lay_out(job_id=other.pk, count=1)
    job_ranges_clear(job_id=job.pk)
    assert list(JobRange.objects.values_list("job_id", flat=True)) == [other.pk]
