"""Predictions in a project of another tool come in beside its labels, or are left aside with the reason."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
import pytest
from django.db import IntegrityError, transaction
from django.test import override_settings

from sbea_engine.data import FrameSource, LabelSet, Poses, Skeleton, Visibility
from sbea_engine.io import lightning_pose
from sbea_engine.io.deeplabcut import write_predictions
from sbea_engine.io.sleap import write_slp
from sbea_engine.progress import ignore
from tests.fixtures.barcode import write_barcode_video
from tests.webapp.factories import client_of, make_project, owner_of
from tests.workers.test_exports import exported
from tests.workers.test_imports import run_folder, run_zip, write_dlc, zip_of
from webapp.annotation.errors import ImportRefused
from webapp.annotation.imports import animals_after_import
from webapp.projects.models import Project
from webapp.projects.services import animals_ensure
from webapp.recordings import storage
from webapp.recordings.models import DataImport, Video
from webapp.results.models import PoseResult
from webapp.training.families import default_family
from workers.outside_predictions import fitted

pytestmark = pytest.mark.django_db(transaction=True)

PARTS = Skeleton(keypoints=("snout", "tail"))


@pytest.fixture(autouse=True)
def _roots(tmp_path: Path) -> Iterator[None]:
    for name in ("originals", "videos", "results", "exports"):
        storage.remove_tree(storage.media_folder(name))
    with override_settings(SBEA_MEDIA_ROOTS=(tmp_path,)):
        yield


def poses(
    frames: range | list[int], individuals: tuple[str, ...] = ("animal 1",), skeleton: Skeleton = PARTS
) -> Poses:
    """x is the frame, y tells individual and keypoint: 10 i + k."""
    shape = (len(frames), len(individuals), len(skeleton))
    points = np.empty((*shape, 2), np.float32)
    points[..., 0] = np.asarray(frames, np.float32)[:, None, None]
    points[..., 1] = 10 * np.arange(shape[1])[:, None] + np.arange(shape[2])
    return Poses(
        skeleton=skeleton,
        individuals=individuals,
        frames=np.asarray(frames, np.int64),
        points_px=points,
        confidence=np.full(shape, 0.75, np.float32),
    )


def summary_of(project: Project) -> dict[str, object]:
    summary: dict[str, object] = DataImport.objects.get(project=project).summary
    return summary


def warnings_of(project: Project) -> str:
    return " | ".join(str(warning) for warning in summary_of(project)["warnings"])  # type: ignore[attr-defined]


def window(result: PoseResult, stop: int) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    answer = client_of(owner_of(result.project)).get(
        f"/api/v1/results/{result.pk}/window", {"start": 0, "stop": stop}
    )
    assert answer.status_code == 200
    shape = [int(n) for n in answer["X-Shape"].split(",")]
    return np.frombuffer(answer.content, "<f4").reshape(shape)


class TestDeepLabCut:
    def test_a_table_beside_a_video_lies_over_it(self, tmp_path: Path) -> None:
        folder = write_dlc(tmp_path / "mice")
        turned = Skeleton(keypoints=("tail", "snout"))
        write_predictions(poses(range(10), skeleton=turned), folder / "videos" / "day1DLC_net", "DLC_net")
        project = make_project()
        assert run_folder(project, folder).error is None
        result = PoseResult.objects.get(project=project)
        assert (result.model, result.source) == (None, "DeepLabCut, day1DLC_net.h5")
        assert (result.state, result.frames_done, result.video.recording.name) == (
            "ready",
            10,
            "day1 (video)",
        )
        values = window(result, 10)
        np.testing.assert_array_equal(values[:, 0, 0, 0], np.arange(10))
        np.testing.assert_array_equal(values[0, 0, :, 1], [1, 0])  # snout, tail: the project's order
        np.testing.assert_array_equal(values[..., 2], np.float32(0.75))
        summary = summary_of(project)
        found = [summary[name] for name in ("tool", "keypoints", "animals", "frames", "predictions")]
        assert found == ["DeepLabCut", 2, 1, 6, 1]
        [told] = client_of(owner_of(project)).get(f"/api/v1/projects/{project.pk}/results").json()
        assert (told["model_id"], told["model_name"]) == (None, "DeepLabCut, day1DLC_net.h5")
        assert told["keypoints"] == ["snout", "tail"]

    def test_they_can_be_taken_away_again(self, tmp_path: Path) -> None:
        folder = write_dlc(tmp_path / "mice")
        write_predictions(poses(range(10)), folder / "videos" / "day1DLC_net", "DLC_net")
        project = make_project()
        run_folder(project, folder)
        result = PoseResult.objects.get(project=project)
        _, content = exported(project, "csv_predictions", result)
        assert len(pd.read_csv(io.BytesIO(content))) == 20

    @pytest.mark.parametrize(
        ("stem", "found", "words"),
        [
            ("day1DLC_net", poses(range(12)), "frame 11 is predicted, and the video has 10"),
            ("day1DLC_net", poses(range(3), skeleton=Skeleton(keypoints=("paw", "tail"))), "paw, tail"),
            ("day7DLC_net", poses(range(3)), "a video that is not in the project"),
            ("day10DLC_net", poses(range(3)), "a video that is not in the project"),
        ],
    )
    def test_what_fits_not_is_left_aside_and_the_labels_come_in(
        self, tmp_path: Path, stem: str, found: Poses, words: str
    ) -> None:
        folder = write_dlc(tmp_path / "mice")
        write_predictions(found, folder / "videos" / stem, "DLC_net")
        project = make_project()
        assert run_folder(project, folder).error is None
        assert not PoseResult.objects.exists()
        assert (summary_of(project)["frames"], summary_of(project)["predictions"]) == (6, 0)
        assert words in warnings_of(project)
        assert "left aside" in warnings_of(project)
        assert str(tmp_path) not in warnings_of(project)

    def test_a_damaged_table_is_left_aside(self, tmp_path: Path) -> None:
        folder = write_dlc(tmp_path / "mice")
        csv, h5 = write_predictions(poses(range(10)), folder / "videos" / "day1DLC_net", "DLC_net")
        h5.unlink()
        csv.write_text(csv.read_text().replace("0.75", "much", 1))
        project = make_project()
        assert run_folder(project, folder).error is None
        assert not PoseResult.objects.exists()
        assert "Predictions left aside: " in warnings_of(project)
        assert str(tmp_path) not in warnings_of(project)

    def test_a_link_to_outside_the_project_is_not_followed(self, tmp_path: Path) -> None:
        folder = write_dlc(tmp_path / "mice")
        csv, h5 = write_predictions(poses(range(10)), tmp_path / "day1DLC_net", "DLC_net")
        (folder / "videos" / csv.name).symlink_to(csv)
        h5.unlink()
        project = make_project()
        assert run_folder(project, folder).error is None
        assert not PoseResult.objects.exists()
        assert "not followed" in warnings_of(project)


class TestLightningPose:
    MODEL = "models/2024-05-01/12-30-00_net/video_preds"

    @staticmethod
    def write(folder: Path) -> Path:
        """A project of one labelled video, which lies in it."""
        images = write_barcode_video(folder.with_name(f"{folder.name}.mp4"), 10)
        labels = LabelSet(
            skeleton=PARTS,
            individuals=("animal 1",),
            frames=tuple(FrameSource(video="day1", index=n, path=images) for n in (1, 4)),
            points_px=np.full((2, 1, 2, 2), 7, np.float32),
            visibility=np.full((2, 1, 2), Visibility.VISIBLE, np.int8),
        )
        lightning_pose.write_labels(folder, labels, title="mice", scorer="Ada", on_progress=ignore)
        write_barcode_video(folder / "videos" / "day1.mp4", 10)
        return folder

    @staticmethod
    def predict(place: Path, found: Poses, name: str = "day1") -> Path:
        (file,) = lightning_pose.write_poses(place, found, name=name, scorer="heatmap_tracker")
        return file

    @pytest.mark.parametrize("packed", [False, True], ids=["folder", "zip"])
    def test_tables_of_its_models_lie_over_the_video(self, tmp_path: Path, packed: bool) -> None:
        folder = self.write(tmp_path / "mice")
        turned = Skeleton(keypoints=("tail", "snout"))
        self.predict(folder / self.MODEL, poses(range(10), skeleton=turned))
        (folder / self.MODEL / "day1_temporal_norm.csv").write_text(",snout,tail\n0,0.5,0.5\n")
        self.predict(folder / "videos", poses(range(10)))
        project = make_project()
        job = run_zip(project, zip_of(folder, tmp_path / "a.zip")) if packed else run_folder(project, folder)
        assert job.error is None
        beside, of_model = PoseResult.objects.filter(project=project).order_by("pk")
        assert (beside.model, beside.source) == (None, "Lightning Pose, day1.csv")
        assert of_model.source == "Lightning Pose, models/2024-05-01/12-30-00_net, day1.csv"
        assert (of_model.state, of_model.frames_done) == ("ready", 10)
        assert of_model.video.recording.name == "day1 (video)"
        values = window(of_model, 10)
        np.testing.assert_array_equal(values[:, 0, 0, 0], np.arange(10))
        np.testing.assert_array_equal(values[0, 0, :, 1], [1, 0])  # snout, tail: the project's order
        np.testing.assert_array_equal(values[..., 2], np.float32(0.75))
        summary = summary_of(project)
        found = [summary[name] for name in ("tool", "animals", "frames", "predictions", "warnings")]
        assert found == ["Lightning Pose", 1, 2, 2, []]

    @pytest.mark.parametrize(
        ("name", "found", "words"),
        [
            ("day1", poses(range(12)), "frame 11 is predicted, and the video has 10"),
            ("day1", poses(range(3), skeleton=Skeleton(keypoints=("paw", "tail"))), "paw, tail"),
            ("day10", poses(range(3)), "day10.csv: predictions of a video that is not in the project"),
        ],
    )
    def test_what_fits_not_is_left_aside_and_the_labels_come_in(
        self, tmp_path: Path, name: str, found: Poses, words: str
    ) -> None:
        folder = self.write(tmp_path / "mice")
        self.predict(folder / self.MODEL, found, name)
        project = make_project()
        assert run_folder(project, folder).error is None
        assert not PoseResult.objects.exists()
        assert (summary_of(project)["frames"], summary_of(project)["predictions"]) == (2, 0)
        assert words in warnings_of(project)
        assert "left aside" in warnings_of(project)
        assert str(tmp_path) not in warnings_of(project)

    def test_a_damaged_table_is_left_aside(self, tmp_path: Path) -> None:
        folder = self.write(tmp_path / "mice")
        file = self.predict(folder / self.MODEL, poses(range(10)))
        file.write_text(file.read_text().replace("0.75", "much", 1))
        project = make_project()
        assert run_folder(project, folder).error is None
        assert not PoseResult.objects.exists()
        assert "Predictions left aside: " in warnings_of(project)
        assert str(tmp_path) not in warnings_of(project)

    def test_a_link_to_outside_the_project_is_not_followed(self, tmp_path: Path) -> None:
        folder = self.write(tmp_path / "mice")
        file = self.predict(tmp_path / "elsewhere", poses(range(10)))
        (folder / "videos" / file.name).symlink_to(file)
        project = make_project()
        assert run_folder(project, folder).error is None
        assert not PoseResult.objects.exists()
        assert "not followed" in warnings_of(project)


class TestSleap:
    @staticmethod
    def write(folder: Path, individuals: tuple[str, ...], predicted: Poses, *, embed: bool = False) -> Path:
        folder.mkdir()
        video = write_barcode_video(folder / "flies.mp4", 10)
        shape = (2, len(individuals), 2)
        labels = LabelSet(
            skeleton=PARTS,
            individuals=individuals,
            frames=tuple(FrameSource(video="flies", index=n, path=video) for n in (1, 4)),
            points_px=np.full((*shape, 2), 7, np.float32),
            visibility=np.full(shape, Visibility.VISIBLE, np.int8),
        )
        name = "flies.pkg.slp" if embed else "flies.slp"
        write_slp(folder / name, labels=labels, poses={"flies": predicted}, embed=embed)
        if embed:
            (folder / "flies.mp4").unlink()
        return folder

    def test_predicted_instances_lie_over_the_video_and_on_the_right_animal(self, tmp_path: Path) -> None:
        place = self.write(tmp_path / "slp", ("ann", "bert"), poses([2, 3, 9], ("bert", "ann")))
        project = make_project()
        assert run_folder(project, place).error is None
        result = PoseResult.objects.get(project=project)
        assert result.source == "SLEAP, flies.slp"
        assert result.individuals == ["ann", "bert"]
        values = window(result, 10)
        assert values.shape == (10, 2, 2, 3)
        assert np.isfinite(values[[2, 3, 9]]).all()
        assert np.isnan(values[[0, 1, 4, 5, 6, 7, 8]]).all()
        np.testing.assert_array_equal(values[2, :, 0, 1], [10, 0])  # ann was the second there

    def test_those_on_pictures_in_a_package_have_no_video(self, tmp_path: Path) -> None:
        place = self.write(tmp_path / "slp", ("ann",), poses([2, 3, 9], ("ann",)), embed=True)
        project = make_project()
        assert run_folder(project, place).error is None
        assert not PoseResult.objects.exists()
        assert "predictions on 3 frames of flies left aside; the video is not here" in warnings_of(project)


class TestSleapWithoutLabels:
    @staticmethod
    def write(folder: Path, predicted: Poses, *, video: bool = True) -> Path:
        folder.mkdir()
        movie = folder / "flies.mp4"
        if video:
            write_barcode_video(movie, 10)
        write_slp(folder / "flies.slp", poses={"flies": predicted}, videos={"flies": movie})
        return folder

    def test_the_video_and_the_predictions_come_in(self, tmp_path: Path) -> None:
        place = self.write(tmp_path / "slp", poses(range(10), ("ann", "bert")))
        project = make_project()
        assert run_folder(project, place).error is None
        result = PoseResult.objects.get(project=project)
        assert (result.individuals, result.video.recording.name) == (["ann", "bert"], "flies")
        assert project.skeleton.noun.keypoints == PARTS.keypoints
        assert list(project.animals.order_by("slot").values_list("name", flat=True)) == ["ann", "bert"]
        assert (summary_of(project)["frames"], summary_of(project)["predictions"]) == (0, 1)
        assert "nobody has labelled in it" in warnings_of(project)

    def test_without_the_video_nothing_does(self, tmp_path: Path) -> None:
        place = self.write(tmp_path / "slp", poses(range(10)), video=False)
        project = make_project()
        job = run_folder(project, place)
        assert job.error is not None
        assert "their videos are not beside it" in job.error["message"]
        assert not project.recordings.exists()

    def test_pieces_of_tracks_are_no_animals(self, tmp_path: Path) -> None:
        pieces = poses(range(9), ("a", "b", "c"))
        pieces.points_px[4:, 0] = np.nan  # a ends where c begins
        pieces.points_px[:4, 2] = np.nan
        place = self.write(tmp_path / "slp", pieces)
        project = make_project()
        assert run_folder(project, place).error is None
        project.refresh_from_db()
        assert project.animals.count() == 2
        assert project.animals_look_alike
        result = PoseResult.objects.get(project=project)
        assert result.individuals == ["animal 1", "animal 2"]
        values = window(result, 9)
        np.testing.assert_array_equal(values[:, 0, 0, 1], [0] * 4 + [20] * 5)
        np.testing.assert_array_equal(values[:, 1, 0, 1], 10)
        assert "3 tracks share 2 places" in warnings_of(project)

    def test_nor_where_animals_are_too_many(self, tmp_path: Path) -> None:
        place = self.write(tmp_path / "slp", poses([1], tuple(f"track {n}" for n in range(65))))
        project = make_project()
        job = run_folder(project, place)
        assert job.error is not None
        assert "65 animals on one frame" in job.error["message"]
        assert not project.recordings.exists()


class TestWhoIsWho:
    @pytest.mark.parametrize(("tracked", "family"), [(True, "two_stage"), (False, "bottom_up")])
    def test_animals_without_tracks_are_taken_to_look_alike(
        self, tmp_path: Path, tracked: bool, family: str
    ) -> None:
        place = TestSleap.write(tmp_path / "slp", ("ann", "bert"), poses([2], ("ann", "bert")))
        if not tracked:
            with h5py.File(place / "flies.slp", "r+") as store:
                rows = store["instances"][:]
                rows["track"] = -1
                store["instances"][...] = rows
        project = make_project()
        assert run_folder(project, place).error is None
        project.refresh_from_db()
        assert project.animals.count() == 2
        assert project.animals_look_alike is not tracked
        assert default_family(project) == family
        assert ("look alike" in warnings_of(project)) is not tracked

    def test_a_lone_animal_needs_no_track(self, tmp_path: Path) -> None:
        place = TestSleap.write(tmp_path / "slp", ("animal 1",), poses([2]))
        project = make_project()
        assert run_folder(project, place).error is None
        project.refresh_from_db()
        assert not project.animals_look_alike


class TestPlaces:
    def test_strangers_fill_free_places_and_then_follow(self) -> None:
        found = fitted(
            poses(range(2), ("x", "bert", "y", "z")),
            skeleton=PARTS,
            animals=("ann", "bert", "cleo"),
            frame_count=3,
        )
        assert found.individuals == ("ann", "bert", "cleo", "z")
        np.testing.assert_array_equal(found.points_px[0, :, 0, 1], [0, 10, 20, 30])
        assert np.isnan(found.points_px[2]).all()

    def test_a_horde_of_tracks_is_refused(self) -> None:
        horde = poses(range(1), tuple(f"track {n}" for n in range(65)))
        with pytest.raises(ImportRefused, match="65 animals at once"):
            fitted(horde, skeleton=PARTS, animals=("track 0", "ann", "bert"), frame_count=1)

    @pytest.mark.parametrize(
        "individuals", [("ann",), ("ann", "bert"), ("animal 2", "bert"), ("a", "b", "c")]
    )
    def test_the_animals_are_those_that_the_import_makes(
        self, tmp_path: Path, individuals: tuple[str, ...]
    ) -> None:
        project = make_project()
        animals_ensure(project=project, count=2, by=owner_of(project))
        expected = animals_after_import(project, individuals)
        run_folder(project, write_dlc(tmp_path / "mice", individuals=individuals))
        assert tuple(project.animals.order_by("slot").values_list("name", flat=True)) == expected


def test_a_result_is_of_a_model_or_of_a_source_and_never_of_neither() -> None:
    project = make_project()
    video = Video.objects.create(recording=project.recordings.create(name="take"), source_path="/none")
    with pytest.raises(IntegrityError), transaction.atomic():
        PoseResult.objects.create(project=project, video=video)
    with pytest.raises(IntegrityError), transaction.atomic():
        PoseResult.objects.create(project=project, video=video, source="a file")
