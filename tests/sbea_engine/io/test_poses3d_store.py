from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr

from sbea_engine.data import Poses3D, Skeleton
from sbea_engine.io.poses3d_store import BadPoses3DStore, Poses3DWriter, open_poses3d, write_poses3d
from sbea_engine.io.poses_store import BadPosesStore, open_poses

SKELETON = Skeleton(keypoints=("snout", "schwanz-ü", "tail"), edges=(("snout", "tail"),))
PEOPLE = ("animal 1", "animal 2")
VIEWS = ("top", "side", "back")


def make_poses(count: int, *, first: int = 0, seed: int = 0) -> Poses3D:
    rng = np.random.default_rng(seed)
    n_views = rng.integers(0, 4, (count, 2, 3)).astype(np.int8)
    n_views[n_views == 1] = 0
    points = rng.uniform(-300, 300, (count, 2, 3, 3)).astype(np.float32)
    points[n_views == 0] = np.nan
    return Poses3D(
        skeleton=SKELETON,
        individuals=PEOPLE,
        views=VIEWS,
        ticks=np.arange(first, first + count, dtype=np.int64),
        points_mm=points,
        sigma_mm=np.where(n_views > 0, rng.random((count, 2, 3)), np.nan).astype(np.float32),
        n_views=n_views,
        residual_px=np.where(n_views > 0, rng.random((3, count, 2, 3)), np.nan).astype(np.float32),
        provenance={"calibration": "c1", "poses": {"top": "p1"}},
    )


def writer_for(folder: Path, count: int, **changes: Any) -> Poses3DWriter:
    facts: dict[str, Any] = {
        "skeleton": SKELETON,
        "individuals": PEOPLE,
        "views": VIEWS,
        "ticks": np.arange(count),
        "chunk": 4,
        "provenance": {"calibration": "c1"},
    }
    return Poses3DWriter(folder, **(facts | changes))


def append(writer: Poses3DWriter, poses: Poses3D, rows: slice) -> None:
    writer.append(
        points_mm=poses.points_mm[rows],
        sigma_mm=poses.sigma_mm[rows],
        n_views=poses.n_views[rows],
        residual_px=poses.residual_px[:, rows],
    )


def assert_same(got: Poses3D, expected: Poses3D, rows: slice = slice(None)) -> None:
    np.testing.assert_array_equal(got.ticks, expected.ticks[rows])
    np.testing.assert_array_equal(got.points_mm, expected.points_mm[rows])
    np.testing.assert_array_equal(got.sigma_mm, expected.sigma_mm[rows])
    np.testing.assert_array_equal(got.n_views, expected.n_views[rows])
    np.testing.assert_array_equal(got.residual_px, expected.residual_px[:, rows])
    assert got.n_views.dtype == np.int8


def test_whole_poses_come_back_equal(tmp_path: Path) -> None:
    poses = make_poses(1300, first=7)
    store = open_poses3d(write_poses3d(poses, tmp_path / "run"))
    got = store.window()
    assert_same(got, poses)
    assert (got.skeleton, got.individuals, got.views) == (SKELETON, PEOPLE, VIEWS)
    assert got.provenance == poses.provenance
    assert store.complete
    assert sorted(p.name for p in tmp_path.iterdir()) == ["run"]


def test_window_is_by_tick_and_half_open(tmp_path: Path) -> None:
    poses = make_poses(50, first=10)
    store = open_poses3d(write_poses3d(poses, tmp_path / "run", chunk=8))
    assert_same(store.window(13, 30), poses, slice(3, 20))
    assert len(store.window(200, 300)) == 0


def test_xarray_reads_names_dimensions_and_units(tmp_path: Path) -> None:
    poses = make_poses(20)
    write_poses3d(poses, tmp_path / "run")
    with xr.open_zarr(tmp_path / "run" / "poses3d.zarr", consolidated=False) as plain:
        assert plain["points_mm"].dims == ("tick", "individual", "keypoint", "space")
        assert plain["points_mm"].attrs["units"] == "mm"
        z = plain["points_mm"].sel(keypoint="schwanz-ü", individual="animal 2", space="z")
        np.testing.assert_array_equal(z.values, poses.points_mm[:, 1, 1, 2])
        side = plain["residual_px"].sel(view="side")
        np.testing.assert_array_equal(side.values, poses.residual_px[1])


def test_rows_become_visible_chunk_by_chunk(tmp_path: Path) -> None:
    poses = make_poses(10)
    writer = writer_for(tmp_path / "run", 10)
    reader = open_poses3d(tmp_path / "run")
    assert (reader.ticks_done, len(reader.window())) == (0, 0)
    append(writer, poses, slice(0, 3))
    assert reader.ticks_done == 0
    append(writer, poses, slice(3, 9))
    assert (reader.ticks_done, writer.ticks_done) == (8, 8)
    assert_same(reader.window(), poses, slice(0, 8))
    assert reader.dataset().sizes["tick"] == 8
    append(writer, poses, slice(9, 10))
    writer.finish()
    assert reader.complete
    assert_same(reader.window(), poses)


