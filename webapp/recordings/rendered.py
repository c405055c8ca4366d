"""What a rendered recording's folder tells of its views, read without the renderer."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from sbea_engine.data.camera import CameraGroup
from sbea_engine.data.sync import SyncRuns
from sbea_engine.io.calibration_file import RENDERED_FILE, RENDERED_FORMAT, parse_rendered
from webapp.recordings.errors import BadRecording

RENDERED = "rendered"  # as the registry of calibration formats calls it
DESCRIPTION = RENDERED_FILE
MAX_BYTES = 32 * 1024 * 1024
_HEAD_BYTES = 4096  # the format stands first


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderedFolder:
    """What a folder that `sbea synth` wrote tells of its views."""

    path: Path
    cameras: CameraGroup
    sync: SyncRuns | None

    def video(self, camera: str) -> Path:
        """Where the video of a camera is to lie."""
        return self.path / f"{camera}.mp4"


def read_rendered(folder: Path) -> RenderedFolder:
    """Read the description in a folder.

    Raises:
        BadRecording: There is none, or it is damaged.
        BadCalibration, BadSync: Its cameras or its table of ticks contradict themselves.
    """
    file = folder / DESCRIPTION
    try:
        if not file.is_file():
            raise FileNotFoundError(file)
        if file.stat().st_size > MAX_BYTES:
            raise BadRecording(f"{file}: too large for the description of a recording.")
        text = file.read_text(encoding="utf-8")
        document = json.loads(text)
    except OSError as error:
        raise BadRecording(
            f"{folder}: holds no {DESCRIPTION} that can be read, so it is no rendered recording."
        ) from error
    except (ValueError, RecursionError) as error:
        raise BadRecording(f"{file}: not JSON ({str(error)[:200]}).") from error
    if not isinstance(document, dict) or document.get("format") != RENDERED_FORMAT:
        raise BadRecording(f"{file}: not of format {RENDERED_FORMAT}.")
    cameras = parse_rendered(text, str(file)).cameras
    if any("/" in name or "\\" in name or "\0" in name or name in {".", ".."} for name in cameras.names):
        raise BadRecording(f"{file}: the name of a camera leads to another folder.")
    sync = document.get("sync")
    if sync is not None and not isinstance(sync, dict):
        raise BadRecording(f"{file}: 'sync' must be a table of ticks.")
    return RenderedFolder(
        path=folder, cameras=cameras, sync=None if sync is None else SyncRuns.from_dict(sync)
    )


def is_rendered(description: Path) -> bool:
    """Whether the description of a folder says that a rendered recording lies in it."""
    try:
        if not description.is_file():  # opening a pipe would wait for ever
            return False
        with description.open("rb") as file:
            return RENDERED_FORMAT.encode() in file.read(_HEAD_BYTES)
    except OSError:
        return False
