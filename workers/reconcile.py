"""The thread of a worker process that keeps queue and Job rows in line."""

from __future__ import annotations

import logging
import threading

from django.db import DatabaseError, connection
from django.utils import timezone

from webapp.jobs.reconciler import jobs_reconcile

logger = logging.getLogger(__name__)

PERIOD_S = 5.0


class Reconciler:
    """Runs a pass at once and every few seconds until stopped."""

    def __init__(self, *, period_s: float = PERIOD_S) -> None:
        self.period_s = period_s
        self._started_at = timezone.now()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._loop, name="reconciler", daemon=True)

    def start(self) -> None:
        """Start the thread; a second call does nothing."""
        if not self._thread.is_alive() and not self._stop.is_set():
            self._thread.start()

    def stop(self) -> None:
        """Ask the thread to end; it does so after its current pass."""
        self._stop.set()

    def _loop(self) -> None:
        while not self._stop.is_set():
            try:
                done = jobs_reconcile(worker_started_at=self._started_at)
                if done.sent or done.given_up:
                    logger.info("Sent %d waiting jobs again, gave up %d.", done.sent, done.given_up)
            except DatabaseError as error:
                logger.warning("Could not look for lost jobs, will try again: %s", error)
            finally:
                connection.close()
            self._stop.wait(self.period_s)
