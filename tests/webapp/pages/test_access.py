"""Who may open which page. Data come through the API, so what counts here is the door."""

from __future__ import annotations

import json
import re
from html import unescape
from typing import Any

import pytest
from django.http import HttpResponse, HttpResponseBase
from django.test import Client
from django.urls import reverse

from tests.webapp.factories import add_member, client_of, make_project, make_user, owner_of
from tests.webapp.recordings.factories import pretend_video
from webapp.accounts.capabilities import CAPABILITIES_OF
from webapp.accounts.models import Role, User
from webapp.projects.models import Project

pytestmark = pytest.mark.django_db

PROJECT_PAGES = ("project-home", "recordings", "models", "results", "jobs", "people")


def props_of(response: HttpResponseBase, island: str) -> dict[str, Any]:
    """The JSON that an island on the page is given."""
    assert isinstance(response, HttpResponse)
    html = response.content.decode()
    found = re.search(rf'data-island="{island}" data-props="([^"]*)"', html)
    assert found, f"no island {island!r} on the page"
    props: dict[str, Any] = json.loads(unescape(found[1]))
    return props


def page(client: Client, project: Project, name: str) -> Any:
    return client.get(reverse(name, args=[project.slug]))


class TestStrangers:
    @pytest.mark.parametrize("name", [*PROJECT_PAGES, "label"])
    def test_nobody_signed_in_is_sent_to_sign_in_and_back(self, name: str) -> None:
        response = page(Client(), make_project(), name)
        assert response.status_code == 302
        address = reverse(name, args=[Project.objects.get().slug])
        assert response.headers["Location"] == f"{reverse('account_login')}?next={address}"

    @pytest.mark.parametrize("name", [*PROJECT_PAGES, "label"])
    def test_a_foreign_project_looks_like_no_project(self, name: str) -> None:
        project = make_project(name="Secret name")
        stranger = client_of(make_user("stranger"))
        foreign = page(stranger, project, name)
        missing = stranger.get(reverse(name, args=["no-such-project"]))
        assert foreign.status_code == missing.status_code == 404
        assert b"Secret name" not in foreign.content

    def test_a_member_who_was_removed_is_out_at_once(self) -> None:
        project = make_project()
        member = add_member(project, Role.ANNOTATOR)
        client = client_of(member)
        assert page(client, project, "project-home").status_code == 200
        project.memberships.filter(user=member).delete()
        assert page(client, project, "project-home").status_code == 404


class TestMembers:
    @pytest.mark.parametrize("role", list(Role))
    @pytest.mark.parametrize("name", PROJECT_PAGES)
    def test_every_role_sees_every_page_with_its_own_capabilities(self, name: str, role: Role) -> None:
        project = make_project()
        member = add_member(project, role)
        response = page(client_of(member), project, name)
        assert response.status_code == 200
        island = {"project-home": "project-home"}.get(name, name)
        props = props_of(response, island)
        assert props["projectId"] == project.pk
        assert props["userId"] == member.pk
        assert set(props["capabilities"]) == {str(c) for c in CAPABILITIES_OF[role]}

    def test_the_page_says_where_it_is(self) -> None:
        project = make_project()
        html = page(client_of(owner_of(project)), project, "recordings").content.decode()
        current = re.findall(r'<a href="([^"]+)" aria-current="page">', html)
        assert current == [reverse("recordings", args=[project.slug])]
        assert f'data-project-id="{project.pk}"' in html
        assert 'class="skip"' in html

    def test_a_name_with_markup_stays_text(self) -> None:
        project = make_project(name='<script>alert("x")</script>')
        response = page(client_of(owner_of(project)), project, "project-home")
        assert b"<script>alert" not in response.content
        assert props_of(response, "project-home")["projectName"] == '<script>alert("x")</script>'

    def test_no_page_carries_inline_script_or_style(self) -> None:
        """The content policy would block it, and the page would quietly lack it."""
        project = make_project()
        client = client_of(owner_of(project))
        for name in PROJECT_PAGES:
            html = page(client, project, name).content.decode()
            assert not re.search(r"<script(?![^>]*\bsrc=)", html), name
            assert "<style" not in html, name
            assert not re.search(r"\son[a-z]+=", html), name


