"""Addresses of WebSockets."""

from __future__ import annotations

from django.urls import path

from webapp.realtime.consumers import ProjectConsumer

websocket_urlpatterns = [path("ws/projects/<int:project_id>/", ProjectConsumer.as_asgi())]
