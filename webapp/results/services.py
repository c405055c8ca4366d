"""Predictions and exports: started by people, filled in by workers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from django.db import IntegrityError, transaction

from webapp.accounts.capabilities import Capability, require, require_maker_or
from webapp.accounts.models import User
from webapp.annotation.selectors import placed_instances
from webapp.jobs.models import ACTIVE_STATES, Job
from webapp.jobs.services import job_start
from webapp.jobs.task_names import JobKind
from webapp.projects.models import Project, Skeleton
from webapp.recordings import storage
from webapp.recordings.errors import VideoNotReady
from webapp.recordings.models import Recording, Video
from webapp.results.errors import BadExport, ResultInUse, ResultSuperseded, WrongProject
from webapp.results.exports import LABELS, export_kind, export_misfit
from webapp.results.models import ExportFile, PoseResult
from webapp.training.errors import ModelNotReady
from webapp.training.models import PoseModel


@transaction.atomic
def prediction_start(*, model: PoseModel, video: Video, by: User) -> PoseResult:
    """Queue a run of a model over a video; where the same run is there or under way, that one is returned.

    Raises:
        ModelNotReady, VideoNotReady: One of the two cannot be used yet.
        WrongProject: They belong to different projects.
    """
    project = model.project
    require(by, project, Capability.TRAIN)
    if video.recording.project_id != project.pk:
        raise WrongProject("The model and the video belong to different projects.")
    if model.state != PoseModel.State.READY:
        raise ModelNotReady(f"{model.name} is {model.state}; it can be run when it is ready.")
    if video.state != Video.State.READY:
        raise VideoNotReady(f"{video} is {video.state}; predictions can be made when it is ready.")
    result, created = PoseResult.objects.get_or_create(
        model=model,
        video=video,
        state__in=[PoseResult.State.RUNNING, PoseResult.State.READY],
        defaults={"project": project, "frame_count": video.frame_count, "state": PoseResult.State.RUNNING},
    )
    if not created:
        return result
    result.folder = storage.stored_name(storage.result_folder(result.pk))
    result.job = job_start(
        kind=JobKind.POSE_PREDICT,
        project=project,
        params={"result_id": result.pk, "model_id": model.pk, "video_id": video.pk},
        by=by,
        label=f"Run {model.name} over {video}",
        target=f"result:{result.pk}",
    )
    result.save()
    return result


@transaction.atomic
def predictions_start(*, model: PoseModel, recording: Recording, by: User) -> list[PoseResult]:
    """`prediction_start` for every view of a recording that is ready.

    Raises:
        ModelNotReady: The model cannot be used yet.
        VideoNotReady: No view is ready.
        WrongProject: They belong to different projects.
    """
    require(by, model.project, Capability.TRAIN)
    views = [video for video in recording.videos.all() if video.state == Video.State.READY]
    if not views:
        raise VideoNotReady(f"No view of {recording.name} is ready; predictions can be made when one is.")
    return [prediction_start(model=model, video=video, by=by) for video in views]


def result_import(
    *, video: Video, source: str, skeleton: Skeleton, poses: Path, frames: int, individuals: Sequence[str]
) -> PoseResult:
    """Keep predictions of another tool, complete; called inside the import's transaction.

    Args:
        source: What made them, for people.
        skeleton: Whose keypoints they have, in its order.
        poses: Store of a row a frame of the video, on the data root's file system; it is moved.
        individuals: Of that store: the project's animals by slot, then those that are none of them.
    """
    result = PoseResult.objects.create(
        project=video.recording.project,
        video=video,
        source=source[:200],
        skeleton=skeleton,
        state=PoseResult.State.READY,
        frames_done=frames,
        frame_count=frames,
        individuals=list(individuals),
    )
    target = storage.result_folder(result.pk)
    result.folder = storage.stored_name(target)
    result.save(update_fields=["folder"])
    storage.move_into_place(poses, target)
    return result


def result_progress(*, result: PoseResult, frames_done: int, individuals: Sequence[str]) -> None:
    """Note how many frames can be looked at."""
    PoseResult.objects.filter(pk=result.pk).update(frames_done=frames_done, individuals=list(individuals))


def result_finish(*, result: PoseResult, frames_done: int, individuals: Sequence[str]) -> None:
    """All frames are there."""
    PoseResult.objects.filter(pk=result.pk).update(
        state=PoseResult.State.READY, frames_done=frames_done, individuals=list(individuals)
    )


def result_fail(*, result_id: int) -> None:
    """The job ended before the result was complete."""
    unfinished = PoseResult.objects.filter(pk=result_id).exclude(state=PoseResult.State.READY)
    unfinished.update(state=PoseResult.State.FAILED)


def result_reopen(*, result_id: int) -> None:
    """The job of a failed result was queued again.

    Raises:
        ResultSuperseded: The model has been started over the video once more; of the two one can be kept.
    """
    failed = PoseResult.objects.filter(pk=result_id, state=PoseResult.State.FAILED)
    try:
        with transaction.atomic():
            failed.update(state=PoseResult.State.RUNNING)
    except IntegrityError as error:
        raise ResultSuperseded(
            "This model was started over this video again since. Use those newer predictions, or delete them "
            "before you try these again."
        ) from error


def result_delete(*, result: PoseResult, by: User) -> None:
    """Remove predictions with their files.

    Raises:
        ResultInUse: A job is still writing, drawing, mapping or exporting them, or 3D poses were made from
            them.
    """
    require(by, result.project, Capability.TRAIN)
    reading = Job.objects.filter(project=result.project, params__result_id=result.pk, state__in=ACTIVE_STATES)
    for job in (result.job, reading.first()):
        if job is not None and job.is_active:
            raise ResultInUse(f"{job.label!r} is still running. Cancel it first.", job_id=str(job.pk))
    if result.reconstructions.exists():
        raise ResultInUse("3D poses were made from these predictions. Delete those first.")
    result.delete()


def export_start(*, project: Project, kind: str, result: PoseResult | None, by: User) -> Job:
    """Queue the making of a file or zip for another tool.

    Args:
        kind: A name of `export_kinds`.

    Raises:
        BadExport: An unknown kind, nothing to export, predictions without a finished result of this project,
            or more individuals than the format holds.
    """
    require(by, project, Capability.VIEW)
    wanted = export_kind(kind)
    params: dict[str, object] = {"kind": wanted.name}
    individuals = project.animals.count()
    if wanted.what == LABELS:
        if not placed_instances(project=project).filter(placed_count__gt=0).exists():
            raise BadExport("Nothing is labelled yet, so there is nothing to export.")
        label = f"Export labels as {wanted.format.title}"
    else:
        if result is None or result.project_id != project.pk:
            raise BadExport("Name a result of this project (result_id) to export its predictions.")
        if result.state != PoseResult.State.READY:
            raise BadExport(f"These predictions are {result.state}; they can be exported when complete.")
        params["result_id"] = result.pk
        individuals = len(result.individuals)
        label = f"Export predictions of {result.title} as {wanted.format.title}"
    if misfit := export_misfit(wanted, individuals=individuals):
        raise BadExport(misfit)
    return job_start(kind=JobKind.PROJECT_EXPORT, project=project, params=params, by=by, label=label[:200])


def export_delete(*, export: ExportFile, by: User) -> None:
    """Remove an export with its file; what it was made from stays.

    Raises:
        NotFound, Forbidden: `by` neither made it nor manages the project's data.
    """
    require_maker_or(by, export.project, Capability.MANAGE_DATA, made_by=export.made_by)
    export.delete()


def export_store(*, job: Job, file: Path, kind: str) -> ExportFile:
    """Take a finished file over. A job that runs twice stores one file.

    Args:
        file: On the data root's file system; it is moved.
    """
    earlier = ExportFile.objects.filter(job=job).first()
    if earlier is not None:
        return earlier
    folder = storage.export_folder(job.pk)
    target = folder / file.name
    with transaction.atomic():
        storage.remove_tree(folder)
        storage.move_into_place(file, target)
        return ExportFile.objects.create(
            project=job.project,
            kind=kind,
            path=storage.stored_name(target),
            filename=target.name,
            size_bytes=target.stat().st_size,
            job=job,
        )
