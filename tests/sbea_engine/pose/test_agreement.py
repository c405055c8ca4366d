"""Confidence of ensembles, on answers whose errors are drawn with known variances."""

import numpy as np
import pytest

from sbea_engine.pose.agreement import (
    AgreementCalibration,
    answers_logit,
    calibrate_agreement,
    shrinkage,
)
from sbea_engine.pose.consensus import consensus
from sbea_engine.pose.reliability import reliability

RADIUS = 4.0


def drawn(
    members: int, points: int, *, shared: float, own: float, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Answers (member, point, 2) to a truth of zeros (point, 2): a shared error and one of each member."""
    rng = np.random.default_rng(seed)
    return shared * rng.normal(size=(1, points, 2)) + own * rng.normal(size=(members, points, 2)), np.zeros(
        (points, 2)
    )


@pytest.mark.parametrize(("shared", "own"), [(0.0, 3.0), (2.0, 3.0), (3.0, 0.5)])
def test_shrinkage_is_the_ratio_of_what_more_members_would_give(shared: float, own: float) -> None:
    five, truth = drawn(5, 20_000, shared=shared, own=own, seed=1)
    two = five[:2].mean(axis=0)
    factor = shrinkage(five[:2], truth, two, answers=2, members=5)
    real = np.median(np.linalg.norm(five.mean(axis=0), axis=-1)) / np.median(np.linalg.norm(two, axis=-1))
    assert factor == pytest.approx(real, abs=0.02)


def test_one_answer_says_nothing_of_more() -> None:
    one, truth = drawn(1, 50, shared=1, own=1, seed=1)
    assert shrinkage(one, truth, one[0], answers=1, members=5) == 1.0


def test_confidence_by_spread_holds_on_other_points() -> None:
    """Half the points are easy and half hard, and members' confidences do not know which."""

    def answers(seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        rng = np.random.default_rng(seed)
        hard = rng.random(1500) < 0.5
        scale = np.where(hard, 6.0, 1.0)[None, :, None]
        points = scale * rng.normal(size=(3, 1500, 2))
        found = consensus(points, np.full((3, 1500), 0.7), RADIUS)
        right = np.linalg.norm(found.points_px, axis=-1) <= RADIUS
        return answers_logit(np.full((3, 1500), 0.7)), found.spread_px, right

    fitted = calibrate_agreement(*answers(0), RADIUS)
    logit, spread, right = answers(1)
    assert fitted.spread_weight > 0.3
    found = reliability(fitted.apply(logit, spread), right)
    assert found.ece is not None
    assert found.ece < 0.05
    blind = reliability(np.full(1500, 0.7), right)
    assert found.brier is not None
    assert blind.brier is not None
    assert found.brier < 0.8 * blind.brier


def test_without_any_spread_only_the_confidence_counts() -> None:
    rng = np.random.default_rng(0)
    logit = rng.normal(0, 2, 400)
    right = rng.random(400) < 1 / (1 + np.exp(-logit))
    fitted = calibrate_agreement(logit, np.full(400, np.nan), right, RADIUS)
    assert fitted.spread_weight == 0
    np.testing.assert_allclose(fitted.apply([0.0], [np.nan]), fitted.apply([0.0], [3.0]))


def test_json_form() -> None:
    fitted = calibrate_agreement(np.zeros(3), np.ones(3), np.ones(3, bool), RADIUS)
    assert AgreementCalibration.from_dict(fitted.to_dict()) == fitted
