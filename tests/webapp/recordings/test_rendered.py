"""A rendered recording's folder comes in whole: views, sync and calibration."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import override_settings

from tests.webapp.factories import client_of, make_project, owner_of, send
from tests.webapp.recordings.factories import make_rig
from webapp.jobs.models import Job
from webapp.projects.models import Project
from webapp.recordings.models import Calibration, Recording, Video
from webapp.recordings.rendered import read_rendered
from webapp.recordings.roots import browse

pytestmark = pytest.mark.django_db
SYNC = {"ticks": 12, "views": {"top": [[0, 0, 12]], "side": [[2, 0, 4], [7, 4, 5]]}}


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    inside = tmp_path / "data" / "dyad"
    inside.mkdir(parents=True)
    for name in ("top", "side"):
        (inside / f"{name}.mp4").write_bytes(b"x")
    describe(inside)
    with override_settings(SBEA_MEDIA_ROOTS=(tmp_path / "data",)):
        yield inside


def describe(folder: Path, **changes: Any) -> None:
    document = {
        "format": "sbea-recording/1",
        "fps": 30.0,
        "frame_count": 12,
        "cameras": make_rig("top", "side").to_dict()["cameras"],
        "sync": SYNC,
        **changes,
    }
    known = {key: value for key, value in document.items() if value is not None}
    (folder / "recording.json").write_text(json.dumps(known))


@pytest.fixture
def project() -> Project:
    return make_project()


def register(project: Project, folder: Path, **more: str) -> Any:
    url = f"/api/v1/projects/{project.pk}/recordings/rendered"
    return send(client_of(owner_of(project)), "POST", url, {"path": str(folder), **more})


def detail(project: Project) -> Any:
    recording = project.recordings.get()
    return send(client_of(owner_of(project)), "GET", f"/api/v1/recordings/{recording.pk}").json()


def test_views_sync_and_calibration_at_once(project: Project, folder: Path) -> None:
    answer = register(project, folder)
    assert (answer.status_code, answer.json()["missing"]) == (202, [])
    assert len(answer.json()["job_ids"]) == 2
    found = detail(project)
    assert found["name"] == "dyad"
    assert [view["view"] for view in found["views"]] == ["top", "side"]
    assert (found["sync_source"], found["sync"]) == ("table", SYNC)
    assert [row["fit"] for row in found["calibration"]["views"]] == ["unchecked", "unchecked"]
    calibration = Calibration.objects.get()
    assert (calibration.name, calibration.source_kind) == ("dyad", "rendered")
    assert calibration.cameras == make_rig("top", "side").to_dict()
    listed = send(client_of(owner_of(project)), "GET", f"/api/v1/projects/{project.pk}/calibrations")
    assert listed.json()[0]["source_name"] == "dyad/recording.json"
    assert str(folder.parent) not in listed.content.decode(), "members learn no path of the server"


def test_without_a_table_the_views_start_together(project: Project, folder: Path) -> None:
    describe(folder, sync=None)
    register(project, folder)
    assert detail(project)["sync_source"] == "aligned"


def test_each_video_is_held_against_the_table_once_it_is_read(project: Project, folder: Path) -> None:
    register(project, folder)
    ready = {"state": Video.State.READY, "proxy_version": "0123abcd"}
    Video.objects.filter(view="top").update(frame_count=12, **ready)
    Video.objects.filter(view="side").update(frame_count=8, **ready)
    found = detail(project)
    top, side = found["views"]
    assert top["sync_problem"] is None
    assert "has 8 frames, but the sync table shows its frame 8 at tick 11" in side["sync_problem"]
    assert found["sync"]["views"] == {"top": [[0, 0, 12]], "side": []}


def test_a_video_that_is_missing_keeps_no_other_out(project: Project, folder: Path) -> None:
    (folder / "side.mp4").unlink()
    assert register(project, folder).json()["missing"] == ["side"]
    found = detail(project)
    assert found["calibration"]["without_view"] == ["side"]
    assert found["sync"] == {"ticks": 12, "views": {"top": SYNC["views"]["top"]}}  # type: ignore[index]


def test_takes_of_one_rig_share_a_calibration(project: Project, folder: Path) -> None:
    other = folder.parent / "second"
    other.mkdir()
    (other / "top.mp4").write_bytes(b"x")
    describe(other)
    register(project, folder)
    register(project, other, name="another take")
    assert Calibration.objects.count() == 1
    assert set(project.recordings.values_list("name", "calibration__name")) == {
        ("dyad", "dyad"),
        ("another take", "dyad"),
    }


def test_the_same_folder_is_not_taken_twice(project: Project, folder: Path) -> None:
    register(project, folder)
    assert "It is here already, as 'dyad'" in register(project, folder).json()["detail"]
    assert Recording.objects.count() == 1


@pytest.mark.parametrize(
    ("changes", "code", "words"),
    [
        ({"format": "sbea-recording/2"}, "bad_recording", "not of format sbea-recording/1"),
        ({"cameras": {}}, "bad_calibration", "recording.json: cameras"),
        ({"cameras": make_rig("../top").to_dict()["cameras"]}, "bad_recording", "another folder"),
        ({"cameras": make_rig("low").to_dict()["cameras"]}, "bad_recording", "none of the videos is there"),
        ({"cameras": make_rig("é" * 80).to_dict()["cameras"]}, "bad_recording", "none of the videos"),
        ({"cameras": make_rig("x" * 81).to_dict()["cameras"]}, "bad_calibration", "1 to 80 characters"),
        ({"sync": 3}, "bad_recording", "'sync' must be a table"),
        ({"sync": {"ticks": 3, "views": {"top": [[0, 0, 4]]}}}, "bad_sync", "leaves 0..2"),
        ({"sync": {"ticks": 3, "views": {"low": [[0, 0, 3]]}}}, "bad_sync", "one or more views"),
    ],
)
def test_a_damaged_description_leaves_nothing(
    project: Project, folder: Path, changes: Any, code: str, words: str
) -> None:
    describe(folder, **changes)
    answer = register(project, folder)
    assert (answer.status_code, answer.json()["code"]) == (422, code), answer.content
    assert words in answer.json()["detail"]
    assert [kind.objects.count() for kind in (Recording, Calibration, Job)] == [0, 0, 0]


@pytest.mark.parametrize("ticks", ["1e999", "9" * 5000, "9" * 400, "NaN"])
def test_a_clock_that_is_no_number_is_refused(project: Project, folder: Path, ticks: str) -> None:
    text = (folder / "recording.json").read_text().replace('"ticks": 12', f'"ticks": {ticks}')
    (folder / "recording.json").write_text(text)
    answer = register(project, folder)
    assert answer.status_code == 422, answer.content
    assert answer.json()["code"] in {"bad_sync", "bad_recording"}
    assert not Recording.objects.exists()


def test_a_link_that_leads_out_tells_nothing(project: Project, folder: Path, tmp_path: Path) -> None:
    (folder / "side.mp4").unlink()
    answers = []
    for content in (None, b"", b"x"):  # not there, empty, there
        (tmp_path / "secret.mp4").unlink(missing_ok=True)
        if content is not None:
            (tmp_path / "secret.mp4").write_bytes(content)
        (folder / "side.mp4").unlink(missing_ok=True)
        (folder / "side.mp4").symlink_to(tmp_path / "secret.mp4")
        answers.append(register(project, folder).json()["missing"])
        project.recordings.all().delete()
    assert answers == [["side"]] * 3


def test_no_description_or_none_that_may_be_read(project: Project, folder: Path, tmp_path: Path) -> None:
    (folder / "recording.json").unlink()
    assert "no rendered recording" in register(project, folder).json()["detail"]
    os.mkfifo(folder / "recording.json")
    assert "no rendered recording" in register(project, folder).json()["detail"], "a pipe is not opened"
    (folder / "recording.json").unlink()
    describe(tmp_path)
    (folder / "recording.json").symlink_to(tmp_path / "recording.json")
    assert register(project, folder).json()["code"] == "path_not_allowed"
    assert register(project, tmp_path).json()["code"] == "path_not_allowed"


def test_a_folder_listing_knows_it(folder: Path) -> None:
    (entry,) = browse(str(folder.parent))
    assert (entry.looks_like, entry.holds_videos) == ("rendered", True)
    describe(folder, format="another tool's")
    (entry,) = browse(str(folder.parent))
    assert entry.looks_like is None


def test_a_folder_of_truth_without_videos_is_not_offered(folder: Path) -> None:
    for name in ("top", "side"):
        (folder / f"{name}.mp4").unlink()
    describe(folder, cameras=[])
    (entry,) = browse(str(folder.parent))
    assert entry.looks_like is None


@pytest.mark.slow
def test_what_the_renderer_writes_is_read(tmp_path: Path) -> None:
    from sbea_engine.synth import load_recipe, render_recording

    recipe = load_recipe("solo")
    files = render_recording(recipe, cameras=2, frames=4, labels=0, seed=1, out=tmp_path / "out")
    found = read_rendered(tmp_path / "out")
    assert {name: found.video(name) for name in found.cameras.names} == files.videos
