"""Making 3D poses, as the worker does it, from predictions that are exact."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from django.test import override_settings
from numpy.typing import NDArray

from sbea_engine.data import FrameSource, LabelSet, Poses
from sbea_engine.data.camera import CameraGroup
from sbea_engine.geometry import project
from sbea_engine.io.poses3d_store import open_poses3d
from sbea_engine.io.poses_store import write_poses
from sbea_engine.pipelines.reconstruct import reconstruct
from sbea_engine.synth import load_recipe, load_truth, render_recording
from tests.fixtures.true_poses import write_true_poses
from tests.webapp.factories import client_of, make_project, owner_of
from tests.webapp.recordings.factories import make_calibration, pretend_recording
from tests.webapp.results.factories import folders_of_its_own, predicted, ready_model
from webapp.jobs.models import Job
from webapp.jobs.services import job_cancel, job_retry
from webapp.recordings import storage
from webapp.recordings.rendered_registration import recording_register_rendered
from webapp.recordings.sync import recording_sync_set
from webapp.results.models import Reconstruction
from webapp.results.reconstructions.services import reconstruction_progress, reconstruction_start
from workers.reconstructions import _Notes, reconstruct_poses
from workers.run import JobRun

pytestmark = pytest.mark.django_db(transaction=True)

TICKS = 40
LATE = 3


@pytest.fixture(autouse=True)
def no_files_of_other_tests() -> Iterator[None]:
    with folders_of_its_own():
        yield


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


def test_whoever_asks_to_cancel_is_heard_between_chunks_and_a_retry_goes_on(
    begun: Reconstruction, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In chunks of 16 ticks: cancelled after the first, which stays and is not made again."""
    monkeypatch.setattr("workers.reconstructions.reconstruct", partial(reconstruct, chunk=16))
    monkeypatch.setattr("workers.reconstructions.NOTE_PERIOD_S", 0)
    monkeypatch.setattr("workers.run.PULSE_S", 0.02)
    owner, seen, runs = owner_of(begun.project), [], []

    class Notes(_Notes):
        def __init__(self, run: JobRun, found: Reconstruction) -> None:
            super().__init__(run, found)
            runs.append(run)

    monkeypatch.setattr("workers.reconstructions._Notes", Notes)

    def noted(*, reconstruction: Reconstruction, ticks_done: int, individuals: list[str]) -> None:
        seen.append(ticks_done)
        reconstruction_progress(reconstruction=reconstruction, ticks_done=ticks_done, individuals=individuals)
        if ticks_done == 16 and seen.count(16) == 1:
            job_cancel(job=job_of(begun), by=owner)
            assert runs[0]._cancel.wait(30), "the pulse hears of it"

    monkeypatch.setattr("workers.reconstructions.reconstruction_progress", noted)
    reconstruct_poses(str(begun.job_id))
    begun.refresh_from_db()
    assert (job_of(begun).state, begun.state, begun.ticks_done) == ("cancelled", "failed", 16)
    store = storage.stored_path(begun.folder)
    first = {file: file.stat().st_mtime_ns for file in store.rglob("points_mm/c/0/**/*") if file.is_file()}
    assert first
    job_retry(job=job_of(begun), by=owner)
    reconstruct_poses(str(begun.job_id))
    begun.refresh_from_db()
    assert (job_of(begun).state, begun.state, begun.ticks_done) == ("done", "ready", TICKS)
    assert seen == [0, 16, 16, 32], "the last, short chunk comes with the end"
    assert {file: file.stat().st_mtime_ns for file in first} == first
    np.testing.assert_allclose(open_poses3d(store).window().points_mm, path_mm(), atol=0.05)


def test_one_that_is_deleted_while_it_is_made_ends_with_a_reason(
    begun: Reconstruction, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*, reconstruction: Reconstruction, ticks_done: int, individuals: list[str]) -> None:
        Reconstruction.objects.filter(pk=begun.pk).delete()
        reconstruction_progress(reconstruction=reconstruction, ticks_done=ticks_done, individuals=individuals)

    monkeypatch.setattr("workers.reconstructions.reconstruction_progress", gone)
    job_id = str(begun.job_id)
    reconstruct_poses(job_id)
    job = Job.objects.get(pk=job_id)
    assert job.state == "failed"
    assert job.error is not None
    assert job.error["code"] == "not_found"


