import numpy as np
import pytest

from sbea_engine.pose.calibration import Calibration, calibrate
from sbea_engine.pose.metrics import calibration_figures


def drawn(count: int, slope: float, offset: float) -> tuple[np.ndarray, np.ndarray]:
    """Logits of a head that is wrongly scaled, and outcomes that follow the true probability."""
    rng = np.random.default_rng(0)
    logit = rng.normal(1, 3, count).astype(np.float32)
    return logit, rng.random(count) < 1 / (1 + np.exp(-(slope * logit + offset)))


class TestCalibrate:
    def test_finds_the_scale_of_a_head_that_is_too_sure(self) -> None:
        logit, right = drawn(20_000, slope=0.4, offset=-0.5)
        found = calibrate(logit, right)
        assert found.slope == pytest.approx(0.4, abs=0.02)
        assert found.offset == pytest.approx(-0.5, abs=0.05)
        before = calibration_figures(Calibration().apply(logit).astype(float), right)["ece"]
        after = calibration_figures(found.apply(logit).astype(float), right)["ece"]
        assert after < 0.02 < before

    def test_few_points_that_are_all_right_do_not_make_it_certain(self) -> None:
        found = calibrate(np.full(8, 2.0, dtype=np.float32), np.ones(8, dtype=bool))
        assert 0.88 < float(found.apply(np.full(1, 2.0, dtype=np.float32))[0]) < 0.999
        assert float(found.apply(np.full(1, -4.0, dtype=np.float32))[0]) < 0.5

    def test_keeps_the_order(self) -> None:
        logit, right = drawn(40, slope=0.4, offset=0.0)
        assert calibrate(logit, ~right).slope > 0

    def test_without_points_it_changes_nothing(self) -> None:
        assert calibrate(np.zeros(0, dtype=np.float32), np.zeros(0, dtype=bool)) == Calibration()
