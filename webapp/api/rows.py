"""Changes to rows that somebody else may delete at any moment."""

from __future__ import annotations

from django.db.models import Model

from webapp.api.errors import NotFound


def save_existing(row: Model, *fields: str, what: str) -> None:
    """Write these fields of a row that is still there.

    The condition is part of the UPDATE: a look before it would let a deletion through, of which
    `save(update_fields=...)` then makes a fault.

    Raises:
        NotFound: It was deleted meanwhile; `what` names the kind of thing.
    """
    values = {field: getattr(row, field) for field in fields}
    if not type(row)._default_manager.filter(pk=row.pk).update(**values):
        raise NotFound(what)
