"""Running a pose model over a video."""

from __future__ import annotations

import time

from sbea_engine.io.poses_store import open_poses
from sbea_engine.pipelines.pose import predict_video
from sbea_engine.progress import Progress
from webapp.jobs.task_names import JobKind
from webapp.recordings import storage
from webapp.recordings.sources import video_source_path
from webapp.results.models import PoseResult
from webapp.results.services import result_finish, result_progress
from workers.app import app
from workers.rows import row
from workers.run import JobRun, job_run

NOTE_PERIOD_S = 1.0


@app.task(name=JobKind.POSE_PREDICT, acks_late=True)
def predict_pose(job_id: str) -> None:
    """Predict into the store that the browser already reads; a resumed run goes on after its last chunk."""
    with job_run(job_id) as run:
        results = PoseResult.objects.select_related("model", "video__recording")
        result = row(results, run.params["result_id"], "result")
        if result.state != PoseResult.State.READY and result.model is not None:
            store = storage.stored_path(result.folder)
            predict_video(
                storage.stored_path(result.model.folder),
                video_source_path(video=result.video),
                store,
                on_progress=_Notes(run, result),
            )
            done = open_poses(store)
            result_finish(result=result, frames_done=done.frames_done, individuals=done.individuals)
        run.result = {"result_id": result.pk, "frame_count": result.frame_count}


class _Notes:
    """Reports progress, and notes now and then how many frames can be looked at."""

    def __init__(self, run: JobRun, result: PoseResult) -> None:
        self._run = run
        self._result = result
        self._noted_s = float("-inf")
        self._frames_done = -1

    def __call__(self, progress: Progress) -> None:
        self._run.report(progress)
        if time.monotonic() - self._noted_s < NOTE_PERIOD_S:
            return
        self._noted_s = time.monotonic()
        store = open_poses(storage.stored_path(self._result.folder))
        if store.frames_done != self._frames_done:
            self._frames_done = store.frames_done
            result_progress(result=self._result, frames_done=self._frames_done, individuals=store.individuals)
