"""What the name of a keypoint, an individual or a view may hold."""

from __future__ import annotations

import unicodedata

_NO_TEXT = frozenset({"Cc", "Cs", "Zl", "Zp"})
"""Control characters, halves of surrogate pairs, ends of lines and paragraphs: databases take neither NUL nor
half a pair, and a name that holds the others cannot be told from one that does not."""


def is_plain_text(name: object) -> bool:
    """Whether it is a text that any table and terminal shows in one line."""
    return isinstance(name, str) and not any(unicodedata.category(c) in _NO_TEXT for c in name)
