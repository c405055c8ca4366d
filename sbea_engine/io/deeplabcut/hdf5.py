"""Reads the tables that pandas wrote to HDF5, without pandas and without running anything in the file.

`pandas.read_hdf` unpickles attributes and object columns, so a file from outside could run code. Here h5py
reads numbers and text alone; the column names of pandas' table format pass through `literals`. Links,
external and virtual datasets, which could pull other files of this computer in, are refused.

Layouts: `fixed` keeps each axis as levels and codes beside blocks of numbers; `table` keeps one compound
dataset. Both as written by pandas.io.pytables (pandas 0.2x to 3).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from sbea_engine.io.deeplabcut.literals import NotALiteralError, read_literal
from sbea_engine.io.deeplabcut.table import BadDeepLabCut, Table, make_table

__all__ = ["PickledObjects", "read_h5"]

KEYS = ("df_with_missing", "keypoints")  # the second one: files that other tools wrote for DeepLabCut
MAX_BYTES = 800_000_000  # of one array, and of the whole table: a hundred million numbers
MAX_NAMES = 10_000_000  # of one axis: more than the frames of a day at 100 a second


class PickledObjects(BadDeepLabCut):
    """An HDF5 file holds serialised Python objects, which are never loaded."""

    code = "pickled_objects"


def read_h5(file: Path) -> Table:
    """Read labels or predictions that pandas wrote in its fixed or table format.

    Raises:
        PickledObjects: Numbers or names are stored as Python objects.
        BadDeepLabCut: The file is not there, not HDF5, damaged, or holds no such table.
    """
    if not file.is_file():
        raise BadDeepLabCut(f"{file}: not there.")
    if not h5py.is_hdf5(file):
        raise BadDeepLabCut(f"{file}: not an HDF5 file. Export it again, or delete it and keep the CSV.")
    try:
        with h5py.File(file, "r") as store:
            return _read_store(file, store)
    except (OSError, KeyError, ValueError, TypeError, IndexError, RuntimeError) as error:
        raise BadDeepLabCut(f"{file}: damaged, or no table that pandas wrote ({error}).") from error
    except MemoryError as error:
        raise BadDeepLabCut(f"{file}: larger than the memory that is free. Export it in parts.") from error


def _read_store(file: Path, store: h5py.File) -> Table:
    key = next((k for k in KEYS if k in store), None)
    if key is None:
        raise BadDeepLabCut(f"{file}: no table under the key {KEYS[0]!r}.")
    group = _Group(file, _member(file, store, key))
    kind = group.text("pandas_type")
    if kind == "frame":
        return _read_fixed(group)
    if kind == "frame_table" and group.text("table_type") == "appendable_frame":
        return _read_table_format(group)
    raise BadDeepLabCut(f"{file}: pandas kind {kind!r} is not read. Export the table as CSV.")


class _Group:
    """One pandas object in a file: its datasets and attributes, each checked as it is read."""

    def __init__(self, file: Path, group: Any) -> None:
        if not isinstance(group, h5py.Group):
            raise BadDeepLabCut(f"{file}: holds a bare array where a table was expected.")
        self.file = file
        self._group = group

    def text(self, name: str, default: str = "") -> str:
        """A text attribute of the group."""
        return _text(self._group.attrs.get(name, default))

    def number(self, name: str) -> int:
        """An integer attribute of the group; KeyError where it is absent."""
        return int(self._group.attrs[name])

    def dataset(self, name: str) -> h5py.Dataset:
        """A dataset of numbers or fixed-length text that lies in this file and has a sane size."""
        item = _member(self.file, self._group, name)
        if not isinstance(item, h5py.Dataset):
            raise BadDeepLabCut(f"{self.file}: {name} is no array.")
        if item.attrs.get("PSEUDOATOM") is not None or item.dtype.hasobject:
            raise PickledObjects(
                f"{self.file}: {name} holds Python objects, which are not loaded. Export the table as CSV."
            )
        if item.external or item.is_virtual:
            raise BadDeepLabCut(f"{self.file}: {name} points to data in another file; not read.")
        if item.size is None:
            raise BadDeepLabCut(f"{self.file}: {name} holds nothing.")
        _require_size(self.file, name, item.size * item.dtype.itemsize)
        return item

    def axis(self, name: str) -> h5py.Dataset:
        """As `dataset`, of which each element becomes a name, or has one: those cost much more memory."""
        item = self.dataset(name)
        if item.size > MAX_NAMES:
            raise BadDeepLabCut(
                f"{self.file}: {name} claims {item.size} names; at most {MAX_NAMES} are read. "
                "Export it in parts."
            )
        return item

    def literal(self, item: h5py.Dataset | None, name: str) -> Any:
        """A serialised attribute of plain values, of a dataset or of the group."""
        raw = (self._group if item is None else item).attrs[name]
        try:
            return read_literal(bytes(raw))
        except NotALiteralError as error:
            raise PickledObjects(
                f"{self.file}: {name} is more than a list of names ({error}); not loaded. Export as CSV."
            ) from error


def _member(file: Path, group: h5py.Group, name: str) -> Any:
    if not isinstance(group.get(name, getlink=True), h5py.HardLink):
        raise BadDeepLabCut(f"{file}: {name} is missing, or a link; not followed.")
    return group[name]


def _require_size(file: Path, name: str, size: int) -> None:
    """Refuse an array before it is read: a packed one of kilobytes can claim more than there is memory."""
    if size > MAX_BYTES:
        raise BadDeepLabCut(
            f"{file}: {name} claims {size} bytes; at most {MAX_BYTES} are read. Export it in parts."
        )


def _empty_values(file: Path, rows: int, columns: int) -> NDArray[np.float64]:
    """(row, column) of NaN, once it is sure that so many cells are read."""
    _require_size(file, "the table", rows * columns * np.dtype(np.float64).itemsize)
    return np.full((rows, columns), np.nan)


def _read_fixed(group: _Group) -> Table:
    columns = _axis(group, "axis0")
    rows = _axis(group, "axis1")
    place = {name: k for k, name in enumerate(zip(*(names for _, names in columns), strict=True))}
    values = _empty_values(group.file, len(rows[0][1]), len(columns[0][1]))
    for block in range(group.number("nblocks")):
        items = zip(*(names for _, names in _axis(group, f"block{block}_items")), strict=True)
        data = group.dataset(f"block{block}_values")
        cells = np.asarray(data[()], np.float64)
        # pandas transposes as it writes and says so; without the mark the array is (column, row)
        cells = cells if data.attrs.get("transposed") else cells.T
        values[:, [place[item] for item in items]] = cells
    header = [(level, names) for level, names in columns]
    return make_table(group.file, header, list(zip(*(names for _, names in rows), strict=True)), values)


def _axis(group: _Group, axis: str) -> list[tuple[str, list[str]]]:
    """(level name, one name an element) of a plain or multi-level axis."""
    if group.text(f"{axis}_variety") != "multi":
        item = group.axis(axis)
        return [(_text(item.attrs.get("name", "")), _names(item))]
    levels = []
    for n in range(group.number(f"{axis}_nlevels")):
        item = group.axis(f"{axis}_level{n}")
        codes = np.asarray(group.axis(f"{axis}_label{n}")[()], np.int64)
        names = _names(item)
        if np.any(codes < 0) or np.any(codes >= len(names)):
            raise BadDeepLabCut(f"{group.file}: level {n} of {axis} leaves elements without a name.")
        levels.append((_text(item.attrs.get("name", "")), [names[c] for c in codes]))
    return levels


def _read_table_format(group: _Group) -> Table:
    data = group.axis("table")
    fields = data.dtype.names or ()
    if "index" not in fields:
        raise BadDeepLabCut(f"{group.file}: the table has no column 'index'.")
    ((_, listed),) = group.literal(None, "non_index_axes")
    columns = _name_tuples(listed)
    place = {column: k for k, column in enumerate(columns)}
    info = group.literal(None, "info")
    level_names = next(iter(v for k, v in info.items() if str(k) == "1"))["names"]
    values = _empty_values(group.file, len(data), len(columns))
    table = data[()]
    for field in fields:
        if field == "index":
            continue
        items = _name_tuples(group.literal(data, f"{field}_kind"))
        values[:, [place[item] for item in items]] = np.asarray(table[field], np.float64)
    header = [(str(level), [c[n] for c in columns]) for n, level in enumerate(level_names)]
    return make_table(group.file, header, [(name,) for name in _plain_names(table["index"])], values)


def _name_tuples(listed: Any) -> list[tuple[str, ...]]:
    if not all(
        isinstance(names, list | tuple) and all(isinstance(n, str) for n in names) for names in listed
    ):
        raise ValueError("column names are not text")
    return [tuple(names) for names in listed]


def _names(item: h5py.Dataset) -> list[str]:
    return _plain_names(np.asarray(item[()]))


def _plain_names(values: NDArray[Any]) -> list[str]:
    if values.dtype.kind == "S":
        return [v.decode("utf-8") for v in values.tolist()]
    if values.dtype.kind in "iu":
        return [str(v) for v in values.tolist()]
    raise ValueError(f"names of type {values.dtype}")


def _text(value: Any) -> str:
    if isinstance(value, h5py.Empty):
        return ""
    return value.decode("utf-8") if isinstance(value, bytes) else str(value)
