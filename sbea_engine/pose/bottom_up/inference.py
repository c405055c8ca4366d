"""Run the network over frames at working scale and read the animals from its maps."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import torch

from sbea_engine.nn.backbone import STRIDE
from sbea_engine.pose.bottom_up.assembly import Assembler
from sbea_engine.pose.bottom_up.model import BottomUpNetwork
from sbea_engine.pose.bottom_up.peaks import find_peaks
from sbea_engine.pose.frames import Image
from sbea_engine.pose.inference import Located, as_batch, batches
from sbea_engine.pose.model import cells_of

SPARE_PEAKS = 3
"""Peaks a map that are looked at beyond one for each animal."""


def locate_animals(
    model: BottomUpNetwork, assembler: Assembler, images: Iterable[Image]
) -> Iterator[Located]:
    """Find the animals of a stream of frames of any sizes; yields in order, some frames at a time.

    Points are (frame, individual, keypoint, 2) working pixels, the animals of each frame surest first; where
    nothing was found they are NaN, and the confidence logits minus infinity. The model is in evaluation mode.
    """
    device = next(model.parameters()).device
    for some in batches(images):
        height, width = some[0].shape[:2]
        with torch.inference_mode():
            out = model(as_batch(some, model.multiple).to(device))
            most = assembler.individuals + SPARE_PEAKS
            peaks = find_peaks(out.logits, cells_of((height, width), STRIDE), most)
            fields = out.fields.float().cpu().numpy()
        found = [assembler(p, f) for p, f in zip(peaks, fields, strict=True)]
        limit = np.array([width - 0.5, height - 0.5], dtype=np.float32)
        points = np.clip(np.stack([points for points, _ in found]), np.float32(-0.5), limit)
        yield Located(points, np.stack([logit for _, logit in found]))
