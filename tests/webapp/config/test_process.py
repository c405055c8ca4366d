"""What the web process loads at start, and what it sends with every page."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from tests.webapp.factories import PASSWORD, make_user

ROOT = Path(__file__).resolve().parents[3]
HEAVY = ["torch", "cv2", "av", "sklearn", "tables", "pandas", "workers"]
PROBE = """
import json, sys
import webapp.config.asgi
from django.urls import get_resolver
assert get_resolver().url_patterns
print(json.dumps(sorted(set(sys.modules) & set(json.loads(sys.argv[1])))))
"""


HEALTH = """
import json, sys
import webapp.config.asgi
from django.test import Client
print(json.dumps([Client().get("/healthz", headers={"host": host}).status_code for host in sys.argv[1:]]))
"""


def run(program: str, *arguments: str, settings: str, data_root: Path, **environment: str) -> Any:
    """The JSON that a fresh process prints last, with the product's own settings."""
    variables = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": f"webapp.config.settings.{settings}",
        "SBEA_DATA_ROOT": str(data_root),
        "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none",
        "REDIS_URL": "redis://127.0.0.1:1/0",
        **environment,
    }
    command = [sys.executable, "-c", program, *arguments]
    done = subprocess.run(command, cwd=ROOT, env=variables, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize("settings", ["embedded", "server"])
def test_the_web_process_loads_nothing_heavy(settings: str, tmp_path: Path) -> None:
    assert run(PROBE, json.dumps(HEAVY), settings=settings, data_root=tmp_path) == []


def test_the_machine_itself_is_answered_whatever_hosts_are_allowed(tmp_path: Path) -> None:
    """The health check and the sign-in link of `manage.py up` come by these names."""
    hosts = ["studio.lab", "127.0.0.1:8000", "localhost", "[::1]:8000", "evil.example"]
    answers = run(HEALTH, *hosts, settings="embedded", data_root=tmp_path, SBEA_ALLOWED_HOSTS="studio.lab")
    assert answers == [200, 200, 200, 200, 400]


def test_nobody_else_on_the_machine_can_read_the_data(tmp_path: Path) -> None:
    root = tmp_path / "var"
    run(HEALTH, settings="embedded", data_root=root)
    assert stat.S_IMODE(root.stat().st_mode) == 0o700


def test_kept_connections_are_asked_whether_they_still_live(tmp_path: Path) -> None:
    """The setting; `test_handler.py` breaks one."""
    program = (
        "import json; from webapp.config.settings import server;"
        "database = server.DATABASES['default'];"
        "print(json.dumps([database['CONN_MAX_AGE'] > 0, database['CONN_HEALTH_CHECKS']]))"
    )
    assert run(program, settings="server", data_root=tmp_path) == [True, True]


@pytest.mark.django_db
class TestHeaders:
    def test_no_foreign_and_no_inline_script_can_run(self) -> None:
        policy = Client().get("/sign-in/login/")["Content-Security-Policy"]
        parts = dict(part.strip().split(" ", 1) for part in policy.split(";"))
        assert parts["script-src"] == "'self'"
        assert parts["object-src"] == parts["frame-ancestors"] == "'none'"
        assert "unsafe-eval" not in policy
        assert "blob:" in parts["worker-src"]

    def test_types_are_not_guessed_and_pages_not_framed(self) -> None:
        answer = Client().get("/sign-in/login/")
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert answer["X-Frame-Options"] == "DENY"

    def test_the_session_cookie_is_out_of_reach_of_scripts(self) -> None:
        client = Client()
        client.post("/sign-in/login/", {"login": make_user().email, "password": PASSWORD})
        cookie = client.cookies["sessionid"]
        assert cookie["httponly"] is True
        assert cookie["samesite"] == "Lax"

    def test_a_foreign_host_name_is_refused(self) -> None:
        assert Client().get("/healthz", headers={"host": "evil.example"}).status_code == 400
