"""Labels and predictions in every format that the engine writes, through the task and the download."""

from __future__ import annotations

import io
import json
import uuid
import zipfile
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pandas as pd
import pytest

from sbea_engine.data import Poses
from sbea_engine.io.poses_store import write_poses
from sbea_engine.io.registry import FORMATS, get_format
from tests.webapp.factories import client_of, make_project, owner_of, send
from tests.webapp.recordings.factories import pretend_video
from tests.webapp.results.factories import folders_of_its_own, ready_model
from tests.workers.project_rows import finish, make_labelled_video
from webapp.api.errors import AppError
from webapp.jobs.models import Job
from webapp.projects.models import Project
from webapp.projects.services import animals_ensure
from webapp.recordings import storage
from webapp.recordings.models import Upload, Video
from webapp.results.exports import export_kinds
from webapp.results.models import ExportFile, PoseResult
from webapp.results.services import export_start
from workers.exports import export_project

pytestmark = pytest.mark.django_db(transaction=True)

LABELS = [name for name, kind in export_kinds().items() if kind.what == "labels"]
PREDICTIONS = [name for name, kind in export_kinds().items() if kind.what == "predictions"]
FRAMES = 6


@pytest.fixture(autouse=True)
def _own_folders() -> Any:
    with folders_of_its_own():
        yield


def predicted(
    project: Project, video: Video | None = None, individuals: tuple[str, ...] = ("a",)
) -> PoseResult:
    """A finished result with a point at (frame, keypoint) plus a tenth."""
    video = video or pretend_video(project, frames=FRAMES, name="take one")
    model = ready_model(project)
    result = PoseResult.objects.create(
        project=project,
        model=model,
        video=video,
        state=PoseResult.State.READY,
        frames_done=FRAMES,
        frame_count=FRAMES,
        individuals=list(individuals),
    )
    result.folder = storage.stored_name(storage.result_folder(result.pk))
    result.save()
    skeleton = project.skeleton.noun
    points = np.zeros((FRAMES, len(individuals), len(skeleton), 2), np.float32)
    points[..., 0] = np.arange(FRAMES)[:, None, None] + np.float32(0.1)
    points[..., 1] = np.arange(len(skeleton)) + np.float32(0.1)
    poses = Poses(
        skeleton=skeleton,
        individuals=individuals,
        frames=np.arange(FRAMES, dtype=np.int64),
        points_px=points,
        confidence=np.full(points.shape[:-1], 0.5, np.float32),
    )
    write_poses(poses, storage.stored_path(result.folder))
    return result


def exported(project: Project, kind: str, result: PoseResult | None = None) -> tuple[str, bytes]:
    """Name and bytes of what a person downloads."""
    owner = owner_of(project)
    job = finish(export_project, export_start(project=project, kind=kind, result=result, by=owner))
    assert job.error is None
    file = ExportFile.objects.get(job=job)
    [told] = client_of(owner).get(f"/api/v1/projects/{project.pk}/exports").json()
    assert (told["kind"], told["title"]) == (kind, export_kinds()[kind].title)
    answer = client_of(owner).get(told["download_url"])
    assert answer.status_code == 200
    assert answer["Content-Disposition"] == f'attachment; filename="{file.filename}"'
    assert not storage.job_folder(job.pk).exists()
    return file.filename, answer.content


def unpacked(name: str, content: bytes, folder: Path) -> Path:
    """The download as it lies on a person's disk."""
    if not name.endswith(".zip"):
        (folder / name).write_bytes(content)
        return folder / name
    zipfile.ZipFile(io.BytesIO(content)).extractall(folder)
    return folder / name.removesuffix(".zip")


@pytest.mark.parametrize("kind", LABELS)
def test_labels_are_read_back_from_the_download(kind: str, tmp_path: Path) -> None:
    video = make_labelled_video(make_project(), frames=8, labelled=3)
    name, content = exported(video.recording.project, kind)
    entry = FORMATS[kind.removesuffix("_labels")]
    place = unpacked(name, content, tmp_path)
    assert entry.read_labels is not None
    labels = entry.read_labels(entry.find(place), pictures=tmp_path / "pictures").labels
    assert len(labels) == 3
    np.testing.assert_allclose(labels.points_px[0, 0], [[16, 16], [144, 16], [16, 64], [144, 64]])


@pytest.mark.parametrize("kind", PREDICTIONS)
@pytest.mark.slow
def test_predictions_are_read_back_from_the_download(kind: str, tmp_path: Path) -> None:
    result = predicted(make_project())
    name, content = exported(result.project, kind, result)
    assert name.startswith("take-one-m")
    entry = FORMATS[kind.removesuffix("_predictions")]
    place = unpacked(name, content, tmp_path)
    assert entry.read_poses is not None
    [poses] = entry.read_poses(entry.find(place)).poses.values()
    expected = np.arange(FRAMES) + 0.1
    np.testing.assert_allclose(poses.points_px[:, 0, 2, 0], expected, atol=1e-5)
    np.testing.assert_allclose(poses.points_px[:, 0, 2, 1], 2.1, atol=1e-5)
    np.testing.assert_allclose(poses.confidence, 0.5)


