"""What is wrong with a SLEAP file."""

from sbea_engine.errors import BadInput

__all__ = ["BadSleap", "NothingLabelled"]


class BadSleap(BadInput):
    """A SLEAP file cannot be used."""

    code = "bad_sleap"


class NothingLabelled(BadSleap):
    """A file holds predictions alone, where labels were asked for."""

    code = "nothing_labelled"
