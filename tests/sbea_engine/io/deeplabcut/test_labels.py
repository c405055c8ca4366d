from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from sbea_engine.data import FrameSource, LabelSet, Skeleton, Visibility
from sbea_engine.io.deeplabcut import BadDeepLabCut, read_config, read_labels, write_labels
from sbea_engine.io.deeplabcut.labels import IndexStyle, image_names, split_unique

if TYPE_CHECKING:
    from tests.sbea_engine.io.deeplabcut.conftest import ProjectOnDisk


def read(project: ProjectOnDisk) -> tuple[LabelSet, list[str]]:
    return read_labels(project.place, read_config(project.folder / "config.yaml"))


def refusal(project: ProjectOnDisk) -> str:
    with pytest.raises(BadDeepLabCut) as caught:
        read(project)
    return str(caught.value)


def make_labels(
    points: Any, keypoints: tuple[str, ...], individuals: tuple[str, ...], video: str = "arena"
) -> LabelSet:
    points = np.asarray(points, np.float32)
    return LabelSet(
        skeleton=Skeleton(keypoints=keypoints),
        individuals=individuals,
        frames=tuple(FrameSource(video=video, index=7 * n, path=Path("/v.mp4")) for n in range(len(points))),
        points_px=points,
        visibility=np.where(np.isfinite(points).all(-1), Visibility.VISIBLE, Visibility.UNLABELLED).astype(
            np.int8
        ),
    )


class TestReadLabels:
    def test_values_gaps_and_frames(self, project: ProjectOnDisk) -> None:
        labels, warnings = read(project)
        nan = np.nan
        np.testing.assert_array_equal(labels.points_px[0, 0], [[1.5, 2.25], [3, 4], [nan, nan]])
        np.testing.assert_array_equal(labels.visibility[:, 0], [[2, 2, -1], [2, 2, 2], [-1, 2, -1]])
        assert [(f.video, f.index) for f in labels.frames] == [("arena", 3), ("arena", 10), ("arena", 200)]
        assert labels.frames[1].path == project.place / "img0010.png"
        assert labels.skeleton.symmetric == (("leftear", "rightear"),)
        assert warnings == []

    def test_rows_come_out_in_time_order(self, project: ProjectOnDisk) -> None:
        before, _ = read(project)
        project.rows.reverse()
        project.write_csv()
        after, _ = read(project)
        assert after.frames == before.frames
        np.testing.assert_array_equal(after.points_px, before.points_px)

    def test_columns_in_another_order_than_the_config(self, project: ProjectOnDisk) -> None:
        before, _ = read(project)
        project.write_config(bodyparts=["rightear", "snout", "leftear"])
        after, _ = read(project)
        np.testing.assert_array_equal(after.points_px, before.points_px[:, :, [2, 0, 1]])

    def test_windows_paths(self, project: ProjectOnDisk) -> None:
        before, _ = read(project)
        for row in project.rows:
            row[0] = "C:\\old\\" + row[0].replace("/", "\\")
        project.write_csv()
        assert read(project)[0].frames == before.frames

    def test_three_index_columns(self, project: ProjectOnDisk) -> None:
        before, _ = read(project)
        project.header = [[level[0], "", "", *level[1:]] for level in project.header]
        project.rows = [[*row[0].split("/"), *row[1:]] for row in project.rows]
        project.write_csv()
        assert read(project)[0].frames == before.frames

    def test_images_without_numbers_are_numbered_by_name(self, project: ProjectOnDisk) -> None:
        for row, name in zip(project.rows, ("zoe", "adam", "mia"), strict=True):
            shutil.copyfile(project.place / project.images[0], project.place / f"{name}.png")
            row[0] = f"labeled-data/arena/{name}.png"
        project.write_csv()
        assert [(f.path.stem, f.index) for f in read(project)[0].frames] == [
            ("adam", 0),
            ("mia", 1),
            ("zoe", 2),
        ]

    def test_rows_that_nobody_labelled_are_no_labelled_frames(self, project: ProjectOnDisk) -> None:
        project.rows[1][1:] = [""] * 6
        project.write_csv()
        labels, (warning,) = read(project)
        assert [f.index for f in labels.frames] == [3, 200]
        assert warning == f"{project.csv}: 1 of 3 images carry no label; left out."


