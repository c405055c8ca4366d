"""Model cards: what a folder of weights is, from what it was made, and whether it is whole."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Self

from sbea_engine.errors import BadInput

FORMAT = "sbea-model/1"
CARD_FILE = "card.json"
WEIGHTS_FILE = "weights.safetensors"


class ModelExists(BadInput):
    """The folder to write to holds a model of another run."""

    code = "model_exists"


class BadModel(BadInput):
    """A model folder is not one, is damaged, or is of another kind."""

    code = "bad_model"


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelCard:
    """Facts of a trained model; everything is JSON-serialisable.

    Attributes:
        stage: Science stage ("pose").
        family: Member of the stage's registry.
        created_at: ISO 8601, UTC.
        config: As given by the user.
        plan: What was chosen from the data before training.
        data: Snapshot of the training data: checksum, counts, which frames were given and which validated.
        training: Iterations, seconds, curve.
        meaning: In words, what each output is.
        stage_facts: What the stage needs to read its weights (skeleton, calibration).
        software: Versions that made it.
        weights_sha256: Of `weights.safetensors`.
    """

    stage: str
    family: str
    created_at: str
    config: Mapping[str, Any]
    plan: Mapping[str, Any]
    data: Mapping[str, Any]
    training: Mapping[str, Any]
    meaning: Mapping[str, str]
    stage_facts: Mapping[str, Any]
    software: Mapping[str, str]
    weights_sha256: str
    format: str = FORMAT

    def write(self, folder: Path) -> Path:
        """Write `card.json` atomically; written last, it makes the folder a model."""
        return write_json(folder / CARD_FILE, asdict(self))

    @classmethod
    def read(cls, folder: Path, *, stage: str) -> Self:
        """Read the card and check the weights against it; raises `BadModel` saying what is wrong."""
        file = folder / CARD_FILE
        try:
            document = json.loads(file.read_text(encoding="utf-8"))
        except FileNotFoundError as error:
            raise BadModel(
                f"{file}: not there. A model folder holds card.json and weights.safetensors."
            ) from error
        except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
            raise BadModel(f"{file}: cannot be read as JSON ({error}).") from error
        if not isinstance(document, dict) or document.get("format") != FORMAT:
            raise BadModel(f"{file}: not a model card of format {FORMAT}.")
        try:
            card = cls(**document)
        except TypeError as error:
            raise BadModel(f"{file}: damaged, or written by another version ({error}).") from error
        if card.stage != stage:
            raise BadModel(f"{file}: a model of stage {card.stage!r}, where {stage!r} is needed.")
        weights = folder / WEIGHTS_FILE
        if not weights.is_file():
            raise BadModel(f"{weights}: not there. Copy the whole model folder again.")
        if file_sha256(weights) != card.weights_sha256:
            raise BadModel(f"{weights}: is not the file that {file} describes. Copy the whole folder again.")
        return card


def now_utc() -> str:
    """The time, as cards write it."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def software_versions() -> dict[str, str]:
    """Versions of what influences a result."""
    versions = {"python": platform.python_version()}
    for name in ("sbea-studio", "torch", "numpy", "opencv-python-headless"):
        try:
            versions[name] = version(name)
        except PackageNotFoundError:
            versions[name] = "not installed as a package"
    return versions


def file_sha256(file: Path) -> str:
    """Checksum of a file's bytes, hexadecimal."""
    with file.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def write_json(file: Path, document: Mapping[str, Any]) -> Path:
    """Write JSON to a temporary name beside `file`, then rename."""
    file.parent.mkdir(parents=True, exist_ok=True)
    temporary = file.with_name(f"{file.name}.tmp")
    temporary.write_text(json.dumps(document, allow_nan=False, indent=1), encoding="utf-8")
    temporary.replace(file)
    return file
