"""From labels to a model, predictions and files that other tools read: tiny, through the tasks."""

from __future__ import annotations

import functools
import io
import json
import sys
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

from sbea_engine.io.poses_store import open_poses
from sbea_engine.pipelines.shared_prediction import SharedPrediction
from sbea_engine.progress import OnProgress, Progress
from tests.webapp.factories import client_of, make_project, owner_of, send
from tests.webapp.recordings.factories import make_video
from tests.workers.project_rows import finish, label_frames, make_labelled_video
from webapp.jobs.models import Job
from webapp.jobs.services import job_retry
from webapp.projects.models import Project
from webapp.recordings import storage
from webapp.recordings.models import Video
from webapp.results.models import ExportFile, PoseResult
from webapp.results.services import export_start, prediction_start
from webapp.training.models import PoseModel
from webapp.training.services import TrainingRequest, pose_model_delete, pose_model_train
from webapp.training.snapshots import snapshot_load
from workers import predictions as predictions_module
from workers import training as training_module
from workers.exports import export_project
from workers.predictions import predict_pose
from workers.training import train_pose

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture
def video() -> Video:
    return make_labelled_video(make_project())


def start(video: Video, **changes: Any) -> PoseModel:
    project = video.recording.project
    request = TrainingRequest(**{"preset": "tiny", "seed": 1, **changes})
    return pose_model_train(project=project, request=request, by=owner_of(project))


def few_steps(model: PoseModel) -> None:
    """What is learnt does not matter here; how well the engine learns is tested with the engine."""
    model.config["iterations"] = 3
    model.save()


def trained(video: Video) -> PoseModel:
    model = start(video)
    few_steps(model)
    job = finish(train_pose, model.job)
    assert job.error is None
    return PoseModel.objects.get(pk=model.pk)


def predicted(model: PoseModel, video: Video) -> PoseResult:
    result = prediction_start(model=model, video=video, by=owner_of(model.project))
    job = finish(predict_pose, result.job)
    assert job.error is None
    return PoseResult.objects.get(pk=result.pk)


def export(project: Project, kind: str, result: PoseResult | None = None) -> zipfile.ZipFile:
    owner = owner_of(project)
    job = finish(export_project, export_start(project=project, kind=kind, result=result, by=owner))
    assert job.error is None
    file = ExportFile.objects.get(job=job)
    response = client_of(owner).get(f"/media/exports/{file.pk}/download")
    assert response.status_code == 200
    assert response["Content-Disposition"] == f'attachment; filename="{file.filename}"'
    return zipfile.ZipFile(io.BytesIO(response.content))


