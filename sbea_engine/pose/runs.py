"""Several trainings one after another, as one: one bar, one budget of time, one curve."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from torch import nn

from sbea_engine.nn.trainer import Trained
from sbea_engine.pose.config import PoseConfig
from sbea_engine.progress import OnProgress, Progress

LEAST_MINUTES = 0.05

REFIT_SHARE = 0.4
"""Of the steps that go on with all frames, after the validation frames have given their figures."""


class Train(Protocol):
    """Trains one network for so many steps."""

    def __call__(self, steps: int, *, checkpoint: Path | None, on_progress: OnProgress) -> Trained: ...


class Runs:
    """Trainings by name, in the order of `steps`.

    Args:
        steps: Of each training.
        checkpoint: Folder; each training keeps its state in one of its own within.
    """

    def __init__(
        self, steps: Mapping[str, int], config: PoseConfig, checkpoint: Path | None, on_progress: OnProgress
    ) -> None:
        self._steps = steps
        self._config = config
        self._checkpoint = checkpoint
        self._on_progress = on_progress
        self._done: list[Trained] = []

    def config(self, *names: str) -> PoseConfig:
        """The config with the part of the budget that each of these trainings may fill."""
        if self._config.minutes is None:
            return self._config
        share = max(self._steps[name] for name in names) / sum(self._steps.values())
        return replace(self._config, minutes=max(LEAST_MINUTES, self._config.minutes * share))

    def run(self, name: str, train: Train) -> nn.Module:
        """Train the next one; returns the running average of its weights."""
        before = sum(trained.iterations for trained in self._done)
        later = sum(list(self._steps.values())[len(self._done) + 1 :])

        def report(progress: Progress) -> None:
            if progress.stage == "train":
                total = before + progress.total + later
                progress = replace(progress, done=before + progress.done, total=total)
            self._on_progress(progress)

        place = None if self._checkpoint is None else self._checkpoint / name
        trained = train(self._steps[name], checkpoint=place, on_progress=report)
        self._done.append(trained)
        return trained.model

    def together(self) -> Trained:
        """All that were run, as if they were one."""
        curve, before = [], 0
        for trained in self._done:
            curve += [{**point, "iteration": point["iteration"] + before} for point in trained.curve]
            before += trained.iterations
        return replace(
            self._done[-1], iterations=before, seconds=sum(t.seconds for t in self._done), curve=curve
        )
