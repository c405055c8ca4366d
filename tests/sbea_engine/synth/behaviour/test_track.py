from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from scipy.interpolate import BSpline

from sbea_engine.synth.behaviour.clock import RATE_HZ
from sbea_engine.synth.behaviour.track import sample, steps_for

from .conftest import play


@pytest.mark.parametrize("fps", [10.0, 15.0, 30.0, 59.94])
def test_curve_is_the_cubic_spline_of_the_steps(fps: float) -> None:
    frames = 40
    steps = np.random.default_rng(0).normal(size=(steps_for(frames, fps), 3))
    knots = np.arange(-3, len(steps) + 1.0)
    expected = BSpline(knots, steps, 3)(np.arange(frames) * RATE_HZ / fps)
    np.testing.assert_allclose(sample(steps, 0, frames, fps).T, expected, atol=1e-12)


def test_a_piece_is_the_same_as_that_part_of_the_whole() -> None:
    steps = np.random.default_rng(1).normal(size=(steps_for(200, 30.0), 2))
    whole = sample(steps, 0, 200, 30.0)
    np.testing.assert_array_equal(sample(steps, 70, 130, 30.0), whole[:, 70:130])


@pytest.mark.parametrize("frames", [2, 37, 400])
def test_bouts_of_any_length_leave_no_gap(frames: int) -> None:
    cast = play(3, animals=2, frames=frames)
    for course in cast.courses:
        found = course.bouts()
        assert found[0].first_frame == 0
        assert found[-1].last_frame == frames - 1
        for before, after in pairwise(found):
            assert after.first_frame == before.last_frame + 1
