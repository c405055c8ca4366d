"""`sbea video ...` as a shell sees it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from sbea_engine.cli.video import group
from sbea_engine.video import load_proxy
from tests.fixtures.barcode import write_barcode_video


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(group, [str(a) for a in arguments])


def last_line(result: Result) -> Any:
    return json.loads(result.stdout.splitlines()[-1])


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return write_barcode_video(tmp_path / "v.mp4", 30, times=[n + (n > 9) for n in range(30)])


def test_probe(path: Path) -> None:
    result = run("probe", path, "--json")
    found = last_line(result)
    assert result.exit_code == 0
    assert (found["frame_count"], found["width"], found["height"]) == (30, 192, 112)
    assert found["variable_rate"] is True
    assert len(found["warnings"]) == 1
    assert "warning: The frame rate varies" in result.stderr


def test_probe_for_people(path: Path) -> None:
    assert run("probe", path).stdout == "30 frames, 192 x 112, 29 frames/s, h264\n"


def test_proxy(path: Path, tmp_path: Path) -> None:
    result = run("proxy", path, "--out", tmp_path / "proxy", "--json")
    assert result.exit_code == 0
    assert last_line(result)["sha256"] == load_proxy(tmp_path / "proxy").sha256
    assert "write proxy  30/30 (100 %)" in result.stderr


def test_suggest(path: Path) -> None:
    result = run("suggest", path, "--count", "4", "--method", "uniform", "--json")
    assert [f["index"] for f in last_line(result)["frames"]] == [3, 11, 18, 26]


@pytest.mark.parametrize("verb", [("probe",), ("proxy", "--out", "x"), ("suggest",)])
def test_unusable_input(verb: tuple[str, ...], tmp_path: Path) -> None:
    (tmp_path / "v.mp4").write_text("no video")
    result = run(*verb, tmp_path / "v.mp4", "--json")
    assert result.exit_code == 2
    assert result.stderr.count("\n") == 1
    assert str(tmp_path / "v.mp4") in result.stderr
    assert last_line(result)["error"]["code"] == "bad_video"
