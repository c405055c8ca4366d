"""A model that sees frames before and after, through commands and by several workers."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner, Result

from sbea_engine.cli import main
from sbea_engine.errors import Cancelled
from sbea_engine.io.poses_store import open_poses
from sbea_engine.pipelines.pose import train_and_evaluate
from sbea_engine.pipelines.pose_video import answers_to, predict_video
from sbea_engine.pipelines.shared_prediction import SharedPrediction, Split
from sbea_engine.pose.config import BadPoseConfig, PoseConfig
from sbea_engine.pose.factory import load
from sbea_engine.pose.neighbours import NoNeighbours
from sbea_engine.pose.warm_start import KEPT_SETTINGS
from sbea_engine.progress import Progress
from sbea_engine.video import open_frames
from tests.fixtures.barcode import write_barcode_video
from tests.fixtures.blobs import write_scene
from tests.fixtures.films import write_film
from tests.sbea_engine.pipelines.test_shared_prediction import MemoryRanges

CHUNK = 4
COUNT = 37


@pytest.fixture(autouse=True, scope="module")
def one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Labels of a film, as a folder with labels.json."""
    folder = tmp_path_factory.mktemp("data")
    write_film(folder / "film", COUNT).save(folder)
    return folder


@pytest.fixture(scope="module")
def model(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("models") / "model"
    result = sbea(
        "pose", "train", "--data", data, "--out", out, "--preset", "tiny", "--family", "heatmap_unet",
        "--context", 2, "--iterations", 8, "--threads", 1, "--holdout", "last:0.2", "--json",
    )  # fmt: skip
    assert result.exit_code == 0, result.stderr
    return out


def sbea(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(a) for a in arguments])


def test_a_film_is_predicted_as_frames_of_it_are(model: Path, data: Path, tmp_path: Path) -> None:
    result = sbea("pose", "predict", "--model", model, "--video", data / "film", "--out", tmp_path / "poses")
    assert result.exit_code == 0, result.stderr
    poses = open_poses(tmp_path / "poses").window()
    wanted = load(model, threads=1).predict(data / "film", [0, 11, 12, 36])
    np.testing.assert_allclose(poses.points_px[[0, 11, 12, 36]], wanted.points_px, rtol=0, atol=1e-3)


def test_ranges_read_beyond_their_ends(model: Path, data: Path) -> None:
    """Each range, read by itself, gives the numbers of one run over all, to the last bit."""
    loaded = load(model, threads=1)
    split = Split(frame_count=COUNT, frames=2 * CHUNK)
    with open_frames(data / "film") as reader:
        whole = list(answers_to(loaded, reader, 0, COUNT, CHUNK))
        parts = [
            some
            for number in reversed(range(split.count))
            for some in reversed(list(answers_to(loaded, reader, *split.span(number), CHUNK)))
        ][::-1]
    for kind in (0, 1):
        straight, shared = (np.concatenate([some[kind] for some in of]) for of in (whole, parts))
        assert len(straight) == COUNT
        np.testing.assert_array_equal(straight, shared)
    stream = loaded.predict(data / "film")
    np.testing.assert_allclose(straight, stream.confidence, rtol=0, atol=1e-5)


def test_several_workers_give_the_numbers_of_one(model: Path, data: Path, tmp_path: Path) -> None:
    predict_video(model, data / "film", tmp_path / "alone", threads=1, chunk=CHUNK)
    ranges = MemoryRanges()
    ranges.count = 5

    def worker(name: str) -> SharedPrediction:
        return SharedPrediction(
            model,
            data / "film",
            ranges.of(name),
            tmp_path / "parts",
            threads=1,
            chunk=CHUNK,
            range_chunks=2,
        )

    assert [worker("helper").help() for _ in range(2)] == [0, 1]
    worker("leader").lead(tmp_path / "shared")
    alone, shared = (open_poses(tmp_path / name).window() for name in ("alone", "shared"))
    np.testing.assert_array_equal(shared.points_px, alone.points_px)
    np.testing.assert_array_equal(shared.confidence, alone.confidence)


