"""Asking for a training that goes on from a model: what it keeps and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sbea_engine.data import LabelSet
from tests.webapp.factories import client_of, make_job, make_project, owner_of, send
from tests.webapp.training.factories import trained_model
from tests.workers.project_rows import make_labelled_video
from webapp.accounts.capabilities import Capability
from webapp.jobs.models import Job, JobState
from webapp.jobs.task_names import JobKind
from webapp.projects.models import Project
from webapp.projects.next_step import next_step
from webapp.projects.selectors import project_counts
from webapp.recordings import storage
from webapp.recordings.errors import RecordingInUse
from webapp.recordings.models import Recording, Video
from webapp.recordings.services import recording_delete, recording_rename
from webapp.training.errors import BadTraining, ModelInUse, ModelNotReady
from webapp.training.learning import project_learning
from webapp.training.models import PoseModel
from webapp.training.selectors import video_ids_by_name
from webapp.training.services import TrainingRequest, pose_model_delete, pose_model_store, pose_model_train
from webapp.training.warm_start import start_of

pytestmark = pytest.mark.django_db
CHECKSUM = "a" * 64


@pytest.fixture
def project() -> Project:
    return make_labelled_video(make_project()).recording.project


def first_model(project: Project, **fields: Any) -> PoseModel:
    values: dict[str, Any] = {
        "config": {"preset": "fast", "seed": 3, "family": "pyramid", "minutes": 9},
        "card": {"weights_sha256": CHECKSUM},
        **fields,
    }
    return trained_model(project, **values)


def go_on(project: Project, start: PoseModel, **choices: Any) -> PoseModel:
    request = TrainingRequest(start_from=start.pk, **choices)
    return pose_model_train(project=project, request=request, by=owner_of(project))


def test_it_keeps_what_makes_the_network_and_the_holdout(project: Project) -> None:
    start = first_model(project, holdout="block:0.4-0.6")
    model = go_on(project, start, seed=5)
    assert (model.preset, model.holdout, model.parent_id) == ("fast", "block:0.4-0.6", start.pk)
    assert model.config == {"preset": "fast", "family": "pyramid", "seed": 5, "start_from": CHECKSUM}
    assert start_of(PoseModel.objects.get(pk=model.pk)) == start


def test_holding_nothing_out_is_a_choice(project: Project) -> None:
    assert go_on(project, first_model(project), holdout="none").holdout == "none"


@pytest.mark.parametrize(
    ("choice", "told"),
    [({"holdout": "last:0.4"}, "has learned the rest"), ({"preset": "tiny"}, "keeps that")],
)
def test_another_holdout_or_preset_is_refused(project: Project, choice: Any, told: str) -> None:
    with pytest.raises(BadTraining, match=told):
        go_on(project, first_model(project), **choice)
    assert PoseModel.objects.count() == 1


def test_a_model_that_is_not_trained_is_refused(project: Project) -> None:
    with pytest.raises(ModelNotReady):
        go_on(project, first_model(project, state=PoseModel.State.TRAINING))


def test_several_networks_are_refused(project: Project) -> None:
    with pytest.raises(BadTraining, match="several networks"):
        go_on(project, first_model(project, config={"preset": "fast", "members": 5}))


def test_a_model_of_another_project_is_not_there(project: Project) -> None:
    with pytest.raises(BadTraining, match="not in this project"):
        go_on(project, first_model(make_project()))


def test_a_model_is_in_use_while_another_goes_on_from_it(project: Project) -> None:
    start = first_model(project)
    go_on(project, start)
    with pytest.raises(ModelInUse):
        pose_model_delete(model=start, by=owner_of(project))


def test_a_model_that_was_removed_is_named_as_the_reason(project: Project) -> None:
    start = first_model(project)
    model = go_on(project, start)
    start.delete()
    with pytest.raises(ModelNotReady, match="was removed"):
        start_of(PoseModel.objects.get(pk=model.pk))


def test_it_is_no_point_of_the_learning_curve(project: Project) -> None:
    """It has been trained longer and is tested on other frames than one that starts anew."""
    cold = [first_model(project, labels=n, error_px=40 / n) for n in (10, 20)]
    warm = first_model(project, labels=40, config={"preset": "fast", "start_from": CHECKSUM})
    found = project_learning(project=project, visible_to=owner_of(project))
    assert [model.pk for model in found.models] == [model.pk for model in cold]
    assert found.left_out == 1
    like = project_learning(project=project, visible_to=owner_of(project), like=warm)
    assert warm.pk not in {model.pk for model in like.models}


def test_over_http(project: Project) -> None:
    start = first_model(project)
    client = client_of(owner_of(project))
    url = f"/api/v1/projects/{project.pk}/models"
    answer = send(client, "POST", url, {"start_from": start.pk})
    assert (answer.status_code, answer.json()["model"]["parent_id"]) == (202, start.pk)
    refused = send(client, "POST", url, {"start_from": start.pk, "holdout": "last:0.5"})
    assert (refused.status_code, refused.json()["code"]) == (422, "bad_training")


@pytest.mark.parametrize(
    ("choice", "told"),
    [
        ({"family": "two_stage"}, "family"),
        ({"members": 3}, "members"),
        ({"backbone": "resnet50"}, "backbone"),
    ],
)
def test_another_network_is_refused(project: Project, choice: Any, told: str) -> None:
    with pytest.raises(BadTraining, match=told):
        go_on(project, first_model(project), **choice)


def test_the_same_network_may_be_named(project: Project) -> None:
    assert go_on(project, first_model(project), family="pyramid").family == "pyramid"


def test_one_that_has_learned_a_video_called_otherwise_now_is_refused(project: Project) -> None:
    """By its name alone can be told what was learned; what was may never test what goes on from it."""
    name = next(iter(video_ids_by_name(project=project)))
    card = {"weights_sha256": CHECKSUM, "data": {"training_frames": {name: [1, 2]}}}
    start = first_model(project, card=card)
    assert go_on(project, start).parent == start
    recording = project.recordings.get()
    recording.name = "renamed"
    recording.save()
    with pytest.raises(BadTraining, match="no video of that name now"):
        go_on(project, first_model(project, card=card), name="another")


@pytest.fixture
def two(project: Project) -> tuple[Recording, Recording]:
    """A recording that is labelled, and one that is not."""
    (first,) = project.recordings.all()
    other = Recording.objects.create(project=project, name="other")
    view = first.videos.get().view
    Video.objects.create(recording=other, view=view, source_path="/nowhere.mp4", frame_count=30)
    return first, other


def rename(recording: Recording, name: str) -> None:
    recording_rename(recording=recording, name=name, by=owner_of(recording.project))


def handed_over(project: Project, tmp_path: Path) -> PoseModel:
    """A training of the project's labels that has ended, with a card that names what it learned."""
    model = pose_model_train(project=project, request=TrainingRequest(), by=owner_of(project))
    Job.objects.update(state=JobState.FAILED)
    learned = LabelSet.load(storage.stored_path(model.snapshot.folder)).frames
    names = {source.video: [source.index] for source in learned}
    (tmp_path / "made").mkdir()
    card = {"weights_sha256": CHECKSUM, "data": {"training_frames": names}}
    pose_model_store(model=model, folder=tmp_path / "made", card=card, metrics={})
    return model


