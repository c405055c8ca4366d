"""Registration of the app with Django."""

from __future__ import annotations

from django.apps import AppConfig


class TrainingConfig(AppConfig):
    """Snapshots of labels, and models."""

    name = "webapp.training"
    label = "training"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Listen to jobs and to rows that go."""
        from webapp.training import receivers

        receivers.connect()
