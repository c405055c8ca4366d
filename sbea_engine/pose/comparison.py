"""Two models on the same held-out labels: how far apart they are, and how sure that is.

NumPy and SciPy alone, so that the web process can use it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, stdtrit

from sbea_engine.errors import BadInput
from sbea_engine.pose.heldout import HeldOut, HeldOutFrame

RESAMPLES = 2000
LEVEL = 0.95
MIN_BLOCKS = 5
"""With fewer blocks of time there is too little to draw from, and no interval is given."""
SAME_LABEL_PX = 0.02
"""Labels are stored in hundredths of a pixel: what is nearer than this was not moved."""


class NotComparable(BadInput):
    """The two evaluations share no frames, keypoints or individuals."""

    code = "not_comparable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Mean errors on the points on which both models answered.

    Attributes:
        n: Points.
        first_px, second_px: Mean distance from the label; None without points.
        difference_px: second - first; below 0 where the second model is nearer.
        low_px, high_px: 95 % interval of the difference; None where there are too few blocks of time.
        first_missing, second_missing: Placed labels on which that model has no answer.
    """

    n: int
    first_px: float | None
    second_px: float | None
    difference_px: float | None
    low_px: float | None
    high_px: float | None
    first_missing: int
    second_missing: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameDifference:
    """Mean errors of both models on one frame, with its row in each evaluation."""

    frame: HeldOutFrame
    first_row: int
    second_row: int
    first_px: float
    second_px: float

    @property
    def difference_px(self) -> float:
        """second - first."""
        return self.second_px - self.first_px


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Two models on the frames that were held out from both.

    Attributes:
        frames: Common frames, those on which the models differ most first.
        blocks: Blocks of time that the intervals were resampled from.
        labels_changed: Points whose label differs between the two evaluations.
        overall: All keypoints together.
        by_keypoint: By name, in the order of the skeleton.
    """

    frames: tuple[FrameDifference, ...]
    blocks: int
    labels_changed: int
    overall: Difference
    by_keypoint: dict[str, Difference]


def compare(first: HeldOut, second: HeldOut, *, seed: int = 0, resamples: int = RESAMPLES) -> Comparison:
    """Pair the errors of two models, point by point, on the frames that both were measured on.

    Both are measured against the labels of `second`, which should be the later one: a label that was
    corrected in between would else count for one and against the other.

    The intervals are of a bootstrap over blocks of neighbouring moments (Kuensch 1989), because errors on
    neighbouring frames are alike; of n moments a block takes n ** (1/3) (Hall, Horowitz and Jing 1995), and
    never moments of two recordings. Views of one moment are in one block. Whole blocks are drawn with
    replacement; quantiles of the mean difference are the interval, taken farther out where blocks are few,
    so that it is as wide as Student's (expanded percentiles, Hesterberg 2015).

    Raises:
        NotComparable: Other keypoints, or no individual or no labelled point in common.
    """
    if first.keypoints != second.keypoints:
        raise NotComparable(
            f"One model finds {', '.join(first.keypoints)}; the other {', '.join(second.keypoints)}. "
            f"Compare models of the same skeleton."
        )
    rows = _common_rows(first, second)
    whose = _common_individuals(first, second)
    labels = second.labels_px[np.ix_(rows[:, 1], whose[:, 1])]
    before = first.labels_px[np.ix_(rows[:, 0], whose[:, 0])]
    placed = _known(labels)
    if not placed.any():
        raise NotComparable(
            "No label is on a frame that was held out from both models. Train both with the same holdout."
        )
    d_first = np.linalg.norm(first.points_px[np.ix_(rows[:, 0], whose[:, 0])] - labels, axis=-1)
    d_second = np.linalg.norm(second.points_px[np.ix_(rows[:, 1], whose[:, 1])] - labels, axis=-1)
    frames = tuple(second.frames[row] for row in rows[:, 1])
    block = time_blocks(frames)
    intervals = _intervals(d_second - d_first, block, seed, resamples)
    parts = [
        (d_first, d_second, placed),
        *(_keypoint(k, d_first, d_second, placed) for k in range(len(first.keypoints))),
    ]
    found = [_difference(*part, interval) for part, interval in zip(parts, intervals, strict=True)]
    return Comparison(
        frames=_by_difference(frames, rows, d_first, d_second),
        blocks=int(block.max()) + 1,
        labels_changed=_changed(before, labels),
        overall=found[0],
        by_keypoint=dict(zip(first.keypoints, found[1:], strict=True)),
    )


def time_blocks(frames: tuple[HeldOutFrame, ...]) -> NDArray[np.intp]:
    """For each frame the number of its block of time, from 0; see `compare`."""
    moments = sorted({frame.moment for frame in frames})
    length = max(1, round(len(moments) ** (1 / 3)))
    of: dict[tuple[str, int], int] = {}
    block, filled, recording = -1, 0, None
    for moment in moments:
        if moment[0] != recording or filled == length:
            block, filled, recording = block + 1, 0, moment[0]
        of[moment] = block
        filled += 1
    return np.array([of[frame.moment] for frame in frames], dtype=np.intp)


def _common_rows(first: HeldOut, second: HeldOut) -> NDArray[np.intp]:
    """(frame, 2): rows of the frames that both have."""
    known = {(frame.video, frame.index): row for row, frame in enumerate(first.frames)}
    pairs = [
        (known[frame.video, frame.index], row)
        for row, frame in enumerate(second.frames)
        if (frame.video, frame.index) in known
    ]
    if not pairs:
        raise NotComparable(
            "No frame was held out from both models. Train both with the same holdout on labels that share "
            "frames."
        )
    return np.array(pairs, dtype=np.intp)


def _common_individuals(first: HeldOut, second: HeldOut) -> NDArray[np.intp]:
    """(individual, 2): places of the individuals of the same name; of the only ones, whatever their name."""
    if len(first.individuals) == len(second.individuals) == 1:
        return np.zeros((1, 2), dtype=np.intp)
    pairs = [
        (first.individuals.index(name), place)
        for place, name in enumerate(second.individuals)
        if name in first.individuals
    ]
    if not pairs:
        raise NotComparable(
            f"One model knows {', '.join(first.individuals)}; the other {', '.join(second.individuals)}. "
            f"Compare models of the same animals."
        )
    return np.array(pairs, dtype=np.intp)


Distances = NDArray[np.float64]
Interval = tuple[float, float] | None


def _keypoint(
    k: int, first: Distances, second: Distances, placed: NDArray[np.bool_]
) -> tuple[Distances, Distances, NDArray[np.bool_]]:
    return first[..., k], second[..., k], placed[..., k]


def _difference(
    first: Distances, second: Distances, placed: NDArray[np.bool_], interval: Interval
) -> Difference:
    both = np.isfinite(first) & np.isfinite(second)
    n = int(both.sum())
    missing = (int((placed & ~np.isfinite(d)).sum()) for d in (first, second))
    a, b = (float(first[both].mean()), float(second[both].mean())) if n else (None, None)
    low, high = interval if n and interval is not None else (None, None)
    return Difference(
        n=n,
        first_px=a,
        second_px=b,
        difference_px=None if a is None or b is None else b - a,
        low_px=low,
        high_px=high,
        first_missing=next(missing),
        second_missing=next(missing),
    )


def _intervals(difference: Distances, block: NDArray[np.intp], seed: int, resamples: int) -> list[Interval]:
    """Of all keypoints together, then of each; `difference` is (frame, individual, keypoint)."""
    blocks, keypoints = int(block.max()) + 1, difference.shape[-1]
    if blocks < MIN_BLOCKS:
        return [None] * (1 + keypoints)
    known = np.isfinite(difference)
    sums, counts = (np.zeros((blocks, keypoints)) for _ in range(2))
    np.add.at(sums, block, np.where(known, difference, 0.0).sum(axis=1))
    np.add.at(counts, block, known.sum(axis=1))
    drawn = np.random.default_rng(seed).multinomial(blocks, np.full(blocks, 1 / blocks), size=resamples)
    intervals: list[Interval] = []
    for s, c in [(sums.sum(1), counts.sum(1)), *zip(sums.T, counts.T, strict=True)]:
        if int((c > 0).sum()) < MIN_BLOCKS:
            intervals.append(None)
            continue
        total = drawn @ c
        means = (drawn @ s)[total > 0] / total[total > 0]
        tail = _expanded_tail(int((c > 0).sum()))
        low, high = np.quantile(means, [tail, 1 - tail])
        intervals.append((float(low), float(high)))
    return intervals


def _expanded_tail(blocks: int) -> float:
    """The quantile at which a bootstrap of so few blocks is as wide as Student's interval."""
    return float(ndtr(np.sqrt(blocks / (blocks - 1)) * stdtrit(blocks - 1, (1 - LEVEL) / 2)))


def _by_difference(
    frames: tuple[HeldOutFrame, ...], rows: NDArray[np.intp], first: Distances, second: Distances
) -> tuple[FrameDifference, ...]:
    found = []
    for frame, (first_row, second_row), a, b in zip(frames, rows.tolist(), first, second, strict=True):
        both = np.isfinite(a) & np.isfinite(b)
        if both.any():
            found.append(
                FrameDifference(
                    frame=frame,
                    first_row=first_row,
                    second_row=second_row,
                    first_px=float(a[both].mean()),
                    second_px=float(b[both].mean()),
                )
            )
    return tuple(sorted(found, key=lambda one: -abs(one.difference_px)))


def _known(points_px: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which points have a position; without the last axis."""
    return np.asarray(np.isfinite(points_px).all(axis=-1))


def _changed(before: Distances, now: Distances) -> int:
    """Points of which the two label sets say different things."""
    was, is_ = _known(before), _known(now)
    moved = np.linalg.norm(np.where(was[..., None] & is_[..., None], now - before, 0.0), axis=-1)
    return int(((was != is_) | (moved > SAME_LABEL_PX)).sum())