class TestNewProjects:
    def test_whoever_has_the_right_finds_the_way(self) -> None:
        client = client_of(make_user(may_create_projects=True))
        assert b"New project" in client.get("/").content
        assert props_of(client.get("/"), "projects")["newUrl"] == reverse("new-project")
        assert client.get(reverse("new-project")).status_code == 200

    def test_others_are_neither_shown_it_nor_let_in(self) -> None:
        client = client_of(make_user())
        assert b"New project" not in client.get("/").content
        assert props_of(client.get("/"), "projects")["newUrl"] is None
        refused = client.get(reverse("new-project"))
        assert refused.status_code == 403
        assert b"Ask an administrator" in refused.content

    def test_only_an_administrator_of_the_site_is_offered_to_give_it(self) -> None:
        admin = User.objects.create_superuser("boss@lab.org")
        project = make_project(admin)
        manager = add_member(project, Role.MANAGER)
        offered = [props_of(page(client_of(user), project, "people"), "people") for user in (admin, manager)]
        assert [props["isAdmin"] for props in offered] == [True, False]


class TestThings:
    def test_the_studio_opens_a_video_at_a_frame(self) -> None:
        project = make_project()
        video = pretend_video(project, name="take <1>")
        client = client_of(add_member(project, Role.VIEWER))
        response = client.get(reverse("studio", args=[project.slug, video.pk]), {"frame": "17"})
        props = props_of(response, "studio")
        assert (props["videoId"], props["frame"], props["resultId"]) == (video.pk, 17, None)
        assert props["recordingName"] == "take <1>"

    def test_a_video_of_another_project_does_not_open_under_this_one(self) -> None:
        """Not even for somebody who is a member of both."""
        user = make_user("both")
        mine, other = make_project(user, name="Mine"), make_project(user, name="Other")
        video = pretend_video(other)
        response = client_of(user).get(reverse("studio", args=[mine.slug, video.pk]))
        assert response.status_code == 404

    def test_a_foreign_video_is_not_there(self) -> None:
        user = make_user("me")
        mine = make_project(user)
        video = pretend_video(make_project())
        assert client_of(user).get(reverse("studio", args=[mine.slug, video.pk])).status_code == 404

    @pytest.mark.parametrize("value", ["-1", "1e9", "abc", "1" * 10, "٣" * 12])
    def test_a_frame_that_is_no_number_is_refused(self, value: str) -> None:
        project = make_project()
        video = pretend_video(project)
        client = client_of(owner_of(project))
        response = client.get(reverse("studio", args=[project.slug, video.pk]), {"frame": value})
        assert response.status_code == 400

    def test_a_result_that_is_not_there_is_404(self) -> None:
        project = make_project()
        video = pretend_video(project)
        client = client_of(owner_of(project))
        response = client.get(reverse("studio", args=[project.slug, video.pk]), {"result": "999"})
        assert response.status_code == 404

    def test_a_model_that_is_not_there_is_404(self) -> None:
        project = make_project()
        client = client_of(owner_of(project))
        assert client.get(reverse("model", args=[project.slug, 999])).status_code == 404


class TestTheme:
    @pytest.mark.parametrize(
        ("cookie", "attribute"),
        [("dark", ' data-theme="dark"'), ("light", ' data-theme="light"'), ("", ""), ('"><script>', "")],
    )
    def test_the_first_byte_has_the_chosen_theme(self, cookie: str, attribute: str) -> None:
        client = client_of(make_user())
        client.cookies["sbea_theme"] = cookie
        html = client.get("/").content.decode()
        assert f'<html lang="en"{attribute}>' in html
