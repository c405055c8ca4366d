import numpy as np

from sbea_engine.pose.consensus import consensus

RADIUS = 4.0


def agreed(points: list[list[float]], confidence: list[float]) -> tuple[np.ndarray, float, int]:
    found = consensus(np.array(points), np.array(confidence), RADIUS)
    return found.points_px, float(found.spread_px), int(found.answers)


def test_answers_that_agree_are_averaged() -> None:
    rng = np.random.default_rng(0)
    points = rng.normal(50, 0.5, (5, 2000, 2))
    found = consensus(points, np.full((5, 2000), 0.9), RADIUS)
    plain = points.mean(axis=0)
    assert np.abs(found.points_px - plain).max() < 0.2
    assert abs(float(np.sqrt((found.spread_px**2).mean())) - 0.5) < 0.02  # of one coordinate of one answer


def test_one_that_is_far_off_does_not_count_but_shows() -> None:
    points, spread, _ = agreed([[10, 10], [11, 10], [10, 11], [300, 40]], [0.9] * 4)
    assert np.linalg.norm(points - [10.33, 10.33]) < 0.5
    assert spread > 50


def test_of_two_far_apart_the_surer_one_wins() -> None:
    points, _, _ = agreed([[10, 10], [100, 100]], [0.3, 0.8])
    np.testing.assert_allclose(points, [100, 100], atol=0.5)


def test_missing_answers_are_left_out() -> None:
    points, spread, answers = agreed([[np.nan, np.nan], [20, 30]], [0.0, 0.0])
    np.testing.assert_allclose(points, [20, 30])
    assert np.isnan(spread)
    assert answers == 1
    points, _, answers = agreed([[np.nan, np.nan]] * 2, [0.5, 0.5])
    assert np.isnan(points).all()
    assert answers == 0
