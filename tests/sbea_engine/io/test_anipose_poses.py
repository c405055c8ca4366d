"""Anipose's tables of 3D poses, written by hand and read back with pandas."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sbea_engine.data import Poses3D
from sbea_engine.errors import BadInput
from sbea_engine.io.anipose_poses import find, looks_like, read_poses3d, write_poses3d
from tests.sbea_engine.io.outside import SKELETON

HEADER = "nose_x,nose_y,nose_z,nose_error,nose_ncams,nose_score,M_00,center_0,fnum"
CSV = f"{HEADER}\n1.5,2,3,0.75,3,0.9,1,0,4\n,,,,,,1,0,5\n7,8,9,,,0.5,1,0,9\n"


def poses3d(individuals: tuple[str, ...]) -> Poses3D:
    rng = np.random.default_rng(0)
    shape = (6, len(individuals), len(SKELETON))
    views = rng.integers(0, 3, shape).astype(np.int8)
    points = rng.normal(0, 100, (*shape, 3)).astype(np.float32)
    points[views == 0] = np.nan
    residual = rng.uniform(0, 2, (2, *shape)).astype(np.float32)
    residual[:, views == 0] = np.nan
    return Poses3D(
        skeleton=SKELETON, individuals=individuals, views=("left", "right"),
        ticks=np.arange(3, 9, dtype=np.int64), points_mm=points,
        sigma_mm=np.full(shape, np.nan, np.float32), n_views=views, residual_px=residual,
    )  # fmt: skip


def test_what_anipose_wrote(tmp_path: Path) -> None:
    (tmp_path / "pose-3d").mkdir()
    (tmp_path / "pose-3d" / "run.csv").write_text(CSV)
    assert looks_like(tmp_path / "pose-3d")
    poses = read_poses3d(find(tmp_path))
    assert poses.ticks.tolist() == [4, 5, 9]
    np.testing.assert_array_equal(poses.points_mm[:, 0, 0], [[1.5, 2, 3], [np.nan] * 3, [7, 8, 9]])
    assert poses.n_views[:, 0, 0].tolist() == [3, 0, 1]
    np.testing.assert_array_equal(poses.residual_px[0, :, 0, 0], np.array([0.75, np.nan, np.nan]))


@pytest.mark.parametrize("individuals", [("animal 1",), ("ann", "bert")])
def test_there_and_back(tmp_path: Path, individuals: tuple[str, ...]) -> None:
    poses = poses3d(individuals)
    files = write_poses3d(tmp_path, poses, "run")
    assert [f.name for f in files] == (
        ["run.csv"] if len(individuals) == 1 else ["run_ann.csv", "run_bert.csv"]
    )
    for i, file in enumerate(files):
        got = read_poses3d(file)
        np.testing.assert_array_equal(got.ticks, poses.ticks)
        np.testing.assert_array_equal(got.points_mm[:, 0], poses.points_mm[:, i])
        np.testing.assert_array_equal(got.n_views[:, 0], poses.n_views[:, i])
        expected = np.where(poses.n_views[:, i] > 0, poses.residual_px[:, :, i].mean(axis=0), np.nan)
        np.testing.assert_allclose(got.residual_px[0, :, 0], expected, rtol=1e-6)
        table = pd.read_csv(file)
        assert table["M_11"].eq(1).all()
        np.testing.assert_array_equal(table["tail_z"].to_numpy(np.float32), poses.points_mm[:, i, 3, 2])


BAD: dict[str, tuple[Callable[[str], str], str]] = {
    "no z": (lambda t: t.replace("nose_z", "nose_w"), "column nose_z is missing"),
    "no points": (lambda t: t.replace("nose_", "n"), "has no columns"),
    "no number": (lambda t: t.replace("1.5", "far"), "line 2: nose_x is 'far'"),
    "far": (lambda t: t.replace("1.5", "1e20"), "further out"),
    "backwards": (lambda t: t.replace("0,9", "0,2"), "fnum does not increase"),
    "cameras": (lambda t: t.replace("0.75,3", "0.75,300"), "number of cameras"),
    "error": (lambda t: t.replace("0.75", "-1"), "error negative"),
    "empty": (lambda t: "", "is empty"),
}


@pytest.mark.parametrize("kind", BAD)
def test_bad_files(tmp_path: Path, kind: str) -> None:
    change, reason = BAD[kind]
    (tmp_path / "a.csv").write_text(change(CSV))
    with pytest.raises(BadInput) as error:
        read_poses3d(tmp_path / "a.csv")
    assert str(tmp_path / "a.csv") in str(error.value)
    assert reason in str(error.value)
