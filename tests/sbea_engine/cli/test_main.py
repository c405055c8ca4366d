from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from sbea_engine import __version__
from sbea_engine.cli import COMMANDS, main

ROOT = Path(__file__).parents[3]


def test_version() -> None:
    done = CliRunner().invoke(main, ["--version"])
    assert done.output == f"sbea, version {__version__}\n"


def test_help_lists_every_group_and_imports_none() -> None:
    program = (
        "import sys\n"
        "from sbea_engine.cli import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: pass\n"
        "heavy = ('torch', 'cv2', 'av')\n"
        "print(sorted(m for m in sys.modules if m.startswith('sbea_engine.cli.') or m in heavy))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT
    )
    *text, modules = done.stdout.splitlines()
    assert modules == "[]"
    assert all(any(line.strip().startswith(name) for line in text) for name in COMMANDS)


def test_python_m_is_the_same_command() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "sbea_engine.cli", "--version"],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    )
    assert done.stdout == f"sbea, version {__version__}\n"


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("--json", "paint"), "No such option '--json'"),
        (("paint", "--json"), "No such command 'paint'"),
        (("video", "paint", "--json"), "No such command 'paint'"),
        (("video", "probe", "--json"), "Missing argument 'SOURCE'"),
        (("video", "suggest", "v.mp4", "--count", "x", "--json"), "not a valid integer"),
        (("export", "--to", "deeplabcut", "--out", "x", "--scorer", "A", "--json"), "--labels or --poses"),
    ],
)
def test_a_wrong_command_line_is_told_to_programs_too(arguments: tuple[str, ...], reason: str) -> None:
    done = CliRunner().invoke(main, arguments)
    assert done.exit_code == 2
    (line,) = done.stdout.splitlines()
    error = json.loads(line)["error"]
    assert error["code"] == "usage"
    assert reason in error["message"]
    assert reason in done.stderr


def test_an_unknown_group() -> None:
    done = CliRunner().invoke(main, ["paint"])
    assert (done.exit_code, done.stdout) == (2, "")
    assert "No such command 'paint'" in done.stderr
