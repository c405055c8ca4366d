"""The product's settings as `SBEA_MODE` says; only the pages render without a built bundle."""

from __future__ import annotations

import os

if os.environ["SBEA_MODE"] == "server":
    from webapp.config.settings.server import *  # noqa: F403
else:
    from webapp.config.settings.embedded import *  # noqa: F403

WEBPACK_LOADER = {"DEFAULT": {"LOADER_CLASS": "webpack_loader.loaders.FakeWebpackLoader"}}
