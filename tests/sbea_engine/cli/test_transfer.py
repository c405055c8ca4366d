from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result
from PIL import Image

from sbea_engine.cli import main
from sbea_engine.data import LabelSet, Poses, Skeleton
from sbea_engine.io.deeplabcut import read_predictions, read_project
from sbea_engine.io.poses_store import PosesWriter, open_poses, write_poses
from sbea_engine.io.sleap import write_slp
from sbea_engine.video import open_frames, read_source
from tests.fixtures.barcode import write_barcode_video
from tests.sbea_engine.io.outside import assert_same_labels, assert_same_poses, make_labels, make_poses

CONFIG = "Task: mice\nscorer: Ann\nbodyparts: [nose, tail]\nvideo_sets: {gone.mp4: {}}\n"
CSV = (
    "scorer,Ann,Ann,Ann,Ann\nbodyparts,nose,nose,tail,tail\ncoords,x,y,x,y\n"
    "labeled-data/arena/img0001.png,1.5,2,3,4\nlabeled-data/arena/img0007.png,5,6,,\n"
)


def sbea(*args: object) -> Result:
    return CliRunner().invoke(main, [str(arg) for arg in args])


def result(*args: object) -> dict[str, Any]:
    done = sbea(*args, "--json")
    assert done.exit_code == 0, done.stderr
    data = json.loads(done.stdout.splitlines()[-1])
    assert isinstance(data, dict)
    return data


@pytest.fixture
def project(tmp_path: Path) -> Path:
    place = tmp_path / "in" / "mice" / "labeled-data" / "arena"
    place.mkdir(parents=True)
    (tmp_path / "in" / "mice" / "config.yaml").write_text(CONFIG)
    (place / "CollectedData_Ann.csv").write_text(CSV)
    for name in ("img0001.png", "img0007.png"):
        Image.new("RGB", (32, 24)).save(place / name)
    return tmp_path / "in" / "mice"


