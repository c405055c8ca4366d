"""Settings, URL table and the ASGI entry."""
