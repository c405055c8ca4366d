"""Checkpoints of training: one safetensors file with a JSON header, replaced atomically.

No pickle: tensors are tensors, everything else is JSON in the header, so that a checkpoint from elsewhere
can be refused but cannot run code. One file, because two files could be torn apart by a kill between them.
There is no random state to keep: what happens at an iteration is a function of the seed and its number.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.optim import Optimizer

from sbea_engine.errors import BadInput
from sbea_engine.nn.card import number, reason, removed_on_error, whole_number

FORMAT = "sbea-checkpoint/1"
FILE = "latest.safetensors"
PARTS = ("model.", "average.", "optimiser.")

SLOT = frozenset({"step", "exp_avg", "exp_avg_sq"})
"""What AdamW keeps of a parameter."""

MOST_SECONDS = 1e9
"""Of training that a checkpoint is believed to have taken."""


class BadCheckpoint(BadInput):
    """A checkpoint is damaged or belongs to another run."""

    code = "bad_checkpoint"


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckpointState:
    """What is not a tensor.

    Attributes:
        fingerprint: Names the run (its config and data); a checkpoint of another run is refused.
        iterations: Iterations of the whole run.
        iteration: Iterations done.
        seconds: Training time so far, over all attempts.
        curve: Reported metrics so far.
    """

    fingerprint: str
    iterations: int
    iteration: int = 0
    seconds: float = 0.0
    curve: list[dict[str, float]] = field(default_factory=list)


def write_checkpoint(
    folder: Path, state: CheckpointState, model: nn.Module, average: nn.Module, optimiser: Optimizer
) -> Path:
    """Replace the checkpoint in `folder`; a kill at any moment leaves the old or the new one, whole."""
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {f"model.{k}": v for k, v in model.state_dict().items()}
    tensors |= {f"average.{k}": v for k, v in average.state_dict().items()}
    for index, slot in optimiser.state_dict()["state"].items():
        tensors |= {f"optimiser.{index}.{k}": v for k, v in slot.items()}
    header = {"format": FORMAT, **asdict(state)}
    return write_tensors(folder / FILE, tensors, {"sbea": json.dumps(header)})


def write_tensors(file: Path, tensors: Mapping[str, Tensor], header: dict[str, str] | None = None) -> Path:
    """Write safetensors to a temporary name beside `file`, then rename; returns `file`.

    Raises:
        OSError: As on a full disk; nothing of it stays, and `file` is as it was.
    """
    temporary = file.with_name(f"{file.name}.tmp")
    plain = {k: v.detach().cpu().contiguous() for k, v in tensors.items()}
    with removed_on_error(temporary):
        try:
            save_file(plain, temporary, header)
        except SafetensorError as error:  # it gives what the system said as text alone
            found = re.search(r"os error (\d+)", str(error))
            if found is None:
                raise
            code = int(found.group(1))
            raise OSError(code, os.strerror(code), str(temporary)) from error
        with temporary.open("rb") as handle:
            os.fsync(handle.fileno())
        temporary.replace(file)
    return file


def check_tensors(found: Mapping[str, Tensor], wanted: Mapping[str, Tensor]) -> None:
    """Raise ValueError, naming the tensor, unless `found` has the names, shapes and kinds of numbers that a
    network has, all of them finite."""
    if odd := sorted(set(found) ^ set(wanted)):
        raise ValueError(f"{odd[0]!r} is {'missing' if odd[0] in wanted else 'not of this network'}")
    for name, tensor in found.items():
        if tensor.shape != wanted[name].shape or tensor.dtype != wanted[name].dtype:
            raise ValueError(
                f"{name!r} is {tensor.dtype} of shape {tuple(tensor.shape)}; the network has "
                f"{wanted[name].dtype} of shape {tuple(wanted[name].shape)}"
            )
        if not torch.isfinite(tensor).all():
            raise ValueError(f"{name!r} holds what is not a finite number")


def read_checkpoint(
    folder: Path,
    fingerprint: str,
    iterations: range,
    model: nn.Module,
    average: nn.Module,
    optimiser: Optimizer,
) -> CheckpointState | None:
    """Load the checkpoint in `folder` into model, average and optimiser; None where there is none.

    Args:
        iterations: What the whole run may have; several where a budget of time decides.

    Raises:
        BadCheckpoint: It is damaged, or was made by another config or from other labels; model, average and
            optimiser are then as they were.
    """
    file = folder / FILE
    if not file.exists():
        return None
    try:
        with safe_open(file, framework="pt", device="cpu") as handle:
            header = json.loads((handle.metadata() or {})["sbea"])
            tensors = {k: handle.get_tensor(k) for k in handle.keys()}  # noqa: SIM118 (not a mapping)
        if header["format"] != FORMAT:
            raise ValueError("its header names another format")
        if header["fingerprint"] != fingerprint:
            raise BadCheckpoint(
                f"{file}: made with another config, seed or set of labels. "
                f"Remove it to start training again, or choose another folder."
            )
        state = _read_state(header, iterations)
        mine, averaged, kept = (_under(tensors, part) for part in PARTS)
        if odd := [name for name in tensors if not name.startswith(PARTS)]:
            raise ValueError(f"{odd[0]!r} is of no part of a checkpoint")
        check_tensors(mine, model.state_dict())
        check_tensors(averaged, average.state_dict())
        slots = _read_slots(kept, [p for group in optimiser.param_groups for p in group["params"]], state)
    except (OSError, SafetensorError, KeyError, TypeError, ValueError, RecursionError) as error:
        raise BadCheckpoint(
            f"{file}: not a checkpoint of format {FORMAT}, or damaged ({reason(error):.300}). Remove it to "
            f"start training again."
        ) from error
    model.load_state_dict(mine)
    average.load_state_dict(averaged)
    optimiser.load_state_dict({"state": slots, "param_groups": optimiser.state_dict()["param_groups"]})
    return state


def _under(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}


def _read_state(header: dict[str, Any], iterations: range) -> CheckpointState:
    """What is not a tensor; raises KeyError, TypeError or ValueError where it is damaged."""
    whole = whole_number(header, "iterations", iterations.start, iterations.stop - 1)
    done = whole_number(header, "iteration", 1, whole)
    curve = header["curve"]
    if not isinstance(curve, list) or not all(isinstance(point, dict) for point in curve):
        raise TypeError("'curve' is not a list of objects")
    return CheckpointState(
        fingerprint=header["fingerprint"],
        iterations=whole,
        iteration=done,
        seconds=number(header, "seconds", 0.0, MOST_SECONDS),
        curve=[_read_point(point, done) for point in curve],
    )


def _read_point(point: dict[str, Any], done: int) -> dict[str, float]:
    number(point, "iteration", 1, done)
    most = sys.float_info.max
    return {name: number(point, name, -most, most) for name in point}


def _read_slots(
    tensors: dict[str, Tensor], parameters: Iterable[Tensor], state: CheckpointState
) -> dict[int, dict[str, Tensor]]:
    """What the optimiser keeps, by the parameter's place; raises ValueError where it is not of these
    parameters. One that never had a gradient has none."""
    slots: dict[int, dict[str, Tensor]] = {}
    for name, value in tensors.items():
        index, _, key = name.partition(".")
        if re.fullmatch("0|[1-9][0-9]{0,8}", index) is None:
            raise ValueError(f"'optimiser.{name}' names no parameter")
        slots.setdefault(int(index), {})[key] = value
    by_place = dict(enumerate(parameters))
    step = torch.zeros(())
    for place, slot in slots.items():
        if place not in by_place:
            raise ValueError(f"'optimiser.{place}' is of no parameter of the network")
        own = by_place[place]
        check_tensors(slot, {key: step if key == "step" else own for key in SLOT})
        if not 1 <= slot["step"].item() <= state.iteration or (slot["exp_avg_sq"] < 0).any():
            raise ValueError(f"'optimiser.{place}' is of other steps")
    if not slots:
        raise ValueError("the optimiser's state is missing")
    return slots


def average_into(average: nn.Module, model: nn.Module, decay: float) -> None:
    """Move the running average of all weights and statistics a step towards the model."""
    with torch.no_grad():
        for mine, theirs in zip(average.state_dict().values(), model.state_dict().values(), strict=True):
            if mine.dtype.is_floating_point:
                mine.lerp_(theirs, 1.0 - decay)
            else:
                mine.copy_(theirs)
