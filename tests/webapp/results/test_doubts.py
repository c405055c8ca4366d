"""Doubtful stretches over HTTP, from the stored poses of a result."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from sbea_engine.io.poses_store import PosesWriter
from tests.webapp.factories import client_of, make_project, make_user, owner_of
from tests.webapp.recordings.factories import pretend_video
from tests.webapp.results.factories import folders_of_its_own, ready_model
from webapp.recordings import storage
from webapp.results.models import PoseResult

pytestmark = pytest.mark.django_db

FRAMES = 100


@pytest.fixture(autouse=True)
def own_folders() -> Iterator[None]:
    with folders_of_its_own():
        yield


@pytest.fixture
def result() -> PoseResult:
    project = make_project()
    model = ready_model(project)
    found = PoseResult.objects.create(
        project=project,
        model=model,
        video=pretend_video(project, frames=FRAMES),
        frame_count=FRAMES,
        individuals=["animal 1"],
    )
    found.folder = storage.stored_name(storage.result_folder(found.pk))
    found.save()
    return found


def write(result: PoseResult, done: int = FRAMES) -> None:
    """An animal that sits still; of frames 40 to 49 the model is not sure, at frame 70 a keypoint jumps."""
    assert result.model is not None
    skeleton = result.model.skeleton.noun
    points = np.zeros((FRAMES, 1, len(skeleton), 2), np.float32)
    points[..., 0] = 30 * np.arange(len(skeleton))
    points[70, 0, 0, 1] = 50
    confidence = np.full(points.shape[:3], 0.9, np.float32)
    confidence[40:50] = 0.2
    folder = storage.stored_path(result.folder)
    writer = PosesWriter(folder, skeleton, ("animal 1",), FRAMES, chunk=20)
    writer.append(points[:done], confidence[:done])
    if done == FRAMES:
        writer.finish()
    PoseResult.objects.filter(pk=result.pk).update(frames_done=done)


def test_stretches_are_told_with_their_reasons(result: PoseResult) -> None:
    write(result)
    client = client_of(owner_of(result.project))
    told = client.get(f"/api/v1/results/{result.pk}/doubts").json()
    assert [told[name] for name in ("frames_done", "doubtful_frames", "total")] == [FRAMES, 12, 2]
    unsure, jump = told["stretches"]
    assert (unsure["first"], unsure["last"]) == (40, 49)
    assert unsure["reasons"] == ["the model is unsure of most keypoints (0.20)"]
    assert (jump["first"], jump["worst"], jump["last"]) == (70, 70, 71)
    name = result.keypoints[0]
    assert jump["reasons"] == [f"{name} jumps by 50 px"]
    stranger = client_of(make_user("stranger"))
    assert stranger.get(f"/api/v1/results/{result.pk}/doubts").status_code == 404


def test_they_grow_with_the_predictions(result: PoseResult) -> None:
    client = client_of(owner_of(result.project))
    address = f"/api/v1/results/{result.pk}/doubts"
    nothing = {"frames_done": 0, "doubtful_frames": 0, "total": 0, "stretches": []}
    assert client.get(address).json() == nothing
    write(result, done=60)
    assert [one["first"] for one in client.get(address).json()["stretches"]] == [40]
    storage.remove_tree(storage.stored_path(result.folder))
    write(result)
    assert [one["first"] for one in client.get(address).json()["stretches"]] == [40, 70]


def test_files_that_are_gone_are_named_with_the_remedy(result: PoseResult) -> None:
    PoseResult.objects.filter(pk=result.pk).update(frames_done=60, state=PoseResult.State.READY)
    answer = client_of(owner_of(result.project)).get(f"/api/v1/results/{result.pk}/doubts")
    assert (answer.status_code, answer.json()["code"]) == (422, "bad_poses_store")
