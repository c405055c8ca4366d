"""3D poses over HTTP."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router, Schema, Status
from pydantic import Field

from webapp.api.auth import signed_in
from webapp.jobs.schemas import JobOut
from webapp.projects.selectors import project_get
from webapp.recordings.selectors import recording_get
from webapp.results.answers import window_response
from webapp.results.reconstructions.quality import MAX_BINS, reconstruction_quality
from webapp.results.reconstructions.schemas import (
    QualityOut,
    ReconstructionIn,
    ReconstructionOut,
    ReconstructionStarted,
)
from webapp.results.reconstructions.selectors import (
    reconstruction_get,
    reconstruction_list,
    reconstruction_read,
)
from webapp.results.reconstructions.services import reconstruction_delete, reconstruction_start
from webapp.results.reconstructions.windows import poses_window, residuals_window
from webapp.results.schemas import WindowIn
from webapp.training.selectors import model_get

router = Router(tags=["results"])


class BinsIn(Schema):
    bins: int = Field(default=500, ge=1, le=MAX_BINS)


@router.post(
    "/recordings/{int:recording_id}/reconstructions",
    response={202: ReconstructionStarted},
    operation_id="reconstruction_start",
)
def start_reconstruction(
    request: HttpRequest, recording_id: int, data: ReconstructionIn
) -> Status[ReconstructionStarted]:
    """Make 3D poses from a model's predictions of each view; the same inputs are not run twice."""
    user = signed_in(request)
    recording = recording_get(pk=recording_id, visible_to=user)
    model = model_get(pk=data.model_id, visible_to=user)
    found = reconstruction_start(recording=recording, model=model, by=user)
    job = JobOut.model_validate(found.job) if found.job else None
    return Status(202, ReconstructionStarted(reconstruction=ReconstructionOut.of(found), job=job))


@router.get(
    "/projects/{int:project_id}/reconstructions",
    response=list[ReconstructionOut],
    operation_id="reconstruction_list",
)
def list_reconstructions(request: HttpRequest, project_id: int) -> list[ReconstructionOut]:
    """3D poses of a project, newest first, those that are still being made included."""
    user = signed_in(request)
    project = project_get(pk=project_id, visible_to=user)
    return [ReconstructionOut.of(found) for found in reconstruction_list(visible_to=user, project=project)]


@router.get(
    "/reconstructions/{int:reconstruction_id}",
    response=ReconstructionOut,
    operation_id="reconstruction_get",
)
def get_reconstruction(request: HttpRequest, reconstruction_id: int) -> ReconstructionOut:
    """3D poses of one recording."""
    return ReconstructionOut.of(reconstruction_get(pk=reconstruction_id, visible_to=signed_in(request)))


@router.delete(
    "/reconstructions/{int:reconstruction_id}",
    response={204: None},
    operation_id="reconstruction_delete",
)
def delete_reconstruction(request: HttpRequest, reconstruction_id: int) -> Status[None]:
    """Remove 3D poses with their files; predictions and calibration stay."""
    user = signed_in(request)
    reconstruction_delete(reconstruction=reconstruction_get(pk=reconstruction_id, visible_to=user), by=user)
    return Status(204, None)


@router.get("/reconstructions/{int:reconstruction_id}/window", operation_id="reconstruction_window")
def get_poses(request: HttpRequest, reconstruction_id: int, window: Query[WindowIn]) -> HttpResponse:
    """Little-endian float32 (tick, individual, keypoint, 4): x, y, z, sigma in mm; NaN where there is none.

    Headers `X-Shape` and `X-Start` say what the bytes are. While the job runs, ticks that are not done yet
    are NaN and the entity tag changes as they arrive.
    """
    found = reconstruction_read(pk=reconstruction_id, visible_to=signed_in(request))
    return window_response(request, poses_window(reconstruction=found, start=window.start, stop=window.stop))


@router.get("/reconstructions/{int:reconstruction_id}/residuals", operation_id="reconstruction_residuals")
def get_residuals(request: HttpRequest, reconstruction_id: int, window: Query[WindowIn]) -> HttpResponse:
    """Little-endian float32 (tick, view): median reprojection error in px; NaN where there is none."""
    found = reconstruction_read(pk=reconstruction_id, visible_to=signed_in(request))
    return window_response(
        request, residuals_window(reconstruction=found, start=window.start, stop=window.stop)
    )


@router.get(
    "/reconstructions/{int:reconstruction_id}/quality",
    response=QualityOut,
    operation_id="reconstruction_quality",
)
def get_quality(request: HttpRequest, reconstruction_id: int, asked: Query[BinsIn]) -> QualityOut:
    """Completeness, uncertainty and reprojection error along the recording, for a timeline."""
    found = reconstruction_get(pk=reconstruction_id, visible_to=signed_in(request))
    return QualityOut(
        ticks_done=found.ticks_done,
        tick_count=found.tick_count,
        views=found.views,
        bins=reconstruction_quality(reconstruction=found, bins=asked.bins),
    )
