"""The Job row, which is the truth about a piece of work, and its append-only log."""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.db import models

from webapp.jobs.task_names import kind_pausable


class JobState(models.TextChoices):
    """Where a job stands. One that ended only comes back by an explicit retry, a paused one by resuming."""

    QUEUED = "queued", "Queued"
    RUNNING = "running", "Running"
    PAUSED = "paused", "Paused"
    DONE = "done", "Done"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Cancelled"


ACTIVE_STATES = (JobState.QUEUED, JobState.RUNNING)
OPEN_STATES = (*ACTIVE_STATES, JobState.PAUSED)
"""Of jobs that have not ended."""


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
    # At most one job that has not ended holds a target, e.g. "video:12"; empty holds none.
    target = models.CharField(max_length=100, blank=True)

    attempt = models.PositiveSmallIntegerField(default=0)
    worker = models.CharField(max_length=200, blank=True)
    lease_until = models.DateTimeField(null=True)
    heartbeat_at = models.DateTimeField(null=True)
    not_before = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    cancel_requested_at = models.DateTimeField(null=True)
    pause_requested_at = models.DateTimeField(null=True)

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
                condition=models.Q(state__in=OPEN_STATES) & ~models.Q(target=""),
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
    def is_open(self) -> bool:
        """Whether the job has not ended: it waits, runs or is paused."""
        return self.state in OPEN_STATES

    @property
    def can_cancel(self) -> bool:
        """Whether a request to cancel would do anything."""
        return self.is_open and self.cancel_requested_at is None

    @property
    def can_pause(self) -> bool:
        """Whether a request to pause would do anything."""
        stopping = self.cancel_requested_at is not None or self.pause_requested_at is not None
        return self.is_active and not stopping and kind_pausable(self.kind)

    @property
    def pausing(self) -> bool:
        """Whether it still runs and somebody asked to pause it."""
        return self.state == JobState.RUNNING and self.pause_requested_at is not None

    @property
    def can_resume(self) -> bool:
        """Whether the job waits for a person to let it go on."""
        return self.state == JobState.PAUSED

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


class JobRange(models.Model):
    """A part of one job that any worker may do; only `webapp.jobs.sharing` changes it.

    `holder` is unique to one claim and fences it, as `Job.worker` does a run.
    """

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="ranges")
    number = models.PositiveIntegerField()
    holder = models.CharField(max_length=200, blank=True)
    lease_until = models.DateTimeField(null=True)
    frames_done = models.PositiveIntegerField(default=0)
    finished = models.BooleanField(default=False)

    class Meta:
        ordering = ["job", "number"]
        constraints = [models.UniqueConstraint(fields=["job", "number"], name="jobs_range_once")]

    def __str__(self) -> str:
        return f"{self.job_id} range {self.number}"
