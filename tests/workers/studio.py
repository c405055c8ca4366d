"""The studio's real processes on a data folder of their own, to be killed at will."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from tests.server_services import free_port

ROOT = Path(__file__).resolve().parents[2]
# How long the tests wait for what must happen in the end; the machine may be busy.
PATIENCE_S = 120.0
T = TypeVar("T")

WORKER = ["-m", "celery", "-A", "workers.app", "--quiet", "worker", "-P", "threads", "-c", "2"]
WORKER += ["-Q", "io,cpu,gpu", "--loglevel", "WARNING", "--without-gossip", "--without-mingle"]


def wait_for(get: Callable[[], T | None], what: str, *, within_s: float = PATIENCE_S) -> T:
    """The first result that is true; fails with `what` where there is none in time."""
    end = time.monotonic() + within_s
    while time.monotonic() < end:
        found = get()
        if found:
            return found
        time.sleep(0.1)
    raise AssertionError(f"{what} did not happen within {within_s:.0f} s")


class Studio:
    """Starts processes on one data folder, and talks to its database through an agent."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self.folder = folder
        self.port = free_port()
        self.environment = {
            **{k: v for k, v in os.environ.items() if k not in {"SBEA_TEST_DATABASE", "SECRET_KEY"}},
            "SBEA_DATA_ROOT": str(folder),
            "SBEA_TASK_MODULES": "tests.workers.slow_task",
            "OMP_NUM_THREADS": "1",
            "PYTHONUNBUFFERED": "1",
            "PYTHONWARNINGS": "ignore",
            **environment,
        }
        self._started: list[subprocess.Popen[bytes]] = []
        self._run("manage.py", "migrate", "--verbosity", "0")
        self._agent = subprocess.Popen(
            [sys.executable, "-m", "tests.workers.agent"],
            cwd=ROOT,
            env=self.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._lock = threading.Lock()

    def ask(self, command: str, **values: Any) -> Any:
        """Have the agent do something."""
        assert self._agent.stdin is not None
        assert self._agent.stdout is not None
        with self._lock:
            self._agent.stdin.write(json.dumps({"command": command, **values}) + "\n")
            self._agent.stdin.flush()
            line = self._agent.stdout.readline()
        assert line, "the agent died; its message stands above"
        return json.loads(line)

    def start_worker(self) -> subprocess.Popen[bytes]:
        """A worker as `up` starts it."""
        return self.start(*WORKER, "-n", f"test{len(self._started)}@%h")

    def start_up(self, *options: str, output: Path) -> subprocess.Popen[bytes]:
        """`manage.py up` with its output in a file."""
        return self.start("manage.py", "up", "--port", str(self.port), *options, output=output)

    def start(self, *arguments: str, output: Path | None = None) -> subprocess.Popen[bytes]:
        """A Python process of the studio."""
        with (output or self.folder / f"process-{len(self._started)}.log").open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, *arguments], cwd=ROOT, env=self.environment, stdout=log, stderr=log
            )
        self._started.append(process)
        return process

    def trace(self, job: str) -> list[tuple[int, int]]:
        """(attempt, step) of every step that the counting task took."""
        path = self.folder / f"trace-{job}.txt"
        lines = path.read_text().splitlines() if path.exists() else []
        return [(int(a), int(b)) for a, b in (line.split() for line in lines)]

    def close(self) -> None:
        """Stop all that was started."""
        for process in self._started:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        for process in self._started:
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        assert self._agent.stdin is not None
        self._agent.stdin.close()
        self._agent.wait(30)

    def _run(self, *arguments: str) -> None:
        subprocess.run([sys.executable, *arguments], cwd=ROOT, env=self.environment, check=True, timeout=300)


def kill(process: subprocess.Popen[bytes]) -> None:
    """SIGKILL: no handler runs, nothing is said."""
    process.send_signal(signal.SIGKILL)
    process.wait(30)
