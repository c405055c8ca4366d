"""Known curves are found again, and forecasts hold as often as they say."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from sbea_engine.pose.learning_curve import BadCurve, TooFewPoints, fit_learning_curve

AMOUNTS = np.array([20.0, 40, 60, 80, 120, 160])


def power_law(labels: NDArray[np.float64] | float, a: float, b: float, c: float) -> NDArray[np.float64]:
    return np.asarray(a + b * labels**-c)


class TestFit:
    @pytest.mark.parametrize(("a", "b", "c"), [(1.0, 30.0, 0.8), (0.0, 12.0, 0.4), (2.0, 400.0, 1.4)])
    def test_follows_a_curve_without_noise(self, a: float, b: float, c: float) -> None:
        amounts = np.geomspace(10, 640, 12)
        curve = fit_learning_curve(amounts, power_law(amounts, a, b, c))
        found = power_law(amounts, curve.a_px, curve.b_px, curve.c)
        np.testing.assert_allclose(found, power_law(amounts, a, b, c), rtol=0.1)
        ahead = curve.forecast(960)
        # What is not known, whether something remains with endless labels, makes the forecast careful.
        assert ahead.error_px == pytest.approx(float(power_law(960.0, a, b, c)), rel=0.12)
        assert ahead.low_px < power_law(960.0, a, b, c) < ahead.high_px

    def test_an_error_that_does_not_fall_is_not_promised_to(self) -> None:
        curve = fit_learning_curve(AMOUNTS, [3.0, 3.1, 2.95, 3.05, 3.0, 3.02])
        ahead = curve.forecast(180)
        assert ahead.error_px == pytest.approx(3.0, rel=0.05)
        assert ahead.low_px < 3.0 < ahead.high_px

    def test_an_error_that_rises_gives_no_hope(self) -> None:
        curve = fit_learning_curve(AMOUNTS, [2.0, 2.2, 2.5, 2.7, 3.0, 3.2])
        assert curve.forecast(180).error_px > 2.3

    def test_is_repeatable(self) -> None:
        y = power_law(AMOUNTS, 1, 20, 0.7)
        assert fit_learning_curve(AMOUNTS, y).forecast(180) == fit_learning_curve(AMOUNTS, y).forecast(180)


class TestForecast:
    @pytest.mark.parametrize(
        ("a", "b", "c", "noise"), [(1.0, 30.0, 0.8, 0.1), (0.0, 12.0, 0.4, 0.05), (1.5, 300.0, 1.2, 0.2)]
    )
    def test_the_next_model_lies_in_the_interval_nine_times_in_ten(
        self, a: float, b: float, c: float, noise: float
    ) -> None:
        rng, inside, rounds = np.random.default_rng(11), 0, 150
        for _ in range(rounds):
            measured = power_law(AMOUNTS, a, b, c) * np.exp(noise * rng.normal(size=len(AMOUNTS)))
            ahead = fit_learning_curve(AMOUNTS, measured).forecast(200)
            following = float(power_law(200.0, a, b, c) * np.exp(noise * rng.normal()))
            inside += ahead.low_px <= following <= ahead.high_px
        assert inside / rounds >= 0.82

    def test_is_nearer_than_to_say_that_nothing_changes(self) -> None:
        rng, own, plain = np.random.default_rng(5), [], []
        for _ in range(100):
            measured = power_law(AMOUNTS, 0.5, 40, 0.8) * np.exp(0.08 * rng.normal(size=len(AMOUNTS)))
            truth = float(power_law(320.0, 0.5, 40, 0.8))
            ahead = fit_learning_curve(AMOUNTS, measured).forecast(320)
            own.append(abs(np.log(ahead.error_px / truth)))
            plain.append(abs(np.log(measured[-1] / truth)))
        assert np.mean(own) < 0.6 * np.mean(plain)

    def test_farther_out_is_less_sure(self) -> None:
        curve = fit_learning_curve(AMOUNTS, power_law(AMOUNTS, 1, 30, 0.8))
        near, far = curve.forecast(170), curve.forecast(320)
        assert (far.high_px / far.low_px) > (near.high_px / near.low_px)

    @pytest.mark.parametrize("labels", [0, -5, 321, float("nan"), float("inf")])
    def test_too_far_out_is_refused(self, labels: float) -> None:
        curve = fit_learning_curve(AMOUNTS, power_law(AMOUNTS, 1, 30, 0.8))
        with pytest.raises(BadCurve):
            curve.forecast(labels)


class TestRefusals:
    def test_too_few_models(self) -> None:
        with pytest.raises(TooFewPoints, match="4 models with 3 different") as caught:
            fit_learning_curve([20, 40, 60], [3, 2, 1])
        assert caught.value.data == {"points": 3, "amounts": 3}

    def test_the_same_amount_again_and_again(self) -> None:
        with pytest.raises(TooFewPoints):
            fit_learning_curve([20, 20, 20, 40], [3, 2.9, 3.1, 2])

    def test_amounts_that_lie_together(self) -> None:
        with pytest.raises(TooFewPoints, match="too alike"):
            fit_learning_curve([20, 22, 24, 26], [3, 2.9, 3.1, 2])

    @pytest.mark.parametrize("bad", [0.0, -1.0, float("nan"), float("inf")])
    def test_errors_that_cannot_be(self, bad: float) -> None:
        with pytest.raises(BadCurve):
            fit_learning_curve([20, 40, 60, 80], [3, 2, bad, 1])