class TestCsvAndH5:
    def test_h5_alone(self, project: ProjectOnDisk) -> None:
        before, _ = read(project)
        project.write_h5()
        project.csv.unlink()
        labels, warnings = read(project)
        np.testing.assert_array_equal(labels.points_px, before.points_px)
        assert warnings == []

    def test_equal_files_give_no_warning(self, project: ProjectOnDisk) -> None:
        project.write_h5()
        assert read(project)[1] == []

    def test_a_difference_is_named_and_the_csv_used(self, project: ProjectOnDisk) -> None:
        project.rows[1][3] = "99"
        project.write_h5()
        labels, (warning,) = read(project)
        assert labels.points_px[1, 0, 1, 0] == 13
        assert "labeled-data/arena/img0010.png, leftear/x: 13 and 99. The CSV was used." in warning

    def test_a_row_in_one_of_them_only(self, project: ProjectOnDisk) -> None:
        project.write_h5()
        project.rows.pop()
        project.write_csv()
        assert "img0200.png is in one of them only" in read(project)[1][0]

    def test_pickled_objects_are_left_alone_beside_a_csv(self, project: ProjectOnDisk) -> None:
        with pytest.warns(pd.errors.PerformanceWarning):
            project.write_h5(values=np.full((3, 6), None, dtype=object))
        labels, (warning,) = read(project)
        assert len(labels) == 3
        assert "Python objects" in warning
        project.csv.unlink()
        assert "Python objects" in refusal(project)

    def test_an_h5_that_is_no_h5_stops_the_import(self, project: ProjectOnDisk) -> None:
        project.h5.write_text("scorer,Ann")
        assert refusal(project).startswith(f"{project.h5}: not an HDF5 file")

    def test_another_scorer(self, project: ProjectOnDisk) -> None:
        project.write_config(scorer="Bob")
        _, (warning,) = read(project)
        assert "labels of CollectedData_Ann are read; config.yaml names scorer Bob" in warning
        shutil.copyfile(project.csv, project.place / "CollectedData_Cleo.csv")
        assert "there are CollectedData_Ann, CollectedData_Cleo" in refusal(project)


class TestRefusals:
    def test_missing_column(self, project: ProjectOnDisk) -> None:
        project.header = [level[:5] for level in project.header]
        project.rows = [row[:5] for row in project.rows]
        project.write_csv()
        assert refusal(project) == f"{project.csv}: column rightear/x of config.yaml is missing."

    def test_renamed_body_part(self, project: ProjectOnDisk) -> None:
        project.write_config(bodyparts=["nose", "leftear", "rightear"])
        assert refusal(project) == (
            f"{project.csv}: column nose/x of config.yaml is missing and snout is not in config.yaml. "
            "Was a body part renamed? Use one name in both."
        )

    def test_images_that_are_not_there_are_listed(self, project: ProjectOnDisk) -> None:
        (project.place / "img0003.png").unlink()
        (project.place / "img0200.png").unlink()
        with pytest.raises(BadDeepLabCut, match=r"img0003\.png, img0200\.png") as caught:
            read(project)
        assert caught.value.data == {"missing": ["img0003.png", "img0200.png"]}

    def test_a_row_of_another_folder(self, project: ProjectOnDisk) -> None:
        project.rows[1][0] = "labeled-data/elsewhere/img0010.png"
        project.write_csv()
        assert "row 2 names an image of 'elsewhere', the file lies in 'arena'" in refusal(project)

    @pytest.mark.parametrize("path", ["..", "labeled-data/arena/..", "", "/"])
    def test_a_row_without_an_image(self, project: ProjectOnDisk, path: str) -> None:
        project.rows[1][0] = path
        project.write_csv()
        assert "row 2 names no image" in refusal(project)

    def test_one_image_under_two_paths(self, project: ProjectOnDisk) -> None:
        project.rows[1][0] = "labeled-data\\arena\\img0003.png"
        project.write_csv()
        assert "img0003.png is in two rows" in refusal(project)

    def test_half_a_point(self, project: ProjectOnDisk) -> None:
        project.rows[0][2] = ""
        project.write_csv()
        assert "img0003.png, column snout/y is empty, its other coordinate is not" in refusal(project)

    def test_an_image_that_is_a_link_to_outside(self, project: ProjectOnDisk) -> None:
        secret = project.folder.parent / "secret.png"
        (project.place / "img0003.png").rename(secret)
        (project.place / "img0003.png").symlink_to(secret)
        assert "a link to outside the folder; not followed" in refusal(project)

    @pytest.mark.parametrize("suffix", [".csv", ".h5"])
    def test_a_table_that_is_a_link_to_outside(self, project: ProjectOnDisk, suffix: str) -> None:
        project.write_h5()
        secret = project.folder.parent / f"secret{suffix}"
        file = project.csv.with_suffix(suffix)
        file.rename(secret)
        file.symlink_to(secret)
        assert f"{file}: a link to outside the folder; not followed" in refusal(project)

    def test_predictions_among_labels(self, project: ProjectOnDisk) -> None:
        for level, name in zip(project.header, ("Ann", "snout", "likelihood"), strict=True):
            level.append(name)
        project.rows = [[*row, "0.5"] for row in project.rows]
        project.write_csv()
        assert "holds likelihoods" in refusal(project)

    def test_a_multi_animal_config_over_a_single_animal_table(self, project: ProjectOnDisk) -> None:
        project.write_config(multianimalproject=True, individuals=["m1"], multianimalbodyparts=["snout"])
        assert "the header does not fit config.yaml, which describes a multi-animal project" in refusal(
            project
        )


