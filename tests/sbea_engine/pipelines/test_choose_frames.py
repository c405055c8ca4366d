"""From a trained model and a folder of pictures to frames to label, as a laboratory would."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from PIL import Image

from sbea_engine.cli import main
from sbea_engine.data import LabelSet, Poses, SyncTable, Visibility
from sbea_engine.data.labels import BadLabels
from sbea_engine.data.poses3d import Poses3D
from sbea_engine.errors import BadInput
from sbea_engine.io.poses3d_store import BadPoses3DStore, write_poses3d
from sbea_engine.io.poses_store import BadPosesStore, open_poses
from sbea_engine.pipelines.choose_frames import ChoosingConfig, suggest_to_label
from sbea_engine.pipelines.gather_evidence import Triangulated, candidate_rows, of_individuals
from sbea_engine.pipelines.pose import evaluate_model, train_and_evaluate
from sbea_engine.pipelines.pose_video import predict_video
from sbea_engine.pose.config import PoseConfig
from sbea_engine.pose.ensemble_files import member_folder
from sbea_engine.pose.factory import load
from sbea_engine.pose.recalibration import RecalibratedPose, copy_recalibrated, recalibrate
from tests.fixtures.blobs import NOSE_TAIL, write_scene, write_twins

FRAMES = 24
KNOWN = (1, 4, 7, 10, 13, 16)
STRANGE = 20


@pytest.fixture(autouse=True, scope="module")
def one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of images; on one of them there is no animal at all, but stripes."""
    folder = tmp_path_factory.mktemp("takes") / "scene"
    write_scene(folder, FRAMES)
    stripes = np.zeros((80, 96, 3), np.uint8)
    stripes[::4] = 255
    Image.fromarray(stripes).save(folder / f"{STRANGE:03}.png")
    return folder


@pytest.fixture(scope="module")
def labels(video: Path, tmp_path_factory: pytest.TempPathFactory) -> LabelSet:
    """Six of the frames, as a labelling tool hands them over: single images."""
    all_of_them = write_scene(tmp_path_factory.mktemp("again"), FRAMES)
    own = tuple(replace(f, path=video / f.path.name) for f in all_of_them.frames)
    return replace(all_of_them, frames=own).select(KNOWN)


