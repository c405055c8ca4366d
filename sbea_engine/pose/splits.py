"""Which labelled frames train, validate and test; always in blocks of time, never at random.

Neighbouring frames of a video look alike, so a random split measures memory (`docs/science/pose.md`); so do
views of one moment, which are therefore on one side, see `FrameSource.moment`. Recordings of a few labels
each are divided together, because none of them can be divided by itself.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sbea_engine.data import LabelSet
from sbea_engine.errors import BadInput
from sbea_engine.pose.errors import TooFewLabels
from sbea_engine.pose.plan import placed_mask

Rows = NDArray[np.intp]
VALIDATION_BLOCKS = 3
WHOLE_MOMENT = 0.999
"""Share times moments that counts as one moment: 0.333333 of three is not quite one."""


class BadHoldout(BadInput):
    """The description of the holdout cannot be used with these labels."""

    code = "bad_holdout"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Split:
    """Rows of a label set: `train` and `test` share nothing."""

    train: Rows
    test: Rows


def split_holdout(labels: LabelSet, holdout: str) -> Split:
    """Take the test frames away. Frames on which nobody said anything are in neither part.

    Shares are of the moments with a placed keypoint. Frames on which all is absent are learned from, whatever
    is held out but whole videos: there is nothing on them that an answer could be held against.

    The parts are a function of the labels and the text alone. Recordings that cannot both give their share
    and keep the rest, at least one moment each (`last:0.2` needs five), are taken together: the share is that
    of all their moments, one recording after another by name, so that mostly whole recordings are held out.
    Blocks of one length that follow each other from 0 to 1 hold every labelled moment once.

    Args:
        holdout: `none`; `last:0.2`, the last fifth of the labelled moments of each recording (each video,
            where it is no view of one); `block:0.6-0.8`, that part of them; or `videos:a,b`, all labelled
            frames of these videos, which other views of the same moments may show in training.

    Raises:
        BadHoldout: Another form, an unknown video, or nothing left to train on or to test on.
    """
    rows = labelled_rows(labels)
    kind, _, value = holdout.partition(":")
    if holdout == "none":
        return Split(train=rows, test=rows[:0])
    if kind in {"last", "block"}:
        test = _block_of_each_recording(labels, rows, *_bounds(holdout, kind, value))
    elif kind == "videos":
        test = _rows_of_videos(labels, rows, [name.strip() for name in value.split(",") if name.strip()])
    else:
        raise BadHoldout(f"Holdout {holdout!r} is not 'none', 'last:0.2', 'block:0.6-0.8' or 'videos:a,b'.")
    train = rows[~np.isin(rows, test)]
    if len(train) == 0 or len(test) == 0:
        raise BadHoldout(
            f"Holdout {holdout!r} leaves {len(train)} labelled frames to train on and {len(test)} to test on."
        )
    if not placed_mask(labels)[test].any():
        raise BadHoldout(
            f"Holdout {holdout!r} leaves {len(test)} labelled frames to test on, and on none of them a "
            f"keypoint is placed. Hold out others, or label these."
        )
    return Split(train=train, test=test)


def labelled_rows(labels: LabelSet) -> Rows:
    """Rows in time order on which a person said anything."""
    rows = labels.time_order()
    return rows[labels.labelled_frames[rows]]


def split_validation(labels: LabelSet, train: Rows, fraction: float) -> tuple[Rows, Rows]:
    """Blocks of time out of the training frames: rows to fit on, rows to validate on.

    Up to three blocks, spread over the moments of the training frames: in time, one recording after another.
    Views of one moment are on one side. A moment that carries the only labels of a keypoint of an individual
    is left for fitting, and so are those on which no keypoint is placed.
    """
    moments = placed_moments(labels, train)
    count = len(moments)
    wanted = max(1, round(fraction * count))
    blocks = min(VALIDATION_BLOCKS, wanted)
    chosen = np.zeros(count, dtype=bool)
    for b, length in enumerate(len(part) for part in np.array_split(np.arange(wanted), blocks)):
        start = round(count * (b + 0.5) / blocks - length / 2)
        chosen[max(0, start) : max(0, start) + length] = True
    # (moment, keypoint of an individual)
    placed = np.array([placed_mask(labels)[rows].any(axis=0).ravel() for rows in moments])
    lost = np.asarray(placed.any(axis=0)) & ~np.asarray(placed[~chosen].any(axis=0))
    for lacking in np.flatnonzero(lost):
        chosen[np.flatnonzero(placed[:, lacking])[0]] = False
    if chosen.all() or not chosen.any():
        raise TooFewLabels(
            f"{len(train)} labelled frames of {count} moments cannot be divided into frames to fit and "
            f"frames to validate on. Label more frames, at other times."
        )
    validates = np.isin(train, np.concatenate([moments[m] for m in np.flatnonzero(chosen)]))
    return train[~validates], train[validates]


def moments_of(labels: LabelSet, rows: Rows) -> list[Rows]:
    """The rows of each moment, in time; one recording (or video that is no view of one) after another."""
    found: dict[tuple[str, int], list[int]] = {}
    for row in rows.tolist():
        found.setdefault(labels.frames[row].moment, []).append(row)
    return [np.array(found[moment], dtype=np.intp) for moment in sorted(found)]


def placed_moments(labels: LabelSet, rows: Rows) -> list[Rows]:
    """Those of `moments_of` on which a keypoint is placed in some view."""
    placed = np.asarray(placed_mask(labels).any(axis=(1, 2)))
    return [moment for moment in moments_of(labels, rows) if placed[moment].any()]


def _bounds(holdout: str, kind: str, value: str) -> tuple[float, float]:
    try:
        if kind == "last":
            start, stop = 1.0 - float(value), 1.0
        else:
            low, high = value.split("-")
            start, stop = float(low), float(high)
    except ValueError as error:
        raise BadHoldout(
            f"Holdout {holdout!r}: needs numbers, as in 'last:0.2' or 'block:0.6-0.8'."
        ) from error
    if not 0 <= start < stop <= 1 or stop - start >= 1:
        raise BadHoldout(f"Holdout {holdout!r}: shares lie between 0 and 1, and something must be left.")
    return start, stop


def _block_of_each_recording(labels: LabelSet, rows: Rows, start: float, stop: float) -> Rows:
    """Part of the moments of each recording, in time, with all views that show them; short recordings are
    divided as one."""
    of: dict[str, list[Rows]] = {}
    for moment in placed_moments(labels, rows):
        of.setdefault(labels.frames[moment[0]].moment[0], []).append(moment)
    # Of the length of the block, not of its place: blocks that share out a project must find the same
    # recordings short, or they would lose moments and take others twice.
    share = min(stop - start, 1 - (stop - start))
    long = [own for own in of.values() if share * len(own) >= WHOLE_MOMENT]
    short = [moment for own in of.values() if share * len(own) < WHOLE_MOMENT for moment in own]
    parts = [m for own in (*long, short) for m in own[round(start * len(own)) : round(stop * len(own))]]
    return rows[np.isin(rows, np.concatenate(parts))] if parts else rows[:0]


def _rows_of_videos(labels: LabelSet, rows: Rows, names: list[str]) -> Rows:
    known = sorted({frame.video for frame in labels.frames})
    unknown = [name for name in names if name not in known]
    if unknown or not names:
        raise BadHoldout(
            f"No labelled video is named {unknown[0]!r}. Labelled videos: {', '.join(known)}."
            if unknown
            else f"Name the videos to hold out. Labelled videos: {', '.join(known)}."
        )
    return np.array([row for row in rows if labels.frames[row].video in names], dtype=np.intp)
