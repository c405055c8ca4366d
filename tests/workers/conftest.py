"""The studio in both ways to run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.workers.studio import Studio


@pytest.fixture(params=["embedded", pytest.param("server", marks=pytest.mark.server)])
def studio(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Studio]:
    """Real processes on SQLite and a broker of files, then on PostgreSQL and Redis."""
    environment = {"DJANGO_SETTINGS_MODULE": "tests.workers.settings", "SBEA_MODE": str(request.param)}
    if request.param == "server":
        services = request.getfixturevalue("services").fresh()
        environment |= {"DATABASE_URL": services.database_url, "REDIS_URL": services.redis_url}
    started = Studio(tmp_path, environment)
    yield started
    started.close()
