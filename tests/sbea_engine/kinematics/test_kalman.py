"""The filter against the same Gaussian written out as one large matrix."""

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import multivariate_normal

from sbea_engine.kinematics.kalman import (
    DIFFUSE,
    ORDER,
    BadSeries,
    Motion,
    gather,
    likelihood,
    smooth,
)

TIMES = np.array([0.0, 1, 2, 4, 5, 5.5, 6.5, 9.5, 10.5, 11.5])
STEPS = np.diff(TIMES, prepend=0.0)
MOTIONS: tuple[Motion, ...] = ("velocity", "acceleration")


def prior_covariance(motion: Motion, intensity: float) -> np.ndarray:
    """Of the positions at `TIMES`: a polynomial with random coefficients, and an integral of white noise."""
    order = ORDER[motion]
    factorial = [1.0, 1.0, 2.0]
    basis = np.stack([TIMES**k / factorial[k] for k in range(order)], axis=1)
    start = basis @ np.diag(DIFFUSE * 0.01 ** np.arange(order)) @ basis.T

    def shared(s: float, t: float) -> float:
        power, scale = order - 1, factorial[order - 1] ** 2
        return quad(lambda u: (s - u) ** power * (t - u) ** power / scale, 0, min(s, t))[0]

    return start + intensity * np.array([[shared(s, t) for t in TIMES] for s in TIMES])


def observations(seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """One coordinate (frame,), with gaps, and variances."""
    rng = np.random.default_rng(seed)
    y = 3 * TIMES + rng.normal(0, 2, len(TIMES))
    y[[3, 6]] = np.nan
    return y, rng.uniform(0.5, 4, len(TIMES))


@pytest.mark.parametrize("motion", MOTIONS)
def test_smooths_as_the_large_gaussian_does(motion: Motion) -> None:
    y, variance = observations()
    prior = prior_covariance(motion, 0.7)
    there = np.isfinite(y)
    around = (y[there] / variance[there]).sum() / (1 / variance[there]).sum()
    gain = prior[:, there] @ np.linalg.inv(prior[np.ix_(there, there)] + np.diag(variance[there]))
    mean = around + gain @ (y[there] - around)
    covariance = prior - gain @ prior[there]

    evidence = gather(y[:, None, None, None], variance[:, None, None])
    found = smooth(evidence, STEPS, [0.7], motion)
    np.testing.assert_allclose(found.mean[:, 0, 0], mean, atol=1e-5)
    np.testing.assert_allclose(
        found.covariance[:, 0, 0, 0], np.diag(covariance), rtol=1e-3
    )  # the matrix is ill conditioned


@pytest.mark.parametrize("motion", MOTIONS)
def test_likelihood_differs_between_intensities_as_the_large_gaussian_s_does(motion: Motion) -> None:
    """Conditional on the observations that start the series, which the filter does not count."""
    y, variance = observations()
    there = np.flatnonzero(np.isfinite(y))
    first = there[: ORDER[motion]]
    around = (y[there] / variance[there]).sum() / (1 / variance[there]).sum()

    def dense(rows: np.ndarray, intensity: float) -> float:
        covariance = prior_covariance(motion, intensity)[np.ix_(rows, rows)] + np.diag(variance[rows])
        return -2 * float(multivariate_normal(np.full(len(rows), around), covariance).logpdf(y[rows]))

    evidence = gather(y[:, None, None, None], variance[:, None, None])
    values, expected = [], []
    for intensity in (0.05, 1.0, 20.0):
        found = likelihood(evidence, STEPS, [intensity], motion)
        values.append(float(found.log_determinant[0] + found.square[0]))
        expected.append(dense(there, intensity) - dense(first, intensity))
        assert found.numbers[0] == len(there) - ORDER[motion]
    np.testing.assert_allclose(np.diff(values), np.diff(expected), rtol=1e-3)


def test_several_views_of_one_point_are_as_their_weighted_mean() -> None:
    rng = np.random.default_rng(2)
    y, variance = rng.normal(0, 3, (12, 1, 2, 2)), rng.uniform(0.5, 4, (12, 1, 2))
    both = smooth(gather(y, variance, np.eye(2)[None].repeat(2, axis=0)), np.ones(12), [0.3], "velocity")
    weight = 1 / variance
    mean = (weight[..., None] * y).sum(axis=2, keepdims=True) / weight.sum(axis=2)[..., None, None]
    one = smooth(gather(mean, 1 / weight.sum(axis=2, keepdims=True)), np.ones(12), [0.3], "velocity")
    np.testing.assert_allclose(both.mean, one.mean, atol=1e-6)
    np.testing.assert_allclose(both.covariance, one.covariance, atol=1e-6)


def test_series_do_not_mix() -> None:
    rng = np.random.default_rng(3)
    y, variance = rng.normal(0, 3, (15, 4, 1, 2)), rng.uniform(0.5, 4, (15, 4, 1))
    all_of_them = smooth(gather(y, variance), np.ones(15), [0.1, 1, 10, 100], "acceleration")
    third = smooth(gather(y[:, 2:3], variance[:, 2:3]), np.ones(15), [10], "acceleration")
    np.testing.assert_allclose(all_of_them.mean[:, 2:3], third.mean)


def test_a_series_without_any_observation_knows_nothing() -> None:
    found = smooth(gather(np.full((5, 1, 1, 2), np.nan), np.ones((5, 1, 1))), np.ones(5), [1.0], "velocity")
    assert np.isfinite(found.mean).all()
    assert (found.covariance[..., 0, 0] >= DIFFUSE).all()


@pytest.mark.parametrize(
    ("points", "variance", "reason"),
    [((4, 2, 2), (4, 2), "Expected points"), ((4, 1, 1, 2), (4, 1), "Expected points")],
)
def test_shapes_that_do_not_fit(points: tuple[int, ...], variance: tuple[int, ...], reason: str) -> None:
    with pytest.raises(BadSeries, match=reason):
        gather(np.zeros(points), np.ones(variance))


def test_a_variance_of_nothing() -> None:
    with pytest.raises(BadSeries, match="above 0"):
        gather(np.zeros((3, 1, 1, 2)), np.zeros((3, 1, 1)))
