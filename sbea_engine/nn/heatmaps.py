"""Heat maps: positions to normalised Gaussians, and maps back to positions.

A cell of stride s whose index is c covers input pixels s c .. s c + s - 1; its centre is at
s c + (s - 1) / 2, with pixel (0, 0) the centre of the top-left pixel.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional


class Decoded(NamedTuple):
    """What a heat map says.

    Attributes:
        points_px: (batch, keypoint, 2) x, y in pixels of the network's input.
        cell: (batch, keypoint) flat index of the highest cell.
        log_peak: (batch, keypoint) log probability of that cell.
        log_mass: (batch, keypoint) log probability of the window round it.
        entropy: (batch, keypoint) entropy of the whole map as a share of the largest possible, 0..1.
        p: (batch, keypoint, h, w) probability of each cell of the picture; None where maps are none of it.
    """

    points_px: Tensor
    cell: Tensor
    log_peak: Tensor
    log_mass: Tensor
    entropy: Tensor
    p: Tensor | None = None


class Peaks(NamedTuple):
    """Local maxima of heat maps, the highest first; log probability is minus infinity where a map has fewer.

    Attributes:
        points_px: (batch, keypoint, peak, 2) x, y of cells in pixels of the network's input.
        log_mass: (batch, keypoint, peak) log probability of the window round each.
    """

    points_px: Tensor
    log_mass: Tensor


def gaussian_factors(positions_px: Tensor, cells: int, stride: int, sigma_cells: float) -> Tensor:
    """One axis of a separable Gaussian over cells, summing to 1.

    Args:
        positions_px: (...) coordinate along this axis, input pixels.
        cells: Length of the map along this axis.

    Returns:
        (..., cells). The outer product of both axes is the normalised two-dimensional target.
    """
    at = (positions_px - (stride - 1) / 2) / stride
    distance = torch.arange(cells, device=at.device, dtype=at.dtype) - at.unsqueeze(-1)
    return torch.softmax(-0.5 * (distance / sigma_cells) ** 2, dim=-1)


def masked_to(maps: Tensor, valid: tuple[int, int] | None) -> Tensor:
    """Maps (..., h, w) with minus infinity where a cell lies beyond the first `valid` (rows, columns)."""
    height, width = maps.shape[-2:]
    if valid is None or valid == (height, width):
        return maps
    keep = torch.zeros(height, width, dtype=torch.bool, device=maps.device)
    keep[: valid[0], : valid[1]] = True
    return maps.masked_fill(~keep, -torch.inf)


def on_picture(maps: Tensor, valid: tuple[int, int] | None) -> Tensor:
    """Maps (..., h, w) without the rows and columns of cells behind the first `valid`, which are padding."""
    return maps if valid is None else maps[..., : valid[0], : valid[1]]


def decode(logits: Tensor, stride: int, *, radius: int = 3, valid: tuple[int, int] | None = None) -> Decoded:
    """The highest cell, refined by the expectation over the window round it.

    Args:
        logits: (batch, keypoint, h, w); softmax over h w is the probability of each cell.
        stride: Input pixels a cell.
        radius: The window is (2 radius + 1) cells wide; cells outside the map count nothing.
        valid: (rows, columns) of cells that lie on the picture; the rest is padding and never chosen.
    """
    all_rows, all_columns = logits.shape[-2:]
    logits = on_picture(logits, valid).float().contiguous()
    width = logits.shape[-1]
    cell = _highest_cell(logits)
    flat = logits.flatten(2)
    p = flat.softmax(dim=-1)
    log_peak = p.gather(2, cell[..., None])[..., 0].log()
    log_total = flat.gather(2, cell[..., None])[..., 0] - log_peak
    # Of cells as p log p: nothing is taken of the logarithm of 0.
    entropy = log_total - torch.linalg.vecdot(p, flat)
    p = p.view(logits.shape)
    points, mass = _window_mean(p, cell, stride, radius)
    cell = torch.div(cell, width, rounding_mode="floor") * all_columns + cell % width
    share = entropy / math.log(all_rows * all_columns)
    return Decoded(points, cell, log_peak, mass.log(), share, p)


def peak_mean(p: Tensor, stride: int, *, radius: int = 3) -> Tensor:
    """Positions as `decode` gives them, from probabilities.

    Args:
        p: (batch, keypoint, h, w) probability of each cell, up to a factor of each map.
        stride, radius: As of `decode`.

    Returns:
        (batch, keypoint, 2) x, y in pixels of the network's input.
    """
    return _window_mean(p, _highest_cell(p), stride, radius)[0]


def _highest_cell(maps: Tensor) -> Tensor:
    """(batch, keypoint) flat index of the highest cell of maps (batch, keypoint, h, w).

    Rows first: a processor finds a maximum 20 times as fast as a maximum and where it is.
    """
    row = maps.amax(dim=-1).argmax(dim=-1)
    cells = torch.take_along_dim(maps, row[..., None, None], dim=2)[:, :, 0]
    return row * maps.shape[-1] + cells.argmax(dim=-1)


def _window_mean(p: Tensor, cell: Tensor, stride: int, radius: int) -> tuple[Tensor, Tensor]:
    """Mean position in the window round each cell, (batch, keypoint, 2) pixels, and (batch, keypoint) its
    sum."""
    height, width = p.shape[-2:]
    steps = torch.arange(-radius, radius + 1, device=p.device)
    rows = torch.div(cell, width, rounding_mode="floor")[..., None] + steps
    columns = (cell % width)[..., None] + steps
    in_height, in_width = (rows >= 0) & (rows < height), (columns >= 0) & (columns < width)
    inside = in_height[..., :, None] & in_width[..., None, :]
    index = rows.clamp(0, height - 1)[..., :, None] * width + columns.clamp(0, width - 1)[..., None, :]
    window = torch.gather(p.flatten(2), 2, index.flatten(2)).view(index.shape) * inside
    mass = window.sum((-2, -1))
    y = (window.sum(-1) * rows).sum(-1) / mass
    x = (window.sum(-2) * columns).sum(-1) / mass
    return torch.stack([x, y], dim=-1) * stride + (stride - 1) / 2, mass


def soft_argmax(
    logits: Tensor, stride: int, *, sharpness: float, valid: tuple[int, int] | None = None
) -> Tensor:
    """Expectation of the position over a whole map, which has a gradient everywhere.

    Args:
        logits: (batch, keypoint, h, w).
        stride, valid: As of `decode`.
        sharpness: Power to which probabilities are raised first: above 1 the many cells far from a peak, each
            hardly likely, do not draw the expectation to the middle of the map.

    Returns:
        (batch, keypoint, 2) x, y in pixels of the network's input.
    """
    logits = on_picture(logits, valid)
    height, width = logits.shape[-2:]
    p = torch.softmax(sharpness * logits.float().flatten(2), dim=-1).view(logits.shape)
    columns, rows = (torch.arange(n, device=p.device, dtype=p.dtype) for n in (width, height))
    cells = torch.stack([(p.sum(-2) * columns).sum(-1), (p.sum(-1) * rows).sum(-1)], dim=-1)
    return cells * stride + (stride - 1) / 2


def highest_peaks(
    logits: Tensor, stride: int, count: int, *, radius: int = 3, valid: tuple[int, int] | None = None
) -> Peaks:
    """Cells that are the highest within `radius` cells of them; arguments as of `decode`."""
    log_p = _log_probability(on_picture(logits, valid))
    around = functional.max_pool2d(log_p, (1, 2 * radius + 1), stride=1, padding=(0, radius))
    around = functional.max_pool2d(around, (2 * radius + 1, 1), stride=1, padding=(radius, 0))
    alone = torch.where(log_p == around, log_p, -torch.inf).flatten(2)
    height, cell = alone.topk(min(count, alone.shape[-1]), dim=-1)
    window = _window_sums(log_p.exp(), radius).flatten(2)
    mass = torch.where(height.isfinite(), torch.gather(window, 2, cell).log(), -torch.inf)
    width = log_p.shape[-1]
    at = torch.stack([cell % width, torch.div(cell, width, rounding_mode="floor")], dim=-1)
    return Peaks(at * stride + (stride - 1) / 2, mass)


def log_mass_at(
    logits: Tensor, points_px: Tensor, stride: int, *, radius: int = 3, valid: tuple[int, int] | None = None
) -> Tensor:
    """(batch, keypoint) log probability of the window round the cell of each point.

    Args:
        points_px: (batch, keypoint, 2) x, y, input pixels; beyond the picture its nearest cell counts.
        logits, stride, radius, valid: As of `decode`.
    """
    p = _log_probability(on_picture(logits, valid)).exp()
    height, width = p.shape[-2:]
    cell = torch.div(points_px, stride, rounding_mode="floor").long()
    index = cell[..., 1].clamp(0, height - 1) * width + cell[..., 0].clamp(0, width - 1)
    return torch.gather(_window_sums(p, radius).flatten(2), 2, index[..., None])[..., 0].log()


def _log_probability(logits: Tensor) -> Tensor:
    return torch.log_softmax(logits.float().flatten(2), dim=-1).view(logits.shape)


def _window_sums(p: Tensor, radius: int) -> Tensor:
    """Of the square round each cell, along one axis and then along the other."""
    side = 2 * radius + 1
    along = functional.avg_pool2d(p, (1, side), stride=1, padding=(0, radius), divisor_override=1)
    return functional.avg_pool2d(along, (side, 1), stride=1, padding=(radius, 0), divisor_override=1)
