"""Several views without calibration, against each view smoothed by itself."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sbea_engine.geometry import reproject
from sbea_engine.kinematics.smoothing import BadSmoothing, SmoothingConfig, confidence_of, smooth_points
from sbea_engine.kinematics.views import fit_subspace, learn_together, smooth_views
from tests.fixtures.looking_rig import looking_rig
from tests.fixtures.noisy_motion import RADIUS_PX, true_motion

FRAMES = 300
CONFIG = SmoothingConfig(radius_px=RADIUS_PX)
CONFIGS = [CONFIG] * 3


def seen(
    folder: Path, times_as_far: float, *, outliers: float = 0.02
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Truth and answers (view, frame, individual, keypoint, 2), and confidence."""
    points_mm, _ = true_motion(folder, FRAMES, seed=2)
    truth = reproject(looking_rig(times_as_far=times_as_far), points_mm)
    rng = np.random.default_rng(4)
    sigma = np.exp(rng.uniform(0, np.log(4), truth.shape[:-1]))
    answers = truth + sigma[..., None] * rng.normal(0, 1, truth.shape)
    confidence = confidence_of(sigma**2, RADIUS_PX)
    outlier = rng.random(sigma.shape) < outliers
    answers[outlier] += rng.uniform(-80, 80, (int(outlier.sum()), 2))
    confidence[outlier] = 0.9
    return truth, answers, confidence


def rms(points: np.ndarray, truth: np.ndarray) -> float:
    return float(np.sqrt(np.nanmean(((points - truth) ** 2).sum(axis=-1))))


def each_by_itself(answers: np.ndarray, confidence: np.ndarray) -> np.ndarray:
    return np.stack(
        [
            smooth_points(p, c, np.arange(FRAMES), CONFIG).points_px
            for p, c in zip(answers, confidence, strict=True)
        ]
    )


@pytest.mark.slow
def test_far_cameras_help_one_another(tmp_path: Path) -> None:
    truth, answers, confidence = seen(tmp_path, 30)
    answers[0, 100:160, :, 0] = np.nan  # a paw before the animal, for one view
    found = np.stack([v.points_px for v in smooth_views(answers, confidence, np.arange(FRAMES), CONFIGS)])
    alone = each_by_itself(answers, confidence)
    assert rms(found, truth) < 0.9 * rms(alone, truth)
    assert np.isnan(alone[0, 110:150, :, 0]).all()
    assert rms(found[0, 100:160, :, 0], truth[0, 100:160, :, 0]) < 2


@pytest.mark.slow
def test_near_cameras_do_not_bend_one_another(tmp_path: Path) -> None:
    """They are no linear maps; three components alone would be 5 px off."""
    truth, answers, confidence = seen(tmp_path, 1)
    found = np.stack([v.points_px for v in smooth_views(answers, confidence, np.arange(FRAMES), CONFIGS)])
    assert rms(found, truth) <= 1.05 * rms(each_by_itself(answers, confidence), truth)


@pytest.mark.slow
def test_a_view_that_errs_less_than_it_claims_keeps_its_answers(tmp_path: Path) -> None:
    """Near cameras, and a network that is better than its radius can say: others help where it is blind."""
    points_mm, _ = true_motion(tmp_path, FRAMES, seed=2)
    truth = reproject(looking_rig(), points_mm)
    answers = truth + np.random.default_rng(4).normal(0, 0.4, truth.shape)
    confidence = np.full(truth.shape[:-1], 0.99)
    answers[0, 100:160, :, 0] = np.nan
    configs = [SmoothingConfig(radius_px=12)] * 3
    found = np.stack([v.points_px for v in smooth_views(answers, confidence, np.arange(FRAMES), configs)])
    away = np.linalg.norm(found - truth, axis=-1)
    blind = np.zeros(away.shape, np.bool_)
    blind[0, 100:160, :, 0] = True
    assert np.sqrt((away[~blind] ** 2).mean()) < 0.7  # with the views put together everywhere it is 2
    assert away[blind].max() < 12
    assert away[blind].mean() > 1  # so these do come from the others


