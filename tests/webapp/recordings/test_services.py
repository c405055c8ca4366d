"""Changes to recordings."""

from __future__ import annotations

from typing import Any

import pytest

from tests.webapp.factories import client_of, make_job, make_project, owner_of, send
from tests.webapp.recordings.factories import pretend_video
from webapp.jobs.services import job_cancel
from webapp.jobs.task_names import JobKind
from webapp.projects.models import Project
from webapp.recordings.models import Recording

pytestmark = pytest.mark.django_db


@pytest.fixture
def project() -> Project:
    return make_project()


class TestDelete:
    @staticmethod
    def delete(recording: Recording) -> Any:
        owner = owner_of(recording.project)
        return send(client_of(owner), "DELETE", f"/api/v1/recordings/{recording.pk}")

    @pytest.mark.parametrize(
        "kind", [JobKind.POSE_TRAIN, JobKind.PROJECT_EXPORT, JobKind.IMPORT_DEEPLABCUT, JobKind.VIDEO_INGEST]
    )
    def test_not_while_a_job_may_read_it(self, project: Project, kind: JobKind) -> None:
        video = pretend_video(project)
        named = {"video_id": video.pk} if kind == JobKind.VIDEO_INGEST else {"model_id": 0}
        job = make_job(project, kind=kind, params=named, label="Work")
        refused = self.delete(video.recording)
        assert (refused.status_code, refused.json()["code"]) == (409, "recording_in_use")
        assert refused.json()["data"] == {"job_id": str(job.pk)}
        job_cancel(job=job, by=owner_of(project))
        assert self.delete(video.recording).status_code == 204
        assert not Recording.objects.exists()

    def test_a_job_on_another_recording_or_project_is_no_hindrance(self, project: Project) -> None:
        video, other = pretend_video(project), pretend_video(project)
        make_job(project, kind=JobKind.VIDEO_SUGGEST, params={"video_id": other.pk})
        make_job(make_project(), kind=JobKind.POSE_TRAIN)
        assert self.delete(video.recording).status_code == 204


class TestRename:
    @staticmethod
    def rename(recording: Recording, name: str) -> Any:
        url = f"/api/v1/recordings/{recording.pk}"
        return send(client_of(owner_of(recording.project)), "PATCH", url, {"name": name})

    def test_another_name(self, project: Project) -> None:
        recording = pretend_video(project, name="take 1").recording
        assert self.rename(recording, " Day  1 ").json()["name"] == "Day 1"
        assert self.rename(recording, "DAY 1").json()["name"] == "DAY 1", "its own name is no hindrance"

    @pytest.mark.parametrize(
        ("name", "status"),
        [("+30 min", 422), ("a\0b", 422), ("x" * 121, 422), ("TAKE 2", 409), ("é" * 120, 200)],
    )
    def test_the_rules_are_those_of_a_new_one(self, project: Project, name: str, status: int) -> None:
        recording = pretend_video(project, name="take 1").recording
        pretend_video(project, name="take 2")
        assert self.rename(recording, name).status_code == status
        recording.refresh_from_db()
        assert (recording.name == "take 1") is (status != 200)

    @pytest.mark.parametrize("kind", [JobKind.POSE_TRAIN, JobKind.PROJECT_EXPORT])
    def test_not_while_a_job_knows_it_by_its_name(self, project: Project, kind: JobKind) -> None:
        recording = pretend_video(project).recording
        job = make_job(project, kind=kind)
        assert self.rename(recording, "new").status_code == 409
        job_cancel(job=job, by=owner_of(project))
        assert self.rename(recording, "new").status_code == 200
