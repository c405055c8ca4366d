"""Text that no database keeps is refused wherever it is sent; PostgreSQL fails where SQLite does not mind."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.webapp.api.operations import Operation, all_operations
from tests.webapp.api.test_matrix import World, contents
from tests.webapp.factories import client_of, owner_of, send
from tests.webapp.recordings.factories import make_rig

pytestmark = pytest.mark.django_db
OURS = ("recording", "calibration", "view", "video", "upload", "media")
# Bodies whose smallest example holds none of the text that they may hold.
LARGER = {
    "recording_propose": {"names": ["a.mp4"]},
    "recording_register_groups": {"recordings": [{"name": "x", "sources": [{"view": "x", "path": "/x"}]}]},
    "recording_register_rendered": {"path": "/x", "name": "x"},
    "recording_sync": {"table": {"ticks": 1, "views": {"x": [[0, 0, 1]]}}},
    "calibration_create": {
        "filename": "x.json",
        "text": json.dumps(make_rig("top").to_dict()),
        "name": "x",
        "session": "Monday",
    },
    "upload_start": {"filename": "x.mp4", "size": 1, "purpose": "video"},
}
OPERATIONS = [
    operation
    for operation in all_operations()
    if operation.name.startswith(OURS) and (operation.body or operation.name in LARGER)
]


def spoilt(value: Any, bad: str) -> Iterator[Any]:
    """`value` with one of its texts, or keys, made bad, once for each of them."""
    if isinstance(value, str):
        yield f"{bad}{value}"
    elif isinstance(value, list):
        for at, item in enumerate(value):
            for other in spoilt(item, bad):
                yield [*value[:at], other, *value[at + 1 :]]
    elif isinstance(value, dict):
        for key, item in value.items():
            for other in spoilt(item, bad):
                yield {**value, key: other}
            yield {f"{name}{bad}" if name == key else name: copy.copy(one) for name, one in value.items()}


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_it_is_kept_nowhere(operation: Operation) -> None:
    world = World()
    client = client_of(owner_of(world.project))
    client.raise_request_exception = False
    before = contents()
    whole = LARGER.get(operation.name, operation.body)
    for body in (other for bad in ("\0", "\ud800") for other in spoilt(whole, bad)):
        answer = send(client, operation.method, operation.url(world.ids), body)
        assert answer.status_code < 500, (body, answer.content)
        assert contents() == before, body


def test_a_query_is_text_too() -> None:
    client = client_of(owner_of(World().project))
    for path in ("%00", "/x%00", "%ff", "%ed%a0%80"):
        assert client.get(f"/api/v1/media-roots?path={path}").status_code == 403
