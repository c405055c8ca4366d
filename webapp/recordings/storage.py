"""The folders of the data root, and how files enter and leave them.

Every path that the site makes is built here from ids, never from text that a user sent.
"""

from __future__ import annotations

import shutil
import uuid
from pathlib import Path

from django.conf import settings
from django.db import transaction

DISK_RESERVE_BYTES = 512 * 1024 * 1024


def data_root() -> Path:
    """Where everything lives that is not in the database."""
    return Path(settings.SBEA_DATA_ROOT)


def media_folder(*parts: str) -> Path:
    """A path under the media folder; `parts` are made by this code, and none may climb."""
    for part in parts:
        if part in {"", ".", ".."} or "/" in part or "\\" in part or "\0" in part:
            raise ValueError(f"{part!r} cannot be part of a media path.")
    return data_root().joinpath("media", *parts)


def video_folder(video_id: int) -> Path:
    """Where a video's proxy, frame index and poster are."""
    return media_folder("videos", str(video_id))


def upload_part(upload_id: uuid.UUID) -> Path:
    """The growing file of an upload."""
    return media_folder("uploads", f"{upload_id}.part")


def original_folder(owner_id: uuid.UUID) -> Path:
    """Where an uploaded video, or an unpacked upload, stays."""
    return media_folder("originals", str(owner_id))


def snapshot_folder(checksum: str) -> Path:
    return media_folder("snapshots", checksum)


def model_folder(model_id: int) -> Path:
    return media_folder("models", str(model_id))


def result_folder(result_id: int) -> Path:
    return media_folder("results", str(result_id))


def reconstruction_folder(reconstruction_id: int) -> Path:
    return media_folder("reconstructions", str(reconstruction_id))


def export_folder(job_id: uuid.UUID) -> Path:
    return media_folder("exports", str(job_id))


def map_folder(job_id: uuid.UUID) -> Path:
    return media_folder("maps", str(job_id))


def job_folder(job_id: uuid.UUID) -> Path:
    """What a job keeps from one run to the next."""
    return Path(settings.SBEA_JOBS_ROOT) / str(job_id)


def stored_name(path: Path) -> str:
    """How a path under the data root is kept in the database: relative, so that the root can move."""
    return path.resolve().relative_to(data_root().resolve()).as_posix()


def stored_path(name: str) -> Path:
    """The path that `stored_name` named.

    Raises:
        ValueError: The name leads out of the data root.
    """
    root = data_root().resolve()
    path = (root / name).resolve()
    if root not in path.parents:
        raise ValueError(f"{name!r} does not name a file of the data root.")
    return path


def free_bytes() -> int:
    """Bytes that may still be written under the data root, after a reserve that keeps the site alive."""
    root = data_root()
    root.mkdir(parents=True, exist_ok=True)
    return max(0, shutil.disk_usage(root).free - DISK_RESERVE_BYTES)


def move_into_place(source: Path, target: Path) -> None:
    """Rename `source` to `target` on one file system; what a dead run left at `target` goes first."""
    target.parent.mkdir(parents=True, exist_ok=True)
    remove_tree(target)
    source.replace(target)


def remove_tree(path: Path) -> None:
    """Remove a file or folder of the data root.

    Renamed aside first, so that a reader sees all of it or nothing, and a crash half way leaves only
    rubbish under `trash`. A symbolic link is removed itself, never followed.

    Raises:
        ValueError: `path` does not lie under the data root; other people's files are never removed.
    """
    root = data_root().resolve()
    inside = path.parent.resolve() / path.name
    if root not in inside.parents:
        raise ValueError(f"{path} is not inside the data root; it is left alone.")
    if not path.exists() and not path.is_symlink():
        return
    trash = media_folder("trash")
    trash.mkdir(parents=True, exist_ok=True)
    aside = trash / uuid.uuid4().hex
    path.rename(aside)
    if aside.is_dir() and not aside.is_symlink():
        shutil.rmtree(aside, ignore_errors=True)  # what stays is already out of sight, under trash
    else:
        aside.unlink(missing_ok=True)


def remove_after_commit(path: Path) -> None:
    """`remove_tree` once the transaction that dropped the last row about `path` has committed."""

    def remove() -> None:
        remove_tree(path)

    # The rows are gone by then; a file that cannot be removed is logged and costs disk, not correctness.
    transaction.on_commit(remove, robust=True)
