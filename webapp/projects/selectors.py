"""What a person may read of projects."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import BigIntegerField, Count, ExpressionWrapper, F, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from webapp.accounts.models import User
from webapp.annotation.models import Instance
from webapp.api.errors import NotFound
from webapp.jobs.models import ACTIVE_STATES, Job
from webapp.projects.models import Animal, Project
from webapp.recordings.models import Recording
from webapp.training.models import PoseModel

# Makes one number of a video and a frame, so that frames with several animals count once.
_FRAMES_PER_VIDEO = 2**32


def project_list(*, visible_to: User) -> QuerySet[Project]:
    """Projects that the user is a member of, by name."""
    return Project.objects.filter(memberships__user=visible_to, memberships__user__is_active=True)


def project_get(*, pk: int, visible_to: User) -> Project:
    """One project; raises `NotFound` where it is not there or not the user's to see."""
    return _one(project_list(visible_to=visible_to).filter(pk=pk))


def project_by_slug(*, slug: str, visible_to: User) -> Project:
    """As `project_get`, by the name in the address."""
    return _one(project_list(visible_to=visible_to).filter(slug=slug))


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectCounts:
    """How much there is of what, for lists and for the next step."""

    recordings: int
    labelled_frames: int
    models: int
    running_jobs: int


def project_role(*, project: Project, user: User) -> str:
    """The user's role; raises `NotFound` for a stranger."""
    role = project.memberships.filter(user=user).values_list("role", flat=True).first()
    if role is None:
        raise NotFound("project")
    return role


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectRow:
    """A project as a member sees it in the list."""

    project: Project
    role: str
    counts: ProjectCounts


def project_counts(*, project: Project) -> ProjectCounts:
    """Counts of one project. The caller got the project from a selector."""
    return _counts(Project.objects.filter(pk=project.pk))[project.pk]


def project_rows(*, visible_to: User) -> list[ProjectRow]:
    """The list of projects with the user's role and counts, in a fixed number of queries."""
    projects = list(project_list(visible_to=visible_to))
    counts = _counts(project_list(visible_to=visible_to).order_by())
    roles = dict(visible_to.memberships.values_list("project_id", "role"))
    return [
        ProjectRow(project=project, role=roles[project.pk], counts=counts[project.pk])
        for project in projects
        if project.pk in roles and project.pk in counts
    ]


def animal_list(*, project: Project) -> list[Animal]:
    """Animals by slot. The caller got the project from a selector."""
    return list(project.animals.order_by("slot"))


def animal_get(*, pk: int, visible_to: User) -> Animal:
    """One animal; raises `NotFound` where it is not there or not the user's to see."""
    visible = Animal.objects.filter(project__in=project_list(visible_to=visible_to).order_by())
    animal = visible.select_related("project").filter(pk=pk).first()
    if animal is None:
        raise NotFound("animal")
    return animal


def project_active_job_count(*, project: Project) -> int:
    """Jobs that wait or run."""
    return Job.objects.filter(project=project, state__in=ACTIVE_STATES).count()


def skeleton_decided_keypoints(*, project: Project) -> set[int]:
    """Positions in the skeleton on which a person decided in at least one frame."""
    decided: set[int] = set()
    arrays = Instance.objects.filter(video__recording__project=project).values_list("keypoints", flat=True)
    for array in arrays.iterator(chunk_size=1000):
        decided.update(i for i, keypoint in enumerate(array) if keypoint["visibility"] != "unlabelled")
    return decided


def _one(projects: QuerySet[Project]) -> Project:
    project = projects.first()
    if project is None:
        raise NotFound("project")
    return project


def _counts(projects: QuerySet[Project]) -> dict[int, ProjectCounts]:
    frame = ExpressionWrapper(
        F("video_id") * _FRAMES_PER_VIDEO + F("frame_index"), output_field=BigIntegerField()
    )
    placed = Instance.objects.filter(placed_count__gt=0)
    active = Job.objects.filter(state__in=ACTIVE_STATES)
    rows = projects.values_list(
        "pk",
        _number(Recording.objects.all(), "project", Count("pk")),
        _number(placed, "video__recording__project", Count(frame, distinct=True)),
        _number(PoseModel.objects.all(), "project", Count("pk")),
        _number(active, "project", Count("pk")),
    )
    names = ("recordings", "labelled_frames", "models", "running_jobs")
    return {pk: ProjectCounts(**dict(zip(names, numbers, strict=True))) for pk, *numbers in rows}


def _number(rows: QuerySet[Any], project: str, count: Count) -> Coalesce:
    """A count over the rows of the outer query's project."""
    grouped = rows.filter(**{project: OuterRef("pk")}).order_by().values(project)
    return Coalesce(Subquery(grouped.annotate(number=count).values("number")), 0)
