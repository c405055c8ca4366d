"""Figures pooled over held-out blocks of time."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from sbea_engine.cli import main
from sbea_engine.cli.pose_benchmark import COLUMNS, table
from sbea_engine.data import LabelSet
from sbea_engine.pipelines.pose_benchmark import BadBenchmark, BenchmarkPlan, benchmark, spread
from sbea_engine.pose.config import PoseConfig
from tests.fixtures.blobs import write_scene, write_twins

TINY = PoseConfig(preset="tiny", family="pyramid", threads=1, device="cpu", iterations=6)
PLAN = BenchmarkPlan(labels=(5,), folds=2)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("benchmark")
    write_scene(folder / "images", 20).save(folder)
    return folder


@pytest.fixture(scope="module")
def measured(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of what was kept of `PLAN`."""
    folder = tmp_path_factory.mktemp("kept")
    benchmark(LabelSet.load(data), TINY, PLAN, keep=folder)
    return folder


class TestSpread:
    def test_takes_them_evenly_with_both_ends(self) -> None:
        assert spread(np.arange(9), 5).tolist() == [0, 2, 4, 6, 8]

    def test_all(self) -> None:
        assert spread(np.arange(9), None).tolist() == list(range(9))

    def test_more_than_there_are(self) -> None:
        with pytest.raises(BadBenchmark, match="10 labels are asked for; a fold has 9"):
            spread(np.arange(9), 10)


class TestBenchmark:
    @pytest.mark.slow
    def test_every_frame_is_tested_once_by_each_seed(self, data: Path) -> None:
        labels = LabelSet.load(data)
        rows = benchmark(labels, TINY, BenchmarkPlan(labels=(5, None), folds=4, seeds=2))
        assert [row["labels"] for row in rows] == [5, "all"]
        for row in rows:
            assert row["n"] == 2 * labels.visibility.size
            assert {name: r["n"] for name, r in row["by_keypoint"].items()} == {"nose": 40, "tail": 40}
            means = [r["mean_px"] for r in row["by_keypoint"].values()]
            assert row["mean_px"] == pytest.approx(np.mean(means))
            assert row["mean_px"] == pytest.approx(np.mean(row["by_fold"]))  # folds of one size
            assert row["rms_px"] >= row["mean_px"] > 0

    def test_a_stopped_run_goes_on(self, data: Path, tmp_path: Path) -> None:
        labels, plan = LabelSet.load(data), BenchmarkPlan(labels=(5,), folds=2)
        first = benchmark(labels, TINY, plan, keep=tmp_path)
        files = sorted(tmp_path.iterdir())
        assert len(files) == 2
        files[0].unlink()
        kept = files[1].stat().st_mtime_ns
        again = benchmark(labels, TINY, plan, keep=tmp_path)
        assert files[1].stat().st_mtime_ns == kept
        for row in (*first, *again):
            del row["train_s"]
        assert again == first

    @pytest.mark.parametrize(
        "change",
        [
            {"points_px": [1, 2]},
            {"points_px": None},
            {"confidence": 5},
            {"confidence": [[[7, 7]]] * 10},
            {"radius_px": -1},
            {"radius_px": True},
            {"seconds": "nan"},
            {"seconds": None},
        ],
        ids=str,
    )
    def test_what_was_kept_and_is_damaged_is_never_pooled(
        self, data: Path, measured: Path, tmp_path: Path, change: dict[str, object]
    ) -> None:
        keep = Path(shutil.copytree(measured, tmp_path / "keep"))
        cell = min(keep.iterdir())
        cell.write_text(json.dumps(json.loads(cell.read_text()) | change))
        with pytest.raises(BadBenchmark, match=f"{cell.name}: damaged .* Delete it"):
            benchmark(LabelSet.load(data), TINY, PLAN, keep=keep)

    @pytest.mark.parametrize("text", ["", "[1]", "{", "[" * 100_000, '{"radius_px": ' + "9" * 5000 + "}"])
    def test_a_kept_file_that_is_no_cell_is_told(
        self, data: Path, measured: Path, tmp_path: Path, text: str
    ) -> None:
        keep = Path(shutil.copytree(measured, tmp_path / "keep"))
        min(keep.iterdir()).write_text(text)
        with pytest.raises(BadBenchmark, match="damaged"):
            benchmark(LabelSet.load(data), TINY, PLAN, keep=keep)

    def test_a_place_that_cannot_be_written_is_told_before_anything_is_trained(
        self, data: Path, tmp_path: Path
    ) -> None:
        (tmp_path / "file").write_text("mine")
        with pytest.raises(BadBenchmark, match="cannot be written"):
            benchmark(
                LabelSet.load(data),
                replace(TINY, family="no such family"),  # which would be the next thing to be told
                PLAN,
                keep=tmp_path / "file" / "keep",
            )

    @pytest.mark.slow
    def test_animals_that_have_no_names_are_paired_with_the_nearest_labels(self, tmp_path: Path) -> None:
        labels = write_twins(tmp_path / "images", 40, lone=8)
        config = replace(TINY, family="bottom_up", iterations=120)
        plan = BenchmarkPlan(labels=(None,), folds=2)
        first = benchmark(labels, config, plan, keep=tmp_path / "kept")
        again = benchmark(labels, config, plan, keep=tmp_path / "kept")
        assert first[0]["pck10"] > 0.8  # by name it would be about one half
        assert again[0]["mean_px"] == first[0]["mean_px"]

    @pytest.mark.parametrize("wrong", [{"labels": (4,)}, {"labels": ()}, {"labels": (5,), "folds": 1}])
    def test_what_cannot_be_measured_is_refused(self, wrong: dict[str, object]) -> None:
        with pytest.raises(BadBenchmark):
            BenchmarkPlan(**wrong)  # type: ignore[arg-type]


