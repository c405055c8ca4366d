"""Suggested frames arrive as rows, once each."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from sbea_engine.pose.factory import load
from tests.webapp.factories import make_project, owner_of
from tests.webapp.recordings.factories import make_video
from tests.workers.project_rows import finish, make_labelled_video
from webapp.annotation.models import SuggestedFrame
from webapp.annotation.services import suggestions_start
from webapp.recordings import storage
from webapp.recordings.sources import video_source_path
from webapp.results.frame_predictions import frame_predictions
from webapp.results.services import prediction_start
from webapp.training.models import PoseModel
from webapp.training.services import TrainingRequest, pose_model_train
from workers.predictions import predict_pose
from workers.suggestions import suggest
from workers.training import train_pose

pytestmark = pytest.mark.django_db(transaction=True)


def test_frames_are_suggested_and_not_twice() -> None:
    video = make_video(make_project(), frames=40)
    owner = owner_of(video.recording.project)
    for _ in range(2):
        job = finish(suggest, suggestions_start(video=video, count=6, method="kmeans", by=owner))
        assert job.state == "done"
    assert job.result is not None
    assert job.result == {"video_id": video.pk, "frames": job.result["frames"], "added": 0}
    rows = SuggestedFrame.objects.filter(video=video)
    assert [row.frame_index for row in rows] == job.result["frames"]
    assert len(rows) == 6
    assert all(0 <= row.frame_index < 40 and 0 <= row.score <= 1 for row in rows)
    assert all(row.job_id == job.pk and row.reasons for row in rows)


@pytest.mark.slow
def test_a_model_suggests_frames_nobody_labelled_and_says_why() -> None:
    """Three steps of training: what is tested is the way from the button to the rows, not the choice."""
    torch.set_num_threads(1)
    project = make_project()
    video, owner = make_labelled_video(project, frames=30, labelled=20), owner_of(project)
    model = pose_model_train(project=project, request=TrainingRequest(preset="tiny", seed=1), by=owner)
    model.config["iterations"] = 3
    model.save()
    assert finish(train_pose, model.job).error is None
    job = finish(suggest, suggestions_start(video=video, count=4, method="model", by=owner))
    assert job.error is None
    rows = list(SuggestedFrame.objects.filter(video=video))
    assert len(rows) == 4
    assert all(20 <= row.frame_index < 30 and row.method == "model" for row in rows)
    assert all(row.reasons and 0 <= row.score <= 1 for row in rows)
    [told] = frame_predictions(video=video, visible_to=owner)
    assert (told.model.pk, len(told.individuals)) == (model.pk, 1)
    assert [frame.frame_index for frame in told.frames] == [row.frame_index for row in rows]
    trained = load(storage.stored_path(PoseModel.objects.get(pk=model.pk).folder), threads=1)
    seen = trained.predict(video_source_path(video=video), [row.frame_index for row in rows])
    for frame, points, confidence in zip(told.frames, seen.points_px, seen.confidence, strict=True):
        [animal] = frame.points
        stored = np.array([(np.nan,) * 3 if point is None else point for point in animal])
        np.testing.assert_allclose(stored[:, :2], points[0], atol=0.006)
        np.testing.assert_allclose(stored[:, 2], confidence[0], atol=0.0006)

    result = prediction_start(model=PoseModel.objects.get(pk=model.pk), video=video, by=owner)
    assert finish(predict_pose, result.job).error is None
    again = finish(suggest, suggestions_start(video=video, count=4, method="model", by=owner))
    assert again.error is None  # now by the predictions that are there
    assert again.result is not None
    assert len(again.result["frames"]) == 4
    [told] = frame_predictions(video=video, visible_to=owner)
    assert {frame.frame_index for frame in told.frames} >= set(again.result["frames"])
