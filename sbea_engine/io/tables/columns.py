"""Named columns out of CSV and Parquet files from outside, as text or as numbers."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sbea_engine.errors import BadInput

__all__ = ["BadTable", "Columns", "read_columns", "read_header"]

MAX_FILE_BYTES = 1 << 30
MAX_CELLS = 200_000_000  # a Parquet file of kilobytes can claim more rows than there is memory
MAX_COLUMNS = 10_000
SNIFFED_BYTES = 1 << 20


class BadTable(BadInput):
    """A table of labels or poses cannot be used."""

    code = "bad_table"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Columns:
    """The columns of one file.

    Attributes:
        file: Where they were read; messages name it.
        cells: One array a column, all of one length: text (object) or numbers.
        first_line: What messages call the first row.
    """

    file: Path
    cells: dict[str, NDArray[Any]]
    first_line: int

    def __contains__(self, name: str) -> bool:
        return name in self.cells

    def __len__(self) -> int:
        return len(next(iter(self.cells.values()))) if self.cells else 0

    def texts(self, name: str) -> NDArray[Any]:
        """A column as text (object); numbers are written out.

        Raises:
            BadTable: No such column, or an empty cell.
        """
        column = self._column(name)
        if column.dtype.kind == "f" and np.all(column == np.floor(column)):
            column = column.astype(np.int64)
        texts = np.array([str(cell).strip() for cell in column.tolist()], object)
        empty = np.flatnonzero(texts == "")
        if len(empty):
            raise BadTable(f"{self.file}: line {empty[0] + self.first_line}: {name} is empty.")
        return texts

    def numbers(self, name: str) -> NDArray[np.float64]:
        """A column as float64; NaN where a cell is empty.

        Raises:
            BadTable: No such column, or a cell that is no finite number.
        """
        column = self._column(name)
        if column.dtype.kind in "iuf":
            values = column.astype(np.float64)
        else:
            values = np.array([self._number(name, n, cell) for n, cell in enumerate(column.tolist())], float)
        wrong = np.flatnonzero(np.isinf(values))
        if len(wrong):
            raise BadTable(f"{self.file}: line {wrong[0] + self.first_line}: {name} is infinite.")
        return values

    def whole(self, name: str) -> NDArray[np.int64]:
        """A column as whole numbers from 0 on; errors as `numbers`."""
        values = self.numbers(name)
        wrong = np.flatnonzero(~((values >= 0) & (values < 2**53) & (values == np.floor(values))))
        if len(wrong):
            raise BadTable(
                f"{self.file}: line {wrong[0] + self.first_line}: {name} is {values[wrong[0]]:g}, no whole "
                "number from 0 on."
            )
        return values.astype(np.int64)

    def _column(self, name: str) -> NDArray[Any]:
        if name not in self.cells:
            raise BadTable(
                f"{self.file}: has no column {name!r}; its columns are {_listed(list(self.cells))}."
            )
        return self.cells[name]

    def _number(self, name: str, row: int, cell: Any) -> float:
        text = "" if cell is None else str(cell).strip()
        try:
            if "_" in text:  # Python reads 1_0 as 10; no other program does
                raise ValueError(text)
            return float(text) if text else np.nan
        except ValueError as error:
            line = row + self.first_line
            raise BadTable(f"{self.file}: line {line}: {name} is {text[:40]!r}, no number.") from error


def read_header(file: Path) -> list[str]:
    """Names of the columns of a CSV or Parquet file; empty for any other file. Never raises."""
    try:
        if file.suffix.lower() == ".parquet":
            import pyarrow.parquet as pq

            return [str(name) for name in pq.read_schema(file).names]
        if file.suffix.lower() != ".csv":
            return []
        with file.open("rb") as raw:
            head = raw.read(SNIFFED_BYTES).decode("utf-8-sig", "replace").splitlines()
        return [cell.strip() for cell in next(csv.reader(head[:1]), [])]
    except (OSError, ValueError, csv.Error):  # pyarrow's errors are ValueErrors
        return []


def read_columns(file: Path) -> Columns:
    """All columns of a CSV file with a header line, or of a Parquet file.

    Raises:
        BadTable: Not there, not such a file, too large, ragged, or a name stands twice in its header.
    """
    if not file.is_file():
        raise BadTable(f"{file}: not there.")
    if file.stat().st_size > MAX_FILE_BYTES:
        raise BadTable(f"{file}: larger than {MAX_FILE_BYTES >> 20} MiB; not read. Export it in parts.")
    return _read_parquet(file) if file.suffix.lower() == ".parquet" else _read_csv(file)


def _read_csv(file: Path) -> Columns:
    try:
        with file.open(encoding="utf-8-sig", newline="") as text:
            lines = [line for line in csv.reader(text, strict=True) if line]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise BadTable(f"{file}: not a readable CSV file ({error}).") from error
    if not lines:
        raise BadTable(f"{file}: is empty.")
    names = [cell.strip() for cell in lines[0]]
    _require_header(file, names)
    ragged = next((n for n, line in enumerate(lines) if len(line) != len(names)), None)
    if ragged is not None:
        raise BadTable(
            f"{file}: line {ragged + 1} has {len(lines[ragged])} cells, the header has {len(names)}."
        )
    body = lines[1:]
    cells = {name: np.array([line[c] for line in body], object) for c, name in enumerate(names)}
    return Columns(file=file, cells=cells, first_line=2)


def _read_parquet(file: Path) -> Columns:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(file) as table:
            names = [str(name) for name in table.schema_arrow.names]
            _require_header(file, names)
            if table.metadata.num_rows * len(names) > MAX_CELLS:
                raise BadTable(
                    f"{file}: claims {table.metadata.num_rows} rows of {len(names)} columns; at most "
                    f"{MAX_CELLS} cells are read. Export it in parts."
                )
            kinds = {name: table.schema_arrow.field(name).type for name in names}
            odd = next((n for n, kind in kinds.items() if not _is_plain(kind)), None)
            if odd is not None:
                raise BadTable(f"{file}: column {odd} holds {kinds[odd]}, neither text nor numbers.")
            cells = _cells(table.read(), names)
    except (pa.ArrowException, OSError, ValueError, KeyError) as error:
        raise BadTable(f"{file}: not a readable Parquet file ({str(error)[:200]}).") from error
    return Columns(file=file, cells=cells, first_line=1)


def _cells(read: Any, names: Sequence[str]) -> dict[str, NDArray[Any]]:
    """The columns of an Arrow table; that a text is no text, or a code of none, is only seen here."""
    import pyarrow as pa

    cells = {}
    for name in names:
        column = read.column(name)
        if pa.types.is_dictionary(column.type):
            column = column.cast(column.type.value_type)
        if pa.types.is_floating(column.type) or pa.types.is_integer(column.type):
            cells[name] = column.cast(pa.float64()).to_numpy(zero_copy_only=False)
        else:
            texts = column.to_pylist()
            cells[name] = np.array(["" if text is None else text for text in texts], object)
    return cells


def _is_plain(kind: Any) -> bool:
    import pyarrow.types as types

    if types.is_dictionary(kind):
        kind = kind.value_type
    return bool(
        types.is_floating(kind)
        or types.is_integer(kind)
        or types.is_string(kind)
        or types.is_large_string(kind)
    )


def _require_header(file: Path, names: Sequence[str]) -> None:
    if len(names) > MAX_COLUMNS:
        raise BadTable(f"{file}: has {len(names)} columns; at most {MAX_COLUMNS} are read.")
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise BadTable(f"{file}: column {twice!r} is there twice.")


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:12]) + (" ..." if len(names) > 12 else "")
