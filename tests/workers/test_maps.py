"""From a person's choice to a map of poses that can be looked at, and that goes when it should."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from sbea_engine.io.poses_store import open_poses, write_poses
from tests.webapp.factories import MOUSE, add_member, client_of, make_project, owner_of, send
from tests.webapp.recordings.factories import make_video
from tests.workers.project_rows import finish, predicted_poses
from webapp.accounts.models import Role
from webapp.jobs.models import Job
from webapp.recordings import storage
from webapp.results.models import PoseMap, PoseResult
from workers.maps import make_map

pytestmark = pytest.mark.django_db(transaction=True)

FRAMES = 24
STRAIGHT = np.array([[40.0, 0.0], [28.0, -10.0], [28.0, 10.0], [-40.0, 0.0]])
SHORT = STRAIGHT * (0.5, 1.0)


def spinning() -> NDArray[np.float64]:
    """A mouse that is long for the first half and short for the second, and turns all the while."""
    poses = []
    for frame in range(FRAMES):
        cos, sin = np.cos(frame), np.sin(frame)
        body = STRAIGHT if frame < FRAMES // 2 else SHORT
        poses.append(body @ np.array([[cos, sin], [-sin, cos]]) + (96, 56))
    return np.array(poses)


@pytest.fixture
def result() -> PoseResult:
    assert MOUSE.heading == ("tail base", "nose")
    return predicted_poses(make_video(make_project(), frames=FRAMES), spinning())


def ask(result: PoseResult, **choice: Any) -> Any:
    client = client_of(owner_of(result.project))
    return send(client, "POST", f"/api/v1/results/{result.pk}/maps", choice)


def mapped(result: PoseResult, **choice: Any) -> Job:
    answer = ask(result, **choice)
    assert answer.status_code == 202, answer.content
    return finish(make_map, Job.objects.get(pk=answer.json()["id"]))


def test_a_map_is_made_and_looked_at(result: PoseResult) -> None:
    job = mapped(result, clusters=2, colour_by=["distance:nose,tail base", "speed"])
    assert job.error is None
    viewer = client_of(add_member(result.project, Role.VIEWER))
    (listed,) = viewer.get(f"/api/v1/projects/{result.project_id}/maps").json()
    assert (listed["poses"], listed["cluster_sizes"], listed["result_id"]) == (24, [12, 12], result.pk)
    points = viewer.get(f"/api/v1/maps/{listed['id']}/points").json()
    assert points["frame"] == list(range(FRAMES))
    assert points["individual"] == ["animal 1"] * FRAMES
    halves = [set(points["cluster"][:12]), set(points["cluster"][12:])]
    assert sorted(map(len, halves)) == [1, 1]
    assert halves[0] != halves[1]
    length, speed = points["numbers"]
    assert (length["name"], length["unit"]) == ("distance:nose,tail base", "px")
    assert length["values"] == pytest.approx([80] * 12 + [40] * 12, abs=0.01)
    assert speed["unit"] == "px/s"
    assert speed["values"][0] is None  # nothing comes before the first frame
    picture = viewer.get(listed["montage_url"])
    assert picture["Content-Type"] == "image/png"
    table = viewer.get(listed["table_url"])
    assert table["Content-Disposition"].startswith("attachment")


def test_a_map_of_a_model_that_does_not_tell_animals_apart_says_so(result: PoseResult) -> None:
    folder = storage.stored_path(result.folder)
    poses = open_poses(folder).window()
    storage.remove_tree(folder)
    write_poses(
        replace(
            poses,
            individuals=("animal 1", "animal 2"),
            points_px=poses.points_px.repeat(2, axis=1),
            confidence=poses.confidence.repeat(2, axis=1),
            provenance={"individuals_are_places": True},
        ),
        folder,
    )
    mapped(result, clusters=2)
    (listed,) = client_of(owner_of(result.project)).get(f"/api/v1/projects/{result.project_id}/maps").json()
    assert [w for w in listed["warnings"] if "does not tell individuals apart" in w]


def test_other_files_of_the_server_stay_closed(result: PoseResult) -> None:
    mapped(result, clusters=2)
    found = PoseMap.objects.get()
    (storage.stored_path(found.folder) / "secret.png").write_bytes(b"x")
    client = client_of(owner_of(result.project))
    for name in ("secret.png", "..", "%2e%2e%2fmap.csv", "map-none.png"):
        assert client.get(f"/media/maps/{found.pk}/{name}").status_code == 404
    stranger = client_of(owner_of(make_project(name="Another")))
    assert stranger.get(f"/media/maps/{found.pk}/montage.png").status_code == 404


def test_a_keypoint_that_is_not_there_is_named(result: PoseResult) -> None:
    job = mapped(result, colour_by=["speed:left knee"])
    assert job.state == "failed"
    assert job.error is not None
    assert "no keypoint 'left knee'" in job.error["message"]
    assert not PoseMap.objects.exists()


def test_poses_that_cannot_be_mapped() -> None:
    video = make_video(make_project(), frames=FRAMES)
    job = mapped(predicted_poses(video, np.broadcast_to(STRAIGHT + 60, (FRAMES, 4, 2))))
    assert job.error is not None
    assert "All 24 poses are the same" in job.error["message"]


def test_not_before_the_predictions_are_complete(result: PoseResult) -> None:
    PoseResult.objects.update(state=PoseResult.State.RUNNING)
    answer = ask(result)
    assert (answer.status_code, answer.json()["code"]) == (422, "bad_map")


def test_files_go_with_the_map_and_with_its_result(result: PoseResult) -> None:
    mapped(result, clusters=2)
    mapped(result, clusters=3)
    three, two = PoseMap.objects.all()
    client = client_of(owner_of(result.project))
    assert send(client, "DELETE", f"/api/v1/maps/{two.pk}").status_code == 204
    assert not storage.stored_path(two.folder).exists()
    assert storage.stored_path(three.folder).exists()
    assert send(client, "DELETE", f"/api/v1/results/{result.pk}").status_code == 204
    assert not storage.stored_path(three.folder).exists()
    assert not PoseMap.objects.exists()


def test_a_damaged_table_is_told(result: PoseResult) -> None:
    mapped(result, clusters=2)
    found = PoseMap.objects.get()
    table = storage.stored_path(found.folder) / "map.csv"
    table.write_text(table.read_text().replace(",1\n", ",nan\n").replace("animal 1,", "animal 1,nan"))
    answer = client_of(owner_of(result.project)).get(f"/api/v1/maps/{found.pk}/points")
    assert (answer.status_code, answer.json()["code"]) == (409, "map_damaged")
