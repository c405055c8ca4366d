"""A sheet of small pictures, a row for each group."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from sbea_engine.draw.palette import Rgb

Picture = NDArray[np.uint8]

GAP_PX = 6
HEAD_PX = 110
PAPER: Rgb = (255, 255, 255)
INK: Rgb = (40, 40, 40)
FONT = cv2.FONT_HERSHEY_SIMPLEX


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MontageRow:
    """A group: its name, a second line, its colour, and RGB pictures (H, W, 3) that are all of one size."""

    title: str
    note: str
    colour: Rgb
    pictures: Sequence[Picture]


def montage(rows: Sequence[MontageRow]) -> Picture:
    """RGB sheet of the rows; shorter ones end in white."""
    height, width = rows[0].pictures[0].shape[:2]
    columns = max(len(row.pictures) for row in rows)
    sheet = np.full(
        (GAP_PX + len(rows) * (height + GAP_PX), HEAD_PX + columns * (width + GAP_PX), 3), PAPER, np.uint8
    )
    for n, row in enumerate(rows):
        top = GAP_PX + n * (height + GAP_PX)
        sheet[top : top + height, GAP_PX : GAP_PX + 8] = row.colour
        middle = top + height // 2
        cv2.putText(sheet, row.title, (24, middle - 2), FONT, 0.55, INK, 1, cv2.LINE_AA)
        cv2.putText(sheet, row.note, (24, middle + 18), FONT, 0.42, INK, 1, cv2.LINE_AA)
        for column, picture in enumerate(row.pictures):
            left = HEAD_PX + column * (width + GAP_PX)
            sheet[top : top + height, left : left + width] = picture
    return sheet
