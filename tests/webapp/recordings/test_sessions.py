"""Recording sessions: made, named, and what belongs to them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.webapp.factories import client_of, make_project, owner_of, send
from tests.webapp.recordings.factories import make_rig, pretend_recording
from webapp.api.errors import NotFound
from webapp.projects.models import Project
from webapp.recordings.models import RecordingSession
from webapp.recordings.sessions import recording_session_delete

pytestmark = pytest.mark.django_db


@pytest.fixture
def project() -> Project:
    return make_project()


def call(project: Project, method: str, path: str, body: Any = None) -> Any:
    return send(client_of(owner_of(project)), method, f"/api/v1{path}", body)


def make(project: Project, name: str) -> Any:
    return call(project, "POST", f"/projects/{project.pk}/recording-sessions", {"name": name})


def test_made_listed_and_renamed(project: Project) -> None:
    assert make(project, " Tuesday  1 ").status_code == 201
    monday = make(project, "Monday").json()
    renamed = call(project, "PATCH", f"/recording-sessions/{monday['id']}", {"name": "MONDAY"})
    assert renamed.json() == {"id": monday["id"], "name": "MONDAY"}
    listed = call(project, "GET", f"/projects/{project.pk}/recording-sessions").json()
    assert [row["name"] for row in listed] == ["MONDAY", "Tuesday 1"]


@pytest.mark.parametrize(
    ("name", "status", "code"),
    [
        ("monday", 409, "name_taken"),
        ("  ", 422, "bad_recording"),
        ("a\0b", 422, "bad_recording"),
        ("\ud800", 422, "invalid_request"),
        ("x" * 121, 422, "invalid_request"),
    ],
)
def test_names_that_are_refused(project: Project, name: str, status: int, code: str) -> None:
    make(project, "Monday")
    answer = make(project, name)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    other = make(project, "Tuesday").json()
    answer = call(project, "PATCH", f"/recording-sessions/{other['id']}", {"name": name})
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert set(project.recording_sessions.values_list("name", flat=True)) == {"Monday", "Tuesday"}


def test_another_project_may_use_the_name(project: Project) -> None:
    make(project, "Monday")
    assert make(make_project(), "Monday").status_code == 201


def test_a_recording_belongs_to_one_or_to_none(project: Project) -> None:
    monday = make(project, "Monday").json()["id"]
    path = f"/recordings/{pretend_recording(project, {'top': 10}).pk}/session"
    assert call(project, "PUT", path, {"recording_session_id": monday}).json()["session"] == "Monday"
    call(project, "PATCH", f"/recording-sessions/{monday}", {"name": "Tuesday"})
    (listed,) = call(project, "GET", f"/projects/{project.pk}/recordings").json()
    assert listed["session"] == "Tuesday"
    assert call(project, "PUT", path, {"recording_session_id": None}).json()["session"] is None
    assert RecordingSession.objects.count() == 1


def test_not_to_one_of_another_project(project: Project) -> None:
    mine = make_project(owner_of(project), name="Mine too")
    other = make(mine, "Monday").json()["id"]
    theirs = make(make_project(), "Monday").json()["id"]
    recording = pretend_recording(project, {"top": 10})
    path = f"/recordings/{recording.pk}/session"
    answer = call(project, "PUT", path, {"recording_session_id": other})
    assert (answer.status_code, answer.json()["code"]) == (422, "bad_recording")
    assert call(project, "PUT", path, {"recording_session_id": theirs}).status_code == 404
    recording.refresh_from_db()
    assert recording.session is None


def test_a_calibration_comes_in_for_one(project: Project) -> None:
    body = {"filename": "rig.json", "text": json.dumps(make_rig("top").to_dict()), "session": "Monday"}
    path = f"/projects/{project.pk}/calibrations"
    assert (
        "no recording session named 'Monday'. Make it" in call(project, "POST", path, body).json()["detail"]
    )
    make(project, "Monday")
    assert call(project, "POST", path, body).json()["session"] == "Monday"


class TestDeleted:
    def test_what_belongs_to_it_stays(self, project: Project) -> None:
        monday, tuesday = make(project, "Monday").json()["id"], make(project, "Tuesday").json()["id"]
        recordings = [pretend_recording(project, {"top": 10}, name=name) for name in ("a", "b")]
        for recording, session in zip(recordings, (monday, tuesday), strict=True):
            body = {"recording_session_id": session}
            assert call(project, "PUT", f"/recordings/{recording.pk}/session", body).status_code == 200
        rig = json.dumps(make_rig("top").to_dict())
        body = {"filename": "rig.json", "text": rig, "session": "Monday"}
        assert call(project, "POST", f"/projects/{project.pk}/calibrations", body).status_code == 201
        assert call(project, "DELETE", f"/recording-sessions/{monday}").status_code == 204
        listed = call(project, "GET", f"/projects/{project.pk}/recordings").json()
        assert [(row["name"], row["session"]) for row in listed] == [("a", None), ("b", "Tuesday")]
        (calibration,) = call(project, "GET", f"/projects/{project.pk}/calibrations").json()
        assert calibration["session"] is None
        assert call(project, "DELETE", f"/recording-sessions/{monday}").status_code == 404
        assert make(project, "monday").status_code == 201, "its name is free"

    def test_by_two_at_once(self, project: Project) -> None:
        session = RecordingSession.objects.get(pk=make(project, "Monday").json()["id"])
        by = owner_of(project)
        recording_session_delete(session=session, by=by)
        with pytest.raises(NotFound):
            recording_session_delete(session=session, by=by)
