"""Registration of the app with Django."""

from __future__ import annotations

from django.apps import AppConfig


class ProjectsConfig(AppConfig):
    """Project, versioned Skeleton, Animal."""

    name = "webapp.projects"
    label = "projects"
    default_auto_field = "django.db.models.BigAutoField"
