"""From what the engine reports to what a person sees: rate, time left, and no flood of rows."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import Any

from sbea_engine.progress import Progress
from webapp.jobs.log import Line
from webapp.jobs.models import JobEvent

MIN_PERIOD_S = 0.5
_SMOOTHING = 0.3
_MAX_PENDING_MESSAGES = 200
_MAX_MESSAGE_CHARACTERS = 2000


class RateMeter:
    """Units per second within one stage, smoothed, and the seconds left."""

    def __init__(self) -> None:
        self._stage = ""
        self._last: tuple[float, int] | None = None
        self._rate: float | None = None

    def update(self, progress: Progress, now_s: float) -> tuple[float | None, float | None]:
        """Take a report at a monotonic time; returns (rate per second, seconds left), None where unknown."""
        if progress.stage != self._stage or self._last is None or progress.done < self._last[1]:
            self._stage, self._last, self._rate = progress.stage, (now_s, progress.done), None
            return None, None
        elapsed = now_s - self._last[0]
        if elapsed > 0:
            current = (progress.done - self._last[1]) / elapsed
            self._rate = (
                current if self._rate is None else _SMOOTHING * current + (1 - _SMOOTHING) * self._rate
            )
            self._last = (now_s, progress.done)
        if not self._rate or progress.total <= 0:
            return self._rate, None
        return self._rate, max(0, progress.total - progress.done) / self._rate


class ProgressBuffer:
    """Holds reports until the next write is due.

    Within a stage the newest progress wins and no metric name is lost; the last report of a stage is kept, so
    that a log always shows a stage's end and no figure under the name of the next stage. What a check found
    is kept under the iteration of the check.
    """

    def __init__(self) -> None:
        self._meter = RateMeter()
        self._written_s = -math.inf
        self._latest: Progress | None = None
        self._metrics: dict[str, float] = {}
        self._messages: list[str] = []
        self._ended: list[Line] = []

    def add(self, progress: Progress) -> None:
        """Take one report."""
        if self._latest is not None and self._latest.stage != progress.stage:
            self._ended += self._lines(self._latest, {"rate": None, "eta_s": None})
        self._latest = progress
        self._metrics.update({k: float(v) for k, v in progress.metrics.items() if math.isfinite(v)})
        if progress.examples:
            self._ended.append(self._figures(progress))
        if progress.message:
            self.add_message(progress.message)

    def add_message(self, message: str) -> None:
        """Take one line for the log."""
        if len(self._messages) < _MAX_PENDING_MESSAGES:
            self._messages.append(message[:_MAX_MESSAGE_CHARACTERS])

    def due(self, now_s: float) -> bool:
        """Whether there is something to write and the last write is long enough ago."""
        waiting = self._latest is not None or bool(self._messages)
        return waiting and now_s - self._written_s >= MIN_PERIOD_S

    def take(self, now_s: float) -> tuple[dict[str, Any] | None, list[Line]]:
        """What to store now: the row's progress (None for no news) and the lines of the log."""
        self._written_s = now_s
        lines = [Line(JobEvent.Kind.LOG, {"message": text}) for text in self._messages]
        self._messages = []
        if self._latest is None:
            return None, lines
        rate, eta_s = self._meter.update(self._latest, now_s)
        now = self._lines(self._latest, {"rate": rate, "eta_s": eta_s})
        lines += [*self._ended, *now]
        self._latest, self._ended = None, []
        return now[-1].data, lines

    def _lines(self, progress: Progress, pace: dict[str, float | None]) -> list[Line]:
        """Lines of the log for one report, with what came up to it; the last is what a job's row shows."""
        figures = [self._figures(progress)] if self._metrics else []
        metrics = figures[0].data["metrics"] if figures else {}
        return [*figures, Line(JobEvent.Kind.PROGRESS, {**_at(progress), "metrics": metrics, **pace})]

    def _figures(self, progress: Progress) -> Line:
        """The metrics that came up to a report, which are let go, and its examples."""
        metrics, self._metrics = self._metrics, {}
        examples = [asdict(one) for one in progress.examples]
        told = {**_at(progress), "metrics": metrics}
        return Line(JobEvent.Kind.METRICS, {**told, "examples": examples} if examples else told)


def _at(progress: Progress) -> dict[str, Any]:
    return {"stage": progress.stage, "done": progress.done, "total": progress.total}
