"""From the peaks of a frame to animals: no peak serves twice, no animal is told twice.

Edge by edge, the pairs of peaks that the fields tie best are paired off (Cao et al. 2017, section 2.3), then
pairs are joined into animals, the surest first. What is left over, because a keypoint that should tie it was
not found, goes to an animal that lacks it and that it can reach.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from sbea_engine.pose.bottom_up.links import Links
from sbea_engine.pose.bottom_up.peaks import Peaks, affinity

MIN_AFFINITY = 0.1
"""Fields that run less well between two peaks than this tie nothing."""

MIN_SHARE = 0.15
"""Height of its peaks over all keypoints, missing ones as 0, that makes a find an animal, on average."""

SAME_EXTENTS, SAME = 0.1, 0.5
"""Two finds are one animal where exp(-d^2 / 2 s^2) of their shared keypoints, s this share of an animal's
extent, is more than the second number on average (after the similarity of keypoints that COCO uses)."""

Group = dict[int, int]
"""Of one animal: keypoint to the number of its peak."""

Tie = tuple[tuple[int, int], tuple[int, int], float]
"""Twice keypoint and number of the peak, and affinity times height."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Assembler:
    """Puts peaks together.

    Attributes:
        links: In working pixels.
        individuals: Animals a frame, at most.
    """

    links: Links
    individuals: int

    def __call__(
        self, peaks: Peaks, fields: NDArray[np.float32]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """The animals of a frame, surest first.

        Args:
            fields: (edge, 2, h, w).

        Returns:
            (individual, keypoint, 2) working pixels, NaN where nothing was found, and (individual, keypoint)
            logits of the peaks, minus infinity there.
        """
        groups = self._joined(peaks, self._ties(peaks, fields))
        animals = [self._poses(peaks, group) for group in self._gathered(peaks, groups)]
        keypoints = len(peaks.logit)
        points = np.full((self.individuals, keypoints, 2), np.nan, dtype=np.float32)
        logit = np.full((self.individuals, keypoints), -np.inf, dtype=np.float32)
        for place, (p, v) in enumerate(self._distinct(animals)[: self.individuals]):
            points[place], logit[place] = p, v
        return points, logit

    def _ties(self, peaks: Peaks, fields: NDArray[np.float32]) -> list[Tie]:
        """Best first; on each edge a peak is in one at most."""
        ties = []
        for (a, b), field in zip(self.links.edges, fields, strict=True):
            start, stop = peaks.points_px[a], peaks.points_px[b]
            if not len(start) or not len(stop):
                continue
            score = affinity(field, start, stop)
            apart = np.linalg.norm(start[:, None] - stop[None], axis=-1)
            possible = (apart <= self.links.reach_px[a, b]) & (score > MIN_AFFINITY)
            # By the geometric mean of heights a sure peak goes with a sure one, not with a second, weak one.
            height = np.sqrt(np.outer(expit(peaks.logit[a]), expit(peaks.logit[b])))
            score = np.where(possible, score * height, 0.0)
            ties += [((a, i), (b, j), float(score[i, j])) for i, j in _pairs(score)]
        return sorted(ties, key=lambda tie: -tie[2])

    def _joined(self, peaks: Peaks, ties: list[Tie]) -> list[Group]:
        """Groups of peaks that ties hold together, each with one peak a keypoint, all peaks used once."""
        of = {(k, i): {k: i} for k, high in enumerate(peaks.logit) for i in range(len(high))}
        for one, other, _ in ties:
            mine, theirs = of[one], of[other]
            if mine is theirs or mine.keys() & theirs.keys():
                continue
            mine.update(theirs)
            of.update(dict.fromkeys(theirs.items(), mine))
        return list({id(group): group for group in of.values()}.values())

    def _gathered(self, peaks: Peaks, groups: list[Group]) -> list[Group]:
        """Groups that are animals, surest first, with what lay about them loose."""
        height = [expit(high) for high in peaks.logit]
        worth = {id(g): float(sum(height[k][i] for k, i in g.items())) for g in groups}
        animals: list[Group] = []
        for group in sorted(groups, key=lambda g: -worth[id(g)]):
            strain = [self._strain(peaks, animal, group) for animal in animals]
            best = int(np.argmin(strain)) if strain else 0
            if strain and strain[best] <= 1:
                animals[best].update(group)
            else:
                animals.append(group)
        total = {id(g): float(sum(height[k][i] for k, i in g.items())) for g in animals}
        real = [g for g in animals if total[id(g)] >= MIN_SHARE * len(peaks.logit)]
        return sorted(real, key=lambda g: -total[id(g)])

    def _strain(self, peaks: Peaks, animal: Group, group: Group) -> float:
        """Largest distance between the two, as a share of what their keypoints can be apart; infinite where
        both have a keypoint."""
        if animal.keys() & group.keys():
            return float("inf")
        return max(
            float(np.linalg.norm(peaks.points_px[k][i] - peaks.points_px[m][j]))
            / max(float(self.links.reach_px[k, m]), 1e-6)
            for k, i in animal.items()
            for m, j in group.items()
        )

    def _poses(self, peaks: Peaks, group: Group) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        points = np.full((len(peaks.logit), 2), np.nan, dtype=np.float32)
        logit = np.full(len(peaks.logit), -np.inf, dtype=np.float32)
        for k, i in group.items():
            points[k], logit[k] = peaks.points_px[k][i], peaks.logit[k][i]
        return points, logit

    def _distinct(
        self, animals: list[tuple[NDArray[np.float32], NDArray[np.float32]]]
    ) -> list[tuple[NDArray[np.float32], NDArray[np.float32]]]:
        """Without those that tell again of an animal that is told of more surely."""
        again = {
            b
            for a, b in combinations(range(len(animals)), 2)
            if _likeness(animals[a][0], animals[b][0], SAME_EXTENTS * self.links.extent_px) > SAME
        }
        return [animal for place, animal in enumerate(animals) if place not in again]


def _pairs(score: NDArray[np.float32]) -> list[tuple[int, int]]:
    """Best first, each row and column once, as long as the score is above 0.

    Not the assignment of the largest sum: to raise it by a little, that ties sure peaks to second, weak ones.
    """
    left, pairs = score.copy(), []
    while left.size and left.max() > 0:
        i, j = (int(v) for v in np.unravel_index(left.argmax(), left.shape))
        pairs.append((i, j))
        left[i], left[:, j] = 0, 0
    return pairs


def _likeness(one: NDArray[np.float32], other: NDArray[np.float32], scale_px: float) -> float:
    """0..1: how much two poses (keypoint, 2) lie on one another, by the keypoints that both have."""
    square = ((one - other) ** 2).sum(-1)
    shared = square[np.isfinite(square)]
    return float(np.exp(-0.5 * shared / max(scale_px, 1.0) ** 2).mean()) if len(shared) else 0.0
