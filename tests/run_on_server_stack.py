"""`python -m tests.run_on_server_stack [pytest options]`: the web tests on real PostgreSQL and Redis.

Runs tests/webapp and tests/workers, of the slow ones those that need this stack; options come on top.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence

from tests.server_services import ServiceMissing, server_services

# Tells tools/run-tests that the machine lacks what is needed.
SKIPPED = 77
DEFAULT = ["tests/webapp", "tests/workers", "-m", "(not slow or server) and not e2e"]


def main(arguments: Sequence[str]) -> int:
    """Start the services, run pytest on them, and return its exit status."""
    try:
        with server_services() as services:
            command = [sys.executable, "-m", "pytest", *DEFAULT, *arguments]
            return subprocess.run(
                command, env={**os.environ, **services.environment()}, check=False
            ).returncode
    except ServiceMissing as missing:
        print(f"Not run: {missing}", file=sys.stderr)
        return SKIPPED


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
