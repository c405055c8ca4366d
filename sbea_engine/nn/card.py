"""Model cards: what a folder of weights is, from what it was made, and whether it is whole."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Generator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Self

from sbea_engine.errors import BadInput

FORMAT = "sbea-model/1"
CARD_FILE = "card.json"
WEIGHTS_FILE = "weights.safetensors"
ANOTHER = "Copy the whole folder again, or take the version of SBeA Studio that wrote it."


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
            document = json.loads(file.read_text(encoding="utf-8"), parse_constant=_no_constant)
        except FileNotFoundError as error:
            raise BadModel(
                f"{file}: not there. A model folder holds card.json and weights.safetensors."
            ) from error
        except (OSError, ValueError, RecursionError) as error:
            raise BadModel(
                f"{file}: cannot be read as JSON ({error}). Copy the whole folder again."
            ) from error
        if not isinstance(document, dict) or document.get("format") != FORMAT:
            raise BadModel(f"{file}: not a model card of format {FORMAT}. {ANOTHER}")
        try:
            card = cls(**document)
        except TypeError as error:
            raise BadModel(f"{file}: damaged ({error}). {ANOTHER}") from error
        card._check_types(file)
        if card.stage != stage:
            raise BadModel(f"{file}: a model of stage {card.stage!r}, where {stage!r} is needed.")
        weights = folder / WEIGHTS_FILE
        if not weights.is_file():
            raise BadModel(f"{weights}: not there. Copy the whole model folder again.")
        try:
            checksum = file_sha256(weights)
        except OSError as error:
            raise BadModel(f"{weights}: cannot be read ({error.strerror}). Copy the folder again.") from error
        if checksum != card.weights_sha256:
            raise BadModel(f"{weights}: is not the file that {file} describes. Copy the whole folder again.")
        return card

    def _check_types(self, file: Path) -> None:
        for field in fields(self):
            value, what = getattr(self, field.name), ""
            if field.type == "str":
                what = "" if isinstance(value, str) else "text"
            elif not isinstance(value, Mapping):
                what = "an object"
            elif field.type == "Mapping[str, str]" and not all(isinstance(v, str) for v in value.values()):
                what = "an object of texts"
            if what:
                raise BadModel(f"{file}: {field.name!r} is not {what}. Copy the whole folder again.")


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is no number")


def number(data: Mapping[str, Any], name: str, low: float, high: float) -> float:
    """A number of a card, `low` and `high` allowed.

    Raises:
        KeyError: It is not there.
        ValueError: It is something else, not finite, or beyond.
    """
    value = data[name]
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise ValueError(f"{name!r} is a number from {low:g} to {high:g}; got {_shown(value)}")
    return float(value)


def whole_number(data: Mapping[str, Any], name: str, low: int, high: int) -> int:
    """As `number`, of one without a fraction."""
    value = data[name]
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise ValueError(f"{name!r} is a whole number from {low} to {high}; got {_shown(value)}")
    return value


def reason(error: Exception) -> str:
    """Why something could not be read; a `KeyError` says no more than a name."""
    return f"{error} is missing" if isinstance(error, KeyError) else str(error)


def _shown(value: Any) -> str:
    """Part of something that may be huge."""
    return type(value).__name__ if isinstance(value, list | dict) else f"{value!r:.40}"


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
    with removed_on_error(temporary):
        temporary.write_text(json.dumps(document, allow_nan=False, indent=1), encoding="utf-8")
        temporary.replace(file)
    return file


@contextmanager
def removed_on_error(temporary: Path) -> Generator[None]:
    """A block that writes a file; where it fails, as on a full disk, nothing of the file stays."""
    try:
        yield
    except BaseException:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise
