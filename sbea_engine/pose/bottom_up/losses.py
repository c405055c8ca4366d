"""What is minimised: cells of part maps against Gaussians, and fields against unit vectors along edges."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from sbea_engine.nn.backbone import STRIDE
from sbea_engine.pose.bottom_up.model import FIELD_STRIDE, LOOK_STRIDE, BottomUpOutput
from sbea_engine.pose.losses import FIRST_SIGMA_CELLS, FIRST_WEIGHT, PoseBatch

SIGMA_CELLS = 1.0
FIELD_HALF_WIDTH_PX = 3.0
FIELD_WEIGHT = 1.0

ANIMAL_RADIUS = 1.5
"""Round the middle of an animal, in extents: there its unlabelled keypoints may be, in any view."""

AT_PEAK = 0.01
"""Cells of a target above this belong to a peak, whatever else is unknown there."""


class Animals(NamedTuple):
    """Truth of a batch by animal.

    Attributes:
        points_px: (batch, individual, keypoint, 2), view pixels, also outside of the view; NaN where none.
        known: bool (batch, individual, keypoint): placed, or known not to be in the view.
    """

    points_px: Tensor
    known: Tensor


@dataclass(frozen=True, slots=True, kw_only=True)
class BottomUpLoss:
    """The loss of one skeleton.

    Attributes:
        edges: (from, to) places on the keypoint axis.
        individuals: On the keypoint axis of a `PoseBatch`, individual after individual.
        extent_px: Of an animal, working pixels.
    """

    edges: tuple[tuple[int, int], ...]
    individuals: int
    extent_px: float

    def __call__(self, output: BottomUpOutput, batch: PoseBatch) -> tuple[Tensor, dict[str, Tensor]]:
        """The sum that is minimised, and its parts by name."""
        truth = self.animals(batch)
        maps = self.map_loss(output.logits, truth, STRIDE, SIGMA_CELLS)
        first = self.map_loss(output.first_logits, truth, LOOK_STRIDE, FIRST_SIGMA_CELLS)
        fields = field_loss(output.fields, truth.points_px, self.edges)
        parts = {"map_loss": maps, "first_map_loss": first, "field_loss": fields}
        total = maps + FIRST_WEIGHT * first + FIELD_WEIGHT * fields
        return total, {name: part.detach() for name, part in parts.items()}

    def animals(self, batch: PoseBatch) -> Animals:
        """The batch's keypoint axis taken apart into individuals and keypoints."""
        shape = (len(batch.images), self.individuals, -1)
        return Animals(batch.points_px.reshape(*shape, 2), batch.known.reshape(shape))

    def map_loss(self, logits: Tensor, truth: Animals, stride: int, sigma_cells: float) -> Tensor:
        """Cross-entropy of every cell on its own against the highest Gaussian there, a labelled peak.

        A map holds as many peaks as there are animals, or none, so its cells must not compete as in
        `spatial_cross_entropy`. The sum over cells is divided by peaks and by the mass of one Gaussian:
        then background, however large the view, weighs as much as it is wrong.
        """
        size = (logits.shape[-2], logits.shape[-1])
        target = peaks_target(truth.points_px, size, stride, sigma_cells)
        known = self.known_cells(truth, target, stride)
        loss = functional.binary_cross_entropy_with_logits(logits, target, reduction="none")
        peaks = torch.isfinite(truth.points_px).all(-1).sum().clamp_min(1)
        return (loss * known).sum() / (peaks * 2 * math.pi * sigma_cells**2)

    def known_cells(self, truth: Animals, target: Tensor, stride: int) -> Tensor:
        """bool (batch, keypoint, h, w): False where an unlabelled keypoint may be.

        That is round its animal where something of that is placed, and everywhere where nothing is.
        """
        there = torch.isfinite(truth.points_px).all(-1, keepdim=True)
        count = there.sum(2)
        middle = torch.where(there, truth.points_px, 0.0).sum(2) / count.clamp_min(1)
        height, width = target.shape[-2:]
        x, y = cell_centres(width, stride, target), cell_centres(height, stride, target)
        radius = torch.where(count[..., 0] > 0, ANIMAL_RADIUS * self.extent_px, math.inf)
        apart = (x - middle[..., 0, None, None]) ** 2 + (y[:, None] - middle[..., 1, None, None]) ** 2
        near = apart <= radius[..., None, None] ** 2  # (batch, individual, h, w)
        hidden = torch.einsum("bihw,bik->bkhw", near.float(), (~truth.known).float()) > 0
        return ~hidden | (target > AT_PEAK)


def peaks_target(points_px: Tensor, size: tuple[int, int], stride: int, sigma_cells: float) -> Tensor:
    """(batch, keypoint, h, w): at each cell the highest of the animals' Gaussians, each 1 at its middle.

    Args:
        points_px: (batch, individual, keypoint, 2), NaN where none.
    """
    factors = []
    for axis, cells in ((1, size[0]), (0, size[1])):
        distance = (cell_centres(cells, stride, points_px) - points_px[..., axis, None]) / stride
        factors.append(torch.exp(-0.5 * (distance / sigma_cells) ** 2).nan_to_num(0.0))
    return torch.einsum("bikh,bikw->bikhw", *factors).amax(1)


def field_target(points_px: Tensor, edges: tuple[tuple[int, int], ...], size: tuple[int, int]) -> Tensor:
    """(batch, edge, 2, h, w): the mean unit vector of the animals' edges that run over a cell; else 0.

    A cell is under an edge where its middle lies within `FIELD_HALF_WIDTH_PX` of the segment between the two
    keypoints (Cao et al. 2017, equations 8 and 9).
    """
    ends = torch.tensor(edges, device=points_px.device, dtype=torch.long)
    start, stop = points_px[:, :, ends[:, 0]], points_px[:, :, ends[:, 1]]
    length = (stop - start).norm(dim=-1)
    unit = ((stop - start) / length.clamp_min(1e-6)[..., None])[..., None, None, :]
    x, y = (cell_centres(cells, FIELD_STRIDE, points_px) for cells in (size[1], size[0]))
    cells = torch.stack(torch.meshgrid(x, y, indexing="xy"), dim=-1)
    offset = cells - start[..., None, None, :]
    along = (offset * unit).sum(-1)
    across = offset[..., 0] * unit[..., 1] - offset[..., 1] * unit[..., 0]
    far = torch.relu(torch.maximum(-along, along - length[..., None, None]))
    under = (far**2 + across**2 <= FIELD_HALF_WIDTH_PX**2)[..., None]  # False where an end is missing
    vectors: Tensor = torch.where(under, unit, 0.0).sum(1) / under.sum(1).clamp_min(1)
    return vectors.movedim(-1, 2)


def field_loss(fields: Tensor, points_px: Tensor, edges: tuple[tuple[int, int], ...]) -> Tensor:
    """Squared error, the mean under edges plus the mean elsewhere: edges cover few cells.

    Edges with an unlabelled end count as elsewhere; they are few among what is elsewhere.
    """
    if not edges:
        return fields.sum()
    target = field_target(points_px, edges, (fields.shape[-2], fields.shape[-1]))
    error = ((fields - target) ** 2).sum(2)
    under = target.abs().sum(2) > 0
    on = (error * under).sum() / under.sum().clamp_min(1)
    off = (error * ~under).sum() / (~under).sum().clamp_min(1)
    return on + off


def cell_centres(cells: int, stride: int, like: Tensor) -> Tensor:
    """(cells,) positions in input pixels; pixel 0 is the centre of the first pixel."""
    return torch.arange(cells, device=like.device, dtype=like.dtype) * stride + (stride - 1) / 2
