"""Two models on the frames that were held out from both, over HTTP."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.webapp.factories import add_member, client_of, make_project, make_user, owner_of
from tests.webapp.recordings.factories import pretend_video
from tests.webapp.training.factories import held_out, trained_model, with_answers
from webapp.accounts.models import Role, User
from webapp.recordings import storage
from webapp.recordings.models import Video
from webapp.training.models import PoseModel

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def video() -> Video:
    return pretend_video(make_project(), name="take")


@pytest.fixture
def drafts() -> Path:
    folder = storage.media_folder("models", "drafts")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def pair(video: Video, drafts: Path) -> tuple[PoseModel, PoseModel]:
    """An older model that is 3 px off on frames 0..39, and a newer one that is 1 px off on 20..59."""
    project = video.recording.project
    models = [trained_model(project, labels=n) for n in (40, 60)]
    for model, frames, off in zip(models, (range(40), range(20, 60)), (3.0, 1.0), strict=True):
        with_answers(model, held_out(video, frames, off), drafts / f"{model.pk}-{model.name}")
    return models[0], models[1]


def compare(by: User, first: PoseModel, second: PoseModel) -> Any:
    return client_of(by).get(f"/api/v1/models/{first.pk}/comparison", {"other": second.pk})


class TestComparison:
    def test_common_frames_are_paired_and_the_older_comes_first(self, video: Video, drafts: Path) -> None:
        old, new = pair(video, drafts)
        viewer = add_member(old.project, Role.VIEWER)
        found = compare(viewer, new, old).json()
        assert (found["first"]["id"], found["second"]["id"]) == (old.pk, new.pk)
        assert (found["first"]["labels"], found["second"]["labels"]) == (40, 60)
        assert found["frames"] == 20
        assert found["overall"]["n"] == 20 * 4
        assert found["overall"]["difference_px"] == pytest.approx(-2.0)
        assert found["overall"]["low_px"] == pytest.approx(-2.0)
        assert [row["keypoint"] for row in found["by_keypoint"]] == [
            "nose",
            "left ear",
            "right ear",
            "tail base",
        ]
        assert found["labels_changed"] == 0
        frame = found["differ_most"][0]
        assert len(found["differ_most"]) == 12
        assert frame["video_id"] == video.pk
        assert frame["labels_px"][0][1] == [10, 20]
        assert frame["first_points_px"][0][1] == [13, 20, 0.75]
        assert frame["second_points_px"][0][1] == [11, 20, 0.75]
        assert compare(viewer, old, new).json() == found

    def test_frames_of_a_recording_that_is_gone_have_no_picture(self, video: Video, drafts: Path) -> None:
        old, new = pair(video, drafts)
        video.recording.delete()
        found = compare(owner_of(old.project), old, new).json()
        assert (found["frames"], found["differ_most"]) == (20, [])


class TestRefusals:
    def test_a_model_with_itself(self, video: Video, drafts: Path) -> None:
        old, _ = pair(video, drafts)
        answer = compare(owner_of(old.project), old, old)
        assert (answer.status_code, "two different" in answer.json()["detail"]) == (422, True)

    def test_no_common_frames(self, video: Video, drafts: Path) -> None:
        old, _ = pair(video, drafts)
        far = with_answers(trained_model(old.project), held_out(video, [90], 1.0), drafts / "far")
        answer = compare(owner_of(old.project), old, far)
        assert (answer.status_code, answer.json()["code"]) == (422, "not_comparable")

    def test_models_of_before_say_how_to_compare_them(self, video: Video, drafts: Path) -> None:
        old, _ = pair(video, drafts)
        before = trained_model(old.project)
        before.folder = storage.stored_name(storage.model_folder(before.pk))
        before.save()
        answer = compare(owner_of(old.project), old, before)
        assert (answer.status_code, answer.json()["code"]) == (422, "nothing_held_out")
        assert "Train it again" in answer.json()["detail"]

    def test_a_model_without_a_holdout(self, video: Video, drafts: Path) -> None:
        old, _ = pair(video, drafts)
        answer = compare(owner_of(old.project), old, trained_model(old.project, error_px=None))
        assert answer.json()["code"] == "nothing_held_out"

    def test_a_model_that_still_trains(self, video: Video, drafts: Path) -> None:
        old, _ = pair(video, drafts)
        training = trained_model(old.project, state=PoseModel.State.TRAINING)
        assert compare(owner_of(old.project), old, training).status_code == 409

    def test_a_damaged_file_is_told_without_its_folder(self, video: Video, drafts: Path) -> None:
        old, new = pair(video, drafts)
        file = storage.stored_path(new.folder) / "heldout.json"
        file.write_text("{")
        answer = compare(owner_of(old.project), old, new)
        assert (answer.status_code, answer.json()["code"]) == (422, "bad_heldout")
        assert str(storage.data_root()) not in answer.content.decode()

    def test_a_model_of_somebody_else_is_not_there(self, video: Video, drafts: Path) -> None:
        old, new = pair(video, drafts)
        stranger = make_user("stranger")
        own = trained_model(make_project(stranger, name="Own"))
        assert compare(stranger, own, new).status_code == 404
        assert compare(owner_of(old.project), old, own).status_code == 404

    def test_a_model_of_another_project(self, video: Video, drafts: Path) -> None:
        old, _ = pair(video, drafts)
        other = trained_model(make_project(owner_of(old.project), name="Another"))
        answer = compare(owner_of(old.project), old, other)
        assert (answer.status_code, "same project" in answer.json()["detail"]) == (422, True)


class TestModelOut:
    def test_lists_leave_out_what_only_one_page_shows(self, video: Video) -> None:
        row = {"video_id": video.pk, "frame_index": 3, "mean_px": 4.0}
        points = {"labels_px": [[[1.0, 2.0], None]], "points_px": [[[1.0, 2.0, 0.5], None]]}
        long = {"n": 1, "mean_px": 4.0, "worst": [row], "worst_by_keypoint": {"nose": []}}
        farthest = {"video_id": video.pk, "frame_index": 3, "individual": "animal 1", "distance_px": 9.0}
        model = trained_model(
            video.recording.project,
            metrics={"test": long, "worst": [row | points], "worst_by_keypoint": {"nose": [farthest]}},
            card={"stage_facts": {"validation": long, "individuals": ["animal 1"]}},
        )
        client = client_of(owner_of(model.project))
        one = client.get(f"/api/v1/models/{model.pk}").json()
        [listed] = client.get(f"/api/v1/projects/{model.project_id}/models").json()
        assert one["worst"] == [row | points]
        assert one["worst_by_keypoint"] == {"nose": [farthest]}
        assert one["metrics"] == listed["metrics"] == {"test": {"n": 1, "mean_px": 4.0}}
        assert one["card"]["stage_facts"]["validation"] == {"n": 1, "mean_px": 4.0}
        assert listed["worst"] == [row | {"labels_px": None, "points_px": None}]
        assert listed["worst_by_keypoint"] == {}

    def test_models_of_before_still_show(self, video: Video) -> None:
        row = {"video_id": video.pk, "frame_index": 3, "mean_px": 4.0}
        model = trained_model(video.recording.project, metrics={"test": {"n": 1}, "worst": [row]})
        found = client_of(owner_of(model.project)).get(f"/api/v1/models/{model.pk}").json()
        assert found["worst"] == [row | {"labels_px": None, "points_px": None}]
        assert found["worst_by_keypoint"] == {}
