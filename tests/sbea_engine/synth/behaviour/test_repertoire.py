from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sbea_engine.synth.behaviour.chance import Chance
from sbea_engine.synth.behaviour.repertoire import (
    REPERTOIRE,
    RESPONSES,
    TRANSITIONS,
    BadRepertoire,
    transitions_with,
)


def test_tables_name_the_same_behaviours() -> None:
    assert set(TRANSITIONS) == set(REPERTOIRE)
    for row in TRANSITIONS.values():
        assert set(row) <= set(REPERTOIRE)
    for row in RESPONSES.values():
        assert set(row) <= set(REPERTOIRE) | {""}


def test_a_row_is_replaced_and_the_others_stay() -> None:
    changed = transitions_with({"idle": {"rear": 1.0}})
    assert changed["idle"] == {"rear": 1.0}
    assert changed["walk"] == TRANSITIONS["walk"]


def test_durations_that_contradict_themselves_are_refused() -> None:
    with pytest.raises(BadRepertoire, match="shortest"):
        replace(REPERTOIRE["rear"], shortest_s=9.0)


def test_draws_have_the_weights_and_durations_asked_for() -> None:
    chance = Chance(np.random.default_rng(0))
    picks = [chance.pick({"a": 3, "b": 1, "c": 0}) for _ in range(4000)]
    assert picks.count("a") / 4000 == pytest.approx(0.75, abs=0.03)
    assert "c" not in picks
    lasts = np.array([chance.duration(2.0, 0.5, 0.5, 8.0) for _ in range(4000)])
    assert np.median(lasts) == pytest.approx(2.0, rel=0.05)
    assert np.log(lasts).std() == pytest.approx(0.5, abs=0.03)
    assert lasts.min() >= 0.5
    assert lasts.max() <= 8.0
