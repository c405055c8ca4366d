"""Reconstructions: started by people, filled in by workers."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction

from sbea_engine.data.camera import CameraGroup
from webapp.accounts.capabilities import Capability, require
from webapp.accounts.models import User
from webapp.api.errors import NotFound
from webapp.jobs.services import job_start
from webapp.jobs.task_names import JobKind
from webapp.recordings import storage
from webapp.recordings.matching import match_cameras
from webapp.recordings.models import Calibration, Recording, Video
from webapp.recordings.sync import sync_of
from webapp.results.errors import CannotReconstruct, ResultInUse, ResultSuperseded
from webapp.results.models import PoseResult, Reconstruction
from webapp.training.models import PoseModel


@transaction.atomic
def reconstruction_start(*, recording: Recording, model: PoseModel, by: User) -> Reconstruction:
    """Queue 3D from the newest predictions that a model made of each view; the same inputs are not run twice.

    Raises:
        CannotReconstruct: No calibration, or fewer than two of its cameras have finished predictions.
    """
    require(by, recording.project, Capability.TRAIN)
    if model.project_id != recording.project_id:
        raise CannotReconstruct("The model and the recording belong to different projects.")
    calibration = recording.calibration
    if calibration is None:
        raise CannotReconstruct(f"{recording.name} has no calibration. Choose one on the Recordings page.")
    sources = _sources(recording, model, calibration)
    views = [source.video.view for source in sources]
    clock = sync_of(recording)
    sync = {"ticks": clock.ticks, "views": {view: clock.runs[view] for view in views}}
    found, created = Reconstruction.objects.get_or_create(
        recording=recording,
        input_digest=_digest(calibration, clock.digest(views), sources),
        state__in=[Reconstruction.State.RUNNING, Reconstruction.State.READY],
        defaults={
            "project": recording.project,
            "calibration": calibration,
            "model": model,
            "state": Reconstruction.State.RUNNING,
            "inputs": [{"view": source.video.view, "result_id": source.pk} for source in sources],
            "sync": sync,
            "individuals": sources[0].individuals,
            "tick_count": clock.ticks,
        },
    )
    if not created:
        return found
    found.sources.set(sources)
    found.folder = storage.stored_name(storage.reconstruction_folder(found.pk))
    found.job = job_start(
        kind=JobKind.POSE_RECONSTRUCT,
        project=recording.project,
        params={
            "reconstruction_id": found.pk,
            "recording_id": recording.pk,
            "model_id": model.pk,
            "calibration_id": calibration.pk,
        },
        by=by,
        label=f"Reconstruct {recording.name} from {len(views)} views",
        target=f"reconstruction:{found.pk}",
    )
    found.save()
    return found


def reconstruction_progress(
    *, reconstruction: Reconstruction, ticks_done: int, individuals: Sequence[str]
) -> None:
    """Note how many ticks can be looked at.

    Raises:
        NotFound: It was deleted meanwhile.
    """
    noted = Reconstruction.objects.filter(pk=reconstruction.pk).update(
        ticks_done=ticks_done, individuals=list(individuals)
    )
    if not noted:
        raise NotFound("reconstruction")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What is known of 3D poses once they are complete.

    Attributes:
        warnings: What to beware of, one sentence each.
        bounds_mm: Where the animals were, `{"min": [x, y, z], "max": ...}`; None where nothing was placed.
        truth_error: Figures of `evaluate_against_truth` where the recording came with its truth.
    """

    ticks_done: int
    individuals: Sequence[str]
    warnings: Sequence[str] = ()
    bounds_mm: Mapping[str, Sequence[float]] | None = None
    truth_error: Mapping[str, Any] | None = None


def reconstruction_finish(*, reconstruction: Reconstruction, outcome: Outcome) -> None:
    """All ticks are there.

    Raises:
        NotFound: It was deleted meanwhile.
    """
    finished = Reconstruction.objects.filter(pk=reconstruction.pk).update(
        state=Reconstruction.State.READY,
        ticks_done=outcome.ticks_done,
        individuals=list(outcome.individuals),
        warnings=list(outcome.warnings),
        bounds_mm=outcome.bounds_mm,
        truth_error=outcome.truth_error,
    )
    if not finished:
        raise NotFound("reconstruction")


def reconstruction_fail(*, reconstruction_id: int) -> None:
    """The job ended before the reconstruction was complete."""
    unfinished = Reconstruction.objects.filter(pk=reconstruction_id)
    unfinished.exclude(state=Reconstruction.State.READY).update(state=Reconstruction.State.FAILED)


def reconstruction_reopen(*, reconstruction_id: int) -> None:
    """The job of a failed reconstruction was queued again.

    Raises:
        ResultSuperseded: The same was started once more since; of the two one can be kept.
    """
    failed = Reconstruction.objects.filter(pk=reconstruction_id, state=Reconstruction.State.FAILED)
    try:
        with transaction.atomic():
            failed.update(state=Reconstruction.State.RUNNING)
    except IntegrityError as error:
        raise ResultSuperseded(
            "The same 3D poses were started again since. Use those, or delete them before you try these."
        ) from error


def reconstruction_delete(*, reconstruction: Reconstruction, by: User) -> None:
    """Remove 3D poses with their files; what they were made from stays.

    Raises:
        ResultInUse: A job is still writing them.
    """
    require(by, reconstruction.project, Capability.TRAIN)
    job = reconstruction.job
    if job is not None and job.is_active:
        raise ResultInUse(f"{job.label!r} is still running. Cancel it first.", job_id=str(job.pk))
    reconstruction.delete()


def _sources(recording: Recording, model: PoseModel, calibration: Calibration) -> list[PoseResult]:
    """The newest finished predictions of each view that the calibration fits, in the cameras' order."""
    cameras = CameraGroup.from_dict(calibration.cameras)
    newest: dict[str, PoseResult] = {}
    ready = PoseResult.objects.filter(
        model=model, video__recording=recording, state=PoseResult.State.READY, video__state=Video.State.READY
    )
    for result in ready.select_related("video").order_by("created_at", "pk"):
        newest[result.video.view] = result
    # A camera that was calibrated at another picture size would place everything wrongly.
    fitting = match_cameras(cameras, list(recording.videos.all())).usable
    sources = [newest[name] for name in cameras.names if name in newest and name in fitting]
    if len(sources) < 2:
        known = ", ".join(source.video.view for source in sources) or "none"
        raise CannotReconstruct(
            f"3D needs finished predictions of {model.name} in two or more views that the calibration "
            f"{calibration.name!r} knows ({', '.join(cameras.names)}); there are: {known}. "
            "Run the model over the other views first.",
            cameras=list(cameras.names),
            predicted=sorted(newest),
        )
    individuals = {tuple(source.individuals) for source in sources}
    if len(individuals) > 1:
        raise CannotReconstruct("The predictions of the views name different individuals.")
    return sources


def _digest(calibration: Calibration, sync_digest: str, sources: Sequence[PoseResult]) -> str:
    facts = [calibration.digest, sync_digest, [source.pk for source in sources]]
    text = json.dumps(facts, sort_keys=True, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()
