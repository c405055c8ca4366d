"""What a job tells the members of its project: files by the names that they know."""

from __future__ import annotations

import re
from collections.abc import Iterator
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
    if "/" not in text:
        return text
    try:
        known = sorted(_known(job), key=lambda pair: len(pair[0]), reverse=True)
    except DatabaseError:  # the reason to tell may be just that
        known = []
    for path, name in known:
        if path in text:
            at, inside = re.escape(path), name + ("/" if Path(path).name == name else ", ")
            text = re.sub(f"{at}/", literally(inside), text)
            text = re.sub(rf"{at}(?![\w-])", literally(name), text)
    return without_folders(text)


def _known(job: Job) -> Iterator[tuple[str, str]]:
    """Paths, and what the members of the job's project call them."""
    if job.kind == JobKind.IMPORT_DEEPLABCUT and "path" in job.params:
        yield job.params["path"], Path(job.params["path"]).name
    elif job.kind == JobKind.IMPORT_DEEPLABCUT:
        for upload in Upload.objects.filter(pk=job.params["upload_id"], project=job.project_id):
            for part in ("source.zip", "project"):  # as `workers.imports` unpacks it
                yield from _both(storage.original_folder(upload.pk) / part, upload.filename)
    for video in Video.objects.filter(recording__project=job.project_id).select_related("recording"):
        yield from _both(storage.video_folder(video.pk), str(video))
        if video.source_owned:
            yield from _both(storage.data_root() / video.source_path, str(video))
        else:
            yield video.source_path, Path(video.source_path).name


def _both(path: Path, name: str) -> Iterator[tuple[str, str]]:
    """The path as it is made here, and as it is once links are followed."""
    yield str(path), name
    yield str(path.resolve()), name
