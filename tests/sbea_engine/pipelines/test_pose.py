import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner, Result

from sbea_engine.cli import main
from sbea_engine.data import LabelSet
from sbea_engine.data.labels import BadLabels
from sbea_engine.errors import Cancelled
from sbea_engine.io.poses_store import BadPosesStore, open_poses
from sbea_engine.pipelines.pose import (
    evaluate_model,
    load_labels,
    predict_video,
    train_and_evaluate,
)
from sbea_engine.pose.config import PoseConfig
from sbea_engine.pose.factory import load
from sbea_engine.pose.splits import BadHoldout
from sbea_engine.progress import Progress
from tests.fixtures.blobs import write_scene

TINY = PoseConfig(preset="tiny", threads=1, device="cpu", iterations=8)


@pytest.fixture(autouse=True, scope="module")
def one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of labels: 25 frames and labels.json."""
    folder = tmp_path_factory.mktemp("data")
    write_scene(folder / "images", 25).save(folder)
    return folder


@pytest.fixture(scope="module")
def labels(data: Path) -> LabelSet:
    return load_labels(data)


@pytest.fixture(scope="module")
def model(labels: LabelSet, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("model")
    train_and_evaluate(labels, TINY, "last:0.2", folder)
    return folder


def sbea(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(a) for a in arguments])


def last_line(result: Result) -> dict[str, object]:
    document = json.loads(result.stdout.strip().splitlines()[-1])
    assert isinstance(document, dict)
    return document


class TestTrainAndEvaluate:
    def test_writes_a_whole_model(self, model: Path) -> None:
        assert sorted(f.name for f in model.iterdir()) == ["card.json", "metrics.json", "weights.safetensors"]
        metrics = json.loads((model / "metrics.json").read_text())
        assert metrics["holdout"] == "last:0.2"
        assert metrics["test"]["n"] == 5 * 2
        assert metrics["validation"]["n"] == 3 * 2
        assert set(metrics["test"]["by_keypoint"]) == {"nose", "tail"}

    def test_held_out_frames_reach_neither_training_nor_validation(
        self, labels: LabelSet, model: Path
    ) -> None:
        card = load(model, threads=1).card_
        assert card.data["frames"] == 20
        assert all(frame["index"] < 20 for frame in card.data["validation_frames"])

    def test_saved_model_gives_the_same_figures(self, labels: LabelSet, model: Path) -> None:
        again = evaluate_model(model, labels, "last:0.2", threads=1)
        assert again == json.loads((model / "metrics.json").read_text())["test"]

    def test_stages_are_reported_in_order(self, labels: LabelSet, tmp_path: Path) -> None:
        reports: list[Progress] = []
        train_and_evaluate(labels, TINY, "last:0.2", tmp_path, on_progress=reports.append)
        assert list(dict.fromkeys(r.stage for r in reports)) == ["read frames", "train", "evaluate"]
        assert (reports[-1].done, reports[-1].total) == (5, 5)

    def test_cancelled_and_started_again(self, labels: LabelSet, model: Path, tmp_path: Path) -> None:
        def cancel(progress: Progress) -> None:
            if progress.stage == "train" and progress.done == 5:
                raise Cancelled

        with pytest.raises(Cancelled):
            train_and_evaluate(labels, TINY, "last:0.2", tmp_path, on_progress=cancel)
        assert not (tmp_path / "card.json").exists()
        reports: list[Progress] = []
        train_and_evaluate(labels, TINY, "last:0.2", tmp_path, on_progress=reports.append)
        assert [r.done for r in reports if r.stage == "train"] == [6, 7, 8]
        whole, resumed = (json.loads((f / "metrics.json").read_text())["test"] for f in (model, tmp_path))
        assert resumed["mean_px"] == pytest.approx(whole["mean_px"], abs=1e-3)
        assert not (tmp_path / "checkpoint").exists()

    def test_bad_holdout_leaves_nothing(self, labels: LabelSet, tmp_path: Path) -> None:
        with pytest.raises(BadHoldout):
            train_and_evaluate(labels, TINY, "videos:unknown", tmp_path / "out")
        assert not (tmp_path / "out").exists()

    @pytest.mark.slow
    def test_killed_and_started_again(self, data: Path, model: Path, tmp_path: Path) -> None:
        """SIGKILL in the middle; the next start goes on from the checkpoint and ends with a model."""
        command = [
            sys.executable, "-m", "sbea_engine.cli", "pose", "train", "--data", str(data), "--out",
            str(tmp_path), "--preset", "tiny", "--threads", "1", "--json", "--iterations",
        ]  # fmt: skip
        checkpoint = tmp_path / "checkpoint" / "latest.safetensors"
        running = subprocess.Popen([*command, "100000"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        try:
            deadline = time.monotonic() + 120
            while not checkpoint.exists() and time.monotonic() < deadline:
                time.sleep(0.2)
        finally:
            os.kill(running.pid, signal.SIGKILL)
            running.communicate()
        assert checkpoint.exists()
        assert not (tmp_path / "card.json").exists()
        reports: list[Progress] = []

        def stop_soon(progress: Progress) -> None:
            if progress.stage == "train":
                reports.append(progress)
                raise Cancelled

        settings = {"preset": "tiny", "threads": 1, "iterations": 100000}
        with pytest.raises(Cancelled):
            train_and_evaluate(
                load_labels(data), PoseConfig.from_dict(settings), "none", tmp_path, on_progress=stop_soon
            )
        assert reports[0].done > 10


class TestPredictVideo:
    def test_a_store_of_every_frame(self, model: Path, data: Path, tmp_path: Path) -> None:
        result = predict_video(model, data / "images", tmp_path / "poses", threads=1)
        store = open_poses(tmp_path / "poses")
        assert store.complete
        assert (result.frame_count, result.predicted_now) == (25, 25)
        poses = store.window()
        direct = load(model, threads=1).predict(data / "images")
        np.testing.assert_allclose(poses.points_px, direct.points_px, atol=1e-3)
        np.testing.assert_allclose(poses.confidence, direct.confidence, atol=1e-4)
        assert (
            store.provenance["weights_sha256"]
            == json.loads((model / "card.json").read_text())["weights_sha256"]
        )

    def test_cancelled_keeps_whole_chunks_and_goes_on(
        self, model: Path, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("sbea_engine.pose.inference.MAX_BATCH_PIXELS", 4 * 96 * 80)

        def cancel(progress: Progress) -> None:
            if progress.done >= 12:
                raise Cancelled

        store = tmp_path / "poses"
        with pytest.raises(Cancelled):
            predict_video(model, data / "images", store, threads=1, chunk=5, on_progress=cancel)
        done = open_poses(store).frames_done
        assert done % 5 == 0
        assert 0 < done < 25
        reports: list[Progress] = []
        result = predict_video(model, data / "images", store, threads=1, chunk=5, on_progress=reports.append)
        assert reports[0].done == done
        assert result.predicted_now == 25 - done
        direct = load(model, threads=1).predict(data / "images")
        np.testing.assert_allclose(open_poses(store).window().points_px, direct.points_px, atol=1e-3)

    def test_running_again_does_nothing(self, model: Path, data: Path, tmp_path: Path) -> None:
        predict_video(model, data / "images", tmp_path / "poses", threads=1)
        assert predict_video(model, data / "images", tmp_path / "poses", threads=1).predicted_now == 0

    def test_the_store_of_another_model_is_not_touched(
        self, model: Path, labels: LabelSet, data: Path, tmp_path: Path
    ) -> None:
        predict_video(model, data / "images", tmp_path / "poses", threads=1)
        other = PoseConfig.from_dict({**TINY.to_dict(), "seed": 5})
        train_and_evaluate(labels, other, "none", tmp_path / "other")
        with pytest.raises(BadPosesStore, match="another run"):
            predict_video(tmp_path / "other", data / "images", tmp_path / "poses", threads=1)


class TestLoadLabels:
    def test_neither_kind_of_folder(self, tmp_path: Path) -> None:
        with pytest.raises(BadLabels, match=r"labels\.json nor config\.yaml"):
            load_labels(tmp_path)


class TestCommandLine:
    def test_train_evaluate_predict(self, data: Path, tmp_path: Path) -> None:
        tiny = ("--preset", "tiny", "--iterations", 8, "--threads", 1, "--holdout", "last:0.2", "--json")
        trained = sbea("pose", "train", "--data", data, "--out", tmp_path / "model", *tiny)
        assert trained.exit_code == 0, trained.output
        test = last_line(trained)["test"]
        assert isinstance(test, dict)
        assert {"n", "mean_px", "median_px", "pck5", "by_keypoint"} <= set(test)
        measured = sbea(
            "pose",
            "evaluate",
            "--model",
            tmp_path / "model",
            "--data",
            data,
            "--holdout",
            "last:0.2",
            "--json",
        )
        assert last_line(measured)["test"] == test
        predicted = sbea(
            "pose", "predict", "--model", tmp_path / "model", "--video", data / "images", "--out",
            tmp_path / "poses", "--json",
        )  # fmt: skip
        assert last_line(predicted)["frames"] == 25

    def test_text_for_a_person(self, data: Path, model: Path) -> None:
        result = sbea("pose", "evaluate", "--model", model, "--data", data)
        assert result.exit_code == 0
        assert [line.split()[0] for line in result.stdout.splitlines()] == ["keypoint", "nose", "tail", "all"]

    @pytest.mark.parametrize(
        ("arguments", "reason"),
        [
            (("train", "--data", "nowhere", "--out", "x"), "nowhere"),
            (("train", "--data", "{data}", "--out", "x", "--holdout", "half"), "half"),
            (("train", "--data", "{data}", "--out", "x", "--minutes", "-1"), "minutes"),
            (("predict", "--model", "nowhere", "--video", "y", "--out", "x"), "card.json"),
            (("evaluate", "--model", "nowhere", "--data", "{data}"), "card.json"),
        ],
    )
    def test_unusable_input_is_one_line_and_exit_2(
        self, data: Path, tmp_path: Path, arguments: tuple[str, ...], reason: str,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:  # fmt: skip
        monkeypatch.chdir(tmp_path)
        result = sbea("pose", *(a.format(data=data) for a in arguments))
        assert result.exit_code == 2
        assert reason in result.stderr
        assert len(result.stderr.strip().splitlines()) == 1
        assert list(tmp_path.iterdir()) == []
