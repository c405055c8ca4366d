"""`manage.py up` as a person uses it, with its processes killed under it."""

from __future__ import annotations

import http.cookiejar
import json
import re
import signal
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import psutil
import pytest

from tests.workers.studio import PATIENCE_S, Studio, kill, wait_for

pytestmark = [pytest.mark.slow, pytest.mark.timeout(500)]
LINK = re.compile(r"http://127\.0\.0\.1:\d+/link/\S+/")


class Browser:
    """A session over real HTTP."""

    def __init__(self, base: str) -> None:
        self.base = base
        self._jar = http.cookiejar.CookieJar()
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self._jar))

    def open(self, path: str, *, form: dict[str, str] | None = None, body: Any = None) -> bytes:
        """GET, or POST of a form or of JSON, with the CSRF token of the cookie."""
        url = path if path.startswith("http") else self.base + path
        request = urllib.request.Request(url)
        token = next((c.value or "" for c in self._jar if c.name == "csrftoken"), "")
        if form is not None:
            request.data = urllib.parse.urlencode({**form, "csrfmiddlewaretoken": token}).encode()
        elif body is not None:
            request.data = json.dumps(body).encode()
            request.add_header("Content-Type", "application/json")
            request.add_header("X-CSRFToken", token)
        with self._opener.open(request, timeout=30) as answer:
            content: bytes = answer.read()
            return content


@pytest.fixture
def output(tmp_path: Path) -> Path:
    return tmp_path / "up.log"


@pytest.fixture
def browser(studio: Studio, output: Path) -> Iterator[Browser]:
    """The administrator, signed in by the link that `up` printed."""
    up = studio.start_up(output=output)
    printed = wait_for(lambda: LINK.search(output.read_text()) or up.poll(), "the sign-in link")
    assert isinstance(printed, re.Match), output.read_text()
    browser = Browser(f"http://127.0.0.1:{studio.port}")
    assert b"admin@localhost" in browser.open(printed.group())
    browser.open(printed.group(), form={})
    yield browser
    up.send_signal(signal.SIGINT)
    assert up.wait(60) == 0


def child(studio: Studio, program: str) -> psutil.Process | None:
    """The process that `up` runs for this studio."""
    for process in psutil.Process().children(recursive=True):
        try:
            words = process.cmdline()
            if program in words and process.environ().get("SBEA_DATA_ROOT") == str(studio.folder):
                return process
        except psutil.Error:
            continue
    return None


def is_up(browser: Browser) -> bool:
    try:
        return browser.open("/healthz") == b"ok\n"
    except (urllib.error.URLError, OSError):
        return False


@pytest.mark.parametrize("studio", ["embedded"], indirect=True)
class TestUp:
    def test_signs_in_and_leaves_no_process_behind(self, studio: Studio, browser: Browser) -> None:
        assert json.loads(browser.open("/api/v1/me"))["is_admin"] is True
        children = [child(studio, "uvicorn"), child(studio, "celery")]
        assert all(children)
        supervisor = studio._started[0]
        supervisor.send_signal(signal.SIGINT)
        assert supervisor.wait(60) == 0
        assert not any(process.is_running() for process in children if process)

    def test_a_killed_worker_is_replaced_and_its_job_goes_on(self, studio: Studio, browser: Browser) -> None:
        job = studio.ask("start", steps=60, step_s=0.1)
        wait_for(lambda: len(studio.trace(job)) > 10, "ten steps")
        worker = child(studio, "celery")
        assert worker is not None
        worker.kill()
        row = wait_for(lambda: _done(studio, job), "the end of the job")
        assert (row["state"], row["states"].count("done")) == ("done", 1)
        resumed = [step for attempt, step in studio.trace(job) if attempt == row["attempt"]]
        assert resumed[0] >= 10

    def test_no_acknowledged_label_is_lost_when_the_web_process_is_killed(
        self, studio: Studio, browser: Browser
    ) -> None:
        where = studio.ask("video")
        acknowledged: dict[int, float] = {}
        for frame in range(60):
            if frame == 30:
                web = child(studio, "uvicorn")
                assert web is not None
                web.kill()
            try:
                browser.open(f"/api/v1/videos/{where['video']}/operations", body=_place(where, frame))
                acknowledged[frame] = float(frame)
            except (urllib.error.URLError, OSError):
                wait_for(lambda: is_up(browser), "the web process's return")
        assert len(acknowledged) > 30
        labels = json.loads(browser.open(f"/api/v1/videos/{where['video']}/labels"))
        stored = {row["frame_index"]: row["keypoints"][0]["x"] for row in labels}
        assert {frame: stored.get(frame) for frame in acknowledged} == acknowledged

    def test_a_second_one_on_the_same_folder_refuses(
        self, studio: Studio, browser: Browser, tmp_path: Path
    ) -> None:
        second = studio.start("manage.py", "up", "--port", "0", output=tmp_path / "second.log")
        assert second.wait(PATIENCE_S) == 1
        assert "already runs on" in (tmp_path / "second.log").read_text()
        assert is_up(browser)


@pytest.mark.parametrize("studio", ["embedded"], indirect=True)
def test_nothing_survives_a_killed_supervisor(studio: Studio, output: Path) -> None:
    up = studio.start_up(output=output)
    wait_for(lambda: LINK.search(output.read_text()), "the sign-in link")
    children = [child(studio, "uvicorn"), child(studio, "celery")]
    assert all(children)
    kill(up)
    wait_for(lambda: not any(p.is_running() for p in children if p), "the end of the children")


def _done(studio: Studio, job: str) -> dict[str, Any] | None:
    row: dict[str, Any] = studio.ask("look", job=job)
    return row if row["state"] in {"done", "failed"} else None


def _place(where: dict[str, int], frame: int) -> dict[str, Any]:
    change = {"x": float(frame), "y": 5.0, "visibility": "visible"}
    target = {"frame_index": frame, "animal_id": where["animal"], "keypoint": 0}
    return {"operations": [{"uuid": str(uuid4()), "base_rev": 0, "change": change, **target}]}
