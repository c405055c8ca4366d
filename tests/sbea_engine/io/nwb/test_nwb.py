"""NWB files, against pynwb with ndx-pose: it reads what we write, we read what it writes."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sbea_engine.io.nwb import BadNwb, find, looks_like, read_poses, write_nwb, write_poses
from tests.sbea_engine.io.outside import SKELETON, assert_same_poses, make_poses

START = datetime.datetime(2024, 5, 1, 12, tzinfo=datetime.UTC)


def their_file(
    file: Path,
    *,
    times: Any,
    names: tuple[str, ...] = ("PoseEstimation",),
    space: int = 2,
    rate: float | None = None,
) -> np.ndarray[Any, np.dtype[np.float64]]:
    """A file that pynwb wrote; returns (individual, time, keypoint, space)."""
    from ndx_pose import PoseEstimation, PoseEstimationSeries, Skeleton, Skeletons
    from pynwb import NWBHDF5IO, NWBFile

    nwb = NWBFile(session_description="s", identifier="i", session_start_time=START)
    skeleton = Skeleton(name="mouse", nodes=["b", "a"], edges=np.array([[0, 1]], np.uint8))
    module = nwb.create_processing_module("behavior", "d")
    module.add(Skeletons(skeletons=[skeleton]))
    points = np.random.default_rng(0).uniform(0, 500, (len(names), len(times), 2, space))
    clock: Any = {"timestamps": times} if rate is None else {"starting_time": float(times[0]), "rate": rate}
    for i, name in enumerate(names):
        series = [
            PoseEstimationSeries(
                name=node,
                data=points[i, :, k],
                reference_frame="top left",
                confidence=np.full(len(times), 0.25 * k),
                **clock,
            )
            for k, node in enumerate(("b", "a"))
        ]
        module.add(
            PoseEstimation(
                name=name,
                pose_estimation_series=series,
                skeleton=skeleton,
                original_videos=["C:\\data\\top.mp4"],
                source_software="DeepLabCut",
            )
        )
    with NWBHDF5IO(str(file), "w") as io:
        io.write(nwb)
    return points


@pytest.mark.filterwarnings("ignore::Warning")
class TestRead:
    def test_what_pynwb_wrote(self, tmp_path: Path) -> None:
        points = their_file(tmp_path / "a.nwb", times=np.arange(6) / 30)
        assert looks_like(tmp_path)
        got = read_poses(find(tmp_path))
        poses = got.poses["top"]
        assert got.warnings == ()
        assert (poses.individuals, poses.frames.tolist()) == (("animal 1",), list(range(6)))
        assert (poses.skeleton.keypoints, poses.skeleton.edges) == (("b", "a"), (("b", "a"),))
        np.testing.assert_array_equal(poses.points_px[:, 0], points[0].astype(np.float32))
        assert poses.confidence[3, 0].tolist() == [0, 0.25]

    @pytest.mark.parametrize(
        ("times", "frames"),
        [
            (np.array([0, 1, 2, 5, 6]) / 25, [0, 1, 2, 5, 6]),
            (np.array([40, 41, 43, 44]) / 25, [40, 41, 43, 44]),
            (12.34567 + np.array([0, 1, 2, 4]) / 30, [0, 1, 2, 4]),
            (np.array([0.0, 1, 2, 5, 6]), [0, 1, 2, 5, 6]),
        ],
    )
    def test_frames_from_time_stamps(self, tmp_path: Path, times: Any, frames: list[int]) -> None:
        their_file(tmp_path / "a.nwb", times=times)
        got = read_poses(tmp_path / "a.nwb")
        assert got.poses["top"].frames.tolist() == frames
        assert got.warnings == ()

    def test_a_rate_in_place_of_time_stamps(self, tmp_path: Path) -> None:
        their_file(tmp_path / "a.nwb", times=np.arange(2, 6) / 50, rate=50.0)
        assert read_poses(tmp_path / "a.nwb").poses["top"].frames.tolist() == [2, 3, 4, 5]

    def test_uneven_time_stamps_count_in_order(self, tmp_path: Path) -> None:
        their_file(tmp_path / "a.nwb", times=np.array([0, 1, 1.37, 2.9, 3.9]))
        got = read_poses(tmp_path / "a.nwb")
        assert got.poses["top"].frames.tolist() == [0, 1, 2, 3, 4]
        assert "uneven" in got.warnings[0]

    def test_several_individuals(self, tmp_path: Path) -> None:
        points = their_file(tmp_path / "a.nwb", times=np.arange(4) / 30, names=("ann", "track=bert"))
        poses = read_poses(tmp_path / "a.nwb").poses["top"]
        assert poses.individuals == ("ann", "bert")
        np.testing.assert_array_equal(poses.points_px[:, 1], points[1].astype(np.float32))

    def test_3d_is_said_and_left_out(self, tmp_path: Path) -> None:
        their_file(tmp_path / "a.nwb", times=np.arange(4) / 30, space=3)
        with pytest.raises(BadNwb, match="no pose estimates in 2D"):
            read_poses(tmp_path / "a.nwb")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Told:
    """What a file says of time and video."""

    times_s: Any
    rate: float
    video: str
    session: str
    series: str
    source: str


def told_of(file: Path) -> Told:
    """As pynwb reads it."""
    from pynwb import NWBHDF5IO

    with NWBHDF5IO(str(file), "r") as io:
        nwb = io.read()
        source, series = nwb.acquisition["source_video"], nwb.processing["behavior"]["ann"]["nose"]
        return Told(
            times_s=series.timestamps[:],
            rate=source.rate,
            video=source.external_file[0],
            session=nwb.session_description,
            series=series.description,
            source=source.description,
        )


@pytest.mark.filterwarnings("ignore::Warning")
class TestWrite:
    def test_pynwb_reads_ours(self, tmp_path: Path) -> None:
        from pynwb import NWBHDF5IO, validate

        poses = make_poses()
        file = write_nwb(poses, tmp_path / "a.nwb", video="cam.mp4", scorer="Net", rate_hz=30)
        with NWBHDF5IO(str(file), "r") as io:
            nwb = io.read()
            behaviour = nwb.processing["behavior"]
            skeleton = behaviour["Skeletons"]["skeleton"]
            assert list(skeleton.nodes[:]) == list(SKELETON.keypoints)
            assert skeleton.edges[:].tolist() == [[0, 1], [0, 2], [0, 3]]
            for i, name in enumerate(poses.individuals):
                estimate = behaviour[name]
                assert estimate.skeleton is skeleton
                assert estimate.scorer == "Net"
                for k, keypoint in enumerate(SKELETON.keypoints):
                    series = estimate[keypoint]
                    np.testing.assert_array_equal(series.data[:].astype(np.float32), poses.points_px[:, i, k])
                    np.testing.assert_array_equal(
                        series.confidence[:].astype(np.float32), poses.confidence[:, i, k]
                    )
                    np.testing.assert_allclose(series.timestamps[:], poses.frames / 30)
                assert estimate.source_video.external_file[0] == "cam.mp4"
        answer = validate(path=str(file))
        assert (answer[0] if isinstance(answer, tuple) else answer) == []

    @settings(max_examples=5, deadline=None)
    @given(
        seed=st.integers(0, 10**6),
        start=st.integers(0, 10**6),
        rate=st.sampled_from([None, 1.0, 30000 / 1001, 250]),
    )
    def test_there_and_back(
        self, tmp_path_factory: pytest.TempPathFactory, seed: int, start: int, rate: float | None
    ) -> None:
        poses = make_poses(seed=seed, start=start)
        file = tmp_path_factory.mktemp("nwb") / "a.nwb"
        got = read_poses(write_nwb(poses, file, video="cam.mp4", scorer="Net", rate_hz=rate))
        assert got.warnings == ()
        assert got.poses["cam"].skeleton == SKELETON
        assert_same_poses(got.poses["cam"], poses)

    def test_frames_of_a_long_video_come_back(self, tmp_path: Path) -> None:
        poses = make_poses(start=10_000_000)  # four days
        file = write_nwb(poses, tmp_path / "a.nwb", video="cam.mp4", scorer="Net", rate_hz=30000 / 1001)
        got = read_poses(file)
        assert got.warnings == ()
        np.testing.assert_array_equal(got.poses["cam"].frames, poses.frames)

    def test_times_are_seconds_where_the_poses_say_how_fast_the_video_runs(self, tmp_path: Path) -> None:
        poses = replace(make_poses(start=600), provenance={"fps": 30, "video": "Night 1.avi"})
        (file,) = write_poses(tmp_path, poses, name="night", scorer="Net")
        assert file.name == "night.nwb"
        told = told_of(file)
        np.testing.assert_allclose(told.times_s, poses.frames / 30)
        assert (told.video, told.rate) == ("Night 1.avi", 30)
        assert "Times are seconds" in told.session
        assert not any("frame numbers" in text for text in (told.session, told.series, told.source))

    @pytest.mark.parametrize("fps", [None, 0, -30, float("nan"), float("inf"), "30", True, [30]])
    def test_where_no_rate_is_known_the_file_says_so(self, tmp_path: Path, fps: object) -> None:
        poses = replace(make_poses(), provenance={} if fps is None else {"fps": fps, "video": 7})
        (file,) = write_poses(tmp_path, poses, name="cam", scorer="Net")
        told = told_of(file)
        np.testing.assert_array_equal(told.times_s, poses.frames)
        assert told.video == "cam.mp4"
        for text in (told.session, told.series, told.source):
            assert "times are frame numbers, not seconds" in text
        assert_same_poses(read_poses(file).poses["cam"], poses)

    @pytest.mark.parametrize("rate", [0, -1, float("nan"), 1e7])
    def test_no_such_rate(self, tmp_path: Path, rate: float) -> None:
        with pytest.raises(BadNwb, match="frames a second"):
            write_nwb(make_poses(), tmp_path / "a.nwb", video="cam.mp4", scorer="Net", rate_hz=rate)
        assert list(tmp_path.iterdir()) == []

    def test_names_that_divide_paths(self, tmp_path: Path) -> None:
        with pytest.raises(BadNwb, match="can be called 'a/b'"):
            write_poses(tmp_path, make_poses(individuals=("a/b",)), name="cam", scorer="Net")
        assert list(tmp_path.iterdir()) == []


def _external(store: h5py.File) -> None:
    del store["processing/behavior/ann/nose/data"]
    store["processing/behavior/ann/nose/data"] = h5py.ExternalLink("/etc/passwd", "/x")


def _replaced(path: str, **options: Any) -> Callable[[h5py.File], None]:
    def change(store: h5py.File) -> None:
        del store[path]
        store.create_dataset(path, **options)

    return change


NOSE = "processing/behavior/ann/nose"
BAD: dict[str, tuple[Callable[[h5py.File], Any], str]] = {
    "no processing": (lambda store: store.__delitem__("processing"), "no pose estimates in 2D"),
    "link out": (_external, "a link to another file"),
    "huge": (_replaced(f"{NOSE}/data", shape=(10**9, 2), chunks=True, dtype="f8"), "claims 16000000000"),
    "text": (_replaced(f"{NOSE}/data", data=np.full((20, 2), b"x")), "where numbers were expected"),
    "short": (_replaced(f"{NOSE}/confidence", data=np.zeros(3)), "3 confidences"),
    "times stand": (_replaced(f"{NOSE}/timestamps", data=np.zeros(20)), "do not increase"),
    "times are no numbers": (_replaced(f"{NOSE}/timestamps", data=np.full(20, np.nan)), "do not increase"),
    "far": (_replaced(f"{NOSE}/data", data=np.full((20, 2), 1e12)), "further out"),
    "references": (
        lambda s: _replaced(f"{NOSE}/data", data=np.full((20, 2), s.ref, h5py.ref_dtype))(s),
        "objects or references",
    ),
}


@pytest.mark.filterwarnings("ignore::Warning")
@pytest.mark.parametrize("kind", BAD)
def test_bad_files(tmp_path: Path, kind: str) -> None:
    spoil, reason = BAD[kind]
    file = write_nwb(make_poses(), tmp_path / "a.nwb", video="cam.mp4", scorer="Net")
    with h5py.File(file, "r+") as store:
        spoil(store)
    with pytest.raises(BadNwb) as error:
        read_poses(file)
    assert str(file) in str(error.value)
    assert reason in str(error.value)


def test_no_hdf5(tmp_path: Path) -> None:
    (tmp_path / "a.nwb").write_bytes(b"no HDF5")
    with pytest.raises(BadNwb, match="not an HDF5 file"):
        read_poses(tmp_path / "a.nwb")
    with pytest.raises(BadNwb, match="holds 0 NWB files"):
        find(tmp_path / "none")
