"""The container files cannot be built in the test suite; what needs no engine is checked here."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent
DOCKERFILES = sorted((ROOT / "docker").glob("*.Dockerfile"))


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
    return document


class TestCompose:
    def test_has_every_process_of_server_mode(self, compose: dict[str, Any]) -> None:
        assert {"postgres", "redis", "web", "worker-cpu", "worker-gpu", "proxy"} == set(compose["services"])

    def test_builds_from_files_that_exist(self, compose: dict[str, Any]) -> None:
        built = [s["build"]["dockerfile"] for s in compose["services"].values() if "build" in s]
        assert len(built) == 3
        for dockerfile in built:
            assert (ROOT / dockerfile).is_file(), dockerfile

    def test_no_secret_has_a_default(self, compose: dict[str, Any]) -> None:
        environment = compose["x-app"]["environment"]
        assert environment["SECRET_KEY"].startswith("${SECRET_KEY:?")
        assert "${POSTGRES_PASSWORD:?" in environment["DATABASE_URL"]

    def test_sets_only_variables_that_the_settings_read(self, compose: dict[str, Any]) -> None:
        settings = "".join(
            file.read_text(encoding="utf-8") for file in (ROOT / "webapp" / "config").rglob("*.py")
        )
        for name in compose["x-app"]["environment"]:
            assert name in settings or name == "DJANGO_SETTINGS_MODULE", name


@pytest.mark.parametrize("dockerfile", DOCKERFILES, ids=lambda file: file.name)
class TestDockerfiles:
    def test_copies_only_what_exists(self, dockerfile: Path) -> None:
        for line in dockerfile.read_text(encoding="utf-8").splitlines():
            if not line.startswith("COPY ") or "--from=" in line:
                continue
            for source in line.split()[1:-1]:
                assert (ROOT / source).exists(), f"{dockerfile.name}: {line}"

    def test_runs_as_an_ordinary_user(self, dockerfile: Path) -> None:
        text = dockerfile.read_text(encoding="utf-8")
        assert re.search(r"^USER sbea$", text, flags=re.MULTILINE)

    def test_only_workers_run_celery_and_they_name_known_queues(self, dockerfile: Path) -> None:
        command = dockerfile.read_text(encoding="utf-8").splitlines()[-1]
        queues = re.search(r'"-Q", "([a-z,]+)"', command)
        assert ("celery" in command) == dockerfile.name.startswith("worker") == (queues is not None)
        assert queues is None or set(queues.group(1).split(",")) <= {"io", "cpu", "gpu"}
