"""Start and stop the whole studio, as a user would, on a free port and in a temporary data folder."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
LINK = re.compile(r"https?://\S+/link/\S+")


def free_port() -> int:
    """A port of 127.0.0.1 that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class StudioServer:
    """`manage.py up` in its own process group; `start` returns when the first page answers."""

    def __init__(self, data_root: Path, *, media_roots: Sequence[Path] = (), port: int | None = None) -> None:
        self.data_root = data_root
        self.port = port or free_port()
        self.base_url = f"http://127.0.0.1:{self.port}"
        self.output: list[str] = []
        self._environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "webapp.config.settings.embedded",
            "SBEA_DATA_ROOT": str(data_root),
            "SBEA_MEDIA_ROOTS": os.pathsep.join(str(r) for r in media_roots),
            "OMP_NUM_THREADS": "1",
            "PYTHONUNBUFFERED": "1",
        }
        self._process: subprocess.Popen[str] | None = None

    @property
    def environment(self) -> dict[str, str]:
        """Of a program beside the studio."""
        return dict(self._environment)

    def manage(self, *arguments: str) -> str:
        """Run a management command on the same data folder and return what it printed."""
        return self.python("manage.py", *arguments)

    def python(self, *arguments: str, timeout_s: float = 600) -> str:
        """Run a program beside the studio, on the same data folder, and return what it printed."""
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=ROOT,
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=timeout_s,
            check=False,
        )
        assert done.returncode == 0, f"{arguments}: {done.stdout}\n{done.stderr}"
        return done.stdout

    def start(self, *, deadline_s: float = 120) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "manage.py", "up", "--host", "127.0.0.1", "--port", str(self.port)],
            cwd=ROOT,
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        threading.Thread(target=self._collect, args=(self._process,), daemon=True).start()
        self._wait_until_healthy(deadline_s)

    def sign_in_link(self) -> str:
        """A fresh one-time link for the administrator."""
        found = LINK.search(self.manage("first_link", "--base-url", self.base_url))
        assert found, "first_link printed no link"
        return found.group(0)

    def stop(self) -> None:
        if self._process is None:
            return
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait(10)
        self._process = None

    def _collect(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        for line in process.stdout:
            self.output.append(line.rstrip())

    def _wait_until_healthy(self, deadline_s: float) -> None:
        end = time.monotonic() + deadline_s
        while time.monotonic() < end:
            assert self._process is not None
            if self._process.poll() is not None:
                break
            try:
                with urllib.request.urlopen(f"{self.base_url}/healthz", timeout=2) as answer:
                    if answer.status == 200:
                        return
            except (urllib.error.URLError, OSError):
                time.sleep(0.2)
        raise AssertionError("the studio did not start:\n" + "\n".join(self.output[-60:]))