class TestCommand:
    def test_prints_rows(self, data: Path) -> None:
        options = ["--preset", "tiny", "--family", "pyramid", "--iterations", "4", "--threads", "1"]
        command = ["pose", "benchmark", "--data", str(data), "--labels", "6,all", "--folds", "2", *options]
        result = CliRunner().invoke(main, [*command, "--json"])
        assert result.exit_code == 0, result.output
        answer = json.loads(result.stdout.splitlines()[-1])
        wanted = {
            "labels",
            "folds",
            "n",
            "mean_px",
            "median_px",
            "rms_px",
            "pck5",
            "pck10",
            "over50",
            "ece",
            "ece_by_chance",
            "ece_by_chance_95",
            "train_s",
        }
        assert wanted < set(answer["rows"][0])
        title, *rows = CliRunner().invoke(main, command).stdout.strip().splitlines()
        assert title.split()[-5:] == ["ECE", "by", "chance", "train", "s"]
        figures = [(f"{row['ece']:.3f}", f"{row['ece_by_chance']:.3f}") for row in answer["rows"]]
        assert figures == [tuple(row.split()[-3:-1]) for row in rows]

    def test_a_figure_that_there_is_not_is_a_dash(self) -> None:
        nothing = dict.fromkeys(key for _, key, _ in COLUMNS)
        nothing |= {"labels": "all", "n": 0, "over50": 0, "train_s": 7.0}
        _, line = table([nothing]).splitlines()
        assert line.split() == ["all", "0", *"-----", "0", "-", "-", "7"]

    def test_a_backbone_that_the_family_cannot_have(self, data: Path) -> None:
        command = ["pose", "benchmark", "--data", str(data), "--labels", "6", "--backbone", "resnet50"]
        result = CliRunner().invoke(main, command)
        assert result.exit_code == 2
        assert "resnet50" in result.output + result.stderr

    def test_a_word_that_is_no_number(self, data: Path) -> None:
        result = CliRunner().invoke(main, ["pose", "benchmark", "--data", str(data), "--labels", "5,some"])
        assert result.exit_code == 2
        assert "'some'" in result.output + result.stderr
