from __future__ import annotations

import errno
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import numpy as np
import pytest
from click.testing import CliRunner

from sbea_engine.cli.output import LOG_INTERVAL_S, Output, ProgressPrinter, plain_json, reports
from sbea_engine.errors import BadInput
from sbea_engine.progress import Progress


@dataclass
class Facts:
    path: Path
    loss: float


class TestPlainJson:
    def test_what_results_are_made_of(self) -> None:
        value = {
            "n": np.int64(3),
            "mean": np.float32(0.5),
            "nan": float("nan"),
            "inf": np.inf,
            "ok": np.True_,
            "array": np.array([[1, 2]]),
            "names": ("a", "b"),
            "set": {"b", "a"},
            "facts": Facts(Path("/x"), np.nan),
            1: None,
        }
        assert json.loads(json.dumps(plain_json(value), allow_nan=False)) == {
            "n": 3,
            "mean": 0.5,
            "nan": None,
            "inf": None,
            "ok": True,
            "array": [[1, 2]],
            "names": ["a", "b"],
            "set": ["a", "b"],
            "facts": {"path": "/x", "loss": None},
            "1": None,
        }

    def test_anything_else_is_an_error(self) -> None:
        with pytest.raises(TypeError, match="object has no JSON form"):
            plain_json([object()])


class TestProgressPrinter:
    def reports_of(self, capsys: pytest.CaptureFixture[str], *, terminal: bool, step_s: float) -> str:
        now = [0.0]
        printer = ProgressPrinter(clock=lambda: now[0], terminal=terminal)
        for done in range(1, 101):
            now[0] += step_s
            printer(Progress(stage="train", done=done, total=100, metrics={"loss": 0.123456}))
        printer.close()
        out, err = capsys.readouterr()
        assert out == ""
        return err

    def test_a_log_has_few_lines_and_the_last_report(self, capsys: pytest.CaptureFixture[str]) -> None:
        lines = self.reports_of(capsys, terminal=False, step_s=LOG_INTERVAL_S / 10).splitlines()
        assert len(lines) == 11
        assert lines[0] == "train  1/100 (1 %)  loss 0.1235"
        assert lines[-1] == "train  100/100 (100 %)  loss 0.1235"

    def test_a_terminal_rewrites_one_line(self, capsys: pytest.CaptureFixture[str]) -> None:
        text = self.reports_of(capsys, terminal=True, step_s=1.0)
        assert text.count("\n") == 1
        assert text.count("\r") == 100

    def test_stages_and_messages_are_always_shown(self, capsys: pytest.CaptureFixture[str]) -> None:
        printer = ProgressPrinter(clock=lambda: 0.0, terminal=False)
        for progress in (
            Progress(stage="read", done=0, total=0),
            Progress(stage="read", done=5, total=0),
            Progress(stage="train", done=0, total=9),
            Progress(stage="train", done=1, total=9, message="resumed at 1"),
        ):
            printer(progress)
        assert capsys.readouterr().err.splitlines() == ["read", "train  0/9 (0 %)", "resumed at 1"]


@click.command()
@click.option("--fail", is_flag=True)
@reports
def verb(output: Output, fail: bool) -> None:
    output.progress(Progress(stage="work", done=1, total=1))
    output.warn("two\nlines")
    if fail:
        raise BadInput("a.csv: broken.\n  Fix it.", row=np.int64(3))
    output.result({"n": 1, "name": "ü"}, text="one thing done")


@click.command()
@click.option("--out", type=click.Path(path_type=Path))
@reports
def writes(output: Output, out: Path) -> None:
    out.mkdir(parents=True)


class TestReports:
    def run(self, *args: str) -> Any:
        return CliRunner().invoke(verb, args)

    def test_for_people(self) -> None:
        done = self.run()
        assert (done.exit_code, done.stdout) == (0, "one thing done\n")
        assert done.stderr == "work  1/1 (100 %)\nwarning: two lines\n"

    def test_for_programs(self) -> None:
        done = self.run("--json")
        assert done.exit_code == 0
        assert json.loads(done.stdout.splitlines()[-1]) == {"n": 1, "name": "ü"}

    def test_unusable_input(self) -> None:
        done = self.run("--fail")
        assert (done.exit_code, done.stdout) == (2, "")
        assert done.stderr.splitlines()[-1] == "sbea: a.csv: broken. Fix it."

    def test_unusable_input_for_programs(self) -> None:
        done = self.run("--fail", "--json")
        assert done.exit_code == 2
        assert json.loads(done.stdout) == {
            "error": {"code": "bad_input", "message": "a.csv: broken. Fix it.", "data": {"row": 3}}
        }

    @pytest.mark.parametrize("place", ["file/out", "file/a/b/out", "n" * 300])
    def test_an_output_that_cannot_be(self, tmp_path: Path, place: str) -> None:
        (tmp_path / "file").touch()
        done = CliRunner().invoke(writes, ["--out", str(tmp_path / place), "--json"])
        assert done.exit_code == 2
        error = json.loads(done.stdout)["error"]
        assert error["code"] == "cannot_write"
        assert str(tmp_path / place) in done.stderr
        assert len(done.stderr.splitlines()) == 1

    @pytest.mark.parametrize(
        ("name", "number", "ours"),
        [
            ("{out}", errno.EACCES, True),
            ("{out}/card.json", errno.EACCES, True),
            ("{parent}/.out.1f.tmp/labels.json", errno.EACCES, True),
            ("{parent}", errno.EACCES, True),
            (None, errno.ENOSPC, True),
            ("{parent}/other", errno.ENOENT, False),
            ("/etc/none", errno.ENOENT, False),
            (None, errno.ENOENT, False),
        ],
    )
    def test_what_the_file_system_refuses_is_told_from_bugs(
        self, tmp_path: Path, name: str | None, number: int, ours: bool
    ) -> None:
        out = tmp_path / "out"
        file = None if name is None else name.format(out=out, parent=tmp_path)

        @click.command()
        @click.option("--out", type=click.Path(path_type=Path))
        @reports
        def refused(output: Output, out: Path) -> None:
            raise OSError(number, os.strerror(number), file)

        done = CliRunner().invoke(refused, ["--out", str(out)])
        assert done.exit_code == (2 if ours else 1)
        assert isinstance(done.exception, SystemExit if ours else OSError)

    def test_other_errors_are_bugs_and_stay_visible(self) -> None:
        @click.command()
        @reports
        def broken(output: Output) -> None:
            raise ZeroDivisionError

        assert isinstance(CliRunner().invoke(broken, []).exception, ZeroDivisionError)
