"""Labels, their log, suggested frames and label import over HTTP."""

from __future__ import annotations

from dataclasses import asdict

from django.http import HttpRequest
from ninja import Query, Router, Schema, Status

from webapp.annotation.demo import demo_labels_apply
from webapp.annotation.errors import BadFrame, LabelConflict
from webapp.annotation.imports import import_start
from webapp.annotation.models import Operation
from webapp.annotation.operations import OperationStatus, Outcome, operations_apply
from webapp.annotation.schemas import (
    ChangeIn,
    ConflictOut,
    DeepLabCutImportIn,
    DemoLabelsOut,
    FrameSummaryOut,
    HistoryOut,
    InstanceOut,
    KeypointOut,
    LabelSummaryOut,
    OperationResultOut,
    OperationsIn,
    OperationsOut,
    SuggestionOut,
    SuggestionsIn,
)
from webapp.annotation.selectors import label_list, label_summary, operation_history, suggestion_list
from webapp.annotation.services import suggestion_delete, suggestions_start
from webapp.api.auth import signed_in
from webapp.jobs.models import Job
from webapp.jobs.schemas import JobOut
from webapp.projects.selectors import project_get
from webapp.recordings.models import Video
from webapp.recordings.selectors import video_get

router = Router(tags=["labels"])


class Window(Schema):
    """A half-open range of frames."""

    start: int = 0
    stop: int | None = None


def _video(request: HttpRequest, video_id: int) -> Video:
    return video_get(pk=video_id, visible_to=signed_in(request))


@router.get("/videos/{int:video_id}/labels", response=list[InstanceOut], operation_id="label_list")
def list_labels(request: HttpRequest, video_id: int, window: Query[Window]) -> list[InstanceOut]:
    """Instances of the frames start <= frame < stop; of all frames by default."""
    video = _video(request, video_id)
    if window.start < 0 or (window.stop is not None and window.stop < window.start):
        raise BadFrame("start and stop must satisfy 0 <= start <= stop.")
    found = label_list(video=video, start=window.start, stop=window.stop)
    return [InstanceOut.from_orm(instance) for instance in found]


@router.get("/videos/{int:video_id}/labels/summary", response=LabelSummaryOut, operation_id="label_summary")
def summarise_labels(request: HttpRequest, video_id: int) -> LabelSummaryOut:
    """How far each labelled frame is."""
    frames = label_summary(video=_video(request, video_id))
    return LabelSummaryOut(frames=[FrameSummaryOut(**asdict(frame)) for frame in frames])


@router.post("/videos/{int:video_id}/operations", response=OperationsOut, operation_id="operation_apply")
def apply_operations(request: HttpRequest, video_id: int, data: OperationsIn) -> OperationsOut:
    """Apply operations in order, each atomic; 409 when somebody else changed the same keypoint meanwhile.

    The 409 problem carries `data.conflicts` with both values and `data.results` for the whole request.
    What came before the conflict is applied; what came after it is `skipped` and may be sent again.
    """
    user = signed_in(request)
    operations = [row.operation() for row in data.operations]
    outcomes = operations_apply(video=_video(request, video_id), operations=operations, by=user)
    results = [OperationResultOut.of(outcome) for outcome in outcomes]
    conflicts = [_conflict(outcome) for outcome in outcomes if outcome.status == OperationStatus.CONFLICT]
    if conflicts:
        raise LabelConflict(
            "Somebody else changed the same keypoint. Choose whose value stays.",
            conflicts=[conflict.model_dump(mode="json") for conflict in conflicts],
            results=[result.model_dump(mode="json") for result in results],
        )
    return OperationsOut(results=results)


@router.get(
    "/videos/{int:video_id}/frames/{int:frame_index}/history",
    response=list[HistoryOut],
    operation_id="operation_history",
)
def frame_history(request: HttpRequest, video_id: int, frame_index: int) -> list[HistoryOut]:
    """What was done to the labels of a frame, newest first."""
    rows = operation_history(video=_video(request, video_id), frame_index=frame_index)
    return [_history(row) for row in rows]


@router.get(
    "/videos/{int:video_id}/suggestions", response=list[SuggestionOut], operation_id="suggestion_list"
)
def list_suggestions(request: HttpRequest, video_id: int) -> list[SuggestionOut]:
    """Frames proposed for labelling, in time order."""
    return [
        SuggestionOut(
            frame_index=row.frame_index,
            method=row.method,
            score=row.score,
            reasons=row.reasons,
            labelled=labelled,
            batch=row.job_id,
            created_at=row.created_at,
        )
        for row, labelled in suggestion_list(video=_video(request, video_id))
    ]


@router.post("/videos/{int:video_id}/suggestions", response={202: JobOut}, operation_id="suggestion_start")
def start_suggestions(request: HttpRequest, video_id: int, data: SuggestionsIn) -> Status[Job]:
    """Look for frames worth labelling."""
    user = signed_in(request)
    video = _video(request, video_id)
    job = suggestions_start(
        video=video, count=data.count, method=data.method, model_id=data.model_id, by=user
    )
    return Status(202, job)


@router.delete(
    "/videos/{int:video_id}/suggestions/{int:frame_index}",
    response={204: None},
    operation_id="suggestion_delete",
)
def delete_suggestion(request: HttpRequest, video_id: int, frame_index: int) -> Status[None]:
    """Take a frame off the list."""
    suggestion_delete(video=_video(request, video_id), frame_index=frame_index, by=signed_in(request))
    return Status(204, None)


@router.post(
    "/projects/{int:project_id}/demo-labels", response=DemoLabelsOut, operation_id="demo_labels_apply"
)
def apply_demo_labels(request: HttpRequest, project_id: int) -> DemoLabelsOut:
    """Give a demo project its ready-made labels, for whoever does not want to label."""
    user = signed_in(request)
    return DemoLabelsOut(
        frames=demo_labels_apply(project=project_get(pk=project_id, visible_to=user), by=user)
    )


@router.post(
    "/projects/{int:project_id}/imports/deeplabcut", response={202: JobOut}, operation_id="import_deeplabcut"
)
def import_deeplabcut(request: HttpRequest, project_id: int, data: DeepLabCutImportIn) -> Status[Job]:
    """Import a DeepLabCut project from a server folder, or from an uploaded zip; all of it or nothing."""
    user = signed_in(request)
    project = project_get(pk=project_id, visible_to=user)
    return Status(202, import_start(project=project, path=data.path, upload_id=data.upload_id, by=user))


def _conflict(outcome: Outcome) -> ConflictOut:
    change = outcome.operation.change
    assert outcome.theirs is not None
    return ConflictOut(
        uuid=outcome.operation.uuid,
        keypoint=outcome.operation.keypoint,
        yours=ChangeIn(x=change.x, y=change.y, visibility=change.visibility.value),
        theirs=KeypointOut.model_validate(outcome.theirs),
        rev=outcome.rev,
    )


def _history(row: Operation) -> HistoryOut:
    return HistoryOut(
        uuid=row.uuid,
        user=row.user.get_full_name() if row.user else "someone who has left",
        animal_id=row.instance.animal_id,
        keypoint=row.keypoint,
        rev=row.rev,
        before=KeypointOut(**row.before),
        after=KeypointOut(**row.after),
        created_at=row.created_at,
    )
