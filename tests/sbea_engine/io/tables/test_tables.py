"""Long and wide tables, against pandas and pyarrow."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sbea_engine.data import Visibility
from sbea_engine.io.tables import BadTable, TableFiles
from sbea_engine.progress import ignore
from sbea_engine.video import read_source
from tests.sbea_engine.io.outside import (
    SKELETON,
    assert_same_labels,
    assert_same_poses,
    make_labels,
    make_poses,
)

KINDS = {
    "csv": TableFiles(".csv"),
    "csv_wide": TableFiles(".csv", wide=True),
    "parquet": TableFiles(".parquet"),
    "parquet_wide": TableFiles(".parquet", wide=True),
}


@pytest.mark.parametrize("kind", KINDS)
class TestThereAndBack:
    @settings(max_examples=5, deadline=None)
    @given(seed=st.integers(0, 10**6), start=st.integers(0, 10**6))
    def test_poses(self, tmp_path_factory: pytest.TempPathFactory, kind: str, seed: int, start: int) -> None:
        poses = make_poses(seed=seed, start=start)
        (file,) = KINDS[kind].write_poses(tmp_path_factory.mktemp("t"), poses, name="cam 1", scorer="Net")
        assert KINDS[kind].looks_like(file)
        assert KINDS[kind].looks_like(file.parent)
        got = KINDS[kind].read_poses(KINDS[kind].find(file.parent))
        assert got.warnings == ()
        assert_same_poses(got.poses["cam 1"], poses)

    @settings(max_examples=5, deadline=None)
    @given(seed=st.integers(0, 10**6))
    def test_labels(self, tmp_path_factory: pytest.TempPathFactory, kind: str, seed: int) -> None:
        folder = tmp_path_factory.mktemp("t")
        labels = make_labels(folder / "in", seed=seed, guessed=True)
        labels.visibility[0, 1, 1] = Visibility.ABSENT
        labels.points_px[0, 1, 1] = np.nan
        KINDS[kind].write_labels(folder / "out", labels, title="x", scorer="Ann", on_progress=ignore)
        got = KINDS[kind].read_labels(KINDS[kind].find(folder / "out"))
        assert got.warnings == ()
        assert_same_labels(got.labels, labels)
        np.testing.assert_array_equal(read_source(got.labels.frames[1]), read_source(labels.frames[1]))

    def test_pandas_reads_it(self, tmp_path: Path, kind: str) -> None:
        poses = make_poses()
        (file,) = KINDS[kind].write_poses(tmp_path, poses, name="cam", scorer="Net")
        table = pd.read_parquet(file) if file.suffix == ".parquet" else pd.read_csv(file)
        tail = table[(table.individual == "bert") & (table.frame == 7)]
        if "wide" in kind:
            got = tail[["tail_x", "tail_y", "tail_confidence"]].to_numpy(np.float32)[0]
        else:
            got = tail[tail.keypoint == "tail"][["x", "y", "confidence"]].to_numpy(np.float32)[0]
        k = SKELETON.index("tail")
        np.testing.assert_array_equal(got, [*poses.points_px[7, 1, k], poses.confidence[7, 1, k]])


class TestRead:
    def test_few_columns_are_enough(self, tmp_path: Path) -> None:
        file = tmp_path / "cam.csv"
        file.write_text("frame,nose_x,nose_y\n3,1.5,2\n9,,\n")
        got = KINDS["csv"].read_poses(file)
        poses = got.poses["cam"]
        assert (poses.individuals, poses.frames.tolist()) == (("animal 1",), [3, 9])
        np.testing.assert_array_equal(poses.points_px[:, 0, 0], [[1.5, 2], [np.nan, np.nan]])
        assert "has no confidences" in got.warnings[0]
        labels = KINDS["csv"].read_labels(file)
        assert [f.index for f in labels.labels.frames] == [3]
        assert any("no video cam beside it" in warning for warning in labels.warnings)

    def test_the_video_beside(self, tmp_path: Path) -> None:
        (tmp_path / "cam.avi").write_bytes(b"not opened here")
        (tmp_path / "labels.csv").write_text("video,frame,keypoint,x,y\ncam,3,nose,1,2\n")
        got = KINDS["csv"].read_labels(tmp_path / "labels.csv")
        assert got.labels.frames[0].path == tmp_path / "cam.avi"
        assert got.videos == (tmp_path / "cam.avi",)

    def test_numbers_and_categories_in_parquet(self, tmp_path: Path) -> None:
        frame = pd.DataFrame(
            {"frame": [0, 1], "individual": [7, 7], "keypoint": ["nose", "nose"], "x": [1, 2], "y": [3, 4]}
        ).astype({"keypoint": "category"})
        frame.to_parquet(tmp_path / "cam.parquet")
        poses = KINDS["parquet"].read_poses(tmp_path / "cam.parquet").poses["cam"]
        assert poses.individuals == ("7",)
        assert poses.points_px[:, 0, 0].tolist() == [[1, 3], [2, 4]]


LONG = "video,frame,individual,keypoint,x,y,confidence\ncam,0,a,nose,1,2,0.5\ncam,1,a,nose,3,4,0.25\n"
BAD: dict[str, tuple[Callable[[str], str], str]] = {
    "no number": (lambda t: t.replace("3,4", "3,four"), "line 3: y is 'four', no number"),
    "infinite": (lambda t: t.replace("3,4", "inf,4"), "line 3: x is infinite"),
    "far": (lambda t: t.replace("3,4", "1e9,4"), "line 3: a point lies further out"),
    "half": (lambda t: t.replace("3,4", ",4"), "line 3: of x and y one is empty"),
    "half a frame": (lambda t: t.replace("cam,1", "cam,0.5"), "line 3: frame is 0.5, no whole number"),
    "negative frame": (lambda t: t.replace("cam,1", "cam,-1"), "line 3: frame is -1"),
    "no frame": (lambda t: t.replace("cam,1", "cam,"), "line 3: frame is nan"),
    "huge frame": (lambda t: t.replace("cam,1", "cam,1e300"), "no whole number"),
    "twice": (lambda t: t.replace("cam,1", "cam,0"), "nose of a on frame 0 is there twice"),
    "confidence": (lambda t: t.replace("0.25", "1.5"), "line 3: a confidence is not in 0..1"),
    "empty name": (lambda t: t.replace("cam,1,a", "cam,1,"), "line 3: individual is empty"),
    "ragged": (lambda t: t.replace(",0.25", ""), "line 3 has 6 cells, the header has 7"),
    "no column": (lambda t: t.replace("keypoint", "part"), "neither a long table"),
    "column twice": (lambda t: t.replace("individual", "video"), "column 'video' is there twice"),
    "empty": (lambda t: "", "is empty"),
    "no rows": (lambda t: t.splitlines()[0], "its skeleton|1 to 512 keypoints"),
    "underscore": (lambda t: t.replace("3,4", "3,1_0"), "no number"),
}


@pytest.mark.parametrize("kind", BAD)
def test_bad_csv(tmp_path: Path, kind: str) -> None:
    change, reason = BAD[kind]
    file = tmp_path / "a.csv"
    file.write_text(change(LONG))
    with pytest.raises(BadTable) as error:
        KINDS["csv"].read_poses(file)
    assert str(file) in str(error.value)
    assert any(part in str(error.value) for part in reason.split("|"))


@pytest.mark.parametrize("text", ["no_table", "a,b\n1,2\n", "\0\0"])
def test_what_is_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.csv").write_text(text)
    assert not KINDS["csv"].looks_like(tmp_path / "a.csv")
    with pytest.raises(BadTable, match=r"a\.csv"):
        KINDS["csv"].read_poses(tmp_path / "a.csv")
    with pytest.raises(BadTable, match="Choose a file"):
        KINDS["csv"].find(tmp_path)


def test_labels_and_predictions_are_not_mixed_up(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text(LONG)
    with pytest.raises(BadTable, match="has confidences, so predictions"):
        KINDS["csv"].read_labels(file)
    file.write_text("frame,keypoint,x,y,visibility\n0,nose,1,2,visible\n")
    with pytest.raises(BadTable, match="has visibilities, so labels"):
        KINDS["csv"].read_poses(file)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("0,nose,1,2,seen,img.png", "visibility is 'seen'; known"),
        ("0,nose,,,visible,img.png", "a position must be there just where"),
        ("0,nose,1,2,absent,img.png", "a position must be there just where"),
        ("0,nose,1,2,visible,../img.png", "is not beside the table"),
        ("0,nose,1,2,visible,/etc/passwd", "is not beside the table"),
        ("0,nose,1,2,visible,none.png", "is not beside the table"),
        ("0,nose,,,unlabelled,img.png", "nothing is labelled"),
    ],
)
def test_bad_labels(tmp_path: Path, line: str, reason: str) -> None:
    (tmp_path / "in").mkdir()
    for place in ("img.png", "in/img.png"):
        (tmp_path / place).write_bytes(b"x")
    file = tmp_path / "in" / "a.csv"
    file.write_text(f"frame,keypoint,x,y,visibility,image\n{line}\n")
    with pytest.raises(BadTable) as error:
        KINDS["csv"].read_labels(file)
    assert reason in str(error.value)
    assert str(file) in str(error.value)


def test_bad_parquet(tmp_path: Path) -> None:
    file = tmp_path / "a.parquet"
    file.write_bytes(b"PAR1 but no more")
    assert not KINDS["parquet"].looks_like(file)
    with pytest.raises(BadTable, match="not a readable Parquet file"):
        KINDS["parquet"].read_poses(file)
    pq.write_table(pa.table({"frame": [0], "keypoint": ["a"], "x": [[1.0]], "y": [1.0]}), file)
    with pytest.raises(BadTable, match="column x holds list"):
        KINDS["parquet"].read_poses(file)


@pytest.mark.parametrize("dictionary", [False, True])
def test_a_parquet_file_with_a_text_that_is_none(tmp_path: Path, dictionary: bool) -> None:
    file = tmp_path / "a.parquet"
    columns = {"frame": [0, 1], "keypoint": ["nose", "tail"], "x": [1.0, 2.0], "y": [3.0, 4.0]}
    pq.write_table(
        pa.table(columns), file, compression="none", use_dictionary=dictionary, write_statistics=False
    )
    whole = file.read_bytes()
    assert whole.count(b"tail") == 1
    file.write_bytes(whole.replace(b"tail", b"t\xffil"))
    with pytest.raises(BadTable, match=r"a\.parquet: not a readable Parquet file"):
        KINDS["parquet"].read_poses(file)


@pytest.mark.slow
def test_a_parquet_file_that_swells(tmp_path: Path) -> None:
    file = tmp_path / "a.parquet"
    count = 60_000_000
    column = pa.array(np.zeros(count, np.int8))
    names = pa.DictionaryArray.from_arrays(column, pa.array(["nose"]))
    pq.write_table(pa.table({"frame": column, "keypoint": names, "x": column, "y": column}), file)
    assert file.stat().st_size < 2_000_000
    with pytest.raises(BadTable, match="claims 60000000 rows of 4 columns"):
        KINDS["parquet"].read_poses(file)


def test_a_name_that_would_run_in_a_spreadsheet(tmp_path: Path) -> None:
    poses = make_poses(individuals=("=cmd()",))
    with pytest.raises(BadTable, match="spreadsheet formula"):
        KINDS["csv"].write_poses(tmp_path, poses, name="cam", scorer="Net")
    assert list(tmp_path.iterdir()) == []
    KINDS["parquet"].write_poses(tmp_path, poses, name="cam", scorer="Net")
