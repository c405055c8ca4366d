from __future__ import annotations

import numpy as np
import pytest

from sbea_engine.synth.behaviour.acts import plateau, warped
from sbea_engine.synth.behaviour.stage import MAX_WARP


@pytest.mark.parametrize("signs", [(1, 1), (1, -1), (-1, 1), (-1, -1), (0, 0)])
def test_time_warp_runs_from_0_to_1_and_never_back(signs: tuple[int, int]) -> None:
    a, b = (s * m for s, m in zip(signs, MAX_WARP, strict=True))
    share = np.linspace(0, 1, 2001)
    out = warped(share, (a, b))
    assert out[0] == pytest.approx(0, abs=1e-12)
    assert out[-1] == pytest.approx(1, abs=1e-12)
    assert np.diff(out).min() > 0


def test_plateau_rises_and_falls_without_corners() -> None:
    share = np.linspace(0, 1, 4001)
    up = plateau(share, 0.3)
    assert up[0] == up[-1] == 0
    assert up[2000] == 1
    np.testing.assert_allclose(up, up[::-1], atol=1e-12)
    assert np.abs(np.diff(up, 2)).max() * 4000**2 < 6 / 0.3**2  # a step would be beyond all bounds
