"""Names of recordings and views: whatever is accepted here, every export can write later.

Exports name files and table headers by recording. A header that starts with = + - or @ runs as a formula in a
spreadsheet, so `sbea_engine.io.deeplabcut` refuses to write it; names that differ only in case share one
file on many disks.
"""

from __future__ import annotations

from collections.abc import Iterable

from sbea_engine.data.names import is_plain_text
from webapp.projects.names import clean_name
from webapp.recordings.errors import BadCalibration, BadRecording, NameTaken

LONGEST_RECORDING, LONGEST_VIEW = 120, 80
_FORMULA = "=+-@"
_ROOM_FOR_NUMBER = 8  # " (1000)" and some


def recording_name(text: str) -> str:
    """The name as it is kept.

    Raises:
        BadRecording: Empty, too long, no text, or not to be written by an export.
    """
    name = clean_name(text, what="recording", longest=LONGEST_RECORDING, refuse=BadRecording)
    if name[0] in _FORMULA:
        raise BadRecording(
            f"A recording cannot be called {name!r}: spreadsheets run what starts with {name[0]!r} as a "
            "formula. Put a letter or a number first."
        )
    if name in {".", ".."}:
        raise BadRecording(f"A recording cannot be called {name!r}, which means a folder.")
    return name


def view_name(text: str) -> str:
    """As `recording_name`, for a view; it never stands first in an export."""
    return clean_name(text, what="view", longest=LONGEST_VIEW, refuse=BadRecording)


def calibration_name(text: str) -> str:
    """As `recording_name`, for a calibration; no export is called by it."""
    return clean_name(text, what="calibration", longest=LONGEST_RECORDING, refuse=BadCalibration)


def session_name(text: str) -> str:
    """As `recording_name`, for a recording session; no export is called by it."""
    return clean_name(text, what="recording session", longest=LONGEST_RECORDING, refuse=BadRecording)


def require_free(name: str, taken: Iterable[str], *, what: str = "recording") -> None:
    """Raise `NameTaken` where another one of the project has this name, in whatever case."""
    other = next((known for known in taken if known.casefold() == name.casefold()), None)
    if other is not None:
        raise NameTaken(f"This project already has a {what} named {other!r}. Choose another name.")


def plain(text: str) -> str:
    """Without what no name may hold, blanks made single."""
    return " ".join("".join(c if is_plain_text(c) else " " for c in text).split())


def free_name(wanted: str, taken: Iterable[str]) -> str:
    """A name that `recording_name` and `require_free` accept, as close to `wanted` as can be."""
    base = (
        plain(wanted).lstrip(_FORMULA + " .")[: LONGEST_RECORDING - _ROOM_FOR_NUMBER].strip() or "recording"
    )
    known = {name.casefold() for name in taken}
    names = (base if n == 1 else f"{base} ({n})" for n in range(1, len(known) + 2))
    return next(name for name in names if name.casefold() not in known)
