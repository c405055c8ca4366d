"""From scores to a batch: frames that are labelled, near others in time or nearly the same are left out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

NEAR = 0.1
"""Frames this near to one another are taken for the same; 1 is the median distance of two candidates."""

PARTS = 4
"""Labelled and chosen frames are at first apart by this part of their mean distance in time."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Pool:
    """All candidates, of all videos.

    Attributes:
        video: intp (candidate,), number of the video.
        frame: int64 (candidate,), index in it.
        labelled: Of each video, int64 (any,), frames that are labelled.
        apart: (candidate, candidate), how unlike two frames are; 1 is the median.
        nearest: (candidate,), how unlike the most similar labelled frame is; infinite where none is labelled.
    """

    video: NDArray[np.intp]
    frame: NDArray[np.int64]
    labelled: tuple[NDArray[np.int64], ...]
    apart: NDArray[np.float64]
    nearest: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.video)

    @property
    def free(self) -> NDArray[np.bool_]:
        """(candidate,), not labelled yet."""
        return self.time_to_labelled > 0

    @property
    def time_to_labelled(self) -> NDArray[np.float64]:
        """(candidate,), frames to the nearest labelled frame of the video; infinite where there is none."""
        result = np.full(len(self), np.inf)
        for number, frames in enumerate(self.labelled):
            own = self.video == number
            if len(frames):
                result[own] = np.abs(self.frame[own][:, None] - frames[None]).min(axis=1)
        return result

    def time_to(self, candidate: int) -> NDArray[np.float64]:
        """(candidate,), frames to this one; infinite in other videos."""
        apart = np.abs(self.frame - self.frame[candidate]).astype(np.float64)
        return np.where(self.video == self.video[candidate], apart, np.inf)

    def spacing(self, count: int) -> int:
        """Frames from one that is chosen or labelled to the next chosen one, to begin with."""
        spans = [int(np.ptp(self.frame[self.video == v])) + 1 for v in np.unique(self.video)]
        labelled = sum(len(frames) for frames in self.labelled)
        return max(1, sum(spans) // (PARTS * (count + labelled)))


def take_highest(pool: Pool, score: NDArray[np.float64], count: int) -> list[int]:
    """Candidates of the highest scores; NaN counts as nothing."""
    value = np.nan_to_num(score, nan=-1.0)
    return _take(pool, count, lambda nearest: value)


def take_diverse(pool: Pool, score: NDArray[np.float64], count: int) -> list[int]:
    """Candidates of high scores that stand for many others of high scores, none of them yet stood for.

    What is lowered step by step is the sum over candidates of score x distance to the nearest frame that is
    labelled or chosen; the gain of a candidate is multiplied by its own score, since a frame on which the
    model is right teaches little.

    Args:
        score: (candidate,) in 0..1, known everywhere.

    References:
        Facility location as an aim of active learning: Wei, Iyer and Bilmes, ICML 2015. That few labels are
        better spent on typical frames than on odd ones: Hacohen, Dekel and Weinshall, ICML 2022.
    """
    limit = float(pool.apart.max(initial=0.0))

    def value(nearest: NDArray[np.float64]) -> NDArray[np.float64]:
        lacking = np.minimum(nearest, limit)
        gain = (score[:, None] * np.maximum(lacking[:, None] - pool.apart, 0.0)).sum(axis=0)
        return np.asarray(gain * score)

    return _take(pool, count, value)


def take_spread(pool: Pool, count: int, taken: Sequence[int] = ()) -> list[int]:
    """Candidates furthest in time from what is labelled or chosen; at first the middle of a video."""
    chosen: list[int] = []
    away = pool.time_to_labelled
    for other in taken:
        away = np.minimum(away, pool.time_to(other))
    for _ in range(min(count, int((away > 0).sum()))):
        first = int(away.argmax())
        if np.isinf(away[first]):
            own = np.flatnonzero(pool.video == pool.video[first])
            first = int(own[len(own) // 2])
        chosen.append(first)
        away = np.minimum(away, pool.time_to(first))
    return chosen


def take_random(pool: Pool, count: int, seed: int) -> list[int]:
    """Candidates by chance, each as likely."""
    free = np.flatnonzero(pool.free)
    drawn = np.random.default_rng(seed).choice(free, min(count, len(free)), replace=False)
    return [int(c) for c in drawn]


def take_clusters(pool: Pool, pictures: NDArray[np.float32], count: int, seed: int) -> list[int]:
    """One candidate of each of `count` clusters of pictures: DeepLabCut's choice of first frames."""
    from sklearn.cluster import KMeans

    free = np.flatnonzero(pool.free)
    data = pictures[free] - pictures[free].mean(axis=0)
    count = min(count, len(np.unique(data, axis=0)))
    if count == 0:
        return []
    model = KMeans(n_clusters=count, n_init=3, random_state=seed).fit(data)
    away = ((data - model.cluster_centers_[model.labels_]) ** 2).sum(axis=1)
    clusters = [np.flatnonzero(model.labels_ == c) for c in np.unique(model.labels_)]
    return [int(free[members[away[members].argmin()]]) for members in clusters]


def _take(
    pool: Pool, count: int, value_of: Callable[[NDArray[np.float64]], NDArray[np.float64]]
) -> list[int]:
    """The candidate of the highest value again and again, until there are `count`.

    Candidates near in time or nearly the same as one that is labelled or chosen are left out. Where none
    remains, the time is halved; at last nearly the same ones are taken too.
    """
    spacing, near = pool.spacing(count), NEAR
    away, nearest, free = pool.time_to_labelled, pool.nearest.copy(), pool.free.copy()
    chosen: list[int] = []
    while len(chosen) < count and free.any():
        allowed = free & (away >= spacing) & (nearest >= near)
        if not allowed.any():
            if spacing > 1:
                spacing //= 2
            else:
                near = 0.0
            continue
        best = int(np.where(allowed, value_of(nearest), -np.inf).argmax())
        chosen.append(best)
        free[best] = False
        away = np.minimum(away, pool.time_to(best))
        nearest = np.minimum(nearest, pool.apart[:, best])
    return chosen
