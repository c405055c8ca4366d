"""Several views on a command line: `VIEW=STORE` words, and the table of their ticks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from sbea_engine.data import SyncTable


def pairs(
    context: click.Context, option: click.Parameter, words: tuple[str, ...]
) -> tuple[tuple[str, Path], ...]:
    """`VIEW=STORE` words as pairs."""
    found = []
    for word in words:
        view, _, store = word.partition("=")
        if not (view and store):
            raise click.BadParameter(
                f"{word!r} is not VIEW=STORE, for instance top=poses/top.", context, option
            )
        found.append((view, Path(store)))
    if len({view for view, _ in found}) < len(found):
        raise click.BadParameter("a view is named twice.", context, option)
    return tuple(found)


def read_sync(place: Path, *, required: bool) -> SyncTable | None:
    """The table of ticks in a file, or that of a rendered recording; None where the recording has none.

    Where it is not `required`, also None for a file that is no rendered recording.
    """
    from sbea_engine.data import SyncTable
    from sbea_engine.data.sync import BadSync
    from sbea_engine.io.calibration_file import RENDERED_FILE, RENDERED_FORMAT, read_text

    file = place / RENDERED_FILE if place.is_dir() else place
    try:
        document = json.loads(read_text(file))
    except (ValueError, RecursionError) as error:
        if not required:
            return None
        raise BadSync(f"{file}: not JSON ({str(error)[:200]}).") from error
    rendered = isinstance(document, dict) and document.get("format") == RENDERED_FORMAT
    if (rendered and "sync" not in document) or not (rendered or required):
        return None
    table = document["sync"] if rendered else document
    try:
        return SyncTable.from_dict(table)
    except (BadSync, TypeError) as error:
        raise BadSync(f"{file}: {error}") from error
