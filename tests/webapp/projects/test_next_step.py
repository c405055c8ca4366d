"""The one next step, along the way of a project."""

from __future__ import annotations

import pytest

from tests.webapp.factories import make_job, make_project, owner_of
from tests.webapp.recordings.factories import make_calibration, pretend_recording
from tests.webapp.results.factories import predicted, ready_model
from webapp.accounts.capabilities import CAPABILITIES_OF
from webapp.jobs.task_names import JobKind
from webapp.projects.models import Project
from webapp.projects.next_step import ENOUGH_FRAMES, next_step
from webapp.projects.selectors import ProjectCounts
from webapp.recordings.models import Recording, Video
from webapp.results.models import PoseResult
from webapp.results.reconstructions.services import reconstruction_start
from webapp.training.models import LabelSnapshot, PoseModel

pytestmark = pytest.mark.django_db


def code(project: Project, *, frames: int = 0, role: str = "owner") -> str:
    counts = ProjectCounts(recordings=0, labelled_frames=frames, models=0, running_jobs=0)
    step = next_step(project=project, counts=counts, allowed=CAPABILITIES_OF[role])
    assert step.url.startswith(f"/projects/{project.slug}/")
    return step.code


def titled(project: Project) -> str:
    counts = ProjectCounts(recordings=0, labelled_frames=0, models=0, running_jobs=0)
    return next_step(project=project, counts=counts, allowed=CAPABILITIES_OF["owner"]).title


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


def test_a_demo_that_is_being_rendered_asks_for_patience() -> None:
    project = make_project()
    job = make_job(project, kind=JobKind.DEMO_RENDER)
    assert code(project) == "wait_for_demo"
    job.delete()
    assert code(project) == "add_recording"


def test_a_rig_leads_to_3d() -> None:
    project = make_project()
    model = ready_model(project)
    recording = pretend_recording(project, {"top": 40, "side": 40})
    assert "all views" not in titled(project)
    recording.calibration = make_calibration(project, "top", "side")
    recording.save()
    assert titled(project) == "Predict all views"
    predicted(model, recording, "top")
    assert code(project) == "check_results"
    predicted(model, recording, "side")
    assert code(project) == "reconstruct"
    assert code(project, role="viewer") == "check_results"
    reconstruction_start(recording=recording, model=model, by=owner_of(project))
    assert code(project) == "check_results"


def test_nobody_is_sent_where_the_role_does_not_lead() -> None:
    project = make_project()
    add_video(project, "ready")
    assert code(project, frames=ENOUGH_FRAMES, role="annotator") == "label"
    assert code(project, role="viewer") == "watch_labels"
    add_model(project)
    assert code(project, role="viewer") == "see_models"
