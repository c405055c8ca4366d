"""The person who asks, and the members of a project, over HTTP."""

from __future__ import annotations

from django.http import HttpRequest
from ninja import Router, Schema, Status
from pydantic import ConfigDict, Field

from webapp.accounts.models import Membership, Role, User
from webapp.accounts.selectors import member_list, user_get
from webapp.accounts.services import (
    member_invite,
    member_remove,
    member_set_role,
    user_set_may_create_projects,
)
from webapp.api.auth import signed_in
from webapp.projects.selectors import project_get

router = Router(tags=["people"])


class UserOut(Schema):
    """A person with an account, and what the account may do on the whole site."""

    id: int
    email: str
    name: str
    is_admin: bool
    may_create_projects: bool

    @classmethod
    def of(cls, user: User) -> UserOut:
        """From the row."""
        return cls(
            id=user.pk,
            email=user.email,
            name=user.get_full_name(),
            is_admin=user.is_superuser,
            may_create_projects=user.may_create_projects,
        )


class UserChangeIn(Schema):
    """What an administrator of the site decides about an account."""

    model_config = ConfigDict(extra="forbid")
    may_create_projects: bool


class MemberOut(Schema):
    """A person in a project; `joined` is false until the invitation was used."""

    user_id: int
    email: str
    name: str
    role: Role
    joined: bool
    is_admin: bool
    may_create_projects: bool

    @classmethod
    def of(cls, membership: Membership) -> MemberOut:
        """From the row with its user."""
        user = membership.user
        joined = user.last_login is not None or user.has_usable_password()
        return cls(
            user_id=user.pk,
            email=user.email,
            name=user.get_full_name(),
            role=Role(membership.role),
            joined=joined,
            is_admin=user.is_superuser,
            may_create_projects=user.may_create_projects,
        )


class InviteIn(Schema):
    """Whom to invite as what."""

    model_config = ConfigDict(extra="forbid")
    email: str = Field(min_length=3, max_length=254)
    role: Role


class InvitedOut(Schema):
    """The new member; `link` is shown once, and null where the person has an account already."""

    member: MemberOut
    link: str | None


class RoleIn(Schema):
    """Another role."""

    model_config = ConfigDict(extra="forbid")
    role: Role


@router.get("/me", response=UserOut, operation_id="me_get")
def get_me(request: HttpRequest) -> UserOut:
    """The person who asks."""
    return UserOut.of(signed_in(request))


@router.patch("/users/{int:user_id}", response=UserOut, operation_id="user_set_may_create_projects")
def set_user_may_create_projects(request: HttpRequest, user_id: int, data: UserChangeIn) -> UserOut:
    """Say whether an account may create projects; for administrators of the site."""
    by = signed_in(request)
    user = user_get(pk=user_id, visible_to=by)
    return UserOut.of(user_set_may_create_projects(user=user, allowed=data.may_create_projects, by=by))


@router.get("/projects/{int:project_id}/members", response=list[MemberOut], operation_id="member_list")
def list_members(request: HttpRequest, project_id: int) -> list[MemberOut]:
    """Members in the order they joined."""
    user = signed_in(request)
    project = project_get(pk=project_id, visible_to=user)
    return [MemberOut.of(row) for row in member_list(project=project, visible_to=user)]


@router.post("/projects/{int:project_id}/members", response={201: InvitedOut}, operation_id="member_invite")
def invite_member(request: HttpRequest, project_id: int, data: InviteIn) -> Status[InvitedOut]:
    """Add a person by email address."""
    user = signed_in(request)
    project = project_get(pk=project_id, visible_to=user)
    invited = member_invite(project=project, email=data.email, role=data.role, by=user)
    link = request.build_absolute_uri(invited.new_link.path) if invited.new_link else None
    return Status(201, InvitedOut(member=MemberOut.of(invited.membership), link=link))


@router.patch(
    "/projects/{int:project_id}/members/{int:user_id}", response=MemberOut, operation_id="member_set_role"
)
def set_member_role(request: HttpRequest, project_id: int, user_id: int, data: RoleIn) -> MemberOut:
    """Give a member another role."""
    user = signed_in(request)
    project = project_get(pk=project_id, visible_to=user)
    return MemberOut.of(member_set_role(project=project, user_id=user_id, role=data.role, by=user))


@router.delete(
    "/projects/{int:project_id}/members/{int:user_id}", response={204: None}, operation_id="member_remove"
)
def remove_member(request: HttpRequest, project_id: int, user_id: int) -> Status[None]:
    """Take a person out of the project; everybody may leave."""
    user = signed_in(request)
    member_remove(project=project_get(pk=project_id, visible_to=user), user_id=user_id, by=user)
    return Status(204, None)
