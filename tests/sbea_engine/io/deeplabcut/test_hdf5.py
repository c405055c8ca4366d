from __future__ import annotations

import os
import pickle
from pathlib import Path
from typing import Any, Literal

import h5py
import numpy as np
import pandas as pd
import pytest

from sbea_engine.io.deeplabcut.hdf5 import PickledObjects, read_h5
from sbea_engine.io.deeplabcut.table import BadDeepLabCut, Column

Layout = Literal["fixed", "table"]
LAYOUTS: tuple[Layout, ...] = ("fixed", "table")
COLUMNS = pd.MultiIndex.from_product(
    [["Ann"], ["nose", "tail-ü"], ["x", "y"]], names=["scorer", "bodyparts", "coords"]
)
VALUES = np.array([[1.5, np.nan, 3, 4], [5, 6, 7, 8.25]])
PATHS = ["labeled-data/v/a.png", "labeled-data/v/b.png"]


def write(file: Path, *, index: Any = None, values: Any = VALUES, **options: Any) -> Path:
    frame = pd.DataFrame(values, index=PATHS if index is None else index, columns=COLUMNS)
    frame.to_hdf(file, key="df_with_missing", mode="w", **options)
    return file


class Runs:
    """Leaves a trace when it is loaded."""

    def __init__(self, marker: str) -> None:
        self.marker = marker

    def __reduce__(self) -> Any:
        return (os.mkdir, (self.marker,))


class TestWhatPandasWrites:
    @pytest.mark.parametrize("layout", LAYOUTS)
    def test_path_index(self, tmp_path: Path, layout: Layout) -> None:
        got = read_h5(write(tmp_path / "t.h5", format=layout))
        assert got.scorer == "Ann"
        assert got.bodyparts == ("nose", "tail-ü")
        assert got.rows == tuple((path,) for path in PATHS)
        np.testing.assert_array_equal(got.values, VALUES)

    def test_three_level_index(self, tmp_path: Path) -> None:
        index = pd.MultiIndex.from_tuples([tuple(p.split("/")) for p in PATHS])
        assert read_h5(write(tmp_path / "t.h5", index=index)).rows == tuple(
            tuple(p.split("/")) for p in PATHS
        )

    @pytest.mark.parametrize("layout", LAYOUTS)
    def test_frame_numbers(self, tmp_path: Path, layout: Layout) -> None:
        assert read_h5(write(tmp_path / "t.h5", index=[4, 7], format=layout)).rows == (("4",), ("7",))

    @pytest.mark.parametrize("layout", LAYOUTS)
    def test_columns_of_several_types_keep_their_places(self, tmp_path: Path, layout: Layout) -> None:
        frame = pd.DataFrame(np.arange(8.0).reshape(2, 4), index=PATHS, columns=COLUMNS)
        mixed = frame.astype({COLUMNS[1]: "int64", COLUMNS[2]: "float32"})
        mixed.to_hdf(tmp_path / "t.h5", key="df_with_missing", mode="w", format=layout)
        got = read_h5(tmp_path / "t.h5")
        np.testing.assert_array_equal(
            got.values[:, [got.columns.index(Column(None, b, c)) for _, b, c in COLUMNS]], frame.to_numpy()
        )


