"""Every refusal is problem+json and says nothing of the inside."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client

from sbea_engine.errors import BadInput
from tests.webapp.factories import client_of, make_project, make_user, owner_of, send
from webapp.projects import api as projects_api
from webapp.recordings import storage

pytestmark = pytest.mark.django_db


def problem_of(answer: Any) -> dict[str, Any]:
    assert answer["Content-Type"] == "application/problem+json"
    body: dict[str, Any] = answer.json()
    assert set(body) == {"type", "title", "status", "code", "detail", "data"}
    assert body["status"] == answer.status_code
    return body


class TestShape:
    def test_a_body_that_does_not_fit_names_the_field(self) -> None:
        answer = send(client_of(make_user()), "POST", "/api/v1/projects", {"name": "x", "keypoints": 3})
        body = problem_of(answer)
        assert (body["status"], body["code"]) == (422, "invalid_request")
        assert any("keypoints" in error["where"] for error in body["data"]["errors"])

    def test_an_unknown_field_is_an_error(self) -> None:
        body = {"name": "x", "keypoints": ["a"], "colour": "red"}
        assert problem_of(send(client_of(make_user()), "POST", "/api/v1/projects", body))["status"] == 422

    def test_what_the_engine_refuses_keeps_its_reason(self) -> None:
        body = {"name": "x", "keypoints": ["nose", "nose"]}
        found = problem_of(send(client_of(make_user()), "POST", "/api/v1/projects", body))
        assert (found["status"], found["code"]) == (422, "bad_skeleton")
        assert "nose" in found["detail"]

    def test_text_that_is_no_json(self) -> None:
        client = client_of(make_user())
        client.cookies["csrftoken"] = "a" * 32
        answer = client.post(
            "/api/v1/projects", b"{", content_type="application/json", headers={"X-CSRFToken": "a" * 32}
        )
        assert problem_of(answer)["status"] == 400

    def test_an_id_beyond_what_the_database_can_hold_is_not_found(self) -> None:
        answer = send(client_of(make_user()), "GET", f"/api/v1/projects/{10**30}")
        assert answer.status_code == 404


class TestFaults:
    def test_a_fault_of_the_program_tells_nothing(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def broken(**_: Any) -> Any:
            raise RuntimeError("secret inside /srv/data")

        monkeypatch.setattr(projects_api, "project_rows", broken)
        answer = send(client_of(make_user()), "GET", "/api/v1/projects")
        assert problem_of(answer)["code"] == "internal_error"
        assert "secret" not in answer.content.decode()

    def test_what_the_engine_cannot_read_is_called_by_its_name_alone(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        file = storage.result_folder(3) / "progress.json"

        def damaged(**_: Any) -> Any:
            raise BadInput(f"{file}: damaged.", file=str(file))

        monkeypatch.setattr(projects_api, "project_rows", damaged)
        found = problem_of(send(client_of(make_user()), "GET", "/api/v1/projects"))
        assert (found["status"], found["detail"]) == (422, "progress.json: damaged.")
        assert found["data"] == {"file": "progress.json"}

    def test_a_database_that_is_busy_asks_to_try_again(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def busy(**_: Any) -> Any:
            raise OperationalError("database is locked")

        monkeypatch.setattr(projects_api, "project_rows", busy)
        answer = send(client_of(make_user()), "GET", "/api/v1/projects")
        assert problem_of(answer)["status"] == 503


class TestSession:
    def test_a_page_from_before_a_sign_in_is_told_to_reload_and_not_that_its_role_is_too_small(self) -> None:
        client = client_of(make_user())
        client.cookies["csrftoken"] = "b" * 32
        answer = client.post(
            "/api/v1/projects", b"{}", content_type="application/json", headers={"X-CSRFToken": "a" * 32}
        )
        found = problem_of(answer)
        assert (found["status"], found["code"]) == (403, "csrf_failed")
        assert "reload the page" in found["detail"]
        assert "CSRF" not in found["detail"]

    def test_who_was_shut_out_is_out_at_the_next_request(self) -> None:
        user = make_user()
        client = client_of(user)
        assert send(client, "GET", "/api/v1/me").status_code == 200
        user.is_active = False
        user.save()
        assert problem_of(send(client, "GET", "/api/v1/me"))["status"] == 401

    def test_a_member_who_was_removed_loses_the_project(self) -> None:
        project = make_project()
        owner = owner_of(project)
        client = client_of(owner)
        assert send(client, "GET", f"/api/v1/projects/{project.pk}").status_code == 200
        project.memberships.all().delete()
        assert send(client, "GET", f"/api/v1/projects/{project.pk}").status_code == 404

    def test_the_documentation_is_for_people_who_are_signed_in(self) -> None:
        assert Client().get("/api/docs").status_code == 302
        page = client_of(make_user()).get("/api/docs")
        assert page.status_code == 200
        assert b"cdn" not in page.content
        assert Client().get("/api/openapi.json").status_code == 302


def test_health_needs_no_session() -> None:
    answer = Client().get("/healthz")
    assert (answer.status_code, answer.content) == (200, b"ok\n")
