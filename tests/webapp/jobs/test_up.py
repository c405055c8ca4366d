"""What `manage.py up` gives its web process."""

from __future__ import annotations

import pytest
from django.conf import settings

from webapp.jobs.management.commands.up import web_child


@pytest.mark.parametrize(("host", "name"), [("192.168.1.5", "192.168.1.5"), ("fd00::5", "[fd00::5]")])
def test_the_address_it_listens_on_is_allowed_whatever_else_is(
    monkeypatch: pytest.MonkeyPatch, host: str, name: str
) -> None:
    """It asks for the site's health there, and prints a link that begins with it."""
    monkeypatch.setenv("SBEA_ALLOWED_HOSTS", "studio.lab")
    allowed = web_child(host, 8000)._environment["SBEA_ALLOWED_HOSTS"].split(",")
    assert name in allowed
    assert set(settings.ALLOWED_HOSTS) <= set(allowed)
