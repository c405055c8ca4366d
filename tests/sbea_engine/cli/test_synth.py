from __future__ import annotations

import json
from pathlib import Path

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
