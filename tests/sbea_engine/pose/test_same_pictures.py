"""Pictures that come twice among the labelled ones, under whatever name."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sbea_engine.data import LabelSet
from sbea_engine.data.labels import BadLabels
from sbea_engine.pose.config import PoseConfig
from sbea_engine.pose.factory import create
from sbea_engine.pose.families import FAMILY_FACTS
from sbea_engine.progress import Progress
from tests.fixtures.blobs import write_scene

FRAMES = 12


@pytest.fixture
def scene(tmp_path: Path) -> LabelSet:
    return write_scene(tmp_path / "scene", FRAMES)


def fit(labels: LabelSet, family: str = "pyramid", context_frames: int = 0) -> None:
    """Train in earnest, but for the steps."""

    def no_training(progress: Progress) -> None:
        assert progress.stage != "train"

    config = PoseConfig(
        preset="tiny", family=family, threads=1, device="cpu", iterations=1, context_frames=context_frames
    )
    create(config).fit(labels, on_progress=no_training)


def copied(labels: LabelSet, first: int, second: int) -> LabelSet:
    """The file of one frame is a copy of another's."""
    shutil.copy(labels.frames[first].path, labels.frames[second].path)
    return labels


@pytest.mark.parametrize("family", sorted(FAMILY_FACTS))
def test_a_copy_with_other_labels_is_refused(scene: LabelSet, family: str) -> None:
    with pytest.raises(BadLabels, match=r"frame 2 of 'scene' .*frame 7 of 'scene' .*show the same picture"):
        fit(copied(scene, 2, 7), family)


def test_a_copy_labelled_nearly_alike_is_not(scene: LabelSet) -> None:
    points = scene.points_px.copy()
    points[7] = points[2] + 1.5
    with pytest.raises(AssertionError):  # training begins
        fit(replace(copied(scene, 2, 7), points_px=points))


def test_what_one_leaves_open_the_other_may_say(scene: LabelSet) -> None:
    points = scene.points_px.copy()
    points[7] = points[2]
    points[7, 0, 1] = np.nan
    visibility = scene.visibility.copy()
    visibility[7, 0, 1] = -1
    with pytest.raises(AssertionError):
        fit(replace(copied(scene, 2, 7), points_px=points, visibility=visibility))


def test_a_video_that_stands_still(scene: LabelSet) -> None:
    for row in range(1, FRAMES):
        copied(scene, 0, row)
    still = replace(scene, points_px=np.repeat(scene.points_px[:1], FRAMES, axis=0))
    with pytest.raises(BadLabels, match=f"All {FRAMES} labelled frames show the same picture, frame 0"):
        fit(still)
