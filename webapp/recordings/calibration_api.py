"""Calibrations over HTTP."""

from __future__ import annotations

from django.http import HttpRequest
from ninja import Router, Status

from webapp.api.auth import signed_in
from webapp.projects.selectors import project_get
from webapp.recordings.calibration_schemas import (
    CalibrationChoiceIn,
    CalibrationDetailOut,
    CalibrationIn,
    CalibrationOut,
)
from webapp.recordings.calibrations import calibration_assign, calibration_delete, calibration_from_file
from webapp.recordings.models import Calibration
from webapp.recordings.schemas import RecordingDetailOut
from webapp.recordings.selectors import (
    calibration_get,
    calibration_list,
    calibration_twins,
    recording_get,
)

router = Router(tags=["calibrations"])


@router.get(
    "/projects/{int:project_id}/calibrations",
    response=list[CalibrationOut],
    operation_id="calibration_list",
)
def list_calibrations(request: HttpRequest, project_id: int) -> list[CalibrationOut]:
    """Calibrations of a project, with what is wrong with each and who uses it."""
    user = signed_in(request)
    project = project_get(pk=project_id, visible_to=user)
    found = calibration_list(visible_to=user, project=project)
    return [CalibrationOut.of(row, same_as=calibration_twins(row, found)) for row in found]


@router.post(
    "/projects/{int:project_id}/calibrations",
    response={201: CalibrationDetailOut},
    operation_id="calibration_create",
)
def create_calibration(
    request: HttpRequest, project_id: int, data: CalibrationIn
) -> Status[CalibrationDetailOut]:
    """Take in a calibration file as text."""
    user = signed_in(request)
    project = project_get(pk=project_id, visible_to=user)
    made = calibration_from_file(
        project=project,
        filename=data.filename,
        text=data.text,
        unit_mm=data.unit_mm,
        name=data.name,
        session=data.session,
        by=user,
    )
    return Status(201, _detail(made, request))


@router.get(
    "/calibrations/{int:calibration_id}", response=CalibrationDetailOut, operation_id="calibration_get"
)
def get_calibration(request: HttpRequest, calibration_id: int) -> CalibrationDetailOut:
    """One calibration with its cameras."""
    return _detail(calibration_get(pk=calibration_id, visible_to=signed_in(request)), request)


@router.delete("/calibrations/{int:calibration_id}", response={204: None}, operation_id="calibration_delete")
def delete_calibration(request: HttpRequest, calibration_id: int) -> Status[None]:
    """Remove a calibration; refused while 3D results were made with it."""
    user = signed_in(request)
    calibration_delete(calibration=calibration_get(pk=calibration_id, visible_to=user), by=user)
    return Status(204, None)


@router.put(
    "/recordings/{int:recording_id}/calibration",
    response=RecordingDetailOut,
    operation_id="recording_calibrate",
)
def calibrate_recording(
    request: HttpRequest, recording_id: int, data: CalibrationChoiceIn
) -> RecordingDetailOut:
    """Use a calibration for a recording, or none; the answer says which views it fits."""
    user = signed_in(request)
    recording = recording_get(pk=recording_id, visible_to=user)
    chosen = data.calibration_id
    calibration = None if chosen is None else calibration_get(pk=chosen, visible_to=user)
    return RecordingDetailOut.of(calibration_assign(recording=recording, calibration=calibration, by=user))


def _detail(calibration: Calibration, request: HttpRequest) -> CalibrationDetailOut:
    others = calibration_list(visible_to=signed_in(request), project=calibration.project)
    return CalibrationDetailOut.of(calibration, same_as=calibration_twins(calibration, others))
