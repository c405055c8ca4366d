"""A paused job waits for a person: who may pause, what moves it, what does not."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from tests.webapp.factories import add_member, client_of, make_job, make_project, owner_of, send
from webapp.accounts.models import Role
from webapp.api.errors import Forbidden
from webapp.jobs.errors import JobAlreadyActive, JobNotChangeable
from webapp.jobs.models import Job, JobEvent, JobState
from webapp.jobs.pausing import job_pause, job_rest, job_resume
from webapp.jobs.reconciler import job_folders_forget, jobs_reconcile
from webapp.jobs.selectors import job_recent
from webapp.jobs.services import job_cancel, job_claim, job_finish, job_postpone, jobs_release
from webapp.jobs.task_names import JobKind
from webapp.recordings import storage

pytestmark = pytest.mark.django_db


def pause(job: Job) -> Job:
    return job_pause(job=job, by=owner_of(job.project))


def resume(job: Job) -> Job:
    return job_resume(job=job, by=owner_of(job.project))


def running(**fields: Any) -> Job:
    job = make_job(**fields)
    assert job_claim(job_id=job.pk, worker="host:1:a") is not None
    return job


def paused() -> Job:
    job = running()
    pause(job)
    assert job_rest(job_id=job.pk, worker="host:1:a") is not None
    return Job.objects.get(pk=job.pk)


def reconcile() -> int:
    return jobs_reconcile(worker_started_at=timezone.now()).sent


def states(job: Job) -> list[str]:
    rows = JobEvent.objects.filter(job=job, kind="state").order_by("seq")
    return [row.data["state"] for row in rows]


class TestPause:
    def test_a_waiting_job_rests_at_once(self) -> None:
        job = pause(make_job())
        assert (job.state, job.can_pause, job.can_resume, job.can_cancel) == ("paused", False, True, True)
        assert job_claim(job_id=job.pk, worker="b") is None

    def test_a_running_job_is_asked_and_rests_without_losing_an_attempt(self) -> None:
        job = running()
        asked = pause(job)
        assert (asked.state, asked.can_pause, asked.can_resume) == ("running", False, False)
        rests = job_rest(job_id=job.pk, worker="host:1:a")
        assert rests is not None
        assert (rests.state, rests.attempt, rests.worker, rests.lease_until) == ("paused", 0, "", None)
        assert states(job) == ["queued", "running", "running", "paused"]

    def test_a_run_whose_job_was_taken_over_does_not_set_it_aside(self) -> None:
        job = running()
        pause(job)
        assert job_rest(job_id=job.pk, worker="another") is None

    def test_a_run_that_was_not_asked_does_not(self) -> None:
        assert job_rest(job_id=running().pk, worker="host:1:a") is None

    @pytest.mark.parametrize("state", [JobState.DONE, JobState.FAILED, JobState.CANCELLED])
    def test_what_ended_cannot_be_paused(self, state: JobState) -> None:
        job = running()
        job_finish(job_id=job.pk, worker="host:1:a", state=state)
        with pytest.raises(JobNotChangeable):
            pause(job)

    def test_nor_what_is_paused_or_being_stopped(self) -> None:
        with pytest.raises(JobNotChangeable):
            pause(paused())
        job = running()
        job_cancel(job=job, by=owner_of(job.project))
        with pytest.raises(JobNotChangeable):
            pause(job)

    def test_nor_a_kind_that_keeps_no_checkpoint(self) -> None:
        job = make_job(kind=JobKind.VIDEO_INGEST)
        assert not job.can_pause
        with pytest.raises(JobNotChangeable, match="Only a training"):
            pause(job)

    def test_a_run_that_ends_before_it_sees_the_request_has_ended(self) -> None:
        job = running()
        pause(job)
        done = job_finish(job_id=job.pk, worker="host:1:a", state=JobState.DONE)
        assert done is not None
        assert (done.state, done.pause_requested_at) == ("done", None)


class TestWhatMovesIt:
    def test_resuming_queues_it(self) -> None:
        job = resume(paused())
        assert job.state == "queued"
        claimed = job_claim(job_id=job.pk, worker="b")
        assert claimed is not None
        assert (claimed.attempt, claimed.started_at is not None) == (1, True)
        assert JobEvent.objects.filter(job=job, data__has_key="resumed_by").count() == 1

    def test_cancelling_ends_it(self) -> None:
        job = paused()
        assert job_cancel(job=job, by=owner_of(job.project)).state == "cancelled"

    @pytest.mark.parametrize("make", [make_job, running])
    def test_only_a_paused_job_can_be_resumed(self, make: Any) -> None:
        with pytest.raises(JobNotChangeable):
            resume(make())

    def test_a_restart_of_the_machine_does_not(self) -> None:
        job = paused()
        jobs_release(worker_prefix="host:1:")
        assert reconcile() == 0
        assert job_claim(job_id=job.pk, worker="b") is None
        assert Job.objects.get().state == "paused"

    def test_nor_does_time(self) -> None:
        job = paused()
        Job.objects.update(created_at=timezone.now() - timedelta(days=90))
        folder = storage.job_folder(job.pk)
        folder.mkdir(parents=True)
        assert job_folders_forget() == 0
        assert folder.exists()
        assert [one.pk for one in job_recent(project_id=job.project_id)] == [job.pk]


class TestDeathsMeanwhile:
    def test_a_worker_that_dies_before_it_sees_the_request_leaves_it_paused(self) -> None:
        job = running()
        pause(job)
        jobs_release(worker_prefix="host:1:")
        assert job_claim(job_id=job.pk, worker="b") is None
        assert reconcile() == 0
        assert Job.objects.get().state == "paused"
        assert job_claim(job_id=resume(job).pk, worker="b") is not None

    @pytest.mark.parametrize("error", [None, {"code": "busy", "message": "later"}])
    def test_so_does_one_that_gives_it_back(self, error: dict[str, str] | None) -> None:
        job = running()
        pause(job)
        rests = job_postpone(job_id=job.pk, worker="host:1:a", delay=timedelta(seconds=2), error=error)
        assert rests is not None
        assert (rests.state, rests.not_before) == ("paused", None)

    def test_whoever_cancels_after_pausing_is_heard(self) -> None:
        job = running()
        pause(job)
        job_cancel(job=job, by=owner_of(job.project))
        assert job_rest(job_id=job.pk, worker="host:1:a") is None
        ended = job_postpone(job_id=job.pk, worker="host:1:a", delay=timedelta(0))
        assert ended is not None
        assert ended.state == "cancelled"


def test_it_keeps_its_target() -> None:
    project = make_project()
    first = pause(make_job(project, target="model:1"))
    with pytest.raises(JobAlreadyActive) as caught:
        make_job(project, target="model:1")
    assert caught.value.data == {"job_id": str(first.pk)}


def test_it_frees_a_place_among_the_jobs_of_the_project(settings: Any) -> None:
    settings.SBEA_MAX_ACTIVE_JOBS = 1
    project = make_project()
    pause(make_job(project))
    make_job(project)


def test_rights_are_those_of_cancelling() -> None:
    job = make_job()
    annotator = add_member(job.project, Role.ANNOTATOR)
    for change in (job_pause, job_resume):
        with pytest.raises(Forbidden):
            change(job=job, by=annotator)
    assert Job.objects.get().state == "queued"


def test_over_http() -> None:
    job = make_job()
    client = client_of(owner_of(job.project))
    answer = send(client, "POST", f"/api/v1/jobs/{job.pk}/pause")
    assert (answer.status_code, answer.json()["state"], answer.json()["can_resume"]) == (200, "paused", True)
    assert send(client, "POST", f"/api/v1/jobs/{job.pk}/pause").status_code == 409
    answer = send(client, "POST", f"/api/v1/jobs/{job.pk}/resume")
    assert (answer.status_code, answer.json()["state"]) == (202, "queued")
