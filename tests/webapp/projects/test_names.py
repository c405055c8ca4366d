"""What a name may hold."""

from __future__ import annotations

import pytest

from sbea_engine.data.names import is_plain_text
from webapp.projects.errors import BadProject
from webapp.projects.names import clean_name


@pytest.mark.parametrize("text", ["Mäuse 3", "小鼠", "می‌خواهم", "a/b", "🐁"])
def test_letters_of_every_script_are_text(text: str) -> None:
    assert is_plain_text(text)
    assert clean_name(f"  {text}\t ", what="thing", longest=20, refuse=BadProject) == text


@pytest.mark.parametrize("text", ["\0", "a\x1b[31m", "\ud800", "\x7f"])
def test_what_cannot_be_stored_or_shown_is_none(text: str) -> None:
    assert not is_plain_text(text)
    with pytest.raises(BadProject, match="of a thing cannot hold control characters"):
        clean_name(text, what="thing", longest=20, refuse=BadProject)


def test_blanks_are_single_and_the_length_is_what_is_kept() -> None:
    assert clean_name(" a \n b ", what="thing", longest=3, refuse=BadProject) == "a b"
    for text in ("", " \t ", "abcd"):
        with pytest.raises(BadProject, match="1 to 3 characters"):
            clean_name(text, what="thing", longest=3, refuse=BadProject)