POINTS = hnp.arrays(np.float32, (4, 2, 3, 2), elements=st.floats(-1000, 5000, width=32))


class TestRoundTrip:
    @settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25, deadline=None)
    @given(points=POINTS, gaps=hnp.arrays(np.bool_, (4, 2, 3)), several=st.booleans(), data=st.data())
    def test_exact_through_csv_and_through_h5(
        self,
        tmp_path: Path,
        make_project: type[ProjectOnDisk],
        points: Any,
        gaps: Any,
        several: bool,
        data: st.DataObject,
    ) -> None:
        style: IndexStyle = data.draw(st.sampled_from(["path", "multi"]))
        gaps[:, 0, 0] = False  # a row of gaps alone is no labelled frame
        points[gaps] = np.nan
        individuals = ("m1", "m2") if several else ("animal 1",)
        labels = make_labels(points[:, : len(individuals)], ("a", "b c", "ü"), individuals)
        project = make_project(tmp_path / "p", images=image_names(labels))
        shutil.rmtree(project.folder, ignore_errors=True)
        project.write()
        project.csv.unlink()
        if several:
            project.write_config(
                multianimalproject=True, individuals=["m1", "m2"], multianimalbodyparts=["a", "b c", "ü"]
            )
        else:
            project.write_config(bodyparts=["a", "b c", "ü"])
        csv_file, _ = write_labels(labels, project.place, "Ann", index_style=style)
        from_csv, warnings = read(project)
        assert warnings == []  # so the H5 holds the same
        csv_file.unlink()
        from_h5, _ = read(project)
        for got in (from_csv, from_h5):
            np.testing.assert_array_equal(got.points_px, labels.points_px)
            np.testing.assert_array_equal(got.visibility, labels.visibility)
            assert [f.index for f in got.frames] == [f.index for f in labels.frames]


