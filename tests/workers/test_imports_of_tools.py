"""Projects of SLEAP and Lightning Pose, and COCO data sets, come in like DeepLabCut's."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import h5py
import numpy as np
import pytest
from django.test import override_settings

from sbea_engine.data import FrameSource, LabelSet, Poses, Skeleton, Visibility
from sbea_engine.io import coco_keypoints, lightning_pose
from sbea_engine.io.sleap import write_slp
from sbea_engine.progress import ignore
from sbea_engine.video import open_frames
from tests.fixtures.barcode import write_barcode_video
from tests.webapp.factories import make_project
from tests.workers.test_imports import assert_untouched, run_folder, run_zip, zip_of
from webapp.annotation.selectors import label_list
from webapp.projects.models import Project
from webapp.recordings import storage
from webapp.recordings.models import DataImport, Video

pytestmark = pytest.mark.django_db(transaction=True)

SKELETON = Skeleton(keypoints=("snout", "tail"), edges=(("snout", "tail"),))
FRAMES = (1, 4, 8)


def labels_on(video: Path, individuals: tuple[str, ...] = ("ann", "bert")) -> LabelSet:
    shape = (len(FRAMES), len(individuals), 2)
    points = np.random.default_rng(0).uniform(5, 30, (*shape, 2)).astype(np.float32)
    return LabelSet(
        skeleton=SKELETON,
        individuals=individuals,
        frames=tuple(FrameSource(video=video.stem, index=n, path=video) for n in FRAMES),
        points_px=points,
        visibility=np.full(shape, Visibility.VISIBLE, np.int8),
    )


def assert_labels(video: Video, labels: LabelSet, frames: tuple[int, ...]) -> None:
    rows = label_list(video=video)
    assert sorted({row.frame_index for row in rows}) == sorted(frames)
    for n, frame in enumerate(frames):
        got = {row.animal_id: row.keypoints for row in rows if row.frame_index == frame}
        points = [[[k["x"], k["y"]] for k in got[animal]] for animal in sorted(got)]
        np.testing.assert_array_equal(np.array(points, np.float32), labels.points_px[n])


@pytest.fixture(autouse=True)
def _roots(tmp_path: Path) -> Iterator[None]:
    for name in ("originals", "videos"):
        storage.remove_tree(storage.media_folder(name))
    with override_settings(SBEA_MEDIA_ROOTS=(tmp_path,)):
        yield


@pytest.fixture
def movie(tmp_path: Path) -> Path:
    folder = tmp_path / "flies"
    folder.mkdir()
    write_barcode_video(folder / "clip.mp4", 10)
    return folder / "clip.mp4"


@pytest.fixture
def project() -> Project:
    return make_project()


class TestSleap:
    def test_a_project_beside_its_video(self, movie: Path, project: Project) -> None:
        labels = labels_on(movie)
        write_slp(movie.parent / "labels.slp", labels=labels)
        job = run_folder(project, movie.parent)
        assert (job.state, job.error) == ("done", None)
        assert job.result is not None
        assert (job.result["frames"], job.result["points"]) == (3, 12)
        video = Video.objects.get()
        assert (video.recording.name, video.source_kind, video.source_owned) == ("clip", "video", False)
        assert_labels(video, labels, FRAMES)
        assert list(project.animals.values_list("name", flat=True))[:2] == ["ann", "bert"]
        assert project.skeleton.noun.edges == SKELETON.edges
        assert DataImport.objects.get().kind == "sleap"

    @pytest.mark.parametrize("packed", [False, True], ids=["folder", "zip"])
    def test_a_package_brings_its_pictures(
        self, movie: Path, project: Project, tmp_path: Path, packed: bool
    ) -> None:
        labels = labels_on(movie)
        write_slp(tmp_path / "pkg" / "a.pkg.slp", labels=labels, embed=True)
        if packed:
            job = run_zip(project, zip_of(tmp_path / "pkg", tmp_path / "a.zip"))
        else:
            job = run_folder(project, tmp_path / "pkg")
        assert job.error is None
        video = Video.objects.get()
        assert (video.source_kind, video.frame_count, video.source_owned) == ("images", 3, True)
        assert_labels(video, labels, (0, 1, 2))
        with open_frames(movie) as original, open_frames(storage.stored_path(video.source_path)) as own:
            for n, frame in enumerate(FRAMES):
                np.testing.assert_array_equal(own.read(n), original.read(frame))

    def test_predictions_are_told_of(self, movie: Path, project: Project) -> None:
        poses = Poses(
            skeleton=SKELETON,
            individuals=("ann",),
            frames=np.arange(10),
            points_px=np.ones((10, 1, 2, 2), np.float32),
            confidence=np.ones((10, 1, 2), np.float32),
        )
        write_slp(movie.parent / "a.slp", labels=labels_on(movie), poses={"clip": poses})
        job = run_folder(project, movie.parent)
        assert job.result is not None
        assert job.result["predictions"] == 1
        assert job.result["warnings"] == []

    def test_without_its_video(self, movie: Path, project: Project) -> None:
        write_slp(movie.parent / "a.slp", labels=labels_on(movie))
        movie.unlink()
        job = run_folder(project, movie.parent)
        assert job.error is not None
        assert "clip.mp4: labelled, and not there. Put the video beside a.slp" in job.error["message"]
        assert_untouched(project)

    def test_another_video_of_that_name(self, movie: Path, project: Project) -> None:
        write_slp(movie.parent / "a.slp", labels=labels_on(movie))
        movie.unlink()
        write_barcode_video(movie, 5)
        job = run_folder(project, movie.parent)
        assert job.error is not None
        assert "frame 8 is labelled, and the video has 5" in job.error["message"]
        assert_untouched(project)

    @pytest.mark.parametrize("packed", [False, True], ids=["folder", "zip"])
    def test_a_hostile_package_leaves_nothing(
        self, movie: Path, project: Project, tmp_path: Path, packed: bool
    ) -> None:
        file = write_slp(tmp_path / "pkg" / "a.pkg.slp", labels=labels_on(movie), embed=True)
        with h5py.File(file, "r+") as store:
            store["video0/video"][2] = 7
        if packed:
            job = run_zip(project, zip_of(tmp_path / "pkg", tmp_path / "a.zip"))
        else:
            job = run_folder(project, tmp_path / "pkg")
        assert job.error is not None
        assert job.error["code"] == "bad_sleap"
        assert "frame 8 in video0/video" in job.error["message"]
        assert_untouched(project)
        assert not list(storage.media_folder("originals").glob("*/pictures"))


@pytest.mark.parametrize("tool", ["lightning_pose", "coco"])
def test_folders_of_images(movie: Path, project: Project, tmp_path: Path, tool: str) -> None:
    labels = labels_on(movie, ("animal 1",))
    writer = lightning_pose if tool == "lightning_pose" else coco_keypoints
    writer.write_labels(tmp_path / "set", labels, title="set", scorer="Ann", on_progress=ignore)
    job = run_zip(project, zip_of(tmp_path / "set", tmp_path / "set.zip"))
    assert job.error is None
    video = Video.objects.get()
    assert (video.recording.name, video.source_kind, video.frame_count) == ("clip", "images", 3)
    assert_labels(video, labels, (0, 1, 2))
    assert DataImport.objects.get().kind == tool
