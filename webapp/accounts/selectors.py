"""What a person may read of people."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from webapp.accounts.capabilities import Capability, require
from webapp.accounts.models import Membership, User
from webapp.api.errors import NotFound
from webapp.projects.models import Project


def member_list(*, project: Project, visible_to: User) -> QuerySet[Membership]:
    """Members of a project, in the order they joined; raises `NotFound` for a stranger."""
    require(visible_to, project, Capability.VIEW)
    return project.memberships.select_related("user").order_by("created_at", "pk")


def user_get(*, pk: int, visible_to: User) -> User:
    """Oneself, people of one's projects, and everybody for an administrator of the site.

    Raises:
        NotFound: There is no such person, or not for this user.
    """
    people = User.objects.all()
    if not visible_to.is_superuser:
        shared = Q(memberships__project__memberships__user=visible_to)
        people = people.filter(shared | Q(pk=visible_to.pk)).distinct()
    user = people.filter(pk=pk).first()
    if user is None:
        raise NotFound("person")
    return user


def user_is_active(*, user_id: int) -> bool:
    """Whether the person may still be signed in."""
    return User.objects.filter(pk=user_id, is_active=True).exists()
