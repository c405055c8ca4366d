"""Whatever a killed worker was doing: the job ends done, failed with a reason, or goes on elsewhere."""

from __future__ import annotations

import signal
from typing import Any

import pytest

from tests.workers.studio import Studio, kill, wait_for

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]

FINAL = {"done", "failed", "cancelled"}


def ended(studio: Studio, job: str) -> dict[str, Any] | None:
    row: dict[str, Any] = studio.ask("look", job=job)
    return row if row["state"] in FINAL else None


def has_counted_to(studio: Studio, job: str, step: int) -> bool:
    return any(done >= step for _, done in studio.trace(job))


class TestKilledWorker:
    def test_the_job_resumes_from_its_checkpoint_and_ends_done_once(self, studio: Studio) -> None:
        job = studio.ask("start", steps=60, step_s=0.1)
        first = studio.start_worker()
        wait_for(lambda: has_counted_to(studio, job, 10), "ten steps")
        kill(first)
        reached = studio.trace(job)[-1][1]
        assert studio.ask("look", job=job)["state"] == "running"
        studio.start_worker()
        row = wait_for(lambda: ended(studio, job), "the end of the job")
        assert (row["state"], row["result"], row["attempt"]) == ("done", {"counted": 60}, 2)
        assert row["states"] == ["queued", "running", "running", "done"]
        resumed = [step for attempt, step in studio.trace(job) if attempt == 2]
        assert resumed[0] in (reached, reached + 1), "it went on where the checkpoint was"
        assert resumed[-1] == 59

    def test_a_message_that_died_with_its_worker_is_sent_again(self, studio: Studio) -> None:
        jobs = [studio.ask("start", steps=15, step_s=0.1) for _ in range(4)]
        first = studio.start_worker()
        wait_for(lambda: any(has_counted_to(studio, job, 3) for job in jobs), "some steps")
        kill(first)
        studio.start_worker()
        for job in jobs:
            row = wait_for(lambda job=job: ended(studio, job), "the end of every job")  # type: ignore[misc]
            assert row["state"] == "done"
            assert row["states"].count("done") == 1

    def test_two_workers_never_run_the_same_job(self, studio: Studio) -> None:
        workers = [studio.start_worker(), studio.start_worker()]
        jobs = [studio.ask("start", steps=10, step_s=0.05) for _ in range(6)]
        for job in jobs:
            row = wait_for(lambda job=job: ended(studio, job), "the end of every job")  # type: ignore[misc]
            assert (row["state"], row["attempt"]) == ("done", 1)
            assert studio.trace(job) == [(1, step) for step in range(10)]
        assert all(worker.poll() is None for worker in workers)


class TestStop:
    def test_cancel_ends_a_running_job_within_five_seconds(self, studio: Studio) -> None:
        studio.start_worker()
        job = studio.ask("start", steps=10_000, step_s=0.05)
        wait_for(lambda: has_counted_to(studio, job, 3), "three steps")
        studio.ask("cancel", job=job)
        row = wait_for(lambda: ended(studio, job), "the end of the cancelled job", within_s=5.0)
        assert (row["state"], row["error"]) == ("cancelled", None)

    def test_a_worker_that_is_told_to_stop_gives_its_job_back(self, studio: Studio) -> None:
        job = studio.ask("start", steps=60, step_s=0.1)
        first = studio.start_worker()
        wait_for(lambda: has_counted_to(studio, job, 5), "five steps")
        first.send_signal(signal.SIGTERM)
        first.wait(60)
        row = studio.ask("look", job=job)
        assert (row["state"], row["attempt"]) == ("queued", 0)
        studio.start_worker()
        row = wait_for(lambda: ended(studio, job), "the end of the job")
        assert (row["state"], row["attempt"]) == ("done", 1)
        steps = [step for _, step in studio.trace(job)]
        assert steps == sorted(steps), "no step was taken from the start again"
