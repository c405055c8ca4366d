"""Ingest: a video becomes ready with all its frames, or failed with a plain reason and nothing on disk."""

from __future__ import annotations

import json
import wave
from pathlib import Path

import numpy as np
import pytest
from django.test import override_settings
from PIL import Image

from sbea_engine.data.camera import CameraGroup
from tests.fixtures.barcode import write_barcode_video
from tests.webapp.factories import make_project, owner_of
from tests.webapp.recordings.factories import make_rig
from tests.workers.project_rows import finish
from webapp.jobs.models import Job
from webapp.jobs.services import job_retry
from webapp.recordings import storage
from webapp.recordings.matching import match_cameras
from webapp.recordings.models import Recording, Video
from webapp.recordings.rendered_registration import recording_register_rendered
from webapp.recordings.services import Source, recording_delete, recording_register
from webapp.recordings.sync import sync_of
from workers.recordings import ingest_video

pytestmark = pytest.mark.django_db(transaction=True)


def register(path: Path) -> tuple[Video, Job]:
    project = make_project()
    with override_settings(SBEA_MEDIA_ROOTS=(path.parent,)):
        source = Source(view="cam-1", path=str(path))
        recording, jobs = recording_register(
            project=project, name="take", sources=[source], by=owner_of(project)
        )
    return recording.videos.get(), jobs[0]


def ingest(path: Path) -> tuple[Video, Job]:
    video, job = register(path)
    with override_settings(SBEA_MEDIA_ROOTS=(path.parent,)):
        ended = finish(ingest_video, job)
    video.refresh_from_db()
    return video, ended


class TestGood:
    def test_video(self, tmp_path: Path) -> None:
        source = write_barcode_video(tmp_path / "a.mp4", 25, fps=25)
        before = source.read_bytes()
        video, job = ingest(source)
        assert (job.state, job.error) == ("done", None)
        assert (video.state, video.frame_count, video.width, video.height) == ("ready", 25, 192, 112)
        assert video.fps == pytest.approx(25)
        assert video.proxy_facts["codec"].startswith("avc1.")
        names = {file.name for file in storage.video_folder(video.pk).iterdir()}
        assert names == {"proxy.mp4", "frames.bin", "proxy.json", "poster.jpg"}
        assert source.read_bytes() == before
        assert not (storage.data_root() / "jobs" / str(job.pk)).exists()

    def test_folder_of_images(self, tmp_path: Path) -> None:
        folder = tmp_path / "images"
        folder.mkdir()
        for n in (1, 2, 10):
            Image.fromarray(np.full((48, 64, 3), n, np.uint8)).save(folder / f"img{n}.png")
        video, _ = ingest(folder)
        assert (video.state, video.source_kind, video.frame_count) == ("ready", "images", 3)
        assert video.proxy_facts["names"] == ["img1.png", "img2.png", "img10.png"]
        assert video.fps is None

    def test_a_second_message_changes_nothing(self, tmp_path: Path) -> None:
        _, job = ingest(write_barcode_video(tmp_path / "a.mp4", 5))
        Job.objects.filter(pk=job.pk).update(state="queued")
        with override_settings(SBEA_MEDIA_ROOTS=()):  # the source is not even looked at
            assert finish(ingest_video, job).state == "done"

    def test_deleting_leaves_the_source(self, tmp_path: Path) -> None:
        source = write_barcode_video(tmp_path / "a.mp4", 5)
        video, _ = ingest(source)
        folder = storage.video_folder(video.pk)
        recording_delete(recording=video.recording, by=owner_of(video.recording.project))
        assert source.exists()
        assert not folder.exists()
        assert not Video.objects.exists()


def truncated(path: Path) -> Path:
    whole = write_barcode_video(path.with_name("whole.mp4"), 60).read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    return path


def audio_only(path: Path) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(b"\0\0" * 800)
    return path


