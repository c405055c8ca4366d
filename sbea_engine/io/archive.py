"""Unpacks zip archives from outside: whole, inside one folder, within limits, or not at all."""

from __future__ import annotations

import lzma
import shutil
import stat
import uuid
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import IO

from sbea_engine.errors import BadInput
from sbea_engine.progress import OnProgress, Progress, ignore

__all__ = ["BadArchive", "ZipLimits", "extract_zip"]

BLOCK = 1 << 20
MAX_NAME_BYTES = 255  # of one path component, on every common file system
MAX_DEPTH = 32
ENCRYPTED = 0x1
# What reading a damaged entry raises; OSError is how bzip2 says it.
DAMAGE = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, OSError)


class BadArchive(BadInput):
    """An archive is damaged, or holds an entry that is not unpacked."""

    code = "bad_archive"


@dataclass(frozen=True, slots=True, kw_only=True)
class ZipLimits:
    """How much one archive may bring.

    Attributes:
        max_bytes: Of all files together, unpacked.
        max_entries: Files and folders.
        max_ratio: Unpacked size over archive size; a bomb has thousands. Checked beyond `ratio_from_bytes`.
        ratio_from_bytes: Smaller results are harmless however well they were packed.
    """

    max_bytes: int = 50 << 30
    max_entries: int = 200_000
    max_ratio: float = 100.0
    ratio_from_bytes: int = 64 << 20


def extract_zip(
    archive: Path, folder: Path, *, limits: ZipLimits | None = None, on_progress: OnProgress = ignore
) -> Path:
    """Unpack `archive` as the new folder `folder`.

    Names are checked before anything is written, and sizes are counted as bytes arrive, since an archive may
    lie about them. Permissions and times in the archive are not taken over.

    Raises:
        BadArchive: Not a zip; damaged or encrypted; a name that is absolute, leaves the folder, is no file
            name, or occurs twice; a link or device; too many or too large entries. The entry is named.
        FileExistsError: `folder` exists.
    """
    limits = limits or ZipLimits()
    if folder.exists():
        raise FileExistsError(f"{folder} exists already.")
    folder.parent.mkdir(parents=True, exist_ok=True)
    temporary = folder.with_name(f".{folder.name}.{uuid.uuid4().hex[:8]}.tmp")
    try:
        with zipfile.ZipFile(archive) as source:
            plan = _plan(archive, source.infolist(), limits)
            temporary.mkdir()
            _Unpacking(archive, source, temporary, limits, on_progress).run(plan)
        temporary.rename(folder)
    except FileNotFoundError as error:
        raise BadArchive(f"{archive}: not there.") from error
    except IsADirectoryError as error:
        raise BadArchive(f"{archive}: a folder, where a zip archive was expected.") from error
    except NotImplementedError as error:  # a version of the format that Python does not know
        raise BadArchive(f"{archive}: cannot be unpacked here ({error}). Pack it as a plain zip.") from error
    except (zipfile.BadZipFile, zipfile.LargeZipFile, EOFError, UnicodeDecodeError, ValueError) as error:
        raise BadArchive(f"{archive}: not a zip archive, or damaged ({error}).") from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return folder


def _plan(
    archive: Path, entries: list[zipfile.ZipInfo], limits: ZipLimits
) -> list[tuple[zipfile.ZipInfo, PurePosixPath]]:
    """Where each entry goes, once every one of them was found harmless."""
    if len(entries) > limits.max_entries:
        raise BadArchive(f"{archive}: {len(entries)} entries; at most {limits.max_entries} are unpacked.")
    claimed = sum(entry.file_size for entry in entries)
    if claimed > limits.max_bytes:
        raise BadArchive(f"{archive}: unpacks to {claimed} bytes; at most {limits.max_bytes} are taken.")
    plan: list[tuple[zipfile.ZipInfo, PurePosixPath]] = []
    files: set[str] = set()
    folders: set[str] = set()
    for entry in entries:
        path = _safe_path(archive, entry)
        # two names that differ in case only are one file on other computers
        key = path.as_posix().casefold()
        if key in files or (not entry.is_dir() and key in folders):
            raise BadArchive(f"{archive}: {entry.filename!r} occurs twice. Pack it once.")
        parents = {parent.as_posix().casefold() for parent in path.parents} - {"."}
        clash = parents & files
        if clash:
            raise BadArchive(f"{archive}: {entry.filename!r} lies in {min(clash)!r}, which is a file.")
        folders |= parents
        (folders if entry.is_dir() else files).add(key)
        plan.append((entry, path))
    return plan


