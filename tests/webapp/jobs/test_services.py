"""The life of a job, through its services."""

from __future__ import annotations

import threading
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from tests.webapp.factories import add_member, make_job, make_project, make_user, owner_of
from webapp.accounts.models import Role
from webapp.api.errors import Forbidden, NotFound
from webapp.jobs.errors import JobAlreadyActive, JobNotChangeable, TooManyJobs
from webapp.jobs.log import Line
from webapp.jobs.models import Job, JobEvent, JobState
from webapp.jobs.services import (
    MAX_LOST_ATTEMPTS,
    job_cancel,
    job_claim,
    job_finish,
    job_give_up,
    job_heartbeat,
    job_postpone,
    job_report,
    job_retry,
    job_start,
    jobs_release,
)
from webapp.jobs.signals import job_ended, job_requeued
from webapp.jobs.task_names import JobKind


def lapse(job: Job) -> None:
    """Let the lease run out."""
    Job.objects.filter(pk=job.pk).update(lease_until=timezone.now() - timedelta(seconds=1))


def states(job: Job) -> list[str]:
    """The states that the log tells of, in order."""
    rows = JobEvent.objects.filter(job=job, kind="state").order_by("seq")
    return [row.data["state"] for row in rows]


@pytest.mark.django_db
class TestStart:
    def test_a_new_job_is_queued_and_logged(self) -> None:
        project = make_project()
        job = job_start(kind=JobKind.POSE_TRAIN, project=project, params={"a": 1}, by=owner_of(project))
        assert (job.state, job.seq, job.params, job.label) == ("queued", 1, {"a": 1}, "Train a pose model")
        assert states(job) == ["queued"]

    def test_the_task_is_sent_after_commit_only(self, django_capture_on_commit_callbacks: Any) -> None:
        with django_capture_on_commit_callbacks(execute=True):
            job = make_job()
            assert Job.objects.get(pk=job.pk).sent_at is None
        assert Job.objects.get(pk=job.pk).sent_at is not None

    def test_a_viewer_may_not(self) -> None:
        project = make_project()
        viewer = add_member(project, Role.VIEWER)
        with pytest.raises(Forbidden):
            job_start(kind=JobKind.POSE_TRAIN, project=project, params={}, by=viewer)
        assert not Job.objects.exists()

    def test_a_stranger_is_told_nothing(self) -> None:
        with pytest.raises(NotFound):
            job_start(kind=JobKind.POSE_TRAIN, project=make_project(), params={}, by=make_user())

    def test_an_unknown_kind_is_a_fault_of_the_caller(self) -> None:
        with pytest.raises(ValueError, match=r"Unknown job kind 'pose\.guess'"):
            make_job(kind="pose.guess")

    def test_one_active_job_per_target(self) -> None:
        project = make_project()
        first = make_job(project, target="video:1")
        with pytest.raises(JobAlreadyActive) as caught:
            make_job(project, target="video:1")
        assert caught.value.data == {"job_id": str(first.pk)}
        make_job(project, target="video:2")
        job_cancel(job=first, by=owner_of(project))
        make_job(project, target="video:1")

    def test_the_number_of_active_jobs_is_bounded(self, settings: Any) -> None:
        settings.SBEA_MAX_ACTIVE_JOBS = 1
        project = make_project()
        make_job(project)
        with pytest.raises(TooManyJobs):
            make_job(project)


