"""Views of a recording that is there: added, renamed, put in order, removed."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import override_settings

from tests.webapp.factories import client_of, make_job, make_project, owner_of, send
from tests.webapp.recordings.factories import make_calibration, pretend_recording
from webapp.api.errors import NotFound
from webapp.jobs.models import Job
from webapp.jobs.task_names import JobKind
from webapp.recordings import storage
from webapp.recordings.calibrations import calibration_assign
from webapp.recordings.models import Recording, Video
from webapp.recordings.services import hold
from webapp.recordings.view_changes import view_remove, view_rename

pytestmark = pytest.mark.django_db


@pytest.fixture
def recording() -> Recording:
    return pretend_recording(make_project(), {"top": 10, "side": 10})


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    for name in ("a.mp4", "b.mp4"):
        (tmp_path / name).write_bytes(b"x")
    with override_settings(SBEA_MEDIA_ROOTS=(tmp_path,)):
        yield tmp_path


def call(recording: Recording, method: str, path: str, body: Any = None) -> Any:
    return send(client_of(owner_of(recording.project)), method, f"/api/v1{path}", body)


def views(recording: Recording) -> list[str]:
    return [video.view for video in Recording.objects.get(pk=recording.pk).videos.all()]


class TestRegister:
    def test_several_files_are_views_in_the_order_given(self, folder: Path) -> None:
        project = make_project()
        sources = [
            {"view": "top", "path": str(folder / "b.mp4")},
            {"view": "side", "path": str(folder / "a.mp4")},
        ]
        body = {"name": "take 3", "sources": sources}
        url = f"/api/v1/projects/{project.pk}/recordings"
        answer = send(client_of(owner_of(project)), "POST", url, body)
        assert answer.status_code == 202
        assert [video["view"] for video in answer.json()["recording"]["videos"]] == ["top", "side"]
        assert len(answer.json()["job_ids"]) == 2

    @pytest.mark.parametrize(("second", "path"), [("TOP", "b.mp4"), ("side", "a.mp4")])
    def test_a_name_or_a_file_twice_leaves_nothing(self, folder: Path, second: str, path: str) -> None:
        project = make_project()
        sources = [
            {"view": "top", "path": str(folder / "a.mp4")},
            {"view": second, "path": str(folder / path)},
        ]
        url = f"/api/v1/projects/{project.pk}/recordings"
        answer = send(client_of(owner_of(project)), "POST", url, {"name": "take", "sources": sources})
        assert (answer.status_code, answer.json()["code"]) == (422, "bad_recording")
        assert not Recording.objects.exists()
        assert not Job.objects.exists()


class TestAdd:
    def add(self, recording: Recording, **body: str) -> Any:
        return call(recording, "POST", f"/recordings/{recording.pk}/views", body)

    def test_it_comes_last_and_is_read(self, recording: Recording, folder: Path) -> None:
        answer = self.add(recording, view="bottom", path=str(folder / "a.mp4"))
        assert answer.status_code == 202
        assert views(recording) == ["top", "side", "bottom"]
        job = Job.objects.get(pk=answer.json()["job_ids"][0])
        assert job.params == {"video_id": Video.objects.get(view="bottom").pk}

    @pytest.mark.parametrize(
        ("view", "file", "status", "code"),
        [
            ("Side", "a.mp4", 409, "name_taken"),
            ("a\0b", "a.mp4", 422, "bad_recording"),
            ("x", "none.mp4", 403, "path_not_allowed"),
        ],
    )
    def test_refusals(
        self, recording: Recording, folder: Path, view: str, file: str, status: int, code: str
    ) -> None:
        answer = self.add(recording, view=view, path=str(folder / file))
        assert (answer.status_code, answer.json()["code"]) == (status, code)
        assert views(recording) == ["top", "side"]

    def test_not_the_same_file_twice(self, recording: Recording, folder: Path) -> None:
        self.add(recording, view="x", path=str(folder / "a.mp4"))
        answer = self.add(recording, view="y", path=str(folder / "a.mp4"))
        assert "already: 'x'" in answer.json()["detail"]

    def test_offsets_of_the_others_stay_and_it_starts_with_the_earliest(
        self, recording: Recording, folder: Path
    ) -> None:
        call(recording, "PUT", f"/recordings/{recording.pk}/sync", {"offsets": {"side": 5}})
        self.add(recording, view="new", path=str(folder / "a.mp4"))
        ready = {"state": Video.State.READY, "frame_count": 3, "proxy_version": "0123abcd"}
        Video.objects.filter(view="new").update(**ready)
        sync = call(recording, "GET", f"/recordings/{recording.pk}").json()["sync"]
        assert sync["views"] == {"top": [[0, 0, 10]], "side": [[5, 0, 10]], "new": [[0, 0, 3]]}


class TestRename:
    def rename(self, recording: Recording, old: str, new: str) -> Any:
        video = recording.videos.get(view=old)
        return call(recording, "PATCH", f"/videos/{video.pk}", {"view": new})

    @pytest.mark.parametrize(
        "sync",
        [{"offsets": {"side": 5}}, {"table": {"ticks": 10, "views": {"side": [[5, 0, 5]], "top": []}}}],
    )
    def test_the_sync_follows(self, recording: Recording, sync: Any) -> None:
        before = call(recording, "PUT", f"/recordings/{recording.pk}/sync", sync).json()["sync"]["views"]
        assert self.rename(recording, "side", " ring  1 ").json()["view"] == "ring 1"
        after = call(recording, "GET", f"/recordings/{recording.pk}").json()
        assert after["sync"]["views"] == {"top": before["top"], "ring 1": before["side"]}
        assert all(view["sync_problem"] is None for view in after["views"])

    def test_two_at_once_leave_the_sync_with_the_name_that_stands(self, recording: Recording) -> None:
        call(recording, "PUT", f"/recordings/{recording.pk}/sync", {"offsets": {"side": 5}})
        first, second = (recording.videos.get(view="side") for _ in range(2))
        for video, name in ((first, "left"), (second, "right")):
            view_rename(video=video, name=name, by=owner_of(recording.project))
        sync = call(recording, "GET", f"/recordings/{recording.pk}").json()["sync"]
        assert sync["views"] == {"top": [[0, 0, 10]], "right": [[5, 0, 10]]}

    def test_one_that_was_removed_meanwhile(self, recording: Recording) -> None:
        video, gone = (recording.videos.get(view="side") for _ in range(2))
        view_remove(video=video, by=owner_of(recording.project))
        with pytest.raises(NotFound):
            view_rename(video=gone, name="new", by=owner_of(recording.project))
        with pytest.raises(NotFound):
            view_remove(video=gone, by=owner_of(recording.project))
        assert views(recording) == ["top"]
        top = recording.videos.get()
        recording.delete()
        with pytest.raises(NotFound):
            view_rename(video=top, name="new", by=owner_of(recording.project))

    def test_taken_and_its_own_in_another_case(self, recording: Recording) -> None:
        assert self.rename(recording, "side", "TOP").json()["code"] == "name_taken"
        assert self.rename(recording, "side", "SIDE").status_code == 200
        assert views(recording) == ["top", "SIDE"]

    def test_not_while_a_job_knows_it_by_name(self, recording: Recording) -> None:
        make_job(recording.project, kind=JobKind.PROJECT_EXPORT)
        assert self.rename(recording, "side", "new").json()["code"] == "recording_in_use"


class TestOrder:
    def test_another_order(self, recording: Recording) -> None:
        ids = [video.pk for video in recording.videos.all()][::-1]
        answer = call(recording, "PUT", f"/recordings/{recording.pk}/views/order", {"video_ids": ids})
        assert [view["view"] for view in answer.json()["views"]] == ["side", "top"]
        assert list(answer.json()["sync"]["views"]) == ["side", "top"]

    @pytest.mark.parametrize("change", [lambda ids: ids[:1], lambda ids: [*ids, 0], lambda ids: [ids[0]] * 2])
    def test_each_view_once(self, recording: Recording, change: Any) -> None:
        ids = change([video.pk for video in recording.videos.all()])
        answer = call(recording, "PUT", f"/recordings/{recording.pk}/views/order", {"video_ids": ids})
        assert (answer.status_code, views(recording)) == (422, ["top", "side"])


class TestRemove:
    def remove(self, recording: Recording, view: str) -> Any:
        return call(recording, "DELETE", f"/videos/{recording.videos.get(view=view).pk}")

    def test_it_goes_with_its_files_and_the_others_keep_their_ticks(
        self, recording: Recording, django_capture_on_commit_callbacks: Any
    ) -> None:
        call(recording, "PUT", f"/recordings/{recording.pk}/sync", {"offsets": {"side": 5}})
        files = storage.video_folder(recording.videos.get(view="top").pk)
        files.mkdir(parents=True, exist_ok=True)  # ids come again from test to test
        with django_capture_on_commit_callbacks(execute=True):
            assert self.remove(recording, "top").status_code == 204
        assert not files.exists()
        sync = call(recording, "GET", f"/recordings/{recording.pk}").json()["sync"]
        assert sync == {"ticks": 15, "views": {"side": [[5, 0, 10]]}}

    def test_renamed_meanwhile_it_leaves_no_tick_behind(self, recording: Recording) -> None:
        call(recording, "PUT", f"/recordings/{recording.pk}/sync", {"offsets": {"side": 5}})
        renamed, removed = (recording.videos.get(view="side") for _ in range(2))
        view_rename(video=renamed, name="left", by=owner_of(recording.project))
        view_remove(video=removed, by=owner_of(recording.project))
        recording.refresh_from_db()
        assert recording.sync_offsets == {"top": 0}

    def test_a_table_follows(self, recording: Recording) -> None:
        table = {"ticks": 10, "views": {"side": [[5, 0, 5]], "top": [[0, 0, 10]]}}
        call(recording, "PUT", f"/recordings/{recording.pk}/sync", {"table": table})
        self.remove(recording, "top")
        sync = call(recording, "GET", f"/recordings/{recording.pk}").json()["sync"]
        assert sync == {"ticks": 10, "views": {"side": [[5, 0, 5]]}}

    def test_not_the_last_one(self, recording: Recording) -> None:
        self.remove(recording, "top")
        answer = self.remove(recording, "side")
        assert (answer.status_code, answer.json()["code"]) == (422, "bad_recording")
        assert "Delete the recording" in answer.json()["detail"]

    def test_not_while_a_job_reads_it(self, recording: Recording) -> None:
        side = recording.videos.get(view="side")
        make_job(recording.project, kind=JobKind.VIDEO_SUGGEST, params={"video_id": side.pk})
        assert self.remove(recording, "side").json()["code"] == "recording_in_use"
        assert self.remove(recording, "top").status_code == 204

    def test_not_while_a_job_reads_the_whole_recording(self, recording: Recording) -> None:
        make_job(recording.project, kind=JobKind.VIDEO_SUGGEST, params={"recording_id": recording.pk})
        assert self.remove(recording, "top").json()["code"] == "recording_in_use"


@pytest.mark.django_db(transaction=True)
def test_a_calibration_given_meanwhile_and_a_new_name_do_not_wait_for_each_other(
    recording: Recording,
) -> None:
    """One holds the project and goes for the recording; PostgreSQL ends one of two that wait crosswise."""
    owner, calibration = owner_of(recording.project), make_calibration(recording.project, "top", "left")
    video, faults = recording.videos.get(view="side"), []

    def rename() -> None:
        try:
            view_rename(video=video, name="left", by=owner)
        except Exception as fault:
            faults.append(fault)
        finally:
            connection.close()

    other = threading.Thread(target=rename)
    with transaction.atomic():
        hold(recording.project)
        other.start()
        wait_for_a_waiting_one()
        calibration_assign(recording=recording, calibration=calibration, by=owner)
    other.join()
    assert faults == []
    assert views(recording) == ["top", "left"]
    assert Recording.objects.get(pk=recording.pk).calibration == calibration


def wait_for_a_waiting_one() -> None:
    """Until another connection waits for a row; on SQLite it waits for the file, before its first row."""
    if connection.vendor != "postgresql":
        return
    here = "datname = current_database()"
    waiting = f"SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND {here}"
    for _ in range(3000):
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_stat_clear_snapshot()")
            cursor.execute(waiting)
            if cursor.fetchone()[0]:
                return
        time.sleep(0.01)
    raise AssertionError("nobody waits")
