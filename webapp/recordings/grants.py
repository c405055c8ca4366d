"""Who was let in a moment ago: a player asks for pieces of one video many times a second."""

from __future__ import annotations

import time
from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest

# Whoever signs out, or loses the project, can read on for this long at most.
GRANT_S = 2.0
MAX_GRANTS = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """A session may read the files of a version of a video.

    Attributes:
        until_s: By the monotonic clock.
    """

    frame_count: int
    until_s: float


class Grants:
    """Grants of this process, by session, video and version.

    Session, person and membership are read from the database before one is given, which is most of what a
    byte range costs. It is never renewed by being used.
    """

    def __init__(self) -> None:
        self._grants: dict[tuple[str, int, str], Grant] = {}

    def find(self, request: HttpRequest, video_id: int, version: str) -> Grant | None:
        """The grant of the session that asks, if there is one that still holds."""
        grant = self._grants.get((_session(request), video_id, version))
        return grant if grant is not None and time.monotonic() < grant.until_s else None

    def give(self, request: HttpRequest, video_id: int, version: str, *, frame_count: int) -> Grant:
        """Remember that this session was let in; requests without one are not remembered."""
        now_s = time.monotonic()
        grant = Grant(frame_count=frame_count, until_s=now_s + GRANT_S)
        session = _session(request)
        if session:
            if len(self._grants) >= MAX_GRANTS:
                self._grants = {key: old for key, old in self._grants.items() if now_s < old.until_s}
            if len(self._grants) < MAX_GRANTS:
                self._grants[session, video_id, version] = grant
        return grant


def _session(request: HttpRequest) -> str:
    return request.COOKIES.get(settings.SESSION_COOKIE_NAME, "")
