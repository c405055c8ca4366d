"""How runs are named: by machine and process, so that a supervisor knows which ones died with a process."""

from __future__ import annotations

import socket
import uuid


def worker_prefix(pid: int) -> str:
    """How the names of all runs of one worker process begin."""
    return f"{socket.gethostname()[:80]}:{pid}:"


def run_name(pid: int) -> str:
    """A name that no other run has, in this process or another."""
    return worker_prefix(pid) + uuid.uuid4().hex[:12]
