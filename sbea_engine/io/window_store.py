"""Arrays over time on disk: Zarr v3 with named dimensions, written window by window, readable meanwhile.

A store is a folder with two entries: a Zarr group, which `xarray.open_zarr` opens, and `progress.json`, which
says how many rows are complete. Rows become visible a whole chunk at a time: the chunk files are renamed into
place first, `progress.json` after them. A writer that was killed therefore goes on after its last complete
chunk, and a reader never meets a row that is half there. Every chunk of a complete row is written, also one
without an answer, so that a file that was lost is told from it. Stores of the first release left those out.

`io/poses_store.py` and `io/poses3d_store.py` say what the rows are.
"""

from __future__ import annotations

import json
import os
import shutil
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
import zarr
from numpy.typing import ArrayLike, NDArray
from zarr.core.array_spec import ArrayConfigParams

from sbea_engine import __version__
from sbea_engine.data import Skeleton
from sbea_engine.errors import BadInput

if TYPE_CHECKING:
    import xarray as xr

PROGRESS = "progress.json"
DEFAULT_CHUNK = 512
ROW_CHUNK = 65_536  # row numbers are read whole, so in few and large pieces
WRITTEN: ArrayConfigParams = {"write_empty_chunks": True}
EVERY_CHUNK = "every_chunk"  # attribute of a store in which a chunk that is not there was lost
VERSIONS = "versions"  # attribute: which versions of the program wrote to a store, in turn
# What damaged files make Zarr and our own reading of attributes raise; nesting without end is a RuntimeError.
DAMAGE = (OSError, LookupError, TypeError, ValueError, AttributeError, RuntimeError, BadInput)
# Keys of the provenance that stores of earlier versions lack; these go on without them.
LATER_FACTS = frozenset({"fps", "poses_sha256"})
HIGHEST_ROW = 1_000_000_000  # a year at 30 frames a second; beyond it a row's number is damage


@dataclass(frozen=True, slots=True, kw_only=True)
class ArrayLayout:
    """One array of a store; `dimensions` starts with the layout's row."""

    name: str
    dimensions: tuple[str, ...]
    dtype: str
    fill: float
    units: str
    meaning: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreLayout:
    """What a kind of store holds and is called.

    Attributes:
        format: Written into the group; another one is refused.
        group: Name of the Zarr group in the folder.
        noun: What the rows are, for messages.
        row: Dimension that grows; the key in `progress.json` is `<row>s_done`.
        again: What to do about a damaged store, one sentence.
        error: Raised for all that is wrong.
    """

    format: str
    group: str
    noun: str
    row: str
    again: str
    arrays: tuple[ArrayLayout, ...]
    error: type[BadInput]

    @property
    def count_key(self) -> str:
        return f"{self.row}s_done"


