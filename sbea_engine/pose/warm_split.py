"""Which frames test a model that goes on from another: those of the stretches that were held out before.

A share of the labelled frames ("the last fifth") is another stretch of time whenever labels are added. A
training that starts anew may follow it; one that goes on may not, because the weights have learned part of
it. So the stretches stay: a frame is held out where the nearest frame in time that the earlier model knew was
held out. Recordings that it did not know are divided as the holdout says; of these, and of no others, the
short ones are divided together (see `split_holdout`), so that no new label moves a stretch that was there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np

from sbea_engine.data import LabelSet
from sbea_engine.nn.card import ModelCard
from sbea_engine.pose.heldout import HELD_OUT_FILE, HeldOut
from sbea_engine.pose.plan import placed_mask
from sbea_engine.pose.splits import BadHoldout, Rows, Split, labelled_rows, moments_of, split_holdout

Frames = Mapping[str, frozenset[int]]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Known:
    """What a model was trained with and what it was not.

    Attributes:
        name: Of the model, for people.
        holdout: As it was asked for.
        learned, held_out: Frame indices by video, of it and of those that it went on from.
    """

    name: str
    holdout: str
    learned: Frames
    held_out: Frames

    @classmethod
    def of(cls, card: ModelCard, folder: Path, name: str) -> Self:
        """Of a saved model.

        Raises:
            BadHoldout: It held frames out and nothing says which.
            BadHeldOut: The file that says it is damaged.
        """
        holdout = str(card.data.get("holdout", "none"))
        listed = card.data.get("held_out_frames")
        if listed is None:
            listed = _of_answers(folder, name) if holdout != "none" else {}
        return cls(
            name=name,
            holdout=holdout,
            learned=_sets(card.data.get("training_frames", {})),
            held_out=_sets(listed),
        )

    def says(self, video: str, index: int) -> bool | None:
        """Whether a frame is held out, by the nearest known one of its video; None where the video is new."""
        learned, held_out = self.learned.get(video, frozenset()), self.held_out.get(video, frozenset())
        if not learned and not held_out:
            return None
        # The same frame cannot be both: what was learned once counts as learned.
        nearest = min((abs(i - index), i not in learned) for i in learned | held_out)[0]
        at = [i for i in (index - nearest, index + nearest) if i in learned or i in held_out]
        return any(i not in learned for i in at)


def split_as_before(labels: LabelSet, holdout: str, known: Known) -> Split:
    """Rows to train on and to test on, where the weights have learned what `known` says.

    Args:
        holdout: That of the earlier model, `none` to hold nothing out, or `videos:` with further ones.

    Raises:
        BadHoldout: Another holdout, which would test on learned frames; or nothing is left to test on.
    """
    rows = labelled_rows(labels)
    if holdout == "none":
        return Split(train=rows, test=rows[:0])
    named = _check(holdout, known)
    tests = np.zeros(len(labels), np.bool_)
    new: list[Rows] = []
    if named is None:
        for moments in _by_recording(labels, rows):
            answers = [_of_moment(labels, moment, known) for moment in moments]
            if all(answer is None for answer in answers):
                new += moments
                continue
            for moment, answer in zip(moments, _filled(labels, moments, answers), strict=True):
                # A learned view of a moment is never tested on, whatever became of the synchronisation.
                tests[moment] = answer & ~_learned(labels, moment, known)
        if new:
            fresh = np.concatenate(new)
            tests[fresh[_test_of(labels.select(fresh), holdout, known)]] = True
    else:
        for row in rows.tolist():
            says = known.says(labels.frames[row].video, int(labels.frames[row].index))
            tests[row] = labels.frames[row].video in named if says is None else says
    return _checked(labels, holdout, known, Split(train=rows[~tests[rows]], test=rows[tests[rows]]))


def _check(holdout: str, known: Known) -> frozenset[str] | None:
    """The videos that are held out, where it names videos."""
    kind, _, value = holdout.partition(":")
    before, _, those = known.holdout.partition(":")
    mine = frozenset(name.strip() for name in value.split(",") if name.strip())
    if kind == "videos" and before in {"videos", "none"}:
        learned = sorted(name for name in mine if known.learned.get(name))
        if learned:
            raise BadHoldout(
                f"{known.name} has learned frames of {learned[0]}, which therefore cannot test what goes on "
                f"from it. Hold out other videos, or train anew."
            )
        lost = sorted({name.strip() for name in those.split(",") if name.strip()} - mine)
        if before == "none" or not lost:
            return mine
    if holdout == known.holdout or known.holdout == "none":
        return None
    raise BadHoldout(
        f"{known.name} held out {known.holdout!r}. A training that goes on from it has learned the rest, so "
        f"it is tested on the same, not on {holdout!r}. Keep that, hold out nothing, or train anew."
    )


def _by_recording(labels: LabelSet, rows: Rows) -> list[list[Rows]]:
    found: dict[str, list[Rows]] = {}
    for moment in moments_of(labels, rows):
        found.setdefault(labels.frames[moment[0]].moment[0], []).append(moment)
    return list(found.values())


def _of_moment(labels: LabelSet, moment: Rows, known: Known) -> bool | None:
    """Learned where any view of it was; else held out where any view says so; None where none says
    anything."""
    if _learned(labels, moment, known).any():
        return False
    says = [known.says(labels.frames[row].video, int(labels.frames[row].index)) for row in moment.tolist()]
    told = [answer for answer in says if answer is not None]
    return any(told) if told else None


def _learned(labels: LabelSet, moment: Rows, known: Known) -> Any:
    """bool (row,): the very frame was learned."""
    frames = [labels.frames[row] for row in moment.tolist()]
    return np.array([int(f.index) in known.learned.get(f.video, frozenset()) for f in frames], np.bool_)


def _filled(labels: LabelSet, moments: list[Rows], answers: Sequence[bool | None]) -> list[bool]:
    """Moments that only new views show follow the nearest one of the recording; held out where two are."""
    ticks = [labels.frames[moment[0]].moment[1] for moment in moments]
    told = [(tick, answer) for tick, answer in zip(ticks, answers, strict=True) if answer is not None]
    filled = []
    for tick, answer in zip(ticks, answers, strict=True):
        if answer is None:
            nearest = min(abs(other - tick) for other, _ in told)
            answer = any(held for other, held in told if abs(other - tick) == nearest)
        filled.append(answer)
    return filled


def _test_of(labels: LabelSet, holdout: str, known: Known) -> Rows:
    """Rows of new recordings that the holdout takes; none where it would take all or none of them."""
    try:
        return split_holdout(labels, holdout).test
    except BadHoldout:
        return np.zeros(0, np.intp)


def _checked(labels: LabelSet, holdout: str, known: Known, split: Split) -> Split:
    if not len(split.train):
        raise BadHoldout(
            f"Every labelled frame lies in what {known.name} held out ({holdout}): nothing is left to learn "
            f"from. Label frames elsewhere, or train anew."
        )
    if not placed_mask(labels)[split.test].any():
        raise BadHoldout(
            f"No labelled frame with a placed keypoint is left that {known.name} has not learned: without "
            f"one there is no honest figure. Label frames where it held out ({known.holdout}) or in new "
            f"recordings, hold out nothing, or train anew."
        )
    return split


def _of_answers(folder: Path, name: str) -> dict[str, list[int]]:
    """Held-out frames of a model whose card does not list them."""
    file = folder / HELD_OUT_FILE
    if not file.exists():
        raise BadHoldout(
            f"{name} was trained before models kept which frames were held out, so what goes on from it "
            f"could not be tested honestly. Train anew."
        )
    found: dict[str, list[int]] = {}
    for frame in HeldOut.load(file).frames:
        found.setdefault(frame.video, []).append(int(frame.index))
    return found


def _sets(frames: Mapping[str, Sequence[int]]) -> dict[str, frozenset[int]]:
    return {str(video): frozenset(int(index) for index in indices) for video, indices in frames.items()}