class TestTruth:
    """A rendered recording brings its truth along, and the error against it is told."""

    @pytest.fixture
    def rendered(self, tmp_path: Path) -> Iterator[Path]:
        render_recording(load_recipe("tiny"), cameras=3, frames=24, seed=5, labels=4, out=tmp_path / "take")
        with override_settings(SBEA_MEDIA_ROOTS=(tmp_path,)):
            yield tmp_path / "take"

    @pytest.fixture
    def begun(self, rendered: Path, tmp_path: Path) -> Reconstruction:
        truth = load_truth(rendered)
        study = make_project(skeleton=truth.skeleton)
        owner = owner_of(study)
        recording = recording_register_rendered(project=study, folder=str(rendered), by=owner).recording
        recording.videos.update(state="ready", frame_count=24, width=160, height=120)
        model = ready_model(study)
        folder = storage.media_folder("snapshots", "of this test")
        LabelSet.load(rendered).save(folder)
        model.snapshot.folder = storage.stored_name(folder)
        model.snapshot.checksum = hashlib.sha256((folder / "labels.json").read_bytes()).hexdigest()
        model.snapshot.save()
        stores = write_true_poses(truth, tmp_path / "poses", noise_px=0.2)
        for view, result in predicted(model, recording, *truth.views).items():
            result.folder = storage.stored_name(storage.result_folder(result.pk))
            result.save()
            shutil.copytree(stores[view], storage.stored_path(result.folder))
        return reconstruction_start(recording=recording, model=model, by=owner)

    def test_is_compared_with_where_nobody_labelled(self, begun: Reconstruction) -> None:
        reconstruct_poses(str(begun.job_id))
        begun.refresh_from_db()
        assert begun.state == "ready", job_of(begun).error
        assert begun.warnings == []
        row = client_of(owner_of(begun.project)).get(f"/api/v1/reconstructions/{begun.pk}").json()
        error, bounds = row["truth_error"], row["bounds_mm"]
        assert error["ticks"] == 20, "four of 24 ticks are labelled"
        assert 0 < error["median_mm"] < 5
        assert error["missing"] == 0
        assert sum(figures["n"] for figures in error["by_keypoint"].values()) == error["n"]
        points = open_poses3d(storage.stored_path(begun.folder)).window().points_mm.reshape(-1, 3)
        points = points[np.isfinite(points).all(axis=1)]
        inside = (points >= bounds["min"]) & (points <= bounds["max"])
        assert (inside.mean(axis=0) > 0.95).all()

    @staticmethod
    def freeze(begun: Reconstruction, move: Callable[[FrameSource], Path]) -> None:
        """Freeze the same labels with their sources in other places."""
        folder = storage.stored_path(begun.model.snapshot.folder)
        labels = LabelSet.load(folder)
        frames = tuple(replace(source, path=move(source)) for source in labels.frames)
        file = replace(labels, frames=frames).save(folder)
        begun.model.snapshot.checksum = hashlib.sha256(file.read_bytes()).hexdigest()
        begun.model.snapshot.save()

    def test_labelled_ticks_are_known_after_the_data_root_moved(
        self, begun: Reconstruction, rendered: Path
    ) -> None:
        home = storage.media_folder("originals", "take of this test")
        shutil.copytree(rendered, home)
        for video in begun.recording.videos.all():
            video.source_path = storage.stored_name(home / Path(video.source_path).name)
            video.source_owned = True
            video.save()
        self.freeze(begun, lambda source: Path("/old/media/originals/take of this test") / source.path.name)
        reconstruct_poses(str(begun.job_id))
        storage.remove_tree(home)
        begun.refresh_from_db()
        assert begun.warnings == []
        assert begun.truth_error is not None
        assert begun.truth_error["ticks"] == 20, "four of 24 ticks are labelled"

    def test_is_not_measured_where_nobody_can_tell_what_was_learnt(self, begun: Reconstruction) -> None:
        self.freeze(begun, lambda source: Path("/old") / source.path.name)
        reconstruct_poses(str(begun.job_id))
        begun.refresh_from_db()
        assert (begun.state, begun.truth_error) == ("ready", None)
        (said,) = begun.warnings
        assert "nobody can tell which moments it has seen" in said

    def test_of_another_recording_is_said_and_not_measured(
        self, begun: Reconstruction, rendered: Path
    ) -> None:
        shutil.rmtree(rendered)
        render_recording(load_recipe("tiny"), cameras=3, frames=12, seed=5, labels=0, out=rendered)
        reconstruct_poses(str(begun.job_id))
        begun.refresh_from_db()
        assert begun.state == "ready"
        assert begun.truth_error is None
        (said,) = begun.warnings
        assert "Not compared with the truth" in said
