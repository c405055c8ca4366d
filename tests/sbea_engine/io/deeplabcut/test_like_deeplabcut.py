"""What is written has the layout that DeepLabCut's own files have, cell by cell and level by level."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from sbea_engine.data import LabelSet, Poses, Skeleton, Visibility
from sbea_engine.io.deeplabcut import read_predictions, read_project, write_predictions, write_project
from sbea_engine.io.deeplabcut.labels import IndexStyle
from sbea_engine.io.deeplabcut.transfer import read_poses
from tests.sbea_engine.io.outside import assert_same_labels, assert_same_poses, make_labels, make_poses

OPENFIELD = Path(__file__).parents[5] / "shared" / "data" / "openfield"
PROJECT = OPENFIELD / "openfield-Pranav-2018-10-30"
UNIQUE = ("corner", "feeder")


def with_unique(labels: LabelSet) -> LabelSet:
    """Two animals and an arena: the last two keypoints lie on `single` alone."""
    visibility = labels.visibility.copy()
    points = labels.points_px.copy()
    visibility[:, :2, 2:] = Visibility.UNLABELLED
    visibility[:, 2, :2] = Visibility.UNLABELLED
    visibility[:, 2, 2:] = Visibility.VISIBLE
    points[visibility == Visibility.UNLABELLED] = np.nan
    points[:, 2, 2:] = np.random.default_rng(3).uniform(0, 40, (len(labels), 2, 2))
    return LabelSet(
        skeleton=Skeleton(keypoints=("nose", "tail", *UNIQUE)),
        individuals=("ann", "bert", "single"),
        frames=labels.frames,
        points_px=points,
        visibility=visibility,
    )


@pytest.mark.parametrize("style", ["path", "multi"])
def test_a_project_of_several_animals(tmp_path: Path, style: IndexStyle) -> None:
    labels = with_unique(make_labels(tmp_path / "in", individuals=("ann", "bert", "single")))
    folder = write_project(tmp_path / "out", task="pair", scorer="Ann", labels=labels, index_style=style)
    place = folder / "labeled-data" / "cam a"
    table: Any = pd.read_hdf(place / "CollectedData_Ann.h5", "df_with_missing")
    assert list(table.columns.names) == ["scorer", "individuals", "bodyparts", "coords"]
    parts = table.columns.droplevel(["scorer", "coords"]).unique().tolist()
    assert parts == [
        ("ann", "nose"), ("ann", "tail"), ("bert", "nose"), ("bert", "tail"),
        ("single", "corner"), ("single", "feeder"),
    ]  # fmt: skip
    assert (table.dtypes == np.float64).all()
    assert table.index.nlevels == (3 if style == "multi" else 1)
    first = ("labeled-data", "cam a", "img0000.png")
    assert table.index[0] == (first if style == "multi" else "/".join(first))
    csv = pd.read_csv(
        place / "CollectedData_Ann.csv", header=[0, 1, 2, 3], index_col=[0, 1, 2] if style == "multi" else 0
    )
    np.testing.assert_array_equal(csv.to_numpy(), table.to_numpy())
    again = read_project(folder)
    assert again.config.unique_bodyparts == UNIQUE
    assert_same_labels(again.labels, labels)


@pytest.mark.parametrize("suffix", [".csv", ".h5"])
@pytest.mark.parametrize("individuals", [("animal 1",), ("ann", "bert")])
def test_predictions_there_and_back(tmp_path: Path, suffix: str, individuals: tuple[str, ...]) -> None:
    poses = make_poses(individuals=individuals, start=3)
    write_predictions(poses, tmp_path / "camDLC_net", "DLC_net")
    assert_same_poses(read_predictions(tmp_path / f"camDLC_net{suffix}"), poses)
    assert list(read_poses(tmp_path).poses) == ["cam"]


def test_unique_body_parts_of_predictions(tmp_path: Path) -> None:
    poses = make_poses(individuals=("ann", "bert", "single"))
    points, confidence = poses.points_px.copy(), poses.confidence.copy()
    for lost in (np.s_[:, :2, 2:], np.s_[:, 2, :2]):
        points[lost], confidence[lost] = np.nan, np.nan
    poses = Poses(
        skeleton=Skeleton(keypoints=("nose", "tail", *UNIQUE)), individuals=poses.individuals,
        frames=poses.frames, points_px=points, confidence=confidence,
    )  # fmt: skip
    _, h5 = write_predictions(poses, tmp_path / "camNet", "Net")
    table: Any = pd.read_hdf(h5)
    assert table["Net"]["single"].columns.get_level_values(0).unique().tolist() == list(UNIQUE)
    assert table["Net"]["ann"].columns.get_level_values(0).unique().tolist() == ["nose", "tail"]
    assert_same_poses(read_predictions(h5), poses)


@pytest.mark.filterwarnings("ignore::Warning:sleap_io.*")
def test_sleap_io_reads_predictions_of_several_animals(tmp_path: Path) -> None:
    sio: Any = pytest.importorskip("sleap_io", reason="sleap-io is in the extra 'interop'")
    labels = make_labels(tmp_path / "in")
    folder = write_project(tmp_path / "out", task="pair", scorer="Ann", labels=labels)
    theirs = sio.load_dlc_project(str(folder))
    assert len(theirs) == len(labels)
    assert {track.name for track in theirs.tracks} == {"ann", "bert"}


@pytest.mark.realdata
@pytest.mark.skipif(not PROJECT.is_dir(), reason="../shared/data/openfield is not on this computer")
def test_as_in_a_file_of_deeplabcut_itself(tmp_path: Path) -> None:
    theirs: Any = pd.read_hdf(PROJECT / "labeled-data" / "m4s1" / "CollectedData_Pranav.h5")
    folder = write_project(
        tmp_path / "out", task="openfield", scorer="Pranav", labels=read_project(PROJECT).labels,
        index_style="path",
    )  # fmt: skip
    ours: Any = pd.read_hdf(folder / "labeled-data" / "m4s1" / "CollectedData_Pranav.h5")
    assert ours.columns.equals(theirs.columns)
    assert list(ours.columns.names) == list(theirs.columns.names)
    assert ours.dtypes.equals(theirs.dtypes)
    assert sorted(ours.index) == sorted(name.replace("\\", "/") for name in theirs.index)
    np.testing.assert_allclose(ours.loc[sorted(ours.index)], theirs.loc[sorted(theirs.index)], rtol=1e-6)
    predicted: Any = pd.read_hdf(next(OPENFIELD.glob("m3v1mp4DeepCut_*.h5")))
    poses = read_predictions(next(OPENFIELD.glob("m3v1mp4DeepCut_*.h5")))
    _, file = write_predictions(poses, tmp_path / "x", str(poses.provenance["scorer"]))
    again: Any = pd.read_hdf(file)
    assert again.columns.equals(predicted.columns)
    assert list(again.columns.names) == list(predicted.columns.names)
    assert again.index.equals(predicted.index)
    np.testing.assert_allclose(again, predicted, rtol=1e-6, atol=1e-6)
