"""What a name may hold that people see, databases store and files are called by."""

from __future__ import annotations

import unicodedata

from webapp.api.errors import Invalid

# Control characters and halves of surrogate pairs: PostgreSQL takes neither NUL nor a lone surrogate, and
# a name that holds the others cannot be told from one that does not.
_NO_TEXT = frozenset({"Cc", "Cs"})


def is_text(text: str) -> bool:
    """Whether every character can be shown and stored."""
    return not any(unicodedata.category(character) in _NO_TEXT for character in text)


def clean_name(text: str, *, what: str, longest: int, refuse: type[Invalid]) -> str:
    """`text` without outer blanks, inner ones made single.

    Args:
        text: As a person wrote it.
        what: What is being named, for the message.
        longest: Most characters.
        refuse: The error to raise where it is no name.
    """
    name = " ".join(text.split())
    if not 1 <= len(name) <= longest:
        raise refuse(f"The name of a {what} has 1 to {longest} characters, got {len(name)}.")
    if not is_text(name):
        raise refuse(f"The name of a {what} cannot hold control characters. Type it anew.")
    return name
