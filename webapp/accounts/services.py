"""Changes to who is in a project, and to who administers the site."""

from __future__ import annotations

from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from webapp.accounts.capabilities import Capability, require, role_of
from webapp.accounts.errors import (
    AdministratorsRight,
    AlreadyMember,
    BadEmail,
    LastAdministrator,
    LastOwner,
)
from webapp.accounts.links import NewLink, invitations_end, link_create
from webapp.accounts.models import Membership, Role, SignInLink, User
from webapp.api.errors import Forbidden, NotFound
from webapp.projects.models import Project


@dataclass(frozen=True, slots=True)
class Invited:
    """A new member, and the link to hand over where the person has no account yet."""

    membership: Membership
    new_link: NewLink | None


@transaction.atomic
def member_invite(*, project: Project, email: str, role: Role, by: User) -> Invited:
    """Add a person by email address; somebody new gets a one-time link, shown to `by` once.

    A link is made only for an account that this invitation created, or that belongs to no other project
    and never signed in. Otherwise whoever invites could sign in as somebody else.

    Raises:
        NotFound, Forbidden: `by` may not manage members, or may not grant this role.
        BadEmail: Not an email address.
        AlreadyMember: With nothing to renew.
    """
    require(by, project, Capability.MANAGE_MEMBERS)
    _may_touch(by, project, role)
    address = email.strip().lower()
    try:
        User._meta.get_field("email").clean(address, None)
    except ValidationError as error:
        raise BadEmail(f"{email[:100]!r} is not an email address.") from error
    user = User.objects.filter(email=address).first() or User.objects.create_user(address)
    membership, created = _join(project, user, role)
    nobody_yet = user.last_login is None and not user.has_usable_password() and not user.is_superuser
    elsewhere = user.memberships.exclude(project=project).exists()
    if nobody_yet and not elsewhere:
        # A renewed invitation ends the earlier ones, and takes the role that is asked for now.
        SignInLink.objects.filter(user=user, used_at=None).delete()
        if not created:
            membership = member_set_role(project=project, user_id=user.pk, role=role, by=by)
        link = link_create(user=user, purpose=SignInLink.Purpose.INVITATION, by=by)
        return Invited(membership, link)
    if not created:
        raise AlreadyMember(f"{address} is in the project already. Change the role instead.")
    return Invited(membership, None)


@transaction.atomic
def member_set_role(*, project: Project, user_id: int, role: Role, by: User) -> Membership:
    """Give a member another role.

    Raises:
        NotFound, Forbidden: `by` may not, or there is no such member.
        LastOwner: The project would be left without an owner.
    """
    require(by, project, Capability.MANAGE_MEMBERS)
    membership = _member(project, user_id)
    _may_touch(by, project, role, membership.role)
    if membership.role == Role.OWNER and role != Role.OWNER:
        _keep_an_owner(project, without=user_id)
    membership.role = role
    membership.save(update_fields=["role"])
    return membership


@transaction.atomic
def member_remove(*, project: Project, user_id: int, by: User) -> None:
    """Take a person out of a project; everybody may take out themselves.

    Whoever is in no project after that cannot get in by an invitation that is still open.

    Raises:
        NotFound, Forbidden: `by` may not, or there is no such member.
        LastOwner: The project would be left without an owner.
    """
    require(by, project, Capability.VIEW if by.pk == user_id else Capability.MANAGE_MEMBERS)
    membership = _member(project, user_id)
    if by.pk != user_id:
        _may_touch(by, project, membership.role)
    if membership.role == Role.OWNER:
        _keep_an_owner(project, without=user_id)
    membership.delete()
    invitations_end(user_ids=[user_id])


@transaction.atomic
def user_set_administrator(*, user: User, administrator: bool, by: User) -> User:
    """Make a person an administrator of the site, or an ordinary one again.

    Raises:
        Forbidden: `by` is not an administrator; being staff is not enough.
        LastAdministrator: Nobody would be left.
    """
    if not (by.is_superuser and by.is_active):
        raise Forbidden("Only an administrator can make administrators.")
    others = User.objects.select_for_update().filter(is_superuser=True, is_active=True).exclude(pk=user.pk)
    if not administrator and not others.exists():
        raise LastAdministrator("The site must keep an administrator. Name another one first.")
    user.is_superuser = user.is_staff = administrator
    user.may_create_projects = user.may_create_projects or administrator
    user.save(update_fields=["is_superuser", "is_staff", "may_create_projects"])
    return user


@transaction.atomic
def user_set_may_create_projects(*, user: User, allowed: bool, by: User | None) -> User:
    """Give a person the right to create projects, or take it; projects that are there stay.

    Args:
        user: Whose right.
        allowed: Whether the person may.
        by: Who decides; None for the command line, whose user owns the database anyway.

    Raises:
        Forbidden: `by` is not an administrator of the site.
        AdministratorsRight: An administrator keeps the right.
    """
    if by is not None and not (by.is_superuser and by.is_active):
        raise Forbidden("Only an administrator of the site can say who may create projects.")
    if user.is_superuser and not allowed:
        raise AdministratorsRight(
            f"{user} administers the site and may always create projects. "
            "Make the account an ordinary one first."
        )
    user.may_create_projects = allowed
    user.save(update_fields=["may_create_projects"])
    return user


def _join(project: Project, user: User, role: Role) -> tuple[Membership, bool]:
    try:
        with transaction.atomic():
            return Membership.objects.get_or_create(project=project, user=user, defaults={"role": role})
    except IntegrityError as error:  # invited twice at the same time
        raise AlreadyMember(f"{user.email} is in the project already.") from error


def _member(project: Project, user_id: int) -> Membership:
    membership = project.memberships.select_related("user").filter(user_id=user_id).first()
    if membership is None:
        raise NotFound("member")
    return membership


def _may_touch(by: User, project: Project, *roles: str) -> None:
    """Only an owner may make, change or remove an owner."""
    if Role.OWNER in roles and role_of(by, project) != Role.OWNER:
        raise Forbidden("Only an owner can make, change or remove an owner.")


def _keep_an_owner(project: Project, *, without: int) -> None:
    # Two owners who remove each other at the same time must not both succeed: the row lock (on SQLite
    # the write lock of the transaction) makes the second one see what the first has done.
    Project.objects.select_for_update().get(pk=project.pk)
    if not project.memberships.filter(role=Role.OWNER).exclude(user_id=without).exists():
        raise LastOwner("The project must keep an owner. Make somebody else an owner first.")
