"""Names and messages of the channel layer, the same for every way to announce."""

from __future__ import annotations

from typing import TypedDict
from uuid import UUID


class JobChanged(TypedDict):
    """What goes through the channel layer: numbers only, never contents."""

    type: str
    job_id: str
    seq: int


def project_group(project_id: int) -> str:
    """The group of everybody who listens to a project."""
    return f"project-{project_id}"


def job_changed_message(job_id: UUID, seq: int) -> JobChanged:
    """The message that `ProjectConsumer.job_changed` receives."""
    return {"type": "job.changed", "job_id": str(job_id), "seq": seq}
