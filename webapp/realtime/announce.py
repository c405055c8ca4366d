"""Server mode: whoever changes a job tells the channel layer, after commit."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer

from webapp.jobs.signals import job_changed
from webapp.realtime.groups import job_changed_message, project_group


def connect() -> None:
    """Called once, when the app is ready, where the channel layer crosses processes."""
    job_changed.connect(_announce, dispatch_uid="realtime.announce")


def _announce(*, job_id: UUID, project_id: int, seq: int, **_: Any) -> None:
    layer = get_channel_layer()
    assert layer is not None, "the channel layer is configured in the settings"
    async_to_sync(layer.group_send)(project_group(project_id), dict(job_changed_message(job_id, seq)))
