"""Which keypoints are tied to which, and how far apart on one animal they can be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from sbea_engine.data import LabelSet
from sbea_engine.nn.card import number
from sbea_engine.pose.plan import MOST_LENGTH_PX, median_extent, read_lengths

REACH_MARGIN = 1.3
"""Two keypoints may lie this many times as far apart as on the animal that was labelled most stretched."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Links:
    """How the keypoints of one animal hang together.

    Attributes:
        edges: (from, to) places on the keypoint axis; an affinity field is learned for each.
        reach_px: (keypoint, keypoint) largest distance of two keypoints of one animal, source pixels.
        extent_px: Median over labelled animals of the largest distance within one, source pixels.
    """

    edges: tuple[tuple[int, int], ...]
    reach_px: NDArray[np.float32]
    extent_px: float

    def scaled(self, factor: float) -> Links:
        """The same in other pixels."""
        return Links(
            edges=self.edges, reach_px=self.reach_px * np.float32(factor), extent_px=self.extent_px * factor
        )

    def to_dict(self) -> dict[str, Any]:
        """JSON form; `from_dict` reads it back."""
        return {
            "edges": [list(edge) for edge in self.edges],
            "reach_px": [[round(float(d), 3) for d in row] for row in self.reach_px],
            "extent_px": self.extent_px,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any], keypoints: int) -> Self:
        """Build from the JSON form; raises ValueError, KeyError or TypeError where it is damaged."""
        reach = read_lengths(data["reach_px"], (keypoints, keypoints), "reach_px").astype(np.float32)
        if (reach < 0).any():
            raise ValueError("'reach_px' is not of lengths")
        edges = tuple((a, b) for a, b in data["edges"])
        if any(type(k) is not int or not 0 <= k < keypoints for edge in edges for k in edge):
            raise ValueError(f"an edge is not between two of {keypoints} keypoints")
        return cls(edges=edges, reach_px=reach, extent_px=number(data, "extent_px", 0.0, MOST_LENGTH_PX))


def make_links(labels: LabelSet) -> Links:
    """The skeleton's edges, and where these leave parts unconnected the shortest ties between the parts.

    Without edges that is a minimum spanning tree (Kruskal 1956) over the mean distances of keypoints on
    labelled animals. Keypoints that were never labelled together on an animal are not tied.
    """
    distance = _distances(labels)
    seen = np.isfinite(distance)
    times = seen.sum(axis=0)
    total = np.where(seen, distance, 0.0).sum(axis=0)
    mean = np.where(times > 0, total / np.maximum(times, 1), np.inf)
    longest = np.where(seen, distance, 0.0).max(axis=0, initial=0.0)
    everywhere = float(longest.max(initial=0.0))
    reach = REACH_MARGIN * np.where(times > 0, longest, everywhere)
    return Links(
        edges=_spanning(labels, mean), reach_px=reach.astype(np.float32), extent_px=median_extent(labels)
    )


def _distances(labels: LabelSet) -> NDArray[np.float64]:
    """(animal of a frame, keypoint, keypoint), NaN where one of the two is not placed."""
    points = labels.points_px.reshape(-1, len(labels.skeleton), 2).astype(np.float64)
    distance: NDArray[np.float64] = np.linalg.norm(points[:, :, None] - points[:, None], axis=-1)
    return distance


def _spanning(labels: LabelSet, mean: NDArray[np.float64]) -> tuple[tuple[int, int], ...]:
    skeleton = labels.skeleton
    part = list(range(len(skeleton)))
    edges = [(skeleton.index(a), skeleton.index(b)) for a, b in skeleton.edges]
    edges = list({frozenset(edge): edge for edge in edges}.values())  # an edge drawn twice is one
    for a, b in edges:
        part = _joined(part, a, b)
    ties = [(float(mean[a, b]), a, b) for a in range(len(part)) for b in range(a + 1, len(part))]
    for length, a, b in sorted(ties):
        if np.isfinite(length) and part[a] != part[b]:
            part = _joined(part, a, b)
            edges.append((a, b))
    return tuple(edges)


def _joined(part: list[int], a: int, b: int) -> list[int]:
    return [part[a] if p == part[b] else p for p in part]
