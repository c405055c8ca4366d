"""How long work reports: a callback that may raise `Cancelled`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """One report of a running piece of work.

    Attributes:
        stage: What is being done now, for a person ("train", "decode frames").
        done: Units finished in this stage.
        total: Units in this stage, 0 where unknown.
        metrics: Scalars worth a curve, by name with unit (`val_mean_px`).
        message: One line for the log, empty for none.
    """

    stage: str
    done: int
    total: int
    metrics: Mapping[str, float] = field(default_factory=dict)
    message: str = ""


OnProgress = Callable[[Progress], None]


def ignore(_: Progress) -> None:
    """The default callback: nobody listens."""
