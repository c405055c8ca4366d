"""The contract with the browser as text: stable between runs, so that it can be committed and compared."""

from __future__ import annotations

import json

from webapp.api.root import api
from webapp.realtime.messages import WireTypes


def openapi_text() -> str:
    """The OpenAPI description of /api/v1 as JSON."""
    return json.dumps(api.get_openapi_schema(path_prefix="/api/"), indent=2, sort_keys=True) + "\n"


def wire_types_text() -> str:
    """The JSON schema of what crosses the WebSocket, in the form in which it is sent."""
    return json.dumps(WireTypes.model_json_schema(mode="serialization"), indent=2, sort_keys=True) + "\n"
