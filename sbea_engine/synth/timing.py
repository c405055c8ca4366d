"""Cameras that start late and drop frames: which frame of its video a view shows at each tick."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from sbea_engine.data.sync import MISSING, SyncTable

MEAN_GAP = 2.0  # frames lost one after another: a busy disk loses more than one at a time


def plan_sync(
    chances: Mapping[str, np.random.Generator], *, ticks: int, start_ticks: int, drop_share: float
) -> SyncTable:
    """A table for cameras that each start up to `start_ticks` late and lose a share of their frames.

    A view's first frame is never lost, so that its start can be told from its drops, and every view has one.

    Args:
        chances: A source of chance for each view, in the order of the table.
        start_ticks: Latest start, below `ticks`.
        drop_share: Share of frames lost, 0 to below 1, in runs of two on average.
    """
    rows = [_row(rng, ticks, start_ticks, drop_share) for rng in chances.values()]
    return SyncTable(views=tuple(chances), frames=np.stack(rows))


def _row(rng: np.random.Generator, ticks: int, start_ticks: int, drop_share: float) -> NDArray[np.int64]:
    start = int(rng.integers(0, start_ticks + 1))
    recover = 1 / MEAN_GAP
    lose = (
        recover * drop_share / (1 - drop_share)
    )  # so that the two-state chain is lost that share of the time
    shown = np.zeros(ticks, np.bool_)
    running = True
    for tick, draw in enumerate(rng.random(ticks)):
        if tick <= start:
            shown[tick] = tick == start
            continue
        running = draw >= lose if running else draw < recover
        shown[tick] = running
    return np.where(shown, np.cumsum(shown) - 1, MISSING).astype(np.int64)
