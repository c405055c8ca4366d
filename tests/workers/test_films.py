"""From a person's choice to a labelled video that is downloaded."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sbea_engine.video.reader import open_frames
from tests.fixtures.barcode import read_barcode
from tests.webapp.factories import MOUSE, add_member, client_of, make_project, owner_of, send
from tests.webapp.recordings.factories import make_video
from tests.workers.project_rows import finish, predicted_poses
from webapp.accounts.models import Role
from webapp.jobs.models import Job
from webapp.recordings import storage
from webapp.recordings.models import Video
from webapp.results.films import FilmRequest, film_start
from webapp.results.models import ExportFile, PoseResult
from workers.films import make_film

pytestmark = pytest.mark.django_db(transaction=True)

FRAMES = 20
AT = (160.0, 88.0)


@pytest.fixture
def video() -> Video:
    return make_video(make_project(), frames=FRAMES, name="open field")


@pytest.fixture
def result(video: Video) -> PoseResult:
    """Predictions of one animal whose keypoints all lie at one place."""
    return predicted_poses(video, np.broadcast_to(np.array(AT), (FRAMES, len(MOUSE), 2)))


def ask(result: PoseResult, **choice: Any) -> Any:
    client = client_of(owner_of(result.project))
    return send(client, "POST", f"/api/v1/results/{result.pk}/film", choice)


def test_a_film_is_made_and_downloaded(result: PoseResult, tmp_path: Path) -> None:
    animal = result.project.animals.get()
    animal.colour = "#0072b2"
    animal.save()
    answer = ask(result, first_frame=4, last_frame=9, trail_frames=3)
    assert answer.status_code == 202, answer.json()
    job = finish(make_film, Job.objects.get(pk=answer.json()["id"]))
    assert job.error is None
    assert job.result is not None
    assert (job.result["frame_count"], job.result["frames_without_poses"]) == (6, 0)

    viewer = client_of(add_member(result.project, Role.VIEWER))
    (listed,) = viewer.get(f"/api/v1/projects/{result.project_id}/exports").json()
    assert (listed["kind"], listed["filename"]) == (
        "labelled_video", "open-field-frames-4-9-m-labelled.mp4",
    )  # fmt: skip
    download = viewer.get(listed["download_url"])
    assert download["Content-Type"] == "video/mp4"
    assert listed["filename"] in download["Content-Disposition"]
    file = tmp_path / "film.mp4"
    file.write_bytes(b"".join(download) if download.streaming else download.content)
    with open_frames(file) as reader:
        pictures = [rgb for _, rgb in reader.iterate()]
    assert [read_barcode(rgb) for rgb in pictures] == [4, 5, 6, 7, 8, 9]
    for rgb in pictures:  # the colour that the studio gives the animal
        red, green, blue = rgb[round(AT[1]), round(AT[0])].astype(int)
        assert blue > green + 20 > red + 40


def test_what_an_attempt_that_was_killed_left_is_no_hindrance(result: PoseResult) -> None:
    job = film_start(result=result, request=request(), by=owner_of(result.project))
    left = storage.job_folder(job.pk) / "film" / "open-field-m-labelled.mp4"
    left.parent.mkdir(parents=True)
    left.write_bytes(b"half")
    assert finish(make_film, job).error is None
    assert ExportFile.objects.get(job=job).size_bytes > 1000


def request(**choice: Any) -> FilmRequest:
    plain = FilmRequest(
        min_confidence=0.5,
        doubtful="hide",
        trail_frames=0,
        first_frame=0,
        last_frame=None,
        frame_numbers=False,
    )
    return FilmRequest(**{**{name: getattr(plain, name) for name in plain.__slots__}, **choice})


@pytest.mark.parametrize(
    "choice",
    [
        {"first_frame": FRAMES},
        {"last_frame": FRAMES},
        {"first_frame": 5, "last_frame": 4},
    ],
)
def test_frames_that_are_not_there(result: PoseResult, choice: dict[str, int]) -> None:
    answer = ask(result, **choice)
    assert (answer.status_code, answer.json()["code"]) == (422, "bad_export")
    assert "0 to 19" in answer.json()["detail"]
    assert not Job.objects.exists()


@pytest.mark.parametrize("state", [PoseResult.State.RUNNING, PoseResult.State.FAILED])
def test_not_before_the_predictions_are_complete(result: PoseResult, state: str) -> None:
    PoseResult.objects.update(state=state)
    answer = ask(result)
    assert (answer.status_code, answer.json()["code"]) == (422, "bad_export")


def test_one_at_a_time_of_each_result(result: PoseResult) -> None:
    assert ask(result).status_code == 202
    again = ask(result, first_frame=3)
    assert (again.status_code, again.json()["code"]) == (409, "job_already_active")


def test_predictions_stay_while_they_are_drawn(result: PoseResult) -> None:
    assert ask(result).status_code == 202
    client = client_of(owner_of(result.project))
    refused = send(client, "DELETE", f"/api/v1/results/{result.pk}")
    assert (refused.status_code, refused.json()["code"]) == (409, "result_in_use")


def test_a_file_that_is_gone_is_told_of_without_its_folder(result: PoseResult) -> None:
    job = film_start(result=result, request=request(), by=owner_of(result.project))
    storage.remove_tree(storage.stored_path(result.video.source_path))
    ended = finish(make_film, job)
    assert ended.state == "failed"
    assert ended.error is not None
    assert "Upload it again" in ended.error["message"]
    assert not ExportFile.objects.exists()
