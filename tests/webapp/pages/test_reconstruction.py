"""Who may open the 3D page, and what it is told."""

from __future__ import annotations

import pytest
from django.http import HttpResponse
from django.urls import reverse

from tests.webapp.factories import add_member, client_of, make_project, make_user, owner_of
from tests.webapp.pages.test_access import props_of
from tests.webapp.recordings.factories import make_calibration, pretend_recording
from tests.webapp.results.factories import predicted, ready_model
from webapp.accounts.models import Role, User
from webapp.projects.models import Project
from webapp.results.models import Reconstruction
from webapp.results.reconstructions.services import reconstruction_start

pytestmark = pytest.mark.django_db


def begun(project: Project) -> Reconstruction:
    model, recording = ready_model(project), pretend_recording(project, {"top": 40, "side": 40})
    recording.calibration = make_calibration(project, "top", "side")
    recording.save()
    predicted(model, recording, "top", "side")
    return reconstruction_start(recording=recording, model=model, by=owner_of(project))


def page(user: User, project: Project, found: Reconstruction, **query: str) -> HttpResponse:
    response: HttpResponse = client_of(user).get(  # type: ignore[assignment]
        reverse("reconstruction", args=[project.slug, found.pk]), query
    )
    return response


def test_a_viewer_with_a_link_sees_that_tick_from_there() -> None:
    project = make_project()
    viewer = add_member(project, Role.VIEWER)
    answer = page(viewer, project, found := begun(project), tick="17", **{"from": "c_top"})
    props = props_of(answer, "reconstruction")
    assert (props["reconstructionId"], props["tick"], props["from"]) == (found.pk, 17, "c_top")
    assert props_of(page(viewer, project, found), "reconstruction")["tick"] == 0


def test_nobody_else_sees_it_and_not_under_another_project() -> None:
    user = make_user("both")
    mine, other = make_project(user), make_project()
    found = begun(other)
    assert page(user, other, found).status_code == 404
    add_member(other, Role.VIEWER, user)
    assert page(user, mine, found).status_code == 404
    assert page(user, other, found).status_code == 200


@pytest.mark.parametrize("tick", ["x", "-1", "9999999999"])
def test_a_tick_that_is_none(tick: str) -> None:
    project = make_project()
    assert page(owner_of(project), project, begun(project), tick=tick).status_code == 400
