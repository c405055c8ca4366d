"""Slips of a few frames: an animal that lies one way before and after them has not turned round meanwhile.

Beside a wall that mirrors it, say, the head may be taken for the tail in some frames of a video. Where the
animal lies one way before and after, the close look follows it through those frames from where it was; what
it finds so is taken where the fine stage is surer of it.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Sequence
from typing import Generic, NamedTuple, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from sbea_engine.pose.inference import Located

LONGEST = 24
"""Frames of a stretch that is looked at again; what lasts longer is no slip."""

LOST = float(np.log(1 / 20))
"""Of what the fine stage says for a keypoint, on the mean: below it there is nothing to follow. Of a video in
which nothing is found each frame jumps, and would be followed in vain."""

Frame = TypeVar("Frame")
Seen = TypeVar("Seen", contravariant=True)


class Followed(NamedTuple):
    """One animal in one frame, looked at where it is expected.

    Attributes:
        points_px: (keypoint, 2) source pixels.
        confidence_logit: (keypoint,).
        said: Log of what the fine stage says for all keypoints, at most 0.
    """

    points_px: NDArray[np.float32]
    confidence_logit: NDArray[np.float32]
    said: float


class Follows(Protocol[Seen]):
    """Looks closely where an animal is expected."""

    def follow(self, frame: Seen, points_px: NDArray[np.float32]) -> Followed:
        """The animal near points (keypoint, 2), source pixels."""


def without_slips(
    batches: Iterable[tuple[Sequence[Frame], Located]],
    look: Follows[Frame],
    individuals: int,
    apart_px: float,
) -> Generator[Located]:
    """Answers to frames of one video that follow one another, slips mended; as many as come, in order.

    Args:
        batches: Frames and answers to them, (frame, individual * keypoint, 2) source pixels.
        apart_px: Mean distance of keypoints from one frame to the next that an animal does not move.
    """
    film = _Film(look, individuals, apart_px)
    for frames, located in batches:
        film.append(frames, located)
        yield from film.settled(LONGEST + 1)
    yield from film.settled(0)


class _Film(Generic[Frame]):
    """The last frames of a video; of those that were handed out only the last, to follow others from."""

    def __init__(self, look: Follows[Frame], individuals: int, apart_px: float) -> None:
        self._look, self._apart_px = look, apart_px
        self._frames: list[Frame] = []
        self._points: list[NDArray[np.float32]] = []
        self._logits: list[NDArray[np.float32]] = []
        self._present: list[NDArray[np.float32]] = []
        self._out = 0  # frames at the beginning that were handed out
        # Of each animal the first frame that was not compared with the one before.
        self._next = [1] * individuals

    def append(self, frames: Sequence[Frame], located: Located) -> None:
        points_px, confidence_logit, log_present = located
        if log_present is None:
            log_present = np.zeros_like(confidence_logit)
        for frame, points, logits, present in zip(
            frames, points_px, confidence_logit, log_present, strict=True
        ):
            self._frames.append(frame)
            self._present.append(present)
            self._points.append(points.reshape(len(self._next), -1, 2).copy())
            self._logits.append(logits.reshape(len(self._next), -1).copy())

    def settled(self, keep: int) -> Generator[Located]:
        """What no slip can reach any more, mended; the last `keep` frames wait for those to come."""
        stop = len(self._frames) - keep
        if stop <= self._out:
            return
        for animal in range(len(self._next)):
            self._mend(animal, stop)
        rows = slice(self._out, stop)
        yield Located(
            np.stack([p.reshape(-1, 2) for p in self._points[rows]]),
            np.stack([c.reshape(-1) for c in self._logits[rows]]),
            np.stack(self._present[rows]),
        )
        for of_frames in (self._frames, self._points, self._logits, self._present):
            del of_frames[: stop - 1]
        self._out = 1
        self._next = [n - (stop - 1) for n in self._next]

    def _mend(self, animal: int, stop: int) -> None:
        while self._next[animal] < stop:
            at = self._next[animal]
            self._next[animal] += 1
            if self._apart(self._points[at - 1][animal], self._points[at][animal]):
                self._next[animal] = self._followed(animal, at) + 1

    def _followed(self, animal: int, first: int) -> int:
        """Follow an animal from the frame before `first` to one where it has come back to where it then must
        be. Take what is found on the way, where the fine stage is surer of it; returns the frame after that,
        or `first` where nothing was found."""
        last = min(first + LONGEST, len(self._frames) - 1)
        points = [p[animal] for p in self._points[first : last + 1]]
        back = [first + n for n in range(1, len(points)) if self._apart(points[n - 1], points[n])]
        found: list[Followed] = []
        expected = self._points[first - 1][animal]
        for row in range(first, max(back, default=first)):
            found.append(self._look.follow(self._frames[row], expected))
            expected = found[-1].points_px
            if found[-1].said < LOST * len(expected):
                return first
            if row + 1 in back and not self._apart(expected, self._points[row + 1][animal]):
                break
        else:
            return first
        before = [self._look.follow(self._frames[n], self._points[n][animal]) for n in range(first, row + 1)]
        if sum(one.said for one in found) > sum(one.said for one in before):
            for n, one in enumerate(found, first):
                self._points[n][animal], self._logits[n][animal] = one.points_px, one.confidence_logit
        return row + 1

    def _apart(self, one: NDArray[np.float32], other: NDArray[np.float32]) -> bool:
        away = np.linalg.norm(one - other, axis=-1)
        return bool(np.nanmean(away) > self._apart_px) if np.isfinite(away).any() else False
