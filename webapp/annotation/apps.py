"""Registration of the app with Django."""

from __future__ import annotations

from django.apps import AppConfig


class AnnotationConfig(AppConfig):
    """Human labels and their log."""

    name = "webapp.annotation"
    label = "annotation"
    default_auto_field = "django.db.models.BigAutoField"
