"""The demo rig: rendered by a job, whole and once, and good for the way from labels to 3D."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import sbea_engine.synth
from sbea_engine.data.camera import CameraGroup
from sbea_engine.errors import Cancelled
from sbea_engine.io.poses3d_store import open_poses3d
from sbea_engine.progress import Progress
from sbea_engine.synth import Truth, load_recipe, load_truth, render_recording
from tests.webapp.factories import add_member, client_of, make_user, owner_of, send
from tests.workers.project_rows import finish
from webapp.accounts.models import Membership, Role, User
from webapp.annotation.models import Instance, SuggestedFrame
from webapp.jobs.models import Job
from webapp.jobs.services import job_cancel
from webapp.jobs.task_names import JobKind
from webapp.projects.demo import demo_is_whole
from webapp.projects.demo_names import ONE_MOUSE, TWO_MICE
from webapp.projects.models import Project
from webapp.recordings import storage
from webapp.recordings.matching import match_cameras
from webapp.recordings.models import Recording, Video
from webapp.recordings.rendered_registration import recording_adopt_rendered
from webapp.recordings.services import recording_delete
from webapp.recordings.sync import sync_of
from webapp.results.models import PoseResult
from webapp.results.reconstructions.services import reconstruction_start
from webapp.results.services import predictions_start
from webapp.training.services import TrainingRequest, pose_model_train
from workers.demo import DemoPlan, administrator, demo_ensure
from workers.demo_rig import TAKES, DemoTake, demo_rig_ensure, render_take
from workers.demos import render_demo
from workers.predictions import predict_pose
from workers.reconstructions import reconstruct_poses
from workers.recordings import ingest_video
from workers.training import train_pose

pytestmark = pytest.mark.django_db(transaction=True)

RECIPES = Path(sbea_engine.synth.__file__).parent / "recipes"
LATE = "\n[sync]\nstart_offset_s = 0.3\ndrop_share = 0.1\n"
LABELS = 6


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> tuple[DemoTake, Path]:
    """Two mice in small views that start late and lose frames; rendered once for all tests."""
    home = tmp_path_factory.mktemp("films")
    recipe = home / "together.toml"
    recipe.write_text((RECIPES / "tiny-dyad.toml").read_text() + LATE)
    take = DemoTake(name="together", recipe=str(recipe), cameras=3, seconds=2, labels=LABELS, suggested=2)
    render_recording(
        load_recipe(recipe), cameras=3, seconds=2, seed=take.seed, labels=LABELS, out=home / "film"
    )
    return take, home / "film"


@pytest.fixture
def take(film: tuple[DemoTake, Path]) -> Iterator[DemoTake]:
    """It lies where the job looks for what was rendered before."""
    asked, rendered = film
    shutil.copytree(rendered, folder_of(asked))
    yield asked
    shutil.rmtree(folder_of(asked), ignore_errors=True)
    shutil.rmtree(storage.media_folder("demo"), ignore_errors=True)


def folder_of(take: DemoTake) -> Path:
    return storage.media_folder("originals", take.folder_name)


def job_of(project: Project) -> Job:
    """The one rendering of the project."""
    return Job.objects.get(project=project, kind=JobKind.DEMO_RENDER)


def start(take: DemoTake) -> Project:
    """The project, with the rendering waiting."""
    return demo_rig_ensure(by=administrator(), name=TWO_MICE, take=take)


def rendered_rig(take: DemoTake) -> Project:
    """The project with its recording, as the worker makes it."""
    project = start(take)
    job = finish(render_demo, job_of(project))
    assert job.error is None
    return project


def read_all(project: Project) -> None:
    """Ingest every view."""
    for job in Job.objects.filter(project=project, kind=JobKind.VIDEO_INGEST, state="queued"):
        assert finish(ingest_video, job).error is None


def truth_of(take: DemoTake) -> Truth:
    return load_truth(folder_of(take))


class TestRendered:
    def test_the_recording_comes_with_clock_and_calibration(self, take: DemoTake) -> None:
        project = rendered_rig(take)
        read_all(project)
        recording = project.recordings.get()
        truth, videos = truth_of(take), list(recording.videos.all())
        assert recording.name == "together"
        assert [animal.name for animal in project.animals.order_by("slot")] == ["animal 1", "animal 2"]
        assert [video.view for video in videos] == list(truth.views)
        assert {video.state for video in videos} == {"ready"}
        sync = sync_of(recording)
        assert (sync.source, sync.problems) == ("table", {})
        np.testing.assert_array_equal(sync.table().frames, truth.sync.frames)
        assert (truth.sync.frames < 0).any()
        cameras = CameraGroup.from_dict(recording.calibration.cameras)  # type: ignore[union-attr]
        assert match_cameras(cameras, videos).usable == tuple(truth.views)

    def test_the_calibration_is_called_as_the_rig_and_serves_every_take_of_it(self, take: DemoTake) -> None:
        project = rendered_rig(take)
        by = owner_of(project)
        folder = shutil.copytree(folder_of(take), storage.media_folder("originals", "second-take"))
        try:
            recording_adopt_rendered(project=project, folder=folder, name="another", rig="unused", by=by)
        finally:
            shutil.rmtree(folder)
        used = project.recordings.order_by("pk").values_list("name", "calibration__name")
        assert list(used) == [("together", "rig of 3 cameras"), ("another", "rig of 3 cameras")]

    def test_a_moment_is_suggested_in_every_view_that_shows_it(self, take: DemoTake) -> None:
        project = rendered_rig(take)
        sync = truth_of(take).sync
        shown: dict[int, set[str]] = {}
        rows = SuggestedFrame.objects.filter(video__recording__project=project)
        for row in rows.select_related("video"):
            (at,) = np.flatnonzero(sync.frames_of(row.video.view) == row.frame_index)
            shown.setdefault(int(at), set()).add(row.video.view)
        assert len(shown) == 2
        for tick, views in shown.items():
            assert views == {view for view in sync.views if sync.frames_of(view)[tick] >= 0}

    def test_labels_of_every_view_for_whoever_asks_before_the_videos_are_read(self, take: DemoTake) -> None:
        project = start(take)
        client, url = client_of(owner_of(project)), f"/api/v1/projects/{project.pk}/demo-labels"
        early = send(client, "POST", url)
        assert early.status_code == 422
        assert "not rendered yet. The Jobs page says" in early.json()["detail"]
        finish(render_demo, job_of(project))
        assert send(client, "POST", url).json() == {"frames": 3 * LABELS}
        assert send(client, "POST", url).json() == {"frames": 0}
        assert Instance.objects.filter(placed_count__gt=0).count() == 2 * 3 * LABELS
        self.compare_with_truth(truth_of(take))

    @staticmethod
    def compare_with_truth(truth: Truth) -> None:
        rows = Instance.objects.filter(video__recording__name="together").select_related("video", "animal")
        for row in rows:
            (tick,) = np.flatnonzero(truth.sync.frames_of(row.video.view) == row.frame_index)
            true_px = truth.views[row.video.view].points_px[tick, row.animal.slot]
            for k, keypoint in enumerate(row.keypoints):
                if keypoint["x"] is not None:
                    assert (keypoint["x"], keypoint["y"]) == pytest.approx(tuple(true_px[k]), abs=1e-3)


class TestOnce:
    def test_what_was_stopped_while_rendering_leaves_nothing_and_begins_anew(self, take: DemoTake) -> None:
        shutil.rmtree(folder_of(take))

        def stop(progress: Progress) -> None:
            if progress.done > 5:
                raise Cancelled

        with pytest.raises(Cancelled):
            render_take(take, stop)
        assert not folder_of(take).exists()
        assert render_take(take).labels.individuals == ("animal 1", "animal 2")

    def test_a_second_message_and_a_second_start_double_nothing(self, take: DemoTake) -> None:
        project = rendered_rig(take)
        before = set(Video.objects.values_list("pk", flat=True))
        Job.objects.filter(pk=job_of(project).pk).update(state="queued", worker="")
        finish(render_demo, job_of(project))
        assert set(Video.objects.values_list("pk", flat=True)) == before
        assert start(take) == project
        assert Job.objects.filter(kind=JobKind.DEMO_RENDER).count() == 1

    def test_a_deleted_recording_does_not_come_back(self, take: DemoTake) -> None:
        project = rendered_rig(take)
        read_all(project)
        recording_delete(recording=project.recordings.get(), by=owner_of(project))
        start(take)
        assert not Recording.objects.exists()
        assert not Job.objects.filter(kind=JobKind.DEMO_RENDER).exclude(state="done").exists()

    def test_a_cancelled_rendering_is_started_anew(self, take: DemoTake) -> None:
        project = start(take)
        job_cancel(job=job_of(project), by=owner_of(project))
        assert start(take) == project
        finish(render_demo, Job.objects.get(kind=JobKind.DEMO_RENDER, state="queued"))
        assert project.recordings.count() == 1

    def test_the_owner_starts_it_where_the_administrator_has_left_the_project(self, take: DemoTake) -> None:
        project = start(take)
        job_cancel(job=job_of(project), by=owner_of(project))
        heir = make_user()
        Membership.objects.filter(project=project).delete()
        Membership.objects.create(project=project, user=heir, role=Role.OWNER)
        start(take)
        assert Job.objects.get(kind=JobKind.DEMO_RENDER, state="queued").created_by == heir

    def test_an_owner_who_is_shut_out_starts_nothing_and_another_one_does(self, take: DemoTake) -> None:
        project = start(take)
        job_cancel(job=job_of(project), by=owner_of(project))
        User.objects.create_superuser("boss@example.org")  # a site keeps one
        User.objects.filter(pk=owner_of(project).pk).update(is_active=False)
        heir = add_member(project, Role.OWNER)
        assert start(take) == project
        assert Job.objects.get(kind=JobKind.DEMO_RENDER, state="queued").created_by == heir

    @pytest.mark.parametrize("left", ["shut out", "gone"])
    def test_without_an_owner_it_is_left_as_it_is_and_nothing_is_missing(
        self, take: DemoTake, left: str
    ) -> None:
        small = DemoPlan(recipe="tiny", seconds=2, labels=10, suggested=3)
        demo_ensure(plan=small)
        demo_rig_ensure(by=administrator(), name=ONE_MOUSE, take=TAKES[ONE_MOUSE])
        project = start(take)
        job_cancel(job=job_of(project), by=owner_of(project))
        assert not demo_is_whole()
        if left == "gone":
            project.memberships.all().delete()
        else:
            project.memberships.update(user=make_user(is_active=False))
        assert demo_is_whole()
        assert start(take) == project
        assert not Job.objects.filter(project=project).exclude(state="cancelled").exists()
        shutil.rmtree(storage.media_folder("originals", small.folder_name))

    def test_a_demo_of_an_earlier_release_is_carried_on(self, take: DemoTake) -> None:
        small = DemoPlan(recipe="tiny", seconds=2, labels=10, suggested=3)
        old = demo_ensure(plan=small)
        client = client_of(owner_of(old))
        assert send(client, "POST", f"/api/v1/projects/{old.pk}/demo-labels").json() == {"frames": 10}
        labels = list(Instance.objects.values_list("pk", "keypoints"))
        rig = rendered_rig(take)
        assert rig != old
        assert demo_ensure(plan=small) == old
        assert list(Instance.objects.values_list("pk", "keypoints")) == labels
        assert Project.objects.count() == 2
        assert not demo_is_whole()
        demo_rig_ensure(by=administrator(), name=ONE_MOUSE, take=TAKES[ONE_MOUSE])
        assert demo_is_whole()
        shutil.rmtree(storage.media_folder("originals", small.folder_name))


@pytest.mark.slow
def test_from_the_demo_labels_to_3d(take: DemoTake) -> None:
    """All that a newcomer does. So short a training places little: how well is for the benchmarks to say."""
    project = rendered_rig(take)
    read_all(project)
    owner = owner_of(project)
    send(client_of(owner), "POST", f"/api/v1/projects/{project.pk}/demo-labels")
    model = pose_model_train(
        project=project, request=TrainingRequest(preset="tiny", holdout="none"), by=owner
    )
    assert finish(train_pose, model.job).error is None
    model.refresh_from_db()
    recording = project.recordings.get()
    for predicted in predictions_start(model=model, recording=recording, by=owner):
        assert finish(predict_pose, predicted.job).error is None
    assert PoseResult.objects.filter(state="ready").count() == 3
    made = reconstruction_start(recording=recording, model=model, by=owner)
    assert finish(reconstruct_poses, made.job).error is None
    made.refresh_from_db()
    assert made.individuals == ["animal 1", "animal 2"]
    found, truth = open_poses3d(storage.stored_path(made.folder)).window(), truth_of(take)
    assert made.ticks_done == len(truth.points_mm)
    assert found.points_mm.shape == truth.points_mm.shape
    # The truth was found beside the videos, and the ticks that were not learnt from are measured against it.
    assert made.truth_error is not None
    assert made.truth_error["n"] > 0


def test_the_demo_shows_one_mouse_and_two_that_look_different_on_four_cameras() -> None:
    one, two = (load_recipe(TAKES[name].recipe) for name in (ONE_MOUSE, TWO_MICE))
    assert [take.cameras for take in TAKES.values()] == [4, 4]
    assert len(one.animals) == 1
    assert len({animal.coat for animal in two.animals}) == 2
    assert (one.arena, one.cameras) == (two.arena, two.cameras)
    assert one.sync.start_offset_s > 0
    assert one.sync.drop_share > 0
