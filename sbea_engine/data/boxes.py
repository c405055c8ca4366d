"""Where animals are in the frames of one view, as a detector, a tracker or a person says."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sbea_engine.data.names import is_plain_text
from sbea_engine.errors import BadInput


class BadBoxes(BadInput):
    """Boxes are no boxes, or their frames are out of order."""

    code = "bad_boxes"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Boxes:
    """Upright rectangles round animals.

    Attributes:
        individuals: Names of the individual axis: box n of every frame is round individual n.
        frames: int64 (frame,), strictly increasing source frame indices.
        edges_px: float32 (frame, individual, 4): left, top, right, bottom, source pixels, (0, 0) being the
            centre of the top-left pixel; all four NaN where there is no box.
    """

    individuals: tuple[str, ...]
    frames: NDArray[np.int64]
    edges_px: NDArray[np.float32]

    def __post_init__(self) -> None:
        if not self.individuals or len(set(self.individuals)) < len(self.individuals):
            raise BadBoxes("Boxes are round one or more individuals, each of a name of its own.")
        odd = [name for name in self.individuals if not is_plain_text(name)]
        if odd:
            raise BadBoxes(f"The name {odd[0]!a} of an individual is no text, or holds control characters.")
        shape = (len(self.frames), len(self.individuals), 4)
        if self.edges_px.shape != shape:
            raise BadBoxes(f"edges_px must have shape {shape}, got {self.edges_px.shape}.")
        if np.any(np.diff(self.frames) <= 0) or (len(self.frames) and self.frames[0] < 0):
            raise BadBoxes("frames must be non-negative and strictly increasing.")
        known = np.isfinite(self.edges_px)
        none = np.isnan(self.edges_px).all(-1)
        flat = (self.edges_px[..., 2:] <= self.edges_px[..., :2]).any(-1)
        wrong = np.argwhere(~none & (flat | ~known.all(-1)))
        if len(wrong):
            frame, individual = wrong[0]
            raise BadBoxes(
                f"frame {self.frames[frame]}, {self.individuals[individual]}: a box has a width and a height "
                f"above 0, and all of its edges."
            )

    def __len__(self) -> int:
        return len(self.frames)

    def outside(self, width: int, height: int) -> NDArray[np.bool_]:
        """(frame, individual) whether no part of a box is in a picture of that size, pixels."""
        beyond = (self.edges_px[..., 2:] <= -0.5) | (self.edges_px[..., :2] >= (width - 0.5, height - 0.5))
        return np.asarray(beyond.any(-1))

    def of(self, frame: int) -> NDArray[np.float32]:
        """(individual, 4) edges in that frame; NaN where there is none."""
        row = int(np.searchsorted(self.frames, frame))
        known = row < len(self.frames) and self.frames[row] == frame
        return np.array(self.edges_px[row] if known else np.full(self.edges_px.shape[1:], np.nan), np.float32)

    @property
    def checksum(self) -> str:
        """SHA-256 of names, frames and edges."""
        text = json.dumps(self.individuals).encode()
        return hashlib.sha256(text + self.frames.tobytes() + self.edges_px.tobytes()).hexdigest()
