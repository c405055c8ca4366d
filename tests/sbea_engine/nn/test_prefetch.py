import threading
from collections.abc import Iterator

import pytest

from sbea_engine.nn.prefetch import prefetch


def endless(made: list[int]) -> Iterator[int]:
    n = 0
    while True:
        made.append(n)
        yield n
        n += 1


class TestPrefetch:
    def test_keeps_the_order(self) -> None:
        with prefetch(iter(range(50)), depth=3) as items:
            assert list(items) == list(range(50))

    def test_an_error_comes_after_the_items_before_it(self) -> None:
        def broken() -> Iterator[int]:
            yield 1
            raise ValueError("frame 2 is damaged")

        got: list[int] = []
        with pytest.raises(ValueError, match="frame 2"), prefetch(broken()) as items:
            got.extend(items)
        assert got == [1]

    def test_leaving_early_ends_the_thread(self) -> None:
        made: list[int] = []
        with prefetch(endless(made), depth=2) as items:
            assert next(items) == 0
        assert not any(t.name == "prefetch" for t in threading.enumerate())
        assert len(made) < 10
