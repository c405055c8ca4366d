"""What a keypoint may become."""

from __future__ import annotations

import math

import pytest

from webapp.annotation.keypoints import (
    Change,
    Origin,
    VisibilityName,
    blank,
    decided_count,
    fitted,
    placed_count,
)


def change(x: float | None, y: float | None, visibility: str = "visible") -> Change:
    return Change(x=x, y=y, visibility=VisibilityName(visibility))


@pytest.mark.parametrize(
    ("x", "y"), [(0, 0), (-0.5, -0.5), (191.5, 111.5), (-2.5, 50), (193.5, 113.5), (10.25, 20.75)]
)
def test_positions_in_the_frame_or_just_beside_it(x: float, y: float) -> None:
    assert change(x, y).fault(width=192, height=112) is None


@pytest.mark.parametrize(
    ("x", "y"),
    [
        (-2.6, 0),
        (0, -2.6),
        (193.6, 0),
        (0, 113.6),
        (math.nan, 0),
        (0, math.inf),
        (None, 0),
        (0, None),
        (None, None),
    ],
)
def test_positions_elsewhere_or_nowhere(x: float | None, y: float | None) -> None:
    assert change(x, y).fault(width=192, height=112)


@pytest.mark.parametrize("visibility", ["absent", "unlabelled"])
def test_without_place_without_position(visibility: str) -> None:
    assert change(None, None, visibility).fault(width=192, height=112) is None
    assert change(1, None, visibility).fault(width=192, height=112)
    assert change(1, 1, visibility).fault(width=192, height=112)


def test_an_array_follows_the_skeleton() -> None:
    one = change(1, 2).keypoint(Origin.HUMAN)
    assert fitted([one], 3) == [one, blank(), blank()]
    assert fitted([one, blank(), blank()], 2) == [one, blank()]


def test_counts() -> None:
    points = [change(1, 2).keypoint(Origin.HUMAN), change(1, 2, "guessed").keypoint(Origin.DEMO)]
    points += [change(None, None, "absent").keypoint(Origin.HUMAN), blank()]
    assert (placed_count(points), decided_count(points)) == (2, 3)
