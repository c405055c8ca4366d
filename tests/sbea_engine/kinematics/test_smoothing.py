"""Smoothing of rendered motion whose truth is known; the plain baseline is what was answered."""

from collections.abc import Callable

import numpy as np
import pytest

from sbea_engine.kinematics.smoothing import (
    BadSmoothing,
    SmoothingConfig,
    confidence_of,
    estimate_strength,
    smooth_points,
    stretches,
    variance_of,
)
from tests.fixtures.noisy_motion import RADIUS_PX, NoisyMotion, noisy_motion

FRAMES = 400
CONFIG = SmoothingConfig(radius_px=RADIUS_PX)


@pytest.fixture(scope="module")
def noisy(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., NoisyMotion]:
    return lambda **settings: noisy_motion(tmp_path_factory.mktemp("motion"), FRAMES, **settings)


def rms(distance: np.ndarray) -> float:
    return float(np.sqrt(np.mean(distance**2)))


class TestSmoothPoints:
    def test_noise_and_outliers_go(self, noisy: Callable[..., NoisyMotion]) -> None:
        motion = noisy(seed=3)
        found = smooth_points(motion.answers_px, motion.confidence, np.arange(FRAMES), CONFIG)
        raw, smoothed = motion.error(motion.answers_px), motion.error(found.points_px)
        assert rms(raw) > 10
        assert rms(smoothed) < 2
        assert np.median(smoothed) < 0.5 * np.median(raw)
        assert np.percentile(smoothed, 99.5) < RADIUS_PX  # nothing jumps after an outlier

    @pytest.mark.parametrize("motion_model", ["velocity", "acceleration"])
    @pytest.mark.parametrize("sigma_px", [(0.1, 0.2), (0.5, 1.0), (2.0, 4.0)])
    def test_the_error_never_rises(
        self, noisy: Callable[..., NoisyMotion], sigma_px: tuple[float, float], motion_model: str
    ) -> None:
        """Whatever the noise: where there is little of it, hardly anything may be smoothed."""
        motion = noisy(seed=5, sigma_px=sigma_px, outliers=0.0)
        config = SmoothingConfig(radius_px=RADIUS_PX, motion=motion_model)  # type: ignore[arg-type]
        found = smooth_points(motion.answers_px, motion.confidence, np.arange(FRAMES), config)
        raw, smoothed = motion.error(motion.answers_px), motion.error(found.points_px)
        worst = 1.1 if motion_model == "acceleration" else 1.0
        assert np.median(smoothed) <= worst * np.median(raw)
        assert rms(smoothed) <= worst * rms(raw)

    def test_it_does_not_lag(self, noisy: Callable[..., NoisyMotion]) -> None:
        motion = noisy(seed=7)
        found = smooth_points(motion.answers_px, motion.confidence, np.arange(FRAMES), CONFIG)
        speed, smoothed = (np.diff(p, axis=0) for p in (motion.truth_px, found.points_px))
        agreement = {
            lag: float((speed[5 + lag : FRAMES - 6 + lag] * smoothed[5 : FRAMES - 6]).sum())
            for lag in range(-4, 5)
        }
        assert max(agreement, key=agreement.__getitem__) == 0

    def test_outliers_are_told(self, noisy: Callable[..., NoisyMotion]) -> None:
        motion = noisy(seed=9)
        found = smooth_points(motion.answers_px, motion.confidence, np.arange(FRAMES), CONFIG).outliers
        assert (found & motion.outlier).sum() > 0.95 * motion.outlier.sum()
        assert (found & ~motion.outlier).mean() < 0.01

    def test_confidence_holds_also_of_errors_that_stay(self, noisy: Callable[..., NoisyMotion]) -> None:
        """Smoothing cannot see an error that lasts, and must not claim to have removed it."""
        motion = noisy(seed=11, sigma_px=(0.5, 1.5), lasting_px=2.5)
        found = smooth_points(motion.answers_px, motion.confidence, np.arange(FRAMES), CONFIG)
        right = motion.error(found.points_px) <= RADIUS_PX
        assert 0.7 < right.mean() < 0.98
        assert abs(float(found.confidence.mean()) - float(right.mean())) < 0.05

    def test_short_gaps_are_bridged_and_long_ones_stay(self, noisy: Callable[..., NoisyMotion]) -> None:
        motion = noisy(seed=13, outliers=0.0)
        answers, confidence = motion.answers_px.copy(), motion.confidence.copy()
        answers[100:106, 0, 0] = np.nan
        confidence[200:260, 0, 0] = 0.02  # an answer that means 'not there'
        answers[380:, 0, 0] = np.nan
        found = smooth_points(answers, confidence, np.arange(FRAMES), CONFIG)
        there = np.isfinite(found.points_px[:, 0, 0, 0])
        expected = np.ones(FRAMES, bool)
        expected[200:260] = False
        expected[395:] = False  # fifteen frames beyond the last answer
        np.testing.assert_array_equal(there, expected)
        assert np.isnan(found.confidence[~there, 0, 0]).all()
        assert motion.error(found.points_px)[100:106, 0, 0].max() < 3 * RADIUS_PX
        assert found.sigma_px[103, 0, 0] > found.sigma_px[90, 0, 0]

    def test_a_keypoint_that_was_never_seen_stays_unknown(self, noisy: Callable[..., NoisyMotion]) -> None:
        motion = noisy(seed=15, outliers=0.0)
        answers = motion.answers_px.copy()
        answers[:, 0, 1] = np.nan
        found = smooth_points(answers, motion.confidence, np.arange(FRAMES), CONFIG)
        assert np.isnan(found.points_px[:, 0, 1]).all()
        assert np.isfinite(found.points_px[:, 0, 0]).all()

    def test_an_answer_that_nobody_contradicts_keeps_its_confidence(self) -> None:
        """One frame: nothing smooths it."""
        found = smooth_points(np.full((1, 1, 1, 2), 7.0), np.full((1, 1, 1), 0.6), [4], CONFIG)
        np.testing.assert_allclose(found.points_px[0, 0, 0], 7, atol=1e-3)
        assert found.confidence[0, 0, 0] == pytest.approx(0.6, abs=1e-3)

    def test_no_frames(self) -> None:
        found = smooth_points(np.zeros((0, 1, 2, 2)), np.zeros((0, 1, 2)), [], CONFIG)
        assert found.points_px.shape == (0, 1, 2, 2)


