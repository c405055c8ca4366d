"""Only what lies under an allowed folder can be seen or registered, whatever links say."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.test import override_settings

from tests.webapp.factories import add_member, client_of, make_project, make_user, owner_of, send
from webapp.accounts.models import Role
from webapp.recordings.errors import BadRecording, PathNotAllowed
from webapp.recordings.models import Recording, Video
from webapp.recordings.rendered_registration import recording_register_rendered
from webapp.recordings.roots import allowed_path, allowed_source, browse, media_roots, videos_in
from webapp.recordings.sources import video_source_path

NOBODY = 65534


@contextmanager
def as_ordinary_user() -> Iterator[None]:
    """The tests may run as root, whom no permission stops."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.fixture
def open_root() -> Iterator[Path]:
    """A media root that every user of the machine may enter; pytest's own folders are private."""
    folder = Path(tempfile.mkdtemp(prefix="sbea-roots-")).resolve()
    folder.chmod(0o755)
    (folder / "a.mp4").write_bytes(b"x")
    for name in ("locked", "listed", "fine"):
        (folder / name).mkdir()
        (folder / name / "b.mp4").write_bytes(b"x")
    (folder / "locked").chmod(0)
    (folder / "listed").chmod(0o644)  # its names may be read, and nothing behind them
    with override_settings(SBEA_MEDIA_ROOTS=(folder, folder / "locked" / "root")):
        yield folder
    for name in ("locked", "listed"):
        (folder / name).chmod(0o755)
    shutil.rmtree(folder)


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
            "{root}/\ud800.mp4",
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
    def test_of_a_link_that_leads_out_nothing_is_told(self, root: Path) -> None:
        """Whether a file is there, and what it says, is not learnt by naming it in a link."""
        private = root.parent / "private"
        (private / "recording.json").write_text('{"format": "sbea-recording/1"}')
        (private / "labeled-data").mkdir()
        (private / "config.yaml").touch()
        for name in ("1", "2"):
            (root / name).mkdir()
            (root / name / "x.mp4").touch()
        (root / "1" / "recording.json").symlink_to(private / "recording.json")
        for file in ("config.yaml", "labeled-data"):
            (root / "2" / file).symlink_to(private / file)
        found = {entry.name: entry.looks_like for entry in browse(str(root))}
        assert (found["1"], found["2"]) == (None, None)

    def test_a_name_that_is_not_utf_8_is_shown_and_cannot_be_used(self, root: Path) -> None:
        bad = root / os.fsdecode(b"m\xff.mp4")
        bad.write_bytes(b"x")
        (entry,) = (entry for entry in browse(str(root)) if entry.name == "m\ufffd.mp4")
        assert (entry.path, entry.looks_like) == (str(root / "m\ufffd.mp4"), None)
        with pytest.raises(PathNotAllowed, match=r"not text in UTF-8.*Rename"):
            allowed_source(str(bad))
        (root / "images" / os.fsdecode(b"m\xff.png")).write_bytes(b"x")
        with pytest.raises(PathNotAllowed, match="not text in UTF-8"):
            allowed_source(str(root / "images"))

    def test_the_roots_themselves(self, root: Path) -> None:
        (entry,) = browse(None)
        assert (entry.name, entry.is_dir) == ("data", True)

    def test_a_folder_without_what_is_hidden_or_leads_out(self, root: Path) -> None:
        found = {entry.name: entry.looks_like for entry in browse(str(root))}
        assert found == {"dlc": "deeplabcut", "images": "images", "a.mp4": "video", "inner.mp4": "video"}

    def test_projects_of_other_tools_are_known_by_their_names(self, root: Path) -> None:
        for name in ("slp/flies.pkg.slp", "coco/annotations.json", "lp/CollectedData.csv", "alone/x.csv"):
            (root / name).parent.mkdir()
            (root / name).write_bytes(b"x")
        (root / "lp" / "labeled-data").mkdir()
        (root / "flies.slp").write_bytes(b"x")
        found = {entry.name: entry.looks_like for entry in browse(str(root))}
        names = ("slp", "coco", "lp", "alone", "flies.slp")
        assert [found[name] for name in names] == ["sleap", "coco", "lightning_pose", None, "sleap"]

    @pytest.mark.parametrize("path", ["/", "/etc", "{root}/linked", "{root}/a.mp4", "{root}/.."])
    def test_not_elsewhere(self, root: Path, path: str) -> None:
        with pytest.raises(PathNotAllowed):
            browse(path.format(root=root))

    def test_folders_say_whether_videos_lie_in_them(self, root: Path) -> None:
        (root / "takes").mkdir()
        (root / "takes" / "1.AVI").write_bytes(b"x")
        (root / "images" / ".hidden.mp4").write_bytes(b"x")
        holding = {entry.name for entry in browse(str(root)) if entry.holds_videos}
        assert holding == {"takes"}

    def test_one_folder_that_may_not_be_read_spoils_nothing(self, open_root: Path) -> None:
        with as_ordinary_user():
            entries = {entry.name: entry for entry in browse(str(open_root))}
        assert set(entries) == {"a.mp4", "locked", "listed", "fine"}
        assert entries["a.mp4"].looks_like == "video"
        assert entries["fine"].holds_videos
        for name in ("locked", "listed"):
            assert (entries[name].is_dir, entries[name].looks_like) == (True, None)

    def test_a_root_behind_a_closed_folder_is_left_out(self, open_root: Path) -> None:
        with as_ordinary_user():
            assert media_roots() == (open_root,)
            assert [entry.path for entry in browse(None)] == [str(open_root)]

    def test_opening_a_folder_that_may_not_be_read_says_so(self, open_root: Path) -> None:
        locked = str(open_root / "locked")
        for open_it in (browse, allowed_source, videos_in):
            with as_ordinary_user(), pytest.raises(PathNotAllowed, match=r"may not read .* Ask whoever runs"):
                open_it(locked)

    def test_a_path_that_is_too_long_for_what_would_lie_in_it(self, root: Path) -> None:
        """Looking for config.yaml in it fails, which must not spoil the folder that it is in."""
        deep = root.resolve()
        while len(str(deep)) < 4090 - 201:
            deep = deep / ("d" * min(200, 4090 - 201 - len(str(deep))))
        deep.mkdir(parents=True)
        longest = "d" * (4089 - len(str(deep)))
        (deep / longest).mkdir()
        (entry,) = browse(str(deep))
        assert (entry.name, entry.is_dir, entry.looks_like) == (longest, True, None)


