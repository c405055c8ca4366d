"""Maps that are regressed onto Gaussians of height one, and the peak of such a map between its cells."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from sbea_engine.nn.heatmaps import Decoded, masked_to

SIGMA_PX = 2.5
"""Standard deviation of the Gaussian, input pixels."""

FOREGROUND = 20.0
"""How much more than the background a cell counts where the Gaussian is highest."""

FLOOR = 0.01
"""Lowest height that the fit of a peak believes in: below it a map is noise round zero."""


def gaussian_maps(points_px: Tensor, shape: tuple[int, int], stride: int, sigma_px: float) -> Tensor:
    """Gaussians of height one at keypoints, (batch, keypoint, h, w).

    Args:
        points_px: (batch, keypoint, 2).
        shape: (h, w) of the maps.
        stride: Input pixels a cell; cell c has its centre at stride c + (stride - 1) / 2.
    """
    rows, columns = (
        torch.arange(n, device=points_px.device, dtype=points_px.dtype) * stride + (stride - 1) / 2
        for n in shape
    )
    across = torch.exp(-((points_px[..., 0, None] - columns) ** 2) / (2 * sigma_px**2))
    down = torch.exp(-((points_px[..., 1, None] - rows) ** 2) / (2 * sigma_px**2))
    return down[..., :, None] * across[..., None, :]


def gaussian_loss(maps: Tensor, points_px: Tensor, placed: Tensor, known: Tensor, *, stride: int) -> Tensor:
    """Squared error of known keypoints, in units of that of an empty map; the target of one that is absent is
    zero.

    A Gaussian fills one or two of a thousand cells. The plain mean over cells is then next to nothing for a
    map that shows nothing, and a short training from scratch never leaves it: whatever fires on the animal at
    all is wrong in more cells than it is right in. So cells under the Gaussian count for more, by its height.

    Args:
        maps: (batch, keypoint, h, w).
        points_px: (batch, keypoint, 2); anything where `placed` is False.
        placed, known: bool (batch, keypoint).
    """
    points = torch.where(placed[..., None], points_px, 0.0)
    wanted = gaussian_maps(points, (maps.shape[-2], maps.shape[-1]), stride, SIGMA_PX)
    wanted = wanted * placed[..., None, None]
    error = ((1 + FOREGROUND * wanted) * (maps - wanted).square()).sum((-2, -1))
    # Sums over cells of the square and of the cube of a Gaussian that lies inside the map.
    empty = math.pi * (SIGMA_PX / stride) ** 2 * (1 + FOREGROUND * 2 / 3)
    return (error * known).sum() / known.sum().clamp_min(1) / empty


def decode_gaussian(maps: Tensor, stride: int, *, valid: tuple[int, int] | None = None) -> Decoded:
    """The highest cell, moved to the top of the parabola through the logs of it and its neighbours.

    The log of a Gaussian is a parabola, so that the position is exact for a map that is one. On the border,
    where a neighbour is missing, the centre of the cell is the answer along that axis.

    Args:
        maps: (batch, keypoint, h, w); a height of one is a keypoint.
        valid: (rows, columns) of cells that lie on the picture; the rest is never chosen.

    Returns:
        `log_peak` is the log of the height, `log_mass` that of the mean of the peak and its four neighbours,
        and `entropy` that of the map as a distribution; all as if heights below `FLOOR` were that.
    """
    height, width = maps.shape[-2:]
    heights = masked_to(maps.float(), valid)
    cell = heights.flatten(2).argmax(dim=-1)
    log = heights.clamp_min(FLOOR).log()
    row, column = torch.div(cell, width, rounding_mode="floor"), cell % width
    rows, columns = (height, width) if valid is None else valid

    def at(down: int, across: int) -> Tensor:
        index = (row + down).clamp(0, rows - 1) * width + (column + across).clamp(0, columns - 1)
        return torch.gather(log.flatten(2), 2, index.unsqueeze(-1)).squeeze(-1)

    top, left, right, above, below = at(0, 0), at(0, -1), at(0, 1), at(-1, 0), at(1, 0)
    x = column + _summit(left, top, right) * ((column > 0) & (column < columns - 1))
    y = row + _summit(above, top, below) * ((row > 0) & (row < rows - 1))
    p = log.flatten(2).softmax(dim=-1)
    entropy = -(p * p.log()).sum(-1) / math.log(height * width)
    near = torch.stack([top, left, right, above, below]).logsumexp(0) - math.log(5)
    return Decoded(torch.stack([x, y], dim=-1) * stride + (stride - 1) / 2, cell, top, near, entropy)


def _summit(before: Tensor, top: Tensor, after: Tensor) -> Tensor:
    """Where the parabola through three neighbours is highest, in cells from the middle one, -0.5..0.5."""
    curvature = (2 * top - before - after).clamp_min(1e-6)
    return (0.5 * (after - before) / curvature).clamp(-0.5, 0.5)
