"""What a job tells the members of its project: files by the names that they know."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from django.db import DatabaseError

from webapp.api.told import literally, without_folders
from webapp.jobs.models import Job
from webapp.jobs.task_names import JobKind
from webapp.recordings import storage
from webapp.recordings.models import Upload, Video


def told(text: str, job: Job) -> str:
    """The text with recordings, uploads and file names in place of paths on the server.

    What lies under the data root is known to people as their recording or upload, and what was registered in
    place as its file; of anything else the last part of the path is left.
    """
    return told_each([text], job)[0]


def told_each(texts: Sequence[str], job: Job) -> list[str]:
    """`told` of several texts, for which the names are read once."""
    if not any("/" in text for text in texts):
        return list(texts)
    try:
        known = sorted(_known(job), key=lambda pair: len(pair[0]), reverse=True)
    except DatabaseError:  # the reason to tell may be just that
        known = []
    return [_named(text, known) for text in texts]


def _named(text: str, known: Sequence[tuple[str, str]]) -> str:
    for path, name in known:
        if path in text:
            at, inside = re.escape(path), name + ("/" if Path(path).name == name else ", ")
            text = re.sub(f"{at}/", literally(inside), text)
            text = re.sub(rf"{at}(?![\w-])", literally(name), text)
    return without_folders(text)


def _known(job: Job) -> Iterator[tuple[str, str]]:
    """Paths, and what the members of the job's project call them."""
    # As paths are made here, and as they are once links are followed.
    roots = {storage.data_root(), storage.data_root().resolve()}
    if job.kind == JobKind.IMPORT_DEEPLABCUT and "path" in job.params:
        yield job.params["path"], Path(job.params["path"]).name
    elif job.kind == JobKind.IMPORT_DEEPLABCUT:
        for upload in Upload.objects.filter(pk=job.params["upload_id"], project=job.project_id):
            home = storage.original_folder(upload.pk).relative_to(storage.data_root())
            for part in ("source.zip", "project", "pictures"):  # as `workers.imports` unpacks it
                yield from ((str(root / home / part), upload.filename) for root in roots)
    for video in Video.objects.filter(recording__project=job.project_id).select_related("recording"):
        proxy = storage.video_folder(video.pk).relative_to(storage.data_root())
        yield from ((str(root / proxy), str(video)) for root in roots)
        if video.source_owned:
            yield from ((str(root / video.source_path), str(video)) for root in roots)
        else:
            yield video.source_path, Path(video.source_path).name
