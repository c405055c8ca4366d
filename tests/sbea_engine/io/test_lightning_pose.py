"""Folders of Lightning Pose, against pandas, which is what it reads them with."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from sbea_engine.errors import BadInput
from sbea_engine.io.lightning_pose import (
    BadLightningPose,
    find,
    looks_like,
    prediction_files,
    read_labels,
    read_poses,
    write_labels,
    write_poses,
)
from sbea_engine.progress import ignore
from sbea_engine.video import read_source
from tests.sbea_engine.io.outside import (
    assert_same_labels,
    assert_same_poses,
    make_labels,
    make_poses,
    picture,
)

LONE = ("animal 1",)
CSV = (
    "scorer,rick,rick,rick,rick\nbodyparts,paw_l,paw_l,paw_r,paw_r\ncoords,x,y,x,y\n"
    "labeled-data/day1/img02.png,1.5,2.5,,\nlabeled-data/day1/img07.png,,,,\nlabeled-data/day2/img03.png,5,6,7,8\n"
)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "mirror-mouse"
    for name in ("day1/img02.png", "day1/img07.png", "day2/img03.png"):
        file = folder / "labeled-data" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(picture(1)).save(file)
    (folder / "videos").mkdir()
    (folder / "videos" / "day1.mp4").write_bytes(b"not opened here")
    (folder / "CollectedData.csv").write_text(CSV)
    return folder


class TestLabels:
    def test_what_lies_in_a_folder(self, project: Path) -> None:
        assert looks_like(project)
        assert find(project.parent) == project
        got = read_labels(project)
        assert (got.title, got.scorer) == ("mirror-mouse", "rick")
        assert [(f.video, f.index) for f in got.labels.frames] == [("day1", 2), ("day2", 3)]
        assert got.labels.skeleton.symmetric == (("paw_l", "paw_r"),)
        np.testing.assert_array_equal(
            got.labels.points_px[:, 0], [[[1.5, 2.5], [np.nan, np.nan]], [[5, 6], [7, 8]]]
        )
        assert [video.name for video in got.videos] == ["day1.mp4"]
        assert got.warnings == (f"{project}/CollectedData.csv: 1 of 3 images carry no label; left out.",)

    def test_one_table_a_view(self, project: Path) -> None:
        (project / "CollectedData.csv").rename(project / "CollectedData_top.csv")
        (project / "CollectedData_side.csv").write_text(CSV.replace("day1", "day3").replace("day2", "day4"))
        for view in ("1", "2"):
            (project / "labeled-data" / f"day{view}").rename(project / "labeled-data" / f"x{view}")
            for n in (int(view), int(view) + 2):
                place = project / "labeled-data" / f"day{n}"
                place.mkdir()
                for file in (project / "labeled-data" / f"x{view}").iterdir():
                    (place / file.name).write_bytes(file.read_bytes())
        got = read_labels(project)
        assert sorted({f.video for f in got.labels.frames}) == ["day1", "day2", "day3", "day4"]

    @settings(max_examples=8, deadline=None)
    @given(seed=st.integers(0, 10**6))
    def test_there_and_back(self, tmp_path_factory: pytest.TempPathFactory, seed: int) -> None:
        folder = tmp_path_factory.mktemp("lp")
        labels = make_labels(folder / "in", individuals=LONE, seed=seed)
        write_labels(folder / "out", labels, title="x", scorer="Ann", on_progress=ignore)
        got = read_labels(folder / "out")
        assert_same_labels(got.labels, labels)
        np.testing.assert_array_equal(read_source(got.labels.frames[1]), read_source(labels.frames[1]))

    def test_pandas_reads_ours(self, tmp_path: Path) -> None:
        labels = make_labels(tmp_path / "in", individuals=LONE)
        write_labels(tmp_path / "out", labels, title="x", scorer="Ann", on_progress=ignore)
        table = pd.read_csv(tmp_path / "out" / "CollectedData.csv", header=[0, 1, 2], index_col=0)
        assert list(table.columns.names) == ["scorer", "bodyparts", "coords"]
        assert table.index[0] == "labeled-data/cam a/img0000.png"
        np.testing.assert_array_equal(
            table.to_numpy(np.float32).reshape(8, 4, 2),
            labels.select(labels.time_order()).points_px[:, 0],
        )

    def test_several_animals_are_refused(self, tmp_path: Path) -> None:
        with pytest.raises(BadLightningPose, match="holds one individual"):
            write_labels(
                tmp_path / "out", make_labels(tmp_path / "in"), title="x", scorer="Ann", on_progress=ignore
            )
        with pytest.raises(BadLightningPose, match="holds one individual"):
            write_poses(tmp_path / "out", make_poses(), name="cam", scorer="Net")
        assert not (tmp_path / "out").exists()

    @pytest.mark.parametrize(
        ("change", "reason"),
        [
            (lambda t: t.replace("day2/img03", "day2/img04"), "not there: day2/img04.png"),
            (
                lambda t: t.replace("labeled-data/day2/img03.png", "img03.png"),
                "expected labeled-data/<video>",
            ),
            (lambda t: t.replace("day2/img03.png", "../../../etc/passwd"), "that are not there: etc/passwd"),
            (lambda t: t.replace("5,6", "5,"), "is empty, its other coordinate is not"),
            (lambda t: t.replace("5,6", "5,six"), "is no number"),
            (lambda t: t.replace("coords,x,y,x,y", "coords,x,likelihood,x,y"), "paw_l/y is missing"),
            (lambda t: t.replace("day2/img03", "day1/img02"), "is in rows 1, 3"),
            (lambda t: "".join(t.splitlines(True)[:3]), "nothing is labelled"),
            (lambda t: "", "no header row 'coords'"),
        ],
    )
    def test_bad_tables(self, project: Path, change: object, reason: str) -> None:
        assert callable(change)
        (project / "CollectedData.csv").write_text(change(CSV))
        with pytest.raises(BadInput) as error:
            read_labels(project)
        assert reason in str(error.value)
        assert str(project) in str(error.value)

    def test_a_link_out(self, project: Path, tmp_path: Path) -> None:
        file = project / "labeled-data" / "day2" / "img03.png"
        file.rename(tmp_path / "elsewhere.png")
        file.symlink_to(tmp_path / "elsewhere.png")
        with pytest.raises(BadLightningPose, match="a link to outside"):
            read_labels(project)


class TestPoses:
    def test_there_and_back(self, tmp_path: Path) -> None:
        poses = make_poses(individuals=LONE)
        (file,) = write_poses(tmp_path, poses, name="cam", scorer="heatmap_tracker")
        assert_same_poses(read_poses(file).poses["cam"], poses)
        assert list(read_poses(tmp_path).poses) == ["cam"]

    def test_where_they_lie_in_a_project(self, project: Path) -> None:
        poses = make_poses(individuals=LONE)
        models = ("models/2024-05-01/12-30-00/video_preds", "outputs/other/video_preds")
        for place in (".", "videos", *models, "labeled-data/video_preds", ".git/video_preds"):
            write_poses(project / place, poses, name="day1", scorer="heatmap_tracker")
        losses = project / models[0] / "day1_temporal_norm.csv"
        losses.write_text(",paw_l,paw_r\n0,0.1,0.2\n")
        (project / "linked").symlink_to(project / "models")
        found = [str(file.relative_to(project)) for file in prediction_files(project)]
        places = ("outputs/other/video_preds", "models/2024-05-01/12-30-00/video_preds")
        assert found == ["day1.csv", "videos/day1.csv", *(f"{place}/day1.csv" for place in places)]
        assert prediction_files(project / "nowhere") == []

    def test_columns_of_a_smoother_are_left_out(self, tmp_path: Path) -> None:
        poses = make_poses(individuals=LONE)
        (file,) = write_poses(tmp_path, poses, name="cam", scorer="ensemble-kalman_tracker")
        table = pd.read_csv(file, header=[0, 1, 2], index_col=0)
        for keypoint in poses.skeleton.keypoints:
            table["ensemble-kalman_tracker", keypoint, "x_ens_var"] = 0.5
        table.to_csv(file)
        got = read_poses(file)
        assert_same_poses(got.poses["cam"], poses)
        assert got.warnings == (f"{file}: columns x_ens_var are not read.",)

    def test_labels_are_no_predictions(self, project: Path) -> None:
        with pytest.raises(BadInput, match="no predictions here"):
            read_poses(project)
        (project / "CollectedData.csv").rename(project / "x.csv")
        with pytest.raises(BadInput, match="has no likelihood column"):
            read_poses(project)
