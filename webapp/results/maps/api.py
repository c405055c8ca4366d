"""Maps of poses over HTTP."""

from __future__ import annotations

from django.http import HttpRequest
from ninja import Router, Status

from webapp.api.auth import signed_in
from webapp.jobs.models import Job
from webapp.jobs.schemas import JobOut
from webapp.projects.selectors import project_get
from webapp.results.maps.schemas import PoseMapIn, PoseMapOut, PoseMapPointsOut
from webapp.results.maps.selectors import pose_map_get, pose_map_list, pose_map_points
from webapp.results.maps.services import MapRequest, pose_map_delete, pose_map_start
from webapp.results.selectors import result_get

router = Router(tags=["results"])


@router.post("/results/{int:result_id}/maps", response={202: JobOut}, operation_id="pose_map_start")
def start_map(request: HttpRequest, result_id: int, data: PoseMapIn) -> Status[Job]:
    """Map the poses of a result by likeness; the map appears in the list when its job is done."""
    user = signed_in(request)
    result = result_get(pk=result_id, visible_to=user)
    asked = MapRequest(
        clusters=data.clusters,
        min_confidence=data.min_confidence,
        colour_by=tuple(data.colour_by),
        seed=data.seed,
    )
    return Status(202, pose_map_start(result=result, request=asked, by=user))


@router.get("/projects/{int:project_id}/maps", response=list[PoseMapOut], operation_id="pose_map_list")
def list_maps(request: HttpRequest, project_id: int) -> list[PoseMapOut]:
    """Finished maps of a project, newest first."""
    user = signed_in(request)
    project = project_get(pk=project_id, visible_to=user)
    return [PoseMapOut.of(found) for found in pose_map_list(visible_to=user, project=project)]


@router.get("/maps/{int:map_id}/points", response=PoseMapPointsOut, operation_id="pose_map_points")
def get_points(request: HttpRequest, map_id: int) -> PoseMapPointsOut:
    """The dots of a map: where each lies, which frame it is of, its cluster and numbers."""
    found = pose_map_get(pk=map_id, visible_to=signed_in(request))
    return PoseMapPointsOut.of(pose_map_points(found=found))


@router.delete("/maps/{int:map_id}", response={204: None}, operation_id="pose_map_delete")
def delete_map(request: HttpRequest, map_id: int) -> Status[None]:
    """Remove a map with its files; the predictions stay."""
    user = signed_in(request)
    pose_map_delete(found=pose_map_get(pk=map_id, visible_to=user), by=user)
    return Status(204, None)
