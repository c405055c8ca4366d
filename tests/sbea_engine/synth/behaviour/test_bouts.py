from __future__ import annotations

import pytest

from sbea_engine.synth.behaviour.bouts import BadBouts, Bout, check_bouts


def bout(first: int, last: int, actor: str = "a", partner: str | None = None) -> Bout:
    return Bout(behaviour="walk", first_frame=first, last_frame=last, actor=actor, partner=partner)


def test_json_form_reads_back() -> None:
    one = Bout(behaviour="mount", first_frame=3, last_frame=9, actor="a", partner="b")
    assert Bout.from_dict(one.to_dict()) == one
    assert len(one) == 7


@pytest.mark.parametrize(
    "bad",
    [
        {"first_frame": -1, "last_frame": 3},
        {"first_frame": 4, "last_frame": 3},
        {"actor": "b", "partner": "b"},
    ],
)
def test_a_bout_that_contradicts_itself_is_refused(bad: dict[str, object]) -> None:
    good = {"behaviour": "flee", "first_frame": 0, "last_frame": 3, "actor": "a", "partner": "b"}
    with pytest.raises(BadBouts):
        Bout.from_dict(good | bad)
    with pytest.raises(BadBouts, match="partner"):
        Bout.from_dict({k: v for k, v in good.items() if k != "partner"})


@pytest.mark.parametrize(
    ("bouts", "said"),
    [
        ([bout(0, 4), bout(6, 9)], "frame 5, got 6"),
        ([bout(0, 5), bout(5, 9)], "frame 6, got 5"),
        ([bout(0, 8)], "after 9 frames, the recording after 10"),
        ([bout(0, 10)], "after 11 frames"),
        ([bout(0, 9, partner="c")], "'c'"),
        ([], "after 0 frames"),
    ],
)
def test_gaps_overlaps_and_strangers_are_named(bouts: list[Bout], said: str) -> None:
    with pytest.raises(BadBouts, match=said):
        check_bouts(bouts, individuals=["a"], frames=10)


def test_bouts_that_tile_the_recording_pass() -> None:
    check_bouts([bout(5, 9), bout(0, 4), bout(0, 9, "b", "a")], individuals=["a", "b"], frames=10)
