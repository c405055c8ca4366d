"""From part maps to peaks, and along fields from peak to peak."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.ndimage import map_coordinates
from torch import Tensor
from torch.nn import functional

from sbea_engine.nn.backbone import STRIDE
from sbea_engine.pose.bottom_up.model import FIELD_STRIDE

MIN_PEAK = 0.05
"""A cell below this is no peak. Low, since how many animals there are at most is known; how far to trust what
is found is told by its confidence."""

APART_CELLS = 2
"""A peak is the highest cell of all within this many rows and columns."""

SAMPLES = 10
"""Places along a would-be edge at which the field is read, as in Cao et al. 2017."""


class Peaks(NamedTuple):
    """The peaks of a frame.

    Attributes:
        points_px: By keypoint: (peak, 2), working pixels.
        logit: By keypoint: (peak,), highest first; sigmoid is the height of the map there.
    """

    points_px: list[NDArray[np.float32]]
    logit: list[NDArray[np.float32]]


def find_peaks(logits: Tensor, valid: tuple[int, int], most: int) -> list[Peaks]:
    """Local maxima, refined below a cell, frame by frame.

    Args:
        logits: (batch, keypoint, h, w) at stride `STRIDE`.
        valid: (rows, columns) of cells that lie on the picture; the rest is padding.
        most: Peaks a map, at most.
    """
    logits = logits[..., : valid[0], : valid[1]].float()
    width = logits.shape[-1]
    highest = functional.max_pool2d(logits, 2 * APART_CELLS + 1, stride=1, padding=APART_CELLS)
    is_peak = (logits >= highest) & (logits > float(np.log(MIN_PEAK / (1 - MIN_PEAK))))
    flat = torch.where(is_peak, logits, -torch.inf).flatten(2)
    value, cell = flat.topk(min(most, flat.shape[-1]), dim=-1)
    x, y = _refined(logits, torch.div(cell, width, rounding_mode="floor"), cell % width)
    points = torch.stack([x, y], dim=-1) * STRIDE + (STRIDE - 1) / 2
    places, heights = points.cpu().numpy(), value.cpu().numpy()
    return [
        Peaks(
            [p[np.isfinite(v)] for p, v in zip(frame, high, strict=True)], [v[np.isfinite(v)] for v in high]
        )
        for frame, high in zip(places, heights, strict=True)
    ]


def _refined(logits: Tensor, row: Tensor, column: Tensor) -> tuple[Tensor, Tensor]:
    """x and y in cells: the top of the parabola through the log heights of a peak and its two neighbours,
    each way. Of a Gaussian, whose logarithm is a parabola, that is the middle."""
    height, width = logits.shape[-2:]
    log_height = functional.logsigmoid(logits).flatten(2)

    def at(down: int, across: int) -> Tensor:
        index = (row + down).clamp(0, height - 1) * width + (column + across).clamp(0, width - 1)
        return torch.gather(log_height, 2, index)

    def top(before: Tensor, here: Tensor, after: Tensor) -> Tensor:
        bend = 2 * here - before - after
        return torch.where(bend > 1e-6, (after - before) / (2 * bend.clamp_min(1e-6)), 0.0).clamp(-0.5, 0.5)

    here = at(0, 0)
    return column + top(at(0, -1), here, at(0, 1)), row + top(at(-1, 0), here, at(1, 0))


def affinity(
    field: NDArray[np.float32], start_px: NDArray[np.float32], stop_px: NDArray[np.float32]
) -> NDArray[np.float32]:
    """How well the field of an edge runs from each start to each stop: the line integral, in -1..1.

    Args:
        field: (2, h, w) at stride `FIELD_STRIDE`.
        start_px: (start, 2), working pixels.
        stop_px: (stop, 2).

    Returns:
        (start, stop): mean over `SAMPLES` places of the field's component along the line (Cao et al. 2017,
        equation 10). Two peaks in one place have no direction; they score 0.
    """
    step = stop_px[None] - start_px[:, None]
    unit = step / np.maximum(np.linalg.norm(step, axis=-1, keepdims=True), 1e-6)
    share = np.linspace(0.0, 1.0, SAMPLES, dtype=np.float32)[:, None, None, None]
    cells = (start_px[:, None] + share * step - (FIELD_STRIDE - 1) / 2) / FIELD_STRIDE
    rows, columns = cells[..., 1], cells[..., 0]
    x, y = (map_coordinates(part, (rows, columns), order=1, mode="nearest") for part in field)
    return np.asarray((x * unit[..., 0] + y * unit[..., 1]).mean(axis=0), dtype=np.float32)
