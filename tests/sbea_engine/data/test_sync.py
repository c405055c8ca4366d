"""Tick-to-frame tables."""

from __future__ import annotations

import json
import tracemalloc
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sbea_engine.data.sync import MAX_CELLS, MAX_TICKS, MISSING, BadSync, SyncRuns, SyncTable


def random_table(rng: np.random.Generator, views: int, ticks: int) -> SyncTable:
    """Late starts, dropped frames, frames that were recorded but belong to no tick, an early end."""
    rows = []
    for _ in range(views):
        row = np.cumsum(rng.integers(1, 3, ticks)) + rng.integers(0, 5)
        row[rng.random(ticks) < 0.3] = MISSING
        row[: rng.integers(0, 4)] = MISSING
        rows.append(row)
    return SyncTable(views=tuple(f"cam-{i}" for i in range(views)), frames=np.array(rows, np.int64))


@pytest.mark.parametrize("seed", range(20))
def test_json_and_back(seed: int) -> None:
    table = random_table(np.random.default_rng(seed), 4, 37)
    again = SyncTable.from_dict(json.loads(json.dumps(table.to_dict())))
    assert again.views == table.views
    np.testing.assert_array_equal(again.frames, table.frames)


@pytest.mark.parametrize("seed", range(5))
def test_ticks_of_is_the_inverse(seed: int) -> None:
    table = random_table(np.random.default_rng(seed), 2, 50)
    row = table.frames_of("cam-1")
    ticks = table.ticks_of("cam-1", int(row.max()) + 3)
    for tick, frame in enumerate(row):
        assert frame == MISSING or ticks[frame] == tick
    assert (ticks != MISSING).sum() == (row != MISSING).sum()


def test_an_offset_is_one_run() -> None:
    table = SyncTable(views=("a", "b"), frames=np.array([[0, 1, 2, 3], [-1, -1, 0, 1]]))
    assert table.to_dict() == {"ticks": 4, "views": {"a": [[0, 0, 4]], "b": [[2, 0, 2]]}}


def test_views_that_started_together() -> None:
    table = SyncTable.aligned({"a": 3, "b": 5})
    assert table.ticks == 5
    assert table.frames.tolist() == [[0, 1, 2, -1, -1], [0, 1, 2, 3, 4]]


def test_a_table_of_another_recording() -> None:
    table = SyncTable.aligned({"a": 5})
    table.require({"a": 5})
    with pytest.raises(BadSync, match="'a' has 4 frames, but frame 4 is to be shown at tick 4"):
        table.require({"a": 4})
    with pytest.raises(BadSync, match="No view 'c'; the recording has a"):
        table.frames_of("c")


@pytest.mark.parametrize(
    ("frames", "words"),
    [
        ([[0, 1, 1]], "increase"),
        ([[2, -1, 1]], "increase"),
        ([[0, -2, 1]], "0 or more"),
        ([[0, 1], [0, 1]], "got \\(2, 2\\)"),
    ],
)
def test_frames_that_make_no_sense(frames: list[list[int]], words: str) -> None:
    with pytest.raises(BadSync, match=words):
        SyncTable(views=("a",), frames=np.array(frames, np.int64))


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"ticks": 3},
        {"ticks": 3, "views": [1]},
        {"ticks": 0, "views": {"a": []}},
        {"ticks": 10**12, "views": {"a": []}},
        {"ticks": 3, "views": {}},
        {"ticks": 3, "views": {"a": [[0, 0]]}},
        {"ticks": 3, "views": {"a": [[0, 0, 4]]}},
        {"ticks": 3, "views": {"a": [[0, 0, 2], [1, 2, 1]]}},
        {"ticks": 3, "views": {"a": [[0, 0.5, 2]]}},
        {"ticks": 3, "views": {"a": [[-1, 0, 2]]}},
        {"ticks": 3, "views": {"a": [[0, -1, 2]]}},
        {"ticks": 3, "views": {"a": [[0, 5, 1], [1, 3, 1]]}},
        {"ticks": 3, "views": {"a": 7}},
        {"ticks": 3, "views": {"a": [7]}},
        {"ticks": 3, "views": [["a", []]]},
        {"ticks": 3, "views": {1: [], "1": []}},
        {"ticks": float("inf"), "views": {"a": []}},
        {"ticks": float("nan"), "views": {"a": []}},
        {"ticks": 12.7, "views": {"a": []}},
        {"ticks": "12", "views": {"a": []}},
        {"ticks": True, "views": {"a": []}},
        {"ticks": 3, "views": {"a": [[0, 10**4000, 1]]}},
        {"ticks": 3, "views": {"a": [[0, 0, 10**4000]]}},
    ],
)
def test_a_broken_document(document: dict[str, Any]) -> None:
    with pytest.raises(BadSync):
        SyncTable.from_dict(document)


@given(
    ticks=st.integers(1, 8),
    runs=st.lists(st.tuples(st.integers(-1, 8), st.integers(-1, 8), st.integers(0, 4)), max_size=3),
)
def test_runs_are_held_to_the_rules_of_the_table(ticks: int, runs: list[tuple[int, int, int]]) -> None:
    """Against a table that is filled frame by frame."""
    document = {"ticks": ticks, "views": {"a": [list(run) for run in runs]}}
    shown = [(tick + n, frame + n) for tick, frame, length in runs for n in range(length)]
    in_order = all(a < b and c < d for (a, c), (b, d) in pairwise(shown))
    inside = all(0 <= tick < ticks and frame >= 0 for tick, frame in shown)
    if not in_order or not inside or any(length < 1 for _, _, length in runs):
        with pytest.raises(BadSync):
            SyncRuns.from_dict(document)
        return
    row = np.full((1, ticks), MISSING, np.int64)
    for tick, frame in shown:
        row[0, tick] = frame
    table = SyncTable(views=("a",), frames=row)
    found = SyncRuns.from_dict(document)
    assert found.to_dict() == table.to_dict()
    count = int(row.max()) + 1
    found.require({"a": count})
    if count > 0:
        with pytest.raises(BadSync) as by_table:
            table.require({"a": count - 1})
        with pytest.raises(BadSync) as by_runs:
            found.require({"a": count - 1})
        assert str(by_runs.value) == str(by_table.value)
    with pytest.raises(BadSync, match="No view 'c'; the recording has a"):
        found.require({"c": 1})


def test_runs_of_the_longest_recording_cost_nothing() -> None:
    views = MAX_CELLS // MAX_TICKS
    document = {"ticks": MAX_TICKS, "views": {f"cam-{i}": [[0, 0, MAX_TICKS]] for i in range(views)}}
    tracemalloc.start()
    try:
        SyncRuns.from_dict(document).require({"cam-0": MAX_TICKS})
        _, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak_bytes < 1_000_000
    with pytest.raises(BadSync, match="ticks"):
        SyncRuns.from_dict({"ticks": MAX_TICKS, "views": {**document["views"], "more": []}})  # type: ignore[dict-item]
