"""Uploaded files go with the last row that needs them, and not before."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from tests.webapp.factories import make_project, owner_of
from webapp.jobs.models import Job
from webapp.jobs.services import job_cancel
from webapp.projects.models import Project
from webapp.projects.services import project_delete
from webapp.recordings import storage, uploads
from webapp.recordings.models import Recording, Upload, Video
from webapp.recordings.originals import owner_of_source
from webapp.recordings.services import recording_delete

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def project() -> Project:
    return make_project()


def uploaded(project: Project, filename: str, purpose: str) -> Upload:
    owner = owner_of(project)
    upload = uploads.upload_start(project=project, filename=filename, size=3, purpose=purpose, by=owner)
    uploads.upload_append(upload=upload, offset=0, body=io.BytesIO(b"abc"))
    return uploads.upload_complete(upload=upload, by=owner)


def imported(project: Project) -> tuple[Upload, list[Recording]]:
    """An archive as its import leaves it: unpacked, two recordings reading from it, the archive removed."""
    upload = uploaded(project, "mice.zip", "deeplabcut_zip")
    home = storage.original_folder(upload.pk)
    uploads.place_of(upload).unlink()
    (home / "project").mkdir()
    (home / "project/config.yaml").write_text("Task: mice")
    return upload, [_reading(project, home / f"project/{name}.mp4") for name in ("one", "two")]


def _reading(project: Project, file: Path) -> Recording:
    file.write_bytes(b"video")
    recording = Recording.objects.create(project=project, name=file.stem)
    Video.objects.create(recording=recording, source_path=storage.stored_name(file), source_owned=True)
    return recording


def test_all_of_it_goes_with_the_project(project: Project) -> None:
    video = uploaded(project, "take.mp4", "video")
    refused = uploaded(project, "no-project.zip", "deeplabcut_zip")
    unpacked, _ = imported(project)
    growing = uploads.upload_start(
        project=project, filename="b.mp4", size=3, purpose="video", by=owner_of(project)
    )
    for job in Job.objects.all():
        job_cancel(job=job, by=owner_of(project))
    project_delete(project=project, by=owner_of(project))
    folders = [storage.original_folder(upload.pk) for upload in (video, refused, unpacked)]
    assert [folder for folder in folders if folder.exists()] == []
    assert not storage.upload_part(growing.pk).exists()


def test_what_recordings_read_outlives_the_upload(project: Project) -> None:
    upload, (one, two) = imported(project)
    home = storage.original_folder(upload.pk)
    uploads.upload_discard(upload=upload)
    recording_delete(recording=one, by=owner_of(project))
    assert storage.stored_path(two.videos.get().source_path).read_bytes() == b"video"
    recording_delete(recording=two, by=owner_of(project))
    assert not home.exists()


def test_an_upload_without_recordings_keeps_its_folder(project: Project) -> None:
    upload, recordings = imported(project)
    for recording in recordings:
        recording_delete(recording=recording, by=owner_of(project))
    assert storage.original_folder(upload.pk).exists()


@pytest.mark.parametrize("name", ["media/originals/demo-solo/a.mp4", "media/originals", "elsewhere/a.mp4"])
def test_sources_that_no_upload_brought(name: str) -> None:
    assert owner_of_source(name) is None
