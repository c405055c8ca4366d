"""Masks as COCO run-length codes, in the compressed form that pycocotools reads and writes.

Runs go down the columns, first column first, and begin with a run of background. References: the COCO API,
`maskApi.c`, functions `rleEncode`, `rleToString`, `rleFrString`.
"""

from __future__ import annotations

import operator
from collections.abc import Mapping
from typing import Any, TypedDict

import numpy as np
from numpy.typing import NDArray

from sbea_engine.errors import BadInput


class BadMask(BadInput):
    """A run-length code does not describe a mask."""

    code = "bad_mask"


class Rle(TypedDict):
    """`size` is [height, width]."""

    size: list[int]
    counts: str


def encode_mask(mask: NDArray[np.bool_]) -> Rle:
    """Code of a mask (height, width)."""
    if mask.ndim != 2:
        raise BadMask(f"A mask has shape (height, width), got {mask.shape}.")
    column_major = mask.T.ravel()
    changes = np.flatnonzero(column_major[1:] != column_major[:-1]) + 1
    bounds = np.concatenate([[0], changes, [column_major.size]])
    counts = np.diff(bounds).tolist()
    if column_major.size and column_major[0]:
        counts.insert(0, 0)
    return {"size": [mask.shape[0], mask.shape[1]], "counts": _to_text(counts)}


def decode_mask(rle: Mapping[str, Any]) -> NDArray[np.bool_]:
    """Mask (height, width) of a code; raises `BadMask` where the code does not fill its size exactly."""
    try:
        height, width = (operator.index(n) for n in rle["size"])
        counts = _from_text(str(rle["counts"]))
    except (KeyError, TypeError, ValueError) as error:
        raise BadMask(f"A mask code needs size [height, width] and counts: {error!r}.") from error
    if height < 0 or width < 0 or any(c < 0 for c in counts) or sum(counts) != height * width:
        raise BadMask(f"The runs of the mask code do not add up to {height} x {width} pixels.")
    values = np.arange(len(counts)) % 2 == 1
    return np.repeat(values, counts).reshape(width, height).T


def _to_text(counts: list[int]) -> str:
    """Five bits a character, low bits first; from the fourth run on, the change since the run before last."""
    out = bytearray()
    for i, count in enumerate(counts):
        x = count - counts[i - 2] if i > 2 else count
        more = True
        while more:
            bits = x & 0x1F
            x >>= 5
            more = x != (-1 if bits & 0x10 else 0)
            out.append((bits | 0x20 if more else bits) + 48)
    return out.decode("ascii")


def _from_text(text: str) -> list[int]:
    counts: list[int] = []
    x = shift = 0
    for character in text.encode("ascii"):
        bits = character - 48
        if not 0 <= bits < 64 or shift > 40:
            raise ValueError(f"character {chr(character)!r} has no meaning in a mask code")
        x |= (bits & 0x1F) << shift
        shift += 5
        if bits & 0x20:
            continue
        if bits & 0x10:
            x -= 1 << shift
        counts.append(x + counts[-2] if len(counts) > 2 else x)
        x = shift = 0
    if shift:
        raise ValueError("the code ends in the middle of a run")
    return counts
