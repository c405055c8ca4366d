import numpy as np

from sbea_engine.pose.reliability import reliability


def test_a_perfect_confidence_is_within_chance_and_chance_is_not_nothing() -> None:
    """Ninety points in ten bins: the calibration error of a perfect confidence is far from 0."""
    rng = np.random.default_rng(0)
    confidence = rng.uniform(0.5, 1, 90)
    errors = [reliability(confidence, rng.random(90) < confidence) for _ in range(40)]
    chance = errors[0].ece_by_chance
    assert chance is not None
    assert 0.07 < chance < 0.15
    mean = np.mean([e.ece for e in errors if e.ece is not None])
    assert abs(mean - chance) < 0.015
    beyond = [e for e in errors if e.ece is not None and e.ece > (e.ece_by_chance_95 or 0)]
    assert len(beyond) <= 6


def test_a_confidence_that_claims_too_much_stands_out() -> None:
    rng = np.random.default_rng(1)
    found = reliability(np.full(500, 0.95), rng.random(500) < 0.7)
    assert found.ece is not None
    assert found.ece_by_chance_95 is not None
    assert found.ece > 2 * found.ece_by_chance_95
    assert sum(b.n for b in found.bins) == 500
    assert all(b.right < b.confidence for b in found.bins)


def test_no_points() -> None:
    found = reliability([], [])
    assert (found.n, found.ece, found.ece_by_chance, found.bins) == (0, None, None, ())
