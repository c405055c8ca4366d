"""What is wrong with an NWB file."""

from sbea_engine.errors import BadInput

__all__ = ["BadNwb"]


class BadNwb(BadInput):
    """An NWB file cannot be used, or cannot hold what should be written."""

    code = "bad_nwb"
