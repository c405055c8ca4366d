"""Where predictions are doubtful along a video, for a timeline."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from webapp.results.models import PoseResult
from webapp.results.windows import done_store

if TYPE_CHECKING:
    from sbea_engine.kinematics.doubts import Doubts

MAX_KEPT = 64
WINDOW_POINTS = 200_000
"""Keypoints in memory at once, over frames and individuals; what is found does not depend on it."""
LEAST_WINDOW = 64
_ONE_AT_A_TIME = Lock()
MAX_FRAMES = 1_000_000
"""Nine hours at 30 a second, which take some 15 s to look through; what is behind is not looked at."""


def result_doubts(*, result: PoseResult) -> tuple[Doubts, int]:
    """Doubtful stretches of what is predicted so far, and how many frames that is.

    Raises:
        BadPosesStore: The files are damaged.
    """
    done = min(result.frames_done, MAX_FRAMES)
    with _ONE_AT_A_TIME:  # the second who asks the same waits for the answer
        return _doubts(result.pk, result.created_at, done), done


@lru_cache(maxsize=MAX_KEPT)
def _doubts(result_id: int, created_at: datetime, done: int) -> Doubts:
    """What has been predicted never changes, and reading all of it takes seconds. An id may come again."""
    from sbea_engine.kinematics.doubts import Doubts, find_doubts

    result = PoseResult.objects.select_related("model").get(pk=result_id, created_at=created_at)
    store = done_store(result) if done else None
    if store is None:
        return Doubts(stretches=(), total=0, frames=0)
    shape = (len(store.individuals), len(store.skeleton))

    def read(start: int, stop: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        poses = store.window(start, stop)
        points = np.full((stop - start, *shape, 2), np.nan, np.float32)
        confidence = np.full((stop - start, *shape), np.nan, np.float32)
        points[poses.frames - start] = poses.points_px
        confidence[poses.frames - start] = poses.confidence
        return points, confidence

    window = max(LEAST_WINDOW, WINDOW_POINTS // (shape[0] * shape[1]))
    return find_doubts(
        read, done, keypoints=store.skeleton.keypoints, individuals=store.individuals, window=window
    )
