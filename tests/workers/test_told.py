"""What members read of a job names recordings, uploads and files, and no folder of the server."""

from __future__ import annotations

import json
import logging
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError
from django.test import override_settings

from sbea_engine.errors import BadInput
from tests.webapp.factories import add_member, client_of, make_job, make_project, owner_of
from tests.webapp.recordings.factories import pretend_video
from tests.workers.project_rows import finish
from tests.workers.test_imports import write_dlc
from webapp.accounts.models import Role
from webapp.annotation.imports import import_start
from webapp.jobs.models import Job
from webapp.projects.models import Project
from webapp.realtime.reading import read_job
from webapp.recordings import storage
from webapp.recordings.models import Recording, Upload, Video
from webapp.recordings.services import Source, recording_register, video_from_upload
from workers import told as told_module
from workers.imports import import_deeplabcut
from workers.recordings import ingest_video
from workers.run import job_run
from workers.told import told

pytestmark = pytest.mark.django_db(transaction=True)


def read_by_a_viewer(job: Job) -> str:
    """All that a member without rights gets to read of a job and of its project, as text."""
    client = client_of(add_member(job.project, Role.VIEWER))
    read = [
        f"/api/v1/jobs/{job.pk}",
        f"/api/v1/jobs/{job.pk}/events",
        f"/api/v1/projects/{job.project_id}/jobs",
        f"/api/v1/projects/{job.project_id}/recordings",
    ]
    messages = read_job(project_id=job.project_id, job_id=job.pk, since=0)
    sent = [message.model_dump(mode="json") for message in messages]
    return json.dumps([sent, *(client.get(address).json() for address in read)])


def reason_of(job: Job) -> str:
    assert (job.state, job.error is not None) == ("failed", True)
    message: str = (job.error or {})["message"]
    return message


def stop_with(error: Exception) -> None:
    raise error


class TestStories:
    def test_an_upload_that_is_no_video_is_called_as_its_recording(self) -> None:
        project = make_project()
        file = storage.original_folder(Upload().pk) / "source.mp4"
        file.parent.mkdir(parents=True)
        file.write_bytes(b"just some words\n" * 100)
        _, job = video_from_upload(project=project, name="day 1", file=file, by=owner_of(project))
        ended = finish(ingest_video, job)
        assert "day 1 / cam-1" in reason_of(ended)
        assert "source.mp4" not in reason_of(ended)
        assert str(storage.data_root()) not in read_by_a_viewer(ended)

    @pytest.mark.parametrize("withdrawn", [False, True])
    def test_a_video_of_the_server_is_called_as_its_file(self, tmp_path: Path, withdrawn: bool) -> None:
        folder = tmp_path / "rig of Ada" / "June"
        folder.mkdir(parents=True)
        (folder / "bad take.mp4").write_bytes(b"just some words\n" * 100)
        project = make_project()
        with override_settings(SBEA_MEDIA_ROOTS=(tmp_path,)):
            source = Source(view="top", path=str(folder / "bad take.mp4"))
            _, (job,) = recording_register(
                project=project, name="day 1", sources=[source], by=owner_of(project)
            )
        with override_settings(SBEA_MEDIA_ROOTS=() if withdrawn else (tmp_path,)):
            ended = finish(ingest_video, job)
            assert "bad take.mp4" in reason_of(ended)
            assert "rig of Ada" not in reason_of(ended)
            assert str(tmp_path) not in read_by_a_viewer(ended)
        assert ("day 1 / top" in reason_of(ended)) is withdrawn

    def test_an_imported_folder_keeps_its_name(self, tmp_path: Path) -> None:
        folder = tmp_path / "all of Ada" / "mice"
        folder.mkdir(parents=True)
        (folder / "config.yaml").write_text("scorer: [")
        project = make_project()
        with override_settings(SBEA_MEDIA_ROOTS=(tmp_path,)):
            job = import_start(project=project, path=str(folder), upload_id=None, by=owner_of(project))
            ended = finish(import_deeplabcut, job)
        assert reason_of(ended).startswith("mice/config.yaml: ")
        assert "all of Ada" not in read_by_a_viewer(ended)
        assert ended.params == {"path": str(folder)}, "a retry reads it"

    def test_an_imported_archive_is_called_as_it_was_sent(self) -> None:
        project = make_project()
        upload = Upload.objects.create(
            project=project,
            user=owner_of(project),
            filename="mice of June.zip",
            size=1,
            offset=1,
            purpose="deeplabcut_zip",
            state="complete",
        )
        home = storage.original_folder(upload.pk)
        home.mkdir(parents=True)
        with zipfile.ZipFile(home / "source.zip", "w") as packed:
            packed.writestr("mice/config.yaml", "scorer: [")
            packed.writestr("mice/labeled-data/day1/note.txt", "x")
        job = import_start(project=project, path=None, upload_id=upload.pk, by=owner_of(project))
        ended = finish(import_deeplabcut, job)
        assert reason_of(ended).startswith("mice of June.zip, mice/config.yaml: ")
        assert str(storage.data_root()) not in read_by_a_viewer(ended)


