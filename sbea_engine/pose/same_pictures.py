"""Labelled frames that show the very same picture: what they say must agree, and not all of them may."""

from __future__ import annotations

import hashlib
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from sbea_engine.data import FrameSource, LabelSet
from sbea_engine.data.labels import BadLabels
from sbea_engine.pose.plan import median_extent

CONTRADICTION = 0.25
"""Share of the animal's length by which labels of one picture are no longer two tries at the same place."""


class SamePictures:
    """Gathers the pictures of labelled frames as they are decoded.

    A video that stands still, or a picture that was copied under another name, is no error by itself.
    """

    def __init__(self, labels: LabelSet) -> None:
        self._labels = labels
        self._rows: dict[bytes, list[int]] = {}

    def add(self, row: int, pixels: NDArray[np.uint8]) -> None:
        """The picture (H, W[, 3]) of a labelled frame."""
        digest = hashlib.blake2b(pixels.tobytes(), digest_size=16)
        digest.update(str(pixels.shape).encode())
        self._rows.setdefault(digest.digest(), []).append(row)

    def refuse(self) -> None:
        """Call when all have come.

        Raises:
            BadLabels: All frames show one picture; or two that do have labels of the only individual that lie
                far apart. Of several individuals nobody knows here whether names were exchanged.
        """
        for rows in self._rows.values():
            if len(rows) > 1 and len(self._rows) == 1:
                raise BadLabels(
                    f"All {len(rows)} labelled frames show the same picture, {self._name(rows[0])} and "
                    f"{self._name(rows[1])} for example. Nothing can be learned from that: check which video "
                    f"the labels are of, and whether it stands still."
                )
        if len(self._labels.individuals) > 1:
            return
        far = CONTRADICTION * median_extent(self._labels)
        for rows in self._rows.values():
            for one, other in combinations(sorted(rows), 2):
                self._compare(one, other, far)

    def _compare(self, one: int, other: int, far: float) -> None:
        points = self._labels.points_px[[one, other], 0].astype(np.float64)
        apart = np.nan_to_num(np.linalg.norm(points[0] - points[1], axis=-1))
        worst = int(apart.argmax())
        if far > 0 and apart[worst] > far:
            raise BadLabels(
                f"{self._name(one)} and {self._name(other)} show the same picture, and their labels of "
                f"{self._labels.skeleton.keypoints[worst]} lie {apart[worst]:.0f} pixels apart. Correct "
                f"one of them, or remove it."
            )

    def _name(self, row: int) -> str:
        source = self._labels.frames[row]
        return f"{frame_name(source)} ({source.path})"


def frame_name(source: FrameSource) -> str:
    """How messages name a labelled frame."""
    return f"frame {source.index} of {source.video!r}"
