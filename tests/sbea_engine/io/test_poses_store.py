from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
import zarr

from sbea_engine.data import Poses, Skeleton
from sbea_engine.io.poses_store import BadPosesStore, PosesStore, PosesWriter, open_poses, write_poses

SKELETON = Skeleton(keypoints=("snout", "schwanz-ü", "tail"), edges=(("snout", "tail"),))
PEOPLE = ("animal 1", "animal 2")


def make_poses(count: int, *, first: int = 0, step: int = 1, seed: int = 0) -> Poses:
    rng = np.random.default_rng(seed)
    points = rng.uniform(0, 640, (count, 2, 3, 2)).astype(np.float32)
    points[rng.random((count, 2, 3)) < 0.2] = np.nan
    return Poses(
        skeleton=SKELETON,
        individuals=PEOPLE,
        frames=np.arange(first, first + count * step, step, dtype=np.int64),
        points_px=points,
        confidence=rng.random((count, 2, 3)).astype(np.float32),
        provenance={"model": "m1", "video": {"name": "cam-1"}},
    )


def writer_for(folder: Path, count: int, chunk: int = 4, model: str = "m1") -> PosesWriter:
    return PosesWriter(folder, SKELETON, PEOPLE, count, chunk, {"model": model})


def test_whole_poses_come_back_equal(tmp_path: Path) -> None:
    poses = make_poses(1300, first=7, step=3)
    store = open_poses(write_poses(poses, tmp_path / "run"))
    got = store.window()
    np.testing.assert_array_equal(got.frames, poses.frames)
    np.testing.assert_array_equal(got.points_px, poses.points_px)
    np.testing.assert_array_equal(got.confidence, poses.confidence)
    assert (got.skeleton, got.individuals, got.provenance) == (SKELETON, PEOPLE, poses.provenance)
    assert store.complete
    assert sorted(p.name for p in tmp_path.iterdir()) == ["run"]


def test_window_is_by_source_frame_and_half_open(tmp_path: Path) -> None:
    poses = make_poses(50, first=10, step=2)  # frames 10, 12, ... 108
    store = open_poses(write_poses(poses, tmp_path / "run", chunk=8))
    np.testing.assert_array_equal(store.window(13, 20).frames, [14, 16, 18])
    np.testing.assert_array_equal(store.window(13, 20).points_px, poses.points_px[2:5])
    assert len(store.window(200, 300)) == 0
    assert len(store.window(20, 5)) == 0
    np.testing.assert_array_equal(store.window(-5, 11).frames, [10])


def test_zero_frames(tmp_path: Path) -> None:
    store = open_poses(write_poses(make_poses(0), tmp_path / "run"))
    assert store.complete
    assert len(store.window()) == 0


def test_xarray_reads_names_dimensions_and_units(tmp_path: Path) -> None:
    poses = make_poses(20)
    write_poses(poses, tmp_path / "run")
    with xr.open_zarr(tmp_path / "run" / "poses.zarr", consolidated=False) as plain:
        assert plain["points_px"].dims == ("frame", "individual", "keypoint", "space")
        assert plain["points_px"].attrs["units"] == "px"
        x = plain["points_px"].sel(keypoint="schwanz-ü", individual="animal 2", space="x")
        np.testing.assert_array_equal(x.values, poses.points_px[:, 1, 1, 0])


def test_rows_become_visible_chunk_by_chunk(tmp_path: Path) -> None:
    poses = make_poses(10)
    writer = writer_for(tmp_path / "run", 10)
    reader = open_poses(tmp_path / "run")
    assert (reader.frames_done, len(reader.window())) == (0, 0)
    writer.append(poses.points_px[:3], poses.confidence[:3])
    assert reader.frames_done == 0
    writer.append(poses.points_px[3:9], poses.confidence[3:9])
    assert (reader.frames_done, writer.frames_done) == (8, 8)
    np.testing.assert_array_equal(reader.window(0, 100).points_px, poses.points_px[:8])
    assert reader.dataset().sizes["frame"] == 8
    assert reader.frames_done < reader.frame_count
    writer.append(poses.points_px[9:], poses.confidence[9:])
    writer.finish()
    assert reader.complete
    np.testing.assert_array_equal(reader.window().points_px, poses.points_px)


