"""What a name may hold that people see, databases store and files are called by."""

from __future__ import annotations

from sbea_engine.data.names import is_plain_text
from webapp.api.errors import Invalid


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
    if not is_plain_text(name):
        raise refuse(f"The name of a {what} cannot hold control characters. Type it anew.")
    return name
