"""What an uploaded video becomes, said when it is complete: a recording, or a view of one."""

from __future__ import annotations

import io
from typing import Any
from uuid import uuid4

import pytest

from tests.webapp.factories import client_of, make_project, owner_of, send
from webapp.jobs.models import Job
from webapp.projects.models import Project
from webapp.recordings import storage, uploads
from webapp.recordings.models import Upload
from webapp.recordings.services import video_from_upload

pytestmark = pytest.mark.django_db


@pytest.fixture
def project() -> Project:
    return make_project()


def whole(project: Project, filename: str = "take3_side.mp4", purpose: str = "video") -> Upload:
    """All bytes have arrived."""
    by = owner_of(project)
    upload = uploads.upload_start(project=project, filename=filename, size=10, purpose=purpose, by=by)
    return uploads.upload_append(upload=upload, offset=0, body=io.BytesIO(b"0123456789"))


def complete(upload: Upload, **body: Any) -> Any:
    return send(client_of(upload.user), "POST", f"/api/v1/uploads/{upload.pk}/complete", body)


def views(project: Project) -> list[str]:
    return [video.view for video in project.recordings.get().videos.all()]


def test_the_first_view_of_a_new_recording_then_the_second(project: Project) -> None:
    first = complete(whole(project), name="take3", view="top").json()
    second = complete(whole(project), recording_id=first["recording_id"], view="side").json()
    assert second["recording_id"] == first["recording_id"]
    assert (project.recordings.get().name, views(project)) == ("take3", ["top", "side"])
    assert all(video.source_owned for video in project.recordings.get().videos.all())
    assert Job.objects.filter(kind="video.ingest").count() == 2


def test_names_where_nothing_is_said(project: Project) -> None:
    first = complete(whole(project)).json()
    assert (project.recordings.get().name, views(project)) == ("take3_side", ["cam-1"])
    complete(whole(project), recording_id=first["recording_id"])
    assert views(project) == ["cam-1", "take3_side"]


def test_a_name_that_is_taken_keeps_the_bytes_for_another(project: Project) -> None:
    first = complete(whole(project), view="top").json()
    upload, joined = whole(project), {"recording_id": first["recording_id"]}
    assert complete(upload, view="TOP", **joined).json()["code"] == "name_taken"
    assert complete(upload, view="side", **joined).status_code == 202
    assert views(project) == ["top", "side"]


@pytest.mark.parametrize("bad", ["\0", "\ud800"])
def test_no_text_that_cannot_be_kept_is(project: Project, bad: str) -> None:
    upload = whole(project)
    assert complete(upload, name="take3", view=f"to{bad}p").status_code == 422
    assert not project.recordings.exists()
    answer = complete(upload, name=f"take{bad}3", view="top")
    if bad == "\0":  # a name that only looks wrong is mended, as one that is taken gets a number
        assert (answer.status_code, project.recordings.get().name) == (202, "take 3")
    else:
        assert answer.json()["code"] == "invalid_request"


def test_again_changes_nothing(project: Project) -> None:
    upload = whole(project)
    first = complete(upload, name="a", view="top").json()
    assert complete(upload, name="b", view="side").json() == first
    assert project.recordings.get().name == "a"


def test_not_into_what_belongs_to_others(project: Project) -> None:
    theirs = make_project()
    file = storage.original_folder(uuid4())
    recording, _ = video_from_upload(project=theirs, name="x", file=file, by=owner_of(theirs))
    assert complete(whole(project), recording_id=recording.pk).status_code == 404
    assert recording.videos.count() == 1


def test_not_into_another_project_of_ones_own(project: Project) -> None:
    mine = make_project(owner_of(project), name="Mine too")
    other = complete(whole(mine)).json()["recording_id"]
    answer = complete(whole(project), recording_id=other)
    assert (answer.status_code, answer.json()["code"]) == (422, "bad_upload")
    assert views(mine) == ["cam-1"]


def test_an_archive_is_no_view(project: Project) -> None:
    upload = whole(project, "a.zip", Upload.Purpose.DEEPLABCUT_ZIP)
    assert complete(upload, view="top").json()["code"] == "bad_upload"
    assert complete(upload).status_code == 202