class TestWriteLabels:
    labels = make_labels([[[[21.521, 265.428], [np.nan, np.nan]]]], ("nose", "tail"), ("animal 1",))

    def test_csv_letter_by_letter(self, tmp_path: Path) -> None:
        csv_file, _ = write_labels(self.labels, tmp_path / "arena", "Ann", index_style="path")
        assert csv_file.name == "CollectedData_Ann.csv"
        assert csv_file.read_text() == (
            "scorer,Ann,Ann,Ann,Ann\nbodyparts,nose,nose,tail,tail\ncoords,x,y,x,y\n"
            "labeled-data/arena/img0000.png,21.521,265.428,,\n"
        )

    def test_h5_as_pandas_reads_it(self, tmp_path: Path) -> None:
        _, h5_file = write_labels(self.labels, tmp_path / "arena", "Ann")
        frame = pd.read_hdf(h5_file, key="df_with_missing")
        assert isinstance(frame, pd.DataFrame)
        assert list(frame.columns.names) == ["scorer", "bodyparts", "coords"]
        assert frame.index.to_list() == [("labeled-data", "arena", "img0000.png")]
        assert frame["Ann", "nose", "y"].iloc[0] == 265.428
        assert frame.dtypes.unique().tolist() == [np.dtype("float64")]

    def test_guessed_is_written_absent_is_not(self, tmp_path: Path) -> None:
        points = np.array([[[[1, 2], [np.nan, np.nan]]]], np.float32)
        labels = LabelSet(
            skeleton=self.labels.skeleton,
            individuals=("animal 1",),
            frames=self.labels.frames,
            points_px=points,
            visibility=np.array([[[Visibility.GUESSED, Visibility.ABSENT]]], np.int8),
        )
        csv_file, _ = write_labels(labels, tmp_path / "arena", "Ann")
        assert csv_file.read_text().splitlines()[-1] == "labeled-data,arena,img0000.png,1.0,2.0,,"

    @pytest.mark.parametrize("name", ["=cmd", "+1", "-x", "@home", "a/b", "..", "", " a", "a\nb", "a" * 200])
    def test_names_that_no_header_can_hold(self, tmp_path: Path, name: str) -> None:
        with pytest.raises(BadDeepLabCut, match="scorer"):
            write_labels(self.labels, tmp_path / "arena", name)
        assert not (tmp_path / "arena").exists()

    def test_a_body_part_that_a_spreadsheet_would_run(self, tmp_path: Path) -> None:
        labels = make_labels(np.ones((1, 1, 1, 2)), ('=HYPERLINK("x")',), ("animal 1",))
        with pytest.raises(BadDeepLabCut, match=r"body part .* formula"):
            write_labels(labels, tmp_path / "arena", "Ann")

    def test_one_video_a_folder(self, tmp_path: Path) -> None:
        other = FrameSource(video="b", index=0, path=Path("/v.mp4"))
        both = LabelSet(
            skeleton=self.labels.skeleton,
            individuals=("animal 1",),
            frames=(*self.labels.frames, other),
            points_px=np.repeat(self.labels.points_px, 2, axis=0),
            visibility=np.repeat(self.labels.visibility, 2, axis=0),
        )
        with pytest.raises(BadDeepLabCut, match="one video, got arena, b"):
            write_labels(both, tmp_path / "arena", "Ann")

    def test_nothing_is_left_of_a_write_that_fails(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def full_disk(*_: Any, **__: Any) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(pd.DataFrame, "to_hdf", full_disk)
        with pytest.raises(OSError, match="No space"):
            write_labels(self.labels, tmp_path / "arena", "Ann")
        assert list((tmp_path / "arena").iterdir()) == []


def on_frames(*frames: tuple[str, int]) -> LabelSet:
    """One labelled point a frame; frames are (path, index) of one video."""
    count = len(frames)
    return LabelSet(
        skeleton=Skeleton(keypoints=("nose",)),
        individuals=("animal 1",),
        frames=tuple(FrameSource(video="arena", index=index, path=Path(path)) for path, index in frames),
        points_px=np.ones((count, 1, 1, 2), np.float32),
        visibility=np.full((count, 1, 1), Visibility.VISIBLE, np.int8),
    )


class TestImageNames:
    def test_an_image_keeps_its_name_whatever_its_index(self) -> None:
        labels = on_frames(("/a/img005.png", 0), ("/a/img042.PNG", 1), ("/a/left eye.jpg", 2))
        assert image_names(labels) == ("img005.png", "img042.png", "left eye.png")

    def test_frames_of_a_video_are_numbered(self) -> None:
        assert image_names(on_frames(("/v.mp4", 5), ("/v.mp4", 12345))) == ("img00005.png", "img12345.png")

    def test_images_of_a_folder_keep_theirs(self, tmp_path: Path) -> None:
        for name in ("img5.png", "img42.png", "img100.jpg", "notes.txt"):
            (tmp_path / name).touch()
        labels = on_frames((str(tmp_path), 2), (str(tmp_path), 0), (str(tmp_path), 1), (str(tmp_path), 7))
        assert image_names(labels) == ("img100.png", "img5.png", "img42.png", "img0007.png")

    @pytest.mark.parametrize("other", ["/b/x1.png", "/a/x1.jpg", "/a/X1.png"])
    def test_names_that_would_clash_become_numbers(self, other: str) -> None:
        assert image_names(on_frames(("/a/x1.png", 3), (other, 4))) == ("img0003.png", "img0004.png")

    @pytest.mark.parametrize("stem", ["=1+1", "@home", "a:b"])
    def test_a_name_that_no_table_can_hold_becomes_a_number(self, stem: str) -> None:
        assert image_names(on_frames((f"/a/{stem}.png", 3))) == ("img0003.png",)


class TestUniqueBodyParts:
    def test_keypoints_on_single_alone_are_unique(self) -> None:
        nan = np.nan
        points = [[[[1, 2], [nan, nan]], [[nan, nan], [3, 4]]]]
        assert split_unique(make_labels(points, ("nose", "feeder"), ("m1", "single"))) == (
            ("nose",),
            ("feeder",),
        )

    def test_an_animal_called_single_with_common_parts(self) -> None:
        with pytest.raises(BadDeepLabCut, match="nose is labelled both on 'single'"):
            split_unique(make_labels(np.ones((1, 2, 1, 2)), ("nose",), ("m1", "single")))

    def test_single_alone_is_an_animal(self) -> None:
        assert split_unique(make_labels(np.ones((1, 1, 1, 2)), ("nose",), ("single",))) == (("nose",), ())
