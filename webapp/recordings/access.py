"""Who asks for a file, and refusals as problem+json."""

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
    """A view whose errors become problem+json."""

    @wraps(view)
    def guarded(request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        try:
            return view(request, **kwargs)
        except AppError as error:
            return problem_response(error)

    return guarded


def async_media_view(view: AsyncView) -> AsyncView:
    """`media_view` for a view that awaits."""

    @wraps(view)
    async def guarded(request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        try:
            return await view(request, **kwargs)
        except AppError as error:
            return problem_response(error)

    return guarded


def person(request: HttpRequest) -> User:
    """Who is signed in, read from the database; raises `NotSignedIn` where nobody is."""
    user = request.user
    if isinstance(user, User) and user.is_active:
        return user
    raise NotSignedIn
