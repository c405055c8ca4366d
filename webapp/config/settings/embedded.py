"""One machine, one web process, one worker: SQLite, a broker of files, channels in memory."""

from __future__ import annotations

from typing import Any

from webapp.config import env
from webapp.config.settings.base import *  # noqa: F403
from webapp.config.settings.base import SBEA_DATA_ROOT

DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": SBEA_DATA_ROOT / "studio.sqlite3",
        # Each thread keeps its connection: opening one takes as long as answering a byte range.
        "CONN_MAX_AGE": None,
        "OPTIONS": {
            # Taking the write lock at BEGIN avoids the upgrade from a read lock, which fails at once
            # with "database is locked" instead of waiting.
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            # FULL: a label that was acknowledged is on the disk, even if the power fails now.
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;",
        },
    }
}
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
CHANNEL_LAYERS: dict[str, Any] = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}

_messages = str(env.folder("SBEA_BROKER_FOLDER", SBEA_DATA_ROOT / "broker" / "messages"))
CELERY_BROKER_URL = "filesystem://localhost//"
CELERY_BROKER_TRANSPORT = "webapp.jobs.file_broker:Transport"
CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, Any] = {
    # One folder for both directions: the sender writes where the worker reads.
    "data_folder_in": _messages,
    "data_folder_out": _messages,
    "control_folder": str(env.folder("SBEA_BROKER_CONTROL_FOLDER", SBEA_DATA_ROOT / "broker" / "control")),
    "polling_interval": 0.2,
}
# Remote control would leave a file for every worker that ever was; `up` controls its worker itself.
CELERY_WORKER_ENABLE_REMOTE_CONTROL = False
