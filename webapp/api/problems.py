"""Errors as problem+json (RFC 9457), in one place; nothing of the inside leaks."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any, TypeVar

from django.core.exceptions import ObjectDoesNotExist, RequestDataTooBig, SuspiciousOperation
from django.db import OperationalError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError

from sbea_engine.errors import EngineError
from webapp.api.auth import NotSignedIn
from webapp.api.errors import AppError
from webapp.api.told import data_without_folders, without_folders

E = TypeVar("E", bound=Exception)

logger = logging.getLogger(__name__)

CONTENT_TYPE = "application/problem+json"
_HTTP_CODES = {400: "bad_request", 403: "forbidden", 404: "not_found", 405: "method_not_allowed"}


def problem(*, status: int, code: str, detail: str, data: Mapping[str, Any] | None = None) -> HttpResponse:
    """`{type, title, status, code, detail, data}`."""
    body = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": code,
        "detail": detail,
        "data": dict(data or {}),
    }
    return JsonResponse(body, status=status, content_type=CONTENT_TYPE)


def problem_response(error: AppError | EngineError) -> HttpResponse:
    """The answer for an error that was raised on purpose."""
    status = error.status if isinstance(error, AppError) else 422 if error.permanent else 503
    if isinstance(error, AppError):
        return problem(status=status, code=error.code, detail=str(error), data=error.data)
    # The engine names files by where they lie, which is nothing for whoever asks.
    detail, data = without_folders(str(error)), data_without_folders(error.data)
    return problem(status=status, code=error.code, detail=detail, data=data)


def register_problems(api: NinjaAPI) -> None:
    """Map every exception that a view of the API may raise."""
    _map(api, AppError, lambda _, error: problem_response(error))
    _map(api, EngineError, lambda _, error: problem_response(error))
    _map(api, AuthenticationError, lambda _, __: problem_response(NotSignedIn()))
    _map(api, ValidationError, lambda _, error: _invalid(error.errors))
    _map(api, HttpError, _http_error)
    # The text of these names models or urls, so it stays inside.
    _map(api, Http404, lambda _, __: _not_found())
    _map(api, ObjectDoesNotExist, lambda _, __: _not_found())
    _map(api, RequestDataTooBig, lambda _, __: _too_large())
    _map(api, SuspiciousOperation, lambda _, __: _suspicious())
    _map(api, OperationalError, _database_busy)
    _map(api, Exception, _fault)


def _map(api: NinjaAPI, kind: type[E], answer: Callable[[HttpRequest, E], HttpResponse]) -> None:
    def handler(request: HttpRequest, error: E | type[E]) -> HttpResponse:
        return answer(request, error() if isinstance(error, type) else error)

    api.add_exception_handler(kind, handler)


def _invalid(errors: Sequence[Mapping[str, Any]]) -> HttpResponse:
    fields = [{"where": [str(part) for part in e["loc"]], "message": str(e["msg"])} for e in errors]
    first = (
        f"{'.'.join(fields[0]['where'])}: {fields[0]['message']}" if fields else "The request is not valid."
    )
    return problem(status=422, code="invalid_request", detail=first, data={"errors": fields})


def _http_error(_: HttpRequest, error: HttpError) -> HttpResponse:
    if error.status_code == 403 and "CSRF" in str(error):
        return _stale_page()
    code = _HTTP_CODES.get(error.status_code, "http_error")
    return problem(status=error.status_code, code=code, detail=str(error))


def _stale_page() -> HttpResponse:
    """Each sign-in changes the CSRF token, so an older page has nothing to do with the person's role."""
    return problem(
        status=403,
        code="csrf_failed",
        detail="You have signed in or out since this page was opened. Nothing was changed; reload the page.",
    )


def _not_found() -> HttpResponse:
    return problem(
        status=404, code="not_found", detail="There is no such thing, or you have no access to it."
    )


def _too_large() -> HttpResponse:
    return problem(status=413, code="too_large", detail="The request is too large. Send it in smaller parts.")


def _suspicious() -> HttpResponse:
    return problem(status=400, code="bad_request", detail="The request cannot be read.")


def _database_busy(request: HttpRequest, error: OperationalError) -> HttpResponse:
    logger.warning("Database unavailable at %s: %s", request.path, error)
    return problem(
        status=503,
        code="database_busy",
        detail="The database did not answer in time. Nothing was changed; try again.",
    )


def _fault(request: HttpRequest, error: Exception) -> HttpResponse:
    logger.exception("Fault at %s %s", request.method, request.path, exc_info=error)
    return problem(
        status=500,
        code="internal_error",
        detail="A fault of the program stopped this request. Nothing was changed.",
    )
