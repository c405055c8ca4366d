"""The pace at which a growing result is sent."""

from __future__ import annotations

import random

import pytest

from webapp.realtime.following import MAX_BEHIND_TICKS, WINDOW_TICKS, Following, Turn


def test_one_window_at_a_time() -> None:
    following = Following(next_tick=0)
    assert following.turn(done=600, finished=False) == Turn(seq=1, start=0, stop=512, skipped=None)
    assert following.turn(done=900, finished=False) is None
    assert following.received(1)
    assert following.turn(done=900, finished=False) == Turn(seq=2, start=512, stop=900, skipped=None)
    assert following.received(2)
    assert following.turn(done=900, finished=False) is None


def test_whoever_lags_gets_the_newest_and_is_told_what_is_left_out() -> None:
    following = Following(next_tick=100)
    done = 101 + MAX_BEHIND_TICKS
    turn = following.turn(done=done, finished=False)
    assert turn == Turn(seq=1, start=done - WINDOW_TICKS, stop=done, skipped=(100, done - WINDOW_TICKS))


def test_the_end_is_said_even_where_nothing_is_new() -> None:
    following = Following(next_tick=300)
    assert following.turn(done=300, finished=True) == Turn(seq=1, start=300, stop=300, skipped=None)
    assert following.ended
    assert following.received(1)
    assert following.turn(done=300, finished=True) is None


def test_a_job_that_is_tried_again_goes_on() -> None:
    following = Following(next_tick=0)
    assert following.turn(done=100, finished=True) == Turn(seq=1, start=0, stop=100, skipped=None)
    assert following.received(1)
    assert following.turn(done=100, finished=False) is None
    assert following.turn(done=150, finished=False) == Turn(seq=2, start=100, stop=150, skipped=None)
    assert following.received(2)
    assert following.turn(done=150, finished=True) == Turn(seq=3, start=150, stop=150, skipped=None)


def test_only_what_was_sent_last_can_be_received() -> None:
    following = Following(next_tick=0)
    assert not following.received(0)
    following.turn(done=5, finished=False)
    assert not following.received(2)
    assert following.received(1)
    assert not following.received(1)


def test_a_client_that_claims_more_than_there_is() -> None:
    following = Following(next_tick=1000)
    assert following.turn(done=5, finished=False) is None
    turn = following.turn(done=5, finished=True)
    assert turn is not None
    assert (turn.start, turn.stop) == (1000, 1000)


@pytest.mark.parametrize("seed", range(30))
def test_every_tick_is_sent_once_or_named_as_left_out(seed: int) -> None:
    chance = random.Random(seed)
    following, done, total, covered = Following(next_tick=0), 0, chance.randrange(1, 12_000), 0
    while not following.ended:
        done = min(total, done + chance.choice([0, 1, 100, 512, 3000]))
        turn = following.turn(done=done, finished=done == total)
        if turn is None:
            continue
        assert turn.stop - turn.start <= WINDOW_TICKS
        assert (turn.skipped or (covered, turn.start)) == (covered, turn.start)
        covered = turn.stop
        if chance.random() < 0.3:  # a slow client: much is done before it answers
            done = min(total, done + 5000)
        assert following.received(turn.seq)
    assert covered == total
