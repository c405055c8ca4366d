"""Calibrations of Anipose: a TOML file with a table `cam_0`, `cam_1` ... a camera.

Anipose writes a rotation vector and a translation from the world to the camera, X_c = R X + t, in the unit of
the board's squares, and distortion in OpenCV's order. The file does not name the unit; millimetres are taken
for granted unless told otherwise.
"""

from __future__ import annotations

import re
import tomllib
from typing import Any

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from sbea_engine.data.camera import BadCamera, Camera, CameraGroup
from sbea_engine.geometry.rotation import rotation_from_vector
from sbea_engine.io.calibration_file import (
    BadCalibration,
    CameraName,
    ImportedCalibration,
    Row,
    validated,
)

__all__ = ["parse_anipose"]

TABLE = re.compile(r"cam_[0-9]{1,4}")
COEFFICIENTS = 5
MAX_NOT_READ = 10  # told one by one; a file may hold a great many
READ = frozenset({"name", "size", "matrix", "distortions", "rotation", "translation", "fisheye"})


class _CameraTable(BaseModel):
    model_config = ConfigDict(allow_inf_nan=False)

    name: CameraName
    size: tuple[int, int]
    matrix: tuple[Row, Row, Row]
    distortions: list[float] = Field(max_length=14)
    rotation: Row
    translation: Row
    fisheye: bool = False


def parse_anipose(text: str, name: str, *, unit_mm: float = 1.0) -> ImportedCalibration:
    """A calibration from the text of an Anipose file; `name` says which, in messages.

    Args:
        unit_mm: Millimetres in one unit of the file: 1 where the board was measured in millimetres.

    Raises:
        BadCalibration: Not TOML, a kind of camera that is not read here, or numbers that make no rig.
    """
    if not 0 < unit_mm < np.inf:
        raise BadCalibration(f"The unit of {name} must be above 0 mm, got {unit_mm}.")
    try:
        document = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadCalibration(f"{name}: not TOML ({str(error)[:200]}).") from error
    tables = {key: table for key, table in document.items() if TABLE.fullmatch(key)}
    if not tables:
        raise BadCalibration(f"{name}: no table cam_0, cam_1 ..., so no calibration of Anipose.")
    not_read = [key for key in document if key not in tables and key != "metadata"]
    cameras = []
    for key in sorted(tables, key=lambda k: int(k[4:])):
        if not isinstance(tables[key], dict):
            raise BadCalibration(f"{name}: {key} must be a table.")
        cameras.append(_camera(tables[key], f"{name}: {key}", unit_mm))
        not_read += [f"{key}.{k}" for k in tables[key] if k not in READ]
    warnings = _told(not_read, name)
    if unit_mm == 1.0:
        warnings.append(f"{name}: names no unit; its translations are taken for millimetres.")
    try:
        return ImportedCalibration.of(CameraGroup(cameras=tuple(cameras)), tuple(warnings))
    except BadCamera as error:
        raise BadCalibration(f"{name}: {error}") from error


def _told(not_read: list[str], name: str) -> list[str]:
    told = [f"{name}: {key[:80]!r} is not read." for key in not_read[:MAX_NOT_READ]]
    more = len(not_read) - len(told)
    return [*told, f"{name}: and {more} more that are not read."] if more else told


def _camera(document: dict[str, Any], place: str, unit_mm: float) -> Camera:
    table = validated(_CameraTable, document, place)
    if table.fisheye:
        raise BadCalibration(
            f"{place}: {table.name!r} is a fisheye camera, whose lens model is not supported. "
            f"Calibrate it with a pinhole model."
        )
    if any(table.distortions[COEFFICIENTS:]):
        raise BadCalibration(
            f"{place}: {table.name!r} has {len(table.distortions)} distortion coefficients, a rational or "
            f"tilted lens model; only k1, k2, p1, p2 and k3 are supported."
        )
    distortion = np.zeros(COEFFICIENTS)
    given = table.distortions[:COEFFICIENTS]
    distortion[: len(given)] = given
    try:
        return Camera(
            name=table.name,
            width=table.size[0],
            height=table.size[1],
            K=np.array(table.matrix),
            distortion=distortion,
            R=rotation_from_vector(table.rotation),
            t=np.array(table.translation) * unit_mm,
        )
    except BadCamera as error:
        raise BadCalibration(f"{place}: {error}") from error
