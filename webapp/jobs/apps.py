"""Registration of the app with Django."""

from __future__ import annotations

from django.apps import AppConfig


class JobsConfig(AppConfig):
    """The Job row, its lifecycle, and the only sender of tasks."""

    name = "webapp.jobs"
    label = "jobs"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Listen to rows that go."""
        from webapp.jobs import receivers

        receivers.connect()
