"""Pose models that see frames before and after: from labels of a film to answers, files and refusals."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sbea_engine.data import LabelSet
from sbea_engine.errors import BadInput
from sbea_engine.nn.card import ModelCard
from sbea_engine.nn.onnx_session import CannotExport
from sbea_engine.pose.card import STAGE
from sbea_engine.pose.config import PoseConfig
from sbea_engine.pose.estimator import PoseEstimator
from sbea_engine.pose.factory import create, load
from sbea_engine.pose.frames import FrameStore, Image
from sbea_engine.pose.neighbours import NoNeighbours
from sbea_engine.pose.perturbation import predict_with_spread
from sbea_engine.pose.plan import WorkingPlan
from sbea_engine.video import open_frames
from sbea_engine.video.reader import read_source
from tests.fixtures.blobs import write_scene
from tests.fixtures.films import walk, write_film

COUNT = 61
CONFIG = PoseConfig(
    preset="tiny",
    family="pyramid",
    threads=1,
    device="cpu",
    iterations=60,
    context_frames=2,
    precision="fp32",
)


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> LabelSet:
    return write_film(tmp_path_factory.mktemp("films") / "film", COUNT)


@pytest.fixture(scope="module")
def model(film: LabelSet) -> PoseEstimator:
    return PoseEstimator(CONFIG).fit(film)


@pytest.fixture(scope="module")
def place(film: LabelSet) -> Path:
    return film.frames[0].path


def pixels(place: Path, *indices: int) -> Iterator[Image]:
    with open_frames(place) as reader:
        for index in indices:
            yield reader.read(index)


def test_it_learns_a_film(model: PoseEstimator, place: Path) -> None:
    """On all frames, of which a third were labelled; standing in the middle is 15 px off."""
    off = np.linalg.norm(model.predict(place).points_px[:, 0] - walk(COUNT), axis=-1)
    assert off.mean() < 2


def test_random_access_says_what_the_stream_says(model: PoseEstimator, place: Path, film: LabelSet) -> None:
    whole = model.predict(place)
    frames = [0, 1, 7, 9, 30, 59, 60]
    some = model.predict(place, frames)
    assert some.frames.tolist() == frames
    np.testing.assert_allclose(some.points_px, whole.points_px[frames], rtol=0, atol=1e-4)
    np.testing.assert_allclose(some.confidence, whole.confidence[frames], rtol=0, atol=1e-5)

    rows = [5, 0, 20, 3]  # in no order
    points, confidence = model.predict_sources([film.frames[row] for row in rows])
    np.testing.assert_allclose(points, whole.points_px[3 * np.array(rows)], rtol=0, atol=1e-4)
    np.testing.assert_allclose(confidence, whole.confidence[3 * np.array(rows)], rtol=0, atol=1e-5)


def test_it_does_see_the_neighbours(model: PoseEstimator, place: Path) -> None:
    still = list(model.predict_stream(pixels(place, 30, 30, 30, 30, 30)))
    moving = list(model.predict_stream(pixels(place, 28, 29, 30, 31, 32)))
    found = [np.concatenate([confidence for _, confidence in parts])[2] for parts in (still, moving)]
    assert np.abs(found[0] - found[1]).max() > 1e-4


def test_at_the_edge_of_a_video_its_frame_is_taken_again(model: PoseEstimator, place: Path) -> None:
    whole = model.predict(place)
    for edge, indices in ((0, (0, 0, 0, 1, 2)), (COUNT - 1, (58, 59, 60, 60, 60))):
        parts = list(model.predict_stream(pixels(place, *indices)))
        points = np.concatenate([points for points, _ in parts])[2]
        np.testing.assert_allclose(points, whole.points_px[edge], rtol=0, atol=1e-4)


def test_it_is_saved_and_says_what_it_sees(
    model: PoseEstimator, place: Path, tmp_path: Path, film: LabelSet
) -> None:
    model.save(tmp_path / "model")
    loaded = load(tmp_path / "model", threads=1)
    np.testing.assert_array_equal(loaded.predict(place).points_px, model.predict(place).points_px)
    card = ModelCard.read(tmp_path / "model", stage=STAGE)
    assert card.config["context_frames"] == loaded.config.context_frames == 2
    assert "2 frames before and the 2 after" in card.meaning["context_frames"]
    alone = create(replace(CONFIG, context_frames=0, iterations=2)).fit(film)
    assert "context_frames" not in alone.card_.meaning


class TestRefused:
    def test_training_on_single_pictures(self, tmp_path: Path) -> None:
        with pytest.raises(NoNeighbours, match="8 of 8 labelled frames are single pictures"):
            PoseEstimator(CONFIG).fit(write_scene(tmp_path, 8))

    def test_answering_single_pictures(self, model: PoseEstimator, tmp_path: Path) -> None:
        frames = write_scene(tmp_path, 3).frames
        with pytest.raises(NoNeighbours, match="frame 0 of 'scene'"):
            model.predict_sources(frames)
        with pytest.raises(NoNeighbours, match="single picture"):
            model.predict(frames[0].path)

    def test_a_frame_that_is_not_there(self, model: PoseEstimator, place: Path) -> None:
        with pytest.raises(BadInput, match="frame 61 is asked for"):
            model.predict(place, [3, 61])

    def test_copies_of_one_frame(self, model: PoseEstimator, place: Path) -> None:
        with pytest.raises(BadInput, match="before and after"):
            next(predict_with_spread(model, pixels(place, 3)))

    def test_onnx(self, model: PoseEstimator) -> None:
        with pytest.raises(CannotExport, match="frames before and after"):
            model.answer_through_onnx()


class TestFrameStore:
    PLAN = WorkingPlan(scale=1.0, crop_px=64, radius_px=2.5)

    @pytest.mark.parametrize("limit", [1 << 24, 20_000])
    def test_windows(self, film: LabelSet, limit: int) -> None:
        """Also where not all of them fit into memory."""
        store = FrameStore(film, "grey", limit, reach=2)
        assert len(store.measure()) == len(film)
        store.load(self.PLAN)
        place = film.frames[0].path
        for row, indices in ((0, (0, 0, 0, 1, 2)), (4, (10, 11, 12, 13, 14)), (20, (58, 59, 60, 60, 60))):
            for image, wanted in zip(store.window(row), pixels(place, *indices), strict=True):
                np.testing.assert_array_equal(image, wanted[..., 0])

    def test_without_reach_a_window_is_the_frame(self, film: LabelSet) -> None:
        store = FrameStore(film, "grey", 1 << 24)
        store.measure()
        store.load(self.PLAN)
        (image,) = store.window(4)
        np.testing.assert_array_equal(image, read_source(film.frames[4])[..., 0])
