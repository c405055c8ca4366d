"""Errors as members of a project may read them: which file it is, never where the server keeps it.

The engine's errors name the file that it read by its whole path, which is right for the command line and for
whoever runs the server. The whole text is for the log.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.conf import settings

# A folder in the middle of a path: blanks in its name are only known of folders that the settings name.
_FOLDERS = r"(?:[^\s/:'\"]+/)*"
_ABSOLUTE = re.compile(r"(?<![\w./:~-])/(?P<first>[^\s/:'\"]+)/" + _FOLDERS)


def without_folders(text: str) -> str:
    """The text with the last part of each path on this server in place of the whole."""
    if "/" not in text:
        return text
    for root in _roots():
        at = r"(?<!\w)" + re.escape(root)
        text = re.sub(f"{at}/{_FOLDERS}", "", text)
        text = re.sub(rf"{at}(?![\w-])", literally(Path(root).name), text)
    return _ABSOLUTE.sub(_shortened, text)


def data_without_folders(data: Any) -> Any:
    """`without_folders` for each text in a JSON value."""
    if isinstance(data, str):
        return without_folders(data)
    if isinstance(data, dict):
        return {key: data_without_folders(value) for key, value in data.items()}
    return [data_without_folders(value) for value in data] if isinstance(data, list | tuple) else data


def literally(name: str) -> str:
    """A name as `re.sub` is to put it in."""
    return name.replace("\\", r"\\")


def _shortened(match: re.Match[str]) -> str:
    # Addresses of pages and names inside an HDF5 file start with a slash as well, but with no folder of this
    # machine.
    return "" if Path("/", match["first"]).exists() else match[0]


def _roots() -> list[str]:
    """Where the studio's own files and registered ones lie, as configured and resolved; inner ones first."""
    folders: Iterable[Path | str] = (
        settings.SBEA_DATA_ROOT,
        settings.SBEA_JOBS_ROOT,
        *settings.SBEA_MEDIA_ROOTS,
        *settings.SBEA_BACKBONES,
    )
    paths = [Path(folder).absolute() for folder in folders]
    every = {str(path) for path in paths} | {str(path.resolve()) for path in paths}
    return sorted(every - {"/"}, key=len, reverse=True)
