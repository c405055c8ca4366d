"""HTTP byte ranges and conditions as in RFC 9110, sections 14 and 13: pure parsing, no I/O."""

from __future__ import annotations

import re
from dataclasses import dataclass

_SPEC = re.compile(r"^(\d*)-(\d*)$")
# No file is longer; also keeps a hostile header from making Python parse a number of a million digits.
_MAX_DIGITS = 18


class RangeNotSatisfiable(Exception):
    """Well formed, but no byte of the file lies in it: the answer is 416."""


@dataclass(frozen=True, slots=True)
class ByteRange:
    """First and last byte, both inclusive and inside the file."""

    first: int
    last: int

    @property
    def length(self) -> int:
        return self.last - self.first + 1

    def content_range(self, size: int) -> str:
        return f"bytes {self.first}-{self.last}/{size}"


def parse_range(header: str | None, size: int) -> ByteRange | None:
    """The one range that a `Range` header asks for, cut to the file.

    Returns None where the whole file is the right answer: no header, another unit, a malformed header
    (RFC 9110 14.2 says to ignore it) or several ranges, which a server may answer with the whole.

    Raises:
        RangeNotSatisfiable: The range starts at or after the end, or is a suffix of length 0.
    """
    if not header:
        return None
    unit, _, specs = header.partition("=")
    if unit.strip().lower() != "bytes" or "," in specs:
        return None
    match = _SPEC.match(specs.strip())
    if match is None or match.group(0) == "-":
        return None
    start, end = match.groups()
    if len(start) > _MAX_DIGITS or len(end) > _MAX_DIGITS:
        return None
    if not start:
        suffix = int(end)
        if suffix == 0 or size == 0:
            raise RangeNotSatisfiable
        return ByteRange(max(0, size - suffix), size - 1)
    first = int(start)
    if end and int(end) < first:
        return None
    if first >= size:
        raise RangeNotSatisfiable
    return ByteRange(first, min(int(end), size - 1) if end else size - 1)


def if_range_matches(header: str | None, etag: str) -> bool:
    """Whether an `If-Range` header allows a partial answer. Only a strong, equal entity tag does."""
    return header is None or header.strip() == etag


def if_none_match_has(header: str | None, etag: str) -> bool:
    """Whether the client has these bytes, by an `If-None-Match` header; weak tags count, and `*` is any."""
    tags = [tag.strip().removeprefix("W/") for tag in (header or "").split(",")]
    return etag in tags or "*" in tags
