"""Making 3D poses of a recording from the predictions of its views."""

from __future__ import annotations

import time
from pathlib import Path

from sbea_engine.data.camera import CameraGroup
from sbea_engine.data.sync import SyncTable
from sbea_engine.io.poses3d_store import open_poses3d
from sbea_engine.pipelines.reconstruct import reconstruct
from sbea_engine.progress import Progress
from webapp.jobs.task_names import JobKind
from webapp.recordings import storage
from webapp.results.models import PoseResult, Reconstruction
from webapp.results.reconstructions.services import reconstruction_finish, reconstruction_progress
from workers.app import app
from workers.rows import row
from workers.run import JobRun, job_run

NOTE_PERIOD_S = 1.0


@app.task(name=JobKind.POSE_RECONSTRUCT, acks_late=True)
def reconstruct_poses(job_id: str) -> None:
    """Triangulate into the store that the browser reads; a resumed run goes on after its last chunk."""
    with job_run(job_id) as run:
        rows = Reconstruction.objects.select_related("recording", "calibration")
        found = row(rows, run.params["reconstruction_id"], "reconstruction")
        if found.state != Reconstruction.State.READY:
            store = storage.stored_path(found.folder)
            made = reconstruct(
                CameraGroup.from_dict(found.calibration.cameras),
                {entry["view"]: _poses_of(entry["result_id"]) for entry in found.inputs},
                store,
                sync=SyncTable.from_dict(found.sync),
                on_progress=_Notes(run, found),
            )
            done = open_poses3d(store)
            reconstruction_finish(
                reconstruction=found, ticks_done=done.ticks_done, individuals=done.individuals
            )
            run.result["warnings"] = list(made.warnings)
        run.result |= {"reconstruction_id": found.pk, "tick_count": found.tick_count}


def _poses_of(result_id: int) -> Path:
    result = row(PoseResult.objects.all(), result_id, "result")
    return storage.stored_path(result.folder)


class _Notes:
    """Notes now and then how many ticks can be looked at, and reports progress after that.

    In this order, because whoever hears of the progress reads the row.
    """

    def __init__(self, run: JobRun, found: Reconstruction) -> None:
        self._run = run
        self._found = found
        self._noted_s = float("-inf")
        self._ticks_done = -1

    def __call__(self, progress: Progress) -> None:
        if time.monotonic() - self._noted_s >= NOTE_PERIOD_S:
            self._noted_s = time.monotonic()
            self._note()
        self._run.report(progress)

    def _note(self) -> None:
        folder = storage.stored_path(self._found.folder)
        if not (folder / "progress.json").exists():
            return
        store = open_poses3d(folder)
        if store.ticks_done != self._ticks_done:
            self._ticks_done = store.ticks_done
            reconstruction_progress(
                reconstruction=self._found, ticks_done=self._ticks_done, individuals=store.individuals
            )
