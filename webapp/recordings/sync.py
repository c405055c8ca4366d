"""Which frame each view of a recording shows at each tick, from what the rows say.

Kept as runs and not as a table of frames: a list of recordings must not cost memory by their length.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from django.db import transaction

from sbea_engine.data.sync import MAX_CELLS, MAX_TICKS, BadSync, SyncRuns, SyncTable
from webapp.accounts.capabilities import Capability, require
from webapp.accounts.models import User
from webapp.recordings.models import Recording, Video

Runs = list[list[int]]  # [first_tick, first_frame, length], as in SyncTable's JSON


@dataclass(frozen=True, slots=True, kw_only=True)
class Sync:
    """The common clock of one recording.

    Attributes:
        source: Where it comes from; "aligned" where nobody set anything.
        ticks: Length of the recording.
        runs: For each view of the recording; empty for one that is never shown.
        problems: Views that cannot be placed on the clock, each with the reason and what to do.
    """

    source: Literal["aligned", "offsets", "table"]
    ticks: int
    runs: Mapping[str, Runs]
    problems: Mapping[str, str]

    def to_dict(self) -> dict[str, Any]:
        """The JSON form of a SyncTable."""
        return {"ticks": self.ticks, "views": dict(self.runs)}

    def table(self) -> SyncTable:
        """The engine's form."""
        return SyncTable.from_dict(self.to_dict())

    def offset_of(self, view: str) -> int | None:
        """The tick at which frame 0 is shown, or would be where a table begins with a later one.

        Below 0 where that tick would lie before the clock. None where the frames of the view do not follow
        the ticks in one run, or it has none. Frames after the run are never shown.
        """
        runs = self.runs.get(view, [])
        return runs[0][0] - runs[0][1] if len(runs) == 1 else None

    def digest(self, views: Iterable[str]) -> str:
        """Names what these views show when, so that a result can be told from one made with another sync.

        A view that joins later changes nothing for the others, unless it makes the longest clock too short
        for one of them.
        """
        rows = {view: self.runs.get(view, []) for view in views}
        return hashlib.sha256(json.dumps(rows, sort_keys=True).encode()).hexdigest()


def sync_of(recording: Recording) -> Sync:
    """The clock as it is now.

    A view that ends beyond the longest clock has no frames. Nor has one that is not ready, except where a
    table says which it is to show.
    """
    videos = list(recording.videos.all())
    if recording.sync is not None:
        return _from_table(recording.sync, videos)
    offsets = recording.sync_offsets or {}
    longest = _longest(videos)
    runs: dict[str, Runs] = {}
    problems: dict[str, str] = {}
    for video in videos:
        tick, count = int(offsets.get(video.view, 0)), _frames(video)
        runs[video.view] = [[tick, 0, count]] if 0 < count <= longest - tick else []
        if tick + count > longest:
            problems[video.view] = _beyond(video, tick + count, longest)
    ends = [tick + length for rows in runs.values() for tick, _, length in rows]
    source: Literal["aligned", "offsets"] = "aligned" if recording.sync_offsets is None else "offsets"
    return Sync(source=source, ticks=max([1, *ends]), runs=runs, problems=problems)


@transaction.atomic
def recording_sync_set(
    *,
    recording: Recording,
    offsets: Mapping[str, int] | None = None,
    table: Mapping[str, Any] | None = None,
    by: User,
) -> Recording:
    """Say how the views share the clock; with neither, they all start together.

    Labels stay as they are, since they belong to frames of a view. 3D results keep the sync that
    they were made with.

    Args:
        offsets: For each view the tick at which its first frame is shown; one that is left out has 0. Only
            differences count: the earliest view starts the clock at tick 0.
        table: The JSON form of a SyncTable. A view of the recording that it leaves out is never shown.

    Raises:
        BadSync: Views that the recording does not have, a table that is none, or one that names frames which
            a video lacks.
        NotFound, Forbidden: `by` may not manage the project's data.
    """
    require(by, recording.project, Capability.MANAGE_DATA)
    recording = Recording.objects.select_for_update().get(pk=recording.pk)
    if offsets is not None and table is not None:
        raise BadSync("Give either offsets or a table, not both.")
    videos = list(recording.videos.all())
    recording.sync = None if table is None else _checked_table(table, videos)
    recording.sync_offsets = None if offsets is None else _checked_offsets(offsets, videos)
    recording.save(update_fields=["sync", "sync_offsets"])
    return recording


