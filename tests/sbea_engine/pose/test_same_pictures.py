"""Pictures that come twice among the labelled ones, under whatever name."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sbea_engine.data import LabelSet, Visibility
from sbea_engine.data.labels import BadLabels
from sbea_engine.pipelines.pose import train_and_evaluate
from sbea_engine.pipelines.pose_benchmark import BenchmarkPlan, benchmark
from sbea_engine.pose.config import PoseConfig
from sbea_engine.pose.same_pictures import SamePictures
from sbea_engine.progress import Progress
from tests.fixtures.blobs import write_scene

FRAMES = 12
TINY = PoseConfig(preset="tiny", threads=1, device="cpu", iterations=1)


@pytest.fixture
def scene(tmp_path: Path) -> LabelSet:
    return write_scene(tmp_path / "scene", FRAMES)


def train(labels: LabelSet, out: Path, members: int = 1) -> None:
    """Train in earnest, but for the steps."""

    def no_training(progress: Progress) -> None:
        assert progress.stage != "train"

    config = replace(TINY, family="pyramid", members=members)
    train_and_evaluate(labels, config, "last:0.25", out / "model", on_progress=no_training)


def copied(labels: LabelSet, first: int, second: int) -> LabelSet:
    """The file of one frame is a copy of another's."""
    shutil.copy(labels.frames[first].path, labels.frames[second].path)
    return labels


@pytest.mark.parametrize("second", [7, 11], ids=["learned", "held out"])
@pytest.mark.parametrize("members", [1, 2])
def test_a_copy_with_other_labels_is_refused(
    scene: LabelSet, tmp_path: Path, second: int, members: int
) -> None:
    message = rf"frame 2 of 'scene' .*frame {second} of 'scene' .*show the same picture"
    with pytest.raises(BadLabels, match=message):
        train(copied(scene, 2, second), tmp_path, members)
    assert not (tmp_path / "model").exists()


def test_before_the_first_training_of_a_benchmark(scene: LabelSet) -> None:
    def nothing(progress: Progress) -> None:
        raise AssertionError(progress)

    with pytest.raises(BadLabels, match="show the same picture"):
        benchmark(copied(scene, 2, 11), TINY, BenchmarkPlan(labels=(5,), folds=2), on_progress=nothing)


def test_a_copy_that_was_called_empty(scene: LabelSet, tmp_path: Path) -> None:
    points, visibility = scene.points_px.copy(), scene.visibility.copy()
    points[7], visibility[7] = np.nan, Visibility.ABSENT
    with pytest.raises(BadLabels, match=r"frame 2 .* a label of nose, and the other says that it is absent"):
        train(replace(copied(scene, 2, 7), points_px=points, visibility=visibility), tmp_path)


@pytest.mark.parametrize("guessed", [False, True], ids=["nearly alike", "guessed elsewhere"])
def test_a_copy_that_may_be(scene: LabelSet, tmp_path: Path, guessed: bool) -> None:
    points, visibility = scene.points_px.copy(), scene.visibility.copy()
    points[7] = points[2] + 1.5
    if guessed:
        points[7, 0, 1], visibility[7, 0, 1] = (40, 40), Visibility.GUESSED
    with pytest.raises(AssertionError):  # training begins
        train(replace(copied(scene, 2, 7), points_px=points, visibility=visibility), tmp_path)


def test_what_one_leaves_open_the_other_may_say(scene: LabelSet, tmp_path: Path) -> None:
    points, visibility = scene.points_px.copy(), scene.visibility.copy()
    points[7] = points[2]
    points[7, 0, 1], visibility[7, 0, 1] = np.nan, Visibility.UNLABELLED
    with pytest.raises(AssertionError):
        train(replace(copied(scene, 2, 7), points_px=points, visibility=visibility), tmp_path)


def test_a_video_that_stands_still(scene: LabelSet, tmp_path: Path) -> None:
    for row in range(1, FRAMES):
        copied(scene, 0, row)
    still = replace(scene, points_px=np.repeat(scene.points_px[:1], FRAMES, axis=0))
    with pytest.raises(BadLabels, match=f"All {FRAMES} labelled frames show the same picture, frame 0"):
        train(still, tmp_path)


def test_many_pictures_of_an_empty_arena_take_no_time(scene: LabelSet) -> None:
    """Pictures of a still video are compared with each other at once, not pair by pair."""
    rows = np.zeros(20_000, np.intp)
    again = tuple(replace(scene.frames[0], index=row) for row in range(len(rows)))
    labels = LabelSet(
        skeleton=scene.skeleton,
        individuals=scene.individuals,
        frames=again,
        points_px=scene.points_px[rows],
        visibility=scene.visibility[rows],
    )
    same = SamePictures(labels)
    for row in range(len(rows)):
        same.add(row, np.full((2, 2), row == 0, np.uint8))
    same.refuse()
