"""A real project, and the predictions that DeepLabCut itself wrote for its video."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from sbea_engine.data import Visibility
from sbea_engine.io.deeplabcut import read_predictions, read_project, write_predictions, write_project

OPENFIELD = Path(__file__).parents[5] / "shared" / "data" / "openfield"
PROJECT = OPENFIELD / "openfield-Pranav-2018-10-30"

pytestmark = [
    pytest.mark.realdata,
    pytest.mark.skipif(not PROJECT.is_dir(), reason="../shared/data/openfield is not on this computer"),
]


def test_every_label_equals_its_csv_cell() -> None:
    got = read_project(PROJECT)
    with (PROJECT / "labeled-data" / "m4s1" / "CollectedData_Pranav.csv").open(newline="") as file:
        rows = {Path(row[0]).name: row[1:] for row in list(csv.reader(file))[3:]}
    labels = got.labels
    assert labels.points_px.shape == (116, 1, 4, 2)
    assert got.skeleton.keypoints == ("snout", "leftear", "rightear", "tailbase")
    assert (labels.visibility == Visibility.VISIBLE).all()
    expected = np.array([rows[source.path.name] for source in labels.frames], np.float32).reshape(
        116, 1, 4, 2
    )
    np.testing.assert_array_equal(labels.points_px, expected)
    assert [source.index for source in labels.frames] == list(range(116))
    assert [video.name for video in got.videos] == ["m3v1mp4.mp4"]
    assert got.warnings == ()


def test_export_reads_back(tmp_path: Path) -> None:
    labels = read_project(PROJECT).labels
    again = read_project(write_project(tmp_path / "out", task="openfield", scorer="Me", labels=labels)).labels
    np.testing.assert_array_equal(again.points_px, labels.points_px)
    assert [f.path.read_bytes() for f in again.frames[:3]] == [f.path.read_bytes() for f in labels.frames[:3]]


def test_predictions_of_deeplabcut(tmp_path: Path) -> None:
    poses = read_predictions(next(OPENFIELD.glob("m3v1mp4DeepCut_*.h5")))
    assert poses.points_px.shape == (2330, 1, 4, 2)
    np.testing.assert_array_equal(poses.frames, np.arange(2330))
    sure = (poses.confidence[:, 0] > 0.9).mean(axis=0) * 100
    np.testing.assert_allclose(sure, [90.6, 90.1, 90.0, 98.5], atol=0.05)
    for file in write_predictions(poses, tmp_path / "m3v1mp4Net", "Net"):
        np.testing.assert_array_equal(read_predictions(file).points_px, poses.points_px)
