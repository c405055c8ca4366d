"""How long a Matroska file says that it is: of its structure no more than that is read."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

SEGMENT = 0x18538067
MAX_BEFORE = 16  # elements before the segment: the EBML header, and what a writer may leave empty


def segment_end(path: Path) -> int | None:
    """Byte just behind the segment, the element that holds all else; None where its size is not written.

    A recorder that is cut off leaves the size unknown, one that streams never knows it. A file that ends
    before this byte was cut short.

    References:
        RFC 8794 (EBML), sections 4 to 6 and 11; RFC 9559 (Matroska), section 5.1.
    """
    with path.open("rb") as file:
        for _ in range(MAX_BEFORE):
            name, size = _number(file, keep_marker=True), _number(file, keep_marker=False)
            if name is None or size is None:
                return None
            if name == SEGMENT:
                return file.tell() + size
            file.seek(size, 1)
    return None


def _number(file: BinaryIO, *, keep_marker: bool) -> int | None:
    """A number of variable length, whose first bit that is set gives the length; None for "unknown" and at
    the end of the file."""
    first = file.read(1)
    length = 9 - first[0].bit_length() if first else 9
    if length > 8:
        return None
    rest = file.read(length - 1)
    if len(rest) < length - 1:
        return None
    value = int.from_bytes(first + rest, "big")
    plain = value - (1 << 7 * length)
    if keep_marker:
        return value
    return None if plain == (1 << 7 * length) - 1 else plain