class TestImport:
    def test_a_folder_with_images_left_in_place(self, project: Path, tmp_path: Path) -> None:
        got = result("import", "--from", "deeplabcut", project, "--out", tmp_path / "out")
        assert (got["frames"], got["points"], got["keypoints"]) == (2, 3, ["nose", "tail"])
        assert len(got["warnings"]) == 1
        labels = LabelSet.load(tmp_path / "out")
        assert labels.frames[0].path == project / "labeled-data" / "arena" / "img0001.png"

    def test_copied_images_outlive_the_source(self, project: Path, tmp_path: Path) -> None:
        result("import", "--from", "deeplabcut", project, "--out", tmp_path / "out", "--copy-images")
        shutil.rmtree(project)
        labels = LabelSet.load(tmp_path / "out")
        assert all(source.path.is_relative_to(tmp_path / "out") for source in labels.frames)
        assert all(source.path.is_file() for source in labels.frames)

    def test_a_zip(self, project: Path, tmp_path: Path) -> None:
        archive = shutil.make_archive(str(tmp_path / "up"), "zip", project.parent)
        got = result("import", "--from", "deeplabcut", archive, "--out", tmp_path / "out")
        assert got["images"] == "copied"
        assert all(source.path.is_file() for source in LabelSet.load(tmp_path / "out").frames)

    def test_what_it_is_is_told_by_looking(self, project: Path, tmp_path: Path) -> None:
        got = result("import", project, "--out", tmp_path / "out")
        assert (got["format"], got["frames"]) == ("deeplabcut", 2)
        done = sbea("import", tmp_path, "--out", tmp_path / "new")
        assert done.exit_code == 2
        assert "looks like none of" in done.stderr

    def test_predictions_become_a_store_a_video(self, tmp_path: Path) -> None:
        poses = make_poses()
        write_slp(tmp_path / "a.slp", poses={"cam 1": poses, "..": poses})
        got = result("import", tmp_path / "a.slp", "--what", "poses", "--out", tmp_path / "out")
        assert got["frames"] == 40
        assert sorted(p.name for p in (tmp_path / "out").iterdir()) == sorted(got["stores"].values())
        assert_same_poses(open_poses(tmp_path / "out" / got["stores"]["cam 1"]).window(), poses)

    def test_labels_beside_predictions_say_how_to_read_those(self, tmp_path: Path) -> None:
        labels = make_labels(tmp_path / "in")
        write_slp(tmp_path / "a.slp", labels=labels, poses={"other": make_poses()})
        done = sbea("import", tmp_path / "a.slp", "--out", tmp_path / "out")
        assert done.exit_code == 0, done.stderr
        assert (
            "predictions on 1 videos are not part of the labels; read them with --what poses" in done.stderr
        )
        write_slp(tmp_path / "b.slp", labels=labels)
        assert "predictions" not in sbea("import", tmp_path / "b.slp", "--out", tmp_path / "b").stderr

    def test_pictures_of_a_package(self, tmp_path: Path) -> None:
        labels = make_labels(tmp_path / "in")
        write_slp(tmp_path / "a.pkg.slp", labels=labels, embed=True)
        result("import", tmp_path / "a.pkg.slp", "--out", tmp_path / "out")
        got = LabelSet.load(tmp_path / "out")
        assert_same_labels(got, labels)
        assert all(source.path.is_relative_to(tmp_path / "out") for source in got.frames)

    def test_frames_of_a_video_are_decoded(self, tmp_path: Path) -> None:
        write_barcode_video(tmp_path / "cam.mp4", 6)
        (tmp_path / "a.csv").write_text("video,frame,keypoint,x,y\ncam,1,nose,3,4\ncam,5,nose,5,6\n")
        args = ("--from", "csv", "--copy-images", "--out", tmp_path / "out")
        result("import", tmp_path / "a.csv", *args)
        got = LabelSet.load(tmp_path / "out")
        with open_frames(tmp_path / "cam.mp4") as video:
            for source in got.frames:
                np.testing.assert_array_equal(read_source(source), video.read(source.index))

    def test_for_people(self, project: Path, tmp_path: Path) -> None:
        done = sbea("import", "--from", "deeplabcut", project, "--out", tmp_path / "out")
        assert done.stdout == f"2 labelled frames, 3 points -> {tmp_path / 'out'}\n"
        assert "warning: gone.mp4: named in config.yaml" in done.stderr

    @pytest.mark.parametrize("damage", ["csv", "image", "config", "zip", "empty"])
    def test_nothing_is_written_when_it_cannot_be_read(
        self, project: Path, tmp_path: Path, damage: str
    ) -> None:
        place, source = project / "labeled-data" / "arena", project
        if damage == "csv":
            (place / "CollectedData_Ann.csv").write_text(CSV.replace("1.5", "one"))
        elif damage == "image":
            (place / "img0007.png").unlink()
        elif damage == "config":
            (project / "config.yaml").write_text("bodyparts: [")
        elif damage == "zip":
            source = tmp_path / "up.zip"
            source.write_text("no zip")
        else:
            source = tmp_path / "nowhere"
        before = sorted(tmp_path.rglob("*"))
        done = sbea("import", "--from", "deeplabcut", source, "--out", tmp_path / "new" / "out")
        assert done.exit_code == 2
        assert done.stderr.splitlines()[-1].startswith("sbea: ")
        assert sorted(tmp_path.rglob("*")) == before

    def test_an_existing_folder_is_kept(self, project: Path, tmp_path: Path) -> None:
        done = sbea("import", "--from", "deeplabcut", project, "--out", project)
        assert done.exit_code == 2
        assert "exists already" in done.stderr

    def test_a_place_that_cannot_be_written(self, project: Path, tmp_path: Path) -> None:
        (tmp_path / "file").touch()
        done = sbea("import", "--from", "deeplabcut", project, "--out", tmp_path / "file" / "out", "--json")
        assert done.exit_code == 2
        assert json.loads(done.stdout)["error"]["code"] == "cannot_write"

    def test_only_labelled_images_are_counted(self, project: Path, tmp_path: Path) -> None:
        table = project / "labeled-data" / "arena" / "CollectedData_Ann.csv"
        table.write_text(CSV.replace("img0007.png,5,6,,", "img0007.png,,,,"))
        got = result("import", "--from", "deeplabcut", project, "--out", tmp_path / "out")
        assert (got["frames"], got["points"]) == (1, 2)
        assert any("1 of 2 images carry no label" in warning for warning in got["warnings"])

    def test_an_unknown_tool(self, project: Path, tmp_path: Path) -> None:
        assert sbea("import", "--from", "exel", project, "--out", tmp_path / "out").exit_code == 2


