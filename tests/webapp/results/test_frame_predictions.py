"""Predictions on suggested frames: one a frame, bounded, gone with the suggestion or the model."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.webapp.factories import client_of, make_project, make_user, owner_of
from tests.webapp.recordings.factories import pretend_video
from tests.webapp.results.factories import ready_model
from webapp.annotation.models import SuggestedFrame
from webapp.annotation.services import Suggestion, suggestions_add
from webapp.api.errors import NotFound
from webapp.recordings.models import Video
from webapp.results import frame_predictions as kept
from webapp.results.frame_predictions import PredictedFrame, frame_predictions_store
from webapp.results.models import FramePrediction
from webapp.training.models import PoseModel

pytestmark = pytest.mark.django_db


@pytest.fixture
def video() -> Video:
    return pretend_video(make_project())


@pytest.fixture
def model(video: Video) -> PoseModel:
    return ready_model(video.recording.project)


def suggest(video: Video, *frames: int) -> None:
    rows = [Suggestion(frame_index=f, method="model", score=0.5) for f in frames]
    suggestions_add(video=video, found=rows)


def store(video: Video, model: PoseModel, *frames: int, x: float = 1.0) -> int:
    points = [[(x, 2.0, 0.9), None, (3.0, 4.5, 0.25), None]]
    rows = [PredictedFrame(frame_index=f, points=points) for f in frames]
    return frame_predictions_store(video=video, model=model, individuals=["mouse"], frames=rows)


def read(client: Client, video: Video) -> list[dict[str, object]]:
    answer = client.get(f"/api/v1/videos/{video.pk}/frame-predictions")
    assert answer.status_code == 200
    found: list[dict[str, object]] = answer.json()
    return found


def test_are_read_by_model_in_time_order(video: Video, model: PoseModel) -> None:
    suggest(video, 9, 3)
    assert store(video, model, 9, 3, 5) == 2  # nobody suggested frame 5
    client = client_of(owner_of(video.recording.project))
    points = [[[1.0, 2.0, 0.9], None, [3.0, 4.5, 0.25], None]]
    assert read(client, video) == [
        {
            "model_id": model.pk,
            "model_name": "m",
            "keypoints": video.recording.project.skeleton.definition["keypoints"],
            "individuals": ["mouse"],
            "frames": [{"frame_index": 3, "points": points}, {"frame_index": 9, "points": points}],
        }
    ]
    stranger = client_of(make_user("stranger"))
    assert stranger.get(f"/api/v1/videos/{video.pk}/frame-predictions").status_code == 404


def test_of_a_frame_the_newest_counts(video: Video, model: PoseModel) -> None:
    suggest(video, 3, 9)
    store(video, model, 3, 9)
    store(video, model, 9, x=77.0)
    rows = FramePrediction.objects.order_by("suggestion__frame_index")
    assert [row.points[0][0][0] for row in rows] == [1.0, 77.0]


def test_found_again_a_frame_keeps_what_was_said_of_it(video: Video, model: PoseModel) -> None:
    suggest(video, 3)
    store(video, model, 3)
    suggest(video, 3)
    assert FramePrediction.objects.filter(suggestion__frame_index=3).count() == 1


def test_go_with_the_suggestion_and_with_the_model(video: Video, model: PoseModel) -> None:
    suggest(video, 3, 9)
    store(video, model, 3, 9)
    SuggestedFrame.objects.get(frame_index=3).delete()
    assert FramePrediction.objects.count() == 1
    model.delete()
    assert not FramePrediction.objects.exists()
    assert SuggestedFrame.objects.count() == 1  # still worth labelling
    with pytest.raises(NotFound):
        store(video, PoseModel(pk=987654), 9)


def test_are_bounded(video: Video, model: PoseModel, monkeypatch: pytest.MonkeyPatch) -> None:
    suggest(video, *range(8))
    monkeypatch.setattr(kept, "MOST_FRAMES", 5)
    store(video, model, 0, 1, 2)
    store(video, model, 3, 4, 5, 6)
    kept_frames = FramePrediction.objects.values_list("suggestion__frame_index", flat=True)
    assert list(kept_frames) == [2, 3, 4, 5, 6]
    monkeypatch.setattr(kept, "MOST_POINTS", 3)
    assert store(video, model, 7) == 0
