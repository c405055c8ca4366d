from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

from sbea_engine.cli.synth import synth
from sbea_engine.synth import load_truth


def test_renders_and_ends_with_one_json_object(tmp_path: Path) -> None:
    out = tmp_path / "take"
    ran = CliRunner().invoke(
        synth, ["--recipe", "tiny", "--seconds", "0.2", "--seed", "7", "--out", str(out), "--json"]
    )
    assert ran.exit_code == 0, ran.output
    said = json.loads(ran.stdout.splitlines()[-1])
    assert said["folder"] == str(out)
    assert said["frame_count"] == len(load_truth(out)) == 3
    assert said["labelled_frames"] == 3
    assert "render" in ran.stderr


def test_what_cannot_be_rendered_ends_with_code_2_and_a_reason(tmp_path: Path) -> None:
    ran = CliRunner().invoke(synth, ["--recipe", "no-such", "--out", str(tmp_path / "take")])
    assert ran.exit_code == 2
    assert "no-such" in ran.stderr
    assert "Traceback" not in ran.output
    assert list(tmp_path.iterdir()) == []


def test_films_a_calibration_board_instead_of_animals(tmp_path: Path) -> None:
    out = tmp_path / "board"
    asked = ["--recipe", "tiny", "--frames", "3", "--calibration-take", "charuco", "--out", str(out)]
    refused = CliRunner().invoke(synth, [*asked, "--labels", "2"])
    assert refused.exit_code == 2
    assert not out.exists()
    ran = CliRunner().invoke(synth, [*asked, "--json"])
    assert ran.exit_code == 0, ran.output
    said = json.loads(ran.stdout.splitlines()[-1])
    assert said["board"]["kind"] == "charuco"
    assert {p.name for p in out.iterdir()} == {"ceiling.mp4", "take.json", "board.npz"}


@pytest.mark.parametrize(
    "option",
    [
        ["--cameras", "1"],
        ["--labels", "0"],
        ["--start-offset", "0.1"],
        ["--drop-share", "0"],
        ["--calibration-take", "charuco"],
    ],
)
def test_options_that_truth_alone_has_no_use_for_are_refused(tmp_path: Path, option: list[str]) -> None:
    asked = ["--recipe", "tiny", "--frames", "3", "--truth-only", *option, "--out", str(tmp_path / "out")]
    ran = CliRunner().invoke(synth, asked)
    assert ran.exit_code == 2
    assert f"leave {option[0]} out" in ran.output
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_a_process_that_is_asked_to_end_leaves_nothing(tmp_path: Path) -> None:
    asked = ["--recipe", "tiny", "--frames", "100000", "--out", str(tmp_path / "out")]
    command = [sys.executable, "-m", "sbea_engine.cli", "synth", *asked]
    with subprocess.Popen(
        command, env=os.environ | {"OMP_NUM_THREADS": "1"}, stderr=subprocess.DEVNULL
    ) as process:
        while not list(tmp_path.glob(".out.*.part/*.mp4")):
            assert process.poll() is None
            time.sleep(0.05)
        process.send_signal(signal.SIGTERM)
        assert process.wait() == 128 + signal.SIGTERM
    assert list(tmp_path.iterdir()) == []


HUNG_UP = """
import os, signal
from sbea_engine.cli.synth import synth
from sbea_engine.synth import truth_only

write = truth_only.write_truth_only

def hung_up(*args, out, **named):
    out.with_name("begun").touch()
    os.kill(os.getpid(), signal.SIGHUP)
    return write(*args, out=out, **named)

truth_only.write_truth_only = hung_up
synth()
"""


def ends_when_hung_up() -> None:
    """As a terminal starts programs: the suite itself may run under nohup."""
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


@pytest.mark.parametrize(
    ("starts_it", "ends_with", "leaves"),
    [([], 128 + signal.SIGHUP, {"begun"}), (["nohup"], 0, {"begun", "out"})],
)
def test_a_line_that_drops_ends_the_work_unless_nohup_started_it(
    tmp_path: Path, starts_it: list[str], ends_with: int, leaves: set[str]
) -> None:
    asked = ["--recipe", "tiny", "--frames", "3", "--truth-only", "--out", str(tmp_path / "out")]
    ran = subprocess.run(
        [*starts_it, sys.executable, "-c", HUNG_UP, *asked],
        capture_output=True,
        check=False,
        preexec_fn=ends_when_hung_up,
    )
    assert ran.returncode == ends_with, ran.stderr
    assert {p.name for p in tmp_path.iterdir()} == leaves
