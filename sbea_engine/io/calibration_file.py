"""Calibrations as JSON: our own files, and the cameras of a rendered recording."""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Self, TypeVar

from numpy.typing import ArrayLike
from pydantic import AfterValidator, BaseModel, ConfigDict, ValidationError

from sbea_engine.data.camera import CALIBRATION_FORMAT, BadCamera, Camera, CameraGroup
from sbea_engine.data.names import is_plain_text
from sbea_engine.errors import BadInput
from sbea_engine.geometry.check import RigCheck, check_against, duplicate_cameras

__all__ = [
    "CALIBRATION_FORMAT",
    "RENDERED_FILE",
    "RENDERED_FORMAT",
    "BadCalibration",
    "CameraName",
    "ImportedCalibration",
    "parse_calibration",
    "parse_rendered",
    "read_text",
    "validated",
    "write_calibration",
]

RENDERED_FORMAT = "sbea-recording/1"
RENDERED_FILE = "recording.json"
MAX_BYTES = 32 * 1024 * 1024
MAX_NAME = 80


class BadCalibration(BadInput):
    """A file holds no calibration, or a damaged one."""

    code = "bad_calibration"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ImportedCalibration:
    """Cameras as a file has them.

    Attributes:
        warnings: One sentence each on what was decided or looks wrong.
        duplicates: Pairs of cameras with the same place and direction: one of each pair is wrong.
    """

    cameras: CameraGroup
    warnings: tuple[str, ...]
    duplicates: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, cameras: CameraGroup, warnings: tuple[str, ...] = ()) -> Self:
        """What every reader returns: the cameras, looked through for duplicates."""
        duplicates = duplicate_cameras(cameras)
        return cls(
            cameras=cameras,
            warnings=(
                *warnings,
                *(
                    f"Cameras {a!r} and {b!r} have the same place and direction, which no two cameras can: "
                    f"one of them is wrong."
                    for a, b in duplicates
                ),
            ),
            duplicates=duplicates,
        )

    def check_against(self, points_px: ArrayLike, *, limit_px: float = 5.0) -> RigCheck:
        """Refuse these cameras where points that they saw together do not meet; see `geometry.check`."""
        return check_against(self.cameras, points_px, limit_px=limit_px)


def _camera_name(name: str) -> str:
    # A camera is found by the name of a view, and no database keeps NUL or half of a surrogate pair.
    if not 1 <= len(name) <= MAX_NAME or not is_plain_text(name):
        raise ValueError(f"the name of a camera has 1 to {MAX_NAME} characters, none of them for control")
    return name


CameraName = Annotated[str, AfterValidator(_camera_name)]
Row = tuple[float, float, float]
Document = TypeVar("Document", bound=BaseModel)


class _CameraDocument(BaseModel):
    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    name: CameraName
    width: int
    height: int
    K: tuple[Row, Row, Row]
    distortion: tuple[float, float, float, float, float] = (0.0, 0.0, 0.0, 0.0, 0.0)
    R: tuple[Row, Row, Row]
    t: Row


class _CalibrationDocument(BaseModel):
    model_config = ConfigDict(extra="forbid")

    format: str
    cameras: list[_CameraDocument]


class _RenderedDocument(BaseModel):
    """Of a recording only the cameras; what else it says is not about them."""

    cameras: list[_CameraDocument]


def parse_calibration(text: str, name: str, *, unit_mm: float = 1.0) -> ImportedCalibration:
    """Our own calibration from the text of a file; `name` says which, in messages.

    It is in millimetres, so `unit_mm` may be nothing but 1.

    Raises:
        BadCalibration: Not JSON, not of this format, or its numbers make no rig.
    """
    document = _json(text, name, unit_mm)
    if document.get("format") != CALIBRATION_FORMAT:
        raise BadCalibration(
            f"{name}: its format is {str(document.get('format'))[:80]!r}, not {CALIBRATION_FORMAT!r}."
        )
    return _rig(validated(_CalibrationDocument, document, name).cameras, name)


def parse_rendered(text: str, name: str, *, unit_mm: float = 1.0) -> ImportedCalibration:
    """The cameras of a rendered recording from the text of its `recording.json`, which is in millimetres too.

    Raises:
        BadCalibration: As `parse_calibration`.
    """
    document = _json(text, name, unit_mm)
    if document.get("format") != RENDERED_FORMAT:
        raise BadCalibration(
            f"{name}: its format is {str(document.get('format'))[:80]!r}, not {RENDERED_FORMAT!r}."
        )
    return _rig(validated(_RenderedDocument, document, name).cameras, name)


def write_calibration(cameras: CameraGroup, file: Path) -> Path:
    """Write our own calibration file, whole or not at all.

    Raises:
        BadCalibration: `file` exists.
    """
    if file.exists() or file.is_symlink():
        raise BadCalibration(f"{file}: is there already. Choose another name, or remove it first.")
    file.parent.mkdir(parents=True, exist_ok=True)
    temporary = file.with_name(f".{file.name}.{uuid.uuid4().hex[:8]}.tmp")
    try:
        temporary.write_text(
            json.dumps(cameras.to_dict(), indent=1, allow_nan=False) + "\n", encoding="utf-8"
        )
        os.replace(temporary, file)  # noqa: PTH105 (atomic on one file system)
    finally:
        temporary.unlink(missing_ok=True)
    return file


def read_text(file: Path) -> str:
    """The text of a calibration file; raises `BadCalibration` for one that cannot be one."""
    try:
        if not file.is_file():  # opening a pipe would wait for ever
            raise BadCalibration(f"{file}: no such file.")
        if file.stat().st_size > MAX_BYTES:
            raise BadCalibration(f"{file}: too large for a calibration; at most {MAX_BYTES} bytes.")
        return file.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise BadCalibration(f"{file}: not text in UTF-8.") from error
    except OSError as error:
        raise BadCalibration(f"{file}: cannot be read ({error.strerror}).") from error


def validated(model: type[Document], document: Mapping[str, Any], name: str) -> Document:
    """`document` by a pydantic model; raises `BadCalibration` with the first place that does not fit."""
    try:
        return model.model_validate(document)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part)[:40] for part in first["loc"])
        raise BadCalibration(f"{name}: {place}: {first['msg']}.") from error


def _json(text: str, name: str, unit_mm: float) -> dict[str, Any]:
    if unit_mm != 1:
        raise BadCalibration(f"{name}: is in millimetres; a unit of {unit_mm} mm cannot be given.")
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadCalibration(f"{name}: not JSON ({str(error)[:200]}).") from error
    if not isinstance(document, dict):
        raise BadCalibration(f"{name}: not a JSON object.")
    return document


def _rig(cameras: list[_CameraDocument], name: str) -> ImportedCalibration:
    try:
        rig = CameraGroup(cameras=tuple(Camera.from_dict(camera.model_dump()) for camera in cameras))
    except BadCamera as error:
        raise BadCalibration(f"{name}: {error}") from error
    return ImportedCalibration.of(rig)
