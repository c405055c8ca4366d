"""A point of the training curve: figures on frames that the weights never saw, and answers to look at."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sbea_engine.data import LabelSet
from sbea_engine.nn.trainer import Check
from sbea_engine.pose.metrics import evaluate, listed
from sbea_engine.pose.plan import placed_mask
from sbea_engine.progress import Example

FIGURES = ("mean_px", "median_px", "pck5")
MOST_EXAMPLES = 6
MOST_POINTS = 400
"""Of all examples together: each point of the curve is kept with the log of its training."""


def curve_point(labels: LabelSet, points_px: NDArray[np.float32]) -> Check:
    """`val_mean_px`, `val_median_px`, `val_pck5` as far as there is anything to compare, and examples.

    Args:
        labels: Of the validation frames, one at least.
        points_px: (frame, individual, keypoint, 2), rows and individuals as in `labels`.
    """
    found = evaluate(labels, points_px)
    return Check(
        metrics={f"val_{name}": found[name] for name in FIGURES if found[name] is not None},
        examples=examples(labels, points_px),
    )


def examples(labels: LabelSet, points_px: NDArray[np.float32]) -> tuple[Example, ...]:
    """Answers on a few of the frames that have a placed keypoint, the same each time, evenly over all."""
    placed = placed_mask(labels)
    rows = np.flatnonzero(placed.any(axis=(1, 2)))
    count = min(len(rows), MOST_EXAMPLES, max(1, MOST_POINTS // placed[0].size))
    chosen = [rows[(2 * n + 1) * len(rows) // (2 * count)] for n in range(count)]
    shown = np.where(placed[..., None], labels.points_px, np.nan)
    return tuple(
        Example(
            video=labels.frames[row].video,
            index=int(labels.frames[row].index),
            labels_px=listed(shown[row], digits=1),
            points_px=listed(points_px[row], digits=1),
        )
        for row in chosen
    )
