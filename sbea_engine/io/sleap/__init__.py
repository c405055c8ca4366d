"""SLEAP files: projects, packages and analysis files (`docs/reference/sleap.md`)."""

from sbea_engine.io.sleap.analysis import is_analysis, read_analysis, write_analysis
from sbea_engine.io.sleap.errors import BadSleap, NothingLabelled
from sbea_engine.io.sleap.slp import SleapFile, read_slp
from sbea_engine.io.sleap.slp_writer import write_slp
from sbea_engine.io.sleap.videos import SleapVideo

__all__ = [
    "BadSleap",
    "NothingLabelled",
    "SleapFile",
    "SleapVideo",
    "is_analysis",
    "read_analysis",
    "read_slp",
    "write_analysis",
    "write_slp",
]
