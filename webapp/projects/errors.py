"""Why a project, its skeleton or its animals cannot be changed."""

from __future__ import annotations

from webapp.api.errors import Conflict, Invalid


class BadProject(Invalid):
    """A name or description cannot be used."""

    code = "bad_project"


class SkeletonInUse(Conflict):
    """The change would lose or move labels that people made."""

    code = "skeleton_in_use"


class NameTaken(Conflict):
    """Another one of the project has this name."""

    code = "name_taken"


class ProjectBusy(Conflict):
    """Jobs of the project still wait or run."""

    code = "project_busy"
