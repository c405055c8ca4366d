from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sbea_engine.synth.behaviour.chance import Chance
from sbea_engine.synth.behaviour.repertoire import (
    BASIC,
    REPERTOIRE,
    RESPONSES,
    TRANSITIONS,
    BadRepertoire,
    transitions_with,
)
from sbea_engine.synth.body import BodyPlan
from sbea_engine.synth.recipe import BODIES


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


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ({"walk": {"mount": 1.0}}, "mount needs a partner, and walk has none"),
        ({"rear": {"idle": 1.0, "follow": 0.5}}, "follow needs a partner"),
        ({"follow": {"huddle": 1.0}}, "huddle is begun by an approach"),
        ({"idle": {"nose-nose": 1.0}}, "nose-nose is begun by an approach"),
        ({"idle": {"walk": 1e308, "rear": 1e308}}, "at most 1000000"),
        ({"idle": {"walk": float("nan")}}, "weights must be"),
    ],
)
def test_what_can_never_follow_is_refused(rows: dict[str, dict[str, float]], said: str) -> None:
    with pytest.raises(BadRepertoire, match=said):
        transitions_with(rows)


def test_the_table_itself_asks_for_nothing_impossible() -> None:
    for name, row in TRANSITIONS.items():
        assert transitions_with({name: row})[name] == row


def test_a_weight_of_0_may_stand_anywhere() -> None:
    assert transitions_with({"walk": {"idle": 1.0, "mount": 0.0}})["walk"]["idle"] == 1.0


def test_one_alone_needs_something_to_do_alone() -> None:
    transitions_with({"idle": {"approach": 1.0, "walk": 1.0}}, alone=True)
    with pytest.raises(BadRepertoire, match=r"transitions\.idle: leaves an animal that is alone"):
        transitions_with({"idle": {"approach": 1.0}}, alone=True)


@pytest.mark.parametrize("plan", BODIES.values(), ids=list(BODIES))
def test_bodies_are_left_what_they_do_and_are_asked_for_nothing_else(plan: BodyPlan) -> None:
    rows = transitions_with({}, does=plan.does)
    assert set(rows) == plan.does
    for row in rows.values():
        assert set(row) <= plan.does
    for name in set(REPERTOIRE) - plan.does:
        with pytest.raises(BadRepertoire, match=f"this body does not {name}"):
            transitions_with({"idle": {name: 1.0}}, does=plan.does)


def test_a_body_with_nobody_to_meet_for_is_refused() -> None:
    with pytest.raises(BadRepertoire, match=r"transitions\.approach: nothing that this body does"):
        transitions_with({}, does={*BASIC, "approach"})
