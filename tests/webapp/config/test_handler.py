"""On which threads the web process runs a request."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.test import override_settings
from django.urls import path

from webapp.config.handler import ThreadedHandler

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
]


@pytest.fixture
def handler() -> Iterator[ThreadedHandler]:
    seen.clear()
    with override_settings(ROOT_URLCONF=__name__, MIDDLEWARE=[f"{__name__}.Witness"], ALLOWED_HOSTS=["here"]):
        yield ThreadedHandler()


async def ask(handler: ThreadedHandler, address: str, body: bytes = b"") -> tuple[int, bytes]:
    """Status and body of one answer."""
    messages = iter([{"type": "http.request", "body": body, "more_body": False}])
    sent: list[Mapping[str, Any]] = []

    async def receive() -> dict[str, Any]:
        for message in messages:
            return message
        await asyncio.Event().wait()
        raise AssertionError

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


async def test_sockets_are_not_taken_for_requests(handler: ThreadedHandler) -> None:
    with pytest.raises(ValueError, match="websocket"):
        await handler({"type": "websocket"}, asyncio.sleep, asyncio.sleep)  # type: ignore[arg-type]
