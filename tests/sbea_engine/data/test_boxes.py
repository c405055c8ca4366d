from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from sbea_engine.data.boxes import BadBoxes, Boxes

NONE = [np.nan] * 4


def boxes(edges: Any, *, frames: Any = (2, 5), individuals: tuple[str, ...] = ("a", "b")) -> Boxes:
    return Boxes(
        individuals=individuals, frames=np.array(frames, np.int64), edges_px=np.array(edges, np.float32)
    )


GOOD: list[Any] = [[[0, 1, 8, 9], NONE], [[4, 4, 6, 6], [-2, 0, 9, 3]]]


def test_of_a_frame() -> None:
    some = boxes(GOOD)
    assert len(some) == 2
    np.testing.assert_array_equal(some.of(5), np.array(GOOD[1], np.float32))
    np.testing.assert_array_equal(some.of(2)[0], [0, 1, 8, 9])
    assert np.isnan(some.of(3)).all()
    assert some.of(99).shape == (2, 4)


def test_checksum_tells_boxes_apart() -> None:
    moved = [GOOD[0], [[4, 4, 6, 7], GOOD[1][1]]]
    assert boxes(GOOD).checksum == boxes(GOOD).checksum
    assert len({b.checksum for b in (boxes(GOOD), boxes(moved), boxes(GOOD, frames=(2, 6)))}) == 3


@pytest.mark.parametrize(
    ("edges", "words"),
    [
        ([[[0, 1, 0, 9], NONE], GOOD[1]], "frame 2, a: a box has a width"),
        ([GOOD[0], [GOOD[1][0], [5, 9, 7, 3]]], "frame 5, b: a box has a width"),
        ([[[0, 1, np.nan, 9], NONE], GOOD[1]], "all of its edges"),
        ([[[0, 1, np.inf, 9], NONE], GOOD[1]], "all of its edges"),
        ([GOOD[0]], "must have shape"),
    ],
)
def test_what_is_no_box_is_named(edges: Any, words: str) -> None:
    with pytest.raises(BadBoxes, match=words):
        boxes(edges)


@pytest.mark.parametrize("frames", [(5, 2), (2, 2), (-1, 2)])
def test_frames_are_in_order(frames: Any) -> None:
    with pytest.raises(BadBoxes, match="strictly increasing"):
        boxes(GOOD, frames=frames)


def test_which_boxes_are_outside_a_picture() -> None:
    """Of 20 x 10 pixels, whose outer edges are at -0.5, 19.5 and 9.5."""
    inside = [[-9, -9, 0, 0], [19, 9, 30, 30]]
    some = boxes([inside, [[-9, 0, -0.5, 9], NONE], [[19.5, 0, 30, 9], [0, 9.5, 9, 30]]], frames=(0, 1, 2))
    assert some.outside(20, 10).tolist() == [[False, False], [True, False], [True, True]]
    assert some.outside(1000, 1000).tolist() == [[False, False], [True, False], [False, False]]


@pytest.mark.parametrize("name", ["a\nb", "a\0", "\x1b[31mred", "a\u2028b", "\ud800", 7, None])
def test_names_are_text_of_one_line(name: Any) -> None:
    with pytest.raises(BadBoxes, match="is no text, or holds control characters"):
        boxes(GOOD, individuals=("a", name))


@pytest.mark.parametrize("individuals", [("a", "a"), ()])
def test_individuals_have_names(individuals: tuple[str, ...]) -> None:
    with pytest.raises(BadBoxes, match="a name of its own"):
        boxes(GOOD, individuals=individuals)