@pytest.fixture(scope="module")
def models(labels: LabelSet, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Two that differ in their seed, barely trained."""
    folders = []
    for seed in (0, 1):
        folders.append(tmp_path_factory.mktemp(f"model{seed}"))
        config = PoseConfig(preset="tiny", threads=1, device="cpu", iterations=30, seed=seed)
        train_and_evaluate(labels, config, "none", folders[-1])
    return folders


@pytest.fixture(scope="module")
def ensemble(labels: LabelSet, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of three members, hardly trained."""
    folder = tmp_path_factory.mktemp("ensemble")
    settings = PoseConfig(preset="tiny", threads=1, device="cpu", iterations=4, members=3)
    train_and_evaluate(labels, settings, "none", folder)
    return folder


@pytest.fixture(scope="module")
def stores(models: list[Path], video: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folders = [tmp_path_factory.mktemp("poses") / str(n) for n in range(len(models))]
    for model, folder in zip(models, folders, strict=True):
        predict_video(model, video, folder, threads=1)
    return folders


def config(count: int = 4, **more: object) -> ChoosingConfig:
    return replace(ChoosingConfig(count=count, threads=1), **more)  # type: ignore[arg-type]


class TestSuggestToLabel:
    def test_new_frames_with_reasons_and_predictions(
        self, models: list[Path], labels: LabelSet, video: Path
    ) -> None:
        found = suggest_to_label(models[:1], labels, [video], config(6))
        frames = [one.chosen.index for one in found.frames]
        assert len(set(frames)) == 6
        assert not set(frames) & set(KNOWN)
        assert found.looked_at == FRAMES
        assert all(one.chosen.reasons for one in found.frames)
        assert all(
            one.points_px.shape == (1, 2, 2) and one.confidence.shape == (1, 2) for one in found.frames
        )

    def test_what_looks_unlike_all_labels_is_found(
        self, models: list[Path], labels: LabelSet, video: Path
    ) -> None:
        found = suggest_to_label(models[:1], labels, [video], config(3, method="appearance"))
        assert found.frames[0].chosen.index == STRANGE
        assert "looks unlike what is labelled" in found.frames[0].chosen.reasons[0]

    def test_two_models_are_compared(self, models: list[Path], labels: LabelSet, video: Path) -> None:
        found = suggest_to_label(models, labels, [video], config(2, method="disagreement"))
        assert all("2 models differ on" in one.chosen.reasons[0] for one in found.frames)

    def test_stored_poses_give_the_same_frames(
        self, models: list[Path], labels: LabelSet, video: Path, stores: list[Path]
    ) -> None:
        """In any order; the video is short enough to be looked at whole either way."""
        asked = suggest_to_label(models, labels, [video], config())
        stored = suggest_to_label(models, labels, [video], config(), stores=stores[::-1])
        assert [f.chosen.index for f in stored.frames] == [f.chosen.index for f in asked.frames]
        np.testing.assert_allclose(stored.frames[0].points_px, asked.frames[0].points_px, atol=0.01)

    def test_a_store_that_belongs_to_nothing_is_refused(
        self, models: list[Path], labels: LabelSet, video: Path, stores: list[Path]
    ) -> None:
        with pytest.raises(BadPosesStore, match="none of the given videos and models"):
            suggest_to_label(models[:1], labels, [video], config(), stores=[stores[1]])
        with pytest.raises(BadPosesStore, match="1 of 2 models"):
            suggest_to_label(models, labels, [video], config(), stores=[stores[1]])

    def test_views_that_disagree(
        self, models: list[Path], labels: LabelSet, video: Path, tmp_path: Path
    ) -> None:
        """The view saw every second tick, so frame 5 is what tick 10 shows."""
        ticks = 2 * FRAMES
        residual = np.full((2, ticks, 1, 2), 1.0, np.float32)
        residual[0, 10, 0, 1] = 30
        poses3d = Poses3D(
            skeleton=NOSE_TAIL,
            individuals=("mouse",),
            views=("scene", "side"),
            ticks=np.arange(ticks),
            points_mm=np.zeros((ticks, 1, 2, 3), np.float32),
            sigma_mm=np.ones((ticks, 1, 2), np.float32),
            n_views=np.full((ticks, 1, 2), 2, np.int8),
            residual_px=residual,
        )
        write_poses3d(poses3d, tmp_path / "3d")
        shown = {"scene": [[2 * i, i, 1] for i in range(FRAMES)], "side": [[0, 0, ticks]]}
        sync = SyncTable.from_dict({"ticks": ticks, "views": shown})
        rig = Triangulated(store=tmp_path / "3d", sync=sync)
        asked = config(1, method="reprojection")
        found = suggest_to_label(models[:1], labels, [video], asked, triangulated=rig)
        assert found.frames[0].chosen.index == 5
        assert found.frames[0].chosen.reasons == ("other views put tail 30 px away",)
        short = replace(rig, sync=SyncTable.aligned({"scene": FRAMES, "side": FRAMES}))
        with pytest.raises(BadPoses3DStore, match="table of ticks has 24 ticks"):
            suggest_to_label(models[:1], labels, [video], asked, triangulated=short)

    def test_members_of_an_ensemble_are_a_committee(
        self, ensemble: Path, labels: LabelSet, video: Path, tmp_path: Path
    ) -> None:
        """They differ by as much as if each of them were given; no less so under another confidence."""
        asked = config(4, method="disagreement")
        found = suggest_to_label([ensemble], labels, [video], asked)
        members = [member_folder(ensemble, number) for number in range(3)]
        apart = suggest_to_label(members, labels, [video], asked)
        assert [f.chosen.index for f in found.frames] == [f.chosen.index for f in apart.frames]
        for one, other in zip(found.frames, apart.frames, strict=True):
            assert one.chosen.reasons[0] == other.chosen.reasons[0].replace(
                "3 models", "the members of the model"
            )
            criteria = one.chosen.criteria["disagreement"], other.chosen.criteria["disagreement"]
            assert criteria[0] == pytest.approx(criteria[1], rel=1e-3)
        alone = load(ensemble, threads=1).predict(video, [f.chosen.index for f in found.frames][:1])
        np.testing.assert_allclose(found.frames[0].points_px, alone.points_px[0], atol=0.01)
        np.testing.assert_allclose(found.frames[0].confidence, alone.confidence[0], atol=1e-3)

    def test_of_a_recalibrated_ensemble_too(
        self, ensemble: Path, labels: LabelSet, video: Path, tmp_path: Path
    ) -> None:
        sure = np.full((6, 1, 2), 0.5, np.float32)
        fitted = recalibrate(labels, sure, np.ones(sure.shape, bool))[0]
        model = RecalibratedPose.of(load(ensemble, threads=1), fitted, {})
        copy_recalibrated(ensemble, model, tmp_path / "new")
        found = suggest_to_label([tmp_path / "new"], labels, [video], config(1, method="disagreement"))
        frame = found.frames[0]
        alone = model.predict(video, [frame.chosen.index])
        np.testing.assert_allclose(frame.confidence, alone.confidence[0], atol=1e-3)
        assert found.provenance == model.provenance

    def test_names_of_individuals_mean_nothing_to_some_models(self, tmp_path: Path) -> None:
        """Nor how many are labelled, as where such a model is measured."""
        twins = write_twins(tmp_path / "twins", 12, lone=5)
        settings = PoseConfig(preset="tiny", family="bottom_up", threads=1, device="cpu", iterations=4)
        train_and_evaluate(twins, settings, "none", tmp_path / "model")
        strangers = [
            _individuals(twins, {"left": 0, "right": 1}),
            _individuals(twins, {"x": 0, "y": 1, "z": 0}),
            _individuals(twins, {"x": 0}),
        ]
        for labels in strangers:
            known = labels.select(range(4))
            evaluate_model(tmp_path / "model", known, "none", threads=1)
            found = suggest_to_label([tmp_path / "model"], known, [tmp_path / "twins"], config(3))
            assert len(found.frames) == 3
            assert found.individuals == ("one", "other")

    def test_labels_of_other_keypoints(self, models: list[Path], labels: LabelSet, video: Path) -> None:
        other = replace(labels, skeleton=replace(NOSE_TAIL, keypoints=("nose", "hip")))
        with pytest.raises(BadLabels, match=r"nose, tail; the labels are of nose, hip"):
            suggest_to_label(models[:1], other, [video], config())


class TestSettings:
    @pytest.mark.parametrize(
        ("bad", "told"),
        [
            ({"count": 0}, "1 or more"),
            ({"count": 9, "candidates": 8}, "Look at more"),
            ({"count": 1, "method": "best"}, "combined, uncertain"),
            ({"count": 1, "seed": -1}, "negative"),
        ],
    )
    def test_refusals(self, bad: dict[str, object], told: str) -> None:
        with pytest.raises(BadInput, match=told):
            ChoosingConfig(**bad)  # type: ignore[arg-type]


class TestCandidateRows:
    def test_a_short_lapse_of_a_long_video_is_looked_at(self) -> None:
        confidence = np.full((10_000, 1, 2), 0.9, np.float32)
        confidence[7123] = 0.1
        poses = Poses(
            skeleton=NOSE_TAIL,
            individuals=("mouse",),
            frames=np.arange(10_000),
            points_px=np.zeros((10_000, 1, 2, 2), np.float32),
            confidence=confidence,
        )
        rows = candidate_rows(poses, 100)
        assert 7123 in rows
        assert len(rows) <= 100
        assert np.diff(rows).max() < 300
        np.testing.assert_array_equal(candidate_rows(poses, 10_000), np.arange(10_000))


def test_individuals_are_matched_by_name(labels: LabelSet) -> None:
    wide = of_individuals(replace(labels, individuals=("b",)), NOSE_TAIL, ("a", "b"))
    assert wide.individuals == ("a", "b")
    np.testing.assert_array_equal(wide.points_px[:, 1], labels.points_px[:, 0])
    assert np.isnan(wide.points_px[:, 0]).all()
    with pytest.raises(BadLabels, match="also of mouse"):
        of_individuals(labels, NOSE_TAIL, ("a", "b"))


def _individuals(labels: LabelSet, which: dict[str, int]) -> LabelSet:
    """Labels of these names, each of the individual of this number."""
    at = list(which.values())
    points, visibility = labels.points_px[:, at], labels.visibility[:, at]
    return replace(labels, individuals=tuple(which), points_px=points, visibility=visibility)


def test_individuals_of_places_come_in_any_number_and_by_any_name(tmp_path: Path) -> None:
    twins = write_twins(tmp_path, 4, lone=2)  # on frames 0 and 2 the second is not there
    swapped = replace(
        twins,
        individuals=("x", "y"),
        points_px=twins.points_px[:, ::-1],
        visibility=twins.visibility[:, ::-1],
    )
    found = of_individuals(swapped, NOSE_TAIL, ("a", "b", "c"), told_apart=False)
    assert found.individuals == ("a", "b", "c")
    np.testing.assert_array_equal(found.points_px[[0, 2], 0], twins.points_px[[0, 2], 0])
    np.testing.assert_array_equal(found.points_px[[1, 3], :2], swapped.points_px[[1, 3]])
    assert np.isnan(found.points_px[[0, 2], 1]).all()
    assert (found.visibility[:, 2] == Visibility.UNLABELLED).all()
    narrow = of_individuals(swapped, NOSE_TAIL, ("a",), told_apart=False)
    assert narrow.individuals == ("x", "y")
    np.testing.assert_array_equal(narrow.points_px, found.points_px[:, :2])
    with pytest.raises(BadLabels, match="Use labels of the same keypoints"):
        of_individuals(swapped, replace(NOSE_TAIL, keypoints=("nose", "hip")), ("a",), told_apart=False)


class TestCommand:
    def test_suggest(self, models: list[Path], labels: LabelSet, video: Path, tmp_path: Path) -> None:
        labels.save(tmp_path / "labels")
        arguments = [
            "pose", "suggest", "--model", str(models[0]), "--model", str(models[1]), "--data",
            str(tmp_path / "labels"), "--video", str(video), "--count", "3", "--threads", "1", "--out",
            str(tmp_path / "out"),
        ]  # fmt: skip
        result = CliRunner().invoke(main, [*arguments, "--json"])
        assert result.exit_code == 0, result.output
        told = json.loads(result.stdout.splitlines()[-1])
        assert len(told["frames"]) == 3
        assert set(told["frames"][0]) == {
            "video", "index", "score", "reasons", "criteria", "points_px", "confidence",
        }  # fmt: skip
        stored = open_poses(Path(told["stores"]["scene"])).window()
        first = next(f for f in told["frames"] if f["index"] == stored.frames[0])
        np.testing.assert_allclose(stored.points_px[0], np.array(first["points_px"], np.float32))
        again = CliRunner().invoke(main, [*arguments, "--json"])
        assert again.exit_code == 2
        assert "not written over" in again.stderr
        np.testing.assert_array_equal(open_poses(Path(told["stores"]["scene"])).frames, stored.frames)

    def test_a_place_that_holds_something_else_is_left_alone(
        self, models: list[Path], labels: LabelSet, video: Path, tmp_path: Path
    ) -> None:
        labels.save(tmp_path / "labels")
        (tmp_path / "out" / "0-scene").mkdir(parents=True)
        (tmp_path / "out" / "0-scene" / "notes.txt").write_text("mine")
        result = CliRunner().invoke(
            main,
            [
                "pose", "suggest", "--model", str(models[0]), "--data", str(tmp_path / "labels"), "--video",
                str(video), "--count", "2", "--threads", "1", "--out", str(tmp_path / "out"), "--json",
            ],
        )  # fmt: skip
        assert result.exit_code == 2
        assert (tmp_path / "out" / "0-scene" / "notes.txt").read_text() == "mine"

    def test_unknown_method(self, models: list[Path], video: Path, tmp_path: Path) -> None:
        result = CliRunner().invoke(
            main,
            [
                "pose", "suggest", "--model", str(models[0]), "--data", str(tmp_path), "--video", str(video),
                "--method", "best", "--json",
            ],
        )  # fmt: skip
        assert result.exit_code == 2
