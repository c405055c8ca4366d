"""What can be wrong with a video, and with the place where a proxy is to be written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sbea_engine.errors import BadInput, EngineError


class BadVideo(BadInput):
    """A video, image folder or proxy cannot be used; the message names file, what is wrong, and a remedy."""

    code = "bad_video"

    def __init__(self, path: Path, what: str, remedy: str, **data: Any) -> None:
        super().__init__(f"{path}: {what} {remedy}", path=str(path), what=what, remedy=remedy, **data)


class CannotWrite(EngineError):
    """A proxy could not be written for a reason outside the video: full disk, no permission."""

    code = "cannot_write"
    permanent = False

    def __init__(self, folder: Path, error: OSError) -> None:
        reason = error.strerror or type(error).__name__
        super().__init__(
            f"{folder}: writing failed ({reason}). Free space or give write access there, then try again.",
            path=str(folder),
            errno=error.errno,
        )
