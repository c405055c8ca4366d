import json
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner, Result

from sbea_engine.cli import main
from sbea_engine.data import LabelSet, Visibility
from sbea_engine.data.labels import BadLabels
from sbea_engine.errors import BadInput, Cancelled
from sbea_engine.io.poses_store import BadPosesStore, open_poses
from sbea_engine.nn.card import BadModel, ModelCard, ModelExists
from sbea_engine.pipelines.pose import evaluate_model, load_labels, train_and_evaluate
from sbea_engine.pipelines.pose_video import predict_video
from sbea_engine.pose.config import PoseConfig
from sbea_engine.pose.factory import load
from sbea_engine.pose.heldout import HeldOut
from sbea_engine.pose.splits import BadHoldout
from sbea_engine.progress import Progress
from sbea_engine.video import BadVideo
from tests.fixtures.blobs import write_pair, write_scene
from tests.fixtures.full_disk import full_disk

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


def contents(folder: Path) -> dict[str, tuple[bytes, int]]:
    """Bytes and time of change of every file."""
    return {f.name: (f.read_bytes(), f.stat().st_mtime_ns) for f in folder.iterdir()}


def _die(*_: object) -> None:
    raise SystemExit


class TestTrainAndEvaluate:
    def test_writes_a_whole_model(self, model: Path) -> None:
        files = ["card.json", "heldout.json", "metrics.json", "weights.safetensors"]
        assert sorted(f.name for f in model.iterdir()) == files
        metrics = json.loads((model / "metrics.json").read_text())
        assert metrics["holdout"] == "last:0.2"
        assert metrics["test"]["n"] == 5 * 2
        assert metrics["validation"]["n"] == 3 * 2
        assert set(metrics["test"]["by_keypoint"]) == {"nose", "tail"}
        assert sum(b["n"] for b in metrics["test"]["confidence"]["bins"]) == 5 * 2
        held_out = HeldOut.load(model / "heldout.json")
        assert [f.index for f in held_out.frames] == [20, 21, 22, 23, 24]
        distance = held_out.distance_px()
        assert np.nanmean(distance) == pytest.approx(metrics["test"]["mean_px"], abs=0.02)
        worst = metrics["test"]["worst"][0]
        row = [f.index for f in held_out.frames].index(worst["index"])
        assert np.nanmean(distance[row]) == pytest.approx(worst["mean_px"], abs=0.02)

    def test_held_out_frames_reach_neither_training_nor_validation(
        self, labels: LabelSet, model: Path
    ) -> None:
        card = load(model, threads=1).card_
        assert card.data["frames"] == 20
        assert all(frame["index"] < 20 for frame in card.data["validation_frames"])

    def test_saved_model_gives_the_same_figures(self, labels: LabelSet, model: Path) -> None:
        again = evaluate_model(model, labels, "last:0.2", threads=1)
        assert again.figures == json.loads((model / "metrics.json").read_text())["test"]

    def test_stages_are_reported_in_order(self, labels: LabelSet, tmp_path: Path) -> None:
        reports: list[Progress] = []
        train_and_evaluate(labels, TINY, "last:0.2", tmp_path, on_progress=reports.append)
        assert list(dict.fromkeys(r.stage for r in reports)) == [
            "check frames",
            "read frames",
            "train",
            "evaluate",
        ]
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

    def test_a_finished_run_is_not_repeated(self, labels: LabelSet, model: Path) -> None:
        before = contents(model)
        (model / "checkpoint").mkdir()  # of a process killed between the card and its last act
        (model / "checkpoint" / "latest.safetensors").touch()
        reports: list[Progress] = []
        again = train_and_evaluate(labels, TINY, "last:0.2", model, on_progress=reports.append)
        assert not again.trained_now
        assert again.card == load(model, threads=1).card_
        assert again.metrics == json.loads((model / "metrics.json").read_text())
        assert reports == []
        assert contents(model) == before

    @pytest.mark.parametrize("changed", ["seed", "holdout", "labels"])
    def test_the_model_of_another_run_is_kept(self, labels: LabelSet, model: Path, changed: str) -> None:
        before = contents(model)
        other = labels.select(range(len(labels) - 1)) if changed == "labels" else labels
        config = replace(TINY, seed=1) if changed == "seed" else TINY
        with pytest.raises(ModelExists, match="another config, holdout or set of labels"):
            train_and_evaluate(other, config, "last:0.4" if changed == "holdout" else "last:0.2", model)
        assert contents(model) == before

    def test_a_run_that_differs_in_threads_alone_is_the_same(self, labels: LabelSet, model: Path) -> None:
        assert not train_and_evaluate(labels, replace(TINY, threads=2), "last:0.2", model).trained_now

    def test_a_held_out_frame_that_cannot_be_read_is_found_before_training(self, tmp_path: Path) -> None:
        labels = write_scene(tmp_path / "images", 25)
        labels.frames[-1].path.write_bytes(labels.frames[-1].path.read_bytes()[:200])
        reports: list[Progress] = []
        with pytest.raises(BadVideo, match=r"024\.png"):
            train_and_evaluate(labels, TINY, "last:0.2", tmp_path / "out", on_progress=reports.append)
        assert "train" not in {r.stage for r in reports}
        assert not (tmp_path / "out").exists()

    def test_killed_before_its_card_is_no_model_and_goes_on(
        self, labels: LabelSet, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The process ends at the last moment: figures and weights are there, the card is not."""
        with monkeypatch.context() as patch:
            patch.setattr(ModelCard, "write", _die)
            with pytest.raises(SystemExit):
                train_and_evaluate(labels, TINY, "last:0.2", tmp_path)
        with pytest.raises(BadModel, match="not there"):
            load(tmp_path, threads=1)
        reports: list[Progress] = []
        done = train_and_evaluate(labels, TINY, "last:0.2", tmp_path, on_progress=reports.append)
        assert not [r for r in reports if r.stage == "train"]  # all steps are in the checkpoint
        assert done.trained_now
        whole = json.loads((model / "card.json").read_text())
        assert done.card.weights_sha256 == whole["weights_sha256"]
        assert not (tmp_path / "checkpoint").exists()

    @pytest.mark.parametrize(
        "text",
        [
            "[1]",
            "[" * 100_000,
            '{"a',
            "",
            "{}",
            '{"holdout":3,"test":null,"validation":"x"}',
            '{"holdout":"none","validation":{}}',
            '{"holdout":"none","validation":{"by_keypoint":[]}}',
            '{"holdout":"none","validation":{"by_keypoint":{},"n":1,"mean_px":"x","median_px":1,"pck5":1}}',
            '{"holdout":"none","validation":{"by_keypoint":{},"n":1,"mean_px":NaN,"median_px":1,"pck5":1}}',
            '{"holdout":"x","validation":{"by_keypoint":{"a":1},"n":1,"mean_px":1,"median_px":1,"pck5":1}}',
            '{"holdout":"none","validation":{},"test":{"by_keypoint":{},"n":1,"mean_px":1,"median_px":1}}',
        ],
        ids=lambda text: text[:60],
    )
    def test_damaged_figures_of_a_finished_run(
        self, data: Path, labels: LabelSet, model: Path, tmp_path: Path, text: str
    ) -> None:
        """Nothing is trained anew over a model that is there, and nothing of it is lost."""
        folder = shutil.copytree(model, tmp_path / "model")
        (folder / "metrics.json").write_text(text)
        before = contents(folder)
        again = sbea(
            "pose", "train", "--data", data, "--out", folder, "--preset", "tiny", "--iterations", 8,
            "--threads", 1, "--holdout", "last:0.2", "--json",
        )  # fmt: skip
        assert again.exit_code == 2
        assert "metrics.json: cannot be read" in again.stderr
        assert contents(folder) == before

    def test_a_finished_run_whose_card_lacks_how_it_was_trained(
        self, labels: LabelSet, model: Path, tmp_path: Path
    ) -> None:
        folder = shutil.copytree(model, tmp_path / "model")
        card = json.loads((folder / "card.json").read_text())
        del card["training"]["seconds"]
        (folder / "card.json").write_text(json.dumps(card))
        with pytest.raises(BadModel, match=r"card\.json: 'training' has no seconds"):
            train_and_evaluate(labels, TINY, "last:0.2", folder)

    @pytest.mark.parametrize("reason", ["too few", "never placed", "unreadable"])
    def test_what_is_refused_leaves_no_folder(self, tmp_path: Path, reason: str) -> None:
        labels = write_scene(tmp_path / "images", 12)
        if reason == "too few":
            labels = labels.select([0, 1])
        elif reason == "never placed":
            points, visibility = np.array(labels.points_px), np.array(labels.visibility)
            points[:, :, 1], visibility[:, :, 1] = np.nan, Visibility.ABSENT
            labels = replace(labels, points_px=points, visibility=visibility)
        else:
            labels.frames[3].path.write_bytes(labels.frames[3].path.read_bytes()[:200])
        (tmp_path / "there").mkdir()
        for out in (tmp_path / "a" / "b" / "model", tmp_path / "there"):
            with pytest.raises(BadInput):
                train_and_evaluate(labels, TINY, "none", out)
        assert sorted(f.name for f in tmp_path.iterdir()) == ["images", "there"]  # what was there stays

    def test_a_full_disk_is_said_and_leaves_no_folder(self, data: Path, tmp_path: Path) -> None:
        with full_disk(5000):
            full = sbea(
                "pose", "train", "--data", data, "--out", tmp_path / "model", "--preset", "tiny",
                "--iterations", 4, "--threads", 1,
            )  # fmt: skip
        assert full.exit_code == 2, full.output
        assert "writing failed (File too large)" in full.stderr
        assert not (tmp_path / "model").exists()

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
        checkpoint = tmp_path / "checkpoint" / "coarse" / "latest.safetensors"
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


class TestEvaluateModel:
    def test_measures_on_what_training_held_out(self, labels: LabelSet, model: Path) -> None:
        found = evaluate_model(model, labels, threads=1)
        assert (found.holdout, found.part, found.warnings) == ("last:0.2", "test", ())
        assert found.figures["n"] == 5 * 2
        assert {row["index"] for row in found.figures["worst"]} == {20, 21, 22, 23, 24}

    def test_labels_that_are_gone_move_no_learned_frame_into_the_test(
        self, labels: LabelSet, model: Path
    ) -> None:
        """Of the first 23 frames the last fifth would begin with frame 18, which was learned."""
        found = evaluate_model(model, labels.select(range(23)), threads=1)
        assert (found.part, found.warnings) == ("test", ())
        assert {row["index"] for row in found.figures["worst"]} == {20, 21, 22}

    def test_all_frames_are_no_test(self, labels: LabelSet, model: Path) -> None:
        found = evaluate_model(model, labels, "none", threads=1)
        assert (found.part, found.figures["n"]) == ("all", 25 * 2)
        (warning,) = found.warnings
        assert "trained with 20 of these 25 frames" in warning

    def test_other_held_out_frames_were_trained_on(self, labels: LabelSet, model: Path) -> None:
        found = evaluate_model(model, labels, "block:0.6-0.88", threads=1)  # frames 15 to 21
        assert found.part == "test"
        assert "trained with 5 of these 7 frames" in found.warnings[0]

    def test_individuals_are_paired_by_name(self, tmp_path: Path) -> None:
        """The labels of a pair in the other order, and those of one of them alone."""
        pair = write_pair(tmp_path / "images", 8)
        train_and_evaluate(pair, TINY, "none", tmp_path / "model")
        alone, swapped = (
            replace(
                pair,
                individuals=tuple(pair.individuals[i] for i in who),
                points_px=pair.points_px[:, who],
                visibility=pair.visibility[:, who],
            )
            for who in ([1], [1, 0])
        )
        points, _ = load(tmp_path / "model", threads=1).predict_sources(pair.frames)
        off = np.linalg.norm(points - pair.points_px, axis=-1)
        both, found = (evaluate_model(tmp_path / "model", rows, threads=1) for rows in (pair, swapped))
        assert found.figures["mean_px"] == pytest.approx(both.figures["mean_px"], rel=1e-5)
        assert both.figures["mean_px"] == pytest.approx(off.mean(), rel=1e-3)
        light = evaluate_model(tmp_path / "model", alone, threads=1)
        assert light.figures["mean_px"] == pytest.approx(off[:, 1].mean(), rel=1e-3)
        with pytest.raises(BadLabels, match="finds dark, light; the labels are also of grey"):
            evaluate_model(tmp_path / "model", replace(swapped, individuals=("light", "grey")), threads=1)

    def test_the_only_individual_of_each_side_is_the_same(self, labels: LabelSet, model: Path) -> None:
        renamed = replace(labels, individuals=("another name",))
        assert evaluate_model(model, renamed, threads=1).figures["n"] == 5 * 2

    def test_labels_with_nothing_to_measure(self, labels: LabelSet, model: Path) -> None:
        empty = replace(
            labels,
            points_px=np.full_like(labels.points_px, np.nan),
            visibility=np.full_like(labels.visibility, Visibility.UNLABELLED),
        )
        with pytest.raises(BadLabels, match="No keypoint is placed"):
            evaluate_model(model, empty, "none", threads=1)


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

    def test_the_store_of_another_video_of_that_name_is_not_touched(
        self, model: Path, data: Path, tmp_path: Path
    ) -> None:
        predict_video(model, data / "images", tmp_path / "poses", threads=1)
        write_scene(tmp_path / "other" / "images", 25, seed=8)
        with pytest.raises(BadPosesStore, match="another run"):
            predict_video(model, tmp_path / "other" / "images", tmp_path / "poses", threads=1)

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
            "--json",
        )
        assert last_line(measured)["test"] == test
        everything = sbea(
            "pose", "evaluate", "--model", tmp_path / "model", "--data", data, "--holdout", "none", "--json"
        )
        assert not {"test"} & set(last_line(everything))
        assert "all" in last_line(everything)
        assert "warning: The model was trained with 20 of these 25 frames" in everything.stderr
        again = sbea("pose", "train", "--data", data, "--out", tmp_path / "model", *tiny)
        assert last_line(again) == last_line(trained) | {"trained_now": False}
        refused = sbea("pose", "train", "--data", data, "--out", tmp_path / "model", *tiny, "--seed", 3)
        assert refused.exit_code == 2
        assert "another config" in refused.stderr
        predicted = sbea(
            "pose", "predict", "--model", tmp_path / "model", "--video", data / "images", "--out",
            tmp_path / "poses", "--json",
        )  # fmt: skip
        assert last_line(predicted)["frames"] == 25

    def test_terms_on_unlabelled_video(self, data: Path, tmp_path: Path) -> None:
        tiny = ("--preset", "tiny", "--iterations", 4, "--threads", 1, "--json")
        terms = ("--unlabelled", data / "images", "--temporal-weight", 0.5, "--family", "pyramid")
        trained = sbea("pose", "train", "--data", data, "--out", tmp_path / "model", *tiny, *terms)
        assert trained.exit_code == 0, trained.output
        facts = json.loads((tmp_path / "model" / "card.json").read_text())["training"]["consistency"]
        assert facts["terms"] == {"temporal": 0.5}
        assert facts["unlabelled_frames"] == 25
        again = sbea("pose", "train", "--data", data, "--out", tmp_path / "model", *tiny, *terms)
        assert last_line(again) == last_line(trained) | {"trained_now": False}

    @pytest.mark.parametrize(
        ("options", "reason"),
        [
            (("--pose-weight", 1), "need one: give its path"),
            (("--unlabelled", "film.mp4"), "no term on it: give a weight"),
            (("--unlabelled", "film.mp4", "--temporal-weight", 1), "film.mp4: there is no such file"),
            (("--unlabelled", "f.mp4", "--pose-weight", 1, "--family", "bottom_up"), "Take one of two_stage"),
        ],
    )
    def test_terms_that_cannot_be(
        self, options: tuple[object, ...], reason: str, data: Path, tmp_path: Path
    ) -> None:
        refused = sbea("pose", "train", "--data", data, "--out", tmp_path / "model", *options)
        assert refused.exit_code == 2
        assert reason in refused.stderr
        assert not (tmp_path / "model").exists()

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
            (("train", "--data", "{data}", "--out", "{data}/labels.json/x"), "writing failed"),
            (("predict", "--model", "nowhere", "--video", "y", "--out", "x"), "card.json"),
            (("predict", "--model", "{model}", "--video", "y", "--out", "x", "--threads", "0"), "threads"),
            (("evaluate", "--model", "nowhere", "--data", "{data}"), "card.json"),
        ],
    )
    def test_unusable_input_is_one_line_and_exit_2(
        self, data: Path, model: Path, tmp_path: Path, arguments: tuple[str, ...], reason: str,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:  # fmt: skip
        monkeypatch.chdir(tmp_path)
        result = sbea("pose", *(a.format(data=data, model=model) for a in arguments))
        assert result.exit_code == 2
        assert reason in result.stderr
        assert "cannot be read" not in result.stderr
        assert len(result.stderr.strip().splitlines()) == 1
        assert list(tmp_path.iterdir()) == []