def test_a_killed_writer_goes_on_after_its_last_complete_chunk(tmp_path: Path) -> None:
    """A real process, killed with rows in its buffer."""
    program = f"""
import os, signal
import numpy as np
from pathlib import Path
from typing import Any
from sbea_engine.data import Skeleton
from sbea_engine.io.poses_store import PosesWriter
skeleton = Skeleton(keypoints=("a",))
writer = PosesWriter(Path({str(tmp_path / "run")!r}), skeleton, ("one",), 10, 4, {{"model": 1}})
for row in range(6):
    writer.append(np.full((1, 1, 1, 2), row, np.float32), np.full((1, 1, 1), 0.5, np.float32))
os.kill(os.getpid(), signal.SIGKILL)
"""
    killed = subprocess.run([sys.executable, "-c", program], check=False, cwd=Path(__file__).parents[3])
    assert killed.returncode == -signal.SIGKILL
    with PosesWriter(tmp_path / "run", Skeleton(keypoints=("a",)), ("one",), 10, 4, {"model": 1}) as writer:
        assert writer.frames_done == 4
        for row in range(writer.frames_done, 10):
            writer.append(np.full((1, 1, 1, 2), row), np.full((1, 1, 1), 0.5))
    np.testing.assert_array_equal(open_poses(tmp_path / "run").window().points_px[:, 0, 0, 0], np.arange(10))


def test_killed_before_the_store_was_laid_out_starts_afresh(tmp_path: Path) -> None:
    writer_for(tmp_path / "run", 10)
    (tmp_path / "run" / "progress.json").unlink()
    (tmp_path / "run" / "poses.zarr" / "zarr.json").write_text("{")
    assert writer_for(tmp_path / "run", 10).frames_done == 0


def test_killed_while_it_first_wrote_its_progress_starts_afresh(tmp_path: Path) -> None:
    writer_for(tmp_path / "run", 10)
    (tmp_path / "run" / "progress.json").rename(tmp_path / "run" / "progress.json.tmp")
    assert writer_for(tmp_path / "run", 10).frames_done == 0
    assert sorted(p.name for p in (tmp_path / "run").iterdir()) == ["poses.zarr", "progress.json"]


@pytest.mark.parametrize(
    ("other", "named"),
    [
        (lambda folder: writer_for(folder, 10, model="m2"), "provenance"),
        (lambda folder: writer_for(folder, 12), "frames"),
        (lambda folder: writer_for(folder, 10, chunk=5), "chunk"),
        (lambda folder: PosesWriter(folder, SKELETON, ("solo",), 10, 4, {"model": "m1"}), "individuals"),
    ],
)
def test_another_run_is_refused_and_the_store_kept(tmp_path: Path, other: object, named: str) -> None:
    poses = make_poses(10)
    with writer_for(tmp_path / "run", 10) as writer:
        writer.append(poses.points_px, poses.confidence)
    with pytest.raises(BadPosesStore, match=rf"another run \({named}"):
        other(tmp_path / "run")  # type: ignore[operator]
    assert open_poses(tmp_path / "run").complete


def test_rows_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    writer = writer_for(tmp_path / "run", 10)
    with pytest.raises(BadPosesStore, match=r"Expected points_px \(1, 2, 3, 2\)"):
        writer.append(np.zeros((1, 2, 2, 2)), np.zeros((1, 2, 2)))
    with pytest.raises(BadPosesStore, match="must lie in 0"):
        writer.append(np.zeros((1, 2, 3, 2)), np.full((1, 2, 3), 1.5))
    with pytest.raises(BadPosesStore, match="More rows than the 10 frames"):
        writer.append(np.zeros((11, 2, 3, 2)), np.zeros((11, 2, 3)))
    with pytest.raises(BadPosesStore, match="0 of 10 rows"):
        writer.finish()


def test_an_error_inside_the_with_block_keeps_only_complete_chunks(tmp_path: Path) -> None:
    poses = make_poses(10)

    def predict() -> None:
        with writer_for(tmp_path / "run", 10) as writer:
            writer.append(poses.points_px[:5], poses.confidence[:5])
            raise RuntimeError("camera on fire")

    with pytest.raises(RuntimeError, match="on fire"):
        predict()
    assert open_poses(tmp_path / "run").frames_done == 4


def test_damage_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadPosesStore, match="no poses here"):
        open_poses(tmp_path / "nowhere")
    folder = write_poses(make_poses(20), tmp_path / "run")
    chunk = next((folder / "poses.zarr" / "points_px" / "c").rglob("0"))
    chunk = chunk if chunk.is_file() else next(p for p in chunk.rglob("*") if p.is_file())
    chunk.write_bytes(b"not zstd")
    with pytest.raises(BadPosesStore, match="points_px is damaged"):
        open_poses(folder).window(0, 5)
    (folder / "progress.json").write_text(json.dumps({"frames_done": 21}))
    with pytest.raises(BadPosesStore, match="frames_done is 21"):
        open_poses(folder).window(0, 5)
    (folder / "poses.zarr" / "zarr.json").write_text("{")
    with pytest.raises(BadPosesStore, match="damaged"):
        open_poses(folder)


