"""Pages for whoever is not inside: signing in, refusals, things that are not there."""

from __future__ import annotations

import pytest
from django.test import Client, override_settings
from django.urls import reverse

from tests.webapp.factories import PASSWORD, client_of, make_user

pytestmark = pytest.mark.django_db


def test_signing_in_with_email_and_password() -> None:
    user = make_user("ada")
    client = Client()
    shown = client.get(reverse("account_login"))
    assert b"come by invitation" in shown.content
    wrong = client.post(reverse("account_login"), {"login": user.email, "password": "not this one"})
    assert wrong.status_code == 200
    assert b'role="alert"' in wrong.content
    right = client.post(reverse("account_login"), {"login": user.email, "password": PASSWORD})
    assert right.status_code == 302
    assert client.get("/").status_code == 200


def test_account_pages_wear_the_house_clothes() -> None:
    client = client_of(make_user())
    for name in ("account_change_password", "account_logout", "account_reauthenticate"):
        html = client.get(reverse(name)).content.decode()
        assert 'class="bar"' in html, name
        assert 'class="btn primary"' in html, name


def test_an_address_that_is_nothing() -> None:
    response = client_of(make_user()).get("/no/such/address/")
    assert response.status_code == 404
    assert b"There is nothing here" in response.content


def test_a_form_without_its_token_is_refused_in_words() -> None:
    response = client_of(make_user()).post(reverse("account_logout"))
    assert response.status_code == 403
    assert b"out of date" in response.content


@override_settings(DEBUG=False)
def test_a_fault_shows_a_page_that_needs_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("secret of the inside")

    client = client_of(make_user())
    client.raise_request_exception = False
    monkeypatch.setattr("webapp.pages.views.render", broken)
    response = client.get("/")
    assert response.status_code == 500
    assert b"what was saved is safe" in response.content
    assert b"secret" not in response.content