def test_a_run_that_was_stopped_goes_on_to_the_same_numbers(model: Path, data: Path, tmp_path: Path) -> None:
    def stop(progress: Progress) -> None:
        if progress.done >= CHUNK + 2:
            raise Cancelled

    with pytest.raises(Cancelled):
        predict_video(model, data / "film", tmp_path / "poses", threads=1, chunk=CHUNK, on_progress=stop)
    predict_video(model, data / "film", tmp_path / "poses", threads=1, chunk=CHUNK)
    predict_video(model, data / "film", tmp_path / "alone", threads=1, chunk=CHUNK)
    again, alone = (open_poses(tmp_path / name).window() for name in ("poses", "alone"))
    np.testing.assert_array_equal(again.points_px, alone.points_px)


def test_a_training_goes_on_with_what_it_sees(model: Path, data: Path, tmp_path: Path) -> None:
    assert "context_frames" in KEPT_SETTINGS
    start = ("pose", "train", "--data", data, "--from", model, "--iterations", 2, "--threads", 1)
    assert sbea(*start, "--out", tmp_path / "on").exit_code == 0
    assert load(tmp_path / "on").config.context_frames == 2
    refused = sbea(*start, "--out", tmp_path / "off", "--context", 0)
    assert refused.exit_code == 2
    assert "trained with context_frames 2, not 0" in refused.stderr


class TestRefused:
    def test_single_pictures_before_anything_is_done(self, tmp_path: Path) -> None:
        """Those to train with too, though they are decoded last."""
        labels = write_scene(tmp_path / "images", 12)
        config = PoseConfig(preset="tiny", family="pyramid", context_frames=2)
        reports: list[Progress] = []
        with pytest.raises(NoNeighbours, match="12 of 12"):
            train_and_evaluate(labels, config, "last:0.2", tmp_path / "out", on_progress=reports.append)
        assert reports == []
        assert not (tmp_path / "out").exists()

    def test_a_deeplabcut_project_says_what_to_do(self, tmp_path: Path) -> None:
        write_scene(tmp_path / "images", 12).save(tmp_path)
        result = sbea(
            "pose",
            "train",
            "--data",
            tmp_path,
            "--out",
            tmp_path / "out",
            "--family",
            "pyramid",
            "--context",
            2,
        )
        assert result.exit_code == 2
        assert "single pictures" in result.stderr
        assert "--context 0" in result.stderr

    def test_a_family_that_cannot(self, data: Path, tmp_path: Path) -> None:
        result = sbea("pose", "train", "--data", data, "--out", tmp_path / "out", "--context", 2)
        assert result.exit_code == 2
        assert "two_stage sees each frame alone" in result.stderr
        assert "pyramid, heatmap_unet" in result.stderr

    def test_several_members(self) -> None:
        with pytest.raises(BadPoseConfig, match="several members"):
            PoseConfig(family="pyramid", context_frames=2, members=3)

    def test_a_picture_to_predict(self, model: Path, data: Path, tmp_path: Path) -> None:
        result = sbea(
            "pose", "predict", "--model", model, "--video", data / "film" / "003.png", "--out", tmp_path / "p"
        )
        assert result.exit_code == 2
        assert "single picture" in result.stderr

    def test_onnx_before_anything_is_written(self, model: Path, data: Path, tmp_path: Path) -> None:
        result = sbea(
            "pose", "predict", "--model", model, "--video", data / "film", "--out", tmp_path / "poses",
            "--runtime", "onnx", "--json",
        )  # fmt: skip
        assert result.exit_code == 2
        assert json.loads(result.stdout.splitlines()[-1])["error"]["code"] in {
            "cannot_export",
            "onnx_missing",
        }
        assert not (tmp_path / "poses").exists()


def test_a_video_file_is_read_in_windows_too(model: Path, tmp_path: Path) -> None:
    video = write_barcode_video(tmp_path / "a.mp4", 9)
    loaded = load(model, threads=1)
    whole, some = loaded.predict(video), loaded.predict(video, [0, 4, 8])
    np.testing.assert_allclose(some.confidence, whole.confidence[[0, 4, 8]], rtol=0, atol=1e-5)
