"""Writes tables as pandas does for DeepLabCut, whole or not at all."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from sbea_engine.io.deeplabcut.table import BadDeepLabCut, Column

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["KEY", "as_name", "columns_of", "require_name", "write_csv_and_h5"]

KEY = "df_with_missing"
MAX_NAME = 120
_FORBIDDEN = re.compile(r'[\\/:*?"<>|\x00-\x1f]')
_FORMULA = ("=", "+", "-", "@")


def require_name(name: str, what: str) -> None:
    """Raise `BadDeepLabCut` unless `name` can stand in a DeepLabCut header and in a file name.

    A cell that starts with = + - or @ runs as a formula when the CSV is opened in a spreadsheet. DeepLabCut
    compares names letter by letter, so they cannot be escaped and are refused.
    """
    if not name.strip() or name != name.strip() or len(name) > MAX_NAME or name in (".", ".."):
        raise BadDeepLabCut(f"The {what} {name!r} is not 1 to {MAX_NAME} characters without outer blanks.")
    if name.startswith(_FORMULA):
        raise BadDeepLabCut(f"The {what} {name!r} starts like a spreadsheet formula. Rename it first.")
    forbidden = _FORBIDDEN.search(name)
    if forbidden:
        raise BadDeepLabCut(
            f"The {what} {name!r} holds {forbidden.group()!r}, which no file name may. Rename it."
        )


def as_name(text: str) -> str:
    """`text` with each character that no file name may hold as `_`, cut to what `require_name` takes."""
    return _FORBIDDEN.sub("_", text).strip()[:MAX_NAME].strip()


def columns_of(scorer: str, columns: Sequence[Column]) -> pd.MultiIndex:
    """The header: scorer, (individuals,) bodyparts, coords."""
    import pandas as pd

    for column in columns:
        require_name(column.bodypart, "body part")
        if column.individual is not None:
            require_name(column.individual, "animal")
    if columns and columns[0].individual is not None:
        return pd.MultiIndex.from_tuples(
            [(scorer, c.individual, c.bodypart, c.coord) for c in columns],
            names=["scorer", "individuals", "bodyparts", "coords"],
        )
    return pd.MultiIndex.from_tuples(
        [(scorer, c.bodypart, c.coord) for c in columns], names=["scorer", "bodyparts", "coords"]
    )


def write_csv_and_h5(frame: pd.DataFrame, stem: Path) -> tuple[Path, Path]:
    """Write `<stem>.csv` and `<stem>.h5` (fixed format, key `df_with_missing`); both replace old files."""
    files = (stem.with_name(f"{stem.name}.csv"), stem.with_name(f"{stem.name}.h5"))
    temporary = tuple(file.with_name(f".{file.name}.tmp") for file in files)
    try:
        frame.to_csv(temporary[0])
        frame.to_hdf(temporary[1], key=KEY, mode="w")
        for source, target in zip(temporary, files, strict=True):
            os.replace(source, target)  # noqa: PTH105 (atomic on one file system)
    finally:
        for file in temporary:
            file.unlink(missing_ok=True)
    return files
