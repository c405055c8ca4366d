from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from sbea_engine.synth.masks import BadMask, decode_mask, encode_mask


@settings(max_examples=60, deadline=None)
@given(
    arrays(np.bool_, array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=40), elements=st.booleans())
)
def test_round_trip(mask: np.ndarray) -> None:
    np.testing.assert_array_equal(decode_mask(encode_mask(mask)), mask)


def test_long_runs_and_full_and_empty_masks_round_trip() -> None:
    for mask in (np.zeros((480, 640), bool), np.ones((480, 640), bool), np.eye(300, dtype=bool)):
        np.testing.assert_array_equal(decode_mask(encode_mask(mask)), mask)


def test_agrees_with_codes_worked_out_by_hand() -> None:
    # Columns first: 0 1 | 1 1 | 0 0 -> runs 1, 3, 2; one character a run, 48 added.
    assert encode_mask(np.array([[0, 1, 0], [1, 1, 0]], bool)) == {"size": [2, 3], "counts": "132"}
    # Starting with foreground: an empty run of background comes first. 100 = 4 + 3 * 32, low bits first.
    assert encode_mask(np.ones((10, 10), bool))["counts"] == "0" + chr(48 + 4 + 32) + chr(48 + 3)
    # From the fourth run on, the change since the run before last: runs 1 1 1 1 1 1 -> 1 1 1 0 0 0.
    assert encode_mask(np.array([[0, 0, 0], [1, 1, 1]], bool))["counts"] == "111000"


@pytest.mark.parametrize(
    "rle",
    [
        {"size": [2, 3], "counts": "13"},
        {"size": [2, 3], "counts": "132~~~~~~~~~~~~"},
        {"size": [2, 3], "counts": "13 "},
        {"size": [2], "counts": "132"},
        {"size": [2, 3]},
        {"size": [2, 3], "counts": "1é2"},
    ],
)
def test_a_damaged_code_is_refused(rle: dict) -> None:
    with pytest.raises(BadMask):
        decode_mask(rle)
