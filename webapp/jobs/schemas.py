"""Wire forms of jobs; the same as on the WebSocket, so that a client has one type for both."""

from __future__ import annotations

from webapp.realtime.messages import JobEventMsg as JobEventOut
from webapp.realtime.messages import JobState as JobOut

__all__ = ["JobEventOut", "JobOut"]
