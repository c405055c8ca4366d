"""Confidence on the command line and below it; models are tiny and barely trained."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner, Result
from numpy.typing import NDArray

from sbea_engine.cli import main
from sbea_engine.data import LabelSet, Poses
from sbea_engine.io.poses_store import BadPosesStore, open_poses, write_poses
from sbea_engine.kinematics.smoothing import BadSmoothing, SmoothingConfig, smooth_points
from sbea_engine.nn.card import BadModel, ModelExists
from sbea_engine.pipelines import pose as pose_module
from sbea_engine.pipelines import smooth as smooth_module
from sbea_engine.pipelines import trust as trust_module
from sbea_engine.pipelines.pose import evaluate_model, load_labels, train_and_evaluate
from sbea_engine.pipelines.smooth import smooth_store
from sbea_engine.pipelines.trust import (
    CannotJudge,
    calibrate_model,
    compare_models,
    compare_on_video,
    suspect_labels,
)
from sbea_engine.pose.config import PoseConfig
from sbea_engine.pose.factory import load
from sbea_engine.pose.recalibration import RecalibratedPose
from sbea_engine.progress import OnProgress
from tests.fixtures.blobs import NOSE_TAIL, write_scene
from tests.fixtures.noisy_motion import RADIUS_PX, noisy_motion

TINY = PoseConfig(preset="tiny", threads=1, device="cpu", iterations=25)
FRAMES = 150


@pytest.fixture(autouse=True, scope="module")
def one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    write_scene(folder / "images", 24, absent=5).save(folder)
    return folder


@pytest.fixture(scope="module")
def labels(data: Path) -> LabelSet:
    return load_labels(data)


@pytest.fixture(scope="module")
def model(labels: LabelSet, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("model")
    train_and_evaluate(labels, TINY, "last:0.5", folder)
    return folder


@pytest.fixture(scope="module")
def ensemble(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("ensemble")
    result = sbea("pose", "train", "--data", data, "--out", folder, "--preset", "tiny", "--iterations", 4,
                  "--threads", 1, "--members", 2, "--holdout", "last:0.25")  # fmt: skip
    assert result.exit_code == 0, result.stderr
    assert not (folder / "checkpoint").exists()
    return folder


@pytest.fixture(scope="module")
def poses(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("poses")
    motion = noisy_motion(folder, FRAMES, seed=2)
    return write_poses(
        Poses(
            skeleton=motion.skeleton,
            individuals=motion.individuals,
            frames=np.arange(FRAMES, dtype=np.int64),
            points_px=motion.answers_px.astype(np.float32),
            confidence=motion.confidence.astype(np.float32),
            provenance={"weights_sha256": "abc"},
        ),
        folder / "raw",
        chunk=50,
    )


def sbea(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(a) for a in arguments])


def last_line(result: Result) -> dict[str, object]:
    assert result.exit_code == 0, result.stderr
    document = json.loads(result.stdout.strip().splitlines()[-1])
    assert isinstance(document, dict)
    return document


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {str(f.relative_to(folder)): f.read_bytes() for f in folder.rglob("*") if f.is_file()}


class TestCalibrate:
    def test_a_copy_gets_a_new_confidence_and_the_model_stays(
        self, model: Path, data: Path, labels: LabelSet, tmp_path: Path
    ) -> None:
        before = bytes_of(model)
        out = tmp_path / "again"
        said = last_line(
            sbea(
                "pose", "calibrate", "--model", model, "--data", data, "--out", out, "--threads", 1, "--json"
            )
        )
        assert bytes_of(model) == before
        assert (said["frames"], said["left_out"]) == (9, 15)  # five empty ones were learned from
        old, new = load(model, threads=1), load(out, threads=1)
        assert isinstance(new, RecalibratedPose)
        sources = labels.frames[12:]
        points, confidence = new.predict_sources(sources)
        np.testing.assert_array_equal(points, old.predict_sources(sources)[0])
        known = new.recalibration_
        assert known.n == 18
        assert known.right is not None
        assert abs(float(confidence.mean()) - known.right) < 0.15
        assert new.provenance["weights_sha256"] == old.provenance["weights_sha256"]
        assert new.provenance != old.provenance  # poses of one do not go on with the other's
        stream = np.concatenate([c for _, c in new.predict_stream(_pixels(labels, range(12, 24)))])
        np.testing.assert_allclose(stream, confidence, atol=1e-3)

    def test_frames_that_it_was_fitted_on_are_told_apart(
        self, model: Path, labels: LabelSet, tmp_path: Path
    ) -> None:
        out = tmp_path / "again"
        calibrate_model(model, labels, out, threads=1)
        found = evaluate_model(out, labels.select(range(12, 24)), "none", threads=1)
        assert any("calibrated on 9 of these 12 frames" in warning for warning in found.warnings)
        unseen = evaluate_model(out, labels.select(range(12)), "none", threads=1)
        assert not any("calibrated on" in warning for warning in unseen.warnings)

    @pytest.mark.parametrize("frames", [3, {"scene": 7}, {"scene": ["x"]}])
    def test_a_card_that_names_no_frames(
        self, model: Path, labels: LabelSet, tmp_path: Path, frames: object
    ) -> None:
        out = tmp_path / "again"
        calibrate_model(model, labels, out, threads=1)
        card = json.loads((out / "card.json").read_text())
        card["stage_facts"]["recalibration"]["data"]["by_video"] = frames
        (out / "card.json").write_text(json.dumps(card))
        with pytest.raises(BadModel, match="recalibration cannot be read"):
            load(out, threads=1)

    def test_what_is_there_already_stays(self, model: Path, labels: LabelSet, ensemble: Path) -> None:
        with pytest.raises(ModelExists):
            calibrate_model(model, labels, ensemble, threads=1)

    def test_labels_of_its_training_are_no_measure(self, model: Path, labels: LabelSet) -> None:
        with pytest.raises(CannotJudge, match="0 are new to the model"):
            calibrate_model(model, labels.select(range(12)), threads=1)

    def test_an_ensemble_can_be_recalibrated_too(
        self, ensemble: Path, labels: LabelSet, tmp_path: Path
    ) -> None:
        found = calibrate_model(ensemble, labels, tmp_path / "new", threads=1)
        assert found.frames == 5
        again = calibrate_model(tmp_path / "new", labels, threads=1)  # judges what lies beneath
        assert again.before == found.before


def _pixels(labels: LabelSet, rows: range):  # type: ignore[no-untyped-def]
    from sbea_engine.video.reader import read_source

    return (read_source(labels.frames[row]) for row in rows)


class TestLabelErrors:
    def test_command(self, ensemble: Path, data: Path) -> None:
        said = last_line(sbea("pose", "label-errors", "--model", ensemble, "--data", data, "--json"))
        assert isinstance(said["suspects"], list)

    def test_a_training_of_several_judges_all_labels(
        self, labels: LabelSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        asked: list[tuple[LabelSet, NDArray[np.float32]]] = []

        def judge(truth: LabelSet, points: NDArray[np.float32], *rest: object) -> dict[str, object]:
            asked.append((truth, points))
            return {"labels": [], "total": 0, "words": []}

        monkeypatch.setattr(pose_module, "unseen_suspects", judge)
        for holdout in ("last:0.25", "none"):
            result = train_and_evaluate(
                labels, replace(TINY, iterations=2, members=2), holdout, tmp_path / holdout[:4]
            )
            assert result.metrics["suspects"]["total"] == 0
            truth, points = asked.pop()
            assert sorted(source.index for source in truth.frames) == list(range(24))
            placed = np.isfinite(truth.points_px)
            assert np.isfinite(points[placed]).all()

    def test_one_network_cannot_tell(self, model: Path, labels: LabelSet) -> None:
        with pytest.raises(CannotJudge, match="--members"):
            suspect_labels(model, labels, threads=1)

    def test_labels_that_were_changed_since(self, ensemble: Path, labels: LabelSet) -> None:
        points = np.array(labels.points_px)
        points[1] += 1
        with pytest.raises(CannotJudge, match="other labels of these frames"):
            suspect_labels(ensemble, replace(labels, points_px=points), threads=1)


TWO_ANIMALS = np.tile(np.array([[[10, 20], [30, 20]], [[60, 20], [80, 20]]], np.float32), (24, 1, 1, 1))
"""(frame, individual, keypoint, 2), 50 px apart."""


class KnownAnswers:
    """What `compare_on_video` asks of a model, with answers that are exact."""

    def __init__(self, individuals: tuple[str, ...], points_px: NDArray[np.float32], *, apart: bool) -> None:
        self.skeleton_, self.individuals_, self.tells_individuals_apart = NOSE_TAIL, individuals, apart
        self._points_px = points_px

    def predict(self, source: Path, frames: list[int], *, on_progress: OnProgress) -> Poses:
        points = self._points_px[frames]
        return Poses(
            skeleton=NOSE_TAIL,
            individuals=self.individuals_,
            frames=np.array(frames),
            points_px=points,
            confidence=np.isfinite(points[..., 0]).astype(np.float32),
        )


class TestCompare:
    def test_on_labels(self, model: Path, ensemble: Path, data: Path, labels: LabelSet) -> None:
        said = last_line(
            sbea("pose", "compare", "--model", ensemble, "--model", model, "--data", data, "--json")
        )
        overall = said["overall"]
        assert isinstance(overall, dict)
        assert overall["n"] == int((labels.visibility[18:] > 0).sum())
        assert "19 of 24 frames left out" in str(said["warnings"])
        assert " px on average" in str(said["verdict"])

    def test_a_model_is_no_better_than_itself(self, model: Path, labels: LabelSet) -> None:
        found, _ = compare_models(model, model, labels, threads=1)
        assert (found.overall.difference_px, found.overall.low_px, found.overall.high_px) == (0, 0, 0)

    def test_on_a_video(self, model: Path, ensemble: Path, data: Path) -> None:
        result = sbea("pose", "compare", "--model", model, "--model", ensemble, "--every", 5, "--video",
                      data / "images", "--json")  # fmt: skip
        frames = last_line(result)["frames"]
        assert isinstance(frames, list)
        assert {f["index"] % 5 for f in frames} == {0}
        assert [f["mean_px"] for f in frames] == sorted((f["mean_px"] for f in frames), reverse=True)

    @pytest.mark.parametrize(("first", "second"), [(False, False), (True, False), (False, True)])
    def test_animals_in_other_places_are_the_same(
        self, first: bool, second: bool, data: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """B finds the animals of A in other places, of which it has one more; one nose is 5 px off once.
        Its name is of the model that tells individuals apart, or a place of A."""
        a = KnownAnswers(("dark", "light"), TWO_ANIMALS, apart=first)
        other_places = np.concatenate(
            [np.full_like(TWO_ANIMALS[:, :1], np.nan), TWO_ANIMALS[:, ::-1]], axis=1
        )
        other_places[4, 2, 0] += (3, 4)
        b = KnownAnswers(("x", "y", "z"), other_places, apart=second)
        monkeypatch.setattr(trust_module, "load", lambda folder, **_: {"a": a, "b": b}[folder.name])
        found = compare_on_video(Path("a"), Path("b"), data / "images", every=1)
        whose = "z" if second else "dark"
        assert [(f.index, f.individual, f.keypoint, f.distance_px) for f in found] == [(4, whose, "nose", 5)]

    def test_individuals_that_are_told_apart_go_by_their_names(
        self, data: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Who takes one for the other is wrong."""
        a = KnownAnswers(("dark", "light"), TWO_ANIMALS, apart=True)
        b = KnownAnswers(("dark", "light"), TWO_ANIMALS[:, ::-1], apart=True)
        models = {"a": a, "b": b, "c": KnownAnswers(("x", "y"), TWO_ANIMALS, apart=True)}
        monkeypatch.setattr(trust_module, "load", lambda folder, **_: models[folder.name])
        found = compare_on_video(Path("a"), Path("b"), data / "images", every=4)
        assert [f.mean_px for f in found] == [50] * 6
        with pytest.raises(CannotJudge, match="other keypoints or individuals"):
            compare_on_video(Path("a"), Path("c"), data / "images")

    @pytest.mark.parametrize("options", [["--every", "3"], []])
    def test_what_is_missing_is_said(self, model: Path, options: list[str]) -> None:
        assert sbea("pose", "compare", "--model", model, "--model", model, *options).exit_code == 2
        assert "--model twice" in sbea("pose", "compare", "--model", model, "--data", "x").stderr


