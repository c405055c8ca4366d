"""Registration of the app with Django."""

from __future__ import annotations

from django.apps import AppConfig
from django.conf import settings


class RealtimeConfig(AppConfig):
    """Wire types, the WebSocket consumer and the relay of job changes."""

    name = "webapp.realtime"
    label = "realtime"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Announce changes where the channel layer crosses processes; elsewhere the relay watches."""
        if settings.SBEA_ANNOUNCE_BY_CHANNEL:
            from webapp.realtime import announce

            announce.connect()
