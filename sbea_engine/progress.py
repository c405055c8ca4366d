"""What long work reports: a callback that may raise `Cancelled`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

Marks = list[list[list[float] | None]]
"""(individual, keypoint) of [x, y], source pixels; None where there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """What is answered now on one labelled frame, for a person to look at.

    Attributes:
        video: Name of the video, as its labels have it.
        index: Frame of it.
    """

    video: str
    index: int
    labels_px: Marks
    points_px: Marks


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """One report of a running piece of work.

    Attributes:
        stage: What is being done now, for a person ("train", "decode frames").
        done: Units finished in this stage.
        total: Units in this stage, 0 where unknown.
        metrics: Scalars worth a curve, by name with unit (`val_mean_px`).
        message: One line for the log, empty for none.
        examples: Answers of now; empty where there are no new ones.
    """

    stage: str
    done: int
    total: int
    metrics: Mapping[str, float] = field(default_factory=dict)
    message: str = ""
    examples: tuple[Example, ...] = ()


OnProgress = Callable[[Progress], None]


def ignore(_: Progress) -> None:
    """The default callback: nobody listens."""
