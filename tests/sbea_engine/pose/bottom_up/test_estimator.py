"""On rendered pairs that look the same; see `tests/fixtures/blobs.py`."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from sbea_engine.data import LabelSet, Visibility
from sbea_engine.io.poses_store import open_poses
from sbea_engine.nn.card import CARD_FILE, BadModel
from sbea_engine.pipelines.pose import evaluate_model, train_and_evaluate
from sbea_engine.pipelines.pose_video import predict_video
from sbea_engine.pose.bottom_up.estimator import BottomUpEstimator
from sbea_engine.pose.config import PoseConfig
from sbea_engine.pose.errors import TooFewLabels
from sbea_engine.pose.estimator import PoseEstimator
from sbea_engine.pose.matching import match_to_truth, told_twice
from sbea_engine.pose.metrics import evaluate
from tests.fixtures.blobs import draw_twins, write_twins

TINY = PoseConfig(preset="tiny", family="bottom_up", threads=1, device="cpu", iterations=240)
SHORT = replace(TINY, iterations=6)
SIZE = (128, 96)


@pytest.fixture(scope="module")
def twins(tmp_path_factory: pytest.TempPathFactory) -> LabelSet:
    return write_twins(tmp_path_factory.mktemp("twins"), 30, lone=5)


@pytest.fixture(scope="module")
def others(tmp_path_factory: pytest.TempPathFactory) -> LabelSet:
    """Frames that were not learned from; one in seven shows one animal only."""
    return write_twins(tmp_path_factory.mktemp("others"), 40, seed=9, lone=7)


@pytest.fixture(scope="module")
def trained(twins: LabelSet) -> BottomUpEstimator:
    return BottomUpEstimator(TINY).fit(twins)


@pytest.fixture(scope="module")
def brief(twins: LabelSet) -> BottomUpEstimator:
    """Answers something, of which nothing is asked but that it stays the same."""
    return BottomUpEstimator(SHORT).fit(twins)


def passing(frames: int) -> NDArray[np.float32]:
    """(frame, 2, 2, 2): one animal goes right, one left, 26 px apart where they pass."""
    t = np.linspace(0, 1, frames)
    right = np.stack([np.stack([40 + 70 * t, 0 * t + 30], -1), np.stack([12 + 70 * t, 0 * t + 30], -1)], 1)
    left = np.stack([np.stack([88 - 70 * t, 0 * t + 56], -1), np.stack([116 - 70 * t, 0 * t + 56], -1)], 1)
    return np.stack([right, left], axis=1).astype(np.float32)


def film(animals: NDArray[np.float32]) -> list[NDArray[np.uint8]]:
    rng = np.random.default_rng(4)
    return [draw_twins(frame, SIZE, rng) for frame in animals]


@pytest.mark.slow
class TestTwins:
    def test_each_animal_is_found_once_and_whole(self, trained: BottomUpEstimator, others: LabelSet) -> None:
        answer = trained.predict_sources(others.frames)
        points, confidence = match_to_truth(others.points_px, *answer)
        result = evaluate(others, points, confidence, radius_px=trained.plan_.radius_px)
        assert result["missing"] == 0
        assert result["mean_px"] < 1
        assert not told_twice(others.points_px, answer[0]).any()
        assert result["confidence"]["mean"] > 0.8

    def test_a_model_that_tells_individuals_apart_cannot(self, twins: LabelSet, others: LabelSet) -> None:
        """The plain baseline: a map for each keypoint of each individual, where looks do not tell."""
        model = PoseEstimator(replace(TINY, family="pyramid")).fit(twins)
        points, _ = model.predict_sources(others.frames)
        assert told_twice(others.points_px, points).mean() > 0.2

    def test_who_is_alone_is_found_alone(self, trained: BottomUpEstimator, others: LabelSet) -> None:
        points, confidence = trained.predict_sources(others.frames)
        lone = np.isnan(others.points_px).any((1, 2, 3))
        assert np.isfinite(points[lone, 0]).all()
        assert np.isnan(points[lone, 1]).all()
        assert (confidence[lone, 1] == 0).all()

    def test_an_animal_keeps_its_place_along_a_stream(self, trained: BottomUpEstimator) -> None:
        truth = passing(24)
        points = np.concatenate([p for p, _ in trained.predict_stream(iter(film(truth)))])
        own = np.linalg.norm(points - truth, axis=-1).max()
        exchanged = np.linalg.norm(points[:, ::-1] - truth, axis=-1).max()
        assert min(own, exchanged) < 3
        assert max(own, exchanged) > 20

    def test_boxes_say_who_is_who(self, trained: BottomUpEstimator) -> None:
        """Animals that exchange their order from frame to frame stay with the names of their boxes."""
        truth = passing(24)
        edges = np.concatenate([truth.min(2) - 6, truth.max(2) + 6], axis=-1)
        edges[10, 1] = np.nan
        answers = trained.predict_in_boxes(iter(film(truth)), iter(edges))
        points, confidence = (np.concatenate(part) for part in zip(*answers, strict=True))
        assert np.isnan(points[10, 1]).all()
        assert (confidence[10, 1] == 0).all()
        there = np.isfinite(edges).all(-1)
        assert np.linalg.norm(points - truth, axis=-1)[there].max() < 3
        assert confidence[there].mean() > 0.8

    def test_more_boxes_than_animals_were_ever_labelled(self, trained: BottomUpEstimator) -> None:
        truth = np.concatenate([passing(2), passing(2)[:, :1] + [0, 50]], axis=1).astype(np.float32)
        edges = np.concatenate([truth.min(2) - 6, truth.max(2) + 6], axis=-1)
        answers = trained.predict_in_boxes(iter(film(truth)), iter(edges))
        points = np.concatenate([some for some, _ in answers])
        assert points.shape == (2, 3, 2, 2)
        assert np.linalg.norm(points - truth, axis=-1).max() < 3

    def test_nobody_on_an_empty_picture(self, trained: BottomUpEstimator) -> None:
        empty = film(np.zeros((3, 0, 2, 2), np.float32))
        points, confidence = (
            np.concatenate(part) for part in zip(*trained.predict_stream(iter(empty)), strict=True)
        )
        assert np.isnan(points).all()
        assert (confidence == 0).all()


class TestFit:
    def test_one_individual_may_be_labelled_seldom(self, twins: LabelSet) -> None:
        """Labels of all animals count together."""
        points, visibility = twins.points_px.copy(), twins.visibility.copy()
        points[:, 1], visibility[:, 1] = np.nan, Visibility.UNLABELLED
        points[3, 1], visibility[3, 1] = twins.points_px[3, 1], twins.visibility[3, 1]
        model = BottomUpEstimator(SHORT).fit(replace(twins, points_px=points, visibility=visibility))
        assert all(np.isfinite(point["loss"]) for point in model.card_.training["curve"])

    def test_nothing_to_learn_from(self, twins: LabelSet) -> None:
        with pytest.raises(TooFewLabels, match="at least 4"):
            BottomUpEstimator(SHORT).fit(twins.select([0, 1]))

    def test_same_seed_same_model(self, twins: LabelSet) -> None:
        one, other = (BottomUpEstimator(SHORT).fit(twins).model_.state_dict() for _ in range(2))
        assert all(bool((one[name] == other[name]).all()) for name in one)


class TestSaveAndLoad:
    def test_a_loaded_model_answers_the_same(
        self, brief: BottomUpEstimator, others: LabelSet, tmp_path: Path
    ) -> None:
        card = brief.save(tmp_path)
        again = BottomUpEstimator.load(tmp_path, threads=1, device="cpu")
        assert again.card_ == card
        for mine, theirs in zip(
            again.predict_sources(others.frames), brief.predict_sources(others.frames), strict=True
        ):
            np.testing.assert_array_equal(mine, theirs)
        assert "not told" in card.meaning["points_px"]
        assert f"within {brief.plan_.radius_px:.1f} source pixels" in card.meaning["confidence"]

    def test_a_model_of_one_stage_says_what_to_do(self, brief: BottomUpEstimator, tmp_path: Path) -> None:
        brief.save(tmp_path)
        document = json.loads((tmp_path / CARD_FILE).read_text())
        document["plan"] = document["plan"]["coarse"]
        (tmp_path / CARD_FILE).write_text(json.dumps(document))
        with pytest.raises(BadModel, match="train it anew"):
            BottomUpEstimator.load(tmp_path)

    @pytest.mark.parametrize(
        "links", [None, {}, {"edges": [[0, 7]], "reach_px": [[0, 1], [1, 0]], "extent_px": 1}]
    )
    def test_a_card_whose_links_do_not_fit(
        self, brief: BottomUpEstimator, tmp_path: Path, links: object
    ) -> None:
        brief.save(tmp_path)
        document = json.loads((tmp_path / CARD_FILE).read_text())
        document["stage_facts"]["links"] = links
        (tmp_path / CARD_FILE).write_text(json.dumps(document))
        with pytest.raises(BadModel, match="cannot be read"):
            BottomUpEstimator.load(tmp_path)


class TestPipeline:
    @pytest.mark.slow
    def test_figures_do_not_depend_on_the_names_of_individuals(
        self, twins: LabelSet, others: LabelSet, tmp_path: Path
    ) -> None:
        result = train_and_evaluate(twins, replace(TINY, iterations=80), "last:0.2", tmp_path / "model")
        assert result.metrics["test"]["median_px"] < 2
        strangers = replace(others, individuals=("left", "right"))
        found = evaluate_model(tmp_path / "model", strangers, "none", threads=1)
        assert found.figures["median_px"] < 2
        alone = replace(
            others, individuals=("x",), points_px=others.points_px[:, :1], visibility=others.visibility[:, :1]
        )
        assert evaluate_model(tmp_path / "model", alone, "none", threads=1).figures["median_px"] < 2

    @pytest.mark.slow
    def test_what_is_not_found_goes_into_the_store_as_nan(
        self, trained: BottomUpEstimator, others: LabelSet, tmp_path: Path
    ) -> None:
        trained.save(tmp_path / "model")
        folder = others.frames[0].path.parent
        predict_video(tmp_path / "model", folder, tmp_path / "poses", threads=1)
        poses = open_poses(tmp_path / "poses").window()
        lone = np.isnan(others.points_px).any((1, 2, 3))
        assert len(poses) == len(others)
        assert poses.provenance["individuals_are_places"] is True
        assert np.isnan(poses.points_px[lone]).all((-1, -2)).sum() == lone.sum()
        assert (poses.confidence[np.isnan(poses.points_px).all(-1)] == 0).all()
