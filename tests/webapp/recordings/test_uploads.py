"""Uploads that break off, repeat themselves, lie about their size, or come damaged."""

from __future__ import annotations

import fcntl
import hashlib
import io
import threading
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client, override_settings
from django.utils import timezone

from tests.webapp.factories import add_member, client_of, make_project, owner_of, send
from webapp.accounts.models import Role, User
from webapp.annotation.imports import import_start
from webapp.api.errors import Forbidden
from webapp.jobs.models import Job
from webapp.jobs.services import job_cancel
from webapp.jobs.signals import job_changed
from webapp.projects.models import Project
from webapp.recordings import storage, uploads
from webapp.recordings.errors import BadUpload, DiskFull, UploadConflict, UploadTooLarge
from webapp.recordings.models import Upload, Video

pytestmark = pytest.mark.django_db


@pytest.fixture
def project() -> Project:
    return make_project()


@pytest.fixture
def owner(project: Project) -> User:
    return owner_of(project)


def begin(project: Project, size: int = 10, filename: str = "mouse 1.mp4", purpose: str = "video") -> Upload:
    return uploads.upload_start(
        project=project, filename=filename, size=size, purpose=purpose, by=owner_of(project)
    )


def append(upload: Upload, data: bytes, offset: int | None = None, **more: Any) -> Upload:
    at = upload.offset if offset is None else offset
    return uploads.upload_append(upload=upload, offset=at, body=io.BytesIO(data), **more)


def whole_archive(project: Project) -> Upload:
    """A complete upload of a zip, of which nothing here looks inside."""
    upload = begin(project, filename="mice.zip", purpose="deeplabcut_zip")
    append(upload, b"0123456789")
    return uploads.upload_complete(upload=upload, by=owner_of(project))