def _safe_path(archive: Path, entry: zipfile.ZipInfo) -> PurePosixPath:
    """The entry's path below the folder; refuses all but plain files and folders."""
    name = entry.orig_filename
    shown = f"{archive}: entry {name[:200]!r}"
    path = PurePosixPath(*PureWindowsPath(name).parts)  # a backslash divides too, as it does on Windows
    if PureWindowsPath(name).drive or PureWindowsPath(name).root or path.is_absolute():
        raise BadArchive(f"{shown} has an absolute name.")
    if ".." in path.parts:
        raise BadArchive(f"{shown} leaves the folder.")
    if not path.parts or any(ord(c) < 32 for c in name):
        raise BadArchive(f"{shown} is no file name.")
    if len(path.parts) > MAX_DEPTH or any(len(part.encode()) > MAX_NAME_BYTES for part in path.parts):
        raise BadArchive(f"{shown} is too long.")
    kind = stat.S_IFMT(entry.external_attr >> 16)
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise BadArchive(f"{shown} is a link or a device; only files and folders are unpacked.")
    if entry.flag_bits & ENCRYPTED:
        raise BadArchive(f"{shown} is encrypted. Pack it without a password.")
    return path


class _Unpacking:
    """One pass over an archive, counting what really comes out of it."""

    def __init__(
        self,
        archive: Path,
        source: zipfile.ZipFile,
        folder: Path,
        limits: ZipLimits,
        on_progress: OnProgress,
    ) -> None:
        self._archive = archive
        self._source = source
        self._folder = folder
        self._limits = limits
        self._on_progress = on_progress
        self._packed_bytes = max(1, archive.stat().st_size)
        self._written = 0

    def run(self, plan: list[tuple[zipfile.ZipInfo, PurePosixPath]]) -> None:
        """Write all entries."""
        for done, (entry, path) in enumerate(plan):
            self._on_progress(Progress(stage="unpack", done=done, total=len(plan)))
            target = self._folder / path
            if entry.is_dir():
                target.mkdir(parents=True, exist_ok=True)
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            self._write(entry, target)
        self._on_progress(Progress(stage="unpack", done=len(plan), total=len(plan)))

    def _write(self, entry: zipfile.ZipInfo, target: Path) -> None:
        try:
            with self._source.open(entry) as packed, target.open("xb") as file:
                while block := self._read(entry, packed):
                    self._count(entry, len(block))
                    file.write(block)
        except (zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:  # of its header
            raise self._damaged(entry, error) from error

    def _read(self, entry: zipfile.ZipInfo, packed: IO[bytes]) -> bytes:
        try:
            return packed.read(BLOCK)
        except DAMAGE as error:
            raise self._damaged(entry, error) from error

    def _damaged(self, entry: zipfile.ZipInfo, error: Exception) -> BadArchive:
        return BadArchive(f"{self._archive}: entry {entry.filename[:200]!r} is damaged ({error}).")

    def _count(self, entry: zipfile.ZipInfo, size: int) -> None:
        self._written += size
        ratio = self._written / self._packed_bytes
        if self._written > self._limits.max_bytes:
            raise BadArchive(
                f"{self._archive}: more than {self._limits.max_bytes} bytes, at {entry.filename[:200]!r}."
            )
        if self._written > self._limits.ratio_from_bytes and ratio > self._limits.max_ratio:
            raise BadArchive(
                f"{self._archive}: {entry.filename[:200]!r} swells to {ratio:.0f} times the archive; a bomb."
            )
