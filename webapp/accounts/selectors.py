"""What a person may read of people."""

from __future__ import annotations

from django.db.models import QuerySet

from webapp.accounts.capabilities import Capability, require
from webapp.accounts.models import Membership, User
from webapp.projects.models import Project


def member_list(*, project: Project, visible_to: User) -> QuerySet[Membership]:
    """Members of a project, in the order they joined; raises `NotFound` for a stranger."""
    require(visible_to, project, Capability.VIEW)
    return project.memberships.select_related("user").order_by("created_at", "pk")


def user_is_active(*, user_id: int) -> bool:
    """Whether the person may still be signed in."""
    return User.objects.filter(pk=user_id, is_active=True).exists()
