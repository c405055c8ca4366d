"""Running a pose model over a video, alone or with the help of other workers."""

from __future__ import annotations

import logging
import time
import uuid
from pathlib import Path
from typing import cast

from celery.exceptions import Ignore
from django.conf import settings

from sbea_engine.errors import Cancelled, EngineError
from sbea_engine.io.poses_store import open_poses
from sbea_engine.nn.runtime import Runtime
from sbea_engine.pipelines.shared_prediction import SharedPrediction
from sbea_engine.progress import Progress
from webapp.api.errors import AppError
from webapp.jobs.models import Job
from webapp.jobs.queue import ask_for_help
from webapp.jobs.sharing import job_goes_on, job_ranges_clear
from webapp.jobs.task_names import PREDICT_HELP, JobKind
from webapp.recordings import storage
from webapp.recordings.sources import video_source_path
from webapp.results.models import PoseResult
from webapp.results.services import result_finish, result_progress
from workers.app import app
from workers.rows import row
from workers.run import JobRun, job_run
from workers.sharing import (
    JobRanges,
    invitation_came_home,
    invitations_to_pass_on,
    once_in_this_process,
)

logger = logging.getLogger(__name__)

NOTE_PERIOD_S = 1.0
MOST_HELPERS = 15

PASS_ON_PERIOD_S = 5.0
"""Between two tries to give invitations that came back to another worker; one may be starting just now."""


@app.task(name=JobKind.POSE_PREDICT, acks_late=True)
def predict_pose(job_id: str) -> None:
    """Predict into the store that the browser already reads; a resumed run goes on after its last chunk.

    This run leads: it alone writes the store. Others are invited to take ranges of a long video.
    """
    with once_in_this_process(job_id), job_run(job_id) as run:
        result = _result(run.params["result_id"])
        if result.state != PoseResult.State.READY:
            store = storage.stored_path(result.folder)

            def invite(ranges: int) -> None:
                _invite(run.job, min(MOST_HELPERS, ranges - 1))

            shared = _shared(run.job.pk, result, leads=True)
            shared.lead(store, on_begin=invite, on_progress=_Notes(run, result))
            done = open_poses(store)
            result_finish(result=result, frames_done=done.frames_done, individuals=done.individuals)
        job_ranges_clear(job_id=run.job.pk)
        run.result = {"result_id": result.pk, "frame_count": result.frame_count}


@app.task(name=PREDICT_HELP, acks_late=True)
def help_predict_pose(job_id: str) -> None:
    """Do one range of a prediction that another worker leads; then stand in line again, behind other work.

    Whatever goes wrong here is the leader's to find: the range goes back, and it does it itself.
    """
    with once_in_this_process(job_id) as first:
        if not first:
            invitation_came_home(job_id)
            raise Ignore
        job = Job.objects.filter(pk=uuid.UUID(job_id)).first()
        if job is None or not job_goes_on(job_id=job.pk):
            raise Ignore
        try:
            number = _shared(job.pk, _result(job.params["result_id"]), leads=False).help()
        except Cancelled:
            raise Ignore from None
        except (EngineError, AppError, OSError) as error:
            logger.warning("Could not help with job %s: %s", job_id, error)
            raise Ignore from error
        others = invitations_to_pass_on(job_id)
    if number is not None:
        _invite(job, 1 + others)


def _invite(job: Job, count: int) -> None:
    ask_for_help(job.pk, job.kind, task=PREDICT_HELP, count=count)


def _result(result_id: int) -> PoseResult:
    return row(PoseResult.objects.select_related("model", "video__recording"), result_id, "result")


def _shared(job_id: uuid.UUID, result: PoseResult, *, leads: bool) -> SharedPrediction:
    assert result.model is not None  # only what came from elsewhere has none, and no job predicts it
    return SharedPrediction(
        storage.stored_path(result.model.folder),
        video_source_path(video=result.video),
        JobRanges(job_id, leads=leads),
        _parts(job_id),
        runtime=cast("Runtime", settings.SBEA_POSE_RUNTIME),
    )


def _parts(job_id: uuid.UUID) -> Path:
    return storage.job_folder(job_id) / "parts"


class _Notes:
    """Reports progress, and notes now and then how many frames can be looked at; passes invitations on."""

    def __init__(self, run: JobRun, result: PoseResult) -> None:
        self._run = run
        self._result = result
        self._noted_s = float("-inf")
        self._passed_on_s = time.monotonic()
        self._frames_done = -1

    def __call__(self, progress: Progress) -> None:
        self._run.report(progress)
        self._pass_on()
        if time.monotonic() - self._noted_s < NOTE_PERIOD_S:
            return
        self._noted_s = time.monotonic()
        store = open_poses(storage.stored_path(self._result.folder))
        if store.frames_done != self._frames_done:
            self._frames_done = store.frames_done
            result_progress(result=self._result, frames_done=self._frames_done, individuals=store.individuals)

    def _pass_on(self) -> None:
        if time.monotonic() - self._passed_on_s < PASS_ON_PERIOD_S:
            return
        self._passed_on_s = time.monotonic()
        if count := invitations_to_pass_on(str(self._run.job.pk)):
            _invite(self._run.job, count)
