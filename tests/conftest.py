"""Fixtures that several parts of the tests share."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.server_services import ServerServices, ServiceMissing, server_services


@pytest.fixture(scope="session")
def services() -> Iterator[ServerServices]:
    """PostgreSQL and Redis, started for this run; those of `run_on_server_stack` where it started some."""
    if os.environ.get("SBEA_TEST_DATABASE") == "postgres":
        yield ServerServices(os.environ["DATABASE_URL"], os.environ["REDIS_URL"])
        return
    try:
        with server_services() as started:
            yield started
    except ServiceMissing as missing:
        pytest.skip(str(missing))
