"""One run of one job: claim, heartbeat, throttled progress, cancel, pause, and what an exception means."""

from __future__ import annotations

import logging
import os
import shutil
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from celery.exceptions import Ignore
from django.db import DatabaseError, InterfaceError, OperationalError, connection

from sbea_engine.errors import Cancelled, EngineError
from sbea_engine.progress import Progress
from webapp.api.errors import AppError
from webapp.api.told import data_without_folders
from webapp.jobs.models import Job, JobState
from webapp.jobs.pausing import job_rest
from webapp.jobs.selectors import job_standing
from webapp.jobs.services import (
    HEARTBEAT_S,
    MAX_ATTEMPTS,
    job_claim,
    job_finish,
    job_heartbeat,
    job_postpone,
    job_report,
)
from webapp.jobs.worker_names import run_name
from webapp.recordings import storage
from workers.progress import ProgressBuffer
from workers.told import told

logger = logging.getLogger(__name__)

# How often a run looks for a request to cancel or to pause; well within the second that is promised.
PULSE_S = 0.5
_TRANSIENT = (OperationalError, InterfaceError, ConnectionError, TimeoutError)

_stopping = threading.Event()


class NotClaimed(Ignore):
    """The job is done, cancelled or runs elsewhere; Celery drops the message without a word."""


class LeaseLost(Cancelled):
    """Another run has taken the job over; this one must stop and write nothing."""

    code = "lease_lost"


class PauseAsked(Cancelled):
    """Somebody paused the job; it stops where another run can go on."""

    code = "pause_asked"


class WorkerStopping(Cancelled):
    """The worker process shuts down; the job goes back to the queue."""

    code = "worker_stopping"


def stop_all_runs() -> None:
    """Make every run of this process give its job back at its next report."""
    _stopping.set()


def worker_is_stopping() -> bool:
    """Whether this process shuts down, so that what it has in hand goes back."""
    return _stopping.is_set()


class JobRun:
    """What a task sees of its job.

    Attributes:
        job: The row as it was when claimed.
        scratch: The job's own folder; it outlives a killed worker, so checkpoints belong here.
        result: Stored with the job when the block ends well; fill it with ids and figures.
    """

    def __init__(self, job: Job, worker: str) -> None:
        self.job = job
        self.worker = worker
        self.scratch = storage.job_folder(job.pk)
        self.scratch.mkdir(parents=True, exist_ok=True)
        self.result: dict[str, Any] = {}
        self._buffer = ProgressBuffer()
        self._lock = threading.Lock()
        self._cancel, self._pause = threading.Event(), threading.Event()
        self._lost, self._over = threading.Event(), threading.Event()
        self._pulse = threading.Thread(target=self._beat, name=f"pulse-{job.pk}", daemon=True)

    @property
    def params(self) -> dict[str, Any]:
        """The job's parameters."""
        return dict(self.job.params)

    @property
    def checkpoint(self) -> Path:
        """Folder for what a resumed run reads back; not created here."""
        return self.scratch / "checkpoint"

    def report(self, progress: Progress) -> None:
        """Progress callback for the engine; stored at most twice a second.

        Raises:
            Cancelled: Somebody cancelled or paused the job, the worker stops, or the job was taken over.
        """
        self._stop_if_asked()
        with self._lock:
            self._buffer.add(progress)
        self._flush()

    def log(self, message: str) -> None:
        """Add one line to the job's log."""
        with self._lock:
            self._buffer.add_message(message)
        self._flush()

    def start(self) -> None:
        """Start the heartbeat."""
        self._pulse.start()

    def close(self) -> None:
        """Stop the heartbeat and write what is still waiting."""
        self._over.set()
        self._pulse.join()
        self._flush(now=True)

    @property
    def lost(self) -> bool:
        """Whether the job was taken over, so that this run has nothing left to say."""
        return self._lost.is_set()

    def _stop_if_asked(self) -> None:
        if self._lost.is_set():
            raise LeaseLost("Another worker has taken this job over.")
        if self._cancel.is_set():
            raise Cancelled
        if self._pause.is_set():
            raise PauseAsked("Somebody paused this job.")
        if _stopping.is_set():
            raise WorkerStopping("The worker is shutting down.")

    def _flush(self, *, now: bool = False) -> None:
        with self._lock:
            now_s = time.monotonic()
            if not (now or self._buffer.due(now_s)):
                return
            progress, lines = self._buffer.take(now_s)
            if not lines or self._lost.is_set():
                return
            if not job_report(job_id=self.job.pk, worker=self.worker, progress=progress, lines=lines):
                self._lost.set()

    def _beat(self) -> None:
        """Watch, prolong the lease and write late reports, also while the engine is silent."""
        beat_s = time.monotonic()
        try:
            while not self._over.wait(PULSE_S):
                try:
                    self._look()
                    if time.monotonic() - beat_s >= HEARTBEAT_S:
                        job_heartbeat(job_id=self.job.pk, worker=self.worker)
                        beat_s = time.monotonic()
                    self._flush()
                except DatabaseError as error:
                    # The lease outlives several failed beats; if none succeeds, another run takes over.
                    logger.warning("Job %s: heartbeat failed, will try again: %s", self.job.pk, error)
                    connection.close()
        finally:
            connection.close()

    def _look(self) -> None:
        standing = job_standing(job_id=self.job.pk, worker=self.worker)
        if not standing.ours:
            self._lost.set()
        elif standing.cancel_requested:
            self._cancel.set()
        elif standing.pause_requested:
            self._pause.set()


