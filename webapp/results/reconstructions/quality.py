"""How good a reconstruction is along the recording, for a timeline."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from ninja import Schema
from numpy.typing import NDArray

from webapp.results.models import Reconstruction
from webapp.results.reconstructions.windows import done_store, median_residuals_px

if TYPE_CHECKING:
    from sbea_engine.io.poses3d_store import Poses3DStore

MAX_BINS = 2000
MAX_KEPT = 32
_READ_TICKS = 4096


class QualityBin(Schema):
    """Ticks start <= tick < stop in figures; null where there is nothing to measure.

    Attributes:
        known: Share of keypoints with a position in 3D.
        sigma_mm: Median of their standard errors.
        residual_px: By view, the median over ticks of the ticks' median reprojection error.
    """

    start: int
    stop: int
    known: float
    sigma_mm: float | None
    residual_px: list[float | None]


def reconstruction_quality(*, reconstruction: Reconstruction, bins: int) -> list[QualityBin]:
    """At most `bins` figures over the ticks that are done.

    Raises:
        BadPoses3DStore: The files are damaged.
    """
    done, store = reconstruction.ticks_done, done_store(reconstruction)
    if store is None or done == 0:
        return []
    return list(_quality(store, done, min(bins, MAX_BINS)))


@lru_cache(maxsize=MAX_KEPT)
def _quality(store: Poses3DStore, done: int, bins: int) -> tuple[QualityBin, ...]:
    """What has been done of a store never changes, and reading all of it takes long.

    Stores are equal when they are the same object: one that was made anew is another, see `done_store`.
    """
    width = max(1, -(-done // bins))
    step = max(width, _READ_TICKS // width * width)  # whole bins, in pieces that fit in memory
    found: list[QualityBin] = []
    for first in range(0, done, step):
        poses = store.window(first, min(done, first + step))
        residuals = median_residuals_px(poses.residual_px)
        known = np.isfinite(poses.points_mm[..., 0])
        for start in range(first, min(done, first + step), width):
            stop = min(done, start + width)
            rows = slice(*np.searchsorted(poses.ticks, [start, stop]))
            found.append(
                QualityBin(
                    start=start,
                    stop=stop,
                    known=float(known[rows].mean()) if known[rows].size else 0.0,
                    sigma_mm=_median(poses.sigma_mm[rows]),
                    residual_px=[_median(residuals[rows, view]) for view in range(len(poses.views))],
                )
            )
    return tuple(found)


def _median(values: NDArray[np.float32]) -> float | None:
    finite = values[np.isfinite(values)]
    return float(np.median(finite)) if finite.size else None
