"""Why people, memberships and links cannot be changed or used."""

from __future__ import annotations

from webapp.api.errors import AppError, Conflict, Invalid


class LinkNotUsable(AppError):
    """The one-time link is unknown, used or expired; the three are told apart by nobody."""

    code, status = "link_not_usable", 410


class LastOwner(Conflict):
    """A project must keep an owner."""

    code = "last_owner"


class LastAdministrator(Conflict):
    """The site must keep an administrator."""

    code = "last_administrator"


class AdministratorsRight(Conflict):
    """Administrators of the site may always create projects."""

    code = "administrators_right"


class AlreadyMember(Conflict):
    """The person is in the project already."""

    code = "already_member"


class BadEmail(Invalid):
    """The text is no email address."""

    code = "bad_email"


class BadPassword(Invalid):
    """The password is too weak; the message says why."""

    code = "bad_password"
