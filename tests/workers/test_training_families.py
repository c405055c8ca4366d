"""Families, several networks and backbones of the lab, through the tasks: a few steps each."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from django.test import override_settings

from sbea_engine.io.poses_store import open_poses
from tests.fixtures.transformers_models import write_config
from tests.webapp.factories import client_of, make_project, owner_of
from tests.webapp.recordings.factories import make_video
from tests.workers.project_rows import finish, make_labelled_video
from webapp.annotation.keypoints import Change, Origin, VisibilityName
from webapp.annotation.services import LabelledInstance, labels_write
from webapp.jobs.models import Job
from webapp.projects.services import animals_ensure
from webapp.recordings import storage
from webapp.recordings.models import Video
from webapp.results.models import PoseResult
from webapp.results.services import prediction_start
from webapp.training.models import PoseModel
from webapp.training.services import TrainingRequest, pose_model_train
from workers.predictions import predict_pose
from workers.training import train_pose

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture
def video() -> Video:
    return make_labelled_video(make_project())


def trained(video: Video, **wishes: Any) -> tuple[PoseModel, Job]:
    project = video.recording.project
    request = TrainingRequest(preset="tiny", **wishes)
    model = pose_model_train(project=project, request=request, by=owner_of(project))
    model.config["iterations"] = 3
    model.save()
    job = finish(train_pose, model.job)
    return PoseModel.objects.get(pk=model.pk), job


def answers(model: PoseModel, video: Video) -> PoseResult:
    result = prediction_start(model=model, video=video, by=owner_of(model.project))
    assert finish(predict_pose, result.job).error is None
    return PoseResult.objects.get(pk=result.pk)


def test_several_networks_answer_together(video: Video) -> None:
    model, job = trained(video, family="pyramid", members=2, holdout="none")
    assert job.error is None
    assert (model.family, model.members, model.card["config"]["members"]) == ("pyramid", 2, 2)
    folder = storage.stored_path(model.folder)
    assert {path.name for path in folder.iterdir()} >= {"member-0", "member-1"}
    result = answers(model, video)
    poses = open_poses(storage.stored_path(result.folder)).window()
    assert poses.points_px.shape == (30, 1, 4, 2)
    assert poses.provenance["members"] == 2


def test_animals_that_look_alike_are_found_without_being_told_apart(video: Video) -> None:
    project = video.recording.project
    owner = owner_of(project)
    second = animals_ensure(project=project, count=2, by=owner)[1]
    places = [(40.0, 30.0), (90.0, 30.0), (40.0, 50.0), (90.0, 50.0)]
    changes = [Change(x=x, y=y, visibility=VisibilityName.VISIBLE) for x, y in places]
    rows = [LabelledInstance(frame_index=f, animal=second, changes=changes) for f in range(20)]
    labels_write(video=video, labels=rows, by=owner, origin=Origin.HUMAN)
    project.animals_look_alike = True
    project.save()
    model, job = trained(video)
    assert job.error is None
    assert (model.state, model.family) == ("ready", "bottom_up")
    result = answers(model, video)
    poses = open_poses(storage.stored_path(result.folder)).window()
    assert poses.provenance["individuals_are_places"] is True
    assert (result.individuals, len(poses)) == (["animal 1", "animal 2"], 30)
    assert np.array_equal(np.isnan(poses.points_px).any(-1), poses.confidence == 0)


class TestBesideTheLabels:
    def test_frames_before_and_after(self, video: Video) -> None:
        model, job = trained(video, family="pyramid", context_frames=2)
        assert job.error is None
        assert model.card["config"]["context_frames"] == 2
        assert answers(model, video).state == "ready"

    @pytest.mark.parametrize("members", [1, 2])
    def test_unlabelled_video_is_told_by_name(self, video: Video, members: int) -> None:
        project = video.recording.project
        other = make_video(project, name="nobody labelled this")
        names = [f"{one.recording.name}/{one.view}" for one in (other, video)]
        model, job = trained(video, family="pyramid", members=members, unlabelled=tuple(names))
        assert job.error is None
        assert model.card["config"]["consistency"]["videos"] == names
        told = model.card["training"]["consistency"]
        assert [one["name"] for one in told["videos"]] == names
        assert told["unlabelled_frames"] > 0
        shown = client_of(owner_of(project)).get(f"/api/v1/models/{model.pk}").content.decode()
        assert str(storage.media_folder("originals")) not in shown
        assert answers(model, video).state == "ready"

    def test_an_unlabelled_video_that_cannot_be_read_is_told_without_its_folder(self, video: Video) -> None:
        other = make_video(video.recording.project, name="broken")
        storage.stored_path(other.source_path).write_bytes(b"no video")
        _, job = trained(video, family="pyramid", unlabelled=(f"broken/{other.view}",))
        assert job.state == "failed"
        assert job.error is not None
        assert str(storage.media_folder("originals")) not in json.dumps(job.error)


class TestBackboneOfTheLab:
    @pytest.mark.slow
    def test_is_trained_on_and_its_folder_is_told_to_nobody(self, video: Video, tmp_path: Path) -> None:
        write_config(tmp_path / "small")
        with override_settings(SBEA_BACKBONES=(tmp_path,)):
            model, job = trained(video, family="pyramid", backbone="lab:small")
            assert job.error is None
            result = answers(model, video)  # the trained model stands alone
        assert model.card["config"]["backbone"] == "lab:small"
        assert model.card["stage_facts"]["backbone"]["source"] == "lab:small"
        assert result.state == "ready"
        client = client_of(owner_of(model.project))
        for path in (f"models/{model.pk}", f"projects/{model.project_id}/models", f"results/{result.pk}"):
            assert str(tmp_path) not in client.get(f"/api/v1/{path}").content.decode()

    def test_that_went_away_is_named(self, video: Video, tmp_path: Path) -> None:
        write_config(tmp_path / "small")
        project = video.recording.project
        with override_settings(SBEA_BACKBONES=(tmp_path,)):
            request = TrainingRequest(preset="tiny", family="pyramid", backbone="lab:small")
            model = pose_model_train(project=project, request=request, by=owner_of(project))
            shutil.rmtree(tmp_path / "small")
            job = finish(train_pose, model.job)
        assert job.state == "failed"
        assert job.error is not None
        assert job.error["code"] == "bad_training"
        assert "no backbone 'small'" in job.error["message"]

    def test_that_cannot_be_read_is_told_without_its_folder(self, video: Video, tmp_path: Path) -> None:
        (tmp_path / "broken").mkdir()
        (tmp_path / "broken" / "config.json").write_text("{")
        with override_settings(SBEA_BACKBONES=(tmp_path,)):
            _, job = trained(video, family="pyramid", backbone="lab:broken")
        assert job.error is not None
        assert job.error["code"] == "bad_backbone"
        assert "broken" in job.error["message"]
        assert str(tmp_path) not in json.dumps(job.error)
