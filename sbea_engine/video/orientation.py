"""The display matrix of a video: how stored pictures are turned to stand upright."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Iterable

    from av.sidedata.sidedata import SideData
    from av.video.frame import VideoFrame


class OddAngleError(ValueError):
    """A display matrix that is no multiple of 90 degrees, or skews or scales."""


@dataclass(frozen=True, slots=True)
class Orientation:
    """One of the eight ways in which a rectangle of pixels can lie.

    Upright = stored, transposed where `transpose`, then mirrored across where `flip_x`, down where `flip_y`.
    """

    transpose: bool = False
    flip_x: bool = False
    flip_y: bool = False

    @property
    def rotation(self) -> int:
        """Degrees clockwise; what remains of a mirrored picture once it was mirrored across."""
        if self.transpose:
            return 270 if self.flip_y else 90
        return 180 if self.flip_y else 0

    @property
    def mirrored(self) -> bool:
        """True where stored and upright differ by a mirror image and not only by a rotation."""
        return self.transpose ^ self.flip_x ^ self.flip_y

    def size(self, width: int, height: int) -> tuple[int, int]:
        """Upright width and height of a stored picture."""
        return (height, width) if self.transpose else (width, height)

    def apply(self, picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Turn a stored (H, W, 3) picture upright; contiguous."""
        if self.transpose:
            picture = picture.swapaxes(0, 1)
        if self.flip_x:
            picture = picture[:, ::-1]
        if self.flip_y:
            picture = picture[::-1]
        return np.ascontiguousarray(picture)


UPRIGHT = Orientation()


def orientation_from_matrix(matrix: tuple[float, float, float, float]) -> Orientation:
    """The orientation of a display matrix (a, b, c, d), which maps stored x, y to `a x + c y`, `b x + d y`.

    Raises:
        OddAngleError: Neither axis of the matrix is an axis of the picture.

    References:
        ISO/IEC 14496-12, 8.3.2 (track header), of which FFmpeg's display matrix side data is the copy.
    """
    a, b, c, d = matrix
    straight, turned = (a, d), (b, c)
    if all(turned) and not any(straight):
        return Orientation(transpose=True, flip_x=c < 0, flip_y=b < 0)
    if all(straight) and not any(turned):
        return Orientation(flip_x=a < 0, flip_y=d < 0)
    raise OddAngleError(f"display matrix {matrix}")


def orientation_of(frame: VideoFrame) -> Orientation:
    """The orientation that a decoded frame carries; upright where it carries none."""
    from av.sidedata.sidedata import Type

    carried = cast("Iterable[SideData]", frame.side_data)
    data = next((d for d in carried if d.type is Type.DISPLAYMATRIX), None)
    if data is None:
        return UPRIGHT
    a, b, _, c, d = struct.unpack_from("<5i", bytes(data))  # 16.16 fixed point, rows of (x, y, w)
    return orientation_from_matrix((float(a), float(b), float(c), float(d)))