def test_one_file_is_no_zip_and_several_are() -> None:
    result = predicted(make_project())
    name, content = exported(result.project, "csv_predictions", result)
    assert name == "take-one-m.csv"
    table = pd.read_csv(io.BytesIO(content))
    assert len(table) == FRAMES * 4
    assert set(table["video"]) == {"take-one"}
    other = predicted(make_project())
    name, content = exported(other.project, "deeplabcut_predictions", other)
    names = zipfile.ZipFile(io.BytesIO(content)).namelist()
    assert name == "take-one-m.zip"
    assert sorted(names) == ["take-one-m/take-oneSBeA_m.csv", "take-one-m/take-oneSBeA_m.h5"]


@pytest.mark.parametrize("uploaded", [True, False])
def test_a_video_is_named_in_an_nwb_file_as_people_know_it(uploaded: bool) -> None:
    """On disk every upload is called alike."""
    project = make_project()
    result = predicted(project)
    if uploaded:
        upload = Upload.objects.create(
            id=uuid.uuid4(), project=project, user=owner_of(project), filename="Night 1.avi", size=1,
            purpose="video", state="complete",
        )  # fmt: skip
        result.video.source_path = storage.stored_name(storage.original_folder(upload.pk) / "source.avi")
        result.video.save()
    _, content = exported(project, "nwb_predictions", result)
    with h5py.File(io.BytesIO(content)) as store:
        [file] = store["acquisition/source_video/external_file"][:]
        assert file.decode() == ("Night 1.avi" if uploaded else "none.mp4")


def test_the_same_labels_give_the_same_coco_file() -> None:
    video = make_labelled_video(make_project(), frames=8, labelled=2)
    name, content = exported(video.recording.project, "coco_labels")
    packed = zipfile.ZipFile(io.BytesIO(content))
    document = json.loads(packed.read(f"{name.removesuffix('.zip')}/annotations.json"))
    assert [len(document[part]) for part in ("images", "annotations", "categories")] == [2, 2, 1]


def test_views_of_one_recording_have_names_of_their_own() -> None:
    project = make_project()
    video = pretend_video(project, frames=FRAMES, name="take")
    Video.objects.create(recording=video.recording, view="side", place=1, source_path="media/none.mp4")
    result = predicted(project, video)
    assert exported(project, "csv_predictions", result)[0] == "take-cam-1-m.csv"


class TestFormats:
    def test_everything_that_the_engine_writes_is_offered(self) -> None:
        project = make_project()
        told = client_of(owner_of(project)).get(f"/api/v1/projects/{project.pk}/formats").json()
        by_name = {row["name"]: row for row in told}
        assert set(by_name) == set(FORMATS)
        for name, entry in FORMATS.items():
            row = by_name[name]
            assert bool(row["labels"]) == bool(entry.write_labels)
            assert bool(row["predictions"]) == bool(entry.write_poses)
            assert bool(row["reads"]) == bool(entry.read_labels)
        assert by_name["coco"]["labels"] == {
            "kind": "coco_labels",
            "summary": FORMATS["coco"].labels_note,
            "misfit": "",
        }

    def test_one_for_a_single_animal_says_so_where_there_are_two(self) -> None:
        project = make_project()
        animals_ensure(project=project, count=2, by=owner_of(project))
        told = client_of(owner_of(project)).get(f"/api/v1/projects/{project.pk}/formats").json()
        misfits = {row["name"]: row["labels"]["misfit"] for row in told if row["labels"]}
        assert misfits["lightning_pose"].startswith("Lightning Pose holds one animal")
        assert not any(misfit for name, misfit in misfits.items() if not get_format(name).one_individual)


class TestRefusals:
    @pytest.mark.parametrize(
        ("body", "words"),
        [
            ({"kind": "xlsx_labels"}, "Unknown export 'xlsx_labels'; known: "),
            ({"kind": "../labels"}, "Unknown export"),
            ({"kind": "nwb_labels"}, "Unknown export"),
            ({"kind": "coco_labels"}, "Nothing is labelled yet"),
            ({"kind": "csv_predictions"}, "Name a result"),
        ],
    )
    def test_what_cannot_be_exported_starts_no_job(self, body: dict[str, Any], words: str) -> None:
        project = make_project()
        answer = send(client_of(owner_of(project)), "POST", f"/api/v1/projects/{project.pk}/exports", body)
        assert (answer.status_code, answer.json()["code"]) == (422, "bad_export")
        assert words in answer.json()["detail"]
        assert not Job.objects.exists()

    def test_predictions_of_two_animals_for_a_format_of_one(self) -> None:
        result = predicted(make_project(), individuals=("a", "b"))
        with pytest.raises(AppError, match="one animal a file, and here are 2"):
            export_start(
                project=result.project,
                kind="lightning_pose_predictions",
                result=result,
                by=owner_of(result.project),
            )

    def test_predictions_that_are_still_made(self) -> None:
        result = predicted(make_project())
        result.state = PoseResult.State.RUNNING
        with pytest.raises(AppError, match="when complete"):
            export_start(
                project=result.project, kind="csv_predictions", result=result, by=owner_of(result.project)
            )

    def test_a_name_that_a_format_cannot_hold_is_told(self) -> None:
        result = predicted(make_project(), individuals=("=1+1",))
        job = export_start(
            project=result.project, kind="csv_predictions", result=result, by=owner_of(result.project)
        )
        job = finish(export_project, job)
        assert job.state == "failed"
        assert job.error is not None
        assert "formula" in job.error["message"]
        assert not ExportFile.objects.exists()
