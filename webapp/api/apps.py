"""Registration of the app with Django."""

from __future__ import annotations

from django.apps import AppConfig


class ApiConfig(AppConfig):
    """The Ninja API object, its authentication and its errors."""

    name = "webapp.api"
    label = "api"
    default_auto_field = "django.db.models.BigAutoField"
