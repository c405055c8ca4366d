"""Files of an ensemble: members in folders of their own, and what they said of labels they had not seen."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import torch
from safetensors import SafetensorError, safe_open

from sbea_engine.nn.card import CARD_FILE, WEIGHTS_FILE, BadModel, file_sha256
from sbea_engine.nn.checkpoint import FILE as STATE_FILE
from sbea_engine.nn.checkpoint import write_tensors
from sbea_engine.pose.out_of_fold import OutOfFold

MODEL, STATE = "model", "state"
NAMES = ("points_px", "confidence")


def member_folder(folder: Path, number: int) -> Path:
    """Where a member of the ensemble in `folder` is."""
    return folder / f"member-{number}"


def write_out_of_fold(folder: Path, found: OutOfFold, members: list[str]) -> str:
    """Write the answers and the checksums of the members' weights, atomically; returns the file's checksum.

    It is the ensemble's `weights.safetensors`: what it has beside its members, and it names them, so that its
    checksum identifies the whole.
    """
    tensors = {name: torch.from_numpy(np.array(getattr(found, name), np.float32)) for name in NAMES}
    return file_sha256(write_tensors(folder / WEIGHTS_FILE, tensors, {"members": json.dumps(members)}))


def read_out_of_fold(folder: Path) -> tuple[OutOfFold, list[str]]:
    """Read what `write_out_of_fold` wrote; raises `BadModel`."""
    file = folder / WEIGHTS_FILE
    try:
        with safe_open(file, framework="numpy") as handle:
            members = json.loads(handle.metadata()["members"])
            found = OutOfFold(**{name: handle.get_tensor(name) for name in NAMES})
        _check_answers(found)
    except (OSError, SafetensorError, KeyError, TypeError, ValueError, RecursionError) as error:
        raise BadModel(f"{file}: is not the file of an ensemble ({error}). Copy the folder again.") from error
    if not isinstance(members, list) or len(members) != found.members:
        raise BadModel(f"{file}: names other members than it has answers of. Copy the folder again.")
    return found, members


def _check_answers(found: OutOfFold) -> None:
    """Raise ValueError unless it is answers of several members; NaN is no answer."""
    points, confidence = found.points_px, found.confidence
    if points.dtype != np.float32 or confidence.dtype != np.float32:
        raise ValueError("its answers are not float32")
    if points.ndim != 5 or points.shape != (*confidence.shape, 2) or len(points) < 2:
        raise ValueError(f"its answers have shapes {points.shape} and {confidence.shape}")
    if np.isinf(points).any() or (confidence < 0).any() or (confidence > 1).any():
        raise ValueError("its answers are not finite, or their confidences not in 0..1")


def clear_members(checkpoint: Path) -> None:
    """Remove what `fit` kept of members in a folder of training state; other files stay."""
    for place in checkpoint.glob("member-*"):
        for file in (
            *(place / MODEL / name for name in (CARD_FILE, WEIGHTS_FILE)),
            *(place / STATE).glob(f"{STATE_FILE}*"),
        ):
            file.unlink(missing_ok=True)
        for inner in (place / MODEL, place / STATE, place):
            if inner.is_dir() and not any(inner.iterdir()):
                inner.rmdir()
