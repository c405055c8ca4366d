from pathlib import Path

import numpy as np

from sbea_engine.geometry import reproject, triangulate
from sbea_engine.kinematics.smoothing import SmoothingConfig, confidence_of
from sbea_engine.pipelines.smooth3d import smooth_in_space
from tests.fixtures.looking_rig import looking_rig
from tests.fixtures.noisy_motion import RADIUS_PX, true_motion

FRAMES = 250
CONFIG = SmoothingConfig(radius_px=RADIUS_PX)


def rms(points: np.ndarray, truth: np.ndarray) -> float:
    return float(np.sqrt(np.nanmean(((points - truth) ** 2).sum(axis=-1))))


def test_it_is_nearer_to_the_truth_than_triangulation_tick_by_tick(tmp_path: Path) -> None:
    truth, _ = true_motion(tmp_path, FRAMES, seed=6)
    rig = looking_rig()
    rng = np.random.default_rng(8)
    image = reproject(rig, truth)
    sigma = np.exp(rng.uniform(0, np.log(4), image.shape[:-1]))
    answers = image + sigma[..., None] * rng.normal(0, 1, image.shape)
    outlier = rng.random(sigma.shape) < 0.03
    answers[outlier] += rng.uniform(-80, 80, (int(outlier.sum()), 2))
    confidence = np.where(outlier, 0.9, confidence_of(sigma**2, RADIUS_PX))
    answers[:2, 100:108, :, 0] = np.nan  # one view is left, which alone places nothing
    plain = triangulate(rig, answers, confidence).points_mm
    found = smooth_in_space(rig, answers, confidence, np.arange(FRAMES), CONFIG)
    assert rms(found.points_mm, truth) < 0.5 * rms(plain, truth)
    assert np.isnan(plain[100:108, :, 0]).all()
    assert rms(found.points_mm[100:108, :, 0], truth[100:108, :, 0]) < 10
    ratio = float(np.sqrt(np.mean(found.sigma_mm**2))) / rms(found.points_mm, truth)
    assert 0.6 < ratio < 1.7
    assert found.n_views[50].max() == 3
    assert (found.n_views[100:108, :, 0] <= 1).all()


def test_what_is_exact_stays(tmp_path: Path) -> None:
    truth, _ = true_motion(tmp_path, 60, seed=1)
    rig = looking_rig()
    answers = reproject(rig, truth)
    found = smooth_in_space(rig, answers, np.full(answers.shape[:-1], 0.99), np.arange(60), CONFIG)
    assert np.abs(found.points_mm - truth).max() < 0.2
    assert np.nanmax(found.residual_px) < 0.3


def test_a_keypoint_that_no_two_views_saw_stays_unknown(tmp_path: Path) -> None:
    truth, _ = true_motion(tmp_path, 40, seed=1)
    rig = looking_rig()
    answers = reproject(rig, truth)
    answers[1:, :, :, 0] = np.nan
    found = smooth_in_space(rig, answers, np.full(answers.shape[:-1], 0.9), np.arange(40), CONFIG)
    assert np.isnan(found.points_mm[:, :, 0]).all()
    assert np.isfinite(found.points_mm[:, :, 1:]).all()