class TestSmooth:
    def test_a_store_beside_the_raw_one(self, poses: Path, tmp_path: Path) -> None:
        before = bytes_of(poses)
        out = tmp_path / "smooth"
        said = last_line(
            sbea("pose", "smooth", "--poses", poses, "--out", out, "--radius", RADIUS_PX, "--json")
        )
        assert bytes_of(poses) == before
        assert said["smoothed_now"] == FRAMES
        raw, smoothed = open_poses(poses).window(), open_poses(out).window()
        config = SmoothingConfig(radius_px=RADIUS_PX)
        direct = smooth_points(raw.points_px, raw.confidence, raw.frames, config)
        np.testing.assert_allclose(smoothed.points_px, direct.points_px, atol=1e-3)
        assert smoothed.provenance["smoothing"]["radius_px"] == RADIUS_PX
        assert smoothed.provenance["weights_sha256"] == "abc"

    def test_windows_join_without_a_seam(
        self, poses: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        config = SmoothingConfig(radius_px=RADIUS_PX)
        smooth_store(poses, tmp_path / "whole", config)
        monkeypatch.setattr(smooth_module, "WINDOW", 40)
        monkeypatch.setattr(smooth_module, "OVERLAP", 40)
        smooth_store(poses, tmp_path / "windows", config)
        whole, windows = (open_poses(tmp_path / name).window() for name in ("whole", "windows"))
        np.testing.assert_allclose(windows.points_px, whole.points_px, atol=0.05)
        assert smooth_store(poses, tmp_path / "windows", config).smoothed_now == 0

    def test_poses_that_have_changed_are_another_run(self, poses: Path, tmp_path: Path) -> None:
        """As of a table that was imported again: nothing else tells its poses from those of before."""
        config, raw = SmoothingConfig(radius_px=RADIUS_PX), open_poses(poses).window()
        smooth_store(poses, tmp_path / "out", config)
        before = bytes_of(tmp_path / "out")
        moved = write_poses(replace(raw, points_px=raw.points_px + np.float32(500)), tmp_path / "moved")
        with pytest.raises(BadPosesStore, match="another run"):
            smooth_store(moved, tmp_path / "out", config)
        assert bytes_of(tmp_path / "out") == before

    def test_nothing_is_made_of_a_store_that_is_damaged(self, poses: Path, tmp_path: Path) -> None:
        copy = Path(shutil.copytree(poses, tmp_path / "copy"))
        for file in (copy / "poses.zarr" / "points_px").rglob("0"):
            if file.is_file():
                file.write_bytes(b"?")
        with pytest.raises(BadPosesStore, match="damaged"):
            smooth_store(copy, tmp_path / "out", SmoothingConfig(radius_px=RADIUS_PX))
        assert not (tmp_path / "out").exists()

    @pytest.mark.parametrize("place", ["", "inside"])
    def test_never_over_the_raw_ones(self, poses: Path, place: str) -> None:
        with pytest.raises(BadSmoothing, match="beside"):
            smooth_store(poses, poses / place, SmoothingConfig(radius_px=1))

    def test_the_radius_comes_from_the_model_that_predicted(
        self, poses: Path, model: Path, tmp_path: Path
    ) -> None:
        result = sbea("pose", "smooth", "--poses", poses, "--out", tmp_path / "s", "--model", model)
        assert result.exit_code == 2
        assert "not predicted by the model" in result.stderr
        assert not (tmp_path / "s").exists()
