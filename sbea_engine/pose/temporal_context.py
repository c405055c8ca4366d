"""What a network sees in the frames just before and after, joined with what it sees in a frame.

After the temporal-context network of Lightning Pose (Biderman et al., Nature Methods 2024): features of five
frames go into a recurrence that runs from both ends and meets in the middle. Features of a frame do not
depend on its neighbours, so that in a video each frame is encoded once, whatever windows it is in.

What differs: the state is some channels and not a map a keypoint; the recurrence is gated (after the
convolutional GRU of Ballas et al. 2016) and the same for both directions, since few labels teach it; its
kernels are separable, so that it costs little; what it finds is added to the features of the middle frame, so
that before it has learned anything it changes nothing.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

WIDTH = 32
REACH = 7
"""Cells, all in all, in which the state of a place is looked for in the frame before: animals move."""


class TemporalContext(nn.Module):
    """A recurrence over windows of frames.

    Args:
        channels: Of the features of a frame.
        fold: So many cells of the features, each way, are one cell of the recurrence; nothing is averaged.
    """

    def __init__(self, channels: int, fold: int = 1) -> None:
        super().__init__()
        self.seen = nn.Conv2d(channels, WIDTH, fold, stride=fold)
        self.moved = nn.Conv2d(WIDTH, WIDTH, REACH, padding=REACH // 2, groups=WIDTH, bias=False)
        self.gate = nn.Conv2d(2 * WIDTH, WIDTH, 1)
        self.new = nn.Conv2d(2 * WIDTH, WIDTH, 1)
        self.found = nn.ConvTranspose2d(WIDTH, channels, fold, stride=fold)
        nn.init.dirac_(self.moved.weight, groups=WIDTH)  # before it has learned, nothing moves
        nn.init.zeros_(self.found.weight)
        nn.init.zeros_(self.found.bias)  # type: ignore[arg-type]

    def forward(self, features: Tensor, windows: Tensor) -> Tensor:
        """Features of the middle frames, with what the others tell.

        Args:
            features: (frame, channel, h, w), each frame once; h and w multiples of `fold`.
            windows: int64 (batch, time), time odd: which frames, in order of time; one may be there twice.

        Returns:
            (batch, channel, h, w).
        """
        seen = functional.relu(self.seen(features))
        middle = windows.shape[1] // 2
        before, after = windows[:, : middle + 1], windows.flip(1)[:, : middle + 1]
        told: Tensor = self.found(self._run(seen, before) + self._run(seen, after))
        return features[windows[:, middle]] + told

    def _run(self, seen: Tensor, windows: Tensor) -> Tensor:
        """The state after the last frame of each window."""
        state = seen[windows[:, 0]]
        for place in range(1, windows.shape[1]):
            moved = self.moved(state)
            both = torch.cat([seen[windows[:, place]], moved], dim=1)
            state = torch.lerp(moved, functional.relu(self.new(both)), torch.sigmoid(self.gate(both)))
        return state
