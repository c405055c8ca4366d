"""The demo projects: which there are, and how each is found again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils.text import slugify

from sbea_engine.data.skeleton import Skeleton
from webapp.accounts.models import Role, User
from webapp.jobs.models import ACTIVE_STATES, Job, JobState
from webapp.jobs.services import job_start
from webapp.jobs.task_names import JobKind
from webapp.projects.demo_names import ONE_CAMERA, RIGS
from webapp.projects.models import Project
from webapp.projects.services import project_create

_RIG_DESCRIPTION = (
    "Four calibrated cameras, rendered, so that the truth is known. Label, train, predict all views, "
    "reconstruct, and turn the skeleton in 3D."
)


def demo_find(name: str) -> Project | None:
    """The demo project that was called `name` when it was made."""
    address = slugify(name)
    return Project.objects.filter(is_demo=True, slug__startswith=address).order_by("pk").first()


def demo_is_whole() -> bool:
    """Whether nothing is left to do: all projects are there, and the rigs are rendered, or will be.

    A rig that has no owner with an open account is left as it is.
    """
    rigs = [demo_find(name) for name in RIGS]
    return demo_find(ONE_CAMERA) is not None and all(
        rig is not None and (_rendering(rig) or _owner(rig) is None) for rig in rigs
    )


@transaction.atomic
def demo_rig_start(*, name: str, skeleton: Skeleton, take: Mapping[str, Any], by: User) -> Project:
    """The project of a rig, made where there is none, and the job that renders its recording.

    Rendered once: whoever deleted the recording since is not given it again. A rendering that failed or was
    cancelled is started anew, in the name of the first owner whose account is open; where there is none, the
    project is left as it is.

    Args:
        name: One of `RIGS`.
        take: What to render, as `workers.demo_rig` reads it.
    """
    project = demo_find(name) or project_create(
        name=name, skeleton=skeleton, by=by, description=_RIG_DESCRIPTION, is_demo=True
    )
    owner = _owner(project)
    if owner is not None and not _rendering(project):
        job_start(
            kind=JobKind.DEMO_RENDER,
            project=project,
            params={"take": dict(take)},
            by=owner,
            label="Render the demo recording",
            target=f"project:{project.pk}",
        )
    return project


def _owner(project: Project) -> User | None:
    """Who may start jobs in the project: its first owner who is not shut out."""
    owners = project.memberships.filter(role=Role.OWNER, user__is_active=True).select_related("user")
    first = owners.order_by("pk").first()
    return None if first is None else first.user


def _rendering(project: Project) -> bool:
    jobs = Job.objects.filter(project=project, kind=JobKind.DEMO_RENDER)
    return jobs.filter(state__in=[*ACTIVE_STATES, JobState.DONE]).exists()
