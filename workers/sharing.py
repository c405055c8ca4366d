"""Ranges of a job as the engine wants them: claims in the database, held while the work goes on."""

from __future__ import annotations

import os
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

from sbea_engine.errors import Cancelled
from webapp.jobs.sharing import (
    job_range_claim,
    job_range_finish,
    job_range_finished,
    job_range_hold,
    job_range_let_go,
    job_range_reopen,
    job_ranges_ahead,
    job_ranges_lay_out,
)
from webapp.jobs.worker_names import run_name
from workers.run import WorkerStopping, worker_is_stopping

HOLD_PERIOD_S = 2.0
LOOK_PERIOD_S = 1.0

_here: dict[str, int] = {}
"""Jobs that a thread of this process works on, and invitations to help with them that came here since."""
_guard = threading.Lock()


class RangeLost(Cancelled):
    """The range is another worker's now, or the job is not to go on."""

    code = "range_lost"


class JobRanges:
    """The ranges of one job, for one worker; satisfies `sbea_engine.pipelines.shared_prediction.Ranges`.

    Args:
        leads: Its job's own run hears of the end by `JobRun.report`. A range that it lost is done twice,
            with the same numbers; that must not end the job.
    """

    def __init__(self, job_id: uuid.UUID, *, leads: bool) -> None:
        self._job_id, self._leads = job_id, leads
        self._holder = run_name(os.getpid())
        self._held_s = self._looked_s = float("-inf")
        self._ahead = (-1, 0)

    def lay_out(self, count: int) -> None:
        job_ranges_lay_out(job_id=self._job_id, count=count)

    def claim(self, number: int | None = None) -> int | None:
        self._held_s = time.monotonic()
        return job_range_claim(job_id=self._job_id, holder=self._holder, number=number)

    def hold(self, number: int, frames: int) -> None:
        """See `Ranges`; written at most every `HOLD_PERIOD_S`."""
        if worker_is_stopping() and not self._leads:
            raise WorkerStopping("The worker is shutting down.")
        if time.monotonic() - self._held_s < HOLD_PERIOD_S:
            return
        self._held_s = time.monotonic()
        held = job_range_hold(job_id=self._job_id, number=number, holder=self._holder, frames=frames)
        if not held and not self._leads:
            raise RangeLost("Another worker has this range, or the job has stopped.")

    def finish(self, number: int) -> None:
        job_range_finish(job_id=self._job_id, number=number, holder=self._holder)

    def let_go(self, number: int) -> None:
        job_range_let_go(job_id=self._job_id, number=number, holder=self._holder)

    def reopen(self, number: int) -> None:
        job_range_reopen(job_id=self._job_id, number=number)

    def finished(self, number: int) -> bool:
        return job_range_finished(job_id=self._job_id, number=number)

    def frames_ahead(self, number: int) -> int:
        """See `Ranges`; looked up at most every `LOOK_PERIOD_S` as long as it is asked of the same range."""
        if self._ahead[0] != number or time.monotonic() - self._looked_s >= LOOK_PERIOD_S:
            self._looked_s = time.monotonic()
            self._ahead = number, job_ranges_ahead(job_id=self._job_id, number=number)
        return self._ahead[1]


@contextmanager
def once_in_this_process(job_id: str) -> Iterator[bool]:
    """True for the first thread that works on a job here: a second one would take the first one's cores."""
    with _guard:
        first = job_id not in _here
        if first:
            _here[job_id] = 0
    try:
        yield first
    finally:
        if first:
            with _guard:
                del _here[job_id]


def invitation_came_home(job_id: str) -> None:
    """Note that an invitation reached the process that works on the job already, and is meant for another."""
    with _guard:
        if job_id in _here:
            _here[job_id] += 1


def invitations_to_pass_on(job_id: str) -> int:
    """How many came home since this was asked last."""
    with _guard:
        count = _here.get(job_id, 0)
        if count:
            _here[job_id] = 0
    return count
