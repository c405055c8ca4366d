"""Run the network over frames at working scale."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from sbea_engine.pose.calibration import Calibration
from sbea_engine.pose.frames import Image
from sbea_engine.pose.model import PoseNetwork, PoseOutput, cells_of

MAX_BATCH_PIXELS = 8 * 320 * 256
"""Working pixels a forward pass; more gains nothing on CPU and only takes memory."""


class Located(NamedTuple):
    """Answers for some frames.

    Attributes:
        points_px: (frame, keypoint, 2) working pixels.
        confidence_logit: (frame, keypoint), not calibrated: of an animal that is there.
        log_present: (frame, keypoint) log of how far it is there at all, see `presence.py`; None: the
            confidence says that too.
    """

    points_px: NDArray[np.float32]
    confidence_logit: NDArray[np.float32]
    log_present: NDArray[np.float32] | None = None

    def confidence(self, calibration: Calibration) -> NDArray[np.float32]:
        """(frame, keypoint) 0 to 1."""
        sure = calibration.apply(self.confidence_logit)
        return sure if self.log_present is None else sure * np.exp(self.log_present)


def joined(parts: Sequence[Located]) -> Located:
    """Answers of several, frame after frame."""
    points = np.concatenate([part.points_px for part in parts])
    logit = np.concatenate([part.confidence_logit for part in parts])
    present = [part.log_present for part in parts if part.log_present is not None]
    return Located(points, logit, np.concatenate(present) if len(present) == len(parts) else None)


class Seen(NamedTuple):
    """What a network saw in some frames of one size.

    Attributes:
        found: Its answers.
        log_mass: (frame, keypoint) log probability of each answer by its map.
        logits: (frame, keypoint, h, w), the maps themselves.
        valid: Their (rows, columns) of cells that lie on the picture.
    """

    found: Located
    log_mass: NDArray[np.float32]
    logits: Tensor
    valid: tuple[int, int]


def locate(model: PoseNetwork, images: list[Image]) -> Located:
    """Find keypoints in frames of one size, (h, w) or (h, w, 3) each; the model is in evaluation mode."""
    return see(model, images).found


def see(model: PoseNetwork, images: list[Image]) -> Seen:
    """As `locate`, and the maps."""
    height, width = images[0].shape[:2]
    device = next(model.parameters()).device
    with torch.inference_mode():
        out = model(as_batch(images, model.least_multiple).to(device), valid=(height, width))
    log_mass = out.decoded.log_mass.cpu().numpy().astype(np.float32)
    return Seen(located(out, (height, width)), log_mass, out.logits, cells_of((height, width), model.stride))


def located(out: PoseOutput, size: tuple[int, int]) -> Located:
    """Answers of a network, on the picture of `size` (rows, columns)."""
    points = out.decoded.points_px.clamp(min=-0.5).cpu().numpy().astype(np.float32)
    points = np.minimum(points, np.array([size[1] - 0.5, size[0] - 0.5], dtype=np.float32))
    return Located(points, out.confidence_logit.cpu().numpy().astype(np.float32))


def locate_all(model: PoseNetwork, images: Iterable[Image]) -> Iterator[Located]:
    """Find keypoints in a stream of frames of any sizes; yields in order, some frames at a time."""
    for some in batches(images):
        yield locate(model, some)


def as_batch(images: list[Image], multiple: int) -> Tensor:
    """uint8 (batch, channel, h, w) of frames of one size, padded to sides that are multiples."""
    batch = np.stack([_padded(image, multiple) for image in images])
    batch = batch[:, None] if batch.ndim == 3 else np.moveaxis(batch, -1, 1)
    return torch.from_numpy(np.ascontiguousarray(batch))


def batches(images: Iterable[Image]) -> Iterator[list[Image]]:
    """Neighbouring frames of one size, as many as go through the network at once."""
    waiting: list[Image] = []
    for image in images:
        full = waiting and len(waiting) >= batch_size_for(waiting[0])
        if waiting and (full or image.shape != waiting[0].shape):
            yield waiting
            waiting = []
        waiting.append(image)
    if waiting:
        yield waiting


def batch_size_for(image: Image) -> int:
    """Frames of this size that go through the network at once."""
    return max(1, int(MAX_BATCH_PIXELS // (image.shape[0] * image.shape[1])))


def _padded(image: Image, multiple: int) -> Image:
    """Repeat the last row and column until both sides are multiples."""
    rows, columns = -image.shape[0] % multiple, -image.shape[1] % multiple
    return np.pad(image, ((0, rows), (0, columns), *((0, 0),) * (image.ndim - 2)), mode="edge")
