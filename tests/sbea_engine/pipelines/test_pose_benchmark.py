"""Figures pooled over held-out blocks of time."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from sbea_engine.cli import main
from sbea_engine.cli.pose_benchmark import COLUMNS, forecast_words, table
from sbea_engine.data import LabelSet, Visibility
from sbea_engine.pipelines.pose_benchmark import BadBenchmark, BenchmarkPlan, benchmark, forecast, spread
from sbea_engine.pose.config import PoseConfig
from sbea_engine.pose.learning_curve import fit_learning_curve
from sbea_engine.progress import Progress
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


def rare_tail(labels: LabelSet) -> LabelSet:
    """In the second half the tail is placed on those frames alone that five of ten, evenly, leave out."""
    without = 10 + spread(np.arange(10), 5)
    points, visibility = labels.points_px.copy(), labels.visibility.copy()
    points[without, 0, 1], visibility[without, 0, 1] = np.nan, Visibility.UNLABELLED
    return replace(labels, points_px=points, visibility=visibility)


def no_training(progress: Progress) -> None:
    raise AssertionError(progress)


class TestNumbersThatCannotBeMeasured:
    """Found before the first training; the others are measured."""

    def test_more_than_a_fold_has(self, data: Path, measured: Path) -> None:
        reports: list[Progress] = []
        labels, plan = LabelSet.load(data), BenchmarkPlan(labels=(11, 5, 40), folds=2)
        rows = benchmark(labels, TINY, plan, keep=measured, on_progress=reports.append)
        reason = "a fold has 10 training frames"
        assert rows[::2] == [{"labels": 11, "skipped": reason}, {"labels": 40, "skipped": reason}]
        assert rows[1:2] == benchmark(labels, TINY, PLAN, keep=measured)
        assert [(report.done, report.total) for report in reports] == [(1, 2), (2, 2)]

    def test_frames_that_lack_a_keypoint(self, data: Path) -> None:
        labels = rare_tail(LabelSet.load(data))
        short, whole = benchmark(labels, TINY, BenchmarkPlan(labels=(5, None), folds=2))
        assert set(short) == {"labels", "skipped"}
        assert short["skipped"].startswith("fold 1 of 2: Never placed on any of the 5 frames")
        assert "tail" in short["skipped"]
        assert (whole["labels"], whole["n"]) == ("all", 35)

    def test_nothing_is_left(self, data: Path) -> None:
        labels, plan = rare_tail(LabelSet.load(data)), BenchmarkPlan(labels=(5, 40), folds=2)
        with pytest.raises(BadBenchmark, match=r"5 labels: fold 1 of 2: Never .*; 40 labels: a fold has 10"):
            benchmark(labels, TINY, plan, on_progress=no_training)

    def test_too_few_moments_for_the_members(self, data: Path) -> None:
        plan = BenchmarkPlan(labels=(5,), folds=2)
        with pytest.raises(BadBenchmark, match="3 members need 6 labelled moments"):
            benchmark(LabelSet.load(data), replace(TINY, members=3), plan, on_progress=no_training)

    def test_a_member_is_left_too_few_frames(self, data: Path) -> None:
        plan = BenchmarkPlan(labels=(5,), folds=2)
        with pytest.raises(BadBenchmark, match="training needs at least 4"):
            benchmark(LabelSet.load(data), replace(TINY, members=2), plan, on_progress=no_training)

    def test_animals_without_names_are_counted_together(self, tmp_path: Path) -> None:
        """One of the two is named on one frame only, which trains a family that does not tell them apart."""
        labels = write_twins(tmp_path / "images", 16)
        points, visibility = labels.points_px.copy(), labels.visibility.copy()
        points[1:, 1], visibility[1:, 1] = np.nan, Visibility.ABSENT
        twins = replace(labels, points_px=points, visibility=visibility)
        plan = BenchmarkPlan(labels=(None,), folds=2)
        with pytest.raises(BadBenchmark, match="carry a placed keypoint of other"):
            benchmark(twins, TINY, plan, on_progress=no_training)
        together = replace(TINY, family="bottom_up", iterations=2)
        assert "skipped" not in benchmark(twins, together, plan)[0]

    def test_a_fold_without_labels(self, data: Path) -> None:
        with pytest.raises(BadBenchmark, match=r"Fold 2 of 30 cannot be measured: .* 0 to test on"):
            benchmark(LabelSet.load(data), TINY, BenchmarkPlan(labels=(5,), folds=30))


class TestForecast:
    """Folds of sixteen training frames."""

    PLAN = BenchmarkPlan(labels=(5, 8, 12, None), folds=5)
    ERRORS = {5: 4.0, 8: 3.0, 12: 2.5, 16: 2.2}

    def rows(self, *named: tuple[int | str, float | None]) -> list[dict[str, object]]:
        return [{"labels": name, "mean_px": error} for name, error in named]

    def test_is_that_of_the_learning_curve_at_twice_the_frames(self, data: Path) -> None:
        rows = self.rows((5, 4.0), (8, 3.0), (12, 2.5), ("all", 2.2))
        found = forecast(LabelSet.load(data), self.PLAN, [*rows, {"labels": 40, "skipped": "too many"}])
        curve = fit_learning_curve(list(self.ERRORS), list(self.ERRORS.values()))
        ahead = curve.forecast(32)
        assert found["reason"] == ""
        assert found["now"]["error_px"] == curve.forecast(16).error_px
        assert found["ahead"] == {
            "labels": 32, "error_px": ahead.error_px, "low_px": ahead.low_px, "high_px": ahead.high_px
        }  # fmt: skip
        assert found["ahead"]["error_px"] < found["now"]["error_px"]
        words = forecast_words(found)
        assert "with 32 training frames" in words
        assert f"comes from {curve.forecast(16).error_px:.2f} to {ahead.error_px:.2f} px" in words
        assert f"{ahead.low_px:.2f} to {ahead.high_px:.2f} px" in words

    def test_a_whole_fold_is_one_point_however_it_was_asked_for(self, data: Path) -> None:
        rows = self.rows((5, 4.0), (8, 3.0), (16, 2.2), ("all", 2.2))
        found = forecast(LabelSet.load(data), self.PLAN, rows)
        assert found["now"] is found["ahead"] is None
        assert "there are 3 with 3" in found["reason"]
        assert forecast_words(found) == f"No forecast: {found['reason']}"

    @pytest.mark.parametrize("error", [None, 0.0])
    def test_an_error_that_there_is_not_gives_none(self, data: Path, error: float | None) -> None:
        rows = self.rows((5, 4.0), (8, error), (12, 2.5), ("all", 2.2))
        assert forecast(LabelSet.load(data), self.PLAN, rows)["reason"]


class TestCommand:
    def test_prints_rows(self, data: Path) -> None:
        options = ["--preset", "tiny", "--family", "pyramid", "--iterations", "4", "--threads", "1"]
        command = ["pose", "benchmark", "--data", str(data), "--labels", "6,40,all", "--folds", "2", *options]
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
        assert answer["rows"][1] == {"labels": 40, "skipped": "a fold has 10 training frames"}
        assert answer["forecast"]["ahead"] is None
        title, *rows, empty, ahead = CliRunner().invoke(main, command).stdout.strip().splitlines()
        assert title.split()[-5:] == ["ECE", "by", "chance", "train", "s"]
        assert rows.pop(1) == "    40  not measured: a fold has 10 training frames"
        answer["rows"].pop(1)
        figures = [(f"{row['ece']:.3f}", f"{row['ece_by_chance']:.3f}") for row in answer["rows"]]
        assert figures == [tuple(row.split()[-3:-1]) for row in rows]
        assert (empty, ahead) == ("", f"No forecast: {answer['forecast']['reason']}")

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
