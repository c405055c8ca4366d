"""The thread of a worker process that keeps queue and Job rows in line."""

from __future__ import annotations

import logging
import threading
import time

from django.db import DatabaseError, connection
from django.utils import timezone

from webapp.jobs.reconciler import job_folders_forget, jobs_reconcile

logger = logging.getLogger(__name__)

PERIOD_S = 5.0
TIDY_PERIOD_S = 3600.0


class Reconciler:
    """Runs a pass at once and every few seconds until stopped."""

    def __init__(self, *, period_s: float = PERIOD_S) -> None:
        self.period_s = period_s
        self._started_at = timezone.now()
        self._tidy_at_s = time.monotonic()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._loop, name="reconciler", daemon=True)

    def start(self) -> None:
        """Start the thread; a second call does nothing."""
        if not self.alive and not self._stop.is_set():
            self._thread.start()

    def stop(self) -> None:
        """Ask the thread to end; it does so after its current pass."""
        self._stop.set()

    @property
    def alive(self) -> bool:
        """Whether the thread runs."""
        return self._thread.is_alive()

    def _loop(self) -> None:
        while not self._stop.is_set():
            try:
                done = jobs_reconcile(worker_started_at=self._started_at)
                if done.sent or done.given_up:
                    logger.info("Sent %d waiting jobs again, gave up %d.", done.sent, done.given_up)
                self._tidy()
            except (DatabaseError, OSError) as error:
                logger.warning("Could not look for lost jobs, will try again: %s", error)
            finally:
                connection.close()
            self._stop.wait(self.period_s)

    def _tidy(self) -> None:
        """Give disk back at the start, and then every hour."""
        if time.monotonic() >= self._tidy_at_s:
            self._tidy_at_s = time.monotonic() + TIDY_PERIOD_S
            forgotten = job_folders_forget()
            if forgotten:
                logger.info("Removed what %d jobs kept that ended long ago.", forgotten)