class WindowStore:
    """Reads a store, also one that is still being written."""

    layout: ClassVar[StoreLayout]

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        error, noun = self.layout.error, self.layout.noun
        try:
            self._group = zarr.open_group(str(folder / self.layout.group), mode="r")
            self._attributes: dict[str, Any] = dict(self._group.attrs)
        except FileNotFoundError as missing:
            raise error(
                f"{folder}: no {noun} here. A store holds {self.layout.group} and {PROGRESS}."
            ) from missing
        except DAMAGE as damage:
            raise self.damaged(damage) from damage
        if self._attributes.get("format") != self.layout.format:
            raise error(f"{folder}: not a store of {noun} of format {self.layout.format}.")
        try:
            self.skeleton = Skeleton.from_dict(self._attributes["skeleton"])
            self.individuals = _names(self._attributes["individuals"])
            self.provenance = _object(self._attributes["provenance"])
            # opened once: each opening reads the array's description anew
            names = (*(a.name for a in self.layout.arrays), self.layout.row)
            self._arrays = {name: _array(self._group, name) for name in names}
            self.row_count = int(self._arrays[self.layout.row].shape[0])
            self._require_shapes()
        except DAMAGE as damage:
            raise self.damaged(damage) from damage

    def _require_shapes(self) -> None:
        """Raise `ValueError` unless arrays are as long as there are rows and as wide as there are names."""
        lengths = {
            self.layout.row: self.row_count,
            "individual": len(self.individuals),
            "keypoint": len(self.skeleton),
        }
        for array in self.layout.arrays:
            shape = self._arrays[array.name].shape
            named = zip(array.dimensions, shape, strict=True)
            wrong = [name for name, length in named if lengths.get(name, length) != length]
            if wrong:
                raise ValueError(f"{array.name} is {shape}, which does not fit its {wrong[0]}s")

    @property
    def rows_done(self) -> int:
        """Rows complete now; read afresh each time, so it grows while a writer is at work."""
        file, key = self.folder / PROGRESS, self.layout.count_key
        try:
            done = json.loads(file.read_text(encoding="utf-8"))[key]
        except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
            raise self.layout.error(f"{file}: damaged ({error!r}). {self.layout.again}") from error
        if isinstance(done, bool) or not isinstance(done, int) or not 0 <= done <= self.row_count:
            raise self.layout.error(f"{file}: {key} is {done!r}, not 0 to {self.row_count}.")
        return done

    @property
    def versions(self) -> tuple[str, ...]:
        """The versions of the program that wrote to it, in turn; none in a store of the first release."""
        return tuple(self._attributes.get(VERSIONS, ()))

    @property
    def complete(self) -> bool:
        """Whether every row is there."""
        return self.rows_done == self.row_count

    @cached_property
    def rows(self) -> NDArray[np.int64]:
        """int64 (row,): numbers of all rows, complete or not; strictly increasing."""
        numbers = np.asarray(self.read(self.layout.row, slice(None)), np.int64)
        if np.any(np.diff(numbers) <= 0) or np.any((numbers < 0) | (numbers > HIGHEST_ROW)):
            raise self.damaged(ValueError(f"its {self.layout.row}s are not increasing numbers from 0 on"))
        return numbers

    def complete_rows(self, start: int, stop: int | None) -> slice:
        """The complete rows whose numbers lie in start <= number < stop; all of them where `stop` is None."""
        done = self.rows[: self.rows_done]
        low = int(np.searchsorted(done, max(start, 0)))
        high = len(done) if stop is None else max(low, int(np.searchsorted(done, stop)))
        return slice(low, high)

    def dataset(self) -> xr.Dataset:
        """The complete rows as a lazy xarray dataset with named dimensions.

        Raises:
            BadInput: The layout's error, where a chunk is lost; one that is damaged fails when it is read.
        """
        import xarray as xr

        done = slice(self.rows_done)
        for array in self.layout.arrays:
            self._require_chunks(array.name, done)
        whole: xr.Dataset = xr.open_zarr(str(self.folder / self.layout.group), consolidated=False)
        return whole.isel({self.layout.row: done})

    def require_same_run(self, attributes: Mapping[str, Any], rows: NDArray[np.int64]) -> None:
        """Raise the layout's error, naming what differs, unless this store was begun with these facts."""
        facts = dict(attributes)
        if isinstance(facts.get("provenance"), Mapping):
            unknown = LATER_FACTS - self.provenance.keys()
            facts["provenance"] = {k: v for k, v in facts["provenance"].items() if k not in unknown}
        differing = [name for name, value in facts.items() if self._attributes.get(name) != value]
        if not np.array_equal(self.rows, rows):
            differing.append(f"{self.layout.row}s")
        if differing:
            raise self.layout.error(
                f"{self.folder}: holds the {self.layout.noun} of another run "
                f"({', '.join(differing)} differ). Choose another folder, or delete this one."
            )

    def read(self, name: str, rows: slice) -> Any:
        """Rows of one array; raises the layout's error where a chunk is damaged or lost."""
        self._require_chunks(name, rows)
        try:
            return self._arrays[name][rows]
        except DAMAGE as error:
            raise self.layout.error(
                f"{self.folder}: {name} is damaged ({error!r}). {self.layout.again}"
            ) from error

    def _require_chunks(self, name: str, rows: slice) -> None:
        """Raise the layout's error where a chunk of these rows is lost: Zarr would read it as unknown."""
        array = self._arrays[name]
        if not self._attributes.get(EVERY_CHUNK) or 0 in array.shape:
            return
        start, stop, _ = rows.indices(array.shape[0])
        place, size = self.folder / self.layout.group / name, array.chunks[0]
        for chunk in range(start // size, -(-stop // size)):
            file = place / array.metadata.encode_chunk_key((chunk, *(0,) * (array.ndim - 1)))
            if not file.is_file():
                raise self.layout.error(f"{file}: this part of {name} is gone. {self.layout.again}")

    def damaged(self, damage: Exception) -> BadInput:
        """The layout's error, saying how it shows."""
        return self.layout.error(f"{self.folder}: damaged ({damage!r}). {self.layout.again}")


class WindowWriter:
    """Appends rows in order; picks up where an earlier attempt was killed.

    Args:
        folder: Made if needed. Where it holds an unfinished store of the same run, writing goes on after its
            last complete chunk.
        rows: int64 (row,), strictly increasing numbers of the rows that will be written in all.
        axes: Names along every other dimension; `individual` and `keypoint` are among them.
        chunk: Rows that become visible, and durable, together.
        attributes: JSON facts that identify the run beside `axes`. They must be the same in every attempt.
        provenance: More such facts, kept together. The program's version is recorded beside them and not
            compared: work that an upgrade interrupted goes on, and the store names both versions.

    Raises:
        BadInput: The layout's error, where the folder holds another run, is damaged or lies under a file.
    """

    store: ClassVar[type[WindowStore]]

    def __init__(
        self,
        folder: Path,
        *,
        rows: NDArray[np.int64],
        axes: Mapping[str, tuple[str, ...]],
        chunk: int,
        attributes: Mapping[str, Any],
        provenance: Mapping[str, Any] | None,
    ) -> None:
        self.layout = self.store.layout
        if chunk < 1:
            raise self.layout.error(f"chunk must be >= 1, got {chunk}.")
        if rows.ndim != 1 or np.any(np.diff(rows) <= 0) or np.any(rows < 0):
            raise self.layout.error(
                f"{self.layout.row}s must be strictly increasing numbers from 0 on, got {rows.shape}."
            )
        self.folder = folder
        self.row_count = len(rows)
        self._chunk = chunk
        facts = {
            "format": self.layout.format,
            **attributes,
            "chunk": chunk,
            "provenance": _as_json(provenance or {}, self.layout),
        }
        if not (folder / PROGRESS).exists():
            _create(folder, self.layout, facts, rows, axes)
        store = self.store(folder)
        store.require_same_run(facts, rows)
        group = zarr.open_group(str(folder / self.layout.group), mode="r+")
        if store.versions[-1:] != (__version__,) and not store.complete:
            group.attrs[VERSIONS] = [*store.versions, __version__]
        self._arrays = {a.name: _array(group, a.name).with_config(WRITTEN) for a in self.layout.arrays}
        self._done = store.rows_done
        self._buffer: dict[str, list[NDArray[Any]]] = {a.name: [] for a in self.layout.arrays}

    @property
    def rows_done(self) -> int:
        """Rows that are complete on disk; the row to go on from after a restart."""
        return self._done

    def append_rows(self, **arrays: ArrayLike) -> None:
        """Take the next rows of every array, in order.

        Raises:
            BadInput: The layout's error, where a shape is wrong or there are more rows than the store has.
        """
        given = {a.name: np.asarray(arrays[a.name], a.dtype) for a in self.layout.arrays}
        count = len(next(iter(given.values())))
        for name, array in given.items():
            expected = (count, *self._arrays[name].shape[1:])
            if array.shape != expected:
                raise self.layout.error(f"Expected {name} {expected}, got {array.shape}.")
        if self._done + self._buffered + count > self.row_count:
            raise self.layout.error(f"More rows than the {self.row_count} {self.layout.row}s of this store.")
        for name, array in given.items():
            self._buffer[name].append(array)
        self._write((self._buffered // self._chunk) * self._chunk)

    def finish(self) -> Path:
        """Write the rows of the last, shorter chunk; returns the folder.

        Raises:
            BadInput: The layout's error, where rows are missing.
        """
        if self._done + self._buffered != self.row_count:
            raise self.layout.error(f"{self._done + self._buffered} of {self.row_count} rows were written.")
        self._write(self._buffered)
        return self.folder

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.finish()

    @property
    def _buffered(self) -> int:
        return sum(len(rows) for rows in next(iter(self._buffer.values())))

    def _write(self, rows: int) -> None:
        """Make the first `rows` buffered rows durable, arrays first and the count last."""
        if rows == 0:
            return
        window = slice(self._done, self._done + rows)
        for name, pieces in self._buffer.items():
            whole = np.concatenate(pieces)
            self._arrays[name][window] = whole[:rows]
            self._buffer[name] = [whole[rows:]]
        _write_progress(self.folder, self.layout, self._done + rows)
        self._done += rows


@contextmanager
def replacing(folder: Path, layout: StoreLayout) -> Iterator[Path]:
    """A folder to fill that takes the place of an earlier store in `folder` at the end, or is gone.

    Raises:
        BadInput: The layout's error, where `folder` exists and is no such store.
    """
    if folder.exists() and not ((folder / PROGRESS).exists() and (folder / layout.group).exists()):
        raise layout.error(f"{folder}: exists and is no store of {layout.noun}. Choose another folder.")
    folder.parent.mkdir(parents=True, exist_ok=True)
    temporary = _temporary_beside(folder)
    try:
        yield temporary
        if folder.exists():
            old = _temporary_beside(folder)
            folder.rename(old)
            shutil.rmtree(old)
        temporary.rename(folder)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _create(
    folder: Path,
    layout: StoreLayout,
    attributes: Mapping[str, Any],
    rows: NDArray[np.int64],
    axes: Mapping[str, tuple[str, ...]],
) -> None:
    """Lay out an empty store. `progress.json` comes last: without it the folder is not yet a store."""
    unfinished = {layout.group, f"{PROGRESS}.tmp"}  # of an attempt killed before progress.json
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise layout.error(f"{folder}: cannot be made ({error.strerror}).") from error
    if any(entry.name not in unfinished for entry in folder.iterdir()):
        raise layout.error(f"{folder}: holds other files. The {layout.noun} need a folder of their own.")
    shutil.rmtree(folder / layout.group, ignore_errors=True)
    group = zarr.create_group(
        store=str(folder / layout.group),
        zarr_format=3,
        attributes={**attributes, EVERY_CHUNK: True, VERSIONS: [__version__]},
    )
    lengths = {layout.row: len(rows)} | {name: len(values) for name, values in axes.items()}
    for array in layout.arrays:
        shape = tuple(lengths[name] for name in array.dimensions)
        group.create_array(
            array.name,
            shape=shape,
            chunks=(min(attributes["chunk"], max(1, shape[0])), *(max(1, n) for n in shape[1:])),
            dtype=array.dtype,
            fill_value=array.fill,
            dimension_names=array.dimensions,
            attributes={"units": array.units, "long_name": array.meaning},
        )
    _coordinate(group, layout.row, rows)
    for name, values in axes.items():
        _coordinate(group, name, np.array(values, dtype=object))
    _write_progress(folder, layout, 0)


def _names(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
        raise TypeError("individuals is no list of names")
    if len(set(value)) != len(value):
        raise ValueError("two individuals have one name")
    return tuple(value)


def _object(value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise TypeError("provenance is no object")
    return value


def _array(group: zarr.Group, name: str) -> zarr.Array[Any]:
    array = group[name]
    if not isinstance(array, zarr.Array):
        raise TypeError(f"{name} is no array")
    return array


def _coordinate(group: zarr.Group, name: str, values: NDArray[Any]) -> None:
    array = group.create_array(
        name,
        shape=values.shape,
        chunks=(min(ROW_CHUNK, max(1, len(values))),),
        dtype=str if values.dtype == object else values.dtype,
        dimension_names=(name,),
        config=WRITTEN,
    )
    array[:] = values


def _write_progress(folder: Path, layout: StoreLayout, done: int) -> None:
    file = folder / PROGRESS
    temporary = folder / f"{PROGRESS}.tmp"
    temporary.write_text(json.dumps({"format": layout.format, layout.count_key: done}), encoding="utf-8")
    os.replace(temporary, file)  # noqa: PTH105 (atomic on one file system)


def _temporary_beside(folder: Path) -> Path:
    return folder.with_name(f".{folder.name}.{uuid.uuid4().hex[:8]}.tmp")


def _as_json(facts: Mapping[str, Any], layout: StoreLayout) -> dict[str, Any]:
    """`facts` as they will read back, so that a later attempt can compare; refuses what JSON cannot hold."""
    try:
        plain = json.loads(json.dumps(dict(facts), allow_nan=False))
    except (TypeError, ValueError) as error:
        raise layout.error(f"provenance must be plain JSON: {error}.") from error
    return dict(plain)
