"""A WebSocket client of the application in memory; the one of channels needs a server that we do not use."""

from __future__ import annotations

import json
from typing import Any

from asgiref.testing import ApplicationCommunicator
from django.conf import settings

from webapp.config.asgi import application

WAIT_S = 15
ORIGIN = b"http://testserver"


class Socket:
    """One connection, as a browser with this session would open it."""

    def __init__(self, project_id: int, session: bytes | None, *, origin: bytes = ORIGIN) -> None:
        headers = [(b"host", b"testserver"), (b"origin", origin)]
        if session is not None:
            headers.append((b"cookie", settings.SESSION_COOKIE_NAME.encode() + b"=" + session))
        scope = {
            "type": "websocket",
            "path": f"/ws/projects/{project_id}/",
            "query_string": b"",
            "headers": headers,
            "subprotocols": [],
        }
        self._asgi: Any = ApplicationCommunicator(application, scope)  # type: ignore[no-untyped-call]

    async def connect(self) -> bool:
        """Whether the server took the connection."""
        await self._asgi.send_input({"type": "websocket.connect"})
        return bool((await self._output())["type"] == "websocket.accept")

    async def send(self, message: Any) -> None:
        """Send a message: text and bytes as they are, all else as JSON."""
        key = "bytes" if isinstance(message, bytes) else "text"
        content = message if isinstance(message, bytes | str) else json.dumps(message)
        await self._asgi.send_input({"type": "websocket.receive", key: content})

    async def receive(self) -> dict[str, Any]:
        """The next message."""
        output = await self._output()
        assert output["type"] == "websocket.send", output
        message: dict[str, Any] = json.loads(output["text"])
        return message

    async def receive_bytes(self) -> bytes:
        """The next message, which is binary."""
        output = await self._output()
        assert output["type"] == "websocket.send", output
        body: bytes = output["bytes"]
        return body

    async def close_code(self) -> int:
        """The code with which the server closes next."""
        output = await self._output()
        assert output["type"] == "websocket.close", output
        await self.leave()
        return int(output["code"])

    async def leave(self) -> None:
        """Go away, and wait until the server has noticed."""
        await self._asgi.send_input({"type": "websocket.disconnect", "code": 1000})
        await self._asgi.wait(timeout=WAIT_S)

    async def _output(self) -> dict[str, Any]:
        output: dict[str, Any] = await self._asgi.receive_output(timeout=WAIT_S)
        return output
