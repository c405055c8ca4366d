"""Lost messages are sent again; hopeless jobs end."""

from __future__ import annotations

from datetime import timedelta

import pytest
from celery import Celery
from django.conf import settings
from django.utils import timezone

from tests.webapp.factories import make_job, owner_of
from webapp.jobs import queue
from webapp.jobs.models import Job
from webapp.jobs.queue import enqueue
from webapp.jobs.reconciler import job_folders_forget, jobs_reconcile
from webapp.jobs.selectors import job_standing
from webapp.jobs.services import MAX_LOST_ATTEMPTS, job_cancel, job_claim
from webapp.recordings import storage

pytestmark = pytest.mark.django_db


def reconcile(*, started_ago_s: float = 3600) -> tuple[int, int]:
    done = jobs_reconcile(worker_started_at=timezone.now() - timedelta(seconds=started_ago_s))
    return done.sent, done.given_up


def set_job(job: Job, **values: object) -> None:
    Job.objects.filter(pk=job.pk).update(**values)


class TestReconcile:
    def test_an_unsent_job_is_sent(self) -> None:
        job = make_job()  # inside the test's transaction, so nothing was sent on commit
        assert reconcile() == (1, 0)
        assert Job.objects.get(pk=job.pk).sent_at is not None
        assert reconcile() == (0, 0)

    def test_a_message_older_than_the_worker_is_sent_again(self) -> None:
        set_job(make_job(), sent_at=timezone.now() - timedelta(seconds=20))
        assert reconcile(started_ago_s=30) == (0, 0)
        assert reconcile(started_ago_s=10) == (1, 0)

    def test_a_message_that_nobody_took_for_long_is_sent_again(self) -> None:
        wait = timedelta(seconds=settings.SBEA_RESEND_AFTER_S + 1)
        set_job(make_job(), sent_at=timezone.now() - wait)
        assert reconcile() == (1, 0)

    def test_a_lapsed_lease_is_sent_again_but_not_by_every_pass(self) -> None:
        job = make_job()
        job_claim(job_id=job.pk, worker="a")
        assert reconcile() == (0, 0)
        set_job(job, lease_until=timezone.now() - timedelta(seconds=1))
        assert reconcile() == (1, 0)
        assert reconcile() == (0, 0)
        assert job_claim(job_id=job.pk, worker="b") is not None

    def test_a_postponed_job_waits(self) -> None:
        set_job(make_job(), not_before=timezone.now() + timedelta(hours=1))
        assert reconcile() == (0, 0)

    def test_a_job_that_lost_too_many_workers_fails(self) -> None:
        job = make_job()
        job_claim(job_id=job.pk, worker="a")
        set_job(job, lease_until=timezone.now() - timedelta(seconds=1), attempt=MAX_LOST_ATTEMPTS)
        assert reconcile() == (0, 1)
        row = Job.objects.get(pk=job.pk)
        assert row.error is not None
        assert (row.state, row.error["code"]) == ("failed", "worker_lost")

    def test_a_cancelled_job_without_a_worker_ends_cancelled(self) -> None:
        job = make_job()
        job_claim(job_id=job.pk, worker="a")
        job_cancel(job=job, by=owner_of(job.project))
        set_job(job, lease_until=timezone.now() - timedelta(seconds=1))
        assert reconcile() == (0, 1)
        assert Job.objects.get(pk=job.pk).state == "cancelled"

    def test_a_cancelled_job_that_went_back_to_the_queue_ends(self) -> None:
        job = make_job()
        set_job(job, cancel_requested_at=timezone.now())
        assert reconcile() == (0, 1)
        assert Job.objects.get(pk=job.pk).state == "cancelled"
        assert reconcile() == (0, 0)


class TestForget:
    def test_files_go_a_week_after_the_end_and_not_while_a_job_may_need_them(self) -> None:
        now = timezone.now()
        old, fresh, active = (make_job() for _ in range(3))
        set_job(old, state="failed", finished_at=now - timedelta(days=8))
        set_job(fresh, state="cancelled", finished_at=now - timedelta(days=6))
        set_job(active, created_at=now - timedelta(days=30))
        for job in (old, fresh, active):
            storage.job_folder(job.pk).mkdir(parents=True)
        assert job_folders_forget() == 1
        assert [storage.job_folder(job.pk).exists() for job in (old, fresh, active)] == [False, True, True]
        assert job_folders_forget() == 0


@pytest.mark.slow
class TestEnqueue:
    def test_a_broker_that_is_away_leaves_the_job_to_the_reconciler(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        nowhere = Celery("nowhere", broker="redis://127.0.0.1:1/0", set_as_current=False)
        monkeypatch.setattr(queue, "_sender", lambda: nowhere)
        job = make_job()
        assert enqueue(job.pk, job.kind) is False
        assert Job.objects.get(pk=job.pk).sent_at is None


def test_standing_tells_a_run_about_itself() -> None:
    job = make_job()
    job_claim(job_id=job.pk, worker="a")
    assert job_standing(job_id=job.pk, worker="b").ours is False
    assert job_standing(job_id=job.pk, worker="a").cancel_requested is False
    job_cancel(job=job, by=owner_of(job.project))
    standing = job_standing(job_id=job.pk, worker="a")
    assert (standing.ours, standing.cancel_requested) == (True, True)
