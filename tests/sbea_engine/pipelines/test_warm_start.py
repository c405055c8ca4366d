"""Training that goes on from a model: what it keeps, what it refuses, what its card says."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from safetensors.torch import load_file

from sbea_engine.cli import main
from sbea_engine.data import LabelSet, Skeleton
from sbea_engine.data.labels import BadLabels
from sbea_engine.errors import Cancelled
from sbea_engine.nn.card import WEIGHTS_FILE, BadModel, file_sha256
from sbea_engine.pipelines.pose import TrainingResult, evaluate_model, train_and_evaluate
from sbea_engine.pipelines.warm_start import config_from, read_start
from sbea_engine.pose.config import WARM_SHARE, BadPoseConfig, PoseConfig
from sbea_engine.pose.factory import FAMILIES, load
from sbea_engine.pose.splits import BadHoldout
from sbea_engine.progress import Progress
from tests.fixtures.blobs import write_scene

pytestmark = pytest.mark.slow

SETTINGS = {"threads": 1, "device": "cpu", "iterations": 8}
TINY = PoseConfig(preset="tiny", threads=1, device="cpu", iterations=8)
OLD, NEW = range(0, 40, 2), range(40)
"""The first model has every second frame of forty; of them 32, 34, 36 and 38 are held out."""


@pytest.fixture(autouse=True, scope="module")
def one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture(scope="module")
def labels(tmp_path_factory: pytest.TempPathFactory) -> LabelSet:
    return write_scene(tmp_path_factory.mktemp("scene"), 40)


def some(labels: LabelSet, frames: Sequence[int]) -> LabelSet:
    return labels.select(np.array(frames, np.intp))


@pytest.fixture(scope="module")
def parent(labels: LabelSet, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("model") / "first"
    train_and_evaluate(some(labels, OLD), TINY, "last:0.2", folder)
    return folder


def go_on(labels: LabelSet, parent: Path, out: Path, holdout: str = "last:0.2") -> TrainingResult:
    return train_and_evaluate(labels, config_from(parent, SETTINGS), holdout, out, start=parent)


@pytest.fixture(scope="module")
def child(labels: LabelSet, parent: Path, tmp_path_factory: pytest.TempPathFactory) -> TrainingResult:
    return go_on(labels, parent, tmp_path_factory.mktemp("model") / "second")


def weights(folder: Path) -> torch.Tensor:
    """All matrices and kernels of a model in one row."""
    return torch.cat([each.flatten() for each in load_file(folder / WEIGHTS_FILE).values() if each.ndim > 1])


def indices(rows: Sequence[dict[str, object]]) -> set[object]:
    return {row["index"] for row in rows}


class TestHonesty:
    def test_what_was_held_out_stays_so(self, child: TrainingResult) -> None:
        held_out = child.card.data["held_out_frames"]["scene"]
        assert held_out == [31, 32, 33, 34, 35, 36, 37, 38, 39]
        assert child.metrics["test"]["n"] == 9 * 2
        assert not set(held_out) & set(child.card.data["training_frames"]["scene"])

    def test_only_frames_that_are_new_validate(self, child: TrainingResult) -> None:
        validation = indices(child.card.data["validation_frames"])
        assert len(validation) >= 3
        assert not validation & set(OLD)
        assert child.metrics["validation"]["n"] == len(validation) * 2
        assert "new since first" in child.card.meaning["confidence"]

    def test_without_new_labels_the_calibration_is_that_of_before(
        self, labels: LabelSet, parent: Path, tmp_path: Path
    ) -> None:
        result = go_on(some(labels, OLD), parent, tmp_path / "again")
        before = load(parent, threads=1).card_
        assert result.card.stage_facts["calibration"] == before.stage_facts["calibration"]
        assert (result.card.data["validation_frames"], result.metrics["validation"]["n"]) == ([], 0)
        assert not any("val_mean_px" in point for point in result.card.training["curve"])
        assert "calibrated for first" in result.card.meaning["confidence"]
        assert result.card.data["start"]["new_frames"] == 0

    def test_what_any_ancestor_learned_is_known_to_all_descendants(
        self, labels: LabelSet, parent: Path, child: TrainingResult, tmp_path: Path
    ) -> None:
        """The labels of the first model were taken away meanwhile; its weights are still in the third."""
        third = go_on(some(labels, [i for i in NEW if i % 2]), child.folder, tmp_path / "third")
        assert set(third.card.data["training_frames"]["scene"]) >= set(range(30))
        checksums = [load(folder, threads=1).card_.weights_sha256 for folder in (parent, child.folder)]
        assert third.card.data["start"]["ancestors"] == checksums
        assert third.card.data["held_out_frames"] == child.card.data["held_out_frames"]

    def test_it_is_measured_again_on_the_same_frames(self, labels: LabelSet, child: TrainingResult) -> None:
        found = evaluate_model(child.folder, labels, threads=1)
        assert found.figures == child.metrics["test"]
        assert found.warnings == ()

    def test_another_holdout_is_refused_before_anything_is_trained(
        self, labels: LabelSet, parent: Path, tmp_path: Path
    ) -> None:
        with pytest.raises(BadHoldout, match="held out"):
            go_on(labels, parent, tmp_path / "other", holdout="last:0.5")
        assert not (tmp_path / "other").exists()

    def test_a_model_of_before_tells_by_its_answers(
        self, labels: LabelSet, parent: Path, tmp_path: Path
    ) -> None:
        old = tmp_path / "old"
        load(parent, threads=1).save(old)
        card = json.loads((old / "card.json").read_text())
        del card["data"]["held_out_frames"]
        (old / "card.json").write_text(json.dumps(card))
        with pytest.raises(BadHoldout, match="before models kept which frames"):
            read_start(old)
        (old / "heldout.json").write_bytes((parent / "heldout.json").read_bytes())
        assert read_start(old)[1].held_out == {"scene": frozenset({32, 34, 36, 38})}


class TestWhatItKeeps:
    def test_weights_scale_and_settings(self, parent: Path, child: TrainingResult) -> None:
        before = load(parent, threads=1).card_
        for kept in ("coarse", "crop", "radius_px"):
            assert child.card.plan[kept] == before.plan[kept]
        assert child.card.config["preset"] == "tiny"
        assert child.card.config["start_from"] == before.weights_sha256 == file_sha256(parent / WEIGHTS_FILE)
        start = child.card.data["start"]
        assert (start["name"], start["frames"], start["new_frames"]) == ("first", 16, 15)

    def test_it_takes_a_share_of_the_steps(self, parent: Path) -> None:
        cold = PoseConfig(preset="tiny", family="pyramid")
        assert replace(cold, start_from="0" * 64).steps(1) == round(WARM_SHARE * cold.steps(1))
        assert config_from(parent, {"seed": 4}).iterations is None

    def test_confidence_stays_about_the_same_radius(
        self, labels: LabelSet, parent: Path, tmp_path: Path
    ) -> None:
        """Also where the new animals are half as long: it may stay as it was calibrated."""
        points = labels.points_px.copy()
        points[:, :, 1] = (points[:, :, 0] + points[:, :, 1]) / 2
        child = go_on(replace(labels, points_px=points), parent, tmp_path / "child")
        assert child.card.plan["radius_px"] == read_start(parent)[0].card.plan["radius_px"]

    def test_few_steps_leave_it_near(self, labels: LabelSet, parent: Path, tmp_path: Path) -> None:
        config = replace(config_from(parent, SETTINGS), iterations=4)  # one for each training of both stages
        train_and_evaluate(labels, config, "last:0.2", tmp_path / "near", start=parent)
        train_and_evaluate(labels, replace(TINY, iterations=4, seed=1), "last:0.2", tmp_path / "cold")
        before, near, cold = (weights(folder) for folder in (parent, tmp_path / "near", tmp_path / "cold"))
        assert (near - before).norm() < 0.2 * (cold - before).norm()


class TestResume:
    def test_the_same_numbers_after_a_stop(
        self, labels: LabelSet, parent: Path, child: TrainingResult, tmp_path: Path
    ) -> None:
        def stop(progress: Progress) -> None:
            if progress.stage == "train" and progress.done == 5:
                raise Cancelled

        config = config_from(parent, SETTINGS)
        with pytest.raises(Cancelled):
            train_and_evaluate(labels, config, "last:0.2", tmp_path / "m", start=parent, on_progress=stop)
        resumed = go_on(labels, parent, tmp_path / "m")
        assert resumed.card.weights_sha256 == child.card.weights_sha256
        assert resumed.metrics == child.metrics


class TestRefusals:
    @pytest.mark.parametrize(
        ("change", "told"),
        [({"preset": "fast"}, "preset 'tiny'"), ({"family": "pyramid"}, "family 'two_stage'")],
    )
    def test_another_network(
        self, labels: LabelSet, parent: Path, tmp_path: Path, change: dict[str, object], told: str
    ) -> None:
        config = config_from(parent, {**SETTINGS, **change})
        with pytest.raises(BadPoseConfig, match=told):
            train_and_evaluate(labels, config, "last:0.2", tmp_path / "m", start=parent)

    def test_other_keypoints(self, labels: LabelSet, parent: Path, tmp_path: Path) -> None:
        other = replace(labels, skeleton=Skeleton(keypoints=("nose", "ear")))
        with pytest.raises(BadLabels, match="first finds nose, tail; the labels are of nose, ear"):
            go_on(other, parent, tmp_path / "m")

    def test_several_members(self, parent: Path) -> None:
        with pytest.raises(BadPoseConfig, match="Several members cannot go on"):
            config_from(parent, {"members": 3})

    def test_a_checksum_without_its_model(self, labels: LabelSet, tmp_path: Path) -> None:
        config = replace(TINY, start_from="0" * 64)
        with pytest.raises(BadPoseConfig, match="was not given"):
            train_and_evaluate(labels, config, "none", tmp_path / "m")

    def test_no_checksum(self) -> None:
        with pytest.raises(BadPoseConfig, match="64 digits"):
            PoseConfig(start_from="model 1")

    def test_no_model(self, tmp_path: Path) -> None:
        with pytest.raises(BadModel, match=r"card\.json: not there"):
            config_from(tmp_path, {})


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_goes_on(family: str, labels: LabelSet, tmp_path: Path) -> None:
    config = PoseConfig(preset="tiny", family=family, threads=1, device="cpu", iterations=4)
    train_and_evaluate(some(labels, OLD), config, "last:0.2", tmp_path / "a")
    result = go_on(labels, tmp_path / "a", tmp_path / "b")
    assert result.card.family == family
    assert set(OLD[-4:]) <= set(result.card.data["held_out_frames"]["scene"])


def test_command_line(labels: LabelSet, parent: Path, tmp_path: Path) -> None:
    labels.save(tmp_path / "data")
    arguments = ["pose", "train", "--data", tmp_path / "data", "--out", tmp_path / "m", "--from", parent]
    result = CliRunner().invoke(
        main, [str(a) for a in [*arguments, "--iterations", 4, "--threads", 1, "--json"]]
    )
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout.strip().splitlines()[-1])
    assert (told["holdout"], told["test"]["n"]) == ("last:0.2", 9 * 2)
