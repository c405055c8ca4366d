"""New folders that appear whole or not at all."""

from __future__ import annotations

import json
import shutil
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sbea_engine.errors import BadInput


class BadRequest(BadInput):
    """What to render was not asked for in a way that can be done."""

    code = "bad_request"


def check_seed(seed: int) -> None:
    """Raises `BadRequest` for a seed that gives no chance."""
    if seed < 0:
        raise BadRequest(f"The seed must not be negative, got {seed}.")


@contextmanager
def new_folder(out: Path) -> Iterator[Path]:
    """A folder to fill that takes the name `out` at the end, or is gone.

    Raises:
        BadRequest: `out` holds something already, is a folder that something else holds on to, or cannot be
            written.
    """
    if out.name in ("", "..") or (out.exists() and (out.samefile(Path.cwd()) or out.is_mount())):
        raise BadRequest(
            f"{out}: a folder in use cannot be replaced by the finished one. Name a new folder, such as "
            f"{out / 'recording'}."
        )
    if out.is_symlink() or (out.exists() and (not out.is_dir() or any(out.iterdir()))):
        raise BadRequest(f"{out}: is there already. Name a new folder, or remove this one first.")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        partial = out.parent / f".{out.name}.{uuid.uuid4().hex}.part"
        partial.mkdir()
    except OSError as error:
        raise BadRequest(f"{out.parent}: cannot be written to ({error.strerror}).") from error
    try:
        yield partial
        partial.rename(out)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise


def write_json(file: Path, document: Mapping[str, Any]) -> None:
    """Compact JSON; NaN is refused, as JSON has none."""
    file.write_text(json.dumps(document, allow_nan=False, separators=(",", ":")), encoding="utf-8")
