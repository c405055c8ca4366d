"""Stretches of a video in which predictions are doubtful, and why; found window by window.

A frame is doubtful where the model is unsure of an animal as a whole, or where something moves further from
the frame before than bodies do. One keypoint that is always hidden makes no frame doubtful; one that is
thrown about does. Doubtful frames near one another are one stretch.

Bounds are shares of the body, so that they hold at any magnification. A body is as long as the median
distance of its two furthest keypoints, in some windows spread over the video.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sbea_engine.errors import BadInput

WINDOW_FRAMES = 4096
BODY_WINDOWS, BODY_FRAMES = 8, 64
WHOLE_BODIES = 0.5
"""Further than this in one frame no animal goes as a whole."""

FEW = 3
"""With fewer known keypoints the motion of the animal cannot be told from that of a keypoint."""

ReadWindow = Callable[[int, int], tuple[NDArray[np.float32], NDArray[np.float32]]]
"""From start and stop: points_px (frame, individual, keypoint, 2) and confidence (frame, individual,
keypoint), a row for each of start <= frame < stop; NaN where there is no answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DoubtConfig:
    """What counts as doubtful.

    Attributes:
        unsure_below: Mean confidence of an animal, a keypoint without an answer counting as 0.
        jump_bodies: Body lengths that a keypoint goes in one frame beside the motion of its animal.
        gap_frames: Doubtful frames that are at most so many frames apart are one stretch.
        longest_frames: Longer stretches are cut, so that each leads to a place that is worth a look.
        most: Stretches that are told of, the worst ones.
    """

    unsure_below: float = 0.5
    jump_bodies: float = 0.25
    gap_frames: int = 5
    longest_frames: int = 300
    most: int = 200

    def __post_init__(self) -> None:
        if not (0 <= self.unsure_below <= 1 and self.jump_bodies > 0):
            raise BadInput("unsure_below must lie in 0..1, and jump_bodies must be positive.")
        if min(self.gap_frames, self.longest_frames, self.most) < 1:
            raise BadInput("gap_frames, longest_frames and most must be 1 or more.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """One stretch.

    Attributes:
        first, last: Frames, both doubtful.
        worst: The frame of it to look at.
        severity: 0..1.
        reasons: In words, one or two.
    """

    first: int
    last: int
    worst: int
    severity: float
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubts:
    """Doubtful stretches of a video in time order.

    Attributes:
        stretches: The worst ones.
        total: How many there are.
        frames: How many frames are doubtful.
    """

    stretches: tuple[Doubt, ...]
    total: int
    frames: int


@dataclass(frozen=True, slots=True, eq=False)
class _Marks:
    """Doubtful frames; all arrays are (frame,).

    Attributes:
        frame: int.
        severity: 0..1.
        mean: Least mean confidence of an animal; NaN where the model is sure.
        who, what, least: That animal, and its keypoint of least confidence, with that.
        most: Whether the model is unsure of more than half of its keypoints.
        step_px: The longest jump; NaN for none.
        jumper, jumps: Which animal, and which keypoint of it; -1 for the whole animal.
    """

    frame: NDArray[Any]
    severity: NDArray[Any]
    mean: NDArray[Any]
    who: NDArray[Any]
    what: NDArray[Any]
    least: NDArray[Any]
    most: NDArray[Any]
    step_px: NDArray[Any]
    jumper: NDArray[Any]
    jumps: NDArray[Any]


def find_doubts(
    read: ReadWindow,
    frames: int,
    *,
    keypoints: Sequence[str],
    individuals: Sequence[str],
    config: DoubtConfig | None = None,
    window: int = WINDOW_FRAMES,
) -> Doubts:
    """Look through the predictions of a video of `frames` frames.

    What is found does not depend on `window`, which bounds the memory. Where there are several individuals,
    one that is not found in a frame makes it not doubtful: it may have left the picture.

    Raises:
        BadInput: `window` or `frames` cannot be.
    """
    if frames < 0 or window < 1:
        raise BadInput("frames must not be negative, and window must be 1 or more.")
    config = config or DoubtConfig()
    if frames == 0:
        return Doubts(stretches=(), total=0, frames=0)
    body_px = _body_px(read, frames)
    found = [
        _marks(read, start, min(frames, start + window), frames, body_px, config)
        for start in range(0, frames, window)
    ]
    marks = _Marks(
        *(np.concatenate([getattr(part, name) for part in found]) for name in _Marks.__dataclass_fields__)
    )
    runs = _runs(marks.frame, config)
    worst_of = [int(run[marks.severity[run].argmax()]) for run in runs]
    order = np.argsort([-marks.severity[row] for row in worst_of], kind="stable")[: config.most]
    stretches = tuple(
        Doubt(
            first=int(marks.frame[runs[at][0]]),
            last=int(marks.frame[runs[at][-1]]),
            worst=int(marks.frame[worst_of[at]]),
            severity=float(marks.severity[worst_of[at]]),
            reasons=_reasons(marks, runs[at], keypoints, individuals),
        )
        for at in sorted(int(at) for at in order)
    )
    return Doubts(stretches=stretches, total=len(runs), frames=len(marks.frame))


def _runs(frame: NDArray[Any], config: DoubtConfig) -> list[NDArray[np.intp]]:
    """Rows of each stretch, of ascending doubtful frames."""
    found: list[NDArray[np.intp]] = []
    edges = np.flatnonzero(np.diff(frame) > config.gap_frames) + 1
    for run in np.split(np.arange(len(frame)), edges):
        if len(run):
            piece = (frame[run] - frame[run[0]]) // config.longest_frames
            found += np.split(run, np.flatnonzero(np.diff(piece)) + 1)
    return found


def _body_px(read: ReadWindow, frames: int) -> float:
    """Median extent of the animals in windows spread over the video; at least a pixel."""
    extents = []
    for start in np.linspace(0, max(0, frames - BODY_FRAMES), BODY_WINDOWS).astype(int).tolist():
        points = read(start, min(frames, start + BODY_FRAMES))[0].astype(np.float64)
        apart = np.linalg.norm(points[..., :, None, :] - points[..., None, :, :], axis=-1)
        extents.append(np.where(np.isfinite(apart), apart, 0.0).max(axis=(-2, -1), initial=0.0).ravel())
    known = np.concatenate(extents)
    known = known[known > 0]
    return max(float(np.median(known)), 1.0) if len(known) else 1.0


def _marks(
    read: ReadWindow, start: int, stop: int, frames: int, body_px: float, config: DoubtConfig
) -> _Marks:
    """Doubtful frames of start <= frame < stop; their neighbours are looked at for the steps."""
    before, behind = int(start > 0), int(stop < frames)
    read_px, confidence = read(start - before, stop + behind)
    points: NDArray[np.float64] = read_px.astype(np.float64)
    own = slice(before, before + stop - start)
    answered: NDArray[np.bool_] = np.asarray(np.isfinite(points).all(-1))
    sure = np.where(answered, np.nan_to_num(confidence.astype(np.float64)), 0.0)[own]
    mean, who, what, least, most = _unsure(sure, answered[own], config)
    step_px, jumper, jumps, throw_px = _jumps(points, own, body_px, config)
    severity = np.maximum(
        np.where(np.isfinite(mean), 1.0 - np.nan_to_num(mean), 0.0),
        np.where(np.isfinite(step_px), np.minimum(throw_px / body_px, 1.0), 0.0),
    )
    rows = np.flatnonzero(np.isfinite(mean) | np.isfinite(step_px))
    arrays: tuple[NDArray[Any], ...] = (severity, mean, who, what, least, most, step_px, jumper, jumps)
    return _Marks(rows + start, *(array[rows] for array in arrays))


def _unsure(
    sure: NDArray[np.float64], answered: NDArray[np.bool_], config: DoubtConfig
) -> tuple[NDArray[np.float64], NDArray[np.intp], NDArray[np.intp], NDArray[np.float64], NDArray[np.bool_]]:
    """`mean`, `who`, `what`, `least` and `most` of `_Marks`, of every frame."""
    rows = np.arange(len(sure))
    mean = sure.mean(axis=2)
    if mean.shape[1] > 1:  # who is not there is not doubtful
        mean = np.where(answered.any(axis=2), mean, np.inf)
    who = mean.argmin(axis=1)
    lowest = mean[rows, who]
    what = sure[rows, who].argmin(axis=1)
    least = sure[rows, who, what]
    most = (sure[rows, who] < config.unsure_below).mean(axis=1) > 0.5
    return np.where(lowest < config.unsure_below, lowest, np.nan), who, what, least, most


def _jumps(
    points: NDArray[np.float64], own: slice, body_px: float, config: DoubtConfig
) -> tuple[NDArray[np.float64], NDArray[np.intp], NDArray[np.intp], NDArray[np.float64]]:
    """`step_px`, `jumper` and `jumps` of `_Marks` of the own frames, and how far the frame is thrown out.

    That is the mean of the steps to and from a frame: the one that is wrong has two long ones, the frame
    behind it has one.
    """
    frames, individuals, keypoints = points.shape[:3]
    step = np.full((frames + 1, individuals, keypoints, 2), np.nan)  # row f: from frame f - 1 to f
    step[1:frames] = np.diff(points, axis=0)
    known: NDArray[np.bool_] = np.asarray(np.isfinite(step).all(-1))
    enough = known.sum(axis=2) >= FEW
    whole = _median_step(step, known)
    own_motion = np.where(enough[..., None], whole, 0.0)
    single = np.linalg.norm(step - own_motion[:, :, None], axis=-1)
    together = np.where(enough, np.linalg.norm(whole, axis=-1), np.nan)
    # the whole animal as one more keypoint, each in units of what is usual
    length = np.concatenate([single, together[..., None]], axis=2)
    bound = np.full(keypoints + 1, config.jump_bodies * body_px)
    bound[-1] = WHOLE_BODIES * body_px
    excess = np.where(np.isfinite(length), length, 0.0) / bound
    to, away = excess[:-1][own], excess[1:][own]
    flat = to.reshape(len(to), -1)
    at = flat.argmax(axis=1)
    rows = np.arange(len(to))
    jumper, jumps = at // (keypoints + 1), at % (keypoints + 1)
    step_px = np.where(flat[rows, at] > 1.0, length[:-1][own][rows, jumper, jumps], np.nan)
    thrown = (flat[rows, at] + away.reshape(len(to), -1)[rows, at]) / 2 * bound[jumps]
    return step_px, jumper, np.where(jumps == keypoints, -1, jumps), thrown


def _median_step(step: NDArray[np.float64], known: NDArray[np.bool_]) -> NDArray[np.float64]:
    """(frame, individual, 2): lower median over the known keypoints; 0 where none is known."""
    ordered = np.sort(np.where(known[..., None], step, np.inf), axis=2)
    middle = np.maximum(known.sum(axis=2) - 1, 0) // 2
    found = np.take_along_axis(ordered, middle[..., None, None], axis=2)[:, :, 0]
    return np.where(np.isfinite(found), found, 0.0)


def _reasons(
    marks: _Marks, run: NDArray[np.intp], keypoints: Sequence[str], individuals: Sequence[str]
) -> tuple[str, ...]:
    """What is wrong in a stretch, where it is worst."""
    several = len(individuals) > 1
    found = []
    if np.isfinite(marks.mean[run]).any():
        row = run[np.nanargmin(marks.mean[run])]
        of = f" of {individuals[marks.who[row]]}" if several else ""
        if marks.mean[row] == 0:
            found.append("the animal is not found")
        elif marks.most[row]:
            found.append(f"the model is unsure of most keypoints{of} ({marks.mean[row]:.2f})")
        else:
            name = keypoints[marks.what[row]]
            found.append(f"the model is unsure of {name}{of} ({marks.least[row]:.2f})")
    if np.isfinite(marks.step_px[run]).any():
        row = run[np.nanargmax(marks.step_px[run])]
        animal = individuals[marks.jumper[row]] if several else "the animal"
        name = animal if marks.jumps[row] < 0 else keypoints[marks.jumps[row]]
        of = f" of {animal}" if several and marks.jumps[row] >= 0 else ""
        found.append(f"{name}{of} jumps by {marks.step_px[row]:.0f} px")
    return tuple(found)
