"""A job that makes 3D poses as far as a test says and no further.

`python -m tests.e2e.paced_job RECORDING MODEL TRUTH`, run beside a studio, starts the reconstruction through
the services and is its worker. It prints its number, then takes lines: a number of ticks, to which it writes
the truth; `finish`; or `fail` with words. Each is answered with `ok` when its row is committed.
"""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from sbea_engine.io.poses3d_store import Poses3DWriter, open_poses3d
from tests.e2e.studio_server import ROOT, StudioServer

if TYPE_CHECKING:
    from uuid import UUID

    from webapp.jobs.models import JobState
    from webapp.results.models import Reconstruction

WORKER = "paced by a test"
# Ticks that become visible together; small, so that a short recording grows in many steps.
CHUNK = 64
SIGMA_MM = 0.5
HEARTBEAT_S = 4.0


class PacedJob:
    """The test's end of it."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.reconstruction_id = int(self._answer())

    def write(self, ticks: int) -> None:
        """Make the ticks before this one; a multiple of `CHUNK`."""
        self._say(str(ticks))

    def finish(self) -> None:
        """Make the rest and end well."""
        self._say("finish")

    def fail(self, words: str) -> None:
        """End with an error."""
        self._say(f"fail {words}")

    def _say(self, line: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()
        assert self._answer() == "ok"

    def _answer(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline().strip()
        assert line, "the paced job ended; its words are on standard error"
        return line


@contextmanager
def paced_job(studio: StudioServer, recording_id: int, model_id: int, truth: Path) -> Iterator[PacedJob]:
    """A job beside a studio; it ends with the test at the latest."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.e2e.paced_job", str(recording_id), str(model_id), str(truth)],
        cwd=ROOT,
        env=studio.environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield PacedJob(process)
    finally:
        process.kill()
        process.communicate()


def _start(recording_id: int, model_id: int) -> Reconstruction:
    from django.db import transaction

    from webapp.accounts.models import User
    from webapp.jobs.services import job_claim
    from webapp.recordings.models import Recording
    from webapp.results.reconstructions.services import reconstruction_start
    from webapp.training.models import PoseModel

    # In one transaction: when the queue hears of the job it is this worker's already.
    with transaction.atomic():
        found = reconstruction_start(
            recording=Recording.objects.get(pk=recording_id),
            model=PoseModel.objects.get(pk=model_id),
            by=User.objects.filter(is_superuser=True).order_by("pk")[0],
        )
        assert found.job is not None
        assert job_claim(job_id=found.job.pk, worker=WORKER) is not None
    return found


class _Work:
    def __init__(self, found: Reconstruction, truth: Path) -> None:
        from webapp.recordings import storage

        assert found.job is not None
        self._found = found
        self._job_id: UUID = found.job.pk
        self._given = 0
        with np.load(truth, allow_pickle=False) as arrays:
            self._points_mm = arrays["points_mm"]
            self._individuals = tuple(arrays["individuals"].tolist())
        self._folder = storage.stored_path(found.folder)

    @cached_property
    def _writer(self) -> Poses3DWriter:
        """Made with the first poses: where there are none, another worker can begin."""
        return Poses3DWriter(
            self._folder,
            skeleton=self._found.model.skeleton.noun,
            individuals=self._individuals,
            views=tuple(self._found.views),
            ticks=np.arange(self._found.tick_count, dtype=np.int64),
            chunk=CHUNK,
        )

    def beat(self) -> None:
        """Say now and then that this worker lives, however long the test looks at what came."""
        from webapp.jobs.services import job_heartbeat

        while job_heartbeat(job_id=self._job_id, worker=WORKER):
            time.sleep(HEARTBEAT_S)

    def write(self, ticks: int) -> None:
        from webapp.jobs.log import Line
        from webapp.jobs.models import JobEvent
        from webapp.jobs.services import job_report
        from webapp.results.reconstructions.services import reconstruction_progress

        points = self._points_mm[self._given : ticks]
        self._given = ticks
        shape = points.shape[:-1]
        self._writer.append(
            points_mm=points,
            sigma_mm=np.full(shape, SIGMA_MM, np.float32),
            n_views=np.full(shape, len(self._found.views), np.int8),
            residual_px=np.full((len(self._found.views), *shape), 0.3, np.float32),
        )
        done = self._writer.ticks_done
        reconstruction_progress(reconstruction=self._found, ticks_done=done, individuals=self._individuals)
        at = {"stage": "reconstruct", "done": done, "total": self._found.tick_count}
        progress = at | {"metrics": {}, "rate": None, "eta_s": None}
        line = Line(JobEvent.Kind.PROGRESS, progress)
        assert job_report(job_id=self._job_id, worker=WORKER, progress=progress, lines=[line])

    def finish(self) -> None:
        from sbea_engine.pipelines.reconstruct_figures import extent_mm
        from webapp.jobs.models import JobState
        from webapp.results.reconstructions.services import Outcome, reconstruction_finish

        self.write(self._found.tick_count)
        self._writer.finish()
        done = open_poses3d(self._folder)
        outcome = Outcome(ticks_done=done.ticks_done, individuals=done.individuals, bounds_mm=extent_mm(done))
        reconstruction_finish(reconstruction=self._found, outcome=outcome)
        self._end(JobState.DONE)

    def fail(self, words: str) -> None:
        from webapp.jobs.models import JobState

        self._end(JobState.FAILED, words)

    def _end(self, state: JobState, words: str = "") -> None:
        from webapp.jobs.services import job_finish

        error = {"code": "paced", "message": words, "data": {}, "permanent": True} if words else None
        assert job_finish(job_id=self._job_id, worker=WORKER, state=state, error=error) is not None


def main(recording_id: str, model_id: str, truth: str) -> None:
    import django

    from webapp.config.mode import choose_settings

    choose_settings()
    django.setup()
    found = _start(int(recording_id), int(model_id))
    work = _Work(found, Path(truth))
    threading.Thread(target=work.beat, daemon=True).start()
    print(found.pk, flush=True)
    for line in sys.stdin:
        verb, _, words = line.strip().partition(" ")
        if verb == "finish":
            work.finish()
        elif verb == "fail":
            work.fail(words)
        else:
            work.write(int(verb))
        print("ok", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
