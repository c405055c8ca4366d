"""The demo project of one camera: made once, whole, and its ready-made labels given on request."""

from __future__ import annotations

import shutil
import subprocess
import sys
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.management import call_command

from sbea_engine.errors import Cancelled
from sbea_engine.progress import Progress
from tests.webapp.factories import add_member, client_of, make_project, make_user, owner_of, send
from webapp.accounts.models import Role, User
from webapp.annotation.keypoints import Change, VisibilityName
from webapp.annotation.models import Instance, SuggestedFrame
from webapp.annotation.operations import LabelOperation, operations_apply
from webapp.jobs.errors import TooManyJobs
from webapp.projects.models import Project
from webapp.projects.services import project_update
from webapp.recordings import storage
from webapp.recordings.models import Video
from webapp.recordings.services import recording_rename
from workers import demo as demo_module
from workers.demo import DemoPlan, administrator, demo_ensure
from workers.demo_rig import TAKES, demo_rig_ensure

pytestmark = pytest.mark.django_db(transaction=True)

SMALL = DemoPlan(recipe="tiny", seconds=2, labels=10, suggested=3)


@pytest.fixture(autouse=True)
def _nothing_rendered() -> Iterator[None]:
    yield
    shutil.rmtree(storage.media_folder("originals", SMALL.folder_name), ignore_errors=True)
    shutil.rmtree(storage.data_root() / "jobs" / SMALL.folder_name, ignore_errors=True)


class TestEnsure:
    def test_whole_and_once(self) -> None:
        project = demo_ensure(plan=SMALL)
        video = Video.objects.get()
        assert project.is_demo
        assert (video.state, video.frame_count, video.width) == ("ready", 30, 160)
        assert SuggestedFrame.objects.filter(video=video).count() == 3
        assert not Instance.objects.exists()
        admin = User.objects.get(is_superuser=True)
        assert owner_of(project) == admin
        assert demo_ensure(plan=SMALL) == project
        assert Project.objects.count() == 1

    def test_stopped_while_rendering_or_reading(self) -> None:
        def stop_at(stage: str) -> Any:
            def report(progress: Progress) -> None:
                if progress.stage == stage:
                    raise Cancelled

            return report

        for stage in ("render", "write proxy"):
            with pytest.raises(Cancelled):
                demo_ensure(plan=SMALL, on_progress=stop_at(stage))
            assert not Project.objects.exists()
        seen: list[str] = []
        demo_ensure(plan=SMALL, on_progress=lambda progress: seen.append(progress.stage))
        assert "render" not in seen  # the recording was there already
        assert Project.objects.count() == 1

    def test_the_administrator_who_is_there_becomes_the_owner(self) -> None:
        admin = User.objects.create_superuser("boss@example.org")
        assert owner_of(demo_ensure(plan=SMALL)) == admin

    def test_the_command_starts_no_process_where_nothing_is_missing(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        started: list[Any] = []

        def start(command: Any, **_: Any) -> subprocess.CompletedProcess[bytes]:
            started.append(command)
            return subprocess.CompletedProcess(command, 0)

        monkeypatch.setattr(subprocess, "run", start)
        demo_ensure(plan=SMALL)
        call_command("demo")
        assert len(started) == 1  # the rigs are missing
        for name, take in TAKES.items():
            demo_rig_ensure(by=administrator(), name=name, take=take)
        call_command("demo")
        assert len(started) == 1

    def test_one_that_was_renamed_is_found_and_another_demo_is_not_taken_for_it(self) -> None:
        make_project(name="Demo: something else", is_demo=True)
        project = demo_ensure(plan=SMALL)
        project_update(project=project, by=owner_of(project), name="My mouse")
        assert demo_ensure(plan=SMALL) == project

    def test_a_refusal_of_the_site_is_told_in_a_line(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def refuse(**_: Any) -> Project:
            raise TooManyJobs("Too many jobs.")

        monkeypatch.setattr(demo_module, "demo_ensure", refuse)
        with pytest.raises(SystemExit, match=r"^The demo projects could not be made: Too many jobs\.$"):
            demo_module.main()


class TestLabels:
    def test_given_once_and_hand_work_stays(self) -> None:
        project = demo_ensure(plan=SMALL)
        owner, video = owner_of(project), Video.objects.get()
        client = client_of(owner)
        url = f"/api/v1/projects/{project.pk}/demo-labels"
        mine = LabelOperation(
            uuid=uuid.uuid4(),
            frame_index=1,
            animal_id=project.animals.get().pk,
            base_rev=0,
            keypoint=0,
            change=Change(x=1.0, y=2.0, visibility=VisibilityName.VISIBLE),
        )
        operations_apply(video=video, operations=[mine], by=owner)
        assert send(client, "POST", url).json() == {"frames": 10}
        assert Instance.objects.filter(video=video, placed_count__gt=0).count() == 10
        frame = Instance.objects.get(video=video, frame_index=1)
        assert (frame.keypoints[0]["x"], frame.keypoints[0]["origin"]) == (1.0, "human")
        assert {k["origin"] for k in frame.keypoints[1:]} == {"demo"}
        assert send(client, "POST", url).json() == {"frames": 0}

    def test_a_recording_that_was_renamed_gets_them_too(self) -> None:
        project = demo_ensure(plan=SMALL)
        owner = owner_of(project)
        recording_rename(recording=project.recordings.get(), name="My first mouse", by=owner)
        answer = send(client_of(owner), "POST", f"/api/v1/projects/{project.pk}/demo-labels")
        assert answer.json() == {"frames": 10}

    def test_only_for_demo_projects_and_who_may_label(self) -> None:
        project = make_project()
        url = f"/api/v1/projects/{project.pk}/demo-labels"
        assert send(client_of(owner_of(project)), "POST", url).status_code == 422
        assert send(client_of(add_member(project, Role.VIEWER)), "POST", url).status_code == 403
        assert send(client_of(make_user()), "POST", url).status_code == 404


def test_importing_it_loads_no_engine() -> None:
    check = "import sys, workers.demo; assert 'torch' not in sys.modules and 'av' not in sys.modules"
    subprocess.run([sys.executable, "-c", check], check=True)
    assert demo_module.DemoPlan().folder_name == "demo-solo-20s-7"
