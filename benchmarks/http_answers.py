"""What one request costs in the web process: Django's own ASGI handler beside the one that the studio uses.

    python -m benchmarks.http_answers [--requests 300] [--grant-s 2]

Both handlers are called in this process, in turn, without a network: an empty page (the health check) and a
byte range of a file. The database is asked for session and membership at the first range, and again when the
grant that it gave has run out (`webapp.recordings.grants`); with `--grant-s 0` at every one. Prints medians
and their ratio.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from webapp.recordings import grants

HOST = "127.0.0.1"
RANGE = b"bytes=1000000-1200000"
FILE_BYTES = 4_000_000


def prepare(root: Path) -> tuple[str, str]:
    """A database with a project and a video whose proxy is a file of noise; its address, and a session."""
    import django

    os.environ["DJANGO_SETTINGS_MODULE"] = "webapp.config.settings.embedded"
    os.environ["SBEA_DATA_ROOT"] = str(root)
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    django.setup()
    from django.core.management import call_command
    from django.test import Client

    from sbea_engine.data.skeleton import Skeleton
    from webapp.accounts.models import User
    from webapp.projects.services import project_create
    from webapp.recordings import storage
    from webapp.recordings.models import Recording, Video

    call_command("migrate", verbosity=0)
    user = User.objects.create_superuser("bench@example.org")
    project = project_create(name="Bench", skeleton=Skeleton(keypoints=("nose",)), by=user)
    recording = Recording.objects.create(project=project, name="take")
    video = Video.objects.create(
        recording=recording, state=Video.State.READY, frame_count=1, proxy_version="0123456789ab"
    )
    proxy = storage.video_folder(video.pk) / "proxy.mp4"
    proxy.parent.mkdir(parents=True)
    proxy.write_bytes(np.random.default_rng(0).bytes(FILE_BYTES))
    client = Client()
    client.force_login(user)
    return f"/media/videos/{video.pk}/0123456789ab/proxy.mp4", client.cookies["sessionid"].value


async def ask(handler: Any, path: str, headers: list[tuple[bytes, bytes]]) -> int:
    """One request; returns the status."""
    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": path,
        "query_string": b"",
        "headers": [(b"host", HOST.encode()), *headers],
    }
    pending = [{"type": "http.request", "body": b"", "more_body": False}]
    sent: list[Mapping[str, Any]] = []

    async def receive() -> dict[str, Any]:
        if not pending:
            await asyncio.Event().wait()
        return pending.pop()

    async def send(message: Mapping[str, Any]) -> None:
        sent.append(message)

    await handler(scope, receive, send)
    return int(sent[0]["status"])


async def medians_ms(
    handlers: dict[str, Any], path: str, headers: list[tuple[bytes, bytes]], requests: int, status: int
) -> dict[str, float]:
    """Median time of a request by handler; they take turns, so that a busy machine is busy for both."""
    times: dict[str, list[float]] = {name: [] for name in handlers}
    for _ in range(requests):
        for name, handler in handlers.items():
            began = time.perf_counter()
            got = await ask(handler, path, headers)
            times[name].append((time.perf_counter() - began) * 1e3)
            assert got == status, f"{name} answered {got} to {path}, not {status}"
    return {name: float(np.median(values)) for name, values in times.items()}


async def compare(address: str, session: str, requests: int) -> None:
    from django.core.handlers.asgi import ASGIHandler

    from webapp.config.handler import ThreadedHandler

    handlers = {"Django's": ASGIHandler(), "one thread": ThreadedHandler()}
    cookie = (b"cookie", f"sessionid={session}".encode())
    cases = {
        "health check": ("/healthz", [], 200),
        "byte range of 200 kB": (address, [cookie, (b"range", RANGE)], 206),
    }
    for what, (path, headers, status) in cases.items():
        found = await medians_ms(handlers, path, headers, requests, status)
        words = ", ".join(f"{name} {value:.1f} ms" for name, value in found.items())
        ratio = found["Django's"] / found["one thread"]
        print(f"{what}: {words}, ratio {ratio:.1f}")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--requests", type=int, default=300)
    parser.add_argument(
        "--grant-s", type=float, help="seconds that a session is let in for; as the studio has it if left out"
    )
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        address, session = prepare(Path(place))
        if asked.grant_s is not None:
            grants.GRANT_S = asked.grant_s
        asyncio.run(compare(address, session, asked.requests))


if __name__ == "__main__":
    main()
