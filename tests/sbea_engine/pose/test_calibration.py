import json
from math import inf, nan

import numpy as np
import pytest

from sbea_engine.pose.calibration import ENOUGH, MANY, Calibration, calibrate, calibrate_by_count, logit_of
from sbea_engine.pose.metrics import calibration_figures

NO_NUMBER: tuple[object, ...] = (None, True, "1", [1], {}, nan)
NO_KNOTS: tuple[object, ...] = (None, 3, "ab", {}, [1], [[1]], [[1, 0.5, 2]], ["ab"], [[0, None]])


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


class TestCalibrateByCount:
    def test_few_points_give_slope_and_offset(self) -> None:
        logit, right = drawn(MANY - 1, slope=0.4, offset=0.0)
        assert calibrate_by_count(logit, right) == calibrate(logit, right)
        logit, right = drawn(3 * MANY, slope=0.4, offset=6.0)
        assert (~right).sum() < ENOUGH
        assert calibrate_by_count(logit, right) == calibrate(logit, right)

    def test_many_points_give_any_rising_curve(self) -> None:
        """A head whose logit says nothing above 0, which no slope and offset can mend."""
        rng = np.random.default_rng(3)
        logit, other = (rng.uniform(-4, 4, n).astype(np.float32) for n in (4000, 4000))

        def probability(x: np.ndarray) -> np.ndarray:
            return np.where(x < -2, 0.05, np.where(x < 0, 0.5, 0.8))

        fitted = calibrate_by_count(logit, rng.random(4000) < probability(logit))
        outcome = rng.random(4000) < probability(other)
        mine = calibration_figures(fitted.apply(other).astype(float), outcome)["ece"]
        platt = calibrate(logit, rng.random(4000) < probability(logit))
        assert mine < 0.03
        assert mine < 0.6 * calibration_figures(platt.apply(other).astype(float), outcome)["ece"]
        curve = fitted.apply(np.linspace(-9, 9, 500).astype(np.float32))
        assert (np.diff(curve) >= 0).all()
        assert 0 < curve[0] < curve[-1] < 1

    def test_json_form_is_the_old_one_where_there_are_no_knots(self) -> None:
        assert set(Calibration().to_dict()) == {"slope", "offset", "n", "right"}
        assert Calibration.from_dict({"slope": 0.9, "offset": 0.1, "n": 2, "right": 0.5}).slope == 0.9
        knotted = Calibration(knots=((-1.0, 0.2), (1.0, 0.9)))
        assert Calibration.from_dict(knotted.to_dict()) == knotted

    @pytest.mark.parametrize("fitted", [drawn(20, 0.4, 0.0), drawn(3 * MANY, 0.4, 0.0), drawn(0, 1.0, 0.0)])
    def test_what_is_fitted_can_be_read(self, fitted: tuple[np.ndarray, np.ndarray]) -> None:
        found = calibrate_by_count(*fitted)
        assert Calibration.from_dict(json.loads(json.dumps(found.to_dict()))) == found

    @pytest.mark.parametrize(
        "change",
        [
            *({name: value} for name in ("slope", "offset", "n") for value in NO_NUMBER),
            *({name: value} for name in ("slope", "offset") for value in (inf, -inf, 1e300, 10**400)),
            *({"slope": value} for value in (0, -1.0, 1e-300)),
            *({"n": value} for value in (-1, 1.5, 10**20)),
            *({"right": value} for value in (-0.1, 1.1, nan, True, "x", [1])),
            *({"knots": value} for value in NO_KNOTS),
            *(
                {"knots": [knot]}
                for knot in ([nan, 0.5], [inf, 0.5], [0.0, nan], [0.0, -0.1], [0, 1.1], [True, 1])
            ),
            {"knots": [[1.0, 0.2], [0.0, 0.9]]},
            {"knots": [[0.0, 0.9], [1.0, 0.2]]},
            {"other": 1},
        ],
        ids=repr,
    )
    def test_damaged(self, change: dict[str, object]) -> None:
        with pytest.raises((TypeError, ValueError)):
            Calibration.from_dict({**Calibration().to_dict(), **change})

    @pytest.mark.parametrize("name", ["slope", "offset", "n", "right"])
    def test_without_a_part(self, name: str) -> None:
        document = Calibration().to_dict()
        del document[name]
        with pytest.raises(KeyError, match=name):
            Calibration.from_dict(document)


def test_logit_of_certainties_is_finite() -> None:
    found = logit_of([0.0, 0.5, 1.0, np.nan])
    assert np.isfinite(found[:3]).all()
    assert found[1] == 0
    assert np.isnan(found[3])
