"""Recording sessions, recordings, their videos (one view each), and resumable uploads."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models


class RecordingSession(models.Model):
    """One sitting with one rig; groups recordings that share animals and cameras."""

    project = models.ForeignKey(
        "projects.Project", on_delete=models.CASCADE, related_name="recording_sessions"
    )
    name = models.CharField(max_length=200)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["project", "name"], name="recording_session_name_per_project")
        ]

    def __str__(self) -> str:
        return self.name


class Calibration(models.Model):
    """The cameras of one rig, as a file brought them. Never changed once written: results name it."""

    project = models.ForeignKey("projects.Project", on_delete=models.CASCADE, related_name="calibrations")
    session = models.ForeignKey(
        RecordingSession, on_delete=models.SET_NULL, null=True, blank=True, related_name="calibrations"
    )
    name = models.CharField(max_length=200)
    cameras = models.JSONField()  # sbea_engine.data.CameraGroup
    digest = models.CharField(max_length=64)  # of `cameras`: the same rig, whoever brought it
    source_kind = models.CharField(max_length=20)  # a name of sbea_engine.io.registry.CALIBRATIONS
    source_name = models.CharField(max_length=4096, blank=True)  # for people
    quality = models.JSONField(default=dict, blank=True)  # what the source tells of itself
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["name", "pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["project", "name"], name="calibration_name_per_project")
        ]

    def __str__(self) -> str:
        return self.name


class Recording(models.Model):
    """Synchronised videos of one take; a single-camera recording has one."""

    project = models.ForeignKey("projects.Project", on_delete=models.CASCADE, related_name="recordings")
    session = models.ForeignKey(
        RecordingSession, on_delete=models.SET_NULL, null=True, blank=True, related_name="recordings"
    )
    name = models.CharField(max_length=200)
    # Which frame a view shows at which tick: a table (sbea_engine.data.SyncTable), or the tick of each view's
    # first frame, or neither: all views start together. `webapp.recordings.sync` reads both.
    sync = models.JSONField(null=True, blank=True)
    sync_offsets = models.JSONField(null=True, blank=True)
    calibration = models.ForeignKey(
        Calibration, on_delete=models.SET_NULL, null=True, blank=True, related_name="recordings"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["name", "pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["project", "name"], name="recording_name_per_project"),
            models.CheckConstraint(
                condition=models.Q(sync__isnull=True) | models.Q(sync_offsets__isnull=True),
                name="recording_one_kind_of_sync",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Video(models.Model):
    """One view of a recording. The source is never changed; the browser is served from a proxy."""

    class State(models.TextChoices):
        PENDING = "pending"
        INGESTING = "ingesting"
        READY = "ready"
        FAILED = "failed"

    class SourceKind(models.TextChoices):
        VIDEO = "video"
        IMAGES = "images"

    recording = models.ForeignKey(Recording, on_delete=models.CASCADE, related_name="videos")
    view = models.CharField(max_length=80, default="cam-1")
    place = models.PositiveSmallIntegerField(default=0)  # order of the views; by name where equal
    source_path = models.CharField(max_length=4096)
    source_kind = models.CharField(max_length=10, choices=SourceKind.choices, default=SourceKind.VIDEO)
    source_owned = models.BooleanField(default=False)  # lies under our data root: removed with the recording
    state = models.CharField(max_length=10, choices=State.choices, default=State.PENDING)
    failure = models.TextField(blank=True)
    frame_count = models.PositiveIntegerField(default=0)
    width = models.PositiveIntegerField(default=0)
    height = models.PositiveIntegerField(default=0)
    fps = models.FloatField(null=True, blank=True)
    # Names the exact bytes of the proxy, so that media addresses can be cached for ever.
    proxy_version = models.CharField(max_length=16, blank=True)
    # What a player needs before the first byte: codec, description_base64, coded size, source names.
    proxy_facts = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["place", "view", "pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["recording", "view"], name="video_view_per_recording")
        ]

    def __str__(self) -> str:
        return f"{self.recording.name} / {self.view}"


class Upload(models.Model):
    """A file on its way in. `offset` bytes are on disk for certain; whatever lies beyond is discarded."""

    class Purpose(models.TextChoices):
        VIDEO = "video"
        DEEPLABCUT_ZIP = "deeplabcut_zip"

    class State(models.TextChoices):
        RECEIVING = "receiving"
        COMPLETE = "complete"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    project = models.ForeignKey("projects.Project", on_delete=models.CASCADE, related_name="uploads")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="uploads")
    filename = models.CharField(max_length=255)  # for people; never part of a path on disk
    size = models.BigIntegerField()
    offset = models.BigIntegerField(default=0)
    purpose = models.CharField(max_length=20, choices=Purpose.choices)
    state = models.CharField(max_length=10, choices=State.choices, default=State.RECEIVING)
    recording = models.ForeignKey(
        Recording, on_delete=models.SET_NULL, null=True, blank=True, related_name="uploads"
    )
    job = models.ForeignKey(
        "jobs.Job", on_delete=models.SET_NULL, null=True, blank=True, related_name="uploads"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    touched_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(offset__gte=0) & models.Q(offset__lte=models.F("size")),
                name="upload_offset_within_size",
            )
        ]

    def __str__(self) -> str:
        return self.filename


class DataImport(models.Model):
    """One finished import. Its row commits with what it brought in, so a job that runs twice imports once."""

    project = models.ForeignKey("projects.Project", on_delete=models.CASCADE, related_name="data_imports")
    job = models.OneToOneField("jobs.Job", on_delete=models.CASCADE, related_name="data_import")
    kind = models.CharField(max_length=40)
    source = models.CharField(max_length=4096)
    summary = models.JSONField(default=dict)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"{self.kind} from {self.source}"
