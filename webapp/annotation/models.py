"""Human labels. Model output never enters these tables (see `webapp.results`)."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models


class Instance(models.Model):
    """One animal in one frame of one view: the current value of its keypoints.

    `keypoints` is a list in skeleton order of `{x, y, visibility, origin, sigma_px}`; x and y are source
    pixels and null where there is no position. It changes only through `annotation.operations`, which
    raises `rev` by one and appends one `Operation` for each change.
    """

    video = models.ForeignKey("recordings.Video", on_delete=models.CASCADE, related_name="instances")
    frame_index = models.PositiveIntegerField()
    animal = models.ForeignKey("projects.Animal", on_delete=models.RESTRICT, related_name="instances")
    keypoints = models.JSONField(default=list)
    rev = models.PositiveIntegerField(default=0)
    # Kept beside `keypoints` so that summaries of long videos need not read every array.
    placed_count = models.PositiveSmallIntegerField(default=0)
    decided_count = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["video", "frame_index", "animal"], name="instance_per_frame_and_animal"
            )
        ]

    def __str__(self) -> str:
        return f"video {self.video_id} frame {self.frame_index} animal {self.animal_id} rev {self.rev}"


class Operation(models.Model):
    """One change of one keypoint. Rows are appended and never altered: undo, history and audit read them."""

    uuid = models.UUIDField(primary_key=True, default=uuid.uuid4)
    instance = models.ForeignKey(Instance, on_delete=models.CASCADE, related_name="operations")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="label_operations"
    )
    base_rev = models.PositiveIntegerField()
    rev = models.PositiveIntegerField()
    keypoint = models.PositiveSmallIntegerField()
    before = models.JSONField()
    after = models.JSONField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["instance", "rev"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["instance", "rev"], name="operation_per_rev")
        ]

    def __str__(self) -> str:
        return f"{self.uuid} -> rev {self.rev}"


class SuggestedFrame(models.Model):
    """A frame that the engine proposes for labelling."""

    video = models.ForeignKey("recordings.Video", on_delete=models.CASCADE, related_name="suggested_frames")
    frame_index = models.PositiveIntegerField()
    method = models.CharField(max_length=20)
    score = models.FloatField()
    reasons = models.JSONField(default=list, blank=True)
    # What was proposed together: the job that found it last; None of what came with a demo.
    job = models.ForeignKey("jobs.Job", on_delete=models.SET_NULL, null=True, related_name="suggested_frames")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["frame_index"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["video", "frame_index"], name="suggestion_per_frame")
        ]

    def __str__(self) -> str:
        return f"video {self.video_id} frame {self.frame_index} ({self.method})"
