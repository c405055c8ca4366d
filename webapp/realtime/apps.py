"""Registration of the app with Django."""

from __future__ import annotations

from django.apps import AppConfig


class RealtimeConfig(AppConfig):
    """Wire types, the WebSocket consumer and the relay of job changes."""

    name = "webapp.realtime"
    label = "realtime"
    default_auto_field = "django.db.models.BigAutoField"
