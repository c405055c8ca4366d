"""Wire forms of projects, skeletons and animals."""

from __future__ import annotations

from datetime import datetime

from ninja import Schema
from pydantic import ConfigDict, Field

from sbea_engine.data.skeleton import MAX_KEYPOINTS, MAX_NAME_LENGTH
from sbea_engine.data.skeleton import Skeleton as SkeletonNoun
from webapp.accounts.capabilities import CAPABILITIES_OF, Capability
from webapp.projects.models import Project, Skeleton
from webapp.projects.next_step import next_step
from webapp.projects.selectors import ProjectRow, animal_list, project_counts

Pair = tuple[str, str]


class CountsOut(Schema):
    """How much there is of what."""

    recordings: int
    labelled_frames: int
    models: int
    running_jobs: int


class AnimalOut(Schema):
    """A living subject; `slot` is its place on the individual axis."""

    id: int
    name: str
    slot: int
    colour: str


class SkeletonIn(Schema):
    """Keypoints in order, and pairs of their names."""

    model_config = ConfigDict(extra="forbid")
    keypoints: list[str] = Field(min_length=1, max_length=MAX_KEYPOINTS)
    edges: list[Pair] = Field(default_factory=list, max_length=4 * MAX_KEYPOINTS)
    symmetric: list[Pair] = Field(default_factory=list, max_length=MAX_KEYPOINTS)
    heading: Pair | None = None

    def noun(self) -> SkeletonNoun:
        """The engine's form; raises `BadSkeleton` with what contradicts what."""
        return SkeletonNoun(
            keypoints=tuple(name.strip()[: MAX_NAME_LENGTH + 1] for name in self.keypoints),
            edges=tuple(self.edges),
            symmetric=tuple(self.symmetric),
            heading=self.heading,
        )


class SkeletonOut(Schema):
    """One version of a skeleton."""

    version: int
    keypoints: list[str]
    edges: list[Pair]
    symmetric: list[Pair]
    heading: Pair | None
    created_at: datetime

    @classmethod
    def of(cls, skeleton: Skeleton) -> SkeletonOut:
        """From the row."""
        noun = skeleton.noun
        return cls(
            version=skeleton.version,
            keypoints=list(noun.keypoints),
            edges=list(noun.edges),
            symmetric=list(noun.symmetric),
            heading=noun.heading,
            created_at=skeleton.created_at,
        )


class ProjectIn(SkeletonIn):
    """A new project with its skeleton."""

    name: str = Field(min_length=1, max_length=120)
    description: str = Field(default="", max_length=10_000)


class ProjectChangeIn(Schema):
    """What to change; what is absent stays."""

    model_config = ConfigDict(extra="forbid")
    name: str | None = Field(default=None, min_length=1, max_length=120)
    description: str | None = Field(default=None, max_length=10_000)
    animals_look_alike: bool | None = None


class ProjectOut(Schema):
    """A project in the list."""

    id: int
    name: str
    slug: str
    description: str
    role: str
    is_demo: bool
    counts: CountsOut

    @classmethod
    def of(cls, row: ProjectRow) -> ProjectOut:
        """From the selector's row."""
        project = row.project
        return cls(
            id=project.pk,
            name=project.name,
            slug=project.slug,
            description=project.description,
            role=row.role,
            is_demo=project.is_demo,
            counts=CountsOut.from_orm(row.counts),
        )


class NextStepOut(Schema):
    """The one next step that helps most."""

    code: str
    title: str
    detail: str
    url: str


class ProjectDetailOut(ProjectOut):
    """A project with what its pages need."""

    created_at: datetime
    skeleton: SkeletonOut
    animals: list[AnimalOut]
    animals_look_alike: bool
    capabilities: list[Capability]
    next_step: NextStepOut

    @classmethod
    def detail(cls, project: Project, *, role: str) -> ProjectDetailOut:
        """From the project and the role of who asks."""
        counts = project_counts(project=project)
        allowed = CAPABILITIES_OF[role]
        row = ProjectOut.of(ProjectRow(project=project, role=role, counts=counts))
        step = next_step(project=project, counts=counts, allowed=allowed)
        return cls(
            **row.dict(),
            created_at=project.created_at,
            skeleton=SkeletonOut.of(project.skeleton),
            animals=[AnimalOut.from_orm(animal) for animal in animal_list(project=project)],
            animals_look_alike=project.animals_look_alike,
            capabilities=sorted(allowed),
            next_step=NextStepOut.from_orm(step),
        )
