"""Many processes and machines: PostgreSQL by `DATABASE_URL`, Redis by `REDIS_URL`."""

from __future__ import annotations

from typing import Any

from webapp.config import env
from webapp.config.settings.base import *  # noqa: F403

# The threads that answer HTTP live as long as the process, so they may keep their connections.
DATABASES = {"default": {**env.database_url("DATABASE_URL"), "CONN_MAX_AGE": 300, "CONN_HEALTH_CHECKS": True}}
REDIS_URL = env.text("REDIS_URL")
CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}}
CHANNEL_LAYERS: dict[str, Any] = {
    "default": {
        "BACKEND": "channels_redis.core.RedisChannelLayer",
        # The layer waits up to 5 s for a message in one blocking read. The client's own limit is 5 s by
        # default as well and would win every now and then, and end the connections of silent projects.
        "CONFIG": {"hosts": [{"address": REDIS_URL, "socket_timeout": 30}]},
    }
}
SBEA_ANNOUNCE_BY_CHANNEL = True
CELERY_BROKER_URL = REDIS_URL
# Longer than any training: Redis would hand a message out twice after this time. A second delivery is
# harmless (the claim is conditional) but pointless.
CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, Any] = {"visibility_timeout": 7 * 24 * 3600}
