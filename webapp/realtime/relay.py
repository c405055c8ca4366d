"""Embedded mode: the web process watches the log of jobs, because the worker cannot reach its channel layer.

One watcher an event loop, alive while somebody listens. Rows of one SQLite database get their numbers in
the order in which they are committed, so "greater than the last one seen" misses none.
"""

from __future__ import annotations

import asyncio
import logging
from uuid import UUID
from weakref import WeakKeyDictionary

from channels.layers import get_channel_layer
from django.db import DatabaseError

from webapp.jobs.models import JobEvent
from webapp.realtime.database import in_thread
from webapp.realtime.groups import job_changed_message, project_group

logger = logging.getLogger(__name__)

PERIOD_S = 0.4
_BATCH = 1000


class Relay:
    """Turns new rows of the log into messages of the channel layer."""

    def __init__(self, *, period_s: float = PERIOD_S) -> None:
        self.period_s = period_s
        self._listeners = 0
        self._lock = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None

    async def enter(self) -> None:
        """One more listener; the first starts the watch.

        The starting point is read before this returns: what changes after the caller's own reading of
        the rows is then certain to be announced.
        """
        async with self._lock:
            self._listeners += 1
            if self._task is None:
                last = await in_thread(_newest)()
                self._task = asyncio.create_task(self._watch(last), name="job-relay")

    async def leave(self) -> None:
        """One listener fewer; the last ends the watch."""
        async with self._lock:
            self._listeners -= 1
            if self._listeners == 0 and self._task is not None:
                self._task.cancel()
                self._task = None

    async def _watch(self, last: int) -> None:
        while True:
            try:
                last = await self._relay(last)
            except DatabaseError as error:
                logger.warning("Could not look for changed jobs, will try again: %s", error)
            await asyncio.sleep(self.period_s)

    async def _relay(self, last: int) -> int:
        layer = get_channel_layer()
        assert layer is not None, "the channel layer is configured in the settings"
        newest, changed = await in_thread(_changes)(last)
        for job_id, (project_id, seq) in changed.items():
            await layer.group_send(project_group(project_id), dict(job_changed_message(job_id, seq)))
        return int(newest)


def _newest() -> int:
    newest: int | None = JobEvent.objects.order_by("-pk").values_list("pk", flat=True).first()
    return newest or 0


def _changes(last: int) -> tuple[int, dict[UUID, tuple[int, int]]]:
    """The newest row's number, and of each changed job its project and latest `seq`."""
    rows = JobEvent.objects.filter(pk__gt=last).order_by("pk")
    changed: dict[UUID, tuple[int, int]] = {}
    for pk, job_id, project_id, seq in rows.values_list("pk", "job_id", "job__project_id", "seq")[:_BATCH]:
        last = pk
        changed[job_id] = (project_id, seq)
    return last, changed


_relays: WeakKeyDictionary[asyncio.AbstractEventLoop, Relay] = WeakKeyDictionary()


def relay_of_this_loop() -> Relay:
    """The relay of the running event loop, to which the in-memory channel layer is bound as well."""
    return _relays.setdefault(asyncio.get_running_loop(), Relay())
