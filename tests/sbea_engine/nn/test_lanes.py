"""Several batches at once."""

import threading
from collections.abc import Iterator

import pytest
import torch

from sbea_engine.nn.lanes import MAX_LANES, Lanes, in_lanes, lanes_for
from sbea_engine.nn.runtime import compute_threads

CPU = torch.device("cpu")


class TestLanesFor:
    @pytest.mark.parametrize(("threads", "lanes"), [(1, (1, 1)), (2, (2, 1)), (3, (3, 1)), (16, (4, 4))])
    def test_threads_are_shared_out(self, threads: int, lanes: tuple[int, int]) -> None:
        assert lanes_for(threads, CPU) == Lanes(*lanes)

    def test_a_gpu_has_one(self) -> None:
        assert lanes_for(8, torch.device("cuda")).count == 1


@pytest.mark.parametrize("count", [1, 2, MAX_LANES])
class TestInLanes:
    def test_answers_come_in_order(self, count: int) -> None:
        first = threading.Event()

        def work(n: int) -> int:
            if n == 0 and count > 1:
                assert first.wait(20)  # the second is done before the first
            first.set()
            return n * n

        with in_lanes(work, iter(range(20)), Lanes(count, 1)) as answers:
            assert list(answers) == [n * n for n in range(20)]

    def test_reads_only_a_little_ahead(self, count: int) -> None:
        read: list[int] = []

        def items() -> Iterator[int]:
            for n in range(100):
                read.append(n)
                yield n

        with in_lanes(str, items(), Lanes(count, 1)) as answers:
            assert next(answers) == "0"
            assert len(read) <= count + 1

    def test_an_error_comes_where_the_answer_would(self, count: int) -> None:
        def work(n: int) -> int:
            if n == 3:
                raise ValueError("three")
            return n

        got: list[int] = []
        with (
            pytest.raises(ValueError, match="three"),
            in_lanes(work, iter(range(9)), Lanes(count, 1)) as answers,
        ):
            got += answers
        assert got == [0, 1, 2]

    def test_leaving_early_ends_the_work(self, count: int) -> None:
        before = threading.active_count()
        with in_lanes(str, iter(range(1000)), Lanes(count, 1)) as answers:
            next(answers)
        assert threading.active_count() == before


def test_each_has_its_own_threads_and_nobody_elses_number_changes() -> None:
    before = torch.get_num_threads()
    with compute_threads(3):
        with in_lanes(lambda _: torch.get_num_threads(), iter(range(6)), Lanes(3, 1)) as answers:
            assert set(answers) == {1}
        assert torch.get_num_threads() == 3
    assert torch.get_num_threads() == before
