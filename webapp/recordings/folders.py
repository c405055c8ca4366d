"""A folder of videos, registered in one step."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from django.db import transaction

from webapp.accounts.capabilities import Capability, require
from webapp.accounts.models import User
from webapp.api.errors import AppError
from webapp.projects.models import Project
from webapp.recordings.errors import BadRecording
from webapp.recordings.models import Recording, Video
from webapp.recordings.names import free_name
from webapp.recordings.roots import allowed_source, shown, videos_in
from webapp.recordings.services import Source, hold, recording_register


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderFile:
    """What became of one file: its recording, or the reason why it is none."""

    file: str
    recording: Recording | None = None
    problem: str | None = None


def recordings_register_folder(*, project: Project, folder: str, by: User) -> list[FolderFile]:
    """Register each video file in a folder as a recording of its own, called as its file.

    A file that cannot be taken keeps none of the others out, and one that is here already is not taken twice;
    so the same folder can be given again when more videos lie in it.

    Raises:
        BadRecording: No video file lies in the folder.
        PathNotAllowed: The folder does not lie under a media root, or may not be read.
        NotFound, Forbidden: `by` may not bring data into this project.
    """
    require(by, project, Capability.MANAGE_DATA)
    files = videos_in(folder)
    if not files:
        raise BadRecording(f"No video lies in {folder[:300]!r}. Open the folder to see what does.")
    return [_register(project, file, by=by) for file in files]


def _register(project: Project, file: Path, *, by: User) -> FolderFile:
    try:
        path = allowed_source(str(file))
        with transaction.atomic():
            hold(project)
            check_is_new(project, path)
            name = free_name(file.stem, project.recordings.values_list("name", flat=True))
            source = Source(view="cam-1", path=str(path))
            recording, _ = recording_register(project=project, name=name, sources=[source], by=by)
    except AppError as error:
        return FolderFile(file=shown(file.name), problem=str(error))
    return FolderFile(file=file.name, recording=recording)


def check_is_new(project: Project, path: Path) -> None:
    """Raise `BadRecording` for an empty file, and for one that the project has already.

    Args:
        project: With `hold` on it where the file is registered next.
        path: Checked by `allowed_source`.
    """
    try:
        empty = path.is_file() and path.stat().st_size == 0
    except OSError as error:
        raise BadRecording(f"The file cannot be looked at ({error.strerror}).") from error
    if empty:
        raise BadRecording("The file is empty.")
    known = Video.objects.filter(recording__project=project, source_path=str(path)).first()
    if known is not None:
        raise BadRecording(f"It is here already, as {known.recording.name!r}.")
