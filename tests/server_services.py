"""PostgreSQL and Redis of our own, on free ports and in temporary folders, for as long as a block runs."""

from __future__ import annotations

import itertools
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

START_DEADLINE_S = 60.0
_DATABASE = "sbea"
_REDIS_DATABASES = 15  # beside number 0
_NUMBERS = itertools.count()


class ServiceMissing(Exception):
    """A program is not installed; the message names it and the remedy."""


@dataclass(frozen=True, slots=True)
class ServerServices:
    """Where the two answer."""

    database_url: str
    redis_url: str

    def environment(self) -> dict[str, str]:
        """What the tests' settings need to run on them."""
        return {
            "SBEA_TEST_DATABASE": "postgres",
            "DATABASE_URL": self.database_url,
            "REDIS_URL": self.redis_url,
        }

    def fresh(self) -> ServerServices:
        """The same two servers with an empty database and an empty Redis database of their own."""
        import psycopg2
        import redis

        number = next(_NUMBERS)
        server, _, _ = self.database_url.rpartition("/")
        connection = psycopg2.connect(f"{server}/postgres")
        connection.autocommit = True  # a database cannot be created inside a transaction
        with connection.cursor() as cursor:
            cursor.execute(f"CREATE DATABASE {_DATABASE}_{number}")
        connection.close()
        redis_url = f"{self.redis_url.rpartition('/')[0]}/{1 + number % _REDIS_DATABASES}"
        redis.Redis.from_url(redis_url).flushdb()
        return ServerServices(f"{server}/{_DATABASE}_{number}", redis_url)


@contextmanager
def server_services() -> Iterator[ServerServices]:
    """Start both and stop both by process id.

    Raises:
        ServiceMissing: PostgreSQL or Redis is not installed.
    """
    with ExitStack() as stack:
        redis_url = stack.enter_context(redis_server())
        database_url = stack.enter_context(postgres_server())
        yield ServerServices(database_url, redis_url)


@contextmanager
def redis_server() -> Iterator[str]:
    """A Redis that keeps nothing; yields its address."""
    program = shutil.which("redis-server") or shutil.which("valkey-server")
    if program is None:
        raise ServiceMissing("redis-server is not installed (Debian: apt-get install redis-server)")
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="sbea-redis-", ignore_cleanup_errors=True) as folder:
        options = ["--bind", "127.0.0.1", "--port", str(port), "--save", "", "--appendonly", "no"]
        command = [program, *options, "--dir", folder]
        with _running(command, Path(folder) / "log", ready=lambda: _accepts(port)):
            yield f"redis://127.0.0.1:{port}/0"


@contextmanager
def postgres_server() -> Iterator[str]:
    """A PostgreSQL with an empty database, faster than safe; yields its address."""
    initdb, postgres, createdb = (_postgres_program(n) for n in ("initdb", "postgres", "createdb"))
    port = free_port()
    # A path of its own below /tmp keeps the socket's name within the 107 bytes that Unix allows.
    with tempfile.TemporaryDirectory(prefix="sbea-pg-", dir="/tmp", ignore_cleanup_errors=True) as folder:
        as_user, role = _unprivileged(Path(folder))
        data = f"{folder}/data"
        _run([*as_user, initdb, "-D", data, "-A", "trust", "-U", role, "-E", "UTF8", "--no-sync"], cwd=folder)
        command = [*as_user, postgres, "-D", data, "-h", "127.0.0.1", "-p", str(port), "-k", folder, "-F"]
        command += ["-c", "max_connections=100"]
        with _running(command, Path(folder) / "log", ready=lambda: _accepts(port)):
            _retry([createdb, "-h", "127.0.0.1", "-p", str(port), "-U", role, _DATABASE], cwd=folder)
            yield f"postgresql://{role}@127.0.0.1:{port}/{_DATABASE}"


def free_port() -> int:
    """A port of 127.0.0.1 that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _postgres_program(name: str) -> str:
    found = shutil.which(name)
    if found:
        return found
    for folder in sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True):
        if (folder / name).exists():
            return str(folder / name)
    raise ServiceMissing(f"PostgreSQL's {name} is not installed (Debian: apt-get install postgresql)")


def _unprivileged(folder: Path) -> tuple[list[str], str]:
    """How to run a command as somebody that PostgreSQL accepts: it refuses to run as root."""
    if os.geteuid() != 0:
        return [], pwd.getpwuid(os.geteuid()).pw_name
    runuser = shutil.which("runuser")
    if runuser is None:
        raise ServiceMissing("PostgreSQL does not run as root, and runuser is not installed")
    for name in ("postgres", "nobody"):
        try:
            account = pwd.getpwnam(name)
        except KeyError:
            continue
        os.chown(folder, account.pw_uid, account.pw_gid)
        return [runuser, "-u", name, "--"], name
    raise ServiceMissing("PostgreSQL does not run as root, and there is no user postgres or nobody")


@contextmanager
def _running(command: Sequence[str], log: Path, *, ready: Callable[[], bool]) -> Iterator[None]:
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, cwd="/")
    try:
        _wait(process, ready, log)
        yield
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait(process: subprocess.Popen[bytes], ready: Callable[[], bool], log: Path) -> None:
    deadline = time.monotonic() + START_DEADLINE_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(
                f"{process.args!r} ended with {process.returncode}:\n{log.read_text()[-2000:]}"
            )
        if ready():
            return
        time.sleep(0.1)
    raise RuntimeError(f"{process.args!r} did not start:\n{log.read_text()[-2000:]}")


def _accepts(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _run(command: Sequence[str], *, cwd: str) -> None:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False, timeout=120)
    if done.returncode:
        raise RuntimeError(f"{command[0]} failed: {done.stderr[-2000:]}")


def _retry(command: Sequence[str], *, cwd: str) -> None:
    """The port accepts a moment before the database system does."""
    deadline = time.monotonic() + START_DEADLINE_S
    while True:
        try:
            _run(command, cwd=cwd)
        except RuntimeError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.3)
        else:
            return
