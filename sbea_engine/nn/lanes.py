"""Several batches at once, each on its own few threads; answers in the order of the batches.

Networks of this size gain little from more threads on one batch: much of the time goes into steps that are
too small to be shared out. Two batches at once keep two cores busy.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

import torch

T = TypeVar("T")
R = TypeVar("R")

MAX_LANES = 4
"""More hold each other up where Python runs, and each needs the memory of a batch."""


@dataclass(frozen=True, slots=True)
class Lanes:
    """How threads are shared out.

    Attributes:
        count: Batches at once.
        threads: Torch threads of each.
    """

    count: int
    threads: int


def lanes_for(threads: int, device: torch.device) -> Lanes:
    """So many threads shared out; a GPU computes one batch after the other."""
    count = min(threads, MAX_LANES) if device.type == "cpu" else 1
    return Lanes(count, max(1, threads // count))


@contextmanager
def in_lanes(work: Callable[[T], R], items: Iterator[T], lanes: Lanes) -> Generator[Iterator[R]]:
    """Iterate `work` of each item, in order, a few items ahead of whoever takes the answers.

    `items` is read in the thread that takes the answers. An error is raised where the answer would have been;
    leaving the block, for whatever reason, ends the work before it returns.
    """
    if lanes.count == 1:
        yield map(work, items)
        return
    pool = ThreadPoolExecutor(lanes.count, "lane", torch.set_num_threads, (lanes.threads,))

    def answers() -> Iterator[R]:
        waiting: deque[Future[R]] = deque()
        for item in items:
            waiting.append(pool.submit(work, item))
            if len(waiting) > lanes.count:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()

    try:
        yield answers()
    finally:
        pool.shutdown(cancel_futures=True)
