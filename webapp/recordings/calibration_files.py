"""What a person may hand in as a calibration, whatever wrote it, and what its file tells of itself."""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sbea_engine.data.camera import CameraGroup
from sbea_engine.io.registry import CALIBRATIONS, detect_calibration
from webapp.recordings.errors import BadCalibration

MAX_BYTES = 4 * 1024 * 1024
ANIPOSE = "anipose"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadCalibration:
    """Cameras as a file has them.

    Attributes:
        kind: Name of the format, as in `CALIBRATIONS`.
        quality: `warnings`, one sentence each on what was decided, and `reprojection_error_px` where the
            file states one.
    """

    cameras: CameraGroup
    kind: str
    quality: Mapping[str, Any] = field(default_factory=dict)


def read_calibration(filename: str, text: str, *, unit_mm: float = 1.0) -> ReadCalibration:
    """Read the text of a calibration file.

    Args:
        filename: As a person knows it; its ending and the text decide which format it is.
        unit_mm: Millimetres in one unit of a file that names none.

    Raises:
        BadCalibration: No calibration, damaged, or too large.
    """
    if len(text.encode(errors="replace")) > MAX_BYTES:
        raise BadCalibration(f"{filename!r} is too large for a calibration; at most {MAX_BYTES} bytes.")
    kind = detect_calibration(filename, text)
    if kind is None:
        known = ", ".join(entry.title for entry in CALIBRATIONS.values())
        raise BadCalibration(
            f"{filename!r} is no calibration that can be read here. Known are those of {known}: a .json of "
            "the studio, the recording.json of a rendered recording, the calibration.toml of Anipose."
        )
    read = CALIBRATIONS[kind].read(text, filename, unit_mm=unit_mm)
    # Pairs of cameras in one place are found anew whenever a calibration is shown, so they are not kept.
    decided = read.warnings[: len(read.warnings) - len(read.duplicates)]
    quality: dict[str, Any] = {"warnings": list(decided)}
    stated = _stated_error_px(text) if kind == ANIPOSE else None
    if stated is not None:
        quality["reprojection_error_px"] = stated
    return ReadCalibration(cameras=read.cameras, kind=kind, quality=quality)


def _stated_error_px(text: str) -> float | None:
    """The reprojection error that Anipose writes beside the cameras, if it is a number that can be one."""
    metadata = tomllib.loads(text).get("metadata")
    error = metadata.get("error") if isinstance(metadata, dict) else None
    if isinstance(error, bool) or not isinstance(error, int | float):
        return None
    # A whole number may be larger than any float.
    return float(error) if 0 <= error <= sys.float_info.max else None