class TestStart:
    @pytest.mark.parametrize(
        "name", ["a.exe", "a", "", ".mp4/", "a\n.mp4", "a\ud800.mp4", "x" * 300 + ".mp4"]
    )
    def test_names_that_are_no_video(self, project: Project, name: str) -> None:
        with pytest.raises(BadUpload):
            begin(project, filename=name)

    def test_a_path_becomes_its_last_part(self, project: Project) -> None:
        assert begin(project, filename="../../etc/C:\\x\\take.mp4").filename == "take.mp4"

    def test_empty(self, project: Project) -> None:
        with pytest.raises(BadUpload, match="empty"):
            begin(project, size=0)

    @override_settings(SBEA_MAX_UPLOAD_BYTES=100)
    def test_larger_than_allowed(self, project: Project) -> None:
        with pytest.raises(UploadTooLarge) as caught:
            begin(project, size=101)
        assert caught.value.data == {"limit": 100}

    def test_no_room(self, project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(storage, "free_bytes", lambda: 15)
        begin(project, size=15)
        with pytest.raises(DiskFull):
            begin(project, size=16)
        with pytest.raises(DiskFull):  # a zip needs its room twice
            begin(project, size=8, filename="a.zip", purpose="deeplabcut_zip")
        assert Upload.objects.count() == 1

    @pytest.mark.parametrize("role", [Role.ANNOTATOR, Role.REVIEWER, Role.VIEWER])
    def test_only_who_manages_data(self, project: Project, role: Role) -> None:
        with pytest.raises(Forbidden):
            uploads.upload_start(
                project=project, filename="a.mp4", size=1, purpose="video", by=add_member(project, role)
            )

    @pytest.mark.django_db(transaction=True)
    def test_forgotten_uploads_are_dropped(self, project: Project, owner: User) -> None:
        old, archive, imported = begin(project), whole_archive(project), whole_archive(project)
        import_start(project=project, path=None, upload_id=imported.pk, by=owner)
        video = begin(project)
        append(video, b"0123456789")
        uploads.upload_complete(upload=video, by=owner)
        Upload.objects.update(touched_at=timezone.now() - timedelta(days=8))
        new = begin(project)
        assert set(Upload.objects.all()) == {imported, video, new}
        assert not storage.upload_part(old.pk).exists()
        assert not storage.original_folder(archive.pk).exists()
        assert uploads.place_of(imported).exists()
        assert uploads.place_of(video).exists()


class TestAppend:
    def test_in_pieces(self, project: Project) -> None:
        upload = begin(project)
        append(upload, b"01234")
        append(upload, b"56789")
        assert storage.upload_part(upload.pk).read_bytes() == b"0123456789"
        assert upload.offset == 10

    @pytest.mark.parametrize("offset", [0, 4, 6, 10**17])
    def test_another_offset_is_refused_and_says_where_to_go_on(self, project: Project, offset: int) -> None:
        upload = begin(project)
        append(upload, b"01234")
        with pytest.raises(UploadConflict) as caught:
            append(upload, b"x", offset=offset)
        assert caught.value.data == {"offset": 5}
        assert storage.upload_part(upload.pk).read_bytes()[:5] == b"01234"

    def test_bytes_of_a_broken_connection_do_not_count(self, project: Project) -> None:
        upload = begin(project)
        append(upload, b"012")
        with storage.upload_part(upload.pk).open("ab") as file:
            file.write(b"rubbish")
        append(upload, b"3456789")
        assert storage.upload_part(upload.pk).read_bytes() == b"0123456789"

    def test_more_than_announced(self, project: Project) -> None:
        upload = begin(project)
        with pytest.raises(UploadTooLarge):
            append(upload, b"0" * 11)
        upload.refresh_from_db()
        assert upload.offset == 0
        append(upload, b"0" * 10)

    def test_damaged_on_the_way(self, project: Project) -> None:
        upload = begin(project)
        with pytest.raises(BadUpload, match="damaged"):
            append(upload, b"01234", sha256=hashlib.sha256(b"0123x").hexdigest())
        upload.refresh_from_db()
        assert upload.offset == 0
        append(upload, b"01234", sha256=hashlib.sha256(b"01234").hexdigest().upper())
        assert upload.offset == 5

    def test_two_at_once(self, project: Project) -> None:
        upload = begin(project)
        reading, release = threading.Event(), threading.Event()

        class Slow:
            done = False

            def read(self, size: int = -1, /) -> bytes:
                if self.done:
                    return b""
                self.done = True
                reading.set()
                release.wait(10)
                return b"01234"

        class Second:
            def read(self, size: int = -1, /) -> bytes:
                raise AssertionError("must not be read while the first one is")

        def meanwhile() -> None:
            reading.wait(10)
            try:
                with uploads._locked(upload):
                    outcome.append("entered")
            except UploadConflict:
                outcome.append("refused")
            release.set()

        outcome: list[str] = []
        other = threading.Thread(target=meanwhile)
        other.start()
        uploads.upload_append(upload=upload, offset=0, body=Slow())
        other.join()
        assert outcome == ["refused"]
        assert upload.offset == 5


class TestComplete:
    def test_a_video_becomes_a_recording_whose_ingest_is_queued(self, project: Project, owner: User) -> None:
        upload = begin(project)
        append(upload, b"0123456789")
        uploads.upload_complete(upload=upload, by=owner)
        video = Video.objects.get(recording__project=project)
        assert video.recording.name == "mouse 1"
        assert video.source_owned
        assert storage.stored_path(video.source_path).read_bytes() == b"0123456789"
        assert upload.job is not None
        assert upload.job.params == {"video_id": video.pk}
        assert not storage.upload_part(upload.pk).exists()

    def test_again_changes_nothing(self, project: Project, owner: User) -> None:
        upload = begin(project)
        append(upload, b"0123456789")
        first = uploads.upload_complete(upload=upload, by=owner)
        again = uploads.upload_complete(upload=Upload.objects.get(pk=upload.pk), by=owner)
        assert (again.recording_id, again.job_id) == (first.recording_id, first.job_id)
        assert Job.objects.count() == 1
        with pytest.raises(UploadConflict):
            append(again, b"more")

    def test_the_same_name_twice(self, project: Project, owner: User) -> None:
        for _ in range(3):
            upload = begin(project)
            append(upload, b"0123456789")
            uploads.upload_complete(upload=upload, by=owner)
        names = project.recordings.values_list("name", flat=True)
        assert list(names) == ["mouse 1", "mouse 1 (2)", "mouse 1 (3)"]

    def test_bytes_are_missing(self, project: Project, owner: User) -> None:
        upload = begin(project)
        append(upload, b"012")
        with pytest.raises(UploadConflict) as caught:
            uploads.upload_complete(upload=upload, by=owner)
        assert caught.value.data == {"offset": 3}
        assert Video.objects.count() == 0

    def test_the_file_is_gone(self, project: Project, owner: User) -> None:
        upload = begin(project)
        append(upload, b"0123456789")
        storage.upload_part(upload.pk).unlink()
        with pytest.raises(UploadConflict, match="Start it again"):
            uploads.upload_complete(upload=upload, by=owner)

    def test_a_failure_gives_the_bytes_back(
        self, project: Project, owner: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail(**_: Any) -> None:
            raise RuntimeError("no")

        upload = begin(project)
        append(upload, b"0123456789")
        monkeypatch.setattr(uploads, "video_from_upload", fail)
        with pytest.raises(RuntimeError):
            uploads.upload_complete(upload=upload, by=owner)
        monkeypatch.undo()
        uploads.upload_complete(upload=Upload.objects.get(pk=upload.pk), by=owner)
        assert Video.objects.count() == 1

    def test_the_server_died_between_the_file_and_the_rows(self, project: Project, owner: User) -> None:
        upload = begin(project)
        append(upload, b"0123456789")
        storage.move_into_place(storage.upload_part(upload.pk), uploads.place_of(upload))
        uploads.upload_complete(upload=Upload.objects.get(pk=upload.pk), by=owner)
        assert Upload.objects.get().state == "complete"
        assert storage.stored_path(Video.objects.get().source_path).read_bytes() == b"0123456789"

    def test_another_request_is_just_writing_the_rows(self, project: Project, owner: User) -> None:
        upload = begin(project)
        append(upload, b"0123456789")
        storage.move_into_place(storage.upload_part(upload.pk), uploads.place_of(upload))
        with uploads.place_of(upload).open("r+b") as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            with pytest.raises(UploadConflict, match="Another request"):
                uploads.upload_complete(upload=Upload.objects.get(pk=upload.pk), by=owner)
        assert Upload.objects.get().state == "receiving"
        uploads.upload_complete(upload=Upload.objects.get(pk=upload.pk), by=owner)
        assert Video.objects.count() == 1

    @pytest.mark.django_db(transaction=True)
    def test_whoever_hears_of_it_cannot_undo_it(self, project: Project, owner: User) -> None:
        def refuse(**_: Any) -> None:
            raise ConnectionError("nobody is there")

        upload = begin(project)
        append(upload, b"0123456789")
        job_changed.connect(refuse)
        try:
            done = send(client_of(owner), "POST", f"/api/v1/uploads/{upload.pk}/complete")
        finally:
            job_changed.disconnect(refuse)
        assert (done.status_code, done.json()["state"]) == (202, "complete")
        assert storage.stored_path(Video.objects.get().source_path).read_bytes() == b"0123456789"


@pytest.mark.django_db(transaction=True)
class TestDiscard:
    @staticmethod
    def discard(upload: Upload) -> Any:
        return send(client_of(upload.user), "DELETE", f"/api/v1/uploads/{upload.pk}")

    def test_one_that_is_being_received(self, project: Project) -> None:
        upload = begin(project)
        assert self.discard(upload).status_code == 204
        assert not storage.upload_part(upload.pk).exists()
        assert not Upload.objects.exists()

    def test_one_that_is_damaged(self, project: Project) -> None:
        upload = begin(project)
        append(upload, b"0123")
        storage.upload_part(upload.pk).write_bytes(b"")
        assert self.discard(upload).status_code == 204
        assert not storage.upload_part(upload.pk).exists()

    def test_one_that_somebody_sends_to(self, project: Project) -> None:
        upload = begin(project)
        with storage.upload_part(upload.pk).open("r+b") as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            assert self.discard(upload).status_code == 409
        assert storage.upload_part(upload.pk).exists()

    def test_a_whole_archive(self, project: Project) -> None:
        upload = whole_archive(project)
        assert self.discard(upload).status_code == 204
        assert not storage.original_folder(upload.pk).exists()
        assert not Upload.objects.exists()

    def test_not_while_it_is_imported(self, project: Project, owner: User) -> None:
        upload = whole_archive(project)
        job = import_start(project=project, path=None, upload_id=upload.pk, by=owner)
        refused = self.discard(upload)
        assert (refused.status_code, refused.json()["code"]) == (409, "upload_in_use")
        assert uploads.place_of(upload).exists()
        job_cancel(job=job, by=owner)
        assert self.discard(upload).status_code == 204

    def test_not_when_it_has_become_a_recording(self, project: Project, owner: User) -> None:
        upload = begin(project)
        append(upload, b"0123456789")
        uploads.upload_complete(upload=upload, by=owner)
        refused = self.discard(upload)
        assert (refused.status_code, refused.json()["code"]) == (409, "upload_in_use")
        assert uploads.place_of(upload).exists()


class TestOverHttp:
    @staticmethod
    def patch(client: Client, upload_id: str, data: bytes, **headers: str) -> Any:
        return client.generic(
            "PATCH",
            f"/api/v1/uploads/{upload_id}",
            data=data,
            content_type="application/octet-stream",
            headers={"X-CSRFToken": client.cookies["csrftoken"].value, **headers},
        )

    def test_from_start_to_recording(self, project: Project, owner: User) -> None:
        client = client_of(owner)
        started = send(
            client,
            "POST",
            f"/api/v1/projects/{project.pk}/uploads",
            {"filename": "take.mp4", "size": 6, "purpose": "video"},
        )
        assert started.status_code == 201
        identity = started.json()["id"]
        assert started.json()["chunk_size"] == uploads.CHUNK_BYTES
        assert self.patch(client, identity, b"abc", **{"Upload-Offset": "0"}).json()["offset"] == 3
        assert client.get(f"/api/v1/uploads/{identity}").json()["offset"] == 3
        refused = self.patch(client, identity, b"abc", **{"Upload-Offset": "0"})
        assert (refused.status_code, refused.json()["data"]["offset"]) == (409, 3)
        assert self.patch(client, identity, b"def", **{"Upload-Offset": "3"}).status_code == 200
        done = send(client, "POST", f"/api/v1/uploads/{identity}/complete")
        assert done.status_code == 202
        assert done.json()["recording_id"] == project.recordings.get().pk

    @pytest.mark.parametrize("offset", ["", "-1", "1.5", "x", "9" * 30])
    def test_offsets_that_are_no_number(self, project: Project, owner: User, offset: str) -> None:
        client = client_of(owner)
        send(client, "GET", "/api/v1/me")
        assert (
            self.patch(client, str(begin(project).pk), b"a", **{"Upload-Offset": offset}).status_code == 422
        )

    def test_another_member_does_not_see_it(self, project: Project) -> None:
        client = client_of(add_member(project, Role.MANAGER))
        assert client.get(f"/api/v1/uploads/{begin(project).pk}").status_code == 404

    def test_nor_the_one_who_was_removed(self, project: Project, owner: User) -> None:
        upload = begin(project)
        owner.memberships.all().delete()
        assert client_of(owner).get(f"/api/v1/uploads/{upload.pk}").status_code == 404
