"""Keeps a few child processes alive: starts them, restarts a dead one with back-off, stops them by pid."""

from __future__ import annotations

import ctypes
import logging
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

logger = logging.getLogger(__name__)

FIRST_DELAY_S, LAST_DELAY_S = 1.0, 30.0
# A child that lived this long counts as well again.
STEADY_S = 60.0
STOP_TIMEOUT_S = 10.0
_PR_SET_PDEATHSIG = 1


class Child:
    """One process that shall run.

    Args:
        name: For messages.
        command: Program and arguments.
        environment: Complete environment of the process.
        folder: Working folder.
        on_death: Called with the dead process's id before it is started again.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        *,
        environment: Mapping[str, str],
        folder: Path,
        on_death: Callable[[int], None] | None = None,
    ) -> None:
        self.name = name
        self.process: subprocess.Popen[bytes] | None = None
        self._command, self._environment, self._folder = list(command), dict(environment), folder
        self._on_death = on_death
        self._delay_s = FIRST_DELAY_S
        self._started_s = self._retry_at_s = 0.0

    def start(self) -> None:
        """Start the process in a session of its own, so that Ctrl-C reaches the supervisor alone."""
        self.process = subprocess.Popen(
            self._command,
            env=self._environment,
            cwd=self._folder,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=_die_with_parent if sys.platform == "linux" else None,
        )
        self._started_s = time.monotonic()

    @property
    def alive(self) -> bool:
        """Whether the process runs now."""
        return self.process is not None and self.process.poll() is None

    def tend(self) -> None:
        """Notice a death, and start again once the back-off is over."""
        if self.alive:
            return
        now_s = time.monotonic()
        if self.process is not None:
            self._mourn(self.process, now_s)
        if now_s >= self._retry_at_s:
            self.start()

    def stop(self, timeout_s: float = STOP_TIMEOUT_S) -> None:
        """Wait for the process after `request_stop`, and kill it when it takes too long."""
        process = self.process
        if process is None:
            return
        try:
            process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            logger.warning("The %s did not stop in %.0f s and is killed.", self.name, timeout_s)
            process.kill()
            process.wait()

    def request_stop(self) -> None:
        """Ask the process to end."""
        if self.alive and self.process is not None:
            self.process.send_signal(signal.SIGTERM)

    def _mourn(self, process: subprocess.Popen[bytes], now_s: float) -> None:
        if now_s - self._started_s >= STEADY_S:
            self._delay_s = FIRST_DELAY_S
        logger.warning(
            "The %s (process %d) ended with %s; it starts again in %.0f s.",
            self.name,
            process.pid,
            process.returncode,
            self._delay_s,
        )
        if self._on_death is not None:
            self._on_death(process.pid)
        self._retry_at_s = now_s + self._delay_s
        self._delay_s = min(LAST_DELAY_S, 2 * self._delay_s)
        self.process = None


def stop_all(children: Sequence[Child]) -> None:
    """Ask all to end at once, then wait for each."""
    for child in children:
        child.request_stop()
    for child in children:
        child.stop()


def _die_with_parent() -> None:
    # A supervisor that is killed must not leave a server behind that holds the port and the data.
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