@pytest.mark.django_db(transaction=True)
def test_one_that_has_learned_a_video_whose_name_another_has_is_refused(
    project: Project, two: tuple[Recording, Recording], tmp_path: Path
) -> None:
    """Of two recordings that swap names, what was learned would be looked for in the wrong one."""
    first, other = two
    start, name = handed_over(project, tmp_path), first.name
    rename(first, "between")
    rename(other, name)
    rename(first, "other")
    with pytest.raises(BadTraining, match="another video has that name now"):
        go_on(project, start)
    rename(first, "between")
    rename(other, "other")
    rename(first, name)
    assert go_on(project, start).parent == start


def test_a_model_is_in_use_while_it_is_asked_for_frames(project: Project) -> None:
    model = first_model(project)
    make_job(project, kind=JobKind.VIDEO_SUGGEST, params={"model_id": model.pk, "method": "model"})
    with pytest.raises(ModelInUse):
        pose_model_delete(model=model, by=owner_of(project))


def resting_training(project: Project) -> None:
    job = make_job(project, kind=JobKind.POSE_TRAIN)
    Job.objects.filter(pk=job.pk).update(state=JobState.PAUSED)


def test_a_recording_is_in_use_while_a_training_rests(project: Project) -> None:
    resting_training(project)
    recording = project.recordings.get()
    with pytest.raises(RecordingInUse):
        recording_delete(recording=recording, by=owner_of(project))
    with pytest.raises(RecordingInUse):
        recording_rename(recording=recording, name="other", by=owner_of(project))


def test_a_training_that_rests_is_the_next_step(project: Project) -> None:
    resting_training(project)
    Video.objects.update(state=Video.State.READY)
    counts = project_counts(project=project)
    step = next_step(project=project, counts=counts, allowed=frozenset(Capability))
    assert step.code == "resume_training"
