"""Folders and files as recordings with views: first shown, then done."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import override_settings

from tests.webapp.factories import client_of, make_project, owner_of, send
from webapp.jobs.models import Job
from webapp.projects.models import Project
from webapp.recordings.models import Recording

pytestmark = pytest.mark.django_db
STEMS = ("take3_top", "take3_side", "take4_top", "take4_side", "alone")


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    inside = tmp_path / "takes"
    inside.mkdir()
    for stem in STEMS:
        (inside / f"{stem}.mp4").write_bytes(b"x")
    with override_settings(SBEA_MEDIA_ROOTS=(inside,)):
        yield inside


@pytest.fixture
def project() -> Project:
    return make_project()


def post(project: Project, path: str, body: Any) -> Any:
    return send(
        client_of(owner_of(project)), "POST", f"/api/v1/projects/{project.pk}/recordings/{path}", body
    )


def asked(proposals: Any) -> dict[str, Any]:
    """The proposals as a page sends them back."""
    return {
        "recordings": [
            {
                "name": row["name"],
                "sources": [{"view": view["view"], "path": view["path"]} for view in row["views"]],
            }
            for row in proposals
        ]
    }


def test_a_folder_is_shown_and_then_registered_as_shown(project: Project, folder: Path) -> None:
    shown = post(project, "proposal", {"folder": str(folder)})
    assert shown.status_code == 200
    names = {row["name"]: [view["view"] for view in row["views"]] for row in shown.json()}
    assert names == {"take3": ["side", "top"], "take4": ["side", "top"], "alone": ["cam-1"]}
    assert not Recording.objects.exists()
    assert not Job.objects.exists()
    done = post(project, "groups", asked(shown.json()))
    assert done.status_code == 202
    assert [(row["name"], row["problem"]) for row in done.json()] == [
        (row["name"], None) for row in shown.json()
    ]
    kept = {row.name: [video.view for video in row.videos.all()] for row in project.recordings.all()}
    assert kept == names


def test_what_is_here_already_is_marked_and_names_stay_free(project: Project, folder: Path) -> None:
    post(project, "groups", asked(post(project, "proposal", {"folder": str(folder)}).json()))
    (folder / "take3_low.mp4").touch()
    shown = {row["name"]: row for row in post(project, "proposal", {"folder": str(folder)}).json()}
    assert set(shown) == {"take3 (2)", "take4 (2)", "alone (2)"}
    problems = {view["view"]: view["problem"] for view in shown["take3 (2)"]["views"]}
    assert problems == {
        "low": "The file is empty.",
        "side": "It is here already, as 'take3'.",
        "top": "It is here already, as 'take3'.",
    }


def test_chosen_files_are_one_recording(project: Project, folder: Path, tmp_path: Path) -> None:
    paths = [str(folder / "take3_top.mp4"), str(tmp_path / "take3_secret.mp4")]
    (only,) = post(project, "proposal", {"paths": paths}).json()
    assert (only["name"], [view["view"] for view in only["views"]]) == ("take3", ["top", "secret"])
    assert "under the server folders" in only["views"][1]["problem"]


def test_names_of_files_that_are_to_be_uploaded(project: Project) -> None:
    (only,) = post(project, "proposal", {"names": ["m_left.avi", "m_right.avi"]}).json()
    assert only == {
        "name": "m",
        "views": [
            {"view": "left", "path": "m_left.avi", "problem": None},
            {"view": "right", "path": "m_right.avi", "problem": None},
        ],
    }


@pytest.mark.parametrize(
    "body",
    [{}, {"names": ["a.mp4"], "paths": ["/a.mp4"]}, {"names": ["a.mp4", "a.mp4"]}, {"folder": "/etc"}],
)
def test_refusals(project: Project, folder: Path, body: Any) -> None:
    assert post(project, "proposal", body).status_code in {403, 422}


def test_what_was_shown_to_two_is_registered_once(project: Project, folder: Path) -> None:
    shown = post(project, "proposal", {"folder": str(folder)}).json()
    post(project, "groups", asked(shown))
    again = [{**row, "name": f"{row['name']} again"} for row in shown]
    problems = {row["name"]: row["problem"] for row in post(project, "groups", asked(again)).json()}
    assert problems == {f"{row['name']} again": f"It is here already, as {row['name']!r}." for row in shown}
    assert project.recordings.count() == 3


def test_one_that_is_refused_keeps_no_other_out(project: Project, folder: Path) -> None:
    body = asked(post(project, "proposal", {"folder": str(folder)}).json())
    body["recordings"][0]["sources"][0]["path"] = "/etc/passwd"
    body["recordings"][1]["name"] = "+x"
    first, second, third = post(project, "groups", body).json()
    assert "under the server folders" in first["problem"]
    assert "formula" in second["problem"]
    assert (first["recording"], second["recording"], third["problem"]) == (None, None, None)
    assert project.recordings.get().name == third["name"]
