"""Smoothed poses of several views of one recording, each helped by the others, without a calibration."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from sbea_engine.data import SyncTable
from sbea_engine.data.sync import MISSING
from sbea_engine.errors import BadInput
from sbea_engine.io.poses_store import PosesWriter
from sbea_engine.kinematics.smoothing import BadSmoothing, SmoothedPoints, SmoothingConfig, stretches
from sbea_engine.kinematics.views import Together, learn_together, smooth_views
from sbea_engine.pipelines.smooth import OVERLAP, WINDOW
from sbea_engine.pipelines.views_on_ticks import ViewsOnTicks
from sbea_engine.progress import OnProgress, Progress, ignore


@dataclass(frozen=True, slots=True, kw_only=True)
class SmoothedViews:
    """Smoothed poses on disk, a store a view.

    Attributes:
        stores: By view. Each holds the frames that its view shows at some tick, and all individuals.
        dimensions: Of the space in which all views were followed together; None where they say nothing of one
            another and each was smoothed by itself.
        outliers: By view, answers that time or the other views contradict, of those smoothed now.
    """

    stores: Mapping[str, Path]
    ticks: int
    smoothed_now: int
    dimensions: int | None
    outliers: Mapping[str, int]
    seconds: float


def smooth_stores(
    poses: Mapping[str, Path],
    out: Path,
    configs: Mapping[str, SmoothingConfig],
    *,
    sync: SyncTable | None = None,
    on_progress: OnProgress = ignore,
) -> SmoothedViews:
    """Smooth the poses of several views into `out/VIEW` each; goes on where an earlier attempt stopped.

    Args:
        poses: Store of 2D poses by view.
        configs: By view, alike but for the radius.
        sync: Which frame each view shows at each tick; None where views started together and dropped nothing.

    Raises:
        BadSmoothing: One view, a view's name is no name of a folder, `out` would lie over what is read, the
            models do not tell individuals apart, or too few points are seen by all views.
        BadViews, BadSync: The stores do not fit one another or the table.
        BadPosesStore: A store is damaged, or one in `out` belongs to another run.
        Cancelled: From `on_progress`; complete chunks stay.
    """
    began = time.monotonic()
    places = {view: _place(out, view) for view in poses}
    for store in poses.values():
        if any(_overlap(place, store) for place in places.values()):
            raise BadSmoothing(f"{out}: smoothed poses go beside the raw ones, not over {store}.")
    if len(poses) < 2:
        raise BadSmoothing(f"Smoothing across views needs two or more of them, got {len(poses)}.")
    seen = ViewsOnTicks.open(poses, sync)
    if seen.without_identity and len(seen.individuals) > 1:
        raise BadSmoothing(
            f"The model of view {', '.join(seen.without_identity)} does not tell individuals apart, so that "
            f"its names are not those of the other views. Smooth each view by itself."
        )
    common = set.intersection(*(set(store.individuals) for store in seen.stores.values()))
    if not common:
        theirs = "; ".join(f"{view}: {', '.join(s.individuals)}" for view, s in seen.stores.items())
        raise BadSmoothing(f"The views know no individual in common ({theirs}). One animal needs one name.")
    in_order = [configs[view] for view in seen.stores]
    together = _learned(seen, in_order)  # before anything is made: it finds most of what can be wrong
    with _writers(seen, places, configs) as writers:
        written = [writer.frames_done for writer in writers]
        done = _ticks_done(seen, written)
        on_progress(Progress(stage="smooth", done=done, total=seen.ticks))
        outliers = dict.fromkeys(seen.stores, 0)
        # From the beginning of a window, so that an attempt that goes on computes what the first would have.
        for low in range(done - done % WINDOW, seen.ticks, WINDOW):
            high = min(low + WINDOW, seen.ticks)
            if not (seen.sync.frames[:, low:high] != MISSING).any():
                continue
            found = _window(seen, low, high, in_order, together)
            for v, (view, writer) in enumerate(zip(seen.stores, writers, strict=True)):
                shown = np.flatnonzero(seen.sync.frames[v, low:high] != MISSING)
                before = int((seen.sync.frames[v, :low] != MISSING).sum())
                new = shown[max(0, written[v] - before) :]
                writer.append(found[v].points_px[new], np.nan_to_num(found[v].confidence[new]))
                written[v] += len(new)
                outliers[view] += int(found[v].outliers[new].sum())
            on_progress(Progress(stage="smooth", done=high, total=seen.ticks))
    return SmoothedViews(
        stores=places,
        ticks=seen.ticks,
        smoothed_now=seen.ticks - done,
        dimensions=None if together.space is None else together.space.basis.shape[2],
        outliers=outliers,
        seconds=time.monotonic() - began,
    )


@contextmanager
def _writers(
    seen: ViewsOnTicks, places: Mapping[str, Path], configs: Mapping[str, SmoothingConfig]
) -> Iterator[list[PosesWriter]]:
    """One a view; where one of them cannot be, those that were made just now are gone again."""
    views = {
        view: {"poses_sha256": store.checksum(), "radius_px": configs[view].radius_px}
        for view, store in seen.stores.items()
    }
    fresh = [place for place in places.values() if not place.exists()]
    with ExitStack() as stack:
        try:
            writers = [
                PosesWriter(
                    places[view],
                    seen.skeleton,
                    seen.individuals,
                    int((frames != MISSING).sum()),
                    provenance={
                        **seen.stores[view].provenance,
                        "smoothing": asdict(configs[view]),
                        "views": views,
                        "sync_sha256": seen.sync_sha256,
                    },
                    frames=frames[frames != MISSING],
                )
                for view, frames in zip(seen.stores, seen.sync.frames, strict=True)
            ]
        except (BadInput, OSError):
            for place in fresh:
                shutil.rmtree(place, ignore_errors=True)
            raise
        yield [stack.enter_context(writer) for writer in writers]


def _place(out: Path, view: str) -> Path:
    if Path(view).name != view or view in {"", ".", ".."}:
        raise BadSmoothing(f"View {view!r}: its name becomes that of a folder. Give it one without slashes.")
    return out / view


def _overlap(a: Path, b: Path) -> bool:
    one, other = a.absolute().resolve(), b.absolute().resolve()
    return one.is_relative_to(other) or other.is_relative_to(one)


def _ticks_done(seen: ViewsOnTicks, rows_done: Sequence[int]) -> int:
    """Ticks of which every view has all its rows."""
    ends = []
    for frames, rows in zip(seen.sync.frames, rows_done, strict=True):
        there = np.flatnonzero(frames != MISSING)
        ends.append(int(there[rows]) if rows < len(there) else seen.ticks)
    return min(ends)


def _learned(seen: ViewsOnTicks, configs: Sequence[SmoothingConfig]) -> Together:
    """From stretches of what is shown, which alone are read: the same in every attempt."""
    shown = np.flatnonzero((seen.sync.frames != MISSING).any(axis=0))
    rows = shown[stretches(len(shown))]
    if not len(rows):
        raise BadSmoothing("No view shows a frame at any tick: there is nothing to smooth.")
    runs = np.split(rows, np.flatnonzero(np.diff(rows) > 1) + 1)
    parts = [seen.window(int(run[0]), int(run[-1]) + 1) for run in runs]
    points, confidence = (np.concatenate(part, axis=1) for part in zip(*parts, strict=True))
    return learn_together(points, confidence, rows, configs)


def _window(
    seen: ViewsOnTicks, low: int, high: int, configs: Sequence[SmoothingConfig], together: Together
) -> list[SmoothedPoints]:
    """Views at the ticks low <= tick < high, smoothed with those before and after."""
    before, after = max(0, low - OVERLAP), min(seen.ticks, high + OVERLAP)
    points, confidence = seen.window(before, after)
    found = smooth_views(points, confidence, np.arange(before, after), configs, together)
    own = slice(low - before, high - before)
    return [
        SmoothedPoints(
            points_px=view.points_px[own],
            sigma_px=view.sigma_px[own],
            confidence=view.confidence[own],
            outliers=view.outliers[own],
        )
        for view in found
    ]