class TestVideosIn:
    def test_by_name_without_what_is_hidden_or_no_video(self, root: Path) -> None:
        for name in ("B.avi", ".c.mp4", "notes.txt"):
            (root / name).write_bytes(b"x")
        (root / "folder.mp4").mkdir()
        (root / "out.mp4").symlink_to(
            root.parent / "private"
        )  # told when it is asked for, like any other link
        assert [path.name for path in videos_in(str(root))] == [
            "a.mp4",
            "B.avi",
            "inner.mp4",
            "link.mp4",
            "out.mp4",
        ]

    def test_only_of_a_folder_under_a_root(self, root: Path) -> None:
        for path in ("/etc", str(root / "linked"), str(root / "a.mp4")):
            with pytest.raises(PathNotAllowed):
                videos_in(path)


@pytest.mark.django_db
class TestOverHttp:
    def test_browse_needs_somebody_who_manages_data(self, root: Path) -> None:
        project = make_project()
        assert client_of(owner_of(project)).get("/api/v1/media-roots").status_code == 200
        assert client_of(add_member(project, Role.ANNOTATOR)).get("/api/v1/media-roots").status_code == 403
        assert client_of(make_user()).get("/api/v1/media-roots").status_code == 403

    def test_a_rendered_recording_that_may_be_listed_and_not_read(self, open_root: Path) -> None:
        project = make_project()
        folder, owner = str(open_root / "listed"), owner_of(project)
        with as_ordinary_user(), pytest.raises(BadRecording, match="that can be read"):
            recording_register_rendered(project=project, folder=folder, by=owner)

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
        with pytest.raises(PathNotAllowed, match=r"^x / cam-1: 'a\.mp4' is not") as caught:
            video_source_path(video=video)
        assert str(root) not in str(caught.value), "whoever trains reads it"