def written(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


class TestBad:
    @pytest.mark.parametrize("kind", ["truncated", "empty", "text", "audio"])
    def test_fails_with_a_reason_and_leaves_nothing(self, tmp_path: Path, kind: str) -> None:
        path = tmp_path / "bad.mp4"
        source = {
            "truncated": lambda: truncated(path),
            "empty": lambda: written(path, b""),
            "text": lambda: written(path, b"just some words\n" * 100),
            "audio": lambda: audio_only(path),
        }[kind]()
        video, job = ingest(source)
        assert (video.state, job.state) == ("failed", "failed")
        assert "bad.mp4" in video.failure
        assert job.error is not None
        assert job.error["code"] == "bad_video"
        assert not storage.video_folder(video.pk).exists()
        assert (video.frame_count, video.proxy_version) == (0, "")

    def test_the_root_was_taken_back_meanwhile(self, tmp_path: Path) -> None:
        video, job = register(write_barcode_video(tmp_path / "a.mp4", 5))
        with override_settings(SBEA_MEDIA_ROOTS=()):
            ended = finish(ingest_video, job)
        video.refresh_from_db()
        assert ended.error is not None
        assert (ended.error["code"], video.state) == ("path_not_allowed", "failed")

    def test_the_recording_was_deleted_meanwhile(self, tmp_path: Path) -> None:
        video, job = register(write_barcode_video(tmp_path / "a.mp4", 5))
        video.recording.delete()
        with override_settings(SBEA_MEDIA_ROOTS=(tmp_path,)):
            ended = finish(ingest_video, job)
        assert ended.error is not None
        assert ended.error["code"] == "not_found"

    def test_once_more_after_the_file_was_mended(self, tmp_path: Path) -> None:
        path = written(tmp_path / "a.mp4", b"")
        video, job = ingest(path)
        write_barcode_video(path, 5)
        job_retry(job=job, by=owner_of(video.recording.project))
        video.refresh_from_db()
        assert (video.state, video.failure) == ("pending", "")
        with override_settings(SBEA_MEDIA_ROOTS=(tmp_path,)):
            finish(ingest_video, job)
        video.refresh_from_db()
        assert (video.state, video.frame_count) == ("ready", 5)


class TestSeveralViews:
    """Views are read one by one; the common clock is held against each as it becomes ready."""

    @staticmethod
    def rendered(folder: Path, *, side_frames: int) -> None:
        """A rendered recording's folder as `sbea synth` writes it, with barcodes for pictures."""
        write_barcode_video(folder / "top.mp4", 12)
        write_barcode_video(folder / "side.mp4", side_frames)
        sync = {"ticks": 12, "views": {"top": [[0, 0, 12]], "side": [[2, 0, 4], [7, 4, 5]]}}
        cameras = make_rig("top", "side").to_dict()["cameras"]
        document = {"format": "sbea-recording/1", "frame_count": 12, "cameras": cameras, "sync": sync}
        (folder / "recording.json").write_text(json.dumps(document))

    @staticmethod
    def ingest_all(folder: Path) -> Recording:
        project = make_project()
        with override_settings(SBEA_MEDIA_ROOTS=(folder,)):
            made = recording_register_rendered(project=project, folder=str(folder), by=owner_of(project))
            for job in made.jobs:
                finish(ingest_video, job)
        return Recording.objects.get(pk=made.recording.pk)

    def test_a_rendered_recording_is_whole_when_its_views_are_read(self, tmp_path: Path) -> None:
        self.rendered(tmp_path, side_frames=9)
        recording = self.ingest_all(tmp_path)
        sync = sync_of(recording)
        assert sync.problems == {}
        assert sync.table().frames_of("side").tolist() == [-1, -1, 0, 1, 2, 3, -1, 4, 5, 6, 7, 8]
        assert recording.calibration is not None
        cameras = CameraGroup.from_dict(recording.calibration.cameras)
        assert match_cameras(cameras, list(recording.videos.all())).usable == ("top", "side")

    def test_a_video_shorter_than_its_table_says_is_told_and_the_other_goes_on(self, tmp_path: Path) -> None:
        self.rendered(tmp_path, side_frames=7)
        recording = self.ingest_all(tmp_path)
        assert {video.state for video in recording.videos.all()} == {"ready"}
        sync = sync_of(recording)
        assert "has 7 frames, but the sync table shows its frame 8 at tick 11" in sync.problems["side"]
        assert sync.runs["top"] == [[0, 0, 12]]

    def test_a_video_that_cannot_be_read_leaves_the_others_usable(self, tmp_path: Path) -> None:
        self.rendered(tmp_path, side_frames=9)
        (tmp_path / "side.mp4").write_bytes(b"no video")
        recording = self.ingest_all(tmp_path)
        top, side = recording.videos.all()
        assert (top.state, side.state) == ("ready", "failed")
        assert side.failure
        cameras = CameraGroup.from_dict(recording.calibration.cameras)  # type: ignore[union-attr]
        assert match_cameras(cameras, [top, side]).usable == ("top",)
