"""Byte ranges by the letter of RFC 9110."""

from __future__ import annotations

import pytest

from webapp.recordings.ranges import (
    ByteRange,
    RangeNotSatisfiable,
    if_none_match_has,
    if_range_matches,
    parse_range,
)


@pytest.mark.parametrize(
    ("header", "first", "last"),
    [
        ("bytes=0-0", 0, 0),
        ("bytes=0-99", 0, 99),
        ("bytes=10-", 10, 99),
        ("bytes=-10", 90, 99),
        ("bytes=-1000", 0, 99),
        ("bytes=90-1000", 90, 99),
        ("Bytes = 5-6", 5, 6),
        ("bytes=99-99", 99, 99),
    ],
)
def test_one_range_is_cut_to_the_file(header: str, first: int, last: int) -> None:
    assert parse_range(header, 100) == ByteRange(first, last)


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "bytes=",
        "bytes=-",
        "bytes=a-b",
        "lines=0-5",
        "bytes=5-2",
        "bytes=0-1,3-4",
        "bytes=" + "9" * 40 + "-",
    ],
)
def test_what_cannot_be_read_or_is_several_gives_the_whole(header: str | None) -> None:
    assert parse_range(header, 100) is None


@pytest.mark.parametrize(
    ("header", "size"), [("bytes=100-", 100), ("bytes=200-300", 100), ("bytes=-0", 100), ("bytes=-5", 0)]
)
def test_a_range_without_any_byte_is_refused(header: str, size: int) -> None:
    with pytest.raises(RangeNotSatisfiable):
        parse_range(header, size)


def test_if_range_wants_the_same_strong_tag() -> None:
    assert if_range_matches(None, '"a"')
    assert if_range_matches('"a"', '"a"')
    assert not if_range_matches('"b"', '"a"')
    assert not if_range_matches('W/"a"', '"a"')
    assert not if_range_matches("Fri, 20 Nov 2026 00:00:00 GMT", '"a"')


@pytest.mark.parametrize(
    ("header", "has"),
    [
        (None, False),
        ("", False),
        ('"a"', True),
        ('"x", W/"a"', True),
        ("*", True),
        ('"x"', False),
        ("a", False),
    ],
)
def test_whoever_has_the_bytes_says_so(header: str | None, has: bool) -> None:
    assert if_none_match_has(header, '"a"') is has
