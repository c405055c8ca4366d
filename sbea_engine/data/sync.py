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
Run = tuple[int, int, int]


class BadSync(BadInput):
    """The frames of synchronised views do not fit one another."""

    code = "bad_sync"


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncRuns:
    """A table of ticks as its JSON form has it: what costs memory by its drops and not by its length.

    Attributes:
        ticks: Length of the recording.
        views: For each view, in order, its runs (first_tick, first_frame, length) in which frame follows
            tick. Runs that go on where the one before ended are one.
    """

    ticks: int
    views: Mapping[str, Sequence[Run]]

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Build from the JSON form; raises `BadSync` with what is wrong."""
        try:
            ticks, given = _whole(data["ticks"]), data["views"]
        except (KeyError, TypeError) as error:
            raise BadSync(f"A table of ticks needs 'ticks' and 'views': {error!r}.") from error
        if not isinstance(given, Mapping):
            raise BadSync("A table of ticks needs 'views', an object with the runs of each view.")
        if not given or len({str(view) for view in given}) != len(given):
            raise BadSync("A recording has one or more views with names of their own.")
        if not 1 <= ticks <= MAX_TICKS or ticks * len(given) > MAX_CELLS:
            raise BadSync(f"A recording has 1 to {MAX_TICKS} ticks, got {ticks} in {len(given)} views.")
        return cls(
            ticks=ticks, views={str(view): _joined(str(view), runs, ticks) for view, runs in given.items()}
        )

    def to_dict(self) -> dict[str, Any]:
        """The JSON form; `from_dict` reads it back."""
        return {
            "ticks": self.ticks,
            "views": {view: [list(run) for run in runs] for view, runs in self.views.items()},
        }

    def require(self, frame_counts: Mapping[str, int]) -> None:
        """Raise `BadSync` where a view lacks a frame that the table names."""
        for view, count in frame_counts.items():
            if view not in self.views:
                raise BadSync(f"No view {view!r}; the recording has {', '.join(self.views)}.")
            if self.views[view]:
                tick, frame, length = self.views[view][-1]
                _require_frame(view, count, frame=frame + length - 1, tick=tick + length - 1)


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
            row = self.frames_of(view)
            last = int(row.argmax())  # where the view is never shown, this is a tick of no frame, -1
            _require_frame(view, count, frame=int(row[last]), tick=last)

    def to_dict(self) -> dict[str, Any]:
        """JSON form: for each view the runs [first_tick, first_frame, length] in which frame follows tick."""
        return {
            "ticks": self.ticks,
            "views": {view: _runs(row) for view, row in zip(self.views, self.frames, strict=True)},
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Build from the JSON form; raises `BadSync` with what is wrong."""
        runs = SyncRuns.from_dict(data)
        frames = np.full((len(runs.views), runs.ticks), MISSING, np.int64)
        for row, rows in zip(frames, runs.views.values(), strict=True):
            for tick, frame, length in rows:
                row[tick : tick + length] = np.arange(frame, frame + length)
        return cls(views=tuple(runs.views), frames=frames)


def _require_frame(view: str, count: int, *, frame: int, tick: int) -> None:
    """Raise `BadSync` where a view of `count` frames lacks this one, the last that a table names."""
    if frame >= count:
        raise BadSync(
            f"View {view!r} has {count} frames, but frame {frame} is to be shown at tick {tick}. Is this the "
            f"table of another recording?"
        )


def _runs(row: NDArray[np.int64]) -> list[list[int]]:
    there = np.flatnonzero(row != MISSING)
    if not len(there):
        return []
    broken = (np.diff(there) != 1) | (np.diff(row[there]) != 1)
    starts = np.concatenate([[0], np.flatnonzero(broken) + 1, [len(there)]])
    firsts = there[starts[:-1]]
    return np.stack([firsts, row[firsts], np.diff(starts)], axis=1).tolist()  # type: ignore[no-any-return]


def _joined(view: str, runs: object, ticks: int) -> list[Run]:
    """The runs of one view, looked through in their order."""
    if not isinstance(runs, list | tuple):
        raise BadSync(f"View {view!r}: its runs must be a list, got {_short(runs)}.")
    found: list[Run] = []
    end, next_frame = 0, 0
    for run in runs:
        tick, frame, length = _run(view, run)
        if tick < end or length < 1 or tick + length > ticks or not 0 <= frame <= MAX_TICKS:
            raise BadSync(f"View {view!r}: run {_short(run)} overlaps another or leaves 0..{ticks - 1}.")
        if frame < next_frame:
            raise BadSync(f"View {view!r}: its frames must be 0 or more and increase from tick to tick.")
        if found and (tick, frame) == (end, next_frame):
            first_tick, first_frame, before = found.pop()
            found.append((first_tick, first_frame, before + length))
        else:
            found.append((tick, frame, length))
        end, next_frame = tick + length, frame + length
    return found


def _run(view: str, run: Any) -> Run:
    try:
        tick, frame, length = (_whole(value) for value in run)
    except (TypeError, ValueError) as error:
        raise BadSync(
            f"View {view!r}: a run is [first_tick, first_frame, length] in whole numbers, got {_short(run)}."
        ) from error
    return tick, frame, length


def _short(value: object) -> str:
    return repr(value)[:80]


def _whole(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{str(value)[:80]!r} is not a whole number")
    return value
