"""Who may listen: read from the session and the membership, at connect and again while relaying."""

from __future__ import annotations

from enum import IntEnum
from importlib import import_module

from django.conf import settings
from django.contrib.auth import get_user
from django.http import HttpRequest

from webapp.accounts.capabilities import Capability, capabilities
from webapp.accounts.models import User
from webapp.projects.models import Project


class CloseCode(IntEnum):
    """Why the server closes a connection; 4000-4999 are free for applications."""

    NOT_SIGNED_IN = 4401
    NO_ACCESS = 4403
    NOT_FOUND = 4404
    TOO_MUCH = 4429


def refusal(*, session_key: str | None, project_id: int, connected: bool) -> CloseCode | None:
    """Why this session may not listen to the project, or None where it may.

    Args:
        session_key: Of the handshake. The session is read anew, so a sign-out elsewhere counts.
        project_id: From the address.
        connected: A person who is thrown out learns that (4403); a stranger learns nothing (4404).
    """
    user = _person(session_key)
    if user is None:
        return CloseCode.NOT_SIGNED_IN
    project = Project.objects.filter(pk=project_id).first()
    if project is None or Capability.VIEW not in capabilities(user, project):
        return CloseCode.NO_ACCESS if connected else CloseCode.NOT_FOUND
    return None


def _person(session_key: str | None) -> User | None:
    if not session_key:
        return None
    request = HttpRequest()
    request.session = import_module(settings.SESSION_ENGINE).SessionStore(session_key)
    # `get_user` also compares the session's hash with the password, so a new password ends old sessions.
    user = get_user(request)
    return user if isinstance(user, User) and user.is_active else None
