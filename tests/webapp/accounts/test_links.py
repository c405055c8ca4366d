"""One-time links: single use, expiry, and pages that a link preview may open."""

from __future__ import annotations

import re
from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from allauth.mfa.totp.internal.auth import (
    TOTP,
    format_hotp_value,
    generate_totp_secret,
    hotp_value,
    yield_hotp_counters_from_time,
)
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from tests.webapp.factories import PASSWORD, make_project, make_user, owner_of
from webapp.accounts.errors import BadPassword, LinkNotUsable
from webapp.accounts.links import NewLink, first_admin_link, link_create, link_find, link_use
from webapp.accounts.models import Role, SignInLink, User
from webapp.accounts.services import member_invite

pytestmark = pytest.mark.django_db


def totp_code(secret: str) -> str:
    """What the person's device shows now."""
    return str(format_hotp_value(hotp_value(secret, next(yield_hotp_counters_from_time()))))


def sign_in_link_of(user: User) -> NewLink:
    return link_create(user=user, purpose=SignInLink.Purpose.SIGN_IN, by=None)


class TestLinks:
    def test_only_the_hash_is_kept(self) -> None:
        new = sign_in_link_of(make_user())
        assert new.token not in str(SignInLink.objects.values().get())

    def test_works_once(self) -> None:
        user = make_user()
        new = sign_in_link_of(user)
        assert link_find(new.token).user == user
        assert link_use(token=new.token) == user
        with pytest.raises(LinkNotUsable):
            link_use(token=new.token)

    def test_ends_with_its_time(self) -> None:
        new = sign_in_link_of(make_user())
        SignInLink.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
        with pytest.raises(LinkNotUsable):
            link_find(new.token)

    def test_ends_with_its_person(self) -> None:
        new = sign_in_link_of(make_user(is_active=False))
        with pytest.raises(LinkNotUsable):
            link_use(token=new.token)

    def test_a_weak_password_does_not_use_it_up(self) -> None:
        new = sign_in_link_of(make_user())
        with pytest.raises(BadPassword):
            link_use(token=new.token, password="password")
        assert link_use(token=new.token, password="a much better phrase")

    def test_the_first_administrator_is_made_once(self) -> None:
        first, second = first_admin_link(), first_admin_link()
        assert first.link.purpose == SignInLink.Purpose.FIRST_ADMIN
        assert second.link.user == first.link.user
        admin = User.objects.get()
        assert admin.is_superuser
        assert not admin.has_usable_password()


class TestPage:
    def test_opening_it_signs_nobody_in_and_uses_nothing_up(self) -> None:
        new = sign_in_link_of(make_user())
        for _ in range(3):
            client = Client()
            page = client.get(new.path)
            assert page.status_code == 200
            assert "no-store" in page["Cache-Control"]
            assert "_auth_user_id" not in client.session
        assert link_find(new.token)

    def test_confirming_signs_in_once(self) -> None:
        user = make_user()
        new = sign_in_link_of(user)
        client = Client()
        assert client.post(new.path)["Location"] == "/"
        assert client.session["_auth_user_id"] == str(user.pk)
        again = Client()
        assert again.post(new.path).status_code == 410
        assert "_auth_user_id" not in again.session

    def test_confirming_needs_the_csrf_token(self) -> None:
        new = sign_in_link_of(make_user())
        assert Client(enforce_csrf_checks=True).post(new.path).status_code == 403
        assert link_find(new.token)

    def test_the_invited_choose_a_password(self) -> None:
        project = make_project()
        invited = member_invite(project=project, email="new@lab.org", role=Role.VIEWER, by=owner_of(project))
        assert invited.new_link is not None
        client, path = Client(), invited.new_link.path
        assert b'name="password"' in client.get(path).content
        assert client.post(path, {"name": "New"}).status_code == 422
        assert client.post(path, {"name": "New", "password": "short"}).status_code == 422
        assert client.post(path, {"name": "New", "password": PASSWORD}).status_code == 302
        assert Client().login(email="new@lab.org", password=PASSWORD)

    def test_an_invented_link_says_what_to_do(self) -> None:
        page = Client().get("/link/invented/")
        assert page.status_code == 410
        assert b"Ask for a new one" in page.content


