"""What is wrong with a SLEAP file."""

from sbea_engine.errors import BadInput

__all__ = ["BadSleap"]


class BadSleap(BadInput):
    """A SLEAP file cannot be used."""

    code = "bad_sleap"