class TestStory:
    """One tiny training feeds all that follows."""

    def test_train_predict_export(self, video: Video) -> None:
        model = trained(video)
        self._check_model(model, video)
        other = make_video(video.recording.project, frames=20, name="unseen take")
        result = predicted(model, other)
        self._check_result(result)
        self._check_export_of_predictions(result)
        self._check_export_of_labels(video)
        self._check_removal(model, result)

    @staticmethod
    def _check_model(model: PoseModel, video: Video) -> None:
        assert model.state == "ready"
        figures = model.metrics["test"]
        assert figures["n"] == 4 * 4  # the last fifth of twenty frames, four keypoints each
        assert set(figures["by_keypoint"]) == {"nose", "left ear", "right ear", "tail base"}
        worst = model.metrics["worst"]
        assert {row["video_id"] for row in worst} == {video.pk}
        assert {row["frame_index"] for row in worst} <= {16, 17, 18, 19}
        folder = storage.stored_path(model.folder)
        assert (
            json.loads((folder / "card.json").read_text())["weights_sha256"] == model.card["weights_sha256"]
        )
        answer = client_of(owner_of(model.project)).get(f"/api/v1/models/{model.pk}").json()
        assert answer["metrics"]["test"]["mean_px"] == figures["mean_px"]
        assert answer["worst"] == worst
        assert answer["snapshot"]["frame_count"] == 20
        assert "suspects" not in answer["metrics"]
        assert answer["suspects"]["total"] == len(answer["suspects"]["labels"])
        assert {row["video_id"] for row in answer["suspects"]["labels"]} <= {video.pk}

    @staticmethod
    def _check_result(result: PoseResult) -> None:
        assert (result.state, result.frames_done, result.frame_count) == ("ready", 20, 20)
        client = client_of(owner_of(result.project))
        url = f"/api/v1/results/{result.pk}/window"
        response = client.get(url, {"start": 5, "stop": 9})
        assert (response["X-Shape"], response["X-Start"]) == ("4,1,4,3", "5")
        values = np.frombuffer(response.content, "<f4").reshape(4, 1, 4, 3)
        poses = open_poses(storage.stored_path(result.folder)).window(5, 9)
        np.testing.assert_array_equal(values[..., :2], poses.points_px)
        np.testing.assert_array_equal(values[..., 2], poses.confidence)
        again = client.get(url, {"start": 5, "stop": 9}, headers={"If-None-Match": response["ETag"]})
        assert (again.status_code, again.content) == (304, b"")
        assert client.get(url, {"start": 4, "stop": 9})["ETag"] != response["ETag"]
        listed = client.get(f"/api/v1/videos/{result.video_id}/results").json()
        assert [row["id"] for row in listed] == [result.pk]
        assert listed[0]["individuals"] == ["animal 1"]

    @staticmethod
    def _check_export_of_predictions(result: PoseResult) -> None:
        packed = export(result.project, "deeplabcut_predictions", result)
        csv = next(name for name in packed.namelist() if name.endswith(".csv"))
        table = pd.read_csv(io.BytesIO(packed.read(csv)), header=[0, 1, 2], index_col=0)
        poses = open_poses(storage.stored_path(result.folder)).window()
        assert table.shape == (20, 4 * 3)
        np.testing.assert_allclose(table.to_numpy()[:, 0], poses.points_px[:, 0, 0, 0], rtol=1e-5)
        assert any(name.endswith(".h5") for name in packed.namelist())

    @staticmethod
    def _check_export_of_labels(video: Video) -> None:
        packed = export(video.recording.project, "deeplabcut_labels")
        root = packed.namelist()[0].split("/")[0]
        assert f"{root}/config.yaml" in packed.namelist()
        csv = next(name for name in packed.namelist() if name.endswith(".csv"))
        assert csv.split("/")[2] == video.recording.name
        table = pd.read_csv(io.BytesIO(packed.read(csv)), header=[0, 1, 2], index_col=[0, 1, 2])
        assert table.shape == (20, 8)
        np.testing.assert_allclose(table.to_numpy()[3], [16, 16, 144, 16, 16, 64, 144, 64])
        assert sum(name.endswith(".png") for name in packed.namelist()) == 20

    @staticmethod
    def _check_removal(model: PoseModel, result: PoseResult) -> None:
        folders = [storage.stored_path(model.folder), storage.stored_path(result.folder)]
        assert all(folder.is_dir() for folder in folders)
        pose_model_delete(model=model, by=owner_of(model.project))
        assert not any(folder.exists() for folder in folders)
        assert not PoseResult.objects.exists()


