from __future__ import annotations

import subprocess
import sys
from pathlib import Path

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


def test_an_unknown_group() -> None:
    done = CliRunner().invoke(main, ["paint"])
    assert done.exit_code == 2
    assert "No such command 'paint'" in done.stderr
