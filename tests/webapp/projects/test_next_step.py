"""The one next step, along the way of a project."""

from __future__ import annotations

import pytest

from tests.webapp.factories import make_job, make_project
from webapp.accounts.capabilities import CAPABILITIES_OF
from webapp.projects.models import Project
from webapp.projects.next_step import ENOUGH_FRAMES, next_step
from webapp.projects.selectors import ProjectCounts
from webapp.recordings.models import Recording, Video
from webapp.results.models import PoseResult
from webapp.training.models import LabelSnapshot, PoseModel

pytestmark = pytest.mark.django_db


def code(project: Project, *, frames: int = 0, role: str = "owner") -> str:
    counts = ProjectCounts(recordings=0, labelled_frames=frames, models=0, running_jobs=0)
    step = next_step(project=project, counts=counts, allowed=CAPABILITIES_OF[role])
    assert step.url.startswith(f"/projects/{project.slug}/")
    return step.code


def add_video(project: Project, state: str) -> Video:
    recording = Recording.objects.create(project=project, name=state)
    return Video.objects.create(recording=recording, source_path="/nowhere.mp4", state=state)


def add_model(project: Project) -> PoseModel:
    snapshot = LabelSnapshot.objects.create(
        project=project, folder="none", checksum="0" * 64, frame_count=1, point_count=1
    )
    return PoseModel.objects.create(
        project=project, name="m", snapshot=snapshot, skeleton=project.skeleton, preset="tiny", state="ready"
    )


def test_the_way_from_an_empty_project_to_its_results() -> None:
    project = make_project()
    assert code(project) == "add_recording"
    add_video(project, "ingesting")
    assert code(project) == "wait_for_ingest"
    video = add_video(project, "ready")
    assert code(project) == "label"
    assert code(project, frames=ENOUGH_FRAMES) == "train"
    training = make_job(project)
    assert code(project, frames=ENOUGH_FRAMES) == "watch_training"
    training.delete()
    model = add_model(project)
    assert code(project) == "predict"
    PoseResult.objects.create(project=project, model=model, video=video, state="ready")
    assert code(project) == "check_results"


def test_nobody_is_sent_where_the_role_does_not_lead() -> None:
    project = make_project()
    add_video(project, "ready")
    assert code(project, frames=ENOUGH_FRAMES, role="annotator") == "label"
    assert code(project, role="viewer") == "watch_labels"
    add_model(project)
    assert code(project, role="viewer") == "see_models"
