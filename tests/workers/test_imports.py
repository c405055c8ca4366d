"""DeepLabCut projects come in whole, or not at all and with the reason."""

from __future__ import annotations

import shutil
import stat
import zipfile
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from django.test import override_settings
from django.utils import timezone
from PIL import Image

from sbea_engine.data import FrameSource, LabelSet, Skeleton, Visibility
from sbea_engine.io.deeplabcut import write_project
from sbea_engine.progress import Progress
from tests.fixtures.barcode import write_barcode_video
from tests.webapp.factories import add_member, client_of, make_project, make_user, owner_of, send
from tests.workers.project_rows import finish, make_labelled_video
from webapp.accounts.models import Role
from webapp.annotation import imports
from webapp.annotation.errors import ImportRefused
from webapp.annotation.imports import import_start
from webapp.annotation.models import Instance, Operation
from webapp.annotation.selectors import label_list
from webapp.api.errors import Forbidden
from webapp.jobs.models import Job
from webapp.jobs.services import job_claim
from webapp.projects.models import Project
from webapp.recordings import storage
from webapp.recordings.models import DataImport, Recording, Upload, Video
from webapp.recordings.services import recording_delete
from workers import imports as imports_module
from workers.imports import import_deeplabcut
from workers.run import JobRun

pytestmark = pytest.mark.django_db(transaction=True)

PARTS = Skeleton(keypoints=("snout", "tail"))
OPENFIELD = Path(__file__).resolve().parents[3] / "shared/data/openfield/openfield-Pranav-2018-10-30"


def write_dlc(
    folder: Path, *, skeleton: Skeleton = PARTS, individuals: tuple[str, ...] = ("animal 1",)
) -> Path:
    """A project of one video with six labelled images, one keypoint of them empty, and the video itself."""
    images = folder.with_name(f"{folder.name}-images")
    images.mkdir(parents=True)
    sources = []
    for n in range(6):
        file = images / f"img{n * 3:04d}.png"
        Image.fromarray(np.full((60, 80, 3), 20 * n, np.uint8)).save(file)
        sources.append(FrameSource(video="day1", index=n * 3, path=file))
    shape = (6, len(individuals), len(skeleton))
    points = np.full((*shape, 2), 5.25, np.float32) + np.arange(6, dtype=np.float32)[:, None, None, None]
    visibility = np.full(shape, Visibility.VISIBLE, np.int8)
    points[2, 0, 1], visibility[2, 0, 1] = np.nan, Visibility.UNLABELLED
    labels = LabelSet(
        skeleton=skeleton,
        individuals=individuals,
        frames=tuple(sources),
        points_px=points,
        visibility=visibility,
    )
    write_project(folder, task="mice", scorer="Ada", labels=labels)
    write_barcode_video(folder / "videos" / "day1.mp4", 10)
    return folder


def label_file(folder: Path) -> Path:
    for h5 in folder.rglob("*.h5"):
        h5.unlink()
    return folder / "labeled-data/day1/CollectedData_Ada.csv"


def rewrite(folder: Path, change: Callable[[str], str]) -> None:
    file = label_file(folder)
    file.write_text(change(file.read_text()))


def upload_of(project: Project, archive: Path) -> Upload:
    """A finished upload of a zip."""
    upload = Upload.objects.create(
        project=project,
        user=owner_of(project),
        filename=archive.name,
        size=archive.stat().st_size,
        offset=archive.stat().st_size,
        purpose="deeplabcut_zip",
        state="complete",
    )
    target = storage.original_folder(upload.pk) / "source.zip"
    target.parent.mkdir(parents=True)
    shutil.copyfile(archive, target)
    return upload


def zip_of(folder: Path, archive: Path) -> Path:
    with zipfile.ZipFile(archive, "w") as packed:
        for file in sorted(folder.rglob("*")):
            packed.write(file, file.relative_to(folder.parent))
    return archive


@pytest.fixture(autouse=True)
def _no_files_of_other_tests() -> None:
    """The database is emptied between tests, the data root is not."""
    for name in ("originals", "videos"):
        shutil.rmtree(storage.media_folder(name), ignore_errors=True)


@pytest.fixture
def dlc(tmp_path: Path) -> Iterator[Path]:
    with override_settings(SBEA_MEDIA_ROOTS=(tmp_path,)):
        yield write_dlc(tmp_path / "mice")


def run_folder(project: Project, folder: Path) -> Job:
    return finish(
        import_deeplabcut,
        import_start(project=project, path=str(folder), upload_id=None, by=owner_of(project)),
    )


def run_zip(project: Project, archive: Path) -> Job:
    upload = upload_of(project, archive)
    return finish(
        import_deeplabcut,
        import_start(project=project, path=None, upload_id=upload.pk, by=owner_of(project)),
    )


