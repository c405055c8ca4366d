"""What a recording may be called: whatever is accepted, every export can write."""

from __future__ import annotations

import pytest

from sbea_engine.io.deeplabcut.frames import as_name, require_name
from webapp.recordings.errors import BadRecording, NameTaken
from webapp.recordings.names import LONGEST_RECORDING, free_name, recording_name, require_free, view_name

ODD = [
    "+30 min",
    "@home",
    "-1",
    "=sum",
    ".",
    "..",
    " ",
    "\0",
    "a\ud800",
    "x" * 300,
    "con/../x",
    "..hidden",
    "a\tb",
]


@pytest.mark.parametrize("name", [*ODD, "Day 1", "小鼠 3", 'a:b*"c"', "x" * LONGEST_RECORDING])
def test_what_is_accepted_can_be_exported(name: str) -> None:
    try:
        kept = recording_name(name)
    except BadRecording:
        return
    require_name(as_name(kept), "video")


@pytest.mark.parametrize("name", ["+30 min", "@home", "-1", "=sum", "..", "", "\0", "a\ud800", "x" * 121])
def test_what_cannot_be_exported_or_stored_is_refused(name: str) -> None:
    with pytest.raises(BadRecording):
        recording_name(name)


@pytest.mark.parametrize("name", ["", "\0", "top\ud800", "x" * 81])
def test_views_too(name: str) -> None:
    with pytest.raises(BadRecording, match="name of a view"):
        view_name(name)


def test_a_name_in_another_case_is_taken() -> None:
    require_free("take 10", ["Take 1"])
    with pytest.raises(NameTaken, match="named 'Take 1'"):
        require_free("TAKE 1", ["Take 1"])


@pytest.mark.parametrize("wanted", ODD)
def test_a_file_of_any_name_becomes_a_recording(wanted: str) -> None:
    taken: list[str] = []
    for _ in range(3):
        name = free_name(wanted, taken)
        assert recording_name(name) == name
        require_free(name, taken)
        taken.append(name)


def test_it_stays_close_to_what_was_wanted() -> None:
    assert free_name("+30 min", []) == "30 min"
    assert free_name("take", ["Take", "take (2)"]) == "take (3)"
