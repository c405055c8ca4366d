"""Predictions and exports over HTTP."""

from __future__ import annotations

from dataclasses import asdict

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router, Status

from sbea_engine.io.registry import FORMATS
from webapp.api.auth import signed_in
from webapp.jobs.models import Job
from webapp.jobs.schemas import JobOut
from webapp.projects.selectors import project_get
from webapp.recordings.selectors import recording_get, video_get
from webapp.results.answers import window_response
from webapp.results.doubts import result_doubts
from webapp.results.films import FilmRequest, film_start
from webapp.results.frame_predictions import frame_predictions
from webapp.results.schemas import (
    DoubtOut,
    DoubtsOut,
    ExportIn,
    ExportOut,
    FilmIn,
    FormatOut,
    ModelFramesOut,
    PoseResultOut,
    PredictionIn,
    PredictionOut,
    PredictionsIn,
    WindowIn,
)
from webapp.results.selectors import export_get, export_list, result_get, result_list
from webapp.results.services import (
    export_delete,
    export_start,
    prediction_start,
    predictions_start,
    result_delete,
)
from webapp.results.windows import result_window
from webapp.training.selectors import model_get

router = Router(tags=["results"])


@router.post(
    "/models/{int:model_id}/predictions", response={202: PredictionOut}, operation_id="prediction_start"
)
def start_prediction(request: HttpRequest, model_id: int, data: PredictionIn) -> Status[PredictionOut]:
    """Run a model over a video; the same run is not made twice."""
    user = signed_in(request)
    model = model_get(pk=model_id, visible_to=user)
    video = video_get(pk=data.video_id, visible_to=user)
    result = prediction_start(model=model, video=video, by=user)
    job = JobOut.model_validate(result.job) if result.job else None
    return Status(202, PredictionOut(result=PoseResultOut.of(result), job=job))


@router.post(
    "/recordings/{int:recording_id}/predictions",
    response={202: list[PoseResultOut]},
    operation_id="predictions_start",
)
def start_predictions(
    request: HttpRequest, recording_id: int, data: PredictionsIn
) -> Status[list[PoseResultOut]]:
    """Run a model over every view of a recording that is ready; no run is made twice."""
    user = signed_in(request)
    recording = recording_get(pk=recording_id, visible_to=user)
    model = model_get(pk=data.model_id, visible_to=user)
    results = predictions_start(model=model, recording=recording, by=user)
    return Status(202, [PoseResultOut.of(result) for result in results])


@router.get("/videos/{int:video_id}/results", response=list[PoseResultOut], operation_id="video_results")
def list_video_results(request: HttpRequest, video_id: int) -> list[PoseResultOut]:
    """Predictions over a video, newest first, those that are still being made included."""
    user = signed_in(request)
    video = video_get(pk=video_id, visible_to=user)
    return [PoseResultOut.of(result) for result in result_list(visible_to=user, video=video)]


@router.get(
    "/videos/{int:video_id}/frame-predictions",
    response=list[ModelFramesOut],
    operation_id="frame_prediction_list",
)
def list_frame_predictions(request: HttpRequest, video_id: int) -> list[ModelFramesOut]:
    """What models say of suggested frames, the newest model first, to begin labelling from."""
    user = signed_in(request)
    video = video_get(pk=video_id, visible_to=user)
    return [ModelFramesOut.of(found) for found in frame_predictions(video=video, visible_to=user)]


@router.get("/projects/{int:project_id}/results", response=list[PoseResultOut], operation_id="result_list")
def list_results(request: HttpRequest, project_id: int) -> list[PoseResultOut]:
    """Predictions of a project, newest first."""
    user = signed_in(request)
    project = project_get(pk=project_id, visible_to=user)
    return [PoseResultOut.of(result) for result in result_list(visible_to=user, project=project)]