class TestCommand:
    def test_prints_a_link_that_signs_the_administrator_in(self) -> None:
        out = StringIO()
        call_command("first_link", "--base-url", "http://studio.lab:9000/", stdout=out)
        found = re.fullmatch(r"http://studio\.lab:9000(/link/\S+/)\n", out.getvalue())
        assert found
        client = Client()
        assert client.post(found.group(1)).status_code == 302
        assert client.get("/api/v1/me").json()["is_admin"] is True

    def test_helps_somebody_who_lost_the_password(self) -> None:
        person = make_user()
        out = StringIO()
        call_command("first_link", "--email", person.email.upper(), stdout=out)
        assert SignInLink.objects.get().user == person
        with pytest.raises(CommandError, match="Nobody here"):
            call_command("first_link", "--email", "no@lab.org")


class TestSignIn:
    @pytest.mark.parametrize(
        "path",
        ["signup/", "email/", "confirm-email/", "confirm-email/x/", "password/reset/", "login/code/confirm/"],
    )
    def test_no_other_way_to_an_account_or_an_address_is_open(self, path: str) -> None:
        """People are known by address, and nobody checks one by mail."""
        client = Client()
        client.force_login(make_user())
        form = {"email": "boss@lab.org", "action_add": "", "action_primary": ""}
        assert client.get(f"/sign-in/{path}").status_code == 404
        assert client.post(f"/sign-in/{path}", form).status_code == 404

    def test_a_password_can_be_set_and_changed(self) -> None:
        user = make_user()
        user.set_unusable_password()
        user.save()
        client = Client()
        client.force_login(user)
        assert client.get("/sign-in/password/change/")["Location"] == "/sign-in/password/set/"
        client.post("/sign-in/password/set/", {"password1": PASSWORD, "password2": PASSWORD})
        change = {"oldpassword": PASSWORD, "password1": f"{PASSWORD} 2", "password2": f"{PASSWORD} 2"}
        client.post("/sign-in/password/change/", change)
        assert Client().login(email=user.email, password=f"{PASSWORD} 2")

    @pytest.fixture(autouse=True)
    def _nobody_has_guessed_yet(self) -> None:
        cache.clear()

    def test_by_email_and_password(self) -> None:
        user = make_user()
        client = Client()
        answer = client.post("/sign-in/login/", {"login": user.email.upper(), "password": PASSWORD})
        assert (answer.status_code, answer["Location"]) == (302, "/")

    def test_guessing_is_slowed_down(self) -> None:
        user = make_user()
        client = Client()
        for _ in range(6):
            client.post("/sign-in/login/", {"login": user.email, "password": "wrong"})
        answer = client.post("/sign-in/login/", {"login": user.email, "password": PASSWORD})
        assert answer.status_code == 200
        assert "_auth_user_id" not in client.session

    def test_a_second_factor_can_be_set_up(self) -> None:
        client = Client()
        client.post("/sign-in/login/", {"login": make_user().email, "password": PASSWORD})
        assert client.get("/sign-in/2fa/").status_code == 200
        asked = client.get("/sign-in/2fa/totp/activate/")
        client.post(asked["Location"], {"password": PASSWORD})
        secret = client.get("/sign-in/2fa/totp/activate/").context["form"].secret
        client.post("/sign-in/2fa/totp/activate/", {"code": totp_code(secret)})
        assert client.get("/sign-in/2fa/recovery-codes/").status_code == 200

    def test_the_second_factor_is_then_asked_for(self) -> None:
        user = make_user()
        secret = generate_totp_secret()
        TOTP.activate(user, secret)
        client = Client()
        asked = client.post("/sign-in/login/", {"login": user.email, "password": PASSWORD})
        assert asked["Location"].startswith("/sign-in/2fa/authenticate/")
        assert "_auth_user_id" not in client.session
        client.post("/sign-in/2fa/authenticate/", {"code": totp_code(secret)})
        assert client.session["_auth_user_id"] == str(user.pk)


def test_templates_hold_no_inline_script() -> None:
    folder = Path(__file__).resolve().parents[3] / "webapp" / "accounts" / "templates"
    for template in folder.rglob("*.html"):
        assert not re.search(r"<script|\son\w+=", template.read_text()), template
