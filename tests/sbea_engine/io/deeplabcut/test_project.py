from __future__ import annotations

import datetime
import shutil
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import yaml
from PIL import Image

from sbea_engine.data import FrameSource, LabelSet, Skeleton, Visibility
from sbea_engine.errors import Cancelled
from sbea_engine.io.deeplabcut import BadDeepLabCut, find_project, read_project, write_project
from sbea_engine.progress import Progress

if TYPE_CHECKING:
    from tests.sbea_engine.io.deeplabcut.conftest import ProjectOnDisk


class TestFindProject:
    def test_at_the_top_and_below(self, project: ProjectOnDisk) -> None:
        assert find_project(project.folder) == project.folder
        (project.folder.parent / "__MACOSX" / "x").mkdir(parents=True)
        (project.folder.parent / "__MACOSX" / "config.yaml").touch()
        assert find_project(project.folder.parent) == project.folder

    def test_none(self, tmp_path: Path) -> None:
        with pytest.raises(BadDeepLabCut, match=r"no config\.yaml here"):
            find_project(tmp_path / "nowhere")

    def test_several(self, project: ProjectOnDisk) -> None:
        shutil.copytree(project.folder, project.folder.with_name("other"))
        with pytest.raises(BadDeepLabCut, match=r"several projects \(mice-Ann-2018-10-30, other\)"):
            find_project(project.folder.parent)


class TestReadProject:
    def test_videos_labels_and_warnings(self, project: ProjectOnDisk) -> None:
        video = project.folder / "videos" / "second.mp4"
        video.write_bytes(b"frames")
        (project.folder / "labeled-data" / "second").mkdir()
        (project.folder / "labeled-data" / "arena_labeled").mkdir()
        got = read_project(project.folder)
        assert (got.task, got.scorer, list(got.label_sets)) == ("mice", "Ann", ["arena"])
        assert got.videos == (video,)
        assert len(got.labels) == 3
        assert [w.split(": ")[1] for w in got.warnings] == [
            "no labels yet; left out.",
            f"named in config.yaml, not in {project.folder / 'videos'}.",
        ]

    def test_labels_of_several_videos_are_joined(self, project: ProjectOnDisk) -> None:
        second = project.folder / "labeled-data" / "b"
        shutil.copytree(project.place, second)
        file = second / project.csv.name
        file.write_text(file.read_text().replace("/arena/", "/b/"))
        labels = read_project(project.folder).labels
        assert {f.video for f in labels.frames} == {"arena", "b"}
        np.testing.assert_array_equal(labels.points_px[:3], labels.points_px[3:])

    def test_links_that_leave_the_project_are_not_followed(
        self, project: ProjectOnDisk, tmp_path: Path
    ) -> None:
        (tmp_path / "far.mp4").write_bytes(b"frames")
        (project.folder / "videos" / "far.mp4").symlink_to(tmp_path / "far.mp4")
        shutil.move(project.place, tmp_path / "elsewhere")
        (project.folder / "labeled-data" / "linked").symlink_to(tmp_path / "elsewhere")
        with pytest.raises(BadDeepLabCut, match="nothing is labelled"):
            read_project(project.folder)
        shutil.move(tmp_path / "elsewhere", project.place)
        got = read_project(project.folder)
        assert got.videos == ()
        assert any("far.mp4: a link to outside" in w for w in got.warnings)

    def test_a_scorer_that_names_files_elsewhere_is_refused(
        self, project: ProjectOnDisk, tmp_path: Path
    ) -> None:
        """The label table of another project must not come in by way of the name of the scorer."""
        (tmp_path / "secret.csv").write_bytes(project.csv.read_bytes())
        (project.place / "CollectedData_x").mkdir()
        assert (project.place / "CollectedData_x/../../../../secret.csv").is_file()
        project.write_config(scorer="x/../../../../secret")
        with pytest.raises(BadDeepLabCut, match="cannot be part of a file name"):
            read_project(project.folder)

    def test_nothing_labelled(self, project: ProjectOnDisk) -> None:
        project.rows = []
        project.write_csv()
        with pytest.raises(BadDeepLabCut, match="nothing is labelled"):
            read_project(project.folder)
        shutil.rmtree(project.folder / "labeled-data")
        with pytest.raises(BadDeepLabCut, match="labeled-data: not there"):
            read_project(project.folder)

    def test_multi_animal_with_a_unique_body_part(self, project: ProjectOnDisk) -> None:
        project.write_config(
            multianimalproject=True,
            individuals=["m1", "m2"],
            multianimalbodyparts=["nose"],
            uniquebodyparts=["feeder"],
            bodyparts="MULTI!",
        )
        project.header = [
            ["scorer", *["Ann"] * 6],
            ["individuals", "m1", "m1", "m2", "m2", "single", "single"],
            ["bodyparts", "nose", "nose", "nose", "nose", "feeder", "feeder"],
            ["coords", *["x", "y"] * 3],
        ]
        project.write_csv()
        got = read_project(project.folder)
        assert got.labels.individuals == ("m1", "m2", "single")
        nan = np.nan
        np.testing.assert_array_equal(
            got.labels.points_px[1],
            [[[11.5, 12.25], [nan, nan]], [[13, 14], [nan, nan]], [[nan, nan], [15, 16]]],
        )
        copy = write_project(project.folder.with_name("copy"), task="mice", scorer="Bo", labels=got.labels)
        again = read_project(copy)
        assert again.config.individuals == ("m1", "m2")
        assert again.config.unique_bodyparts == ("feeder",)
        np.testing.assert_array_equal(again.labels.points_px, got.labels.points_px)


