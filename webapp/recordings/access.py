"""The door in front of every media view: who asks, and refusals as problem+json."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponseBase

from webapp.accounts.models import User
from webapp.api.auth import NotSignedIn
from webapp.api.errors import AppError
from webapp.api.problems import problem_response

View = Callable[..., HttpResponseBase]
AsyncView = Callable[..., Coroutine[Any, Any, HttpResponseBase]]


def media_view(view: View) -> View:
    """Call `view(request, user, ...)` for people who are signed in; errors become problem+json."""

    @wraps(view)
    def guarded(request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        try:
            return view(request, _signed_in(request.user), **kwargs)
        except AppError as error:
            return problem_response(error)

    return guarded


def async_media_view(view: AsyncView) -> AsyncView:
    """`media_view` for a view that awaits."""

    @wraps(view)
    async def guarded(request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        try:
            return await view(request, _signed_in(await request.auser()), **kwargs)
        except AppError as error:
            return problem_response(error)

    return guarded


def _signed_in(user: object) -> User:
    if isinstance(user, User) and user.is_active:
        return user
    raise NotSignedIn
