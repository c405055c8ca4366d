"""Run a network with temporal context over frames at working scale that follow one another.

Each frame is encoded once. Its features wait until the frames after it have been encoded, and stay until the
frames after it have been answered. At either end of a clip its first or last frame is repeated.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import torch
from torch import Tensor

from sbea_engine.errors import BadInput
from sbea_engine.nn.runtime import autocast
from sbea_engine.pose.config import CONTEXTS
from sbea_engine.pose.frames import Image
from sbea_engine.pose.inference import Located, as_batch, batches, located
from sbea_engine.pose.model import PoseNetwork

REACH = CONTEXTS[-1]


def locate_clip(model: PoseNetwork, images: Iterable[Image]) -> Iterator[Located]:
    """Find keypoints in all frames of a clip; yields in order, some frames at a time.

    Args:
        model: With context, in evaluation mode.
        images: Consecutive frames of one video, (h, w) or (h, w, 3) each.

    Raises:
        BadInput: Frames differ in size.
    """
    levels: list[Tensor] = []
    size: tuple[int, ...] = ()
    first = done = encoded = 0  # `levels` are of the frames first to encoded - 1; `done` are answered
    for some in batches(images):
        if size and some[0].shape != size:
            raise BadInput(
                f"A frame is {some[0].shape[1]} x {some[0].shape[0]} pixels, the one before it {size[1]} x "
                f"{size[0]}, at working scale. A model that sees frames before and after takes frames of one "
                f"video, which have one size."
            )
        size = some[0].shape
        new = encode(model, some)
        levels = [torch.cat(pair) for pair in zip(levels, new, strict=True)] if levels else new
        encoded += len(some)
        if encoded - REACH > done:
            yield _answers(model, levels, first, range(done, encoded - REACH), size)
            done = encoded - REACH
            drop = max(0, done - REACH - first)
            levels, first = [level[drop:] for level in levels], first + drop
    if encoded > done:
        yield _answers(model, levels, first, range(done, encoded), size)


def locate_middle(model: PoseNetwork, window: list[Image]) -> Located:
    """Find keypoints in the middle one of frames that follow one another; the model as in `locate_clip`."""
    levels = encode(model, window)
    places = torch.arange(len(window), device=levels[0].device)
    return _look(model, levels, places[None], window[0].shape)


def encode(model: PoseNetwork, images: list[Image]) -> list[Tensor]:
    """`PoseNetwork.encode` of frames of one size, padded as the network needs them."""
    device = next(model.parameters()).device
    with torch.inference_mode(), autocast(device, model.precision):
        return model.encode(as_batch(images, model.least_multiple).to(device))


def _answers(
    model: PoseNetwork, levels: list[Tensor], first: int, frames: range, size: tuple[int, ...]
) -> Located:
    """Of `frames` of the clip; `levels` begin with those of the frame `first`, which is the clip's first or
    lies before all windows."""
    steps = torch.arange(-REACH, REACH + 1)
    places = torch.arange(frames.start, frames.stop)[:, None] + steps - first
    return _look(model, levels, places.clamp(0, len(levels[0]) - 1).to(levels[0].device), size)


def _look(model: PoseNetwork, levels: list[Tensor], windows: Tensor, size: tuple[int, ...]) -> Located:
    with torch.inference_mode():
        return located(model.look(levels, windows, (size[0], size[1])), (size[0], size[1]))
