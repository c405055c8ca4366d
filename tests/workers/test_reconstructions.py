"""Making 3D poses, as the worker does it, from predictions that are exact."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from sbea_engine.data import Poses
from sbea_engine.data.camera import CameraGroup
from sbea_engine.geometry import project
from sbea_engine.io.poses3d_store import open_poses3d
from sbea_engine.io.poses_store import write_poses
from tests.webapp.factories import client_of, make_project, owner_of
from tests.webapp.recordings.factories import make_calibration, pretend_recording
from tests.webapp.results.factories import predicted, ready_model
from webapp.jobs.models import Job
from webapp.jobs.services import job_cancel
from webapp.recordings import storage
from webapp.recordings.sync import recording_sync_set
from webapp.results.models import Reconstruction
from webapp.results.reconstructions.services import reconstruction_start
from workers.reconstructions import reconstruct_poses

pytestmark = pytest.mark.django_db(transaction=True)

TICKS = 40
LATE = 3


@pytest.fixture(autouse=True)
def no_files_of_other_tests() -> Iterator[None]:
    """Ids may come again in the next test; the folders of those ids must go."""
    yield
    for name in ("results", "reconstructions"):
        storage.remove_tree(storage.media_folder(name))


def path_mm() -> NDArray[np.float32]:
    """(tick, individual, keypoint, 3): four points that wander before the cameras."""
    ticks = np.arange(TICKS)[:, None]
    keypoints = np.arange(4)[None]
    points = [40 * np.cos(ticks / 9 + keypoints), 30 * np.sin(ticks / 7) + 8 * keypoints, 10 * keypoints]
    return np.stack(np.broadcast_arrays(*points), axis=-1)[:, None].astype(np.float32)


@pytest.fixture
def begun() -> Reconstruction:
    """Three views with exact predictions; that of `side` began some ticks late."""
    study = make_project()
    owner = owner_of(study)
    model = ready_model(study)
    recording = pretend_recording(study, {"top": TICKS, "side": TICKS - LATE, "back": TICKS})
    recording.calibration = make_calibration(study, "top", "side", "back")
    recording.save()
    recording = recording_sync_set(recording=recording, offsets={"side": LATE}, by=owner)
    cameras = CameraGroup.from_dict(recording.calibration.cameras)  # type: ignore[union-attr]
    for view, result in predicted(model, recording, "top", "side", "back").items():
        seen = path_mm()[LATE if view == "side" else 0 :]
        points = project(cameras[view], seen)[0].astype(np.float32)
        result.folder = storage.stored_name(storage.result_folder(result.pk))
        result.save()
        poses = Poses(
            skeleton=model.skeleton.noun,
            individuals=("animal 1",),
            frames=np.arange(len(seen)),
            points_px=points,
            confidence=np.full(points.shape[:3], 0.9, np.float32),
        )
        write_poses(poses, storage.stored_path(result.folder))
    return reconstruction_start(recording=recording, model=model, by=owner)


def job_of(found: Reconstruction) -> Job:
    """Its job as it is now."""
    assert found.job_id is not None
    return Job.objects.get(pk=found.job_id)


def test_the_truth_comes_back(begun: Reconstruction) -> None:
    reconstruct_poses(str(begun.job_id))
    begun.refresh_from_db()
    assert begun.state == "ready", job_of(begun).error
    assert (begun.ticks_done, begun.individuals) == (TICKS, ["animal 1"])
    poses = open_poses3d(storage.stored_path(begun.folder)).window()
    np.testing.assert_allclose(poses.points_mm, path_mm(), atol=0.05)
    assert (poses.n_views[:LATE] == 2).all()
    assert (poses.n_views[LATE:] == 3).all()
    job = job_of(begun)
    assert job.result == {"reconstruction_id": begun.pk, "tick_count": TICKS, "warnings": []}
    answer = client_of(owner_of(begun.project)).get(
        f"/api/v1/reconstructions/{begun.pk}/window?start=5&stop=6"
    )
    values = np.frombuffer(answer.content, "<f4").reshape(1, 4, 4)
    np.testing.assert_allclose(values[0, :, :3], path_mm()[5, 0], atol=0.05)


def test_the_second_time_it_is_there_already(begun: Reconstruction) -> None:
    reconstruct_poses(str(begun.job_id))
    store = storage.stored_path(begun.folder)
    before = {path: path.stat().st_mtime_ns for path in Path(store).rglob("*")}
    Job.objects.filter(pk=job_of(begun).pk).update(state="queued", worker="")
    reconstruct_poses(str(begun.job_id))
    assert {path: path.stat().st_mtime_ns for path in Path(store).rglob("*")} == before


def test_a_cancelled_one_leaves_nothing_that_is_taken_for_a_result(begun: Reconstruction) -> None:
    job_cancel(job=job_of(begun), by=owner_of(begun.project))
    begun.refresh_from_db()
    assert begun.state == "failed"


def test_predictions_that_went_fail_it_with_a_reason(begun: Reconstruction) -> None:
    storage.remove_tree(storage.result_folder(begun.inputs[0]["result_id"]))
    reconstruct_poses(str(begun.job_id))
    begun.refresh_from_db()
    assert begun.state == "failed"
    error = job_of(begun).error
    assert error is not None
    assert "no poses here" in error["message"]
