"""Which settings a process runs with: `DJANGO_SETTINGS_MODULE`, else `SBEA_MODE`, else embedded."""

from __future__ import annotations

import os

MODES = ("embedded", "server")


def choose_settings() -> str:
    """Set `DJANGO_SETTINGS_MODULE` where it is not set and return it.

    Raises:
        SystemExit: `SBEA_MODE` names no mode.
    """
    mode = os.environ.get("SBEA_MODE", "embedded")
    if mode not in MODES:
        raise SystemExit(f"SBEA_MODE={mode!r} is unknown. Write one of: {', '.join(MODES)}.")
    return os.environ.setdefault("DJANGO_SETTINGS_MODULE", f"webapp.config.settings.{mode}")
