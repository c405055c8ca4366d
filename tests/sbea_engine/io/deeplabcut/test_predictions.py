from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from sbea_engine.data import Poses, Skeleton
from sbea_engine.io.deeplabcut import BadDeepLabCut, read_predictions, write_predictions

HEADER = "scorer,D,D,D\nbodyparts,n,n,n\ncoords,x,y,likelihood\n"


def make_poses(points: Any, confidence: Any, individuals: tuple[str, ...] = ("animal 1",)) -> Poses:
    return Poses(
        skeleton=Skeleton(keypoints=("left ear", "right ear"), symmetric=(("left ear", "right ear"),)),
        individuals=individuals,
        frames=np.arange(len(points), dtype=np.int64) * 2 + 5,
        points_px=np.asarray(points, np.float32),
        confidence=np.asarray(confidence, np.float32),
    )


def same(got: Poses, expected: Poses) -> None:
    np.testing.assert_array_equal(got.points_px, expected.points_px)
    np.testing.assert_array_equal(got.confidence, expected.confidence)
    np.testing.assert_array_equal(got.frames, expected.frames)
    assert (got.skeleton, got.individuals) == (expected.skeleton, expected.individuals)


class TestRoundTrip:
    @settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25, deadline=None)
    @given(
        points=hnp.arrays(np.float32, (3, 2, 2, 2), elements=st.floats(-1e4, 1e4, width=32)),
        confidence=hnp.arrays(np.float32, (3, 2, 2), elements=st.floats(0, 1, width=32)),
        gaps=hnp.arrays(np.bool_, (3, 2, 2)),
        several=st.booleans(),
    )
    def test_exact_through_csv_and_h5(
        self, tmp_path: Path, points: Any, confidence: Any, gaps: Any, several: bool
    ) -> None:
        points[gaps] = np.nan
        count = 2 if several else 1
        individuals = ("m1", "m2") if several else ("animal 1",)
        poses = make_poses(points[:, :count], confidence[:, :count], individuals)
        for file in write_predictions(poses, tmp_path / "vidNet", "Net"):
            same(read_predictions(file), poses)

    def test_pandas_reads_it(self, tmp_path: Path) -> None:
        poses = make_poses(np.ones((3, 1, 2, 2)), np.full((3, 1, 2), 0.25))
        _, h5_file = write_predictions(poses, tmp_path / "sub" / "vidNet", "Net")
        frame = pd.read_hdf(h5_file)
        assert isinstance(frame, pd.DataFrame)
        assert frame["Net", "left ear", "likelihood"].to_list() == [0.25] * 3
        assert frame.index.to_list() == [5, 7, 9]


class TestReadPredictions:
    def read(self, tmp_path: Path, body: str) -> Poses:
        file = tmp_path / "p.csv"
        file.write_text(HEADER + body)
        return read_predictions(file)

    def test_overshoot_of_a_regressed_likelihood_is_cut(self, tmp_path: Path) -> None:
        got = self.read(tmp_path, "0,1,2,1.0004\n1,1,2,-0.0004\n")
        np.testing.assert_array_equal(got.confidence[:, 0, 0], [1, 0])
        assert got.provenance == {"format": "deeplabcut", "file": "p.csv", "scorer": "D"}

    def test_half_an_answer_is_none(self, tmp_path: Path) -> None:
        assert np.isnan(self.read(tmp_path, "0,1,,0.5\n").points_px).all()

    @pytest.mark.parametrize(
        ("body", "reason"),
        [
            ("0,1,2,3\n", r"a likelihood of 3 is not in 0\.\.1"),
            ("a.png,1,2,0.5\n", "row 1 starts with 'a.png', no frame number"),
            ("-1,1,2,0.5\n", "no frame number"),
            ("4,1,2,0.5\n3,1,2,0.5\n", "frame 3 follows 4"),
            ("1,1,2,0.5\n1,1,2,0.5\n", "1 is in rows 1, 2"),
        ],
    )
    def test_bad_rows(self, tmp_path: Path, body: str, reason: str) -> None:
        with pytest.raises(BadDeepLabCut, match=reason):
            self.read(tmp_path, body)

    def test_labels_are_no_predictions(self, tmp_path: Path) -> None:
        file = tmp_path / "p.csv"
        file.write_text("scorer,D,D\nbodyparts,n,n\ncoords,x,y\n0,1,2\n")
        with pytest.raises(BadDeepLabCut, match=r"n has no likelihood column\. Are these human labels"):
            read_predictions(file)
