"""What each role allows, in one table, and the one check that services call."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from webapp.api.errors import Forbidden, NotFound

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from webapp.accounts.models import User
    from webapp.projects.models import Project


class Capability(StrEnum):
    """One kind of thing that a member may do in a project."""

    VIEW = "view"
    LABEL = "label"
    REVIEW = "review"
    TRAIN = "train"
    MANAGE_DATA = "manage_data"
    MANAGE_MEMBERS = "manage_members"
    DELETE_PROJECT = "delete_project"


_VIEWER = frozenset({Capability.VIEW})
_ANNOTATOR = _VIEWER | {Capability.LABEL}
_REVIEWER = _ANNOTATOR | {Capability.REVIEW}
_MANAGER = _REVIEWER | {Capability.TRAIN, Capability.MANAGE_DATA, Capability.MANAGE_MEMBERS}

CAPABILITIES_OF: dict[str, frozenset[Capability]] = {
    "owner": _MANAGER | {Capability.DELETE_PROJECT},
    "manager": _MANAGER,
    "reviewer": _REVIEWER,
    "annotator": _ANNOTATOR,
    "viewer": _VIEWER,
}


def role_of(user: User | AnonymousUser, project: Project) -> str | None:
    """The user's role in the project, or None; read from the database each time, so a revocation counts."""
    if not user.is_authenticated or not user.is_active:
        return None
    return project.memberships.filter(user_id=user.pk).values_list("role", flat=True).first()


def capabilities(user: User | AnonymousUser, project: Project) -> frozenset[Capability]:
    """All that the user may do in the project; empty for a stranger."""
    role = role_of(user, project)
    return CAPABILITIES_OF[role] if role else frozenset()


def require(user: User | AnonymousUser, project: Project, capability: Capability) -> None:
    """Check before acting.

    Raises:
        NotFound: The user is no member; a stranger learns nothing, not even that the project exists.
        Forbidden: The role does not allow it.
    """
    allowed = capabilities(user, project)
    if not allowed:
        raise NotFound("project")
    if capability not in allowed:
        raise Forbidden(
            f"Your role does not allow this ({capability}). Ask an owner of the project for another role.",
            capability=str(capability),
        )


def require_maker_or(
    user: User | AnonymousUser, project: Project, capability: Capability, *, made_by: int | None
) -> None:
    """`require`, save that whoever made the thing (`made_by`, an id of a user) need only be a member.

    Raises:
        NotFound: The user is no member, or no longer one.
        Forbidden: Somebody else made it, and the role does not allow it.
    """
    own = made_by is not None and user.pk == made_by
    require(user, project, Capability.VIEW if own else capability)
