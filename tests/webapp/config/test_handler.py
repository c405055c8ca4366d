"""On which threads the web process runs a request."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection, connections
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.test import override_settings
from django.urls import path

from webapp.config.handler import AWAITING_THREADS, ThreadedHandler

# Django's signals around a request look at the connections to the database.
pytestmark = pytest.mark.django_db(transaction=True)

seen: dict[str, Any] = {}


class Witness:
    """Middleware that notes its thread on the way in and out."""

    def __init__(self, get_response: Any) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        seen["in"] = threading.get_ident()
        response: HttpResponse = self._get_response(request)
        seen["out"] = threading.get_ident()
        return response


def plain(request: HttpRequest) -> HttpResponse:
    seen["view"] = threading.get_ident()
    return HttpResponse(request.body)


async def awaiting(request: HttpRequest) -> HttpResponse:
    await asyncio.sleep(0)
    seen["view"] = threading.get_ident()
    return HttpResponse("awaited")


def querying(request: HttpRequest) -> HttpResponse:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    seen.setdefault("connections", []).append(connection.connection)
    return HttpResponse("asked")


async def waiting(request: HttpRequest) -> HttpResponse:
    seen["waiting"] = seen.get("waiting", 0) + 1
    try:
        await seen["release"].wait()
    except asyncio.CancelledError:
        seen["given up"] = True
        raise
    return HttpResponse("at last")


async def _numbers() -> Any:
    for number in range(3):
        await asyncio.sleep(0)
        seen["view"] = threading.get_ident()
        yield f"{number}"


def streamed(request: HttpRequest) -> StreamingHttpResponse:
    return StreamingHttpResponse(_numbers())


def failing(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("no")


urlpatterns = [
    path("plain", plain),
    path("awaiting", awaiting),
    path("streamed", streamed),
    path("failing", failing),
    path("querying", querying),
    path("waiting", waiting),
]


@pytest.fixture
def handler() -> Iterator[ThreadedHandler]:
    seen.clear()
    with override_settings(ROOT_URLCONF=__name__, MIDDLEWARE=[f"{__name__}.Witness"], ALLOWED_HOSTS=["here"]):
        yield ThreadedHandler()


async def ask(
    handler: ThreadedHandler, address: str, body: bytes = b"", gone: asyncio.Event | None = None
) -> tuple[int, bytes]:
    """Status and body of one answer; the client goes away at `gone`."""
    messages = iter([{"type": "http.request", "body": body, "more_body": False}])
    sent: list[Mapping[str, Any]] = []

    async def receive() -> dict[str, Any]:
        for message in messages:
            return message
        await (gone or asyncio.Event()).wait()
        return {"type": "http.disconnect"}

    async def send(message: Mapping[str, Any]) -> None:
        sent.append(message)

    scope: dict[str, Any] = {
        "type": "http",
        "http_version": "1.1",
        "scheme": "http",
        "method": "POST" if body else "GET",
        "path": f"/{address}",
        "query_string": b"",
        "headers": [(b"host", b"here")],
    }
    await handler(scope, receive, send)
    if not sent:
        return 0, b""
    return sent[0]["status"], b"".join(message.get("body", b"") for message in sent[1:])


async def test_middleware_and_view_run_in_one_thread_that_is_not_the_loops(handler: ThreadedHandler) -> None:
    assert await ask(handler, "plain", b"sent") == (200, b"sent")
    assert seen["in"] == seen["view"] == seen["out"] != threading.get_ident()


async def test_what_awaits_runs_on_the_loop(handler: ThreadedHandler) -> None:
    for address, body in (("awaiting", b"awaited"), ("streamed", b"012")):
        assert await ask(handler, address) == (200, body)
        assert seen["view"] == threading.get_ident()
        assert seen["in"] == seen["out"] != threading.get_ident()


async def test_a_view_that_breaks_is_an_answer(handler: ThreadedHandler) -> None:
    status, _ = await ask(handler, "failing")
    assert status == 500


async def test_many_at_once_each_get_their_own_answer(handler: ThreadedHandler) -> None:
    bodies = [f"{i}".encode() for i in range(1, 60)]
    answers = await asyncio.gather(*(ask(handler, "plain", body) for body in bodies))
    assert [body for _, body in answers] == bodies


async def until(condition: Callable[[], bool]) -> None:
    """Wait for what another thread or task does; fails after some seconds."""
    for _ in range(500):
        if condition():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it did not happen")


async def test_however_many_wait_the_others_are_answered(handler: ThreadedHandler) -> None:
    seen["release"] = asyncio.Event()
    waiters = [asyncio.create_task(ask(handler, "waiting")) for _ in range(AWAITING_THREADS + 5)]
    await until(lambda: seen.get("waiting", 0) == AWAITING_THREADS)
    assert await asyncio.wait_for(ask(handler, "plain", b"quick"), 10) == (200, b"quick")
    seen["release"].set()
    assert {await waiter for waiter in waiters} == {(200, b"at last")}


async def test_who_goes_away_is_not_waited_for(handler: ThreadedHandler) -> None:
    seen["release"], gone = asyncio.Event(), asyncio.Event()
    waiter = asyncio.create_task(ask(handler, "waiting", gone=gone))
    await until(lambda: seen.get("waiting") == 1)
    gone.set()
    assert await asyncio.wait_for(waiter, 10) == (0, b"")
    await until(lambda: "given up" in seen)


async def test_a_thread_keeps_its_connection_and_replaces_a_broken_one(
    handler: ThreadedHandler, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In one thread, so that each request meets what the one before left."""
    monkeypatch.setattr("webapp.config.handler._pool", (pool := ThreadPoolExecutor(1)))
    monkeypatch.setitem(connection.settings_dict, "CONN_MAX_AGE", None)
    try:
        for _ in range(2):
            assert await ask(handler, "querying") == (200, b"asked")
        first, second = seen["connections"]
        assert first is second
        if connection.vendor == "postgresql":  # a file does not hang up
            pool.submit(_break).result()
            assert await ask(handler, "querying") == (200, b"asked")
            assert seen["connections"][-1] is not first
    finally:
        pool.submit(connections.close_all).result()
        pool.shutdown()


def _break() -> None:
    """As when the server ended the connection: the driver's own is dead and Django does not know."""
    connection.connection.close()


async def test_sockets_are_not_taken_for_requests(handler: ThreadedHandler) -> None:
    with pytest.raises(ValueError, match="websocket"):
        await handler({"type": "websocket"}, asyncio.sleep, asyncio.sleep)  # type: ignore[arg-type]