@contextmanager
def job_run(job_id: str) -> Iterator[JobRun]:
    """Run the block as the job, and turn however it ends into the job's state.

    Leaving the block ends the job as done with `run.result`. An `EngineError` or `AppError` fails it with
    its code; a transient error sends it round again, up to three attempts; `Cancelled` cancels it.

    Raises:
        NotClaimed: There is nothing to run; the block is not entered.
    """
    worker = run_name(os.getpid())
    job = job_claim(job_id=uuid.UUID(job_id), worker=worker)
    if job is None:
        raise NotClaimed(job_id)
    run = JobRun(job, worker)
    run.start()
    try:
        yield run
    except Exception as error:  # every end of a job is written down, whatever happened
        run.close()
        _end_badly(run, error)
    except BaseException:
        run.close()
        job_postpone(job_id=job.pk, worker=worker, delay=timedelta(0))
        raise
    else:
        run.close()
        finished = job_finish(job_id=job.pk, worker=worker, state=JobState.DONE, result=run.result)
        if finished is not None:
            shutil.rmtree(run.scratch, ignore_errors=True)


def _end_badly(run: JobRun, error: Exception) -> None:
    job_id, worker = run.job.pk, run.worker
    if run.lost or isinstance(error, LeaseLost):
        logger.warning("Job %s was taken over by another run; this one stopped.", job_id)
        return
    if isinstance(error, WorkerStopping):
        job_postpone(job_id=job_id, worker=worker, delay=timedelta(0))
        return
    if isinstance(error, PauseAsked) and job_rest(job_id=job_id, worker=worker) is not None:
        return
    if isinstance(error, Cancelled):
        job_finish(job_id=job_id, worker=worker, state=JobState.CANCELLED)
        return
    described = describe_error(error, run.job)
    if is_transient(error) and run.job.attempt < MAX_ATTEMPTS:
        logger.warning("Job %s failed for now: %s", job_id, error)
        delay = timedelta(seconds=2**run.job.attempt)
        job_postpone(job_id=job_id, worker=worker, delay=delay, error=described)
        return
    if described["code"] == "internal_error":
        logger.exception("Job %s failed by a fault of the program", job_id, exc_info=error)
    else:
        logger.warning("Job %s failed: %s", job_id, error)  # whole: what members read names no folder
    job_finish(job_id=job_id, worker=worker, state=JobState.FAILED, error=described)


def is_transient(error: Exception) -> bool:
    """Whether the same work may succeed when tried again."""
    if isinstance(error, EngineError | AppError):
        return not error.permanent
    return isinstance(error, _TRANSIENT)


def describe_error(error: Exception, job: Job) -> dict[str, Any]:
    """`{code, message, data}` for the job's row; foreseen errors speak for themselves.

    Every member of the project reads it, so it says nothing of where the server keeps its files.
    """
    if isinstance(error, EngineError | AppError):
        data = data_without_folders(error.data)
        return {"code": error.code, "message": told(str(error), job), "data": data}
    if isinstance(error, OSError):
        message = told(f"A file could not be read or written: {error}", job)
        return {"code": "io_error", "message": message, "data": {}}
    reason = told(f"{type(error).__name__}: {error}", job)
    message = f"A fault of the program stopped this job ({reason}). Please report it."
    return {"code": "internal_error", "message": message, "data": {}}