class TestWhatDoesNotFit:
    def test_shapes(self) -> None:
        with pytest.raises(BadSmoothing, match="Expected points"):
            smooth_points(np.zeros((3, 1, 2, 2)), np.zeros((3, 1)), np.arange(3), CONFIG)

    def test_frames_out_of_order(self) -> None:
        with pytest.raises(BadSmoothing, match="increasing"):
            smooth_points(np.zeros((2, 1, 1, 2)), np.ones((2, 1, 1)), [1, 1], CONFIG)

    @pytest.mark.parametrize(
        "wrong",
        [{"radius_px": 0.0}, {"min_confidence": 2.0}, {"max_gap_frames": -1}, {"motion": "jerk"}],
    )
    def test_settings(self, wrong: dict[str, object]) -> None:
        with pytest.raises(BadSmoothing):
            SmoothingConfig(**{"radius_px": 1.0, **wrong})  # type: ignore[arg-type]


def test_variance_and_confidence_are_inverses_that_simulation_confirms() -> None:
    confidence = np.array([0.05, 0.5, 0.9])
    variance = variance_of(confidence, 3.0)
    np.testing.assert_allclose(confidence_of(variance, 3.0), confidence)
    error = np.random.default_rng(0).normal(0, np.sqrt(variance)[:, None, None], (3, 20_000, 2))
    np.testing.assert_allclose((np.linalg.norm(error, axis=-1) <= 3).mean(axis=1), confidence, atol=0.015)


def test_more_noise_is_smoothed_more(noisy: Callable[..., NoisyMotion]) -> None:
    weak, strong = (
        estimate_strength(m.answers_px, m.confidence, np.arange(FRAMES), CONFIG)
        for m in (noisy(seed=1, sigma_px=(0.2, 0.4)), noisy(seed=1, sigma_px=(3, 4)))
    )
    assert np.median(strong.ratio) < 0.1 * np.median(weak.ratio)


def test_stretches_of_a_long_recording_are_few_and_spread() -> None:
    rows = stretches(100_000)
    assert len(rows) <= 2400
    assert rows[0] == 0
    assert rows[-1] == 99_999
    np.testing.assert_array_equal(stretches(5), np.arange(5))
