"""The container files cannot be built in the test suite; what needs no engine is checked here."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from webapp.jobs.task_names import Queue

ROOT = Path(__file__).resolve().parent.parent
DOCKERFILES = sorted((ROOT / "docker").glob("*.Dockerfile"))


def lines_of(dockerfile: Path, instruction: str) -> list[str]:
    """The lines of a Dockerfile with this instruction."""
    lines = dockerfile.read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line.startswith(instruction)]


def queues_of(service: dict[str, Any], folder: Path, **operator: str) -> list[str]:
    """The queues that a worker's own command takes, with a program that prints instead of Celery.

    Args:
        service: Of the compose file; its environment comes over that of the image.
        folder: For the program.
        operator: What stands in `.env`.
    """
    dockerfile = ROOT / service["build"]["dockerfile"]
    environment = dict(line.split(maxsplit=1)[1].split("=", 1) for line in lines_of(dockerfile, "ENV SBEA"))
    for name, value in service.get("environment", {}).items():
        default = re.fullmatch(r"\$\{(\w+):-(.*)\}", value)
        environment[name] = operator.get(default[1], default[2]) if default else value
    celery = folder / "celery"
    celery.write_text('#!/bin/sh\nfor word in "$@"; do echo "$word"; done\n')
    celery.chmod(0o755)
    (line,) = lines_of(dockerfile, "CMD")
    command = json.loads(line.removeprefix("CMD "))
    path = f"{folder}:{os.environ['PATH']}"
    words = subprocess.run(
        command, env={**environment, "PATH": path}, capture_output=True, text=True, check=True
    ).stdout.split("\n")
    return words[words.index("-Q") + 1].split(",")


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

    def test_what_starts_without_a_profile_works_off_every_queue(
        self, compose: dict[str, Any], tmp_path: Path
    ) -> None:
        """Training waits on the queue of devices; without a device somebody must take it all the same."""
        served = {
            queue
            for service in compose["services"].values()
            if "profiles" not in service and "worker" in service.get("build", {}).get("dockerfile", "")
            for queue in queues_of(service, tmp_path)
        }
        assert served == set(Queue)

    def test_an_operator_with_a_device_can_keep_its_queue_for_it(
        self, compose: dict[str, Any], tmp_path: Path
    ) -> None:
        worker = compose["services"]["worker-cpu"]
        assert queues_of(worker, tmp_path, SBEA_CPU_WORKER_QUEUES="io,cpu") == ["io", "cpu"]

    def test_cookies_stay_on_tls_and_browsers_on_https(self, compose: dict[str, Any], tmp_path: Path) -> None:
        """The proxy speaks nothing else."""
        program = (
            "import json; from webapp.config.settings import server as s;"
            "print(json.dumps([s.SESSION_COOKIE_SECURE, s.CSRF_COOKIE_SECURE, s.SECURE_HSTS_SECONDS > 0]))"
        )
        here = {
            "SBEA_DATA_ROOT": str(tmp_path),
            "SBEA_MEDIA_ROOTS": "",
            "SBEA_BACKBONES": "",
            "DATABASE_URL": "postgres://db/sbea",
        }
        given = {**compose["x-app"]["environment"], **here}
        environment = {**os.environ, **given}
        done = subprocess.run(
            [sys.executable, "-c", program], cwd=ROOT, env=environment, capture_output=True, check=True
        )
        assert json.loads(done.stdout) == [True, True, True]

    def test_the_demo_can_be_made_in_the_container_that_it_says(self, compose: dict[str, Any]) -> None:
        text = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
        found = re.search(r"docker compose run --rm (\S+) python -m (\S+)", text)
        assert found
        dockerfile = ROOT / compose["services"][found[1]]["build"]["dockerfile"]
        copied = {line.split()[1].rstrip("/") for line in lines_of(dockerfile, "COPY")}
        assert found[2].split(".")[0] in copied
        assert {"sbea_engine", "webapp"} <= copied

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

    def test_only_workers_run_celery(self, dockerfile: Path) -> None:
        (command,) = lines_of(dockerfile, "CMD")
        assert ("celery" in command) == dockerfile.name.startswith("worker")

    def test_the_data_are_for_its_user_alone(self, dockerfile: Path) -> None:
        """A volume takes the mode of the folder, and the settings refuse one that others can read."""
        assert "install -d -m 700 -o sbea /data" in dockerfile.read_text(encoding="utf-8")
