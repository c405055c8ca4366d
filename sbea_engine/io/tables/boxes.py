"""Boxes round animals from CSV or Parquet: frame, individual, x, y, width, height; a row a box."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from sbea_engine.data.boxes import BadBoxes, Boxes
from sbea_engine.data.labels import MAX_PIXEL
from sbea_engine.data.names import is_plain_text
from sbea_engine.io.tables.columns import BadTable, read_columns

LONE = "animal 1"
LEAST_SIDE_PX = 1
MOST_INDIVIDUALS = 64
MOST_FRAMES = 50_000_000


def read_boxes(file: Path) -> Boxes:
    """Boxes of one view. `x` and `y` are the left and the top edge, source pixels; without a column
    `individual` all are round one animal.

    Raises:
        BadTable: Not there, not such a file, a column is missing, or a cell is no number.
        BadBoxes: Two boxes of an individual in one frame, one smaller than a pixel or far out, a name that is
            no text, or too many individuals.
    """
    columns = read_columns(file)
    frames = columns.whole("frame")
    x, y, width, height = (columns.numbers(name) for name in ("x", "y", "width", "height"))
    if len(frames) == 0:
        raise BadTable(f"{file}: has no rows.")
    if "individual" in columns:
        texts = columns.texts("individual")
        odd = next((n for n, text in enumerate(texts.tolist()) if not is_plain_text(text)), None)
        if odd is not None:
            raise BadBoxes(
                f"{file}: line {odd + columns.first_line}: the name {texts[odd][:80]!a} holds control "
                f"characters. Rename the individual."
            )
        names, whose = np.unique(texts.astype(str), return_inverse=True)
    else:
        names, whose = np.array([LONE]), np.zeros(len(frames), np.int64)
    if len(names) > MOST_INDIVIDUALS:
        raise BadBoxes(f"{file}: names {len(names)} individuals; at most {MOST_INDIVIDUALS} are read.")
    if frames.max() >= MOST_FRAMES:
        raise BadBoxes(f"{file}: frame {frames.max()} lies beyond any video that is read.")
    with np.errstate(over="ignore"):  # infinite is too far out as well
        edges = np.stack([x, y, x + width, y + height], axis=-1)
    fits = (np.abs(edges) <= MAX_PIXEL).all(-1) & (width >= LEAST_SIDE_PX) & (height >= LEAST_SIDE_PX)
    wrong = np.flatnonzero(~fits)  # what is not known fits nowhere
    if len(wrong):
        line = wrong[0] + columns.first_line
        raise BadBoxes(
            f"{file}: line {line}: a box has a place within {MAX_PIXEL:g} pixels, and a width and a height "
            f"of {LEAST_SIDE_PX} pixel or more."
        )
    at, rows = np.unique(frames, return_inverse=True)
    places = rows * len(names) + whose
    again = np.setdiff1d(np.arange(len(places)), np.unique(places, return_index=True)[1])
    if len(again):
        row = again[0]
        raise BadBoxes(
            f"{file}: line {row + columns.first_line}: a second box of {names[whose[row]]} in frame "
            f"{frames[row]}. Leave one of them out."
        )
    found = np.full((len(at), len(names), 4), np.nan, np.float32)
    found[rows, whose] = edges.astype(np.float32)
    return Boxes(individuals=tuple(names.tolist()), frames=at, edges_px=found)
