"""Where the sockets read: a few threads of their own, so that a slow read delays no request.

Channels' own way shares one thread of the process with every signal and every file of every HTTP request.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from channels.db import database_sync_to_async

THREADS = 4

_pool = ThreadPoolExecutor(THREADS, thread_name_prefix="sockets")

P = ParamSpec("P")
R = TypeVar("R")


def in_thread(call: Callable[P, R]) -> Callable[P, Awaitable[R]]:
    """`call` as a coroutine function; its database connections are looked after."""
    waiting: Callable[P, Awaitable[R]] = database_sync_to_async(call, thread_sensitive=False, executor=_pool)
    return waiting