class TestExport:
    def test_labels_there_and_back(self, project: Path, tmp_path: Path) -> None:
        result("import", "--from", "deeplabcut", project, "--out", tmp_path / "labels")
        got = result(
            "export",
            "--to",
            "deeplabcut",
            "--labels",
            tmp_path / "labels",
            "--out",
            tmp_path / "out",
            "--scorer",
            "Bo",
        )
        assert (got["frames"], got["points"]) == (2, 3)
        again = read_project(tmp_path / "out")
        assert (again.scorer, again.task) == ("Bo", "labels")
        np.testing.assert_array_equal(again.labels.points_px, read_project(project).labels.points_px)

    def test_a_place_that_cannot_be_written(self, project: Path, tmp_path: Path) -> None:
        result("import", "--from", "deeplabcut", project, "--out", tmp_path / "labels")
        (tmp_path / "file").touch()
        done = sbea(
            "export", "--to", "deeplabcut", "--labels", tmp_path / "labels", "--out", tmp_path / "file/out",
            "--scorer", "Bo", "--json",
        )  # fmt: skip
        assert done.exit_code == 2
        assert json.loads(done.stdout)["error"]["code"] == "cannot_write"

    def test_labels_of_a_video_without_a_name(self, project: Path, tmp_path: Path) -> None:
        result("import", "--from", "deeplabcut", project, "--out", tmp_path / "labels")
        file = tmp_path / "labels" / "labels.json"
        file.write_text(file.read_text().replace('"video": "arena"', '"video": 7', 1))
        done = sbea(
            "export", "--to", "deeplabcut", "--labels", tmp_path / "labels", "--out", tmp_path / "out",
            "--scorer", "Bo",
        )  # fmt: skip
        assert done.exit_code == 2
        assert "the name of a video is text, got 7" in done.stderr.lower()

    def test_frames_that_nobody_labelled_do_not_count(self, project: Path, tmp_path: Path) -> None:
        result("import", "--from", "deeplabcut", project, "--out", tmp_path / "labels")
        file = tmp_path / "labels" / "labels.json"
        document = json.loads(file.read_text())
        document["frames"][1] |= {"points_px": [[[None, None]] * 2], "visibility": [[-1, -1]]}
        file.write_text(json.dumps(document))
        got = result(
            "export", "--to", "deeplabcut", "--labels", tmp_path / "labels", "--out", tmp_path / "out",
            "--scorer", "Bo",
        )  # fmt: skip
        assert (got["frames"], got["points"]) == (1, 2)

    def test_poses(self, tmp_path: Path) -> None:
        poses = Poses(
            skeleton=Skeleton(keypoints=("nose",)),
            individuals=("animal 1",),
            frames=np.arange(3, dtype=np.int64),
            points_px=np.ones((3, 1, 1, 2), np.float32),
            confidence=np.full((3, 1, 1), 0.5, np.float32),
        )
        write_poses(poses, tmp_path / "cam-1")
        got = result(
            "export",
            "--to",
            "deeplabcut",
            "--poses",
            tmp_path / "cam-1",
            "--out",
            tmp_path / "out",
            "--scorer",
            "Net",
        )
        assert [Path(file).name for file in got["files"]] == ["cam-1Net.csv", "cam-1Net.h5"]
        for file in got["files"]:
            np.testing.assert_array_equal(read_predictions(Path(file)).points_px, poses.points_px)

    def test_poses_that_are_still_being_written(self, tmp_path: Path) -> None:
        writer = PosesWriter(tmp_path / "run", Skeleton(keypoints=("nose",)), ("one",), 10, 4)
        writer.append(np.ones((5, 1, 1, 2)), np.ones((5, 1, 1)))
        done = sbea(
            "export",
            "--to",
            "deeplabcut",
            "--poses",
            tmp_path / "run",
            "--out",
            tmp_path / "out",
            "--scorer",
            "Net",
        )
        assert done.exit_code == 0
        assert "warning: " in done.stderr
        assert "4 of 10 frames are predicted so far" in done.stderr
        assert done.stdout.startswith("4 predicted frames")

    def test_a_scorer_that_is_no_name(self, project: Path, tmp_path: Path) -> None:
        result("import", "--from", "deeplabcut", project, "--out", tmp_path / "labels")
        done = sbea(
            "export",
            "--to",
            "deeplabcut",
            "--labels",
            tmp_path / "labels",
            "--out",
            tmp_path / "out",
            "--scorer",
            "=A1",
        )
        assert done.exit_code == 2
        assert "formula" in done.stderr
        assert not (tmp_path / "out").exists()

    @pytest.mark.parametrize("args", [(), ("--labels", "a", "--poses", "b")])
    def test_one_thing_at_a_time(self, tmp_path: Path, args: tuple[str, ...]) -> None:
        done = sbea("export", "--to", "deeplabcut", *args, "--out", tmp_path / "out", "--scorer", "Bo")
        assert done.exit_code == 2
        assert "either --labels or --poses" in done.stderr
