"""A folder of videos becomes one recording a file, and each file that cannot says why."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection
from django.test import override_settings

from tests.webapp.factories import add_member, client_of, make_project, owner_of, send
from webapp.accounts.models import Role
from webapp.api.errors import Forbidden
from webapp.jobs.models import Job
from webapp.projects.models import Project
from webapp.recordings.errors import BadRecording, PathNotAllowed
from webapp.recordings.folders import recordings_register_folder

pytestmark = pytest.mark.django_db


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    inside = tmp_path / "takes"
    inside.mkdir()
    for name in ("b.mp4", "A.avi", "+30 min.mov", "notes.txt"):
        (inside / name).write_bytes(b"x")
    with override_settings(SBEA_MEDIA_ROOTS=(inside,)):
        yield inside


def register(project: Project, folder: Path) -> dict[str, str]:
    """The recording's name, or the reason, of each file."""
    found = recordings_register_folder(project=project, folder=str(folder), by=owner_of(project))
    return {row.file: row.recording.name if row.recording else str(row.problem) for row in found}


def test_each_video_is_a_recording_called_as_its_file(folder: Path) -> None:
    project = make_project()
    assert register(project, folder) == {"+30 min.mov": "30 min", "A.avi": "A", "b.mp4": "b"}
    paths = project.recordings.values_list("videos__source_path", "videos__source_owned")
    assert set(paths) == {(str(folder / name), False) for name in ("+30 min.mov", "A.avi", "b.mp4")}
    assert Job.objects.filter(kind="video.ingest").count() == 3


def test_what_cannot_be_taken_is_told_and_keeps_no_other_out(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "secret.mp4").write_bytes(b"x")
    (folder / "linked.mp4").symlink_to(tmp_path / "secret.mp4")
    (folder / "empty.mp4").touch()
    found = register(make_project(), folder)
    assert "under the server folders" in found.pop("linked.mp4")
    assert found.pop("empty.mp4") == "The file is empty."
    assert set(found.values()) == {"30 min", "A", "b"}


def test_the_same_folder_again_brings_only_what_is_new(folder: Path) -> None:
    project = make_project()
    register(project, folder)
    (folder / "B.avi").write_bytes(b"x")
    found = register(project, folder)
    assert found.pop("B.avi") == "B (2)"
    assert found["b.mp4"] == "It is here already, as 'b'."
    assert project.recordings.count() == 4


@pytest.mark.django_db(transaction=True)
def test_two_who_give_one_folder_at_once_register_it_once(folder: Path) -> None:
    project = make_project()
    owner = owner_of(project)
    barrier = threading.Barrier(2)

    def give() -> None:
        try:
            barrier.wait()
            recordings_register_folder(project=project, folder=str(folder), by=owner)
        finally:
            connection.close()

    threads = [threading.Thread(target=give) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(project.recordings.values_list("name", flat=True)) == ["30 min", "A", "b"]


def test_a_limit_that_is_reached_is_told_for_each_file_left(folder: Path) -> None:
    with override_settings(SBEA_MAX_ACTIVE_JOBS=2):
        project = make_project()
        found = register(project, folder)
    assert project.recordings.count() == 2
    assert found["b.mp4"] != "b"


def test_refusals(folder: Path, tmp_path: Path) -> None:
    project = make_project()
    (folder / "none").mkdir()
    with pytest.raises(BadRecording, match="No video lies in"):
        register(project, folder / "none")
    with pytest.raises(PathNotAllowed):
        register(project, tmp_path)
    with pytest.raises(Forbidden):
        recordings_register_folder(
            project=project, folder=str(folder), by=add_member(project, Role.ANNOTATOR)
        )


def test_over_http(folder: Path) -> None:
    project = make_project()
    url = f"/api/v1/projects/{project.pk}/recordings/folder"
    answer = send(client_of(owner_of(project)), "POST", url, {"path": str(folder)})
    assert answer.status_code == 202
    first = answer.json()[0]
    assert (first["file"], first["recording"]["name"], first["problem"]) == ("+30 min.mov", "30 min", None)


def test_a_name_that_is_not_utf_8_is_told(folder: Path) -> None:
    project = make_project()
    (folder / os.fsdecode(b"m\xff.mp4")).write_bytes(b"x")
    url = f"/api/v1/projects/{project.pk}/recordings/folder"
    answer = send(client_of(owner_of(project)), "POST", url, {"path": str(folder)})
    assert answer.status_code == 202
    (bad,) = (row for row in answer.json() if row["recording"] is None)
    assert bad["file"] == "m\ufffd.mp4"
    assert "not text in UTF-8" in bad["problem"]
    shown = send(
        client_of(owner_of(project)),
        "POST",
        f"/api/v1/projects/{project.pk}/recordings/proposal",
        {"folder": str(folder)},
    )
    assert shown.status_code == 200
    problems = {view["path"]: view["problem"] for group in shown.json() for view in group["views"]}
    assert "not text in UTF-8" in problems[str(folder / "m\ufffd.mp4")]
