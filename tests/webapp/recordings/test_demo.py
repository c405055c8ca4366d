"""`manage.py demo` where nothing can render: the image of the web process has no workers."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.test import override_settings

pytestmark = pytest.mark.django_db


def test_without_the_workers_it_says_where_to_run_it(tmp_path: Path) -> None:
    with (
        override_settings(BASE_DIR=tmp_path),
        pytest.raises(CommandError, match=r"docker compose run --rm worker-cpu python -m workers\.demo"),
    ):
        call_command("demo")
