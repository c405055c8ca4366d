"""HDF5 files from outside, read with every array and text checked before it is loaded.

A hostile file of kilobytes can claim arrays larger than the memory, pull other files of this computer in
through links, external and virtual data, or hold object references and serialised objects. Here only plain
numbers and text of a stated size come out; all else is refused with the file and the place named.
"""

from __future__ import annotations

import json
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import h5py
import numpy as np
from numpy.typing import NDArray

from sbea_engine.errors import BadInput

__all__ = ["GuardedHdf5"]

MAX_ARRAY_BYTES = 800_000_000  # of one array
MAX_TEXT_BYTES = 64 << 20  # of all texts of one dataset, and of one attribute
MAX_ROWS = 1_000_000  # of texts
_DAMAGE = (OSError, KeyError, ValueError, TypeError, IndexError, RuntimeError, RecursionError)


class GuardedHdf5:
    """One open file; each answer is checked as it is read. Use as a context manager.

    Args:
        file: The file.
        error: Class of what is raised about it.
        noun: What the file should be, for messages ("a SLEAP file").

    Raises:
        BadInput: Of the given class: not there, not HDF5, or damaged. What goes wrong inside the `with` block
            for a damaged file is raised so as well.
    """

    def __init__(self, file: Path, error: type[BadInput], noun: str) -> None:
        self.file, self.error, self.noun = file, error, noun

    def __enter__(self) -> Self:
        if not self.file.is_file():
            raise self.error(f"{self.file}: not there.")
        try:
            if not h5py.is_hdf5(self.file):
                raise self.error(f"{self.file}: not an HDF5 file, so not {self.noun}. Export it again.")
            self._store = h5py.File(self.file, "r")
        except OSError as error:
            raise self.error(f"{self.file}: cannot be opened as HDF5 ({error}).") from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._store.close()
        if isinstance(error, MemoryError):
            raise self.error(f"{self.file}: larger than the memory that is free.") from error
        on_disk = isinstance(error, OSError) and error.errno is not None  # of another file: a full disk
        if isinstance(error, _DAMAGE) and not on_disk:
            raise self.error(f"{self.file}: damaged, or not {self.noun} ({error}).") from error

    def has(self, path: str) -> bool:
        """Whether something lies at `path` in this file itself, not behind a link to another file."""
        return self._find(path) is not None

    def members(self, path: str = "/") -> list[str]:
        """Names of what lies in a group."""
        item = self._require(path)
        if not isinstance(item, h5py.Group):
            raise self.error(f"{self.file}: {path} is no group.")
        return sorted(item)

    def is_array(self, path: str) -> bool:
        """Whether an array lies at `path`."""
        return isinstance(self._find(path), h5py.Dataset)

    def shape(self, path: str) -> tuple[int, ...]:
        """Shape that an array claims; nothing is read."""
        return tuple(self._dataset(path).shape)

    def array(self, path: str, *, ndim: int | None = None, kinds: str = "iufbV") -> NDArray[Any]:
        """An array of numbers (or of records of numbers), whole.

        Args:
            path: In the file.
            ndim: Dimensions that it must have.
            kinds: Kinds of NumPy types that are taken.
        """
        item = self._dataset(path)
        self._require_plain(path, item.dtype, kinds)
        if ndim is not None and len(item.shape) != ndim:
            raise self.error(f"{self.file}: {path} has {len(item.shape)} dimensions; expected {ndim}.")
        size = item.size * item.dtype.itemsize
        if size > MAX_ARRAY_BYTES:
            raise self.error(
                f"{self.file}: {path} claims {size} bytes; at most {MAX_ARRAY_BYTES} are read. "
                "Export it in parts."
            )
        return np.asarray(item[()])

    def row(self, path: str, index: int) -> NDArray[Any]:
        """One row of an array too large to be read whole; also of rows of unequal length."""
        item = self._dataset(path)
        base = h5py.check_vlen_dtype(item.dtype)
        self._require_plain(path, item.dtype if base is None else base, "iu")
        if base is None and int(np.prod(item.shape[1:])) * item.dtype.itemsize > MAX_ARRAY_BYTES:
            raise self.error(f"{self.file}: a row of {path} claims more than {MAX_ARRAY_BYTES} bytes.")
        return np.asarray(item[index])

    def texts(self, path: str) -> list[str]:
        """A one-dimensional (or empty) array of texts."""
        item = self._dataset(path)
        if item.size == 0:  # SLEAP writes no texts as an empty array of numbers
            return []
        self._require_text(path, item)
        if len(item.shape) != 1 or item.size > MAX_ROWS:
            raise self.error(f"{self.file}: {path} must be a list of at most {MAX_ROWS} texts.")
        rows, total = [], 0
        for index in range(item.shape[0]):  # one at a time: many rows may point to one long text
            rows.append(self._decoded(path, item[index]))
            total += len(rows[-1])
            if total > MAX_TEXT_BYTES:
                raise self.error(f"{self.file}: {path} holds more than {MAX_TEXT_BYTES >> 20} MiB of text.")
        return rows

    def text(self, path: str) -> str:
        """A single text."""
        item = self._dataset(path)
        self._require_text(path, item)
        if item.size != 1:
            raise self.error(f"{self.file}: {path} must be one text.")
        return self._decoded(path, item[()] if item.shape == () else item[(0,) * len(item.shape)])

    def attribute(self, path: str, name: str) -> Any:
        """A number, a text or a small array of them; None where the attribute is absent."""
        attributes = self._require(path).attrs
        if name not in attributes:
            return None
        handle = attributes.get_id(name)
        kind = handle.dtype
        if kind.hasobject and h5py.check_string_dtype(kind) is None:
            return None  # references: pynwb keeps them there, and none is needed
        if handle.get_storage_size() > MAX_TEXT_BYTES:
            raise self.error(f"{self.file}: attribute {name} of {path} is too large.")
        value = attributes[name]
        if isinstance(value, h5py.Empty):
            return ""
        if isinstance(value, bytes | np.bytes_):
            return self._decoded(f"{path} ({name})", bytes(value))
        return value.item() if isinstance(value, np.generic) else value

    def json(self, text: str, place: str) -> Any:
        """The value that a text of the file describes."""
        try:
            return json.loads(text)
        except (ValueError, RecursionError) as error:
            raise self.error(f"{self.file}: {place} is no JSON ({str(error)[:100]}).") from error

    def _find(self, path: str) -> Any:
        """The item at `path`, reached through hard links, and soft ones that stay within the file."""
        item: Any = self._store
        parts = [part for part in path.split("/") if part]
        for _ in range(64):  # links may lead in a circle
            if not parts:
                return item
            if not isinstance(item, h5py.Group):
                return None
            link = item.get(parts[0], getlink=True)
            if isinstance(link, h5py.HardLink):
                item, parts = item[parts[0]], parts[1:]
            elif isinstance(link, h5py.SoftLink):
                target = link.path if link.path.startswith("/") else f"{item.name}/{link.path}"
                item, parts = self._store, [*(p for p in target.split("/") if p), *parts[1:]]
            elif link is None:
                return None
            else:
                raise self.error(f"{self.file}: {path} is a link to another file; not followed.")
        return None

    def _require(self, path: str) -> Any:
        item = self._find(path)
        if item is None:
            raise self.error(f"{self.file}: {path} is missing, so it is not {self.noun}.")
        return item

    def _dataset(self, path: str) -> Any:
        item = self._require(path)
        if not isinstance(item, h5py.Dataset):
            raise self.error(f"{self.file}: {path} is no array.")
        if item.external or item.is_virtual:
            raise self.error(f"{self.file}: {path} points to data in another file; not read.")
        if item.shape is None:
            raise self.error(f"{self.file}: {path} holds nothing.")
        return item

    def _require_plain(self, path: str, dtype: np.dtype[Any], kinds: str) -> None:
        fields = [dtype.fields[name][0] for name in dtype.names] if dtype.fields and dtype.names else [dtype]
        wrong = next((kind for kind in fields if kind.hasobject or kind.kind not in kinds), None)
        if wrong is not None:
            shown = "objects or references" if wrong.hasobject else str(wrong)
            raise self.error(f"{self.file}: {path} holds {shown} where numbers were expected; not read.")

    def _require_text(self, path: str, item: Any) -> None:
        if item.dtype.kind != "S" and h5py.check_string_dtype(item.dtype) is None:
            raise self.error(f"{self.file}: {path} holds {item.dtype} where text was expected; not read.")
        if item.dtype.kind == "S" and item.size * item.dtype.itemsize > 4 * MAX_TEXT_BYTES:
            raise self.error(f"{self.file}: {path} claims too much text.")

    def _decoded(self, path: str, value: Any) -> str:
        try:
            return value.decode("utf-8") if isinstance(value, bytes) else str(value)
        except UnicodeDecodeError as error:
            raise self.error(f"{self.file}: {path} is no text in UTF-8.") from error
