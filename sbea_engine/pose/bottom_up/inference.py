"""Run the network over frames at working scale and read the animals from its maps."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from sbea_engine.nn.backbone import STRIDE
from sbea_engine.pose.bottom_up.assembly import Assembler
from sbea_engine.pose.bottom_up.in_boxes import assemble_in_boxes
from sbea_engine.pose.bottom_up.model import BottomUpNetwork
from sbea_engine.pose.bottom_up.peaks import Peaks, find_peaks
from sbea_engine.pose.frames import Image
from sbea_engine.pose.inference import Located, as_batch, batches
from sbea_engine.pose.model import cells_of
from sbea_engine.pose.plan import Size

SPARE_PEAKS = 3
"""Peaks a map that are looked at beyond one for each animal."""

MOST_PEAKS = 64
"""Peaks a map where boxes say how many animals there are."""


def locate_animals(
    model: BottomUpNetwork, assembler: Assembler, images: Iterable[Image]
) -> Iterator[Located]:
    """Find the animals of a stream of frames of any sizes; yields in order, some frames at a time.

    Points are (frame, individual, keypoint, 2) working pixels, the animals of each frame surest first; where
    nothing was found they are NaN, and the confidence logits minus infinity. The model is in evaluation mode.
    """
    most = assembler.individuals + SPARE_PEAKS
    for seen in _looked_at(model, images, most):
        yield _together([assembler(p, f) for p, f in zip(seen.peaks, seen.fields, strict=True)], seen.size)


def locate_in_boxes(
    model: BottomUpNetwork,
    assembler: Assembler,
    images: Iterable[Image],
    edges_px: Iterable[NDArray[np.float32]],
) -> Iterator[Located]:
    """As `locate_animals`, of the animal in each box: see `assemble_in_boxes`.

    Args:
        edges_px: (individual, 4) for each image, working pixels; as many individuals in each.
    """
    boxes = iter(edges_px)
    for seen in _looked_at(model, images, None):
        each = zip(seen.peaks, seen.fields, islice(boxes, len(seen.peaks)), strict=True)
        yield _together([assemble_in_boxes(assembler, *one) for one in each], seen.size)


class _Seen(NamedTuple):
    """What the network sees in some frames of one size.

    Attributes:
        fields: (frame, edge, 2, h, w).
        size: Working pixels.
    """

    peaks: list[Peaks]
    fields: NDArray[np.float32]
    size: Size


def _looked_at(model: BottomUpNetwork, images: Iterable[Image], most: int | None) -> Iterator[_Seen]:
    device = next(model.parameters()).device
    for some in batches(images):
        height, width = some[0].shape[:2]
        with torch.inference_mode():
            out = model(as_batch(some, model.multiple).to(device))
            peaks = find_peaks(out.logits, cells_of((height, width), STRIDE), most or MOST_PEAKS)
            fields = out.fields.float().cpu().numpy()
        yield _Seen(peaks, fields, Size(width, height))


def _together(found: list[tuple[NDArray[np.float32], NDArray[np.float32]]], size: Size) -> Located:
    limit = np.array(size, dtype=np.float32) - np.float32(0.5)
    points = np.clip(np.stack([points for points, _ in found]), np.float32(-0.5), limit)
    return Located(points, np.stack([logit for _, logit in found]))
