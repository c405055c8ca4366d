"""What somebody else deletes while one changes it is answered as what never was, and is not a fault."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db.models import Model

from tests.webapp.factories import client_of, make_project, owner_of, send
from tests.webapp.recordings.factories import make_calibration, pretend_recording
from webapp.projects.models import Project
from webapp.recordings import api, calibration_api, session_api
from webapp.recordings.models import Calibration, Recording, RecordingSession

pytestmark = pytest.mark.django_db


@pytest.fixture
def project() -> Project:
    project = make_project()
    pretend_recording(project, {"top": 10, "side": 10}, name="take")
    make_calibration(project, "top", "side")
    RecordingSession.objects.create(project=project, name="Monday")
    return project


def then_deleted(read: Callable[..., Model]) -> Callable[..., Model]:
    """Reads as `read` does; the row is gone before anything is made of it."""

    def reading(**asked: Any) -> Model:
        found = read(**asked)
        type(found)._default_manager.filter(pk=found.pk).delete()
        return found

    return reading


SESSION, RIG = {"recording_session_id": "session"}, {"calibration_id": "calibration"}
# What is changed, where the row that goes is read, and the request; words among the values stand for ids.
CHANGES: dict[str, tuple[Any, str, str, str, dict[str, Any]]] = {
    "its name": (api, "recording_get", "PATCH", "/recordings/{recording}", {"name": "x"}),
    "its clock": (api, "recording_get", "PUT", "/recordings/{recording}/sync", {}),
    "its order": (api, "recording_get", "PUT", "/recordings/{recording}/views/order", {"video_ids": [1]}),
    "a view": (api, "video_get", "PATCH", "/videos/{video}", {"view": "x"}),
    "its session": (session_api, "recording_get", "PUT", "/recordings/{recording}/session", SESSION),
    "to one that goes": (
        session_api,
        "recording_session_get",
        "PUT",
        "/recordings/{recording}/session",
        SESSION,
    ),
    "a session": (
        session_api,
        "recording_session_get",
        "PATCH",
        "/recording-sessions/{session}",
        {"name": "x"},
    ),
    "its rig": (calibration_api, "recording_get", "PUT", "/recordings/{recording}/calibration", RIG),
    "to a rig that goes": (
        calibration_api,
        "calibration_get",
        "PUT",
        "/recordings/{recording}/calibration",
        RIG,
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_is_not_found(project: Project, change: str, monkeypatch: pytest.MonkeyPatch) -> None:
    place, read, method, path, body = CHANGES[change]
    recording = Recording.objects.get()
    ids = {
        "recording": recording.pk,
        "video": recording.videos.order_by("pk")[0].pk,
        "session": RecordingSession.objects.get().pk,
        "calibration": Calibration.objects.get().pk,
    }
    asked = {key: ids.get(value, value) if isinstance(value, str) else value for key, value in body.items()}
    monkeypatch.setattr(place, read, then_deleted(getattr(place, read)))
    answer = send(client_of(owner_of(project)), method, f"/api/v1{path.format(**ids)}", asked)
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
