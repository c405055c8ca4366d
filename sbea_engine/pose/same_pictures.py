"""Labelled frames that show the very same picture: what they say must agree, and not all of them may."""

from __future__ import annotations

import hashlib

import numpy as np
from numpy.typing import NDArray

from sbea_engine.data import FrameSource, LabelSet, Visibility
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
            BadLabels: All frames show one picture; or of two that do, one says that a keypoint of the only
                individual is absent and the other sees it, or they see it far apart. A keypoint that was
                guessed may be guessed elsewhere, and of several individuals nobody knows here whether names
                were exchanged.
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
            if len(rows) > 1:
                self._compare(np.array(sorted(rows)), far)

    def _compare(self, rows: NDArray[np.intp], far: float) -> None:
        said, points = self._labels.visibility[rows, 0], self._labels.points_px[rows, 0].astype(np.float64)
        for keypoint, name in enumerate(self._labels.skeleton.keypoints):
            seen = rows[said[:, keypoint] == Visibility.VISIBLE]
            absent = rows[said[:, keypoint] == Visibility.ABSENT]
            if len(seen) and len(absent):
                raise BadLabels(
                    f"{self._name(seen[0])} and {self._name(absent[0])} show the same picture; the one has a "
                    f"label of {name}, and the other says that it is absent. Correct one of them."
                )
            if len(seen) < 2 or far <= 0:
                continue
            places = points[np.isin(rows, seen), keypoint]
            # The farthest from the middle, and the farthest from that: nearly the widest pair, of any number.
            one = int(np.linalg.norm(places - places.mean(0), axis=-1).argmax())
            apart = np.linalg.norm(places - places[one], axis=-1)
            other = int(apart.argmax())
            if apart[other] > far:
                first, second = sorted((seen[one], seen[other]))
                raise BadLabels(
                    f"{self._name(first)} and {self._name(second)} show the same picture, and their labels "
                    f"of {name} lie {apart[other]:.0f} pixels apart. Correct one of them, or remove it."
                )

    def _name(self, row: int) -> str:
        source = self._labels.frames[row]
        return f"{frame_name(source)} ({source.path})"


def frame_name(source: FrameSource) -> str:
    """How messages name a labelled frame."""
    return f"frame {source.index} of {source.video!r}"