@pytest.mark.django_db
class TestClaim:
    def test_a_queued_job_is_taken_once(self) -> None:
        job = make_job()
        claimed = job_claim(job_id=job.pk, worker="a")
        assert claimed is not None
        assert (claimed.state, claimed.worker, claimed.attempt) == ("running", "a", 1)
        assert job_claim(job_id=job.pk, worker="b") is None

    def test_a_lapsed_lease_passes_on_and_fences_the_first(self) -> None:
        job = make_job()
        job_claim(job_id=job.pk, worker="a")
        lapse(job)
        second = job_claim(job_id=job.pk, worker="b")
        assert second is not None
        assert second.attempt == 2
        assert not job_heartbeat(job_id=job.pk, worker="a")
        assert not job_report(job_id=job.pk, worker="a", progress={"done": 9}, lines=[])
        assert job_finish(job_id=job.pk, worker="a", state=JobState.DONE, result={"by": "a"}) is None
        done = job_finish(job_id=job.pk, worker="b", state=JobState.DONE, result={"by": "b"})
        assert done is not None
        assert done.result == {"by": "b"}

    def test_a_heartbeat_keeps_the_lease(self) -> None:
        job = make_job()
        job_claim(job_id=job.pk, worker="a")
        lapse(job)
        assert job_heartbeat(job_id=job.pk, worker="a")
        assert job_claim(job_id=job.pk, worker="b") is None

    @pytest.mark.parametrize("state", [JobState.DONE, JobState.FAILED, JobState.CANCELLED])
    def test_what_ended_cannot_be_taken(self, state: JobState) -> None:
        job = make_job()
        job_claim(job_id=job.pk, worker="a")
        job_finish(job_id=job.pk, worker="a", state=state)
        assert job_claim(job_id=job.pk, worker="b") is None

    def test_a_job_that_does_not_exist(self) -> None:
        assert job_claim(job_id=uuid.uuid4(), worker="a") is None

    def test_a_postponed_job_waits_for_its_time(self) -> None:
        job = make_job()
        job_claim(job_id=job.pk, worker="a")
        job_postpone(job_id=job.pk, worker="a", delay=timedelta(hours=1), error={"code": "x", "message": "y"})
        assert job_claim(job_id=job.pk, worker="b") is None
        Job.objects.update(not_before=timezone.now() - timedelta(seconds=1))
        again = job_claim(job_id=job.pk, worker="b")
        assert again is not None
        assert again.attempt == 2

    def test_a_job_given_back_by_a_stopping_worker_has_lost_no_attempt(self) -> None:
        job = make_job()
        job_claim(job_id=job.pk, worker="a")
        back = job_postpone(job_id=job.pk, worker="a", delay=timedelta(0))
        assert back is not None
        assert (back.state, back.attempt, back.not_before) == ("queued", 0, None)

    def test_the_jobs_of_a_dead_process_are_released(self) -> None:
        mine, other = make_job(), make_job()
        job_claim(job_id=mine.pk, worker="host:12:abc")
        job_claim(job_id=other.pk, worker="host:123:abc")
        assert jobs_release(worker_prefix="host:12:") == 1
        assert job_claim(job_id=mine.pk, worker="b") is not None
        assert job_claim(job_id=other.pk, worker="b") is None


