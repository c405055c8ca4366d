"""Labels outside their pictures are refused before anything is trained, held-out ones and members' too."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from sbea_engine.data import LabelSet
from sbea_engine.data.labels import BadLabels
from sbea_engine.pipelines.pose import evaluate_model, train_and_evaluate
from sbea_engine.pipelines.pose_benchmark import BenchmarkPlan, benchmark
from sbea_engine.pipelines.trust import calibrate_model, compare_models
from sbea_engine.pose.config import PoseConfig
from sbea_engine.progress import Progress
from tests.fixtures.blobs import write_scene

TINY = PoseConfig(preset="tiny", threads=1, device="cpu", iterations=1)
FRAMES = 24


@pytest.fixture
def scene(tmp_path: Path) -> LabelSet:
    return write_scene(tmp_path / "scene", FRAMES)


def slipped(labels: LabelSet, row: int) -> LabelSet:
    points = labels.points_px.copy()
    points[row, 0, 0] = (500, -40)
    return replace(labels, points_px=points)


def no_training(progress: Progress) -> None:
    assert progress.stage != "train"


@pytest.mark.parametrize("row", [0, FRAMES - 1], ids=["learned", "held out"])
@pytest.mark.parametrize("members", [1, 2])
def test_no_training_begins(scene: LabelSet, tmp_path: Path, row: int, members: int) -> None:
    with pytest.raises(BadLabels, match=rf"nose at \(500, -40\) on frame {row} of 'scene'"):
        train_and_evaluate(
            slipped(scene, row),
            replace(TINY, members=members),
            "last:0.1",
            tmp_path / "model",
            on_progress=no_training,
        )
    assert not (tmp_path / "model").exists()


@pytest.mark.parametrize("row", [0, FRAMES - 1])
def test_no_benchmark_begins(scene: LabelSet, row: int) -> None:
    def nothing(progress: Progress) -> None:
        raise AssertionError(progress)

    with pytest.raises(BadLabels, match="outside their pictures"):
        benchmark(slipped(scene, row), TINY, BenchmarkPlan(labels=(5,), folds=2), on_progress=nothing)


def test_nothing_is_measured_by_them(scene: LabelSet, tmp_path: Path) -> None:
    model = tmp_path / "model"
    train_and_evaluate(scene, TINY, "last:0.5", model)
    wrong = slipped(scene, FRAMES - 1)
    measures: tuple[Callable[[], object], ...] = (
        lambda: evaluate_model(model, wrong),
        lambda: calibrate_model(model, wrong),
        lambda: compare_models(model, model, wrong),
    )
    for measure in measures:
        with pytest.raises(BadLabels, match=rf"nose at \(500, -40\) on frame {FRAMES - 1} of 'scene'"):
            measure()


@pytest.mark.slow
def test_a_frame_that_nobody_labelled_need_not_be_there(scene: LabelSet, tmp_path: Path) -> None:
    points, said = scene.points_px.copy(), scene.visibility.copy()
    points[3], said[3] = float("nan"), -1
    scene.frames[3].path.unlink()
    left = replace(scene, points_px=points, visibility=said)
    assert train_and_evaluate(left, TINY, "last:0.1", tmp_path / "model").trained_now
