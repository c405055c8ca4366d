"""A run of a job: how the block ends decides how the job ends."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.utils import timezone

from sbea_engine.errors import BadInput, Cancelled, EngineError
from sbea_engine.progress import Progress
from tests.webapp.factories import make_job, owner_of
from webapp.api.errors import Invalid
from webapp.jobs.models import Job, JobEvent
from webapp.jobs.pausing import job_pause, job_resume
from webapp.jobs.services import MAX_ATTEMPTS, job_cancel, job_claim
from workers import run as run_module
from workers.run import LeaseLost, NotClaimed, PauseAsked, job_run

pytestmark = pytest.mark.django_db(transaction=True)

DEADLINE_S = 20.0


@pytest.fixture(autouse=True)
def _not_stopping() -> Iterator[None]:
    yield
    run_module._stopping.clear()


def report_until(run: run_module.JobRun) -> None:
    """Report until a report raises; fails the test where none does."""
    end = time.monotonic() + DEADLINE_S
    while time.monotonic() < end:
        run.report(Progress(stage="count", done=1, total=2))
        time.sleep(0.02)
    raise AssertionError("nobody stopped the run")


def reload(job: Job) -> Job:
    return Job.objects.get(pk=job.pk)


class TestGoodEnd:
    def test_done_with_its_result_and_a_clean_folder(self) -> None:
        job = make_job(params={"n": 3})
        with job_run(str(job.pk)) as run:
            assert (run.params, run.job.attempt) == ({"n": 3}, 1)
            (run.scratch / "note").write_text("x")
            run.report(Progress(stage="count", done=3, total=3, metrics={"loss": 0.5}, message="halfway"))
            run.result["answer"] = 42
        row = reload(job)
        assert (row.state, row.result, row.error) == ("done", {"answer": 42}, None)
        assert (row.progress["done"], row.progress["metrics"]) == (3, {"loss": 0.5})
        assert not run.scratch.exists()
        kinds = list(JobEvent.objects.filter(job=job).order_by("seq").values_list("kind", flat=True))
        assert kinds == ["state", "state", "log", "metrics", "progress", "state"]

    def test_a_second_message_for_the_same_job_runs_nothing(self) -> None:
        job = make_job()
        runs = []
        with job_run(str(job.pk)):
            runs.append(1)
        with pytest.raises(NotClaimed), job_run(str(job.pk)):
            runs.append(2)
        assert runs == [1]
        assert reload(job).attempt == 1


def stop_with(error: Exception) -> None:
    """Raise it; behind a call, because `job_run` swallows it and the test goes on."""
    raise error


class Busy(EngineError):
    code, permanent = "busy", False


class TestBadEnd:
    @pytest.mark.parametrize(
        ("error", "code"),
        [
            (BadInput("video.mp4 has no frames."), "bad_input"),
            (Invalid("Too few labels."), "invalid"),
            (FileNotFoundError("gone.mp4"), "io_error"),
            (ZeroDivisionError("division by zero"), "internal_error"),
        ],
    )
    def test_a_permanent_error_fails_at_once(self, error: Exception, code: str) -> None:
        job = make_job()
        with job_run(str(job.pk)) as run:
            stop_with(error)
        row = reload(job)
        assert row.error is not None
        assert (row.state, row.error["code"], row.attempt) == ("failed", code, 1)
        assert str(error) in row.error["message"]
        assert run.scratch.exists(), "a retry may find its checkpoint"

    @pytest.mark.parametrize("error", [Busy("later"), OperationalError("locked"), ConnectionError("reset")])
    def test_a_transient_error_is_tried_three_times(self, error: Exception) -> None:
        job = make_job()
        for _ in range(MAX_ATTEMPTS):
            with job_run(str(job.pk)):
                stop_with(error)
            Job.objects.filter(pk=job.pk, state="queued").update(not_before=None)
        row = reload(job)
        assert (row.state, row.attempt) == ("failed", MAX_ATTEMPTS)

    def test_a_transient_error_waits_before_the_next_attempt(self) -> None:
        job = make_job()
        with job_run(str(job.pk)):
            stop_with(Busy("later"))
        row = reload(job)
        assert row.state == "queued"
        assert row.not_before is not None
        with pytest.raises(NotClaimed), job_run(str(job.pk)):
            raise AssertionError("too early")


class TestStopping:
    def test_a_request_to_cancel_reaches_the_next_report(self) -> None:
        job = make_job()
        with job_run(str(job.pk)) as run:
            job_cancel(job=job, by=owner_of(job.project))
            with pytest.raises(Cancelled):
                report_until(run)
            stop_with(Cancelled())
        row = reload(job)
        assert (row.state, row.error) == ("cancelled", None)

    def test_a_request_to_pause_reaches_the_next_report(self) -> None:
        job = make_job()
        with job_run(str(job.pk)) as run:
            job_pause(job=job, by=owner_of(job.project))
            report_until(run)
        row = reload(job)
        assert (row.state, row.error, row.attempt) == ("paused", None, 0)
        assert run.scratch.exists(), "its checkpoint waits there"
        with pytest.raises(NotClaimed), job_run(str(job.pk)):
            raise AssertionError("nobody resumed it")
        job_resume(job=row, by=owner_of(job.project))
        with job_run(str(job.pk)) as run:
            run.result["answer"] = 42
        assert reload(job).state == "done"

    def test_cancelled_while_it_pauses(self) -> None:
        job = make_job()
        with job_run(str(job.pk)) as run:
            job_pause(job=job, by=owner_of(job.project))
            with pytest.raises(PauseAsked) as caught:
                report_until(run)
            job_cancel(job=job, by=owner_of(job.project))
            stop_with(caught.value)
        assert reload(job).state == "cancelled"

    def test_a_run_that_was_taken_over_stops_and_writes_nothing(self) -> None:
        job = make_job()
        with job_run(str(job.pk)) as run:
            Job.objects.filter(pk=job.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
            assert job_claim(job_id=job.pk, worker="other") is not None
            with pytest.raises(LeaseLost):
                report_until(run)
            run.result["by"] = "the first"
        row = reload(job)
        assert (row.state, row.worker, row.result) == ("running", "other", None)

    def test_a_stopping_worker_gives_the_job_back(self) -> None:
        job = make_job()
        with job_run(str(job.pk)) as run:
            run_module.stop_all_runs()
            report_until(run)
        row = reload(job)
        assert (row.state, row.attempt, row.worker) == ("queued", 0, "")
        assert run.scratch.exists()

    def test_a_stopping_worker_ends_a_job_that_somebody_cancelled(self) -> None:
        job = make_job()
        with job_run(str(job.pk)) as run:
            run_module.stop_all_runs()
            job_cancel(job=job, by=owner_of(job.project))
            report_until(run)
        assert reload(job).state == "cancelled"

    def test_the_lease_is_kept_while_the_engine_is_silent(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(run_module, "HEARTBEAT_S", 0.0)
        job = make_job()
        with job_run(str(job.pk)):
            before = reload(job).heartbeat_at
            assert before is not None
            end = time.monotonic() + DEADLINE_S
            while time.monotonic() < end and (reload(job).heartbeat_at or before) <= before:
                time.sleep(0.05)
            assert (reload(job).heartbeat_at or before) > before


def test_reports_from_several_threads_are_all_counted_in_one_log() -> None:
    job = make_job()

    def speak(number: int) -> None:
        try:
            run.log(f"line {number}")
        finally:
            connection.close()

    with job_run(str(job.pk)) as run:
        threads = [threading.Thread(target=speak, args=(i,)) for i in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    lines: list[dict[str, Any]] = list(
        JobEvent.objects.filter(job=job, kind="log").values_list("data", flat=True)
    )
    assert sorted(line["message"] for line in lines) == sorted(f"line {i}" for i in range(20))
