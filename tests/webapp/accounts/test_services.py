"""Who may bring in, change and remove whom."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from tests.webapp.factories import add_member, client_of, make_project, make_user, owner_of, send
from webapp.accounts.capabilities import CAPABILITIES_OF, Capability, capabilities, require
from webapp.accounts.errors import (
    AdministratorsRight,
    AlreadyMember,
    BadEmail,
    LastAdministrator,
    LastOwner,
    LinkNotUsable,
)
from webapp.accounts.links import link_use
from webapp.accounts.models import Membership, Role, SignInLink, User
from webapp.accounts.services import (
    member_invite,
    member_remove,
    member_set_role,
    user_set_administrator,
    user_set_may_create_projects,
)
from webapp.api.errors import Forbidden, NotFound


@pytest.mark.django_db
class TestCapabilities:
    def test_every_role_has_its_row(self) -> None:
        assert set(CAPABILITIES_OF) == set(Role.values)
        assert all(Capability.VIEW in allowed for allowed in CAPABILITIES_OF.values())
        assert [r for r, allowed in CAPABILITIES_OF.items() if Capability.DELETE_PROJECT in allowed] == [
            "owner"
        ]

    def test_an_administrator_of_the_site_is_no_member_by_that(self) -> None:
        project = make_project()
        admin = make_user(is_superuser=True, is_staff=True)
        assert capabilities(admin, project) == frozenset()
        with pytest.raises(NotFound):
            require(admin, project, Capability.VIEW)

    def test_who_is_shut_out_may_nothing(self) -> None:
        project = make_project()
        owner = owner_of(project)
        owner.is_active = False
        assert capabilities(owner, project) == frozenset()


@pytest.mark.django_db
class TestInvite:
    def test_somebody_new_gets_a_link_that_works(self) -> None:
        project = make_project()
        invited = member_invite(
            project=project, email=" New@Lab.org ", role=Role.ANNOTATOR, by=owner_of(project)
        )
        assert invited.new_link is not None
        user = link_use(token=invited.new_link.token, name="New", password="a very good password")
        assert (user.email, user.name) == ("new@lab.org", "New")
        assert user.check_password("a very good password")
        assert capabilities(user, project) == CAPABILITIES_OF["annotator"]

    def test_somebody_with_an_account_gets_no_link(self) -> None:
        project = make_project()
        person = make_user()
        invited = member_invite(project=project, email=person.email, role=Role.VIEWER, by=owner_of(project))
        assert invited.new_link is None
        assert invited.membership.user == person
        assert not SignInLink.objects.exists()

    def test_an_administrator_who_never_signed_in_gets_no_link(self) -> None:
        admin = User.objects.create_superuser("admin@localhost")
        project = make_project()
        invited = member_invite(project=project, email=admin.email, role=Role.VIEWER, by=owner_of(project))
        assert invited.new_link is None

    def test_the_invited_of_another_project_gets_no_second_link(self) -> None:
        first, second = make_project(), make_project()
        member_invite(project=first, email="new@lab.org", role=Role.VIEWER, by=owner_of(first))
        invited = member_invite(project=second, email="new@lab.org", role=Role.VIEWER, by=owner_of(second))
        assert invited.new_link is None, "its holder could sign in as a member of the first project"

    def test_an_invitation_can_be_renewed_which_ends_the_old_link(self) -> None:
        project = make_project()
        old = member_invite(project=project, email="new@lab.org", role=Role.VIEWER, by=owner_of(project))
        new = member_invite(project=project, email="new@lab.org", role=Role.ANNOTATOR, by=owner_of(project))
        assert old.new_link is not None
        assert new.new_link is not None
        assert SignInLink.objects.count() == 1
        assert new.membership.role == Role.ANNOTATOR

    def test_a_member_cannot_be_invited_again(self) -> None:
        project = make_project()
        person = add_member(project, Role.VIEWER)
        with pytest.raises(AlreadyMember):
            member_invite(project=project, email=person.email, role=Role.OWNER, by=owner_of(project))
        assert project.memberships.get(user=person).role == Role.VIEWER

    @pytest.mark.parametrize(
        "email", ["nobody", "a@", "a b@c.org", "x" * 300 + "@lab.org", "a@b.org\nBcc: c@d.org"]
    )
    def test_what_is_no_address_is_refused(self, email: str) -> None:
        project = make_project()
        with pytest.raises(BadEmail):
            member_invite(project=project, email=email, role=Role.VIEWER, by=owner_of(project))
        assert User.objects.count() == 1

    def test_a_manager_cannot_make_owners(self) -> None:
        project = make_project()
        manager = add_member(project, Role.MANAGER)
        with pytest.raises(Forbidden):
            member_invite(project=project, email="new@lab.org", role=Role.OWNER, by=manager)
        assert not User.objects.filter(email="new@lab.org").exists()

    @pytest.mark.parametrize("role", [Role.ANNOTATOR, Role.REVIEWER, Role.VIEWER])
    def test_others_cannot_invite(self, role: Role) -> None:
        project = make_project()
        with pytest.raises(Forbidden):
            member_invite(project=project, email="n@lab.org", role=Role.VIEWER, by=add_member(project, role))


@pytest.mark.django_db
class TestRolesAndRemoval:
    def test_an_owner_may_share_and_then_leave(self) -> None:
        project = make_project()
        owner, heir = owner_of(project), add_member(project, Role.VIEWER)
        with pytest.raises(LastOwner):
            member_remove(project=project, user_id=owner.pk, by=owner)
        member_set_role(project=project, user_id=heir.pk, role=Role.OWNER, by=owner)
        member_remove(project=project, user_id=owner.pk, by=owner)
        assert list(project.memberships.values_list("user", "role")) == [(heir.pk, "owner")]

    def test_the_last_owner_cannot_step_down(self) -> None:
        project = make_project()
        owner = owner_of(project)
        with pytest.raises(LastOwner):
            member_set_role(project=project, user_id=owner.pk, role=Role.VIEWER, by=owner)

    def test_a_manager_cannot_touch_an_owner_nor_become_one(self) -> None:
        project = make_project()
        owner, manager = owner_of(project), add_member(project, Role.MANAGER)
        for act in (
            lambda: member_remove(project=project, user_id=owner.pk, by=manager),
            lambda: member_set_role(project=project, user_id=owner.pk, role=Role.VIEWER, by=manager),
            lambda: member_set_role(project=project, user_id=manager.pk, role=Role.OWNER, by=manager),
        ):
            with pytest.raises(Forbidden):
                act()
        assert set(project.memberships.values_list("role", flat=True)) == {"owner", "manager"}

    def test_everybody_may_leave_but_not_send_others_away(self) -> None:
        project = make_project()
        viewer, other = add_member(project, Role.VIEWER), add_member(project, Role.VIEWER)
        with pytest.raises(Forbidden):
            member_remove(project=project, user_id=other.pk, by=viewer)
        member_remove(project=project, user_id=viewer.pk, by=viewer)
        assert not project.memberships.filter(user=viewer).exists()

    def test_removal_ends_an_invitation_that_nobody_used(self) -> None:
        project = make_project()
        invited = member_invite(project=project, email="no@lab.org", role=Role.VIEWER, by=owner_of(project))
        assert invited.new_link is not None
        member_remove(project=project, user_id=invited.membership.user_id, by=owner_of(project))
        with pytest.raises(LinkNotUsable):
            link_use(token=invited.new_link.token, password="a very good password")

    def test_removal_from_one_project_leaves_the_way_into_another(self) -> None:
        first, second = make_project(), make_project()
        invited = member_invite(project=first, email="new@lab.org", role=Role.VIEWER, by=owner_of(first))
        member_invite(project=second, email="new@lab.org", role=Role.VIEWER, by=owner_of(second))
        member_remove(project=first, user_id=invited.membership.user_id, by=owner_of(first))
        assert invited.new_link is not None
        assert link_use(token=invited.new_link.token).memberships.get().project == second

    def test_a_member_of_another_project_is_not_found(self) -> None:
        project, other = make_project(), make_project()
        with pytest.raises(NotFound):
            member_remove(project=project, user_id=owner_of(other).pk, by=owner_of(project))


@pytest.mark.django_db(transaction=True)
def test_two_owners_who_remove_each_other_leave_one() -> None:
    """Who comes second is no owner any more, and hears one of the reasons for that."""
    project = make_project()
    first, second = owner_of(project), add_member(project, Role.OWNER)
    barrier, refused = threading.Barrier(2), []

    def remove(user: User, by: User) -> None:
        try:
            barrier.wait()
            member_remove(project=project, user_id=user.pk, by=by)
        except (LastOwner, NotFound, Forbidden) as error:
            refused.append(error)
        finally:
            connection.close()

    pairs: list[Any] = [(first, second), (second, first)]
    threads = [threading.Thread(target=remove, args=pair) for pair in pairs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == 1
    assert Membership.objects.filter(project=project, role=Role.OWNER).count() == 1


@pytest.mark.django_db
class TestAdministrators:
    def test_staff_cannot_make_administrators(self) -> None:
        staff = make_user(is_staff=True)
        with pytest.raises(Forbidden):
            user_set_administrator(user=staff, administrator=True, by=staff)
        assert not User.objects.get(pk=staff.pk).is_superuser

    def test_the_last_one_stays(self) -> None:
        admin = make_user(is_superuser=True, is_staff=True)
        with pytest.raises(LastAdministrator):
            user_set_administrator(user=admin, administrator=False, by=admin)
        other = make_user()
        user_set_administrator(user=other, administrator=True, by=admin)
        user_set_administrator(user=admin, administrator=False, by=other)
        assert [u.pk for u in User.objects.filter(is_superuser=True)] == [other.pk]


def may_create(user: User) -> bool:
    return User.objects.get(pk=user.pk).may_create_projects


@pytest.mark.django_db
class TestMayCreateProjects:
    def test_the_invited_may_not_and_administrators_may(self) -> None:
        project = make_project()
        invited = member_invite(project=project, email="new@lab.org", role=Role.OWNER, by=owner_of(project))
        admin, person = User.objects.create_superuser("boss@lab.org"), make_user()
        assert [may_create(user) for user in (invited.membership.user, admin, person)] == [False, True, False]
        user_set_administrator(user=person, administrator=True, by=admin)
        assert may_create(person)

    def test_an_administrator_gives_and_takes_it(self) -> None:
        admin, person = User.objects.create_superuser("boss@lab.org"), make_user()
        for allowed in (True, False):
            user_set_may_create_projects(user=person, allowed=allowed, by=admin)
            assert may_create(person) is allowed

    def test_nobody_else_does(self) -> None:
        project, staff = make_project(), make_user(is_staff=True)
        shut_out = make_user(is_superuser=True, is_active=False)
        for by in (owner_of(project), staff, shut_out):
            with pytest.raises(Forbidden, match="Only an administrator"):
                user_set_may_create_projects(user=staff, allowed=True, by=by)
        assert not may_create(staff)

    def test_an_administrator_keeps_it(self) -> None:
        admin = User.objects.create_superuser("boss@lab.org")
        with pytest.raises(AdministratorsRight):
            user_set_may_create_projects(user=admin, allowed=False, by=admin)
        assert may_create(admin)

    def test_over_http(self) -> None:
        admin, person = User.objects.create_superuser("boss@lab.org"), make_user()
        url, give = f"/api/v1/users/{person.pk}", {"may_create_projects": True}
        assert send(client_of(person), "PATCH", url, give).status_code == 403
        assert send(client_of(make_user()), "PATCH", url, give).status_code == 404
        assert client_of(person).get("/api/v1/me").json()["may_create_projects"] is False
        assert send(client_of(admin), "PATCH", url, give).json()["may_create_projects"] is True
        assert client_of(person).get("/api/v1/me").json()["may_create_projects"] is True

    def test_without_it_no_project_and_so_no_server_folders(self) -> None:
        client = client_of(make_user())
        body = {"name": "Mine", "keypoints": ["nose"]}
        assert send(client, "POST", "/api/v1/projects", body).status_code == 403
        assert client.get("/api/v1/media-roots").status_code == 403

    def test_on_the_command_line(self) -> None:
        person = make_user()
        call_command("may_create_projects", person.email.upper())
        assert may_create(person)
        call_command("may_create_projects", person.email, "--take")
        assert not may_create(person)
        with pytest.raises(CommandError, match="Nobody here"):
            call_command("may_create_projects", "no@lab.org")
        User.objects.create_superuser("boss@lab.org")
        with pytest.raises(CommandError, match="administers the site"):
            call_command("may_create_projects", "boss@lab.org", "--take")
