"""Who asks: a session cookie, and a CSRF header with whatever changes something."""

from __future__ import annotations

from django.http import HttpRequest
from ninja.security import SessionAuth

from webapp.accounts.models import User
from webapp.api.errors import AppError

session_auth = SessionAuth(csrf=True)


class NotSignedIn(AppError):
    """The request carries no valid session."""

    code, status = "not_signed_in", 401

    def __init__(self) -> None:
        super().__init__("Sign in first; your session is missing or has ended.")


def signed_in(request: HttpRequest) -> User:
    """The person behind a request that `session_auth` let through.

    Raises:
        NotSignedIn: Nobody, or somebody who was shut out since.
    """
    user = request.user
    if not isinstance(user, User) or not user.is_active:
        raise NotSignedIn
    return user
