"""`manage.py demo`: make sure that the demo projects are there."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from webapp.projects.demo import demo_is_whole


class Command(BaseCommand):
    """Starts the engine in a process of its own: nothing of the web loads it."""

    help = (
        "Make the demo projects, unless they are there: render one recording, queue the others for a worker."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        """Run and wait; the child reports on the terminal. Nothing is started where nothing is missing."""
        if demo_is_whole():
            return
        if not (settings.BASE_DIR / "workers").is_dir():
            raise CommandError(
                "This installation serves pages only and cannot render. "
                "Run: docker compose run --rm worker-cpu python -m workers.demo"
            )
        environment = {**os.environ, "SBEA_DATA_ROOT": str(settings.SBEA_DATA_ROOT)}
        command = [sys.executable, "-m", "workers.demo"]
        done = subprocess.run(command, cwd=settings.BASE_DIR, env=environment, check=False)
        if done.returncode:
            raise CommandError("The demo projects could not be made; the message stands above.")
