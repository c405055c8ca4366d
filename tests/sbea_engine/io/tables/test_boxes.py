from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sbea_engine.data.boxes import BadBoxes
from sbea_engine.io.tables.boxes import read_boxes
from sbea_engine.io.tables.columns import BadTable

HEAD = "frame,individual,x,y,width,height\n"


def write(folder: Path, text: str) -> Path:
    file = folder / "boxes.csv"
    file.write_text(text, encoding="utf-8")
    return file


def test_rows_in_any_order(tmp_path: Path) -> None:
    found = read_boxes(write(tmp_path, f"{HEAD}7,white,1,2,30,40\n3,black,5,5,10,10\n7,black,0.5,2,4,4\n"))
    assert found.individuals == ("black", "white")
    assert found.frames.tolist() == [3, 7]
    np.testing.assert_array_equal(found.of(7), [[0.5, 2, 4.5, 6], [1, 2, 31, 42]])
    assert np.isnan(found.of(3)[1]).all()


def test_one_animal_needs_no_name(tmp_path: Path) -> None:
    found = read_boxes(write(tmp_path, "frame,x,y,width,height,score\n0,1,2,3,4,0.9\n"))
    assert found.individuals == ("animal 1",)


def test_parquet(tmp_path: Path) -> None:
    columns = {"frame": [1, 1], "individual": ["a", "b"], "x": [0.0, 9.0], "y": [0, 0]}
    table = pa.table({**columns, "width": [3, 3], "height": [4, 4]})
    pq.write_table(table, tmp_path / "boxes.parquet")
    assert read_boxes(tmp_path / "boxes.parquet").edges_px.tolist() == [[[0, 0, 3, 4], [9, 0, 12, 4]]]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (f"{HEAD}0,a,1,2,0,4\n", "line 2: a box has a place"),
        (f"{HEAD}0,a,1,2,3,4\n0,a,1,2,3,-4\n", "line 3: a box has a place"),
        (f"{HEAD}0,a,,2,3,4\n", "line 2: a box has a place"),
        (f"{HEAD}0,a,1,2,3,4\n1,a,1,2,3,4\n0,a,2,2,3,4\n", "line 4: a second box of a in frame 0"),
        (f"{HEAD}0,a,1,2,3,4\n0,b,9,9,1e-30,1e-30\n", "line 3: .* of 1 pixel or more"),
        (f"{HEAD}0,a,1,2,0.99,4\n", "line 2: .* of 1 pixel or more"),
        (f"{HEAD}0,a,1,2,4,0.001\n", "line 2: .* of 1 pixel or more"),
        (f"{HEAD}0,a,0,0,1e300,1\n", r"line 2: .* within 1e\+06 pixels"),
        (f"{HEAD}0,a,1e308,0,1e308,1\n", r"line 2: .* within 1e\+06 pixels"),
        (f"{HEAD}0,a,-1e30,-1e30,2e30,2e30\n", r"line 2: .* within 1e\+06 pixels"),
        (f"{HEAD}0,a,1,2,3,4\n1,a\0,1,2,3,4\n", r"line 3: the name 'a\\x00' holds control"),
        (f'{HEAD}0,"a\nb",1,2,3,4\n', r"line 2: the name 'a\\nb' holds control"),
        (f"{HEAD}0,\x1b[31mred,1,2,3,4\n", r"line 2: the name '\\x1b\[31mred' holds control"),
        (f"{HEAD}99999999999,a,1,2,3,4\n", "beyond any video"),
        (HEAD + "".join(f"0,a{n},1,2,3,4\n" for n in range(65)), "names 65 individuals"),
    ],
)
@pytest.mark.filterwarnings("error")
def test_what_is_no_box_is_named(tmp_path: Path, text: str, words: str) -> None:
    file = write(tmp_path, text)
    with pytest.raises(BadBoxes, match=words) as caught:
        read_boxes(file)
    assert str(caught.value).startswith(str(file))


def test_the_smallest_box(tmp_path: Path) -> None:
    assert read_boxes(write(tmp_path, f"{HEAD}0,a,-3,2,1,1\n")).edges_px.tolist() == [[[-3, 2, -2, 3]]]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("frame,x,y,width\n0,1,2,3\n", "has no column 'height'"),
        (f"{HEAD}0,a,one,2,3,4\n", "x is 'one', no number"),
        (f"{HEAD}-1,a,1,2,3,4\n", "no whole number"),
        (f"{HEAD}0.5,a,1,2,3,4\n", "no whole number"),
        (HEAD, "no rows"),
    ],
)
def test_what_cannot_be_read_is_named(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(BadTable, match=words):
        read_boxes(write(tmp_path, text))


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(BadTable, match="not there"):
        read_boxes(tmp_path / "none.csv")