def in_place(project: Project, path: Path, name: str) -> Video:
    recording = Recording.objects.create(project=project, name=name)
    return Video.objects.create(recording=recording, source_path=str(path))


class TestNames:
    def test_warnings_of_an_import(self, tmp_path: Path) -> None:
        folder = write_dlc(tmp_path / "all of Ada" / "mice")
        (folder / "labeled-data" / "day2").mkdir()
        project = make_project()
        with override_settings(SBEA_MEDIA_ROOTS=(tmp_path,)):
            job = import_start(project=project, path=str(folder), upload_id=None, by=owner_of(project))
            ended = finish(import_deeplabcut, job)
        assert (ended.state, ended.result is not None) == ("done", True)
        assert any("mice/labeled-data/day2: no labels" in row for row in (ended.result or {})["warnings"])
        assert "all of Ada" not in read_by_a_viewer(ended)

    def test_recordings_are_told_apart(self) -> None:
        project = make_project()
        videos = [pretend_video(project, name=f"take {n}") for n in range(12)]
        job = make_job(project)
        for video in videos:
            folder = storage.video_folder(video.pk)
            assert told(f"{folder / 'proxy.mp4'}: damaged", job) == f"{video}, proxy.mp4: damaged"
            assert told(f"{folder}: empty", job) == f"{video}: empty"

    def test_images_of_a_folder_in_place(self, tmp_path: Path) -> None:
        project = make_project()
        in_place(project, tmp_path / "a b" / "img", "left")
        in_place(project, tmp_path / "a b" / "img 2", r"right \1")
        text = f"{tmp_path}/a b/img/1.png and {tmp_path}/a b/img 2/1.png differ"
        assert told(text, make_job(project)) == "img/1.png and img 2/1.png differ"

    def test_recordings_of_another_project_are_not_named(self) -> None:
        video = pretend_video(make_project(), name="secret take")
        text = f"{storage.video_folder(video.pk) / 'proxy.mp4'}: damaged"
        assert told(text, make_job()) == "proxy.mp4: damaged"

    def test_a_database_that_does_not_answer_keeps_no_reason_back(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def silent(_: Job) -> Any:
            raise DatabaseError("no answer")

        monkeypatch.setattr(told_module, "_known", silent)
        assert told("/usr/share/x.mp4: no frames", make_job()) == "x.mp4: no frames"


@pytest.mark.parametrize(
    "fault",
    [
        lambda path: BadInput(f"{path}: damaged.", file=str(path)),
        lambda path: FileNotFoundError(2, "No such file or directory", str(path)),
        lambda path: ZeroDivisionError(f"in {path}"),
    ],
)
def test_the_log_of_the_worker_has_the_whole_reason(
    fault: Callable[[Path], Exception], caplog: pytest.LogCaptureFixture
) -> None:
    path = storage.model_folder(3) / "card.json"
    job = make_job()
    with caplog.at_level(logging.WARNING, logger="workers.run"), job_run(str(job.pk)):
        stop_with(fault(path))
    ended = Job.objects.get(pk=job.pk)
    assert "card.json" in reason_of(ended)
    assert str(storage.data_root()) not in read_by_a_viewer(ended)
    assert str(path) in caplog.text
