"""Which frame each view of a recording shows at each tick of its common clock."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from sbea_engine.errors import BadInput

MISSING = -1
# A day at 100 frames a second, in four views; keeps a hostile document from asking for memory without end.
MAX_TICKS = 10_000_000
MAX_CELLS = 4 * MAX_TICKS


class BadSync(BadInput):
    """The frames of synchronised views do not fit one another."""

    code = "bad_sync"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SyncTable:
    """Tick to frame, a view.

    Cameras start late and drop frames, so frame 100 of one view need not show what frame 100 of another does.
    A tick is one step of the common clock; whatever is compared between views is compared at a tick.

    Attributes:
        views: Names of the view axis.
        frames: int64 (view, tick): frame index of the view, or -1 where it has none. Along a view the frames
            that are there strictly increase.
    """

    views: tuple[str, ...]
    frames: NDArray[np.int64]

    def __post_init__(self) -> None:
        if not self.views or len(set(self.views)) != len(self.views):
            raise BadSync(f"A recording has one or more views with names of their own, got {self.views}.")
        if self.frames.ndim != 2 or len(self.frames) != len(self.views) or self.frames.shape[1] < 1:
            raise BadSync(
                f"frames must be (view, tick) = ({len(self.views)}, 1 or more), got {self.frames.shape}."
            )
        for view, row in zip(self.views, self.frames, strict=True):
            there = row[row != MISSING]
            if (there < 0).any() or (np.diff(there) <= 0).any():
                raise BadSync(f"View {view!r}: its frames must be 0 or more and increase from tick to tick.")

    @classmethod
    def aligned(cls, frame_counts: Mapping[str, int]) -> Self:
        """Views that started together and dropped nothing; a shorter one ends earlier."""
        if not frame_counts or min(frame_counts.values()) < 0 or max(frame_counts.values()) > MAX_TICKS:
            raise BadSync(f"Each view needs 0 to {MAX_TICKS} frames, got {dict(frame_counts)}.")
        ticks = np.arange(max(1, *frame_counts.values()), dtype=np.int64)
        counts = np.array(list(frame_counts.values()))[:, None]
        return cls(views=tuple(frame_counts), frames=np.where(ticks < counts, ticks, MISSING))

    @property
    def ticks(self) -> int:
        """Length of the recording in ticks."""
        return int(self.frames.shape[1])

    def frames_of(self, view: str) -> NDArray[np.int64]:
        """int64 (tick,): the frames of one view; raises `BadSync` for one that is not there."""
        if view not in self.views:
            raise BadSync(f"No view {view!r}; the recording has {', '.join(self.views)}.")
        row: NDArray[np.int64] = self.frames[self.views.index(view)]
        return row

    def ticks_of(self, view: str, frame_count: int) -> NDArray[np.int64]:
        """int64 (frame,): the tick at which each frame of a view is shown, -1 for one that never is.

        Raises:
            BadSync: The table names frames that a view of `frame_count` frames does not have.
        """
        row = self.frames_of(view)
        self.require({view: frame_count})
        found = np.full(frame_count, MISSING, np.int64)
        there = np.flatnonzero(row != MISSING)
        found[row[there]] = there
        return found

    def require(self, frame_counts: Mapping[str, int]) -> None:
        """Raise `BadSync` where a view lacks a frame that the table names."""
        for view, count in frame_counts.items():
            last = int(self.frames_of(view).max())
            if last >= count:
                raise BadSync(
                    f"View {view!r} has {count} frames, but frame {last} is to be shown at tick "
                    f"{int(self.frames_of(view).argmax())}. Is this the table of another recording?"
                )

    def to_dict(self) -> dict[str, Any]:
        """JSON form: for each view the runs [first_tick, first_frame, length] in which frame follows tick."""
        return {
            "ticks": self.ticks,
            "views": {view: _runs(row) for view, row in zip(self.views, self.frames, strict=True)},
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Build from the JSON form; raises `BadSync` with what is wrong."""
        try:
            ticks, views = int(data["ticks"]), dict(data["views"])
        except (KeyError, TypeError, ValueError) as error:
            raise BadSync(f"A table of ticks needs 'ticks' and 'views': {error!r}.") from error
        if not 1 <= ticks <= MAX_TICKS or ticks * len(views) > MAX_CELLS:
            raise BadSync(f"A recording has 1 to {MAX_TICKS} ticks, got {ticks} in {len(views)} views.")
        frames = np.full((len(views), ticks), MISSING, np.int64)
        for row, (view, runs) in zip(frames, views.items(), strict=True):
            _fill(row, str(view), runs)
        return cls(views=tuple(str(view) for view in views), frames=frames)


def _runs(row: NDArray[np.int64]) -> list[list[int]]:
    there = np.flatnonzero(row != MISSING)
    if not len(there):
        return []
    broken = (np.diff(there) != 1) | (np.diff(row[there]) != 1)
    starts = np.concatenate([[0], np.flatnonzero(broken) + 1, [len(there)]])
    firsts = there[starts[:-1]]
    return np.stack([firsts, row[firsts], np.diff(starts)], axis=1).tolist()  # type: ignore[no-any-return]


def _fill(row: NDArray[np.int64], view: str, runs: object) -> None:
    if not isinstance(runs, Sequence):
        raise BadSync(f"View {view!r}: its runs must be a list, got {runs!r}.")
    end = 0
    for run in runs:
        try:
            tick, frame, length = (_whole(value) for value in run)
        except (TypeError, ValueError) as error:
            raise BadSync(
                f"View {view!r}: a run is [first_tick, first_frame, length] in whole numbers, got {run!r}."
            ) from error
        if tick < end or length < 1 or tick + length > len(row) or not 0 <= frame <= MAX_TICKS:
            raise BadSync(f"View {view!r}: run {run!r} overlaps another or leaves 0..{len(row) - 1}.")
        end = tick + length
        row[tick:end] = np.arange(frame, frame + length)


def _whole(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{value!r} is not a whole number")
    return value
