"""DeepLabCut's table: rows of frames under a header of scorer, (individual,) body part and coordinate."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sbea_engine.errors import BadInput

__all__ = ["BadDeepLabCut", "Column", "Table", "column_name", "make_table", "read_csv", "read_table"]

SINGLE_HEADER = ("scorer", "bodyparts", "coords")
COORDS = ("x", "y", "likelihood")
MULTI_HEADER = ("scorer", "individuals", "bodyparts", "coords")
MAX_BYTES = 1 << 30
MAX_PIXEL = 1e6  # further out no picture has pixels, and float32 still tells hundredths apart


class BadDeepLabCut(BadInput):
    """A DeepLabCut file or project cannot be used."""

    code = "bad_deeplabcut"


@dataclass(frozen=True, slots=True)
class Column:
    """What one column of numbers holds; `individual` is None in single-animal tables."""

    individual: str | None
    bodypart: str
    coord: str

    def __str__(self) -> str:
        return "/".join(part for part in (self.individual, self.bodypart, self.coord) if part is not None)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Table:
    """A table as it lies in a file, checked for shape but not yet against a project.

    Attributes:
        file: Where it was read; messages name it.
        scorer: The one scorer of the header.
        columns: One entry a column of numbers; unique.
        rows: Index of each row: one path or frame number, or the parts of a path; unique.
        values: float64 (row, column); NaN where a cell is empty.
    """

    file: Path
    scorer: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    values: NDArray[np.float64]

    @property
    def individuals(self) -> tuple[str, ...]:
        """Names of individuals in the order of the header; empty in single-animal tables."""
        return tuple(dict.fromkeys(c.individual for c in self.columns if c.individual is not None))

    @property
    def bodyparts(self) -> tuple[str, ...]:
        """Names of body parts in the order of the header."""
        return tuple(dict.fromkeys(c.bodypart for c in self.columns))

    def row_name(self, row: int) -> str:
        """How a message names a row."""
        return "/".join(self.rows[row])

    def spread(
        self, coord: str, individuals: Sequence[str | None], bodyparts: Sequence[str]
    ) -> NDArray[np.float64]:
        """One coordinate as (row, individual, bodypart); NaN where the table has no such column."""
        place = {(c.individual, c.bodypart): k for k, c in enumerate(self.columns) if c.coord == coord}
        out = np.full((len(self.rows), len(individuals), len(bodyparts)), np.nan)
        for i, individual in enumerate(individuals):
            for b, bodypart in enumerate(bodyparts):
                column = place.get((individual, bodypart))
                if column is not None:
                    out[:, i, b] = self.values[:, column]
        return out


def make_table(
    file: Path,
    header: Sequence[tuple[str, Sequence[str]]],
    rows: Sequence[tuple[str, ...]],
    values: NDArray[np.float64],
) -> Table:
    """Check a header and its rows, from whichever kind of file.

    Args:
        file: Named in messages.
        header: (level name, one name a column) pairs from the top down.
        rows: Index of each row.
        values: float64 (row, column).

    Raises:
        BadDeepLabCut: Levels, columns or rows are not those of a DeepLabCut table.
    """
    names = tuple(name for name, _ in header)
    if names not in (SINGLE_HEADER, MULTI_HEADER):
        raise BadDeepLabCut(
            f"{file}: header rows must be {', '.join(SINGLE_HEADER)} (several animals: "
            f"{', '.join(MULTI_HEADER)}), got {', '.join(names) or 'none'}."
        )
    levels = dict(header)
    scorers = sorted(set(levels["scorer"]))
    if len(scorers) != 1:
        raise BadDeepLabCut(f"{file}: needs one scorer in its header, got {', '.join(scorers) or 'none'}.")
    individuals: Sequence[str | None] = levels.get("individuals", [None] * len(levels["coords"]))
    columns = tuple(map(Column, individuals, levels["bodyparts"], levels["coords"]))
    _require_columns(file, columns)
    twice = next((row for row, count in Counter(rows).items() if count > 1), None)
    if twice is not None:
        numbers = [str(r + 1) for r, row in enumerate(rows) if row == twice]
        raise BadDeepLabCut(f"{file}: {'/'.join(twice)} is in rows {', '.join(numbers)}. Keep one of them.")
    outside = np.argwhere(np.isinf(values) | (np.abs(values) > MAX_PIXEL))
    if len(outside):
        r, c = (int(v) for v in outside[0])
        raise BadDeepLabCut(
            f"{file}: {'/'.join(rows[r])}, {columns[c]}: {values[r, c]} is no pixel position."
        )
    return Table(file=file, scorer=scorers[0], columns=columns, rows=tuple(rows), values=values)


def _require_columns(file: Path, columns: tuple[Column, ...]) -> None:
    blank = next((k for k, c in enumerate(columns) if not c.bodypart.strip() or c.individual == ""), None)
    if blank is not None:
        raise BadDeepLabCut(f"{file}: data column {blank + 1} has no name in its header.")
    twice = next((c for c, count in Counter(columns).items() if count > 1), None)
    if twice is not None:
        raise BadDeepLabCut(f"{file}: column {twice} is there twice.")
    unknown = next((c for c in columns if c.coord not in COORDS), None)
    if unknown is not None:
        raise BadDeepLabCut(f"{file}: column {unknown}: a coordinate is x, y or likelihood.")
    have = set(columns)
    for column in columns:
        for coord in ("x", "y"):
            if Column(column.individual, column.bodypart, coord) not in have:
                raise BadDeepLabCut(f"{file}: column {column_name(column, coord)} is missing.")


def column_name(column: Column, coord: str) -> str:
    """How a message names the column of another coordinate of the same body part."""
    return str(Column(column.individual, column.bodypart, coord))


def read_table(file: Path) -> Table:
    """Read a `.csv` or `.h5` table; raises `BadDeepLabCut` naming file and place."""
    if file.suffix.lower() == ".csv":
        return read_csv(file)
    if file.suffix.lower() in (".h5", ".hdf5"):
        from sbea_engine.io.deeplabcut.hdf5 import read_h5

        return read_h5(file)
    raise BadDeepLabCut(f"{file}: a DeepLabCut table ends in .csv or .h5.")


def read_csv(file: Path, *, surplus: set[str] | None = None) -> Table:
    """Read a CSV table, of labels or of predictions, with one index column or three.

    Args:
        file: The table.
        surplus: Where given, columns of other coordinates than x, y and likelihood are left out and named
            in it; without, they are refused.

    Raises:
        BadDeepLabCut: The file is not there, not text, ragged, or a cell is no number; row and column named.
    """
    lines = _read_lines(file)
    depth = next((d for d, line in enumerate(lines) if line[:1] == ["coords"]), None)
    if depth is None or depth > 3:
        raise BadDeepLabCut(f"{file}: no header row 'coords' among the first four. Is it a DeepLabCut table?")
    coords = lines[depth]
    index_columns = 1 + next((k for k, cell in enumerate(coords[1:]) if cell), len(coords) - 1)
    if index_columns not in (1, 3):
        raise BadDeepLabCut(f"{file}: rows start with 1 or 3 index columns, here with {index_columns}.")
    ragged = next((n for n, line in enumerate(lines) if len(line) != len(coords)), None)
    if ragged is not None:
        raise BadDeepLabCut(
            f"{file}: line {ragged + 1} has {len(lines[ragged])} cells, the header has {len(coords)}."
        )
    header = [(line[0], line[index_columns:]) for line in lines[: depth + 1]]
    body = lines[depth + 1 :]
    values = np.full((len(body), len(coords) - index_columns), np.nan)
    for r, line in enumerate(body):
        for c, cell in enumerate(line[index_columns:]):
            if cell:
                values[r, c] = _number(file, cell, depth + 2 + r, header, c)
    if surplus is not None:
        known = [c for c, coord in enumerate(header[-1][1]) if coord in COORDS]
        surplus.update(coord for coord in header[-1][1] if coord not in COORDS)
        header = [(level, [names[c] for c in known]) for level, names in header]
        values = values[:, known]
    return make_table(file, header, [tuple(line[:index_columns]) for line in body], values)


def _read_lines(file: Path) -> list[list[str]]:
    try:
        if file.stat().st_size > MAX_BYTES:
            raise BadDeepLabCut(f"{file}: larger than {MAX_BYTES >> 20} MiB; not read.")
        with file.open(encoding="utf-8-sig", newline="") as text:
            lines = [[cell.strip() for cell in line] for line in csv.reader(text, strict=True)]
    except FileNotFoundError as error:
        raise BadDeepLabCut(f"{file}: not there.") from error
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise BadDeepLabCut(f"{file}: not a readable CSV file ({error}).") from error
    while lines and not any(lines[-1]):
        lines.pop()
    return lines


def _number(
    file: Path, cell: str, line: int, header: Sequence[tuple[str, Sequence[str]]], column: int
) -> float:
    try:
        if "_" in cell:  # Python reads 1_0 as 10; no other program does
            raise ValueError(cell)
        return float(cell)
    except ValueError as error:
        name = "/".join(names[column] for level, names in header if level != "scorer")
        raise BadDeepLabCut(f"{file}: line {line}, column {name}: {cell[:40]!r} is no number.") from error
