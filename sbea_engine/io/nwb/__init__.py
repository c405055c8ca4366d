"""NWB files with pose estimates of ndx-pose (`docs/reference/nwb.md`)."""

from sbea_engine.io.nwb.errors import BadNwb
from sbea_engine.io.nwb.reader import read_poses
from sbea_engine.io.nwb.transfer import find, looks_like, write_poses
from sbea_engine.io.nwb.writer import write_nwb

__all__ = ["BadNwb", "find", "looks_like", "read_poses", "write_nwb", "write_poses"]
