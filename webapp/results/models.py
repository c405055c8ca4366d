"""Registered outputs of the engine: poses over a video, export files, maps of poses."""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class PoseResult(models.Model):
    """Predictions over one video, in a Zarr store that grows while the job runs.

    Either of a model of the project, or brought in with a project of another tool: then there is no model,
    `source` names the file that they came in, and `skeleton` is the one that they were fitted to.
    """

    class State(models.TextChoices):
        RUNNING = "running"
        READY = "ready"
        FAILED = "failed"

    project = models.ForeignKey("projects.Project", on_delete=models.CASCADE, related_name="pose_results")
    model = models.ForeignKey(
        "training.PoseModel", on_delete=models.CASCADE, null=True, related_name="results"
    )
    source = models.CharField(max_length=200, blank=True)
    skeleton = models.ForeignKey(
        "projects.Skeleton", on_delete=models.RESTRICT, null=True, related_name="pose_results"
    )
    video = models.ForeignKey("recordings.Video", on_delete=models.CASCADE, related_name="pose_results")
    folder = models.CharField(max_length=4096, blank=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.RUNNING)
    frames_done = models.PositiveIntegerField(default=0)
    frame_count = models.PositiveIntegerField(default=0)
    individuals = models.JSONField(default=list)
    job = models.ForeignKey("jobs.Job", on_delete=models.SET_NULL, null=True, related_name="pose_results")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["-created_at", "-pk"]
        constraints: ClassVar = [
            # Same model, same video: same answer. A second request finds the first.
            models.UniqueConstraint(
                fields=["model", "video"],
                condition=models.Q(state__in=["running", "ready"]),
                name="pose_result_per_model_and_video",
            ),
            models.CheckConstraint(
                condition=models.Q(model__isnull=False, source="", skeleton__isnull=True)
                | models.Q(model__isnull=True, skeleton__isnull=False) & ~models.Q(source=""),
                name="pose_result_of_a_model_or_a_source",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.title} on video {self.video_id}"

    @property
    def title(self) -> str:
        """What made them, for people."""
        return self.source if self.model is None else self.model.name

    @property
    def keypoints(self) -> list[str]:
        """Names of the keypoint axis."""
        skeleton = self.skeleton if self.model is None else self.model.skeleton
        assert skeleton is not None  # the database sees to it
        names: list[str] = skeleton.definition["keypoints"]
        return names


class FramePrediction(models.Model):
    """What a model says of one suggested frame, to begin labelling from (docs/adr/0031).

    Of frames that were looked at while frames were chosen, whether or not the model ran over the whole video.
    It goes with the suggestion and with the model.
    """

    suggestion = models.OneToOneField(
        "annotation.SuggestedFrame", on_delete=models.CASCADE, related_name="prediction"
    )
    model = models.ForeignKey(
        "training.PoseModel", on_delete=models.CASCADE, related_name="frame_predictions"
    )
    individuals = models.JSONField(default=list)
    # [individual][keypoint] of [x, y, confidence]: source pixels and 0..1; null where there is no answer.
    points = models.JSONField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["suggestion__frame_index"]

    def __str__(self) -> str:
        return f"{self.model.name} on suggestion {self.suggestion_id}"


class Reconstruction(models.Model):
    """3D poses of a recording, triangulated from the predictions of its views; grows while the job runs."""

    class State(models.TextChoices):
        RUNNING = "running"
        READY = "ready"
        FAILED = "failed"

    project = models.ForeignKey("projects.Project", on_delete=models.CASCADE, related_name="reconstructions")
    recording = models.ForeignKey(
        "recordings.Recording", on_delete=models.CASCADE, related_name="reconstructions"
    )
    calibration = models.ForeignKey(
        "recordings.Calibration", on_delete=models.RESTRICT, related_name="reconstructions"
    )
    model = models.ForeignKey("training.PoseModel", on_delete=models.CASCADE, related_name="reconstructions")
    sources = models.ManyToManyField(PoseResult, related_name="reconstructions")
    # Of everything that the answer depends on: predictions, cameras, ticks.
    input_digest = models.CharField(max_length=64)
    # [{"view", "result_id"}] in the order of the cameras. Views may be renamed later, this stays: what the
    # view is called now is the video's to say.
    inputs = models.JSONField(default=list)
    sync = models.JSONField()  # the clock as it was then; JSON form of a SyncTable
    individuals = models.JSONField(default=list)
    folder = models.CharField(max_length=4096, blank=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.RUNNING)
    ticks_done = models.PositiveIntegerField(default=0)
    tick_count = models.PositiveIntegerField(default=0)
    # What is known once it is complete.
    warnings = models.JSONField(default=list)  # what to beware of, one sentence each
    bounds_mm = models.JSONField(null=True)  # {"min": [x, y, z], "max": ...}; None where nothing was placed
    truth_error = models.JSONField(null=True)  # evaluate_against_truth, of a rendered recording
    job = models.ForeignKey("jobs.Job", on_delete=models.SET_NULL, null=True, related_name="reconstructions")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["-created_at", "-pk"]
        constraints: ClassVar = [
            # Same inputs, same answer. A second request finds the first.
            models.UniqueConstraint(
                fields=["recording", "input_digest"],
                condition=models.Q(state__in=["running", "ready"]),
                name="reconstruction_per_input",
            )
        ]

    def __str__(self) -> str:
        return f"3D of {self.recording_id} by {self.model_id}"

    @property
    def views(self) -> list[str]:
        """Names of the view axis, as they were when it was made."""
        return [entry["view"] for entry in self.inputs]


class ExportFile(models.Model):
    """A file to download: for another tool, or a video. Exists only when complete; a job makes it."""

    project = models.ForeignKey("projects.Project", on_delete=models.CASCADE, related_name="exports")
    kind = models.CharField(max_length=40)  # a name of `exports.py`
    path = models.CharField(max_length=4096)
    filename = models.CharField(max_length=255)
    size_bytes = models.BigIntegerField(default=0)
    job = models.OneToOneField("jobs.Job", on_delete=models.SET_NULL, null=True, related_name="export_file")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["-created_at", "-pk"]

    def __str__(self) -> str:
        return self.filename

    @property
    def made_by(self) -> int | None:
        """Id of who asked for it; None where that is not known."""
        return self.job.created_by_id if self.job else None


class PoseMap(models.Model):
    """Poses of one result side by side by likeness: pictures and a table. Exists only when complete."""

    project = models.ForeignKey("projects.Project", on_delete=models.CASCADE, related_name="pose_maps")
    result = models.ForeignKey(PoseResult, on_delete=models.CASCADE, related_name="maps")
    folder = models.CharField(max_length=4096)
    files = models.JSONField(default=list)  # names in the folder
    request = models.JSONField(default=dict)  # what was asked for
    poses = models.PositiveIntegerField(default=0)
    cluster_sizes = models.JSONField(default=list)  # the largest first
    warnings = models.JSONField(default=list)  # what to beware of, one sentence each
    job = models.OneToOneField("jobs.Job", on_delete=models.SET_NULL, null=True, related_name="pose_map")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["-created_at", "-pk"]

    def __str__(self) -> str:
        return f"map of {self.result}"

    @property
    def made_by(self) -> int | None:
        """Id of who asked for it; None where that is not known."""
        return self.job.created_by_id if self.job else None
