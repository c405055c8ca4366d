"""Only what lies under an allowed folder can be seen or registered, whatever links say."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import override_settings

from tests.webapp.factories import add_member, client_of, make_project, make_user, owner_of, send
from webapp.accounts.models import Role
from webapp.recordings.errors import PathNotAllowed
from webapp.recordings.models import Recording, Video
from webapp.recordings.roots import allowed_path, allowed_source, browse
from webapp.recordings.sources import video_source_path


@pytest.fixture
def root(tmp_path: Path) -> Iterator[Path]:
    inside, outside = tmp_path / "data", tmp_path / "private"
    for folder in (inside / "images", inside / "dlc" / "labeled-data", inside / ".hidden", outside):
        folder.mkdir(parents=True)
    for file in (
        inside / "a.mp4",
        inside / "images/1.png",
        inside / "dlc/config.yaml",
        outside / "secret.mp4",
    ):
        file.write_bytes(b"x")
    (inside / "link.mp4").symlink_to(outside / "secret.mp4")
    (inside / "linked").symlink_to(outside)
    (inside / "loop").symlink_to(inside / "loop")
    (inside / "inner.mp4").symlink_to(inside / "a.mp4")
    with override_settings(SBEA_MEDIA_ROOTS=(inside,)):
        yield inside


class TestAllowedPath:
    def test_below_the_root(self, root: Path) -> None:
        assert allowed_path(str(root / "a.mp4")) == (root / "a.mp4").resolve()
        assert allowed_path(str(root)) == root.resolve()
        assert allowed_path(str(root / "inner.mp4")) == (root / "a.mp4").resolve()

    @pytest.mark.parametrize(
        "path",
        [
            "{root}/../private/secret.mp4",
            "{root}/link.mp4",
            "{root}/linked/secret.mp4",
            "{root}/loop",
            "{root}/not there.mp4",
            "{root}-other",
            "{root}/a.mp4\0",
            "a.mp4",
            "",
            "/etc/passwd",
            "/",
        ],
    )
    def test_everything_else_gets_one_answer(self, root: Path, path: str) -> None:
        with pytest.raises(PathNotAllowed, match="is not an existing file or folder under"):
            allowed_path(path.format(root=root))

    def test_a_link_inside_an_image_folder(self, root: Path) -> None:
        allowed_source(str(root / "images"))
        (root / "images/2.png").symlink_to(root.parent / "private/secret.mp4")
        with pytest.raises(PathNotAllowed):
            allowed_source(str(root / "images"))

    def test_no_roots_allow_nothing(self, tmp_path: Path) -> None:
        with override_settings(SBEA_MEDIA_ROOTS=()), pytest.raises(PathNotAllowed):
            allowed_path(str(tmp_path))


class TestBrowse:
    def test_the_roots_themselves(self, root: Path) -> None:
        (entry,) = browse(None)
        assert (entry.name, entry.is_dir) == ("data", True)

    def test_a_folder_without_what_is_hidden_or_leads_out(self, root: Path) -> None:
        found = {entry.name: entry.looks_like for entry in browse(str(root))}
        assert found == {"dlc": "deeplabcut", "images": "images", "a.mp4": "video", "inner.mp4": "video"}

    @pytest.mark.parametrize("path", ["/", "/etc", "{root}/linked", "{root}/a.mp4", "{root}/.."])
    def test_not_elsewhere(self, root: Path, path: str) -> None:
        with pytest.raises(PathNotAllowed):
            browse(path.format(root=root))

    @pytest.mark.skipif(os.geteuid() == 0, reason="root reads every folder")
    def test_a_folder_that_may_not_be_read(self, root: Path) -> None:
        (root / "images").chmod(0)
        assert {entry.name: entry.looks_like for entry in browse(str(root))}["images"] is None


@pytest.mark.django_db
class TestOverHttp:
    def test_browse_needs_somebody_who_manages_data(self, root: Path) -> None:
        project = make_project()
        assert client_of(owner_of(project)).get("/api/v1/media-roots").status_code == 200
        assert client_of(add_member(project, Role.ANNOTATOR)).get("/api/v1/media-roots").status_code == 403
        assert client_of(make_user()).get("/api/v1/media-roots").status_code == 403

    def test_refusal_is_a_problem(self, root: Path) -> None:
        client = client_of(owner_of(make_project()))
        response = client.get("/api/v1/media-roots", {"path": f"{root}/../private"})
        assert response.status_code == 403
        assert response["Content-Type"] == "application/problem+json"
        assert response.json()["code"] == "path_not_allowed"

    def test_register_in_place(self, root: Path) -> None:
        project = make_project()
        sources = [
            {"view": "top", "path": str(root / "a.mp4")},
            {"view": "side", "path": str(root / "images")},
        ]
        response = send(
            client_of(owner_of(project)),
            "POST",
            f"/api/v1/projects/{project.pk}/recordings",
            {"name": " Day 1 ", "sources": sources},
        )
        assert response.status_code == 202
        assert len(response.json()["job_ids"]) == 2
        recording = project.recordings.get()
        assert recording.name == "Day 1"
        views = recording.videos.values_list("view", "source_kind", "source_owned", "state")
        assert set(views) == {("top", "video", False, "pending"), ("side", "images", False, "pending")}

    @pytest.mark.parametrize(
        ("path", "view", "status"),
        [("{root}/link.mp4", "top", 403), ("/etc/passwd", "top", 403), ("{root}/a.mp4", " ", 422)],
    )
    def test_register_what_is_not_allowed(self, root: Path, path: str, view: str, status: int) -> None:
        project = make_project()
        response = send(
            client_of(owner_of(project)),
            "POST",
            f"/api/v1/projects/{project.pk}/recordings",
            {"name": "x", "sources": [{"view": view, "path": path.format(root=root)}]},
        )
        assert response.status_code == status
        assert not Recording.objects.exists()

    def test_a_source_that_is_swapped_later(self, root: Path) -> None:
        project = make_project()
        recording = Recording.objects.create(project=project, name="x")
        video = Video.objects.create(recording=recording, source_path=str(root / "a.mp4"))
        assert video_source_path(video=video) == (root / "a.mp4").resolve()
        (root / "a.mp4").unlink()
        (root / "a.mp4").symlink_to(root.parent / "private/secret.mp4")
        with pytest.raises(PathNotAllowed):
            video_source_path(video=video)
