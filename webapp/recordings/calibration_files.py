"""What a person may hand in as a calibration, whatever wrote it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sbea_engine.data.camera import CALIBRATION_FORMAT, CameraGroup
from webapp.recordings.errors import BadCalibration
from webapp.recordings.models import Calibration
from webapp.recordings.rendered import RENDERED_FORMAT, cameras_of

MAX_BYTES = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadCalibration:
    """Cameras with what their file tells of itself."""

    cameras: CameraGroup
    kind: Calibration.SourceKind
    quality: Mapping[str, Any] = field(default_factory=dict)


def read_calibration(filename: str, text: str) -> ReadCalibration:
    """Read the text of a calibration file.

    Args:
        filename: As a person knows it; its ending decides how the text is read.

    Raises:
        BadCalibration: No calibration, or too large.
        BadCamera: The numbers make no cameras.
    """
    if len(text.encode()) > MAX_BYTES:
        raise BadCalibration(f"{filename!r} is too large for a calibration; at most {MAX_BYTES} bytes.")
    if not filename.lower().endswith(".json"):
        raise BadCalibration(
            f"{filename!r} is no calibration that can be read here. Take a .json of the studio "
            f"({CALIBRATION_FORMAT}), or the recording.json of a rendered recording."
        )
    return _from_json(filename, text)


def _from_json(filename: str, text: str) -> ReadCalibration:
    try:
        document = json.loads(text)
    except (json.JSONDecodeError, RecursionError) as error:
        raise BadCalibration(f"{filename!r} is not JSON: {str(error)[:200]}.") from error
    found = document.get("format") if isinstance(document, dict) else None
    if found == CALIBRATION_FORMAT:
        return ReadCalibration(cameras=CameraGroup.from_dict(document), kind=Calibration.SourceKind.SBEA)
    if found == RENDERED_FORMAT:
        return ReadCalibration(cameras=cameras_of(document), kind=Calibration.SourceKind.RENDERED)
    raise BadCalibration(
        f"{filename!r} has the format {str(found)[:80]!r}; expected {CALIBRATION_FORMAT!r}, or "
        f"{RENDERED_FORMAT!r} of a rendered recording."
    )
