"""Wire forms of calibrations, and of how one fits a recording."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from ninja import Schema
from pydantic import ConfigDict, Field

from sbea_engine.data.camera import CameraGroup
from sbea_engine.geometry.check import duplicate_cameras
from sbea_engine.io.registry import CALIBRATIONS
from webapp.recordings.matching import Match, match_cameras
from webapp.recordings.models import Calibration, Recording
from webapp.recordings.names import LONGEST_RECORDING

Matrix = list[list[float]]


class CalibrationIn(Schema):
    """A calibration file as text; `filename` decides how it is read."""

    model_config = ConfigDict(extra="forbid")
    filename: str = Field(min_length=1, max_length=255)
    text: str = Field(min_length=1, max_length=4 * 1024 * 1024)
    unit_mm: float = Field(
        default=1.0, gt=0, le=1e6, description="Millimetres in one unit of a file that names none."
    )
    name: str = Field(default="", max_length=LONGEST_RECORDING)
    session: str = Field(default="", max_length=200)


class CalibrationChoiceIn(Schema):
    model_config = ConfigDict(extra="forbid")
    calibration_id: int | None


class CameraOut(Schema):
    """X_c = R X + t in millimetres, OpenCV axes; K and the five distortion coefficients in OpenCV's order."""

    name: str
    width: int
    height: int
    K: Matrix
    distortion: list[float]
    R: Matrix
    t: list[float]


class CameraSizeOut(Schema):
    name: str
    width: int
    height: int


class ViewFitOut(Schema):
    """`unchecked`: a camera of this name is there, and the size of the video is not known yet."""

    view: str
    fit: Literal["usable", "unchecked", "no_camera", "wrong_size"]
    problem: str | None


class UsedCalibrationOut(Schema):
    """A calibration as one recording uses it.

    `without_view` names cameras that the recording has no view for; `same_cameras` names pairs that stand in
    one place, of which at least one is wrong.
    """

    id: int
    name: str
    views: list[ViewFitOut]
    without_view: list[str]
    same_cameras: list[tuple[str, str]]

    @classmethod
    def of(cls, recording: Recording) -> UsedCalibrationOut | None:
        if recording.calibration is None:
            return None
        return cls(**_fit(recording.calibration, recording))


class CalibrationInUseOut(UsedCalibrationOut):
    """`UsedCalibrationOut` with the cameras themselves."""

    cameras: list[CameraOut]

    @classmethod
    def of(cls, recording: Recording) -> CalibrationInUseOut | None:
        if recording.calibration is None:
            return None
        cameras = [CameraOut(**row) for row in recording.calibration.cameras["cameras"]]
        return cls(**_fit(recording.calibration, recording), cameras=cameras)


class UserOfCalibrationOut(Schema):
    id: int
    name: str


class CalibrationOut(Schema):
    """One calibration of a project.

    `warnings` says what was decided as the file was read; `same_cameras` names pairs of which one is wrong;
    `same_as` names other calibrations with the very same cameras.
    """

    id: int
    name: str
    session: str | None
    source_kind: str
    source_title: str
    source_name: str
    warnings: list[str]
    reprojection_error_px: float | None
    cameras: list[CameraSizeOut]
    same_cameras: list[tuple[str, str]]
    same_as: list[str]
    recordings: list[UserOfCalibrationOut]
    created_by: str | None
    created_at: datetime

    @classmethod
    def of(cls, calibration: Calibration, *, same_as: list[str]) -> CalibrationOut:
        return cls(**_facts(calibration), same_as=same_as)


class CalibrationDetailOut(CalibrationOut):
    """With the file that `sbea` reads: `document` is a calibration of format sbea-calibration/1."""

    document: dict[str, Any]

    @classmethod
    def of(cls, calibration: Calibration, *, same_as: list[str]) -> CalibrationDetailOut:
        return cls(**_facts(calibration), same_as=same_as, document=calibration.cameras)


def _facts(calibration: Calibration) -> dict[str, Any]:
    cameras = CameraGroup.from_dict(calibration.cameras)
    return {
        "id": calibration.pk,
        "name": calibration.name,
        "session": calibration.session.name if calibration.session else None,
        "source_kind": calibration.source_kind,
        "source_title": CALIBRATIONS[calibration.source_kind].title,
        "source_name": calibration.source_name,
        "warnings": calibration.quality.get("warnings", []),
        "reprojection_error_px": calibration.quality.get("reprojection_error_px"),
        "cameras": [CameraSizeOut(name=c.name, width=c.width, height=c.height) for c in cameras],
        "same_cameras": list(duplicate_cameras(cameras)),
        "recordings": [UserOfCalibrationOut(id=r.pk, name=r.name) for r in calibration.recordings.all()],
        "created_by": calibration.created_by.get_full_name() if calibration.created_by else None,
        "created_at": calibration.created_at,
    }


def _fit(calibration: Calibration, recording: Recording) -> dict[str, Any]:
    cameras = CameraGroup.from_dict(calibration.cameras)
    match: Match = match_cameras(cameras, list(recording.videos.all()))
    return {
        "id": calibration.pk,
        "name": calibration.name,
        "views": [ViewFitOut(view=row.view, fit=row.fit, problem=row.problem) for row in match.views],
        "without_view": list(match.without_view),
        "same_cameras": list(duplicate_cameras(cameras)),
    }
