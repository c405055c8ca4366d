"""The ASGI entry: HTTP by Django, WebSockets by Channels."""

from __future__ import annotations

from channels.routing import ProtocolTypeRouter, URLRouter
from channels.security.websocket import AllowedHostsOriginValidator
from channels.sessions import SessionMiddlewareStack
from django.core.asgi import get_asgi_application

from webapp.config.mode import choose_settings

choose_settings()
_http = get_asgi_application()  # sets Django up, so it must come before what imports models

from webapp.realtime.routing import websocket_urlpatterns  # noqa: E402

application = ProtocolTypeRouter(
    {
        "http": _http,
        # The consumer reads the person from the session itself, at connect and again while it relays.
        "websocket": AllowedHostsOriginValidator(SessionMiddlewareStack(URLRouter(websocket_urlpatterns))),
    }
)