class TestTraining:
    def test_a_killed_training_goes_on_from_its_checkpoint(
        self, video: Video, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        checkpoints: list[Path] = []
        real: Any = vars(training_module)["train_and_evaluate"]

        def spy(*args: Any, checkpoint: Path, on_progress: OnProgress, **more: Any) -> Any:
            checkpoints.append(checkpoint)
            return real(*args, checkpoint=checkpoint, on_progress=on_progress, **more)

        monkeypatch.setattr(training_module, "train_and_evaluate", spy)
        model = start(video)
        few_steps(model)
        assert model.job is not None
        finish(train_pose, model.job)
        assert checkpoints == [storage.data_root() / "jobs" / str(model.job.pk) / "checkpoint"]

    def test_one_that_goes_on_names_its_parent_and_tests_where_it_did(self, video: Video) -> None:
        first = trained(video)
        label_frames(video, range(20, 28))  # after what was held out
        second = start(video, preset=None, start_from=first.pk)
        few_steps(second)
        assert finish(train_pose, second.job).error is None
        second.refresh_from_db()
        begun = second.card["data"]["start"]
        assert (begun["name"], begun["weights_sha256"]) == (first.name, first.card["weights_sha256"])
        held_out = second.card["data"]["held_out_frames"]
        assert list(held_out.values()) == [list(range(16, 28))]
        assert second.metrics["test"]["n"] == 12 * 4

    def test_failure_is_shown_on_the_model_and_can_be_tried_again(
        self, video: Video, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        model = start(video)
        snapshot = storage.stored_path(model.snapshot.folder) / "labels.json"
        content = snapshot.read_text()
        snapshot.write_text(content.replace("16.0", "17.0", 1))
        job = finish(train_pose, model.job)
        model.refresh_from_db()
        assert (job.state, model.state) == ("failed", "failed")
        assert job.error is not None
        assert "was changed" in job.error["message"]
        answer = client_of(owner_of(model.project)).get(f"/api/v1/models/{model.pk}").json()
        assert answer["failure"] == job.error["message"]
        snapshot.write_text(content)
        job_retry(job=job, by=owner_of(model.project))
        model.refresh_from_db()
        assert model.state == "training"

    def test_cancelled_while_it_waits(self, video: Video) -> None:
        model = start(video)
        owner = client_of(owner_of(model.project))
        assert send(owner, "POST", f"/api/v1/jobs/{model.job_id}/cancel").status_code == 200
        model.refresh_from_db()
        assert model.state == "cancelled"

    def test_labels_that_change_meanwhile_do_not_reach_the_snapshot(self, video: Video) -> None:
        model = start(video)
        video.instances.filter(frame_index__lt=10).delete()
        labels = snapshot_load(snapshot=model.snapshot)
        assert len(labels) == 20
        assert labels.frames[0].path == storage.stored_path(video.source_path)


class TestPrediction:
    def test_resumes_after_its_last_chunk(self, video: Video, monkeypatch: pytest.MonkeyPatch) -> None:
        model = trained(video)
        real = SharedPrediction.lead
        seen: list[int] = []
        stop_after: list[int | None] = [9]

        def watched(self: SharedPrediction, *args: Any, on_progress: OnProgress, **more: Any) -> Any:
            def report(progress: Progress) -> None:
                on_progress(progress)
                seen.append(progress.done)
                if stop_after[0] is not None and progress.done >= stop_after[0]:
                    raise OSError("the worker's disk went away")

            return real(self, *args, on_progress=report, **more)

        monkeypatch.setattr(SharedPrediction, "lead", watched)
        small = functools.partial(SharedPrediction, chunk=4, range_chunks=2)
        monkeypatch.setattr(predictions_module, "SharedPrediction", small)

        owner = owner_of(model.project)
        result = prediction_start(model=model, video=video, by=owner)
        job = finish(predict_pose, result.job)
        result.refresh_from_db()
        assert (job.state, result.state) == ("failed", "failed")
        done = open_poses(storage.stored_path(result.folder)).frames_done
        assert done > 0
        first = client_of(owner).get(f"/api/v1/results/{result.pk}/window", {"start": 0, "stop": 30})
        part = np.frombuffer(first.content, "<f4").reshape(30, -1)
        assert np.isfinite(part[:done]).all()
        assert np.isnan(part[done:]).all()

        stop_after[0] = None
        seen.clear()
        job = finish(predict_pose, job_retry(job=job, by=owner))
        result.refresh_from_db()
        assert (job.state, result.state, result.frames_done) == ("done", "ready", 30)
        assert seen[0] == done
        whole = client_of(owner).get(f"/api/v1/results/{result.pk}/window", {"start": 0, "stop": 30})
        assert whole["ETag"] != first["ETag"]
        np.testing.assert_array_equal(np.frombuffer(whole.content, "<f4").reshape(30, -1)[:done], part[:done])

    def test_through_the_runtime_of_the_machine_and_no_other(
        self, video: Video, monkeypatch: pytest.MonkeyPatch, settings: Any
    ) -> None:
        model = trained(video)
        owner = owner_of(model.project)
        settings.SBEA_POSE_RUNTIME = "onnx"
        with monkeypatch.context() as without:
            without.setitem(sys.modules, "onnxruntime", None)
            result = prediction_start(model=model, video=video, by=owner)
            job = finish(predict_pose, result.job)
        assert (job.state, (job.error or {}).get("code")) == ("failed", "onnx_missing")
        job = finish(predict_pose, job_retry(job=job, by=owner))
        result.refresh_from_db()
        assert (job.state, result.state, result.frames_done) == ("done", "ready", 30)

    def test_the_same_run_is_not_made_twice(self, video: Video) -> None:
        model = trained(video)
        owner = owner_of(model.project)
        first = prediction_start(model=model, video=video, by=owner)
        assert prediction_start(model=model, video=video, by=owner).pk == first.pk
        assert Job.objects.filter(kind="pose.predict").count() == 1
