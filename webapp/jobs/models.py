"""The Job row, which is the truth about a piece of work, and its append-only log."""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.db import models


class JobState(models.TextChoices):
    """Where a job stands. A job that ended can only come back by an explicit retry."""

    QUEUED = "queued", "Queued"
    RUNNING = "running", "Running"
    DONE = "done", "Done"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Cancelled"


ACTIVE_STATES = (JobState.QUEUED, JobState.RUNNING)


def empty_progress() -> dict[str, Any]:
    """The progress of a job that has not reported yet."""
    return {"stage": "", "done": 0, "total": 0, "metrics": {}, "rate": None, "eta_s": None}


class Job(models.Model):
    """One piece of long work. Only `webapp.jobs.services` changes a row.

    `worker` is unique to one run of the job and fences it: a run whose lease was taken over can no
    longer write. `seq` is the number of the job's last event.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    project = models.ForeignKey("projects.Project", on_delete=models.CASCADE, related_name="jobs")
    kind = models.CharField(max_length=64)
    label = models.CharField(max_length=200, blank=True)
    state = models.CharField(max_length=16, choices=JobState.choices, default=JobState.QUEUED)
    params = models.JSONField(default=dict)
    result = models.JSONField(null=True)
    progress = models.JSONField(default=empty_progress)
    error = models.JSONField(null=True)
    seq = models.PositiveIntegerField(default=0)
    # At most one active job holds a target, e.g. "video:12"; empty holds none.
    target = models.CharField(max_length=100, blank=True)

    attempt = models.PositiveSmallIntegerField(default=0)
    worker = models.CharField(max_length=200, blank=True)
    lease_until = models.DateTimeField(null=True)
    heartbeat_at = models.DateTimeField(null=True)
    not_before = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    cancel_requested_at = models.DateTimeField(null=True)

    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-created_at"]
        indexes = [
            models.Index(fields=["project", "-created_at"], name="jobs_by_project"),
            models.Index(fields=["state", "lease_until"], name="jobs_by_state"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "target"],
                condition=models.Q(state__in=ACTIVE_STATES) & ~models.Q(target=""),
                name="jobs_one_active_per_target",
            ),
            models.CheckConstraint(condition=models.Q(state__in=JobState.values), name="jobs_state_known"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.id} ({self.state})"

    @property
    def is_active(self) -> bool:
        """Whether the job still waits or runs."""
        return self.state in ACTIVE_STATES

    @property
    def can_cancel(self) -> bool:
        """Whether a request to cancel would do anything."""
        return self.is_active and self.cancel_requested_at is None

    @property
    def can_retry(self) -> bool:
        """Whether the job ended without its result."""
        return self.state in (JobState.FAILED, JobState.CANCELLED)


class JobEvent(models.Model):
    """One line of a job's log, numbered without gaps by `seq` within the job; never changed."""

    class Kind(models.TextChoices):
        """What the line tells."""

        STATE = "state", "State"
        PROGRESS = "progress", "Progress"
        LOG = "log", "Log"
        METRICS = "metrics", "Metrics"

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="events")
    seq = models.PositiveIntegerField()
    kind = models.CharField(max_length=16, choices=Kind.choices)
    data = models.JSONField(default=dict)
    at = models.DateTimeField()

    class Meta:
        ordering = ["job", "seq"]
        constraints = [models.UniqueConstraint(fields=["job", "seq"], name="jobs_event_seq_once")]

    def __str__(self) -> str:
        return f"{self.job_id} #{self.seq} {self.kind}"
