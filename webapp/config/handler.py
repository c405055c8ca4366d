"""Django behind ASGI with one change of thread a request.

Django's own handler sends each synchronous middleware and view to a thread and back, some twenty changes a
request here, which took longer than answering. Nearly everything under HTTP here is synchronous, so the whole
chain runs in one thread of a pool. Its threads live as long as the process, and with them their connections
to the database.

A view that is a coroutine (one frame, which waits for a decoder) runs on the event loop, but its middleware
holds a thread until it is done. Such requests have a pool of their own: however many wait, labels, byte
ranges and the health check do not queue behind them.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from asgiref.sync import iscoroutinefunction, sync_to_async
from django.core.handlers.asgi import ASGIHandler
from django.db import close_old_connections
from django.http import HttpRequest, HttpResponseBase
from django.urls import Resolver404, resolve

# Requests at a time; more would only queue for the processor.
THREADS = 16
# Beside them those that mostly wait; a few more than the decoder takes (`recordings.frames`), which then
# says so.
AWAITING_THREADS = 40
# Each thread can hold a connection to the database. With the 4 of the sockets (`realtime.database`) that is
# up to 60 for a web process; PostgreSQL lets in 100 by default.

_pool = ThreadPoolExecutor(THREADS, thread_name_prefix="http")
_awaiting_pool = ThreadPoolExecutor(AWAITING_THREADS, thread_name_prefix="http-awaiting")


class ThreadedHandler(ASGIHandler):
    """Reads requests and sends answers on the event loop, as Django does; makes them in a thread.

    A streamed answer is read on the event loop.
    """

    def load_middleware(self, is_async: bool = False) -> None:
        """Build the synchronous chain, whatever `ASGIHandler` asks for."""
        super().load_middleware(is_async=False)

    async def __call__(
        self,
        scope: dict[str, Any],
        receive: Callable[[], Awaitable[Mapping[str, Any]]],
        send: Callable[[Mapping[str, Any]], Awaitable[None]],
    ) -> None:
        """Serve one request; outside of the thread that Django's own handler starts for each of them."""
        if scope["type"] != "http":
            raise ValueError(f"This handler speaks HTTP, not {scope['type']!r}.")
        await self.handle(scope, receive, send)

    async def get_response_async(self, request: HttpRequest) -> HttpResponseBase:
        """Run middleware and view in a thread of the pool that suits the view."""
        pool = _awaiting_pool if _awaits(request) else _pool
        in_thread = sync_to_async(self._respond, thread_sensitive=False, executor=pool)
        return await in_thread(request)

    def _respond(self, request: HttpRequest) -> HttpResponseBase:
        close_old_connections()  # Django's signals come on another thread, which has other connections
        try:
            return self.get_response(request)
        finally:
            close_old_connections()


def _awaits(request: HttpRequest) -> bool:
    """Whether the view of this address is a coroutine; what has no view has a quick answer."""
    try:
        return iscoroutinefunction(resolve(request.path_info).func)
    except Resolver404:
        return False
