"""Do the next piece of input work in a thread while the network computes."""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from queue import Empty, Full, Queue
from typing import TypeVar

T = TypeVar("T")


class _End:
    """Marks the end of the items, with the error that ended them if there was one."""

    def __init__(self, error: BaseException | None) -> None:
        self.error = error


@contextmanager
def prefetch(items: Iterator[T], depth: int = 2) -> Generator[Iterator[T], None, None]:
    """Iterate `items` in a background thread, at most `depth` ahead.

    An error in the thread is raised where the item would have been; leaving the block, for whatever
    reason, ends the thread before it returns.
    """
    queue: Queue[T | _End] = Queue(maxsize=depth)
    stop = threading.Event()

    def put(item: T | _End) -> None:
        while not stop.is_set():
            try:
                queue.put(item, timeout=0.1)
            except Full:
                continue
            return

    def produce() -> None:
        error: BaseException | None = None
        try:
            for item in items:
                put(item)
                if stop.is_set():
                    return
        except BaseException as caught:  # handed to the consumer, who raises it
            error = caught
        put(_End(error))

    def consume() -> Iterator[T]:
        while True:
            item = queue.get()
            if not isinstance(item, _End):
                yield item
            elif item.error is not None:
                raise item.error
            else:
                return

    thread = threading.Thread(target=produce, name="prefetch", daemon=True)
    thread.start()
    try:
        yield consume()
    finally:
        stop.set()
        _drain(queue)
        thread.join()


def _drain(queue: Queue[T]) -> None:
    """Empty a queue so that a producer waiting on it wakes up."""
    try:
        while True:
            queue.get_nowait()
    except Empty:
        return