def test_frames_without_any_answer_are_not_lost_ones(tmp_path: Path) -> None:
    """The middle chunk has no answer and comes back so; once its file is gone, that is an error."""
    poses = make_poses(12)
    poses.points_px[4:8] = np.nan
    folder = write_poses(poses, tmp_path / "run", chunk=4)
    np.testing.assert_array_equal(open_poses(folder).window().points_px, poses.points_px)
    chunk = folder / "poses.zarr" / "points_px" / "c" / "1" / "0" / "0" / "0"
    chunk.unlink()
    reads: list[Callable[[PosesStore], object]] = [
        PosesStore.window,
        PosesStore.dataset,
        lambda store: store.window(7, 8),
    ]
    for read in reads:
        with pytest.raises(BadPosesStore, match=r"points_px/c/1/0/0/0: this part of points_px is gone"):
            read(open_poses(folder))
    np.testing.assert_array_equal(open_poses(folder).window(8).points_px, poses.points_px[8:])


def test_lost_frame_numbers_are_told(tmp_path: Path) -> None:
    folder = write_poses(make_poses(1), tmp_path / "run")  # its only number is 0, what Zarr takes for nothing
    (folder / "poses.zarr" / "frame" / "c" / "0").unlink()
    with pytest.raises(BadPosesStore, match="this part of frame is gone"):
        open_poses(folder).window()


def test_a_store_of_the_first_release_is_still_read_and_gone_on_with(tmp_path: Path) -> None:
    """Written as it wrote: no chunk where nothing was found, and no attribute that would say otherwise."""
    poses, folder = make_poses(10), tmp_path / "run"
    poses.points_px[:4], poses.confidence[:4] = np.nan, np.nan
    write_first_release(poses, folder, done=8, chunk=4)
    assert not (folder / "poses.zarr" / "points_px" / "c" / "0").exists()
    store = open_poses(folder)
    assert (store.frames_done, store.frame_count) == (8, 10)
    np.testing.assert_array_equal(store.window().points_px, poses.points_px[:8])
    assert (store.skeleton, store.individuals, store.provenance) == (SKELETON, PEOPLE, poses.provenance)
    with PosesWriter(folder, SKELETON, PEOPLE, 10, 4, poses.provenance) as writer:
        writer.append(poses.points_px[8:], poses.confidence[8:])
    np.testing.assert_array_equal(open_poses(folder).window().points_px, poses.points_px)


def write_first_release(poses: Poses, folder: Path, *, done: int, chunk: int) -> None:
    """The layout of the first release, written out, with its first rows done."""
    group = zarr.create_group(
        store=str(folder / "poses.zarr"),
        zarr_format=3,
        attributes={
            "format": "sbea-poses/1",
            "skeleton": poses.skeleton.to_dict(),
            "individuals": list(poses.individuals),
            "chunk": chunk,
            "provenance": poses.provenance,
        },
    )
    for name, values in (("points_px", poses.points_px), ("confidence", poses.confidence)):
        array = group.create_array(
            name,
            shape=values.shape,
            chunks=(chunk, *values.shape[1:]),
            dtype="float32",
            fill_value=np.nan,
            dimension_names=("frame", "individual", "keypoint", "space")[: values.ndim],
        )
        array[:done] = values[:done]
    for name, names in (
        ("frame", poses.frames),
        ("individual", np.array(poses.individuals, object)),
        ("keypoint", np.array(poses.skeleton.keypoints, object)),
        ("space", np.array(["x", "y"], object)),
    ):
        coordinate = group.create_array(
            name,
            shape=names.shape,
            chunks=names.shape,
            dtype=str if names.dtype == object else names.dtype,
            dimension_names=(name,),
        )
        coordinate[:] = names
    (folder / "progress.json").write_text(json.dumps({"format": "sbea-poses/1", "frames_done": done}))


