from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sbea_engine.data import Skeleton
from sbea_engine.data.skeleton import MAX_KEYPOINTS, BadSkeleton

MOUSE = Skeleton(
    keypoints=("snout", "left ear", "right ear", "tail"),
    edges=(("snout", "tail"),),
    symmetric=(("left ear", "right ear"),),
    heading=("tail", "snout"),
)

letters = st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp"))
names = st.lists(
    st.text(letters, min_size=1, max_size=20).filter(str.strip), min_size=2, max_size=8, unique=True
)


class TestSkeleton:
    def test_flip_index_swaps_pairs_only(self) -> None:
        np.testing.assert_array_equal(MOUSE.flip_index, [0, 2, 1, 3])
        np.testing.assert_array_equal(MOUSE.flip_index[MOUSE.flip_index], np.arange(4))

    def test_json_round_trip(self) -> None:
        assert Skeleton.from_dict(json.loads(json.dumps(MOUSE.to_dict()))) == MOUSE

    @given(keypoints=names)
    def test_any_names_round_trip(self, keypoints: list[str]) -> None:
        skeleton = Skeleton(keypoints=tuple(keypoints), edges=((keypoints[0], keypoints[1]),))
        assert Skeleton.from_dict(json.loads(json.dumps(skeleton.to_dict()))) == skeleton

    def test_index(self) -> None:
        assert MOUSE.index("tail") == 3
        with pytest.raises(BadSkeleton, match="Unknown keypoint 'nose'; known: snout"):
            MOUSE.index("nose")

    @pytest.mark.parametrize(
        ("changes", "reason"),
        [
            ({"keypoints": ()}, "1 to 512"),
            ({"keypoints": tuple(str(n) for n in range(MAX_KEYPOINTS + 1))}, "got 513"),
            ({"keypoints": ("a", "a")}, "repeated: a"),
            ({"keypoints": ("a", "  ")}, "'  '"),
            ({"keypoints": ("a", "b" * 81)}, "1 to 80 characters"),
            ({"keypoints": ("a", "b\x1b[2J")}, r"'b\\x1b\[2J' holds control characters"),
            ({"keypoints": ("a\nb", "c")}, "holds control characters"),
            ({"keypoints": ("a", "\ud800")}, r"'\\ud800' holds control characters"),
            ({"keypoints": ("a", "b"), "edges": (("a", "c"),)}, "Unknown keypoint 'c'"),
            ({"keypoints": ("a", "b"), "edges": (("a", "a"),)}, "two different"),
            ({"keypoints": ("a", "b"), "heading": ("a", "x")}, "Unknown keypoint 'x'"),
            ({"keypoints": ("a", "b", "c"), "symmetric": (("a", "b"), ("b", "c"))}, "at most one"),
        ],
    )
    def test_contradictions_are_named(self, changes: dict[str, Any], reason: str) -> None:
        with pytest.raises(BadSkeleton, match=reason):
            Skeleton(**changes)


class TestFromDict:
    @pytest.mark.parametrize(
        ("data", "reason"),
        [
            ([], "an object"),
            ({}, "'keypoints' must be a list"),
            ({"keypoints": "abc"}, "'keypoints' must be a list of names, got 'abc'"),
            ({"keypoints": ["a", 1]}, "list of names"),
            ({"keypoints": ["a", "b"], "edges": ["ab"]}, "'edges' must be a list of names"),
            ({"keypoints": ["a", "b"], "edges": [["a"]]}, "pairs of names"),
            ({"keypoints": ["a", "b"], "edges": 3}, "pairs of names"),
            ({"keypoints": ["a", "b", "c"], "heading": ["a", "b", "c"]}, "pairs of names"),
            ({"keypoints": ["a"], "colour": "red"}, "Unknown skeleton field: colour"),
        ],
    )
    def test_other_shapes_are_refused(self, data: Any, reason: str) -> None:
        with pytest.raises(BadSkeleton, match=reason):
            Skeleton.from_dict(data)

    def test_optional_fields_may_be_absent_or_null(self) -> None:
        assert Skeleton.from_dict({"keypoints": ["a"], "heading": None, "edges": None}) == Skeleton(
            keypoints=("a",)
        )
