"""Registration of the app with Django."""

from __future__ import annotations

from django.apps import AppConfig


class ResultsConfig(AppConfig):
    """Predictions and export files."""

    name = "webapp.results"
    label = "results"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Listen to jobs and to rows that go."""
        from webapp.results import receivers

        receivers.connect()