@pytest.mark.parametrize("harm", ["gone", "empty", "halved", "garbled", "list"])
def test_whatever_is_damaged_is_told_in_one_way(tmp_path: Path, harm: str) -> None:
    """Each file of a store in turn; what reading does not need may be anything."""
    folder = write_poses(make_poses(6), tmp_path / "run", chunk=4)
    rng, told = np.random.default_rng(3), set()
    for file in sorted(p for p in folder.rglob("*") if p.is_file()):
        whole = file.read_bytes()
        noise = rng.integers(0, 256, len(whole), dtype=np.uint8).tobytes()
        file.write_bytes(
            {"empty": b"", "halved": whole[: len(whole) // 2], "garbled": noise}.get(harm, b"[1]")
        )
        if harm == "gone":
            file.unlink()
        try:
            open_poses(folder).window()
        except BadPosesStore:
            told.add(str(file.relative_to(folder / "poses.zarr")) if "poses.zarr" in str(file) else file.name)
        file.write_bytes(whole)
    assert told >= {
        "progress.json", "zarr.json", "points_px/zarr.json", "confidence/zarr.json", "frame/zarr.json",
        "points_px/c/0/0/0/0", "points_px/c/1/0/0/0", "confidence/c/0/0/0", "confidence/c/1/0/0", "frame/c/0",
    }  # fmt: skip


def test_other_files_are_never_overwritten(tmp_path: Path) -> None:
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter.txt").write_text("years")
    with pytest.raises(BadPosesStore, match="no store of poses"):
        write_poses(make_poses(3), tmp_path / "thesis")
    with pytest.raises(BadPosesStore, match="other files"):
        writer_for(tmp_path / "thesis", 10)
    assert (tmp_path / "thesis" / "chapter.txt").read_text() == "years"


def test_write_poses_replaces_an_earlier_store(tmp_path: Path) -> None:
    write_poses(make_poses(30), tmp_path / "run")
    newer = make_poses(5, seed=1)
    write_poses(newer, tmp_path / "run")
    np.testing.assert_array_equal(open_poses(tmp_path / "run").window().points_px, newer.points_px)
    assert [p.name for p in tmp_path.iterdir()] == ["run"]


def test_provenance_must_be_json(tmp_path: Path) -> None:
    with pytest.raises(BadPosesStore, match="plain JSON"):
        PosesWriter(tmp_path / "run", SKELETON, PEOPLE, 3, 2, {"loss": float("nan")})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("provenance", None),
        ("provenance", ["video"]),
        ("individuals", "ab"),
        ("individuals", [1, 2]),
        ("individuals", ["one", "one"]),
        ("individuals", ["one"]),
        ("skeleton", {"keypoints": ["snout"]}),
    ],
)
def test_attributes_that_do_not_fit_are_damage(tmp_path: Path, name: str, value: Any) -> None:
    folder = write_poses(make_poses(20), tmp_path / "run")
    zarr.open_group(str(folder / "poses.zarr"), mode="r+").attrs[name] = value
    with pytest.raises(BadPosesStore, match="damaged"):
        open_poses(folder)


@pytest.mark.parametrize(
    "frames",
    [
        np.arange(12),
        np.arange(20) - 5,
        np.arange(20)[::-1],
        np.append(np.arange(19), 2**62),
        np.full(20, 3),
    ],
    ids=["too few", "negative", "reversed", "beyond all bounds", "all one"],
)
def test_frame_numbers_that_cannot_be_are_damage(tmp_path: Path, frames: np.ndarray) -> None:
    folder = write_poses(make_poses(20), tmp_path / "run")
    group = zarr.open_group(str(folder / "poses.zarr"), mode="r+")
    del group["frame"]
    group.create_array("frame", data=frames.astype(np.int64), dimension_names=("frame",))
    with pytest.raises(BadPosesStore, match="run: damaged"):
        open_poses(folder).window()


@pytest.mark.parametrize("text", ["[" * 100_000, '{"frames_done": true}', '{"frames_done": 1.0}', "[]"])
def test_a_progress_that_is_no_number_is_damage(tmp_path: Path, text: str) -> None:
    folder = write_poses(make_poses(20), tmp_path / "run")
    (folder / "progress.json").write_text(text)
    with pytest.raises(BadPosesStore, match=r"progress\.json"):
        _ = open_poses(folder).frames_done


def test_the_checksum_is_of_all_that_poses_say(tmp_path: Path) -> None:
    poses = make_poses(600)
    whole = open_poses(write_poses(poses, tmp_path / "a", chunk=100)).checksum()
    assert open_poses(write_poses(poses, tmp_path / "b", chunk=64)).checksum() == whole
    moved, surer = poses.points_px.copy(), poses.confidence.copy()
    moved[599, 0, 0, 0] = 1.5
    surer[0, 0, 0] = 0.25
    others = [
        replace(poses, points_px=moved),
        replace(poses, confidence=surer),
        replace(poses, frames=poses.frames + 1),
    ]
    for number, other in enumerate(others):
        assert open_poses(write_poses(other, tmp_path / f"other {number}")).checksum() != whole
