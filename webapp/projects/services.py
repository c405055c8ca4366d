"""Changes to projects, skeleton versions and animals."""

from __future__ import annotations

import secrets
from collections.abc import Iterable

from django.db import IntegrityError, transaction
from django.utils.text import slugify

from sbea_engine.data.names import is_plain_text
from sbea_engine.data.skeleton import Skeleton as SkeletonNoun
from webapp.accounts.capabilities import Capability, require
from webapp.accounts.links import invitations_end
from webapp.accounts.models import Membership, Role, User
from webapp.api.errors import Forbidden
from webapp.projects.errors import BadProject, NameTaken, ProjectBusy, SkeletonInUse
from webapp.projects.models import Animal, Project, Skeleton
from webapp.projects.names import clean_name
from webapp.projects.selectors import project_active_job_count, skeleton_decided_keypoints

# Okabe and Ito's colour-blind-safe palette; an animal keeps its colour in video, charts and 3D.
COLOURS = ("#E69F00", "#56B4E9", "#009E73", "#CC79A7", "#0072B2", "#D55E00", "#F0E442", "#999999")
MAX_ANIMALS = 64
_NAME_MAX, _SLUG_MAX, _DESCRIPTION_MAX, _ANIMAL_NAME_MAX = 120, 130, 10_000, 80


@transaction.atomic
def project_create(
    *, name: str, skeleton: SkeletonNoun, by: User, description: str = "", is_demo: bool = False
) -> Project:
    """Create a project with its first skeleton and one animal; its creator becomes the owner.

    Raises:
        Forbidden: The account is shut out, or was not given the right to create projects.
        BadProject: The name is empty or too long, or a keypoint's name is no text.
    """
    if not (by.is_active and by.may_create_projects):
        raise Forbidden(
            "Your account may not create projects. Ask an administrator of the site, who can allow it on the "
            "People page."
        )
    project = Project.objects.create(
        name=_clean_name(name),
        slug=_free_slug(name),
        description=_clean_description(description),
        created_by=by,
        is_demo=is_demo,
    )
    Membership.objects.create(project=project, user=by, role=Role.OWNER)
    Skeleton.objects.create(project=project, version=1, definition=skeleton.to_dict())
    Animal.objects.create(project=project, name="animal 1", slot=0, colour=COLOURS[0])
    return project


@transaction.atomic
def project_update(
    *,
    project: Project,
    by: User,
    name: str | None = None,
    description: str | None = None,
    animals_look_alike: bool | None = None,
) -> Project:
    """Rename, describe, or say whether its animals look alike; the address (slug) stays, so that links keep
    working.

    Raises:
        NotFound, Forbidden: `by` may not.
        BadProject: The name is empty or too long.
    """
    require(by, project, Capability.MANAGE_DATA)
    if name is not None:
        project.name = _clean_name(name)
    if description is not None:
        project.description = _clean_description(description)
    if animals_look_alike is not None:
        project.animals_look_alike = animals_look_alike
    project.save(update_fields=["name", "description", "animals_look_alike"])
    return project


@transaction.atomic
def project_delete(*, project: Project, by: User) -> None:
    """Delete a project with all that belongs to it.

    Raises:
        NotFound, Forbidden: `by` may not.
        ProjectBusy: Jobs still wait or run; cancel them first.
    """
    require(by, project, Capability.DELETE_PROJECT)
    active = project_active_job_count(project=project)
    if active:
        raise ProjectBusy("Jobs of this project still wait or run. Cancel them first.", jobs=active)
    members = list(project.memberships.values_list("user_id", flat=True))
    project.delete()
    invitations_end(user_ids=members)


@transaction.atomic
def skeleton_replace(*, project: Project, definition: SkeletonNoun, by: User) -> Skeleton:
    """Make a new version the current one; the same definition again makes none.

    Labels are stored by position. So a keypoint that somebody decided on in any frame must stay where it
    is, under its name; new ones go to the end.

    Raises:
        NotFound, Forbidden: `by` may not.
        BadProject: A keypoint's name is no text.
        SkeletonInUse: `data.keypoints` names what would be lost or moved.
    """
    require(by, project, Capability.MANAGE_DATA)
    Project.objects.select_for_update().get(pk=project.pk)  # two new versions at once: one after the other
    current = project.skeleton
    if current.noun == definition:
        return current
    old, new = current.noun.keypoints, definition.keypoints
    moved = {i for i, name in enumerate(old) if i >= len(new) or new[i] != name}
    held = sorted(moved & skeleton_decided_keypoints(project=project)) if moved else []
    if held:
        names = [old[i] for i in held]
        raise SkeletonInUse(
            f"Keypoints with labels must keep their name and place: {', '.join(names)}. "
            "Add new keypoints at the end.",
            keypoints=names,
        )
    return Skeleton.objects.create(
        project=project, version=current.version + 1, definition=definition.to_dict()
    )


@transaction.atomic
def animals_ensure(*, project: Project, count: int, by: User) -> list[Animal]:
    """Add animals until the project has `count`; returns all, by slot.

    Raises:
        NotFound, Forbidden: `by` may not.
        BadProject: More than a project can hold.
    """
    require(by, project, Capability.MANAGE_DATA)
    if not 1 <= count <= MAX_ANIMALS:
        raise BadProject(f"A project has 1 to {MAX_ANIMALS} animals, got {count}.")
    Project.objects.select_for_update().get(pk=project.pk)
    animals = list(project.animals.order_by("slot"))
    taken = {animal.name for animal in animals}
    for slot in _free_slots({animal.slot for animal in animals}, count - len(animals)):
        name = next(n for i in range(slot + 1, slot + 2 + len(taken)) if (n := f"animal {i}") not in taken)
        taken.add(name)
        colour = COLOURS[slot % len(COLOURS)]
        animals.append(Animal.objects.create(project=project, name=name, slot=slot, colour=colour))
    return sorted(animals, key=lambda animal: animal.slot)


def animal_rename(*, animal: Animal, name: str, by: User) -> Animal:
    """Give an animal another name.

    Raises:
        NotFound, Forbidden: `by` may not.
        BadProject: The name is empty, too long or no text.
        NameTaken: Another animal of the project has it.
    """
    require(by, animal.project, Capability.MANAGE_DATA)
    animal.name = clean_name(name, what="animal", longest=_ANIMAL_NAME_MAX, refuse=BadProject)
    try:
        with transaction.atomic():
            animal.save(update_fields=["name"])
    except IntegrityError as error:
        raise NameTaken(f"Another animal of the project is called {animal.name!r}.") from error
    return animal


def _clean_name(name: str) -> str:
    return clean_name(name, what="project", longest=_NAME_MAX, refuse=BadProject)


def _clean_description(description: str) -> str:
    lines = description.split()  # line breaks and tabs are welcome here
    if len(description) > _DESCRIPTION_MAX or not all(map(is_plain_text, lines)):
        raise BadProject(f"A description has at most {_DESCRIPTION_MAX} characters of text.")
    return description.strip()


def _free_slug(name: str) -> str:
    base = slugify(name)[:_SLUG_MAX] or "project"
    # "new" is an address of its own.
    if base == "new" or Project.objects.filter(slug=base).exists():
        return f"{base}-{secrets.token_hex(3)}"
    return base


def _free_slots(taken: set[int], count: int) -> Iterable[int]:
    free = (slot for slot in range(MAX_ANIMALS) if slot not in taken)
    return [next(free) for _ in range(max(0, count))]