@router.get("/results/{int:result_id}", response=PoseResultOut, operation_id="result_get")
def get_result(request: HttpRequest, result_id: int) -> PoseResultOut:
    """Predictions of one model over one video."""
    return PoseResultOut.of(result_get(pk=result_id, visible_to=signed_in(request)))


@router.delete("/results/{int:result_id}", response={204: None}, operation_id="result_delete")
def delete_result(request: HttpRequest, result_id: int) -> Status[None]:
    """Remove predictions with their files."""
    user = signed_in(request)
    result_delete(result=result_get(pk=result_id, visible_to=user), by=user)
    return Status(204, None)


@router.get("/results/{int:result_id}/window", operation_id="result_window", include_in_schema=True)
def get_window(request: HttpRequest, result_id: int, window: Query[WindowIn]) -> HttpResponse:
    """Little-endian float32 (frame, individual, keypoint, 3): x, y, confidence; NaN where there is none.

    Headers `X-Shape` and `X-Start` say what the bytes are. While the model runs, frames that are not done
    yet are NaN and the entity tag changes as they arrive.
    """
    result = result_get(pk=result_id, visible_to=signed_in(request))
    return window_response(request, result_window(result=result, start=window.start, stop=window.stop))


@router.get("/projects/{int:project_id}/formats", response=list[FormatOut], operation_id="format_list")
def list_formats(request: HttpRequest, project_id: int) -> list[FormatOut]:
    """File formats of the field, by title, with what this project can bring in from or write for each."""
    project = project_get(pk=project_id, visible_to=signed_in(request))
    individuals = project.animals.count()
    by_title = sorted(FORMATS.values(), key=lambda entry: entry.title)
    return [FormatOut.of(entry, individuals=individuals) for entry in by_title]


@router.post("/results/{int:result_id}/film", response={202: JobOut}, operation_id="film_start")
def start_film(request: HttpRequest, result_id: int, data: FilmIn) -> Status[Job]:
    """Draw predictions over their video; the file appears in the list of exports when its job is done."""
    user = signed_in(request)
    result = result_get(pk=result_id, visible_to=user)
    return Status(202, film_start(result=result, request=FilmRequest(**data.dict()), by=user))


@router.get("/results/{int:result_id}/doubts", response=DoubtsOut, operation_id="result_doubts")
def get_doubts(request: HttpRequest, result_id: int) -> DoubtsOut:
    """Stretches of frames in which confidence is low or the pose jumps, and why."""
    found, done = result_doubts(result=result_get(pk=result_id, visible_to=signed_in(request)))
    return DoubtsOut(
        frames_done=done,
        doubtful_frames=found.frames,
        total=found.total,
        stretches=[DoubtOut(**{**asdict(one), "reasons": list(one.reasons)}) for one in found.stretches],
    )


@router.get("/projects/{int:project_id}/exports", response=list[ExportOut], operation_id="export_list")
def list_exports(request: HttpRequest, project_id: int) -> list[ExportOut]:
    """Finished export files, newest first."""
    user = signed_in(request)
    project = project_get(pk=project_id, visible_to=user)
    return [ExportOut.of(export) for export in export_list(visible_to=user, project=project)]


@router.post("/projects/{int:project_id}/exports", response={202: JobOut}, operation_id="export_start")
def start_export(request: HttpRequest, project_id: int, data: ExportIn) -> Status[Job]:
    """Make a file or zip for another tool; it appears in the list when its job is done."""
    user = signed_in(request)
    project = project_get(pk=project_id, visible_to=user)
    result = result_get(pk=data.result_id, visible_to=user) if data.result_id is not None else None
    return Status(202, export_start(project=project, kind=data.kind, result=result, by=user))


@router.delete("/exports/{int:export_id}", response={204: None}, operation_id="export_delete")
def delete_export(request: HttpRequest, export_id: int) -> Status[None]:
    """Remove an export file; it can be made again from what it was made of."""
    user = signed_in(request)
    export_delete(export=export_get(pk=export_id, visible_to=user), by=user)
    return Status(204, None)
