"""The training loop that every science stage uses: AdamW, warm-up and cosine, running average, resume."""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Generic, TypeVar

import torch
from torch import Tensor, nn

from sbea_engine.errors import EngineError
from sbea_engine.nn.checkpoint import CheckpointState, average_into, read_checkpoint, write_checkpoint
from sbea_engine.nn.prefetch import prefetch
from sbea_engine.nn.runtime import Precision, autocast
from sbea_engine.progress import Example, OnProgress, Progress, ignore

Batch = TypeVar("Batch")

WARM_STEPS, TIMED_STEPS = 3, 5
BUDGET_SHARE = 0.85
"""Share of a budget that the timed steps may fill; the rest is for reading frames and evaluating."""


class DivergenceError(EngineError):
    """The loss is no longer a number."""

    code = "training_diverged"


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainerConfig:
    """How to train, whatever is trained.

    Attributes:
        iterations: Steps of the optimiser.
        learning_rate: Highest rate, reached after the warm-up.
        warm_up: Share of the iterations in which the rate rises; then it falls as a half cosine to 1 %.
        average_decay: Of the running average of the weights, which is what is kept.
        validate_every: Iterations between validations (and always after the last one).
        checkpoint_seconds: Wall-clock time between checkpoints; has no influence on the result.
        budget_seconds: Lower `iterations` to what fits into this, by timing a few steps on a copy of the
            model before the first one. None: leave them.
    """

    iterations: int
    learning_rate: float = 3e-3
    weight_decay: float = 0.02
    warm_up: float = 0.1
    average_decay: float = 0.99
    gradient_norm: float = 5.0
    validate_every: int = 50
    checkpoint_seconds: float = 5.0
    precision: Precision = "fp32"
    budget_seconds: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Trained:
    """Outcome of training: the running average, in evaluation mode, and how it went."""

    model: nn.Module
    iterations: int
    seconds: float
    curve: list[dict[str, float]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """How a network does on what its weights never saw.

    Attributes:
        metrics: Scalars for the curve, by name with unit.
        examples: Some of its answers.
    """

    metrics: Mapping[str, float] = field(default_factory=dict)
    examples: tuple[Example, ...] = ()


def unchecked(_: nn.Module) -> Check:
    """Nothing is looked at along the way."""
    return Check()


class Trainer(Generic[Batch]):
    """Trains one module on batches that are a function of the iteration's number.

    Because a batch depends on nothing but its number, a run that was killed and resumed sees the same
    batches in the same order as one that was not.

    Args:
        batch: Iteration number to batch; called in another thread, ahead of time.
        loss: Scalar to minimise, and scalars to report.
        check: Called on the running average, in evaluation mode.
        fingerprint: Names the run; see `CheckpointState`.
    """

    def __init__(
        self,
        config: TrainerConfig,
        *,
        batch: Callable[[int], Batch],
        loss: Callable[[nn.Module, Batch], tuple[Tensor, dict[str, Tensor]]],
        check: Callable[[nn.Module], Check],
        fingerprint: str,
    ) -> None:
        self.config = config
        self._batch = batch
        self._loss = loss
        self._check = check
        self._fingerprint = fingerprint

    def run(
        self, model: nn.Module, *, checkpoint: Path | None = None, on_progress: OnProgress = ignore
    ) -> Trained:
        """Train `model` in place, from the checkpoint where there is one.

        Raises:
            BadCheckpoint: There is one that is damaged or of another run.
            Cancelled: From `on_progress`; the checkpoint then holds every iteration done.
            OSError: The checkpoint cannot be written, as on a full disk.
            DivergenceError: The loss became infinite or not a number.
        """
        average, optimiser = copy.deepcopy(model).eval(), self._optimiser(model)
        state = None
        if checkpoint is not None:
            most = self.config.iterations
            allowed = range(most if self.config.budget_seconds is None else 1, most + 1)
            state = read_checkpoint(checkpoint, self._fingerprint, allowed, model, average, optimiser)
        if state is None:
            state = CheckpointState(fingerprint=self._fingerprint, iterations=self._affordable(model))
        config = replace(self.config, iterations=state.iterations)
        began, saved = time.monotonic() - state.seconds, time.monotonic()
        curve = list(state.curve)

        def save(done: int) -> None:
            if checkpoint is not None:
                now = replace(state, iteration=done, seconds=time.monotonic() - began, curve=curve)
                write_checkpoint(checkpoint, now, model, average, optimiser)

        with prefetch(self._batches(state.iteration, config.iterations)) as batches:
            for done, batch in enumerate(batches, start=state.iteration + 1):
                metrics, checked = self._step(config, model, average, optimiser, batch, done - 1), Check()
                if done % config.validate_every == 0 or done == config.iterations:
                    checked = self._check(average)
                    metrics |= checked.metrics
                    curve.append({"iteration": float(done), **metrics})
                now = Progress(
                    stage="train",
                    done=done,
                    total=config.iterations,
                    metrics=metrics,
                    examples=checked.examples,
                )
                try:
                    on_progress(now)
                except BaseException:  # asked to stop between two steps, where all is consistent
                    save(done)
                    raise
                if done == config.iterations or time.monotonic() - saved >= config.checkpoint_seconds:
                    save(done)
                    saved = time.monotonic()
        return Trained(
            model=average, iterations=config.iterations, seconds=time.monotonic() - began, curve=curve
        )

    def _optimiser(self, model: nn.Module) -> torch.optim.Optimizer:
        return torch.optim.AdamW(_groups(model, self.config.weight_decay), lr=self.config.learning_rate)

    def _batches(self, start: int, stop: int) -> Iterator[Batch]:
        return (self._batch(i) for i in range(start, stop))

    def _affordable(self, model: nn.Module) -> int:
        """Iterations that fit into the budget; timed on a copy, so the run itself starts untouched."""
        if self.config.budget_seconds is None:
            return self.config.iterations
        trial = copy.deepcopy(model)
        average, optimiser = copy.deepcopy(model).eval(), self._optimiser(trial)
        began = 0.0
        with prefetch(self._batches(0, WARM_STEPS + TIMED_STEPS)) as batches:
            for i, batch in enumerate(batches):
                if i == WARM_STEPS:
                    began = time.monotonic()
                self._step(self.config, trial, average, optimiser, batch, i)
        step = (time.monotonic() - began) / TIMED_STEPS
        began = time.monotonic()
        self._check(average)
        step += (time.monotonic() - began) / self.config.validate_every
        return max(1, min(self.config.iterations, int(BUDGET_SHARE * self.config.budget_seconds / step)))

    def _step(
        self,
        config: TrainerConfig,
        model: nn.Module,
        average: nn.Module,
        optimiser: torch.optim.Optimizer,
        batch: Batch,
        iteration: int,
    ) -> dict[str, float]:
        rate = config.learning_rate * schedule(iteration, config)
        for group in optimiser.param_groups:
            group["lr"] = rate * group["rate_share"]
        model.train()
        with autocast(next(model.parameters()).device, config.precision):
            loss, parts = self._loss(model, batch)
        value = loss.item()
        if not math.isfinite(value):
            raise DivergenceError(
                f"The loss became {value} at iteration {iteration + 1}. Look for damaged frames among the "
                f"labelled ones, or train again with another seed."
            )
        optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(model.parameters(), config.gradient_norm)
        optimiser.step()
        average_into(average, model, min(config.average_decay, (1 + iteration) / (10 + iteration)))
        return {"loss": value, **{k: v.item() for k, v in parts.items()}, "learning_rate": rate}


def schedule(iteration: int, config: TrainerConfig) -> float:
    """Share of the highest learning rate at an iteration: linear rise, then half a cosine to 1 %."""
    warm = max(1, round(config.warm_up * config.iterations))
    if iteration < warm:
        return (iteration + 1) / warm
    through = (iteration - warm) / max(1, config.iterations - warm)
    return 0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * through))


def _groups(model: nn.Module, weight_decay: float) -> list[dict[str, object]]:
    """Decay the matrices and kernels, not the scales and biases.

    What lies in a module that has a `rate_share` learns at that share of the rate: weights that come from
    elsewhere are to be changed little.
    """
    shares = {
        id(parameter): float(module.rate_share)  # type: ignore[arg-type]
        for module in model.modules()
        if hasattr(module, "rate_share")
        for parameter in module.parameters()
    }
    groups: list[dict[str, object]] = []
    for share in sorted({1.0, *shares.values()}, reverse=True):
        mine = [p for p in model.parameters() if shares.get(id(p), 1.0) == share]
        many, few = [p for p in mine if p.ndim > 1], [p for p in mine if p.ndim <= 1]
        groups.append({"params": many, "weight_decay": weight_decay, "rate_share": share})
        groups.append({"params": few, "weight_decay": 0.0, "rate_share": share})
    return groups