@pytest.mark.django_db(transaction=True)
def test_of_many_claimers_at_once_one_wins() -> None:
    job = make_job()
    barrier, won = threading.Barrier(4), []

    def claim(worker: str) -> None:
        try:
            barrier.wait()
            if job_claim(job_id=job.pk, worker=worker):
                won.append(worker)
        finally:
            connection.close()

    threads = [threading.Thread(target=claim, args=(f"w{i}",)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(won) == 1
    row = Job.objects.get(pk=job.pk)
    assert (row.worker, row.attempt, row.seq) == (won[0], 1, 2)


@pytest.mark.django_db(transaction=True)
def test_numbers_of_the_log_have_no_gap_when_several_write() -> None:
    job = make_job()
    job_claim(job_id=job.pk, worker="a")

    def report() -> None:
        try:
            for i in range(10):
                line = Line(JobEvent.Kind.LOG, {"message": str(i)})
                assert job_report(job_id=job.pk, worker="a", progress=None, lines=[line])
        finally:
            connection.close()

    threads = [threading.Thread(target=report) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert list(JobEvent.objects.order_by("seq").values_list("seq", flat=True)) == list(range(1, 33))


@pytest.mark.django_db
class TestCancel:
    def test_a_waiting_job_ends_at_once(self) -> None:
        job = make_job()
        cancelled = job_cancel(job=job, by=owner_of(job.project))
        assert (cancelled.state, cancelled.can_retry) == ("cancelled", True)
        assert cancelled.finished_at is not None
        assert job_claim(job_id=job.pk, worker="a") is None

    def test_a_running_job_is_asked(self) -> None:
        job = make_job()
        job_claim(job_id=job.pk, worker="a")
        asked = job_cancel(job=job, by=owner_of(job.project))
        assert (asked.state, asked.can_cancel) == ("running", False)
        with pytest.raises(JobNotChangeable):
            job_cancel(job=job, by=owner_of(job.project))

    def test_a_cancelled_job_whose_worker_died_ends_cancelled(self) -> None:
        job = make_job()
        job_claim(job_id=job.pk, worker="a")
        job_cancel(job=job, by=owner_of(job.project))
        lapse(job)
        assert job_claim(job_id=job.pk, worker="b") is None
        ended = job_give_up(job_id=job.pk, now=timezone.now())
        assert ended is not None
        assert ended.state == "cancelled"

    @pytest.mark.parametrize("error", [None, {"code": "busy", "message": "later"}])
    def test_a_job_given_back_by_its_run_ends_if_somebody_asked(self, error: dict[str, str] | None) -> None:
        told: list[str] = []

        def listen(*, job: Job, **_: Any) -> None:
            told.append(job.state)

        job = make_job(params={"model_id": 0})
        job_claim(job_id=job.pk, worker="a")
        job_cancel(job=job, by=owner_of(job.project))
        job_ended.connect(listen)
        try:
            ended = job_postpone(job_id=job.pk, worker="a", delay=timedelta(seconds=2), error=error)
        finally:
            job_ended.disconnect(listen)
        assert ended is not None
        assert (ended.state, ended.can_retry, told) == ("cancelled", True, ["cancelled"])

    def test_what_ended_cannot_be_cancelled(self) -> None:
        job = make_job()
        job_claim(job_id=job.pk, worker="a")
        job_finish(job_id=job.pk, worker="a", state=JobState.DONE)
        with pytest.raises(JobNotChangeable):
            job_cancel(job=job, by=owner_of(job.project))

    def test_needs_the_capability_of_the_kind(self) -> None:
        job = make_job()
        with pytest.raises(Forbidden):
            job_cancel(job=job, by=add_member(job.project, Role.ANNOTATOR))
        assert Job.objects.get().state == "queued"


@pytest.mark.django_db
class TestRetry:
    def test_a_failed_job_starts_afresh(self) -> None:
        job = make_job(params={"model_id": 0})
        job_claim(job_id=job.pk, worker="a")
        job_finish(job_id=job.pk, worker="a", state=JobState.FAILED, error={"code": "x", "message": "y"})
        again = job_retry(job=job, by=owner_of(job.project))
        assert (again.state, again.attempt, again.error, again.finished_at) == ("queued", 0, None, None)
        assert states(job) == ["queued", "running", "failed", "queued"]
        assert job_claim(job_id=job.pk, worker="b") is not None

    @pytest.mark.parametrize("running", [True, False])
    def test_an_active_job_cannot(self, running: bool) -> None:
        job = make_job()
        if running:
            job_claim(job_id=job.pk, worker="a")
        with pytest.raises(JobNotChangeable):
            job_retry(job=job, by=owner_of(job.project))

    def test_not_while_another_holds_its_target(self) -> None:
        project = make_project()
        first = make_job(project, target="video:1")
        job_cancel(job=first, by=owner_of(project))
        make_job(project, target="video:1")
        with pytest.raises(JobAlreadyActive):
            job_retry(job=first, by=owner_of(project))

    def test_a_mirror_may_refuse_and_nothing_is_retried(self) -> None:
        def refuse(**_: Any) -> None:
            raise JobAlreadyActive("The place is taken.")

        job = make_job(params={"model_id": 0})
        job_cancel(job=job, by=owner_of(job.project))
        job_requeued.connect(refuse)
        try:
            with pytest.raises(JobAlreadyActive, match="taken"):
                job_retry(job=job, by=owner_of(job.project))
        finally:
            job_requeued.disconnect(refuse)
        assert Job.objects.get().state == "cancelled"
        assert states(job) == ["queued", "cancelled"]


@pytest.mark.django_db
class TestEnd:
    def test_a_job_that_kills_its_workers_is_given_up(self) -> None:
        job = make_job()
        for attempt in range(MAX_LOST_ATTEMPTS):
            assert job_claim(job_id=job.pk, worker=f"w{attempt}") is not None
            lapse(job)
        assert job_claim(job_id=job.pk, worker="last") is None
        ended = job_give_up(job_id=job.pk, now=timezone.now())
        assert ended is not None
        assert ended.error is not None
        assert (ended.state, ended.error["code"]) == ("failed", "worker_lost")

    def test_a_living_job_is_not_given_up(self) -> None:
        job = make_job()
        job_claim(job_id=job.pk, worker="a")
        assert job_give_up(job_id=job.pk, now=timezone.now()) is None

    def test_receivers_are_told_once_and_cannot_undo_the_end(self) -> None:
        told: list[str] = []

        def listen(*, job: Job, **_: Any) -> None:
            told.append(job.state)
            raise RuntimeError("a fault of another app")

        job = make_job()
        job_claim(job_id=job.pk, worker="a")
        job_ended.connect(listen, weak=False)
        try:
            job_finish(job_id=job.pk, worker="a", state=JobState.DONE)
            assert job_finish(job_id=job.pk, worker="a", state=JobState.DONE) is None
        finally:
            job_ended.disconnect(listen)
        assert told == ["done"]
        assert Job.objects.get().state == "done"