def assert_untouched(project: Project) -> None:
    """Not a row and not a file of a refused import."""
    assert not Recording.objects.filter(project=project).exists()
    assert not Instance.objects.filter(video__recording__project=project).exists()
    assert not DataImport.objects.exists()
    assert project.skeleton.version == 1
    assert not list(storage.media_folder("originals").glob("*/project"))
    known = {str(pk) for pk in Video.objects.values_list("pk", flat=True)}
    assert {folder.name for folder in storage.media_folder("videos").glob("*")} <= known


class TestWhole:
    def test_from_a_folder(self, dlc: Path) -> None:
        project = make_project()
        job = run_folder(project, dlc)
        assert (job.state, job.error) == ("done", None)
        assert job.result is not None
        assert (job.result["recordings"], job.result["frames"], job.result["points"]) == (2, 6, 11)
        names = dict(Video.objects.values_list("recording__name", "source_kind"))
        assert names == {"day1": "images", "day1 (video)": "video"}
        assert project.skeleton.noun.keypoints == PARTS.keypoints
        video = Video.objects.get(recording__name="day1")
        assert (video.state, video.frame_count, video.source_owned) == ("ready", 6, False)
        rows = label_list(video=video)
        assert [row.frame_index for row in rows] == [0, 1, 2, 3, 4, 5]
        assert [row.keypoints[0]["x"] for row in rows] == [5.25, 6.25, 7.25, 8.25, 9.25, 10.25]
        assert [k["visibility"] for k in rows[2].keypoints] == ["visible", "unlabelled"]
        assert {k["origin"] for k in rows[0].keypoints} == {"imported"}
        assert Operation.objects.count() == 11
        assert set(Operation.objects.values_list("user", flat=True)) == {owner_of(project).pk}

    def test_from_a_zip(self, dlc: Path, tmp_path: Path) -> None:
        project = make_project()
        job = run_zip(project, zip_of(dlc, tmp_path / "mice.zip"))
        assert (job.state, job.error) == ("done", None)
        video = Video.objects.get(recording__name="day1")
        assert video.source_owned
        assert storage.stored_path(video.source_path).is_dir()
        assert not list(storage.media_folder("originals").glob("*/source.zip"))
        source = storage.stored_path(video.source_path)
        recording_delete(recording=video.recording, by=owner_of(project))
        assert not source.exists()

    def test_a_second_run_of_the_same_job_imports_once(self, dlc: Path) -> None:
        project = make_project()
        job = run_folder(project, dlc)
        Job.objects.filter(pk=job.pk).update(state="queued", result=None)
        again = finish(import_deeplabcut, job)
        assert (again.state, again.result) == ("done", job.result)
        assert Recording.objects.count() == 2

    def test_what_a_killed_run_had_unpacked_goes(self, dlc: Path, tmp_path: Path) -> None:
        project = make_project()
        upload = upload_of(project, zip_of(dlc, tmp_path / "mice.zip"))
        half = storage.original_folder(upload.pk) / ".project.0badcafe.tmp"
        half.mkdir()
        (half / "day1.mp4").write_bytes(b"half a video")
        job = import_start(project=project, path=None, upload_id=upload.pk, by=owner_of(project))
        assert finish(import_deeplabcut, job).error is None
        assert [path.name for path in storage.original_folder(upload.pk).iterdir()] == ["project"]

    def test_a_zip_that_a_killed_run_left_behind_goes(self, dlc: Path, tmp_path: Path) -> None:
        archive = zip_of(dlc, tmp_path / "mice.zip")
        job = run_zip(make_project(), archive)
        left = storage.original_folder(Upload.objects.get().pk) / "source.zip"
        shutil.copyfile(archive, left)  # the kill fell between the rows and the removal
        Job.objects.filter(pk=job.pk).update(state="queued")
        assert finish(import_deeplabcut, job).state == "done"
        assert not left.exists()
        assert Recording.objects.count() == 2

    def test_a_run_that_was_taken_over_leaves_the_files_to_the_other(
        self, dlc: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def taken_over(run: JobRun, *_: object, **__: object) -> None:
            Job.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
            assert job_claim(job_id=run.job.pk, worker="other") is not None
            while True:
                run.report(Progress(stage="read", done=1, total=2))

        monkeypatch.setattr(imports_module, "_import", taken_over)
        job = run_zip(make_project(), zip_of(dlc, tmp_path / "mice.zip"))
        assert (job.state, job.worker) == ("running", "other")
        assert (storage.original_folder(Upload.objects.get().pk) / "project").is_dir()

    def test_several_animals_take_their_names_over(self, tmp_path: Path) -> None:
        folder = write_dlc(tmp_path / "pair", individuals=("anna", "bert"))
        project = make_project()
        with override_settings(SBEA_MEDIA_ROOTS=(tmp_path,)):
            job = run_folder(project, folder)
        assert job.error is None
        assert list(project.animals.values_list("slot", "name")) == [(0, "anna"), (1, "bert")]
        assert Instance.objects.count() == 12

    def test_into_a_project_that_labels_the_same_keypoints(self, tmp_path: Path) -> None:
        project = make_project()
        skeleton = project.skeleton.noun
        make_labelled_video(project, frames=5, labelled=2)
        folder = write_dlc(tmp_path / "mice", skeleton=Skeleton(keypoints=skeleton.keypoints))
        with override_settings(SBEA_MEDIA_ROOTS=(tmp_path,)):
            job = run_folder(project, folder)
        assert job.error is None
        assert project.skeleton.version == 1

    def test_a_point_outside_the_picture_is_left_out_and_said(self, dlc: Path) -> None:
        rewrite(dlc, lambda text: text.replace("5.25,5.25,5.25,5.25", "5.25,5.25,-50,5.25", 1))
        job = run_folder(make_project(), dlc)
        assert job.result is not None
        assert job.result["points"] == 10
        assert any("tail at (-50, 5.25) lies outside" in warning for warning in job.result["warnings"])


def _no_h5(folder: Path) -> None:
    label_file(folder).unlink()
    (folder / "labeled-data/day1/CollectedData_Ada.h5").write_bytes(b"not an HDF5 file" * 10)


def _no_image(folder: Path) -> None:
    (folder / "labeled-data/day1/img0009.png").unlink()


def _broken_image(folder: Path) -> None:
    (folder / "labeled-data/day1/img0009.png").write_bytes(b"\x89PNG\r\n\x1a\n rubbish")


def _broken_video(folder: Path) -> None:
    (folder / "videos/day1.mp4").write_bytes(b"no video")


def _missing_column(folder: Path) -> None:
    rewrite(folder, lambda text: "\n".join(line.rsplit(",", 1)[0] for line in text.splitlines()))


BAD: dict[str, tuple[Callable[[Path], object], str]] = {
    "missing column": (_missing_column, "missing"),
    "renamed part": (lambda f: rewrite(f, lambda text: text.replace("tail", "tale")), "tale"),
    "half a point": (lambda f: rewrite(f, lambda text: text.replace("5.25,5.25", "5.25,", 1)), "empty"),
    "no number": (lambda f: rewrite(f, lambda text: text.replace("5.25", "left", 1)), "no number"),
    "infinite": (lambda f: rewrite(f, lambda text: text.replace("5.25", "inf", 1)), "no pixel position"),
    "missing image": (_no_image, "img0009.png"),
    "broken image": (_broken_image, "img0009.png"),
    "broken video": (_broken_video, "day1.mp4"),
    "no HDF5": (_no_h5, "not an HDF5 file"),
    "no config": (lambda f: (f / "config.yaml").unlink(), "config.yaml"),
    "code in the config": (
        lambda f: (f / "config.yaml").write_text("!!python/object/apply:os.system ['true']"),
        "YAML",
    ),
}


class TestRefused:
    @pytest.mark.parametrize("kind", BAD)
    def test_bad_folder(self, dlc: Path, kind: str) -> None:
        spoil, reason = BAD[kind]
        spoil(dlc)
        project = make_project()
        job = run_folder(project, dlc)
        assert job.state == "failed"
        assert job.error is not None
        assert reason in job.error["message"]
        assert_untouched(project)

    @pytest.mark.parametrize(
        "kind", ["climbs", "absolute", "link", "bomb", "no zip", "no project", "missing image"]
    )
    def test_bad_zip(self, dlc: Path, tmp_path: Path, kind: str) -> None:
        archive = tmp_path / "bad.zip"
        if kind == "missing image":
            _no_image(dlc)
        if kind == "no zip":
            archive.write_bytes(b"PK but no zip")
        elif kind == "no project":
            zip_of(dlc / "videos", archive)
        else:
            zip_of(dlc, archive)
        with zipfile.ZipFile(archive, "a") if kind != "no zip" else _nothing() as packed:
            _spoil(packed, kind)
        project = make_project()
        job = run_zip(project, archive)
        assert job.state == "failed"
        assert job.error is not None
        assert job.error["code"] in ("bad_archive", "bad_deeplabcut")
        assert_untouched(project)
        assert not (tmp_path.parent / "evil.txt").exists()

    def test_a_zip_that_the_disk_has_no_room_for(
        self, dlc: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(storage, "free_bytes", lambda: 1000)
        project = make_project()
        job = run_zip(project, zip_of(dlc, tmp_path / "mice.zip"))
        assert job.error is not None
        assert job.error["code"] == "bad_archive"
        assert "at most 1000" in job.error["message"]
        assert_untouched(project)

    def test_labels_of_another_skeleton(self, dlc: Path) -> None:
        project = make_project()
        make_labelled_video(project, frames=5, labelled=1)
        job = run_folder(project, dlc)
        assert job.error is not None
        assert job.error["code"] == "import_refused"
        assert "new project" in job.error["message"]
        assert Recording.objects.count() == 1
        assert project.skeleton.version == 1

    def test_a_recording_of_the_name_is_there(self, dlc: Path) -> None:
        project = make_project()
        run_folder(project, dlc)
        job = run_folder(project, dlc)
        assert job.error is not None
        assert "already has a recording" in job.error["message"]
        assert Recording.objects.count() == 2

    def test_a_fault_in_the_last_step_undoes_all(self, dlc: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def fail(*_: object) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(imports, "as_json", fail)
        project = make_project()
        job = run_folder(project, dlc)
        assert job.error is not None
        assert job.error["code"] == "io_error"
        assert_untouched(project)


class _nothing:  # noqa: N801
    def __enter__(self) -> None: ...

    def __exit__(self, *_: object) -> None: ...


def _spoil(packed: zipfile.ZipFile | None, kind: str) -> None:
    if packed is None:
        return
    if kind == "climbs":
        packed.writestr("mice/../../evil.txt", "x")
    if kind == "absolute":
        packed.writestr("/evil.txt", "x")
    if kind == "link":
        entry = zipfile.ZipInfo("mice/link")
        entry.external_attr = (stat.S_IFLNK | 0o777) << 16
        packed.writestr(entry, "/etc/passwd")
    if kind == "bomb":
        packed.writestr("mice/zeros.png", bytes(80 << 20), compress_type=zipfile.ZIP_DEFLATED)


class TestStart:
    def test_roles(self, dlc: Path) -> None:
        project = make_project()
        for role in (Role.ANNOTATOR, Role.REVIEWER, Role.VIEWER):
            with pytest.raises(Forbidden):
                import_start(project=project, path=str(dlc), upload_id=None, by=add_member(project, role))

    def test_over_http(self, dlc: Path) -> None:
        project = make_project()
        client = client_of(owner_of(project))
        url = f"/api/v1/projects/{project.pk}/imports/deeplabcut"
        for body in ({}, {"path": str(dlc), "upload_id": "0" * 32}, {"path": "/etc"}, {"pth": "x"}):
            assert send(client, "POST", url, body).status_code in (403, 422)
        assert not Job.objects.exists()
        assert send(client, "POST", url, {"path": str(dlc)}).json()["kind"] == "project.import_deeplabcut"
        assert send(client, "POST", url, {"path": str(dlc)}).status_code == 409  # one at a time
        assert send(client_of(make_user()), "POST", url, {"path": str(dlc)}).status_code == 404

    def test_the_upload_of_another_project(self, dlc: Path, tmp_path: Path) -> None:
        foreign = upload_of(make_project(), zip_of(dlc, tmp_path / "mice.zip"))
        project = make_project()
        with pytest.raises(ImportRefused):
            import_start(project=project, path=None, upload_id=foreign.pk, by=owner_of(project))


@pytest.mark.realdata
@pytest.mark.slow
@pytest.mark.skipif(not OPENFIELD.is_dir(), reason="../shared/data/openfield is not there")
class TestOpenfield:
    @pytest.mark.parametrize("packed", [False, True], ids=["folder", "zip"])
    def test_all_labelled_frames(self, tmp_path: Path, packed: bool) -> None:
        project = make_project()
        with override_settings(SBEA_MEDIA_ROOTS=(OPENFIELD.parent,)):
            if packed:
                job = run_zip(project, zip_of(OPENFIELD, tmp_path / "openfield.zip"))
            else:
                job = run_folder(project, OPENFIELD)
        assert job.error is None
        assert job.result is not None
        assert (job.result["frames"], job.result["recordings"]) == (116, 2)
        video = Video.objects.get(recording__name="m4s1")
        assert (video.frame_count, video.width, video.height) == (116, 640, 480)
        rows = label_list(video=video)
        assert len(rows) == 116
        snout = rows[0].keypoints[0]
        assert (snout["x"], snout["y"]) == (21.521, 265.428)
        assert Video.objects.get(recording__name="m3v1mp4").frame_count > 1000
        assert project.skeleton.noun.keypoints == ("snout", "leftear", "rightear", "tailbase")
