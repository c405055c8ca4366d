"""The WebSocket of a project: authorise, join, snapshot, relay. Nothing is ever saved through it."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from uuid import UUID

from channels.generic.websocket import AsyncWebsocketConsumer
from django.conf import settings
from pydantic import ValidationError

from sbea_engine.errors import EngineError
from webapp.api.errors import AppError
from webapp.api.told import without_folders
from webapp.realtime import access
from webapp.realtime.access import CloseCode
from webapp.realtime.database import in_thread
from webapp.realtime.groups import JobChanged, project_group
from webapp.realtime.messages import (
    ClientMessage,
    ErrorMessage,
    FollowMessage,
    JobMessage,
    ReceivedMessage,
    SnapshotMessage,
    SubscribeMessage,
    client_message,
)
from webapp.realtime.poses import MAX_FOLLOWED, Followings, Window
from webapp.realtime.reading import read_job, read_snapshot
from webapp.realtime.relay import Relay, relay_of_this_loop

MAX_MESSAGE_BYTES = 64 * 1024
# Before relaying, the session and the membership are checked again, at most this often.
RECHECK_S = 2.0
# A client that sends nonsense for ever is shown the door.
MAX_ERRORS = 20


class ProjectConsumer(AsyncWebsocketConsumer):  # type: ignore[misc]  # channels ships no types
    """Relays the jobs of one project, and the 3D poses that they make, to one member."""

    project_id: int
    _relay: Relay | None = None
    _joined = False

    async def connect(self) -> None:
        """Authorise, then join the group; the snapshot follows on `subscribe`, so nothing falls between."""
        self.project_id = int(self.scope["url_route"]["kwargs"]["project_id"])
        self._sent: dict[UUID, int] = {}
        self._subscribed = False
        self._followings = Followings(self.project_id)
        self._errors = 0
        code = await self._refusal(connected=False)
        if code is not None:
            # Accepting first lets the browser see the code; a refused handshake only says 1006.
            await self.accept()
            await self.close(code=int(code))
            return
        await self.channel_layer.group_add(project_group(self.project_id), self.channel_name)
        self._joined = True
        if not settings.SBEA_ANNOUNCE_BY_CHANNEL:
            self._relay = relay_of_this_loop()
            await self._relay.enter()
        self._checked_s = time.monotonic()
        await self.accept()

    async def disconnect(self, code: int) -> None:
        """Leave the group; the last listener also ends the watch."""
        if self._joined:
            self._joined = False
            await self.channel_layer.group_discard(project_group(self.project_id), self.channel_name)
        if self._relay is not None:
            relay, self._relay = self._relay, None
            await relay.leave()

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Take a client's message; what cannot be used is answered with an error."""
        if text_data is None or len(text_data) > MAX_MESSAGE_BYTES:
            await self._error("too_large", f"A message is text of at most {MAX_MESSAGE_BYTES} characters.")
            return
        try:
            message = client_message.validate_json(text_data)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(part) for part in first["loc"]) or "message"
            await self._error("bad_message", f"{where}: {first['msg']}")
            return
        if await self._still_welcome():
            await self._answer(message)

    async def job_changed(self, event: JobChanged) -> None:
        """A job changed: send what this client has not seen of it."""
        job_id = UUID(event["job_id"])
        followed = self._followings.of_job(job_id)
        if not (self._subscribed or followed) or not await self._still_welcome():
            return
        if self._subscribed:
            await self._send_job(job_id, event["seq"])
        if followed is not None:
            await self._send_window(followed, partial(self._followings.advance, followed))

    async def _answer(self, message: ClientMessage) -> None:
        if isinstance(message, SubscribeMessage):
            await self._subscribe(message.since)
        elif isinstance(message, FollowMessage):
            await self._follow(message)
        elif isinstance(message, ReceivedMessage):
            await self._send_window(message.reconstruction_id, partial(self._followings.received, message))
        else:
            self._followings.unfollow(message.reconstruction_id)

    async def _follow(self, message: FollowMessage) -> None:
        if self._followings.is_full_for(message.reconstruction_id):
            await self._error("too_many", f"At most {MAX_FOLLOWED} reconstructions can be followed at once.")
            return
        await self._send_window(message.reconstruction_id, partial(self._followings.follow, message))

    async def _send_window(self, reconstruction_id: int, read: Callable[[], Window | None]) -> None:
        """Send what `read` gives, if anything; what cannot be read is told and no longer followed."""
        try:
            window = await in_thread(read)()
        except (AppError, EngineError) as error:
            self._followings.unfollow(reconstruction_id)
            theirs = isinstance(error, AppError)
            detail = str(error) if theirs else without_folders(str(error))
            await self._error(error.code, detail, reconstruction_id, theirs=theirs)
            return
        if window is None:
            return
        await self.send(text_data=window.message.model_dump_json())
        if window.body is not None:
            await self.send(bytes_data=window.body)

    async def _send_job(self, job_id: UUID, seq: int) -> None:
        since = self._sent.get(job_id)
        if since is not None and seq <= since:
            return  # the snapshot, or an earlier message, has it already
        read = in_thread(read_job)
        for message in await read(project_id=self.project_id, job_id=job_id, since=since):
            await self._send(message)

    async def _subscribe(self, since: dict[UUID, int]) -> None:
        messages = await in_thread(read_snapshot)(project_id=self.project_id, since=since)
        self._sent = {}
        for message in messages:
            await self._send(message)
        self._subscribed = True

    async def _send(self, message: SnapshotMessage | JobMessage) -> None:
        jobs = message.jobs if isinstance(message, SnapshotMessage) else [message.job]
        # A job without lines was sent as it is now, so its log goes on from here.
        for job in jobs:
            self._sent.setdefault(job.id, job.seq)
        for line in message.events:
            self._sent[line.job_id] = max(line.seq, self._sent.get(line.job_id, 0))
        await self.send(text_data=message.model_dump_json())

    async def _error(
        self, code: str, detail: str, reconstruction_id: int | None = None, *, theirs: bool = True
    ) -> None:
        """Tell the client; `theirs` counts against it."""
        message = ErrorMessage(code=code, detail=detail, reconstruction_id=reconstruction_id)
        await self.send(text_data=message.model_dump_json())
        self._errors += theirs
        if self._errors >= MAX_ERRORS:
            await self.close(code=int(CloseCode.TOO_MUCH))

    async def _still_welcome(self) -> bool:
        """Close the connection of somebody whose session or membership has ended."""
        now_s = time.monotonic()
        if now_s - self._checked_s < RECHECK_S:
            return True
        code = await self._refusal(connected=True)
        if code is not None:
            self._subscribed = False
            await self.close(code=int(code))
            return False
        self._checked_s = now_s
        return True

    async def _refusal(self, *, connected: bool) -> CloseCode | None:
        code: CloseCode | None = await in_thread(access.refusal)(
            session_key=self.scope["session"].session_key, project_id=self.project_id, connected=connected
        )
        return code
