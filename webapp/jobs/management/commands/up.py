"""`manage.py up`: the whole studio on one machine, web and worker, until Ctrl-C."""

from __future__ import annotations

import fcntl
import os
import signal
import socket
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError, connection

from webapp.accounts.links import first_admin_link
from webapp.jobs.services import jobs_release
from webapp.jobs.supervisor import Child, stop_all
from webapp.jobs.task_names import Queue
from webapp.jobs.worker_names import worker_prefix

HEALTH_DEADLINE_S = 60.0
TEND_PERIOD_S = 0.5
ANY_ADDRESS = {"0.0.0.0", "::"}  # noqa: S104 - compared with, not bound to


class Command(BaseCommand):
    """Supervises one web process and one worker process."""

    help = "Start the site and a worker, print the address and a one-time sign-in link."

    def add_arguments(self, parser: CommandParser) -> None:
        """Where to listen, and whether this machine also computes."""
        parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
        parser.add_argument("--port", type=int, default=8000, help="port to listen on")
        parser.add_argument("--no-worker", action="store_true", help="serve pages only; jobs wait")
        parser.add_argument(
            "--demo", action="store_true", help="make the demo projects first, unless they are there"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Migrate, start, wait for health, print, and watch until told to stop."""
        host, port = str(options["host"]), int(options["port"])
        root = Path(settings.SBEA_DATA_ROOT)
        with _only_one(root / "up.lock"):
            _check_port(host, port)
            call_command("migrate", verbosity=0, interactive=False)
            if options["demo"]:
                call_command("demo")
                connection.close()
            children = [web_child(host, port)]
            if not options["no_worker"]:
                children.append(worker_child())
            stopping = _stop_on_signals()
            try:
                for child in children:
                    child.start()
                if _wait_until_healthy(children[0], host, port, stopping):
                    self._greet(host, port)
                while not stopping.wait(TEND_PERIOD_S):
                    for child in children:
                        child.tend()
            finally:
                stop_all(children)
        self.stdout.write("Stopped.")

    def _greet(self, host: str, port: int) -> None:
        base = f"http://{_reachable(host)}:{port}"
        link = base + first_admin_link().path
        connection.close()
        self.stdout.write(f"\nSBeA Studio runs at {base}/\nSign in once by this link: {link}\n")
        if host in ANY_ADDRESS and "SBEA_ALLOWED_HOSTS" not in os.environ:
            self.stdout.write("Others are refused until SBEA_ALLOWED_HOSTS names the host they type.\n")
        self.stdout.write("Ctrl-C stops it; running jobs go on at the next start.\n")
        self.stdout.flush()


def web_child(host: str, port: int) -> Child:
    """The one ASGI process; more would each have a channel layer of their own."""
    command = [sys.executable, "-m", "uvicorn", "webapp.config.asgi:application"]
    command += ["--host", host, "--port", str(port), "--log-level", "warning", "--no-access-log"]
    command += ["--ws-max-size", str(1024 * 1024), "--timeout-graceful-shutdown", "3"]
    return Child("web process", command, environment=_environment(host), folder=settings.BASE_DIR)


def worker_child() -> Child:
    """One worker for all queues; its threads share what the engine loads."""
    command = [sys.executable, "-m", "celery", "-A", "workers.app", "--quiet", "worker", "-P", "threads"]
    command += ["-c", "2", "-Q", ",".join(Queue), "-n", "studio@%h", "--loglevel", "WARNING"]
    command += ["--without-gossip", "--without-mingle", "--without-heartbeat"]
    return Child(
        "worker", command, environment=_environment(), folder=settings.BASE_DIR, on_death=_release_jobs
    )


def _release_jobs(pid: int) -> None:
    """What the dead worker ran need not wait for its leases."""
    try:
        jobs_release(worker_prefix=worker_prefix(pid))
    except DatabaseError:
        connection.close()  # the leases lapse by themselves, seconds later
    else:
        connection.close()


def _environment(host: str | None = None) -> dict[str, str]:
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": os.environ["DJANGO_SETTINGS_MODULE"]}
    environment["SBEA_DATA_ROOT"] = str(settings.SBEA_DATA_ROOT)
    if host and host not in ANY_ADDRESS:
        # The health check and the printed link use it, whatever else an administrator has allowed.
        environment["SBEA_ALLOWED_HOSTS"] = ",".join([*settings.ALLOWED_HOSTS, _reachable(host)])
    return environment


@contextmanager
def _only_one(lock: Path) -> Iterator[None]:
    """Two supervisors on one data folder would run two workers on one broker of files."""
    with lock.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise CommandError(
                f"The studio already runs on {lock.parent}. Stop it, or set SBEA_DATA_ROOT to another folder."
            ) from None
        yield


def _check_port(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise CommandError(
                f"Cannot listen on {host}:{port}: {error.strerror}. Choose another --port."
            ) from error


def _stop_on_signals() -> threading.Event:
    stopping = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopping.set())
    return stopping


def _wait_until_healthy(web: Child, host: str, port: int, stopping: threading.Event) -> bool:
    """True once the site answers; False when it was stopped before.

    Raises:
        CommandError: The web process ended, or never answered.
    """
    url = f"http://{_reachable(host)}:{port}/healthz"
    deadline_s = time.monotonic() + HEALTH_DEADLINE_S
    while time.monotonic() < deadline_s:
        if stopping.is_set():
            return False
        if not web.alive:
            raise CommandError("The web process ended at once; its message stands above.")
        try:
            with urllib.request.urlopen(url, timeout=2) as answer:
                if answer.status == 200:
                    return True
        except (urllib.error.URLError, OSError):
            stopping.wait(0.2)
    raise CommandError(f"{url} did not answer in {HEALTH_DEADLINE_S:.0f} s; the messages above may say why.")


def _reachable(host: str) -> str:
    if host in ANY_ADDRESS:
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host
