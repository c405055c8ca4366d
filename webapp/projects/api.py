"""Projects and their skeletons over HTTP."""

from __future__ import annotations

from django.http import HttpRequest
from ninja import Router, Schema, Status
from pydantic import ConfigDict, Field

from webapp.accounts.models import User
from webapp.api.auth import signed_in
from webapp.projects.models import Animal, Project
from webapp.projects.schemas import (
    AnimalOut,
    ProjectChangeIn,
    ProjectDetailOut,
    ProjectIn,
    ProjectOut,
    SkeletonIn,
    SkeletonOut,
)
from webapp.projects.selectors import animal_get, project_get, project_role, project_rows
from webapp.projects.services import (
    MAX_ANIMALS,
    animal_rename,
    animals_ensure,
    project_create,
    project_delete,
    project_update,
    skeleton_replace,
)

router = Router(tags=["projects"])


class AnimalsIn(Schema):
    """How many animals the project shall have at least."""

    model_config = ConfigDict(extra="forbid")
    count: int = Field(ge=1, le=MAX_ANIMALS)


class AnimalIn(Schema):
    """Another name."""

    model_config = ConfigDict(extra="forbid")
    name: str = Field(min_length=1, max_length=80)


@router.get("/projects", response=list[ProjectOut], operation_id="project_list")
def list_projects(request: HttpRequest) -> list[ProjectOut]:
    """Projects that you are a member of."""
    return [ProjectOut.of(row) for row in project_rows(visible_to=signed_in(request))]


@router.post("/projects", response={201: ProjectDetailOut}, operation_id="project_create")
def create_project(request: HttpRequest, data: ProjectIn) -> Status[ProjectDetailOut]:
    """Create a project; you become its owner."""
    user = signed_in(request)
    skeleton = SkeletonIn(**data.dict(exclude={"name", "description"})).noun()
    project = project_create(name=data.name, description=data.description, skeleton=skeleton, by=user)
    return Status(201, _detail(project, user))


@router.get("/projects/{int:project_id}", response=ProjectDetailOut, operation_id="project_get")
def get_project(request: HttpRequest, project_id: int) -> ProjectDetailOut:
    """One project with skeleton, animals, what you may do, and the next step."""
    user = signed_in(request)
    return _detail(project_get(pk=project_id, visible_to=user), user)


@router.patch("/projects/{int:project_id}", response=ProjectDetailOut, operation_id="project_update")
def update_project(request: HttpRequest, project_id: int, data: ProjectChangeIn) -> ProjectDetailOut:
    """Rename or describe a project, or say whether its animals look alike."""
    user = signed_in(request)
    project = project_get(pk=project_id, visible_to=user)
    return _detail(project_update(project=project, by=user, **data.dict(exclude_unset=True)), user)


@router.delete("/projects/{int:project_id}", response={204: None}, operation_id="project_delete")
def delete_project(request: HttpRequest, project_id: int) -> Status[None]:
    """Delete a project with all that belongs to it; sources registered in place stay untouched."""
    user = signed_in(request)
    project_delete(project=project_get(pk=project_id, visible_to=user), by=user)
    return Status(204, None)


@router.get("/projects/{int:project_id}/skeleton", response=SkeletonOut, operation_id="skeleton_get")
def get_skeleton(request: HttpRequest, project_id: int) -> SkeletonOut:
    """The current version."""
    return SkeletonOut.of(project_get(pk=project_id, visible_to=signed_in(request)).skeleton)


@router.put("/projects/{int:project_id}/skeleton", response=SkeletonOut, operation_id="skeleton_replace")
def replace_skeleton(request: HttpRequest, project_id: int, data: SkeletonIn) -> SkeletonOut:
    """Make a new version; refused with 409 where labels would be lost or moved."""
    user = signed_in(request)
    project = project_get(pk=project_id, visible_to=user)
    return SkeletonOut.of(skeleton_replace(project=project, definition=data.noun(), by=user))


@router.put("/projects/{int:project_id}/animals", response=list[AnimalOut], operation_id="animals_ensure")
def ensure_animals(request: HttpRequest, project_id: int, data: AnimalsIn) -> list[Animal]:
    """Add animals until there are `count`."""
    user = signed_in(request)
    return animals_ensure(project=project_get(pk=project_id, visible_to=user), count=data.count, by=user)


@router.patch("/animals/{int:animal_id}", response=AnimalOut, operation_id="animal_rename")
def rename_animal(request: HttpRequest, animal_id: int, data: AnimalIn) -> Animal:
    """Give an animal another name."""
    user = signed_in(request)
    return animal_rename(animal=animal_get(pk=animal_id, visible_to=user), name=data.name, by=user)


def _detail(project: Project, user: User) -> ProjectDetailOut:
    return ProjectDetailOut.detail(project, role=project_role(project=project, user=user))