class TestHostileFiles:
    def test_object_columns_are_not_loaded(self, tmp_path: Path) -> None:
        with pytest.warns(pd.errors.PerformanceWarning, match="pickle"):
            write(tmp_path / "t.h5", values=VALUES.astype(object))
        with pytest.raises(PickledObjects, match="block0_values holds Python objects"):
            read_h5(tmp_path / "t.h5")

    def test_code_in_an_attribute_does_not_run(self, tmp_path: Path) -> None:
        """The names of a table are serialised objects, and `pandas.read_hdf` runs them."""
        file = write(tmp_path / "t.h5", format="table")
        marker = tmp_path / "ran"
        with h5py.File(file, "a") as store:
            store["df_with_missing"].attrs["non_index_axes"] = np.bytes_(pickle.dumps(Runs(str(marker)), 0))
        with pytest.raises(PickledObjects, match="non_index_axes is more than a list of names"):
            read_h5(file)
        assert not marker.exists()

    @pytest.mark.parametrize("content", [b"", b"scorer,Ann\n", b"\x89HDF\r\n\x1a\n"])
    def test_no_hdf5(self, tmp_path: Path, content: bytes) -> None:
        file = tmp_path / "t.h5"
        file.write_bytes(content)
        with pytest.raises(BadDeepLabCut, match=r"t\.h5: (not an HDF5 file|damaged)"):
            read_h5(file)

    def test_truncated(self, tmp_path: Path) -> None:
        file = write(tmp_path / "t.h5")
        file.write_bytes(file.read_bytes()[:-2000])
        with pytest.raises(BadDeepLabCut, match="damaged"):
            read_h5(file)

    def test_not_there(self, tmp_path: Path) -> None:
        with pytest.raises(BadDeepLabCut, match="not there"):
            read_h5(tmp_path / "t.h5")

    def test_another_key(self, tmp_path: Path) -> None:
        pd.DataFrame({"a": [1.0]}).to_hdf(tmp_path / "t.h5", key="other")
        with pytest.raises(BadDeepLabCut, match="no table under the key 'df_with_missing'"):
            read_h5(tmp_path / "t.h5")

    def test_a_bare_array(self, tmp_path: Path) -> None:
        with h5py.File(tmp_path / "t.h5", "w") as store:
            store["df_with_missing"] = np.zeros(3)
        with pytest.raises(BadDeepLabCut, match="bare array"):
            read_h5(tmp_path / "t.h5")

    def test_links_to_other_files_are_not_followed(self, tmp_path: Path) -> None:
        write(tmp_path / "secret.h5")
        with h5py.File(tmp_path / "t.h5", "w") as store:
            store["df_with_missing"] = h5py.ExternalLink(str(tmp_path / "secret.h5"), "/df_with_missing")
        with pytest.raises(BadDeepLabCut, match="a link; not followed"):
            read_h5(tmp_path / "t.h5")

    def test_numbers_kept_in_other_files_are_not_read(self, tmp_path: Path) -> None:
        secret = tmp_path / "secret.bin"
        secret.write_bytes(np.arange(8.0).tobytes())
        file = write(tmp_path / "t.h5")
        with h5py.File(file, "a") as store:
            group = store["df_with_missing"]
            del group["block0_values"]
            group.create_dataset("block0_values", (2, 4), "f8", external=[(str(secret), 0, 64)])
        with pytest.raises(BadDeepLabCut, match="points to data in another file"):
            read_h5(file)

    def test_a_claim_of_more_cells_than_memory(self, tmp_path: Path) -> None:
        file = write(tmp_path / "t.h5")
        with h5py.File(file, "a") as store:
            del store["df_with_missing/block0_values"]
            store["df_with_missing"].create_dataset("block0_values", (1 << 40, 4), "f8", chunks=(1024, 4))
        with pytest.raises(BadDeepLabCut, match="claims 35184372088832 bytes"):
            read_h5(file)

    def test_wide_cells_count_by_their_bytes(self, tmp_path: Path) -> None:
        """A hundred thousand cells are few, unless each holds a megabyte."""
        file = write(tmp_path / "t.h5")
        with h5py.File(file, "a") as store:
            group = store["df_with_missing"]
            del group["axis1"]
            group.create_dataset("axis1", (100_000,), "S1000000", chunks=(16,), compression="gzip")
        assert file.stat().st_size < 1 << 20
        with pytest.raises(BadDeepLabCut, match="axis1 claims 100000000000 bytes"):
            read_h5(file)

    @pytest.mark.parametrize(
        ("rows", "columns", "reason"),
        [(200_000, 200_000, "the table claims"), (20_000_000, 4, "axis1_label0 claims 20000000 names")],
    )
    def test_axes_that_make_a_huge_table(self, tmp_path: Path, rows: int, columns: int, reason: str) -> None:
        """Packed codes of an axis take next to nothing; the table that they span does not."""
        file = write(tmp_path / "t.h5", index=pd.MultiIndex.from_tuples([("a", "b"), ("a", "c")]))
        with h5py.File(file, "a") as store:
            group = store["df_with_missing"]
            for name, count in (("axis1_label0", rows), ("axis1_label1", rows), ("axis0_label0", columns),
                                ("axis0_label1", columns), ("axis0_label2", columns)):  # fmt: skip
                del group[name]
                group.create_dataset(name, (count,), "i1", chunks=(min(count, 1 << 16),), compression="gzip")
        assert file.stat().st_size < 1 << 20
        with pytest.raises(BadDeepLabCut, match=reason):
            read_h5(file)

    def test_an_index_without_names(self, tmp_path: Path) -> None:
        file = write(tmp_path / "t.h5")
        with h5py.File(file, "a") as store:
            store["df_with_missing/axis0_label1"][...] = -1
        with pytest.raises(BadDeepLabCut, match="without a name"):
            read_h5(file)