@pytest.mark.slow
def test_a_view_that_never_answers_is_as_doubtful_as_the_others(tmp_path: Path) -> None:
    """What it says comes from them, with all their errors, and wherever a window of a recording falls."""
    truth, answers, confidence = seen(tmp_path, 30, outliers=0)
    confidence[:] = 0.9  # claims far more than the answers jitter: most of it lasts
    answers = truth + np.random.default_rng(5).normal(0, 0.3, truth.shape)
    once, never = answers.copy(), answers.copy()
    once[0, 1:, :, 0], never[0, :, :, 0] = np.nan, np.nan
    together = learn_together(answers, confidence, np.arange(FRAMES), CONFIGS)
    sigma = [
        smooth_views(px, confidence, np.arange(FRAMES), CONFIGS, together)[0].sigma_px[100, 0, 0]
        for px in (answers, once, never)
    ]
    assert min(sigma) > 0.8 * max(sigma)


@pytest.mark.slow
def test_a_keypoint_that_nobody_is_sure_of_says_nothing_of_the_misfit(tmp_path: Path) -> None:
    points_mm, _ = true_motion(tmp_path, FRAMES, seed=2)
    truth = reproject(looking_rig(), points_mm)
    answers = truth + np.random.default_rng(4).normal(0, 0.4, truth.shape)
    confidence = np.full(truth.shape[:-1], 0.95)
    configs = [SmoothingConfig(radius_px=12)] * 3

    def misfit() -> np.ndarray:
        space = learn_together(answers, confidence, np.arange(FRAMES), configs).space
        assert space is not None
        return space.misfit_px2

    alike = misfit()
    answers[..., -1, :] += np.random.default_rng(6).normal(0, 40, answers[..., -1, :].shape)
    confidence[..., -1] = 0.12
    assert misfit() == pytest.approx(alike, rel=0.5)


def test_the_subspace_of_linear_cameras_is_found_in_spite_of_outliers(tmp_path: Path) -> None:
    truth, answers, confidence = seen(tmp_path, 300, outliers=0.05)
    space = fit_subspace(answers, confidence, 16.0)
    assert space.basis.shape == (3, 2, 3)
    exact = np.moveaxis(truth.reshape(3, -1, 2), 0, 1).reshape(-1, 6) - space.mean_px.ravel()
    basis = space.basis.reshape(6, 3)
    np.testing.assert_allclose(exact @ basis @ basis.T, exact, atol=1.0)


def test_one_view_is_refused() -> None:
    with pytest.raises(BadSmoothing, match="two or more"):
        fit_subspace(np.zeros((1, 50, 2)), np.ones((1, 50)), 1.0)


def test_views_that_are_never_sure_together_are_refused() -> None:
    with pytest.raises(BadSmoothing, match="Smooth each view by itself"):
        fit_subspace(np.zeros((2, 50, 2)), np.full((2, 50), 0.2), 1.0)


def test_views_that_have_no_answer_are_refused_without_a_warning(recwarn: pytest.WarningsRecorder) -> None:
    with pytest.raises(BadSmoothing, match="Only 0 points"):
        smooth_views(np.full((3, 40, 1, 2, 2), np.nan), np.zeros((3, 40, 1, 2)), np.arange(40), CONFIGS)
    assert not recwarn.list


def test_configs_that_differ_in_more_than_the_radius_are_refused() -> None:
    others = [CONFIG, replace(CONFIG, radius_px=2), replace(CONFIG, motion="acceleration")]
    with pytest.raises(BadSmoothing, match="alike but for the radius"):
        smooth_views(np.zeros((3, 40, 1, 2, 2)), np.ones((3, 40, 1, 2)), np.arange(40), others)
