"""What becomes of progress reports before they are stored."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from sbea_engine.progress import Example, Progress
from workers.progress import MIN_PERIOD_S, ProgressBuffer, RateMeter


def step(done: int, *, stage: str = "train", total: int = 100, **metrics: float) -> Progress:
    return Progress(stage=stage, done=done, total=total, metrics=metrics)


class TestRateMeter:
    def test_needs_two_reports(self) -> None:
        meter = RateMeter()
        assert meter.update(step(0), 0.0) == (None, None)
        assert meter.update(step(10), 2.0) == (5.0, 18.0)

    def test_a_new_stage_starts_over(self) -> None:
        meter = RateMeter()
        meter.update(step(0), 0.0)
        meter.update(step(10), 1.0)
        assert meter.update(step(0, stage="evaluate"), 2.0) == (None, None)

    def test_without_a_total_there_is_no_time_left(self) -> None:
        meter = RateMeter()
        meter.update(step(0, total=0), 0.0)
        assert meter.update(step(8, total=0), 2.0) == (4.0, None)

    def test_standing_still_promises_nothing(self) -> None:
        meter = RateMeter()
        meter.update(step(5), 0.0)
        assert meter.update(step(5), 1.0) == (0.0, None)


class TestProgressBuffer:
    def test_writes_at_most_twice_a_second(self) -> None:
        buffer = ProgressBuffer()
        times = [i * 0.05 for i in range(200)]
        writes = 0
        for number, now_s in enumerate(times):
            buffer.add(step(number, total=200))
            if buffer.due(now_s):
                buffer.take(now_s)
                writes += 1
        assert writes == pytest.approx(10 / MIN_PERIOD_S, abs=1)

    def test_a_rare_figure_survives_the_reports_around_it(self) -> None:
        buffer = ProgressBuffer()
        buffer.add(step(1, loss=3.0))
        buffer.add(step(2, val_mean_px=4.5))
        buffer.add(step(3, loss=2.0))
        stored, lines = buffer.take(0.0)
        assert stored is not None
        assert (stored["done"], stored["metrics"]) == (3, {"loss": 2.0, "val_mean_px": 4.5})
        assert [line.kind.value for line in lines] == ["metrics", "progress"]

    def test_the_end_of_a_stage_is_kept_apart_from_the_next_one(self) -> None:
        buffer = ProgressBuffer()
        buffer.add(step(9, stage="train", loss=3.0))
        buffer.add(step(10, stage="train", val_mean_px=4.5))
        buffer.add(step(0, stage="evaluate"))
        stored, lines = buffer.take(0.0)
        assert stored is not None
        assert (stored["stage"], stored["metrics"]) == ("evaluate", {})
        told = [(line.data["stage"], line.data["done"], line.data["metrics"]) for line in lines]
        figures = {"loss": 3.0, "val_mean_px": 4.5}
        assert told == [("train", 10, figures), ("train", 10, figures), ("evaluate", 0, {})]

    def test_a_check_is_told_once_of_its_own_iteration_and_not_with_the_row(self) -> None:
        shown = Example(video="a/top", index=4, labels_px=[[[1.0, 2.0]]], points_px=[[None]])
        buffer = ProgressBuffer()
        buffer.add(step(1, loss=3.0))
        buffer.add(replace(step(2, loss=2.5, val_mean_px=9.0), examples=(shown,)))
        buffer.add(step(3, loss=1.0))
        stored, lines = buffer.take(0.0)
        assert stored is not None
        assert (stored["done"], stored["metrics"]) == (3, {"loss": 1.0})
        assert "examples" not in stored
        told = {"video": "a/top", "index": 4, "labels_px": [[[1.0, 2.0]]], "points_px": [[None]]}
        checked, later, progress = (line.data for line in lines)
        assert (checked["done"], checked["metrics"]) == (2, {"loss": 2.5, "val_mean_px": 9.0})
        assert checked["examples"] == [told]
        assert (later["done"], later["metrics"]) == (3, {"loss": 1.0})
        assert "examples" not in later
        assert progress["done"] == 3
        assert buffer.take(1.0) == (None, [])

    def test_messages_are_kept_in_order_and_without_progress(self) -> None:
        buffer = ProgressBuffer()
        buffer.add_message("one")
        buffer.add_message("two")
        stored, lines = buffer.take(0.0)
        assert stored is None
        assert [line.data["message"] for line in lines] == ["one", "two"]
        assert not buffer.due(math.inf)

    def test_what_json_cannot_hold_is_left_out(self) -> None:
        buffer = ProgressBuffer()
        buffer.add(step(1, loss=math.nan, val_mean_px=math.inf, ok=1.0))
        stored, _ = buffer.take(0.0)
        assert stored is not None
        assert stored["metrics"] == {"ok": 1.0}
