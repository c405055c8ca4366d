"""Errors of the web side: each knows its HTTP status and whether a retry can help."""

from __future__ import annotations

from typing import Any, ClassVar


class AppError(Exception):
    """Base of all errors that a service or selector raises on purpose.

    Subclasses set the class attributes; the message says what happened and what to do.
    `webapp.api.problems` turns an AppError into problem+json, `workers.run` into the job's error.

    Attributes:
        code: Stable machine-readable name, snake_case.
        status: HTTP status of the answer.
        permanent: True where a retry with the same input cannot succeed.
        data: What a caller may want to show or log; JSON-serialisable.
    """

    code: ClassVar[str] = "app_error"
    status: ClassVar[int] = 400
    permanent: ClassVar[bool] = True

    def __init__(self, message: str, **data: Any) -> None:
        super().__init__(message)
        self.data: dict[str, Any] = data


class NotFound(AppError):
    """There is no such thing, or the asker may not know of it; the two answers are the same."""

    code, status = "not_found", 404

    def __init__(self, what: str) -> None:
        super().__init__(f"There is no such {what}, or you have no access to it.", what=what)


class Forbidden(AppError):
    """The asker is a member but the role does not allow this."""

    code, status = "forbidden", 403


class Invalid(AppError):
    """The values contradict themselves or the state of the project."""

    code, status = "invalid", 422


class Conflict(AppError):
    """Something else already holds the place."""

    code, status = "conflict", 409


class TooMany(AppError):
    """A limit on rate or number was reached; waiting helps."""

    code, status, permanent = "too_many", 429, False
