"""Folders of uploaded files: when the last row that needs one is gone, it goes as a whole.

A recording made from an upload reads from the upload's folder, and an imported archive leaves more there than
recordings read. So neither row alone decides.
"""

from __future__ import annotations

import uuid
from pathlib import PurePosixPath

from django.db import transaction

from webapp.recordings import storage
from webapp.recordings.models import Upload, Video


def release_after_commit(*, owner_id: uuid.UUID) -> None:
    """Remove an upload's folder after commit, if by then neither the upload nor a video needs it."""

    def release() -> None:
        folder = storage.original_folder(owner_id)
        inside = f"{storage.stored_name(folder)}/"
        if Upload.objects.filter(pk=owner_id).exists():
            return
        if not Video.objects.filter(source_owned=True, source_path__startswith=inside).exists():
            storage.remove_tree(folder)

    transaction.on_commit(release, robust=True)


def owner_of_source(source_path: str) -> uuid.UUID | None:
    """The upload that brought a source under the data root; None for one that was made here."""
    try:
        name = PurePosixPath(source_path).relative_to(storage.stored_name(storage.media_folder("originals")))
        return uuid.UUID(name.parts[0])
    except (ValueError, IndexError):
        return None
