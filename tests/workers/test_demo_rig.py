"""The demo rig: rendered by a job, whole and once, and good for the way from labels to 3D."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import sbea_engine.synth
from sbea_engine.data.camera import CameraGroup
from sbea_engine.errors import Cancelled
from sbea_engine.io.poses3d_store import open_poses3d
from sbea_engine.progress import Progress
from sbea_engine.synth import Truth, load_recipe, load_truth, render_recording
from tests.webapp.factories import client_of, make_user, owner_of, send
from tests.workers.project_rows import finish
from webapp.accounts.models import Membership, Role
from webapp.annotation.models import Instance, SuggestedFrame
from webapp.jobs.models import Job
from webapp.jobs.services import job_cancel
from webapp.jobs.task_names import JobKind
from webapp.projects.demo import demo_is_whole
from webapp.projects.models import Animal, Project
from webapp.recordings import storage
from webapp.recordings.matching import match_cameras
from webapp.recordings.models import Calibration, Recording, Video
from webapp.recordings.services import recording_delete
from webapp.recordings.sync import sync_of
from webapp.results.models import PoseResult
from webapp.results.reconstructions.services import reconstruction_start
from webapp.results.services import predictions_start
from webapp.training.services import TrainingRequest, pose_model_train
from workers.demo import DemoPlan, administrator, demo_ensure
from workers.demo_rig import TAKES, DemoTake, demo_rig_ensure, render_takes
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
def films(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[DemoTake, Path]]:
    """One mouse and two, in small views that start late and lose frames; rendered once for all tests."""
    home = tmp_path_factory.mktemp("films")
    made = []
    for name, source in (("alone", "tiny"), ("together", "tiny-dyad")):
        recipe = home / f"{name}.toml"
        recipe.write_text((RECIPES / f"{source}.toml").read_text() + LATE)
        take = DemoTake(name=name, recipe=str(recipe), cameras=3, seconds=2, labels=LABELS, suggested=2)
        render_recording(
            load_recipe(recipe), cameras=3, seconds=2, seed=take.seed, labels=LABELS, out=home / name
        )
        made.append((take, home / name))
    return made


@pytest.fixture
def takes(films: list[tuple[DemoTake, Path]]) -> Iterator[list[DemoTake]]:
    """They lie where the job looks for what it has rendered before."""
    for take, film in films:
        shutil.copytree(film, folder_of(take))
    yield [take for take, _ in films]
    for take, _ in films:
        shutil.rmtree(folder_of(take), ignore_errors=True)
    shutil.rmtree(storage.media_folder("demo"), ignore_errors=True)


def folder_of(take: DemoTake) -> Path:
    return storage.media_folder("originals", take.folder_name)


def job_of(project: Project) -> Job:
    """The one rendering of the project."""
    return Job.objects.get(project=project, kind=JobKind.DEMO_RENDER)


def rendered_rig(takes: list[DemoTake]) -> Project:
    """The project with its recordings, as the worker makes them."""
    project = demo_rig_ensure(by=administrator(), takes=takes)
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
    def test_recordings_come_with_clock_and_calibration(self, takes: list[DemoTake]) -> None:
        project = rendered_rig(takes)
        read_all(project)
        recordings = list(project.recordings.order_by("pk"))
        assert [row.name for row in recordings] == ["alone", "together"]
        assert Calibration.objects.count() == 1  # one rig filmed both
        assert Animal.objects.filter(project=project).count() == 2
        for recording, take in zip(recordings, takes, strict=True):
            truth = truth_of(take)
            videos = list(recording.videos.all())
            assert [video.view for video in videos] == list(truth.views)
            assert {video.state for video in videos} == {"ready"}
            sync = sync_of(recording)
            assert (sync.source, sync.problems) == ("table", {})
            np.testing.assert_array_equal(sync.table().frames, truth.sync.frames)
            assert (truth.sync.frames < 0).any()
            cameras = CameraGroup.from_dict(recording.calibration.cameras)  # type: ignore[union-attr]
            assert match_cameras(cameras, videos).usable == tuple(truth.views)

    def test_a_moment_is_suggested_in_every_view_that_shows_it(self, takes: list[DemoTake]) -> None:
        project = rendered_rig(takes)
        sync = truth_of(takes[0]).sync
        shown: dict[int, set[str]] = {}
        for row in SuggestedFrame.objects.filter(video__recording__name="alone").select_related("video"):
            (at,) = np.flatnonzero(sync.frames_of(row.video.view) == row.frame_index)
            shown.setdefault(int(at), set()).add(row.video.view)
        assert len(shown) == 2
        for tick, views in shown.items():
            assert views == {view for view in sync.views if sync.frames_of(view)[tick] >= 0}
        assert project.is_demo

    def test_labels_of_every_view_for_whoever_asks_before_the_videos_are_read(
        self, takes: list[DemoTake]
    ) -> None:
        project = demo_rig_ensure(by=administrator(), takes=takes)
        client, url = client_of(owner_of(project)), f"/api/v1/projects/{project.pk}/demo-labels"
        early = send(client, "POST", url)
        assert early.status_code == 422
        assert "still being rendered" in early.json()["detail"]
        finish(render_demo, job_of(project))
        assert send(client, "POST", url).json() == {"frames": 2 * 3 * LABELS}
        assert send(client, "POST", url).json() == {"frames": 0}
        placed = Instance.objects.filter(placed_count__gt=0)
        assert placed.filter(video__recording__name="alone").count() == 3 * LABELS
        assert placed.filter(video__recording__name="together").count() == 2 * 3 * LABELS
        nobody = Instance.objects.filter(video__recording__name="alone", animal__slot=1)
        seen = {keypoint["visibility"] for row in nobody for keypoint in row.keypoints}
        assert (nobody.count(), seen) == (3 * LABELS, {"absent"})
        self.compare_with_truth(truth_of(takes[1]))

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
    def test_what_was_stopped_while_rendering_goes_on_after_the_last_whole_take(
        self, takes: list[DemoTake]
    ) -> None:
        shutil.rmtree(folder_of(takes[1]))
        stages: list[str] = []

        def stop(progress: Progress) -> None:
            stages.append(progress.stage)
            if progress.stage.startswith("render") and progress.done > 5:
                raise Cancelled

        with pytest.raises(Cancelled):
            render_takes(takes, stop)
        assert stages[-1] == "render: together (2 of 2)"
        assert not any("render: alone" in stage for stage in stages)
        assert folder_of(takes[0]).is_dir()
        assert not folder_of(takes[1]).exists()

    def test_a_second_message_and_a_second_start_double_nothing(self, takes: list[DemoTake]) -> None:
        project = rendered_rig(takes)
        before = set(Video.objects.values_list("pk", flat=True))
        Job.objects.filter(pk=job_of(project).pk).update(state="queued", worker="")
        finish(render_demo, job_of(project))
        assert set(Video.objects.values_list("pk", flat=True)) == before
        assert demo_rig_ensure(by=administrator(), takes=takes) == project
        assert Job.objects.filter(kind=JobKind.DEMO_RENDER).count() == 1

    def test_deleted_recordings_do_not_come_back(self, takes: list[DemoTake]) -> None:
        project = rendered_rig(takes)
        read_all(project)
        recording_delete(recording=project.recordings.get(name="alone"), by=owner_of(project))
        demo_rig_ensure(by=administrator(), takes=takes)
        assert [row.name for row in Recording.objects.all()] == ["together"]
        assert not Job.objects.filter(kind=JobKind.DEMO_RENDER).exclude(state="done").exists()

    def test_a_cancelled_rendering_is_started_anew(self, takes: list[DemoTake]) -> None:
        project = demo_rig_ensure(by=administrator(), takes=takes)
        job_cancel(job=job_of(project), by=owner_of(project))
        assert not demo_is_whole()
        assert demo_rig_ensure(by=administrator(), takes=takes) == project
        waiting = Job.objects.get(kind=JobKind.DEMO_RENDER, state="queued")
        finish(render_demo, waiting)
        assert project.recordings.count() == 2

    def test_the_owner_starts_it_where_the_administrator_has_left_the_project(
        self, takes: list[DemoTake]
    ) -> None:
        project = demo_rig_ensure(by=administrator(), takes=takes)
        job_cancel(job=job_of(project), by=owner_of(project))
        heir = make_user()
        Membership.objects.filter(project=project).delete()
        Membership.objects.create(project=project, user=heir, role=Role.OWNER)
        demo_rig_ensure(by=administrator(), takes=takes)
        assert Job.objects.get(kind=JobKind.DEMO_RENDER, state="queued").created_by == heir

    def test_a_demo_of_an_earlier_release_is_carried_on(self, takes: list[DemoTake]) -> None:
        small = DemoPlan(recipe="tiny", seconds=2, labels=10, suggested=3)
        old = demo_ensure(plan=small)
        client = client_of(owner_of(old))
        assert send(client, "POST", f"/api/v1/projects/{old.pk}/demo-labels").json() == {"frames": 10}
        labels = list(Instance.objects.values_list("pk", "keypoints"))
        rig = rendered_rig(takes)
        assert rig != old
        assert demo_ensure(plan=small) == old
        assert list(Instance.objects.values_list("pk", "keypoints")) == labels
        assert Project.objects.count() == 2
        assert demo_is_whole()
        shutil.rmtree(storage.media_folder("originals", small.folder_name))


@pytest.mark.slow
def test_from_the_demo_labels_to_3d(takes: list[DemoTake]) -> None:
    """All that a newcomer does; the 3D is far nearer to the truth than the middle of the arena is."""
    project = rendered_rig(takes)
    read_all(project)
    owner = owner_of(project)
    send(client_of(owner), "POST", f"/api/v1/projects/{project.pk}/demo-labels")
    model = pose_model_train(
        project=project, request=TrainingRequest(preset="tiny", holdout="none"), by=owner
    )
    assert finish(train_pose, model.job).error is None
    model.refresh_from_db()
    recording = project.recordings.get(name="together")
    for predicted in predictions_start(model=model, recording=recording, by=owner):
        assert finish(predict_pose, predicted.job).error is None
    assert PoseResult.objects.filter(state="ready").count() == 3
    made = reconstruction_start(recording=recording, model=model, by=owner)
    assert finish(reconstruct_poses, made.job).error is None
    made.refresh_from_db()
    assert made.individuals == ["animal 1", "animal 2"]
    assert made.truth_error is not None
    assert made.truth_error["median_mm"] > 0
    found = open_poses3d(storage.stored_path(made.folder)).window().points_mm
    true_mm: Any = truth_of(takes[1]).points_mm
    error_mm = np.linalg.norm(found - true_mm, axis=-1)
    guess_mm = np.linalg.norm(true_mm - true_mm.mean(axis=(0, 1, 2)), axis=-1)
    assert np.nanmedian(error_mm) < np.median(guess_mm) / 3
    assert np.isfinite(error_mm).mean() > 0.3


def test_the_demo_shows_one_mouse_and_two_that_look_different_on_four_cameras() -> None:
    one, two = (load_recipe(take.recipe) for take in TAKES)
    assert [take.cameras for take in TAKES] == [4, 4]
    assert len(one.animals) == 1
    assert len({animal.coat for animal in two.animals}) == 2
    assert (one.arena, one.cameras) == (two.arena, two.cameras)
    assert one.sync.start_offset_s > 0
    assert one.sync.drop_share > 0
