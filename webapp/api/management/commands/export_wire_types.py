"""`manage.py export_wire_types`: write the JSON schema of WebSocket messages for the TypeScript generator."""

from __future__ import annotations

from webapp.api.contract import wire_types_text
from webapp.api.export import ExportCommand


class Command(ExportCommand):
    """The JSON schema of `webapp.realtime.messages`."""

    help = "Write the JSON schema of the WebSocket messages to a file."
    file_name = "messages.schema.json"
    text = staticmethod(wire_types_text)