def images_of(tmp_path: Path, suffix: str, count: int = 3) -> LabelSet:
    folder = tmp_path / f"source-{suffix}"
    folder.mkdir()
    for n in range(count):
        Image.new("RGB", (32, 24), (10 * n, 20, 30)).save(folder / f"img{5 * n:03d}.{suffix}")
    return LabelSet(
        skeleton=Skeleton(keypoints=("a", "b"), edges=(("a", "b"),)),
        individuals=("animal 1",),
        frames=tuple(
            FrameSource(video="take 1/cam-1", index=5 * n, path=folder / f"img{5 * n:03d}.{suffix}")
            for n in range(count)
        ),
        points_px=np.arange(4 * count, dtype=np.float32).reshape(count, 1, 2, 2),
        visibility=np.full((count, 1, 2), Visibility.VISIBLE, np.int8),
    )


class TestWriteProject:
    def write(self, tmp_path: Path, labels: LabelSet, **changes: Any) -> Path:
        facts: dict[str, Any] = {"task": "mice", "scorer": "Ann", "labels": labels}
        return write_project(tmp_path / "out", **(facts | changes))

    @pytest.mark.parametrize("suffix", ["png", "bmp"])
    def test_it_reads_back(self, tmp_path: Path, suffix: str) -> None:
        labels = images_of(tmp_path, suffix)
        folder = self.write(tmp_path, labels, date=datetime.date(2026, 11, 3))
        got = read_project(folder)
        assert list(got.label_sets) == ["take 1_cam-1"]
        assert [f.index for f in got.labels.frames] == [0, 5, 10]
        np.testing.assert_array_equal(got.labels.points_px, labels.points_px)
        assert got.skeleton.edges == (("a", "b"),)
        with Image.open(folder / "labeled-data" / "take 1_cam-1" / "img005.png") as image:
            assert image.getpixel((3, 3)) == (10, 20, 30)
        settings = yaml.safe_load((folder / "config.yaml").read_text())
        assert settings["date"] == "Nov3"
        assert settings["video_sets"] == {"videos/take 1_cam-1.mp4": {"crop": "0, 32, 0, 24"}}
        assert str(tmp_path) not in (folder / "config.yaml").read_text()

    def test_a_folder_of_images_keeps_their_names_and_numbers(self, tmp_path: Path) -> None:
        """Where frames are places in a folder, 0 and 1, the names still say that they were 5 and 42."""
        place = tmp_path / "images"
        place.mkdir()
        for n in (5, 42):
            Image.new("RGB", (32, 24), (n, 20, 30)).save(place / f"img{n:03d}.png")
        labels = images_of(tmp_path, "png", 2)
        frames = tuple(FrameSource(video="film", index=n, path=place) for n in range(2))
        got = read_project(self.write(tmp_path, replace(labels, frames=frames)))
        assert [(f.path.name, f.index) for f in got.labels.frames] == [("img005.png", 5), ("img042.png", 42)]
        for source in got.labels.frames:
            assert source.path.read_bytes() == (place / source.path.name).read_bytes()

    def test_frames_of_a_video_are_drawn_from_it(self, tmp_path: Path) -> None:
        av = pytest.importorskip("av")
        file = tmp_path / "film.mp4"
        with av.open(str(file), "w") as container:
            stream = container.add_stream("libx264", rate=25)
            stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
            for n in range(12):
                frame = av.VideoFrame.from_ndarray(np.full((48, 64, 3), 20 * n, np.uint8), format="rgb24")
                container.mux(stream.encode(frame))
            container.mux(stream.encode())
        labels = images_of(tmp_path, "png", 2)
        labels = LabelSet(
            skeleton=labels.skeleton,
            individuals=labels.individuals,
            frames=tuple(FrameSource(video="film", index=n, path=file) for n in (9, 2)),
            points_px=labels.points_px,
            visibility=labels.visibility,
        )
        place = self.write(tmp_path, labels) / "labeled-data" / "film"
        for n in (2, 9):
            with Image.open(place / f"img000{n}.png") as image:
                assert image.size == (64, 48)
                assert abs(np.asarray(image).mean() - 20 * n) < 4

    def test_progress_and_cancel_leave_nothing(self, tmp_path: Path) -> None:
        labels = images_of(tmp_path, "png")
        seen: list[Progress] = []

        def stop_at_two(progress: Progress) -> None:
            seen.append(progress)
            if progress.done == 2:
                raise Cancelled

        before = sorted(tmp_path.iterdir())
        with pytest.raises(Cancelled):
            self.write(tmp_path, labels, on_progress=stop_at_two)
        assert [(p.done, p.total) for p in seen] == [(1, 3), (2, 3)]
        assert sorted(tmp_path.iterdir()) == before

    def test_an_existing_folder_is_kept(self, tmp_path: Path) -> None:
        (tmp_path / "out").mkdir()
        with pytest.raises(BadDeepLabCut, match="exists already"):
            self.write(tmp_path, images_of(tmp_path, "png"))

    def test_videos_that_would_share_a_folder(self, tmp_path: Path) -> None:
        labels = images_of(tmp_path, "png", 2)
        frames = tuple(
            FrameSource(video=v, index=0, path=f.path)
            for v, f in zip(("a/b", "A_b"), labels.frames, strict=True)
        )
        clashing = LabelSet(
            skeleton=labels.skeleton,
            individuals=labels.individuals,
            frames=frames,
            points_px=labels.points_px,
            visibility=labels.visibility,
        )
        with pytest.raises(BadDeepLabCut, match="would share the folder"):
            self.write(tmp_path, clashing)
        assert not (tmp_path / "out").exists()

    def test_no_labels(self, tmp_path: Path) -> None:
        with pytest.raises(BadDeepLabCut, match="no labelled frames"):
            self.write(tmp_path, images_of(tmp_path, "png").select([]))
