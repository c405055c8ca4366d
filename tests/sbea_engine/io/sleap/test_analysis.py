"""Analysis files, against sleap-io and against files that SLEAP itself wrote."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sbea_engine.io.sleap import is_analysis, read_analysis, read_slp, write_analysis, write_slp
from tests.sbea_engine.io.outside import SKELETON, assert_same_poses, make_poses

sio: Any = pytest.importorskip("sleap_io", reason="sleap-io is in the extra 'interop'")
pytestmark = pytest.mark.filterwarnings("ignore::Warning:sleap_io.*")
DATA = Path(__file__).parents[5] / "shared" / "data"


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10**6), individuals=st.sampled_from([("animal 1",), ("b", "a")]))
def test_there_and_back(
    tmp_path_factory: pytest.TempPathFactory, seed: int, individuals: tuple[str, ...]
) -> None:
    poses = make_poses(seed=seed, individuals=individuals)
    got, warnings = read_analysis(write_analysis(poses, tmp_path_factory.mktemp("h5") / "a.h5"))
    assert warnings == []
    assert got.skeleton == SKELETON
    assert_same_poses(got, poses)


def test_frames_before_the_first_are_empty(tmp_path: Path) -> None:
    poses = make_poses(start=5)
    got, _ = read_analysis(write_analysis(poses, tmp_path / "a.h5"))
    assert len(got) == 25
    assert np.isnan(got.points_px[:5]).all()
    np.testing.assert_array_equal(got.points_px[5:], poses.points_px)


def test_sleap_io_reads_ours(tmp_path: Path) -> None:
    poses = make_poses()
    theirs = sio.load_analysis_h5(str(write_analysis(poses, tmp_path / "a.h5", video_path="cam.mp4")))
    assert theirs.skeletons[0].node_names == list(SKELETON.keypoints)
    assert theirs.skeletons[0].edge_names == [tuple(edge) for edge in SKELETON.edges]
    np.testing.assert_array_equal(theirs.numpy().astype(np.float32), poses.points_px)
    assert theirs.videos[0].filename == "cam.mp4"


@pytest.mark.parametrize("preset", ["matlab", "standard"])
def test_ours_reads_sleap_io(tmp_path: Path, preset: str) -> None:
    poses = make_poses()
    theirs = sio.load_slp(str(write_slp(tmp_path / "a.slp", poses={"cam": poses})))
    sio.save_analysis_h5(theirs, str(tmp_path / "a.h5"), preset=preset)
    assert is_analysis(tmp_path / "a.h5")
    got, warnings = read_analysis(tmp_path / "a.h5")
    assert warnings == []
    assert got.individuals == ("ann", "bert")
    np.testing.assert_array_equal(got.points_px, poses.points_px)
    np.testing.assert_array_equal(
        got.confidence[np.isfinite(got.points_px).all(-1)],
        poses.confidence[np.isfinite(poses.points_px).all(-1)],
    )


def test_what_is_none(tmp_path: Path) -> None:
    (tmp_path / "a.h5").write_bytes(b"no HDF5")
    assert not is_analysis(tmp_path / "a.h5")
    assert not is_analysis(tmp_path / "b.h5")


@pytest.mark.realdata
@pytest.mark.skipif(not (DATA / "sleap_anipose").is_dir(), reason="../shared/data/sleap_anipose is not here")
@pytest.mark.parametrize("view", ["back", "mid", "side", "top"])
def test_both_files_of_sleap_say_the_same(view: str) -> None:
    folder = DATA / "sleap_anipose" / view
    dense, _ = read_analysis(folder / f"minimal_{view}_proofread.analysis.h5")
    project = read_slp(folder / f"minimal_{view}_proofread.slp")
    poses = project.poses[f"minimal_{view}"]
    assert dense.points_px.shape == (120, 1, 15, 2)
    np.testing.assert_array_equal(dense.points_px, poses.points_px)
    with h5py.File(folder / f"minimal_{view}_proofread.analysis.h5") as store:
        raw = store["tracks"][0].transpose(2, 1, 0)
    np.testing.assert_allclose(dense.points_px[:, 0], raw, rtol=1e-6)


@pytest.mark.realdata
@pytest.mark.skipif(not (DATA / "sleap_fly").is_dir(), reason="../shared/data/sleap_fly is not here")
class TestFlies:
    def test_labels_of_the_clip(self, tmp_path: Path) -> None:
        got = read_slp(DATA / "sleap_fly" / "clip.slp")
        assert got.labels is not None
        assert got.labels.individuals == ("female", "male")
        assert got.labels.points_px.shape == (1500, 2, 13, 2)
        assert got.labels.frames[7].path == DATA / "sleap_fly" / "clip.mp4"
        theirs = sio.load_slp(str(DATA / "sleap_fly" / "clip.slp"), open_videos=False)
        for n in (0, 700, 1499):
            for instance in theirs[n].instances:
                i = got.labels.individuals.index(instance.track.name)
                np.testing.assert_allclose(
                    got.labels.points_px[n, i], instance.numpy(invisible_as_nan=False), rtol=1e-6
                )
        again = read_slp(write_slp(tmp_path / "a.slp", labels=got.labels)).labels
        assert again is not None
        np.testing.assert_array_equal(again.points_px, got.labels.points_px)
        np.testing.assert_array_equal(again.visibility, got.labels.visibility)

    def test_predictions_in_broken_tracks(self, tmp_path: Path) -> None:
        got = read_slp(DATA / "sleap_fly" / "centered_pair_predictions.slp")
        assert got.labels is None
        poses = got.poses["centered_pair_low_quality"]
        assert poses.points_px.shape == (1100, 27, 24, 2)
        instances = np.isfinite(poses.points_px).all(-1).any(-1)
        assert np.count_nonzero(instances) == 2274
        theirs = sio.load_slp(str(DATA / "sleap_fly" / "centered_pair_predictions.slp"), open_videos=False)
        for n in (0, 500, 1099):
            for instance in theirs[n].instances:
                i = poses.individuals.index(instance.track.name)
                np.testing.assert_allclose(poses.points_px[n, i], instance.numpy(), rtol=1e-6)
        again = read_slp(write_slp(tmp_path / "a.slp", poses=got.poses)).poses["centered_pair_low_quality"]
        np.testing.assert_array_equal(again.points_px, poses.points_px)
