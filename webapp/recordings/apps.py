"""Registration of the app with Django."""

from __future__ import annotations

from django.apps import AppConfig


class RecordingsConfig(AppConfig):
    """Recordings, their videos and files."""

    name = "webapp.recordings"
    label = "recordings"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Listen to the jobs that read videos."""
        from webapp.recordings import receivers

        receivers.connect()
