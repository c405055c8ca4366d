"""Checkpoints of training: one safetensors file with a JSON header, replaced atomically.

No pickle: tensors are tensors, everything else is JSON in the header, so that a checkpoint from elsewhere
can be refused but cannot run code. One file, because two files could be torn apart by a kill between them.
There is no random state to keep: what happens at an iteration is a function of the seed and its number.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.optim import Optimizer

from sbea_engine.errors import BadInput

FORMAT = "sbea-checkpoint/1"
FILE = "latest.safetensors"


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
    file, temporary = folder / FILE, folder / f"{FILE}.tmp"
    plain = {k: v.detach().cpu().contiguous() for k, v in tensors.items()}
    save_file(plain, temporary, {"sbea": json.dumps(header)})
    with temporary.open("rb") as handle:
        os.fsync(handle.fileno())
    temporary.replace(file)
    return file


def read_checkpoint(
    folder: Path, fingerprint: str, model: nn.Module, average: nn.Module, optimiser: Optimizer
) -> CheckpointState | None:
    """Load the checkpoint in `folder` into model, average and optimiser; None where there is none.

    Raises:
        BadCheckpoint: It is damaged, or was made by another config or from other labels.
    """
    file = folder / FILE
    if not file.exists():
        return None
    try:
        with safe_open(file, framework="pt", device="cpu") as handle:
            header = json.loads((handle.metadata() or {})["sbea"])
            tensors = {k: handle.get_tensor(k) for k in handle.keys()}  # noqa: SIM118 (not a mapping)
        if header["format"] != FORMAT:
            raise KeyError(header["format"])
        state = CheckpointState(**{k: header[k] for k in CheckpointState.__dataclass_fields__})
    except (OSError, SafetensorError, KeyError, TypeError, ValueError) as error:
        raise BadCheckpoint(
            f"{file}: not a checkpoint of format {FORMAT} ({error!r}). Remove it to start training again."
        ) from error
    if state.fingerprint != fingerprint:
        raise BadCheckpoint(
            f"{file}: made with another config, seed or set of labels. "
            f"Remove it to start training again, or choose another folder."
        )
    model.load_state_dict(_under(tensors, "model."))
    average.load_state_dict(_under(tensors, "average."))
    _load_optimiser(optimiser, _under(tensors, "optimiser."))
    return state


def _under(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}


def _load_optimiser(optimiser: Optimizer, tensors: dict[str, Tensor]) -> None:
    slots: dict[int, dict[str, Any]] = {}
    for name, value in tensors.items():
        index, key = name.split(".", 1)
        slots.setdefault(int(index), {})[key] = value
    current = optimiser.state_dict()
    optimiser.load_state_dict({"state": slots, "param_groups": current["param_groups"]})


def average_into(average: nn.Module, model: nn.Module, decay: float) -> None:
    """Move the running average of all weights and statistics a step towards the model."""
    with torch.no_grad():
        for mine, theirs in zip(average.state_dict().values(), model.state_dict().values(), strict=True):
            if mine.dtype.is_floating_point:
                mine.lerp_(theirs, 1.0 - decay)
            else:
                mine.copy_(theirs)