def test_a_killed_writer_goes_on_after_its_last_complete_chunk(tmp_path: Path) -> None:
    """A real process, killed with rows in its buffer."""
    program = f"""
import os, signal, sys
from pathlib import Path
sys.path.insert(0, {str(Path(__file__).parents[3])!r})
from tests.sbea_engine.io.test_poses3d_store import append, make_poses, writer_for
writer = writer_for(Path({str(tmp_path / "run")!r}), 10)
for row in range(6):
    append(writer, make_poses(10), slice(row, row + 1))
os.kill(os.getpid(), signal.SIGKILL)
"""
    killed = subprocess.run([sys.executable, "-c", program], check=False, cwd=Path(__file__).parents[3])
    assert killed.returncode == -signal.SIGKILL
    poses = make_poses(10)
    with writer_for(tmp_path / "run", 10) as writer:
        assert writer.ticks_done == 4
        append(writer, poses, slice(writer.ticks_done, 10))
    assert_same(open_poses3d(tmp_path / "run").window(), poses)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"provenance": {"calibration": "c2"}}, "provenance"),
        ({"ticks": np.arange(1, 11)}, "ticks"),
        ({"views": ("top", "back", "side")}, "views"),
        ({"individuals": ("animal 2", "animal 1")}, "individuals"),
    ],
)
def test_another_run_is_refused_and_the_store_kept(
    tmp_path: Path, changes: dict[str, Any], named: str
) -> None:
    with writer_for(tmp_path / "run", 10) as writer:
        append(writer, make_poses(10), slice(None))
    with pytest.raises(BadPoses3DStore, match=rf"3D poses of another run \({named}"):
        writer_for(tmp_path / "run", 10, **changes)
    assert open_poses3d(tmp_path / "run").complete


def test_rows_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    writer, poses = writer_for(tmp_path / "run", 10), make_poses(11)
    with pytest.raises(BadPoses3DStore, match=r"Expected residual_px \(11, 3, 2, 3\)"):
        writer.append(
            points_mm=poses.points_mm,
            sigma_mm=poses.sigma_mm,
            n_views=poses.n_views,
            residual_px=poses.residual_px[:2],
        )
    with pytest.raises(BadPoses3DStore, match="More rows than the 10 ticks"):
        append(writer, poses, slice(None))
    with pytest.raises(BadPoses3DStore, match="0 of 10 rows"):
        writer.finish()


def test_the_two_kinds_of_store_are_not_taken_for_one_another(tmp_path: Path) -> None:
    write_poses3d(make_poses(3), tmp_path / "run")
    with pytest.raises(BadPosesStore, match="no poses here"):
        open_poses(tmp_path / "run")
    (tmp_path / "run" / "poses3d.zarr").rename(tmp_path / "run" / "poses.zarr")
    with pytest.raises(BadPoses3DStore, match="no 3D poses here"):
        open_poses3d(tmp_path / "run")
    with pytest.raises(BadPoses3DStore, match="no store of 3D poses"):
        write_poses3d(make_poses(3), tmp_path / "run")


def test_a_lost_chunk_is_no_animal_that_nobody_saw(tmp_path: Path) -> None:
    folder = write_poses3d(make_poses(8), tmp_path / "run", chunk=4)
    for lost in ("points_mm/c/1/0/0/0", "sigma_mm/c/0/0/0", "n_views/c/1/0/0", "residual_px/c/0/0/0/0"):
        chunk = folder / "poses3d.zarr" / lost
        whole = chunk.read_bytes()
        chunk.unlink()
        with pytest.raises(BadPoses3DStore, match=f"{lost}: this part"):
            open_poses3d(folder).window()
        chunk.write_bytes(whole)
    assert len(open_poses3d(folder).window()) == 8


def test_arrays_that_contradict_one_another_are_damage(tmp_path: Path) -> None:
    """The chunk of another run in place of its own: readable, and not of these points."""
    folder = write_poses3d(make_poses(8), tmp_path / "run")
    other = write_poses3d(make_poses(8, seed=1), tmp_path / "other")
    chunk = Path("poses3d.zarr") / "n_views" / "c" / "0" / "0" / "0"
    (folder / chunk).write_bytes((other / chunk).read_bytes())
    with pytest.raises(BadPoses3DStore, match="A point is known exactly where"):
        open_poses3d(folder).window()


def test_other_files_are_never_overwritten(tmp_path: Path) -> None:
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter.txt").write_text("years")
    with pytest.raises(BadPoses3DStore, match="no store of 3D poses"):
        write_poses3d(make_poses(3), tmp_path / "thesis")
    with pytest.raises(BadPoses3DStore, match="other files"):
        writer_for(tmp_path / "thesis", 10)
    assert (tmp_path / "thesis" / "chapter.txt").read_text() == "years"
