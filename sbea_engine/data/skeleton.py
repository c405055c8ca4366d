"""The skeleton: named keypoints, edges between them, left/right pairs and a heading axis."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from sbea_engine.data.names import is_plain_text
from sbea_engine.errors import BadInput

MAX_KEYPOINTS = 512
MAX_NAME_LENGTH = 80


class BadSkeleton(BadInput):
    """The description of a skeleton contradicts itself."""

    code = "bad_skeleton"


@dataclass(frozen=True, slots=True, kw_only=True)
class Skeleton:
    """Keypoints of one kind of animal.

    Attributes:
        keypoints: Unique names, in the order of the keypoint axis of every array.
        edges: Pairs of names to draw a line between.
        symmetric: (left, right) pairs; mirrored images swap them.
        heading: (rear, front) pair that gives the body axis, or None.
    """

    keypoints: tuple[str, ...]
    edges: tuple[tuple[str, str], ...] = ()
    symmetric: tuple[tuple[str, str], ...] = ()
    heading: tuple[str, str] | None = None

    def __post_init__(self) -> None:
        if not 1 <= len(self.keypoints) <= MAX_KEYPOINTS:
            raise BadSkeleton(f"A skeleton has 1 to {MAX_KEYPOINTS} keypoints, got {len(self.keypoints)}.")
        for name in self.keypoints:
            if not isinstance(name, str) or not name.strip() or len(name) > MAX_NAME_LENGTH:
                raise BadSkeleton(f"Keypoint name {name!r} is not 1 to {MAX_NAME_LENGTH} characters of text.")
            if not is_plain_text(name):
                raise BadSkeleton(f"Keypoint name {name!a} holds control characters. Rename the keypoint.")
        repeated = sorted({n for n in self.keypoints if self.keypoints.count(n) > 1})
        if repeated:
            raise BadSkeleton(f"Keypoint names must be unique; repeated: {', '.join(repeated)}.")
        pairs = [*self.edges, *self.symmetric, *([self.heading] if self.heading else [])]
        for pair in pairs:
            if len(pair) != 2 or pair[0] == pair[1]:
                raise BadSkeleton(f"{pair!r} is not a pair of two different keypoints.")
            unknown = [n for n in pair if n not in self.keypoints]
            if unknown:
                raise BadSkeleton(f"Unknown keypoint {unknown[0]!r}; known: {', '.join(self.keypoints)}.")
        mirrored = [name for pair in self.symmetric for name in pair]
        if len(set(mirrored)) != len(mirrored):
            raise BadSkeleton("A keypoint belongs to at most one left/right pair.")

    def __len__(self) -> int:
        return len(self.keypoints)

    def index(self, name: str) -> int:
        """Position of a keypoint on the keypoint axis; raises `BadSkeleton` when unknown."""
        if name not in self.keypoints:
            raise BadSkeleton(f"Unknown keypoint {name!r}; known: {', '.join(self.keypoints)}.")
        return self.keypoints.index(name)

    @property
    def flip_index(self) -> NDArray[np.intp]:
        """Permutation of the keypoint axis that a mirrored image needs."""
        order = np.arange(len(self.keypoints), dtype=np.intp)
        for left, right in self.symmetric:
            a, b = self.index(left), self.index(right)
            order[a], order[b] = b, a
        return order

    def to_dict(self) -> dict[str, Any]:
        """JSON form; `from_dict` reads it back."""
        return {
            "keypoints": list(self.keypoints),
            "edges": [list(e) for e in self.edges],
            "symmetric": [list(p) for p in self.symmetric],
            "heading": list(self.heading) if self.heading else None,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Build from the JSON form; raises `BadSkeleton` with what is wrong."""
        if not isinstance(data, Mapping):
            raise BadSkeleton(f"A skeleton is an object with 'keypoints', got {type(data).__name__}.")
        unknown = set(data) - {"keypoints", "edges", "symmetric", "heading"}
        if unknown:
            raise BadSkeleton(f"Unknown skeleton field: {', '.join(sorted(map(str, unknown)))}.")
        heading = data.get("heading")
        return cls(
            keypoints=_names(data.get("keypoints"), "keypoints"),
            edges=_pairs(data.get("edges"), "edges"),
            symmetric=_pairs(data.get("symmetric"), "symmetric"),
            heading=_pairs([heading], "heading")[0] if heading else None,
        )


def _names(value: Any, field: str) -> tuple[str, ...]:
    # a bare text would otherwise fall apart into its letters
    if not isinstance(value, list | tuple) or not all(isinstance(name, str) for name in value):
        raise BadSkeleton(f"'{field}' must be a list of names, got {_shown(value)}.")
    return tuple(value)


def _pairs(value: Any, field: str) -> tuple[tuple[str, str], ...]:
    if value is None:
        return ()
    pairs = [_names(pair, field) for pair in value] if isinstance(value, list | tuple) else [()]
    if any(len(pair) != 2 for pair in pairs):
        raise BadSkeleton(f"'{field}' must hold pairs of names, got {_shown(value)}.")
    return tuple((pair[0], pair[1]) for pair in pairs)


def _shown(value: Any) -> str:
    return repr(value)[:80]
