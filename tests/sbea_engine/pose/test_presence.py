"""An answer is trusted no further than somebody is there."""

from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.special import expit

from sbea_engine.data import LabelSet, Visibility
from sbea_engine.nn.augmentation import AugmentationConfig
from sbea_engine.pose.calibration import Calibration
from sbea_engine.pose.config import PoseConfig
from sbea_engine.pose.crop_sampler import CropSampler
from sbea_engine.pose.crops import CropPlan, make_crop_plan
from sbea_engine.pose.factory import create
from sbea_engine.pose.frames import FrameStore
from sbea_engine.pose.inference import Located
from sbea_engine.pose.plan import WorkingPlan
from sbea_engine.pose.presence import log_presence, odds_from_which
from sbea_engine.pose.splits import labelled_rows
from sbea_engine.pose.two_stage import TwoStagePlan
from tests.fixtures.blobs import DEFAULT_SIZE, draw, write_scene


class TestLogPresence:
    def test_the_surer_half_decides(self) -> None:
        """A side view hides half of the keypoints behind the body."""
        hidden = log_presence(np.array([[0.9, 0.05, 0.9, 0.02]]), 1.0)
        assert hidden.tolist() == [0.0]

    def test_below_even_odds_it_is_the_odds(self) -> None:
        trust = np.array([[0.2, 0.2, 0.2], [0.5, 0.5, 0.5], [0.0, 0.0, 0.0], [1.0, 1.0, 1.0]])
        found = np.exp(log_presence(trust, 1.0))
        np.testing.assert_allclose(found, [0.25, 1.0, 1e-6, 1.0], rtol=1e-3)

    def test_a_stage_that_is_sure_of_nothing_is_held_against_what_it_usually_says(self) -> None:
        usual = np.full((5, 4), 0.2)
        odds = odds_from_which(usual)
        assert odds == pytest.approx(0.1 / 0.9)
        np.testing.assert_array_equal(log_presence(usual, odds), 0)
        np.testing.assert_allclose(np.exp(log_presence(np.full((1, 4), 0.05), odds)), (0.05 / 0.95) / odds)

    def test_even_odds_are_always_enough(self) -> None:
        assert odds_from_which(np.ones((3, 4))) == 1
        assert odds_from_which(np.zeros((0, 4))) == 1

    def test_of_one_keypoint(self) -> None:
        np.testing.assert_allclose(np.exp(log_presence(np.array([[0.25]]), 1.0)), [1 / 3])


class TestConfidence:
    POINTS = np.zeros((1, 3, 2), np.float32)
    SURE = np.array([[-3.0, 0.0, 3.0]], np.float32)
    FITTED = Calibration(slope=0.9, offset=2.0)

    def test_of_an_animal_that_is_there_not_a_bit_changes(self) -> None:
        there = Located(self.POINTS, self.SURE, np.zeros((1, 3), np.float32))
        alone = Located(self.POINTS, self.SURE)
        np.testing.assert_array_equal(there.confidence(self.FITTED), alone.confidence(self.FITTED))

    @pytest.mark.parametrize("present", [0.9, 0.3, 1e-6])
    def test_else_both_are_multiplied_whatever_the_calibration_adds(self, present: float) -> None:
        found = Located(self.POINTS, self.SURE, np.full((1, 3), np.log(present), np.float32))
        wanted = present * expit(0.9 * self.SURE + 2.0)
        np.testing.assert_allclose(found.confidence(self.FITTED), wanted, rtol=1e-5)


def _loaded(scene: LabelSet, plan: CropPlan) -> FrameStore:
    coarse = WorkingPlan(scale=1, crop_px=32, radius_px=2)
    frames = FrameStore(scene, "grey", 1 << 24)
    frames.measure()
    frames.load(TwoStagePlan(coarse=coarse, crop=plan, radius_px=2).reduced)
    return frames


def test_a_frame_without_animals_is_shown_as_such(tmp_path: Path) -> None:
    scene = write_scene(tmp_path / "scene", 12, absent=4)
    plan = make_crop_plan(scene, long_px=64, most_scale=1.0, multiple=16)
    rows = labelled_rows(scene)
    sampler = CropSampler(
        scene, _loaded(scene, plan), rows, plan, AugmentationConfig(), batch_size=11, seed=0
    )
    batch = sampler.batch(0)  # nine animals, and of three empty frames a quarter as many
    empty = ~batch.placed.any(-1)
    assert int(empty.sum()) == 2
    assert bool(batch.known[empty].all())
    assert bool(torch.isnan(batch.points_px[empty]).all())
    bright = batch.images.amax(dim=(1, 2, 3))
    assert bright[empty].max() < bright[~empty].float().mean()


def test_who_says_nothing_of_one_animal_calls_no_frame_empty(tmp_path: Path) -> None:
    scene = write_scene(tmp_path / "scene", 12, absent=4)
    scene.visibility[::4, 0, 1] = Visibility.UNLABELLED
    plan = make_crop_plan(scene, long_px=64, most_scale=1.0, multiple=16)
    rows = labelled_rows(scene)
    sampler = CropSampler(
        scene, _loaded(scene, plan), rows, plan, AugmentationConfig(), batch_size=len(rows), seed=0
    )
    assert bool(sampler.batch(0).placed.any(-1).all())


@pytest.mark.slow
def test_nobody_is_found_in_an_empty_arena(tmp_path: Path) -> None:
    config = PoseConfig(preset="tiny", family="two_stage", threads=1, device="cpu", iterations=150)
    model = create(config).fit(write_scene(tmp_path / "scene", 40, absent=6))
    _, seen = model.predict_sources(write_scene(tmp_path / "new", 20, seed=5).frames)
    empty = [draw(None, DEFAULT_SIZE, np.random.default_rng(i)) for i in range(8)]
    unseen = np.concatenate([confidence for _, confidence in model.predict_stream(iter(empty))])
    assert seen.mean() > 0.8
    assert unseen.mean() < 0.5 * seen.mean()
