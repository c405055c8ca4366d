from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from sbea_engine.geometry import distort, fold_radius, undistort

LENSES = [
    (-0.28, 0.09, 0.0, 0.0, 0.0),
    (0.12, -0.05, 5e-4, -8e-4, 0.01),
    (-0.4, 0.2, 1e-3, 1e-3, -0.06),
    (0.0, 0.0, 3e-3, -2e-3, 0.0),
    (-0.9, 0.0, 0.0, 0.0, 0.0),
    (0.5, 0.5, 0.0, 0.0, 0.5),
]


def grid(radius: float, count: int = 41) -> np.ndarray:
    axis = np.linspace(-radius, radius, count)
    points = np.stack(np.meshgrid(axis, axis), -1).reshape(-1, 2)
    return np.asarray(points[np.hypot(*points.T) < radius])


@pytest.mark.parametrize("lens", LENSES)
def test_distort_agrees_with_opencv(lens: tuple[float, ...]) -> None:
    points = grid(min(0.8, 0.99 * fold_radius(lens)))
    there = np.column_stack([points, np.ones(len(points))])
    expected, _ = cv2.projectPoints(there, np.zeros(3), np.zeros(3), np.eye(3), np.array(lens))
    np.testing.assert_allclose(distort(points, lens), expected[:, 0], atol=1e-12)


@pytest.mark.parametrize("lens", LENSES)
def test_undistort_agrees_with_opencv(lens: tuple[float, ...]) -> None:
    bent = distort(grid(min(0.5, 0.6 * fold_radius(lens))), lens)
    many = (cv2.TERM_CRITERIA_COUNT | cv2.TERM_CRITERIA_EPS, 500, 1e-14)
    expected = cv2.undistortPoints(bent[:, None], np.eye(3), np.array(lens), criteria=many)
    np.testing.assert_allclose(undistort(bent, lens), expected[:, 0], atol=1e-9)


@pytest.mark.parametrize("lens", LENSES)
def test_undistort_undoes_distort_up_to_the_fold(lens: tuple[float, ...]) -> None:
    points = grid(min(2.0, 0.999 * fold_radius(lens)))
    np.testing.assert_allclose(undistort(distort(points, lens), lens), points, atol=1e-7)


@given(
    lens=arrays(np.float64, 5, elements=st.floats(-0.6, 0.6)),
    tangential=arrays(np.float64, 2, elements=st.floats(-0.02, 0.02)),
    share=st.floats(0.01, 0.98),
    angle=st.floats(0, 6.3),
)
def test_inside_the_fold_radius_every_lens_can_be_inverted(
    lens: np.ndarray, tangential: np.ndarray, share: float, angle: float
) -> None:
    lens[2:4] = tangential
    radius = share * min(fold_radius(lens), 3.0)
    point = radius * np.array([np.cos(angle), np.sin(angle)])
    np.testing.assert_allclose(undistort(distort(point, lens), lens), point, atol=1e-6)


def test_the_fold_of_a_barrel_lens_is_where_the_radius_stops_growing() -> None:
    # r (1 - 0.3 r^2) is largest at r = 1 / sqrt(0.9)
    assert fold_radius((-0.3, 0, 0, 0, 0)) == pytest.approx(1 / np.sqrt(0.9))
    assert fold_radius((0.3, 0, 0, 0, 0)) == np.inf
    assert fold_radius((0, 0, 0, 0, 0)) == np.inf


def test_beyond_the_fold_there_is_no_answer() -> None:
    lens = (-0.3, 0, 0, 0, 0)
    edge = 1 / np.sqrt(0.9)
    assert np.isnan(distort((edge * 1.001, 0), lens)).all()
    assert np.isfinite(distort((edge * 0.999, 0), lens)).all()
    furthest = edge * (1 - 0.3 * edge**2)
    assert np.isnan(undistort([(furthest * 1.001, 0), (0, 5.0)], lens)).all()
    assert np.isfinite(undistort((furthest * 0.999, 0), lens)).all()


@pytest.mark.parametrize("lens", [LENSES[0], (0.0,) * 5])
def test_shapes_and_nan_pass_through(lens: tuple[float, ...]) -> None:
    points = np.full((2, 3, 2), 0.1)
    points[1, 2] = np.nan
    points[0, 0, 1] = np.nan
    for bent in (distort(points, lens), undistort(points, lens)):
        assert bent.shape == (2, 3, 2)
        assert np.isnan(bent[1, 2]).all()
        assert np.isfinite(bent[0, 1:]).all()
    assert undistort(np.empty((0, 2)), lens).shape == (0, 2)
    assert np.isnan(undistort((np.inf, 0.0), LENSES[0])).all()
