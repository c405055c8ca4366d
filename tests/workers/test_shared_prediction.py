"""A prediction that other workers help with: through the tasks, with real claims."""

from __future__ import annotations

import functools
import threading
from contextlib import nullcontext
from typing import Any

import numpy as np
import pytest
import torch
from celery.exceptions import Ignore
from django.db import connection

from sbea_engine.io.poses_store import open_poses
from sbea_engine.pipelines import shared_prediction
from sbea_engine.pipelines.pose_video import predict_video
from sbea_engine.pipelines.shared_prediction import SharedPrediction
from sbea_engine.progress import Progress
from tests.webapp.factories import make_project, owner_of
from tests.workers.project_rows import finish, make_labelled_video
from tests.workers.test_training import trained
from webapp.jobs.models import Job, JobRange
from webapp.jobs.services import job_cancel
from webapp.jobs.task_names import PREDICT_HELP
from webapp.recordings import storage
from webapp.recordings.models import Video
from webapp.recordings.sources import video_source_path
from webapp.results.models import PoseResult
from webapp.results.services import prediction_start
from workers import predictions, sharing
from workers.predictions import help_predict_pose, predict_pose
from workers.run import JobRun

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture
def video() -> Video:
    return make_labelled_video(make_project())


@pytest.fixture
def invited(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """Small ranges, and what is sent instead of sending it."""
    monkeypatch.setattr(
        predictions,
        "SharedPrediction",
        functools.partial(SharedPrediction, threads=1, chunk=4, range_chunks=2),
    )
    monkeypatch.setattr(shared_prediction, "WAIT_S", 0.02)
    monkeypatch.setattr(sharing, "HOLD_PERIOD_S", 0.0)
    sent: list[tuple[str, int]] = []
    monkeypatch.setattr(predictions, "ask_for_help", lambda *_, task, count: sent.append((task, count)))
    return sent


def begun(video: Video) -> PoseResult:
    model = trained(video)
    result = prediction_start(model=model, video=video, by=owner_of(model.project))
    assert result.job is not None
    return result


def job_of(result: PoseResult) -> Job:
    """As it is now."""
    assert result.job_id is not None
    return Job.objects.get(pk=result.job_id)


def test_helpers_do_ranges_and_the_numbers_are_those_of_one_run(
    video: Video, invited: list[tuple[str, int]], monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    result = begun(video)
    helped: list[int] = []
    # Beside it in this process nobody would help; these two stand for processes of their own.
    monkeypatch.setattr(predictions, "once_in_this_process", lambda _: nullcontext(True))
    real = SharedPrediction.help

    def counted(self: SharedPrediction) -> int | None:
        number = real(self)
        if number is not None:
            helped.append(number)
        return number

    monkeypatch.setattr(SharedPrediction, "help", counted)

    def other_worker() -> None:
        try:
            while True:
                if JobRange.objects.exists() and not JobRange.objects.filter(finished=False).exists():
                    return
                try:
                    help_predict_pose(str(result.job_id))
                except Ignore:
                    if job_of(result).state == "done":
                        return
        finally:
            connection.close()

    threads = [threading.Thread(target=other_worker) for _ in range(2)]
    for thread in threads:
        thread.start()
    job = finish(predict_pose, result.job)
    for thread in threads:
        thread.join(60)
    assert job.error is None
    assert invited[0] == (PREDICT_HELP, 3)  # thirty frames are four ranges
    assert helped
    result.refresh_from_db()
    assert (result.state, result.frames_done) == ("ready", 30)
    assert not JobRange.objects.exists()
    assert result.model is not None
    alone = tmp_path / "alone"
    predict_video(
        storage.stored_path(result.model.folder), video_source_path(video=video), alone, threads=1, chunk=4
    )
    found, wanted = open_poses(storage.stored_path(result.folder)).window(), open_poses(alone).window()
    np.testing.assert_array_equal(found.points_px, wanted.points_px)
    np.testing.assert_array_equal(found.confidence, wanted.confidence)


def test_nobody_helps_beside_the_leader_in_one_process(video: Video, invited: list[tuple[str, int]]) -> None:
    result = begun(video)
    job_id = str(result.job_id)
    with sharing.once_in_this_process(job_id) as first:
        assert first
        Job.objects.filter(pk=job_of(result).pk).update(state="running")
        for _ in range(2):
            with pytest.raises(Ignore):
                help_predict_pose(job_id)
        assert sharing.invitations_to_pass_on(job_id) == 2
        assert sharing.invitations_to_pass_on(job_id) == 0, "each goes on once"
    assert not JobRange.objects.exists()
    assert sharing.invitations_to_pass_on(job_id) == 0, "nobody is left to pass on anything"


def test_the_leader_passes_on_invitations_that_came_back_to_it(
    video: Video, invited: list[tuple[str, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(predictions, "PASS_ON_PERIOD_S", 0.0)
    result = begun(video)
    real = JobRun.report
    came = [False]

    def invitation_comes(self: JobRun, progress: Progress) -> None:
        if invited and not came[0]:
            came[0] = True
            with pytest.raises(Ignore):
                help_predict_pose(str(result.job_id))
        real(self, progress)

    monkeypatch.setattr(JobRun, "report", invitation_comes)
    assert finish(predict_pose, result.job).error is None
    assert came[0]
    assert invited == [(PREDICT_HELP, 3), (PREDICT_HELP, 1)]


@pytest.mark.parametrize("state", ["queued", "done", "cancelled"])
def test_an_invitation_that_comes_too_late_does_nothing(
    video: Video, invited: list[tuple[str, int]], state: str
) -> None:
    result = begun(video)
    Job.objects.filter(pk=job_of(result).pk).update(state=state)
    with pytest.raises(Ignore):
        help_predict_pose(str(result.job_id))


def test_cancelling_stops_helpers_too(
    video: Video, invited: list[tuple[str, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    result = begun(video)
    Job.objects.filter(pk=job_of(result).pk).update(state="running", worker="elsewhere")
    sharing.JobRanges(job_of(result).pk, leads=True).lay_out(4)
    real = sharing.JobRanges.hold

    def cancelled_then(self: sharing.JobRanges, number: int, frames: int) -> None:
        job = job_of(result)
        if job.can_cancel:
            job_cancel(job=job, by=owner_of(job.project))
        real(self, number, frames)

    monkeypatch.setattr(sharing.JobRanges, "hold", cancelled_then)
    with pytest.raises(Ignore):
        help_predict_pose(str(result.job_id))
    assert not JobRange.objects.filter(finished=True).exists()
    assert invited == [], "it does not stand in line again"
