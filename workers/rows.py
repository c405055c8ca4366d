"""Rows that a job names may have been deleted while it waited."""

from __future__ import annotations

from typing import TypeVar

from django.db.models import Model, QuerySet

from webapp.api.errors import NotFound

M = TypeVar("M", bound=Model)


def row(rows: QuerySet[M], pk: object, what: str) -> M:
    """The row, or `NotFound`, which ends the job with a reason."""
    found = rows.filter(pk=pk).first()
    if found is None:
        raise NotFound(what)
    return found
