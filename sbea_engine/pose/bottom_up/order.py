"""The place of each animal on the individual axis: the one of the nearest animal in the frame before.

This is no identity. Animals that look alike, cross, or leave and come back may have changed places since.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

NEVER_SEEN = 1e9
"""Cost of a place that no animal has had: any other animal's old place is nearer."""


class Places:
    """Places of animals along one stream of frames; a new stream begins with a new one of these."""

    def __init__(self) -> None:
        self._last: NDArray[np.float32] | None = None

    def __call__(
        self, points_px: NDArray[np.float32], confidence: NDArray[np.float32]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Frames that follow one another, with their animals reordered.

        The sum of the distances to where the animals were last seen is least in each frame (Kuhn 1955). A
        place waits for its animal where that is not found.

        Args:
            points_px: (frame, individual, keypoint, 2), NaN where nothing was found.
            confidence: (frame, individual, keypoint).
        """
        points, trust = points_px.copy(), confidence.copy()
        for frame in range(len(points)):
            order = self._order(points[frame])
            points[frame], trust[frame] = points[frame][order], trust[frame][order]
            self._remember(points[frame])
        return points, trust

    def _order(self, found: NDArray[np.float32]) -> NDArray[np.intp]:
        if self._last is None:
            return np.arange(len(found))
        cost = [[_apart(last, now) for now in found] for last in self._last]
        return np.asarray(linear_sum_assignment(np.array(cost))[1])

    def _remember(self, found: NDArray[np.float32]) -> None:
        if self._last is None:
            self._last = found.copy()
        there = np.isfinite(found).all(-1).any(-1)
        self._last[there] = found[there]


def surest_first(
    points_px: NDArray[np.float32], confidence: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Each frame by itself: its animals by falling mean confidence; arguments as of `Places`."""
    order = np.argsort(-confidence.mean(axis=-1), axis=1, kind="stable")
    return (
        np.take_along_axis(points_px, order[:, :, None, None], axis=1),
        np.take_along_axis(confidence, order[:, :, None], axis=1),
    )


def _apart(last: NDArray[np.float32], now: NDArray[np.float32]) -> float:
    """Pixels between two poses (keypoint, 2): the mean over keypoints that both have, else middle to middle.

    Nothing found costs nothing, wherever it is put.
    """
    if not np.isfinite(now).any():
        return 0.0
    if not np.isfinite(last).any():
        return NEVER_SEEN
    each = np.linalg.norm(last - now, axis=-1)
    if np.isfinite(each).any():
        return float(np.nanmean(each))
    return float(np.linalg.norm(np.nanmean(last, axis=0) - np.nanmean(now, axis=0)))
