"""Maps of poses: started by people, filled in by workers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from django.db import transaction

from webapp.accounts.capabilities import Capability, require, require_maker_or
from webapp.accounts.models import User
from webapp.jobs.models import Job
from webapp.jobs.services import job_start
from webapp.jobs.task_names import JobKind
from webapp.recordings import storage
from webapp.recordings.errors import VideoNotReady
from webapp.recordings.models import Video
from webapp.results.errors import BadMap
from webapp.results.models import PoseMap, PoseResult


@dataclass(frozen=True, slots=True, kw_only=True)
class MapRequest:
    """What a person chose of a map.

    Attributes:
        clusters: Groups to look for.
        min_confidence: Keypoints below are not known.
        colour_by: What else than the cluster may colour the map; see `sbea pose embed`.
        seed: The same seed gives the same map.
    """

    clusters: int
    min_confidence: float
    colour_by: tuple[str, ...]
    seed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeMap:
    """A finished map: `files` in `folder`, which lies on the data root's file system and is moved."""

    folder: Path
    files: Sequence[str]
    poses: int
    cluster_sizes: Sequence[int]
    warnings: Sequence[str]


@transaction.atomic
def pose_map_start(*, result: PoseResult, request: MapRequest, by: User) -> Job:
    """Queue the mapping of a result's poses; one at a time of each result.

    Raises:
        BadMap: The predictions are not complete.
        VideoNotReady: The video cannot be read.
        JobAlreadyActive: A map is being made of these predictions.
    """
    require(by, result.project, Capability.VIEW)
    if result.state != PoseResult.State.READY:
        raise BadMap(f"These predictions are {result.state}; they can be mapped when they are complete.")
    if result.video.state != Video.State.READY:
        raise VideoNotReady(f"{result.video} is {result.video.state}; it can be mapped when it is ready.")
    return job_start(
        kind=JobKind.POSE_MAP,
        project=result.project,
        params={
            **asdict(request),
            "colour_by": list(request.colour_by),
            "result_id": result.pk,
            "video_id": result.video_id,
        },
        by=by,
        label=f"Map poses of {result.video} by {result.title}",
        target=f"result:{result.pk}",
    )


def pose_map_store(*, job: Job, result: PoseResult, made: MadeMap) -> PoseMap:
    """Take a finished map over. A job that runs twice stores one."""
    earlier = PoseMap.objects.filter(job=job).first()
    if earlier is not None:
        return earlier
    target = storage.map_folder(job.pk)
    asked = {name: job.params[name] for name in ("clusters", "min_confidence", "colour_by", "seed")}
    with transaction.atomic():
        storage.move_into_place(made.folder, target)
        return PoseMap.objects.create(
            project=job.project,
            result=result,
            folder=storage.stored_name(target),
            files=list(made.files),
            request=asked,
            poses=made.poses,
            cluster_sizes=list(made.cluster_sizes),
            warnings=list(made.warnings),
            job=job,
        )


def pose_map_delete(*, found: PoseMap, by: User) -> None:
    """Remove a map with its files; the predictions stay.

    Raises:
        NotFound, Forbidden: `by` neither made it nor manages the project's data.
    """
    require_maker_or(by, found.project, Capability.MANAGE_DATA, made_by=found.made_by)
    found.delete()
