"""The ASGI entry: HTTP by Django, WebSockets by Channels."""

from __future__ import annotations

import django
from channels.routing import ProtocolTypeRouter, URLRouter
from channels.security.websocket import AllowedHostsOriginValidator
from channels.sessions import SessionMiddlewareStack

from webapp.config.mode import choose_settings

choose_settings()
django.setup(set_prefix=False)  # must come before what imports models

from webapp.config.handler import ThreadedHandler  # noqa: E402
from webapp.realtime.routing import websocket_urlpatterns  # noqa: E402

application = ProtocolTypeRouter(
    {
        "http": ThreadedHandler(),
        # The consumer reads the person from the session itself, at connect and again while it relays.
        "websocket": AllowedHostsOriginValidator(SessionMiddlewareStack(URLRouter(websocket_urlpatterns))),
    }
)
