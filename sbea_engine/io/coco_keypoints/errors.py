"""What is wrong with a COCO file."""

from sbea_engine.errors import BadInput

__all__ = ["FILE", "BadCoco"]

FILE = "annotations.json"  # of those that are written


class BadCoco(BadInput):
    """A COCO file cannot be used."""

    code = "bad_coco"
