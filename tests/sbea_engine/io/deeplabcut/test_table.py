from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sbea_engine.io.deeplabcut.table import BadDeepLabCut, Column, read_csv, read_table

HEADER = "scorer,Ann,Ann\nbodyparts,nose,nose\ncoords,x,y\n"


def table(tmp_path: Path, text: str | bytes) -> Path:
    file = tmp_path / "t.csv"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return file


class TestReadCsv:
    def test_one_index_column(self, tmp_path: Path) -> None:
        got = read_csv(table(tmp_path, HEADER + "labeled-data/v/a.png,1.5,2\nlabeled-data/v/b.png,,\n"))
        assert got.scorer == "Ann"
        assert got.columns == (Column(None, "nose", "x"), Column(None, "nose", "y"))
        assert got.rows == (("labeled-data/v/a.png",), ("labeled-data/v/b.png",))
        np.testing.assert_array_equal(got.values, [[1.5, 2], [np.nan, np.nan]])

    def test_three_index_columns(self, tmp_path: Path) -> None:
        text = "scorer,,,Ann,Ann\nbodyparts,,,nose,nose\ncoords,,,x,y\nlabeled-data,v,a.png,1,2\n"
        assert read_csv(table(tmp_path, text)).rows == (("labeled-data", "v", "a.png"),)

    def test_individuals(self, tmp_path: Path) -> None:
        header = "scorer,A,A,A,A\nindividuals,m1,m1,m2,m2\nbodyparts,n,n,n,n\ncoords,x,y,x,y\n"
        got = read_csv(table(tmp_path, header + "a.png,1,2,3,4\n"))
        assert got.individuals == ("m1", "m2")
        np.testing.assert_array_equal(got.spread("y", ["m2", "m1"], ["n"]), [[[4], [2]]])

    def test_byte_order_mark_and_windows_line_ends(self, tmp_path: Path) -> None:
        text = b"\xef\xbb\xbf" + (HEADER + "a.png,1,2\n").replace("\n", "\r\n").encode()
        np.testing.assert_array_equal(read_csv(table(tmp_path, text)).values, [[1, 2]])

    @pytest.mark.parametrize(
        ("text", "reason"),
        [
            ("", "no header row 'coords'"),
            ("a,b\n1,2\n", "no header row 'coords'"),
            (
                HEADER.replace("scorer", "author") + "a.png,1,2\n",
                "header rows must be scorer, bodyparts, coords",
            ),
            (HEADER.replace("Ann,Ann", "Ann,Bob") + "a.png,1,2\n", "one scorer in its header, got Ann, Bob"),
            (HEADER.replace("x,y", "x,z") + "a.png,1,2\n", "nose/z: a coordinate is x, y or likelihood"),
            (HEADER.replace("x,y", "x,x") + "a.png,1,2\n", "column nose/x is there twice"),
            (HEADER.replace("nose,nose", "nose,tail") + "a.png,1,2\n", "column nose/y is missing"),
            (HEADER.replace("nose,nose", "nose,") + "a.png,1,2\n", "data column 2 has no name"),
            (HEADER + "a.png,1\n", "line 4 has 2 cells, the header has 3"),
            (HEADER + "a.png,1,2\n\nb.png,1,2\n", "line 5 has 0 cells"),
            (HEADER + "a.png,1,two\n", r"line 4, column nose/y: 'two' is no number"),
            (HEADER + "a.png,1_0,2\n", r"line 4, column nose/x: '1_0' is no number"),
            (HEADER + "a.png,1,inf\n", "a.png, nose/y: inf is no pixel position"),
            (HEADER + "a.png,1,1e300\n", "no pixel position"),
            (HEADER + "a.png,1,2\na.png,3,4\n", r"a.png is in rows 1, 2"),
            ("scorer,,Ann,Ann\nbodyparts,,n,n\ncoords,,x,y\nv,a.png,1,2\n", "1 or 3 index columns"),
            (HEADER + 'a.png,"1,2\n', "not a readable CSV"),
            (b"\xff\xfe\x00s", "not a readable CSV"),
        ],
    )
    def test_bad_tables_are_named_by_file_and_place(self, tmp_path: Path, text: str, reason: str) -> None:
        file = table(tmp_path, text)
        with pytest.raises(BadDeepLabCut, match=reason) as caught:
            read_csv(file)
        assert str(file) in str(caught.value)

    def test_not_there(self, tmp_path: Path) -> None:
        with pytest.raises(BadDeepLabCut, match="not there"):
            read_csv(tmp_path / "none.csv")


def test_another_suffix_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadDeepLabCut, match=r"ends in \.csv or \.h5"):
        read_table(tmp_path / "labels.xlsx")
