"""Immutable snapshots of labels, and the pose models trained on them."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models

from sbea_engine.pose.families import DEFAULT_FAMILY


class LabelSnapshot(models.Model):
    """A label set frozen on disk. What a model card names as its data; never rewritten."""

    project = models.ForeignKey("projects.Project", on_delete=models.CASCADE, related_name="label_snapshots")
    folder = models.CharField(max_length=4096)
    checksum = models.CharField(max_length=64)
    frame_count = models.PositiveIntegerField()
    point_count = models.PositiveIntegerField()
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="label_snapshots"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["project", "checksum"], name="snapshot_per_content")
        ]

    def __str__(self) -> str:
        return f"{self.frame_count} frames ({self.checksum[:12]})"


class PoseModel(models.Model):
    """One training run and what came of it."""

    class State(models.TextChoices):
        TRAINING = "training"
        READY = "ready"
        FAILED = "failed"
        CANCELLED = "cancelled"

    project = models.ForeignKey("projects.Project", on_delete=models.CASCADE, related_name="pose_models")
    name = models.CharField(max_length=200)
    snapshot = models.ForeignKey(LabelSnapshot, on_delete=models.RESTRICT, related_name="models")
    skeleton = models.ForeignKey("projects.Skeleton", on_delete=models.RESTRICT, related_name="pose_models")
    preset = models.CharField(max_length=40)
    holdout = models.CharField(max_length=400)
    config = models.JSONField(default=dict)
    # What training went on from. The card keeps its name and checksum when it is removed.
    parent = models.ForeignKey("self", on_delete=models.SET_NULL, null=True, related_name="children")
    state = models.CharField(max_length=10, choices=State.choices, default=State.TRAINING)
    folder = models.CharField(max_length=4096, blank=True)
    card = models.JSONField(default=dict, blank=True)
    metrics = models.JSONField(default=dict, blank=True)
    job = models.ForeignKey("jobs.Job", on_delete=models.SET_NULL, null=True, related_name="pose_models")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["-created_at", "-pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["project", "name"], name="pose_model_name_per_project")
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def family(self) -> str:
        """The family that was trained; of a model that names none, which failed before families could be
        chosen, the one that trying again would take."""
        return str(self.card.get("family") or self.config.get("family") or DEFAULT_FAMILY)

    @property
    def members(self) -> int:
        """How many networks answer together."""
        return int(self.config.get("members", 1))

    @property
    def context_frames(self) -> int:
        """Frames before and after each that it sees too."""
        return int(self.config.get("context_frames", 0))

    @property
    def unlabelled(self) -> list[str]:
        """Names of the videos that it looked at without labels."""
        return list((self.config.get("consistency") or {}).get("videos", []))

    @property
    def backbone(self) -> str:
        """What it stands on, as the person chose; `auto` is the family's own."""
        return str(self.config.get("backbone", "auto"))