def sync_rename_view(*, recording: Recording, old: str, new: str | None) -> None:
    """Let the sync of a recording follow a view that was renamed, or removed where `new` is None."""

    def follow(rows: dict[str, Any]) -> dict[str, Any]:
        named = ((new if view == old else view, value) for view, value in rows.items())
        return {view: value for view, value in named if view is not None}

    if recording.sync is not None:
        views = follow(recording.sync["views"])
        # A table without a view says nothing any more, and none could be made of it.
        recording.sync = {**recording.sync, "views": views} if views else None
    if recording.sync_offsets is not None:  # the others keep their ticks, which 3D results refer to
        recording.sync_offsets = follow(recording.sync_offsets) or None
    recording.save(update_fields=["sync", "sync_offsets"])


def _from_table(document: Mapping[str, Any], videos: list[Video]) -> Sync:
    longest = _longest(videos)
    runs: dict[str, Runs] = {}
    problems: dict[str, str] = {}
    for video in videos:
        rows: Runs | None = document["views"].get(video.view)
        problem = _left_off(video, rows, longest)
        runs[video.view] = [] if rows is None or problem else rows
        if problem is not None:
            problems[video.view] = problem
    return Sync(source="table", ticks=min(document["ticks"], longest), runs=runs, problems=problems)


def _left_off(video: Video, rows: Runs | None, longest: int) -> str | None:
    """Why a table leaves a view without frames, and what to do."""
    if rows is None:
        return (
            f"The sync table of this recording does not name view {video.view!r}, so it is not shown "
            "beside the others. Set the sync anew."
        )
    if rows and (end := rows[-1][0] + rows[-1][2]) > longest:
        return _beyond(video, end, longest)
    return _overrun(video, rows) if video.state == Video.State.READY else None


def _longest(videos: list[Video]) -> int:
    """Most ticks that a table of these views may have."""
    return min(MAX_TICKS, MAX_CELLS // max(1, len(videos)))


def _beyond(video: Video, end: int, longest: int) -> str:
    return (
        f"View {video.view!r} would end after tick {end - 1}, but with as many views as this recording has, "
        f"its clock counts {longest} ticks at most. Set the sync anew, cut the video, or remove views."
    )


def _overrun(video: Video, rows: Runs) -> str | None:
    """Why a table was not made for this video: `SyncRuns.require` of one view, in words of its own."""
    if not rows:
        return None
    tick, frame, length = rows[-1]
    last = frame + length - 1
    if last < video.frame_count:
        return None
    return (
        f"View {video.view!r} has {video.frame_count} frames, but the sync table shows its frame {last} at "
        f"tick {tick + length - 1}. This is the table of another video, or the video is cut. Set the sync "
        "anew, or replace the video."
    )


def _checked_table(table: Mapping[str, Any], videos: list[Video]) -> dict[str, Any]:
    checked = SyncRuns.from_dict(table)
    views = {video.view: video for video in videos}
    foreign = [view for view in checked.views if view not in views]
    if foreign:
        raise BadSync(
            f"The table names {_quoted(foreign)}; this recording has {_quoted(views)}. Rename the views, or "
            "take the recording's own table."
        )
    if checked.ticks > _longest(videos):
        raise BadSync(
            f"The table lasts {checked.ticks} ticks; with {len(videos)} views at most {_longest(videos)} can "
            "be."
        )
    ready = (views[view] for view in checked.views if views[view].state == Video.State.READY)
    checked.require({video.view: video.frame_count for video in ready})
    return checked.to_dict()


def _checked_offsets(offsets: Mapping[str, int], videos: list[Video]) -> dict[str, int] | None:
    views = [video.view for video in videos]
    foreign = [view for view in offsets if view not in views]
    if foreign:
        raise BadSync(f"There is no view {_quoted(foreign)}; this recording has {_quoted(views)}.")
    moved = _from_zero({view: int(offsets.get(view, 0)) for view in views})
    if moved is None:
        return None
    longest = max(moved[video.view] + _frames(video) for video in videos)
    if longest > _longest(videos):
        raise BadSync(
            f"With these offsets the recording lasts {longest} ticks; with {len(videos)} views at most "
            f"{_longest(videos)} can be."
        )
    return moved


def _from_zero(offsets: Mapping[str, int]) -> dict[str, int] | None:
    """The same differences with the earliest view at 0; None where there are none."""
    first = min(offsets.values(), default=0)
    moved = {view: offset - first for view, offset in offsets.items()}
    return moved if any(moved.values()) else None


def _frames(video: Video) -> int:
    return video.frame_count if video.state == Video.State.READY else 0


def _quoted(names: Iterable[str]) -> str:
    return ", ".join(repr(name) for name in names)
