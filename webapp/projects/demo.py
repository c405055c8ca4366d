"""The demo projects: which there are, and how each is found again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction
from django.utils.text import slugify

from sbea_engine.data.skeleton import Skeleton
from webapp.accounts.models import Role, User
from webapp.jobs.models import ACTIVE_STATES, Job, JobState
from webapp.jobs.services import job_start
from webapp.jobs.task_names import JobKind
from webapp.projects.models import Project
from webapp.projects.services import project_create

# A demo project is known by the address that its first name gave it: people may rename it, the address stays.
# So these names are for ever, or the demo comes twice.
ONE_CAMERA = "Demo: one mouse in an open field"
RIG = "Demo: a rig of four cameras"
_RIG_DESCRIPTION = (
    "One mouse, and two mice, filmed by four calibrated cameras; rendered, so that the truth is known. "
    "Label, train, predict all views, reconstruct, and turn the skeletons in 3D."
)


def demo_find(name: str) -> Project | None:
    """The demo project that was called `name` when it was made."""
    address = slugify(name)
    return Project.objects.filter(is_demo=True, slug__startswith=address).order_by("pk").first()


def demo_is_whole() -> bool:
    """Whether nothing is left to do: both projects are there, and the rig is rendered, or will be."""
    rig = demo_find(RIG)
    return demo_find(ONE_CAMERA) is not None and rig is not None and _rendering(rig)


@transaction.atomic
def demo_rig_start(*, skeleton: Skeleton, takes: Sequence[Mapping[str, Any]], by: User) -> Project:
    """The project of the rig, made where there is none, and the job that renders its recordings.

    Rendered once: whoever deleted the recordings since is not given them again. A rendering that failed or
    was cancelled is started anew.

    Args:
        takes: What to render, as `workers.demo_rig` reads it.
    """
    project = demo_find(RIG) or project_create(
        name=RIG, skeleton=skeleton, by=by, description=_RIG_DESCRIPTION, is_demo=True
    )
    owner = project.memberships.filter(role=Role.OWNER).order_by("pk")[0].user
    if not _rendering(project):
        job_start(
            kind=JobKind.DEMO_RENDER,
            project=project,
            params={"takes": [dict(take) for take in takes]},
            by=owner,
            label="Render the demo recordings",
            target=f"project:{project.pk}",
        )
    return project


def _rendering(project: Project) -> bool:
    jobs = Job.objects.filter(project=project, kind=JobKind.DEMO_RENDER)
    return jobs.filter(state__in=[*ACTIVE_STATES, JobState.DONE]).exists()
