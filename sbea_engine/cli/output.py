"""What every verb shares: `--json`, progress on standard error, exit codes."""

from __future__ import annotations

import dataclasses
import errno
import functools
import json
import math
import os
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Concatenate, ParamSpec

import click
import numpy as np

from sbea_engine.errors import EngineError
from sbea_engine.progress import Progress
from sbea_engine.video.errors import CannotWrite

__all__ = ["EXIT_UNUSABLE", "Output", "ProgressPrinter", "plain_json", "problem_json", "reports"]

EXIT_UNUSABLE = 2
TERMINAL_INTERVAL_S = 0.1
LOG_INTERVAL_S = 2.0
NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EFBIG, errno.EIO})

P = ParamSpec("P")


def plain_json(value: Any) -> Any:
    """`value` as what JSON can hold.

    Paths become text, arrays and tuples lists, dataclasses objects. A number that is not finite becomes null,
    since JSON has no word for it. Raises `TypeError` for anything else.
    """
    if value is None or (isinstance(value, bool | int | str) and not isinstance(value, np.generic)):
        return value
    if isinstance(value, np.ndarray | np.generic):
        return plain_json(value.tolist())
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Path):
        return str(value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: plain_json(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(k): plain_json(v) for k, v in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain_json(v) for v in (sorted(value) if isinstance(value, set | frozenset) else value)]
    raise TypeError(f"{type(value).__name__} has no JSON form: {value!r}")


class ProgressPrinter:
    """An `OnProgress` callback that writes to standard error, seldom enough not to slow the work.

    On a terminal one line is rewritten; elsewhere a line is added every `LOG_INTERVAL_S`. The first report of
    a stage, its last one (`done == total`) and every message are always shown.
    """

    def __init__(self, *, clock: Callable[[], float] = time.monotonic, terminal: bool | None = None) -> None:
        self._clock = clock
        self._terminal = sys.stderr.isatty() if terminal is None else terminal
        self._stage: str | None = None
        self._shown_at = -math.inf
        self._open_line = False

    def __call__(self, progress: Progress) -> None:
        now = self._clock()
        interval = TERMINAL_INTERVAL_S if self._terminal else LOG_INTERVAL_S
        finished = progress.total > 0 and progress.done >= progress.total
        due = now - self._shown_at >= interval
        if progress.message:
            self.close()
            click.echo(progress.message, err=True)
        if not (due or finished or progress.stage != self._stage):
            return
        if progress.stage != self._stage:
            self.close()
        self._stage, self._shown_at = progress.stage, now
        if self._terminal:
            click.echo(f"\r\x1b[K{_line(progress)}", err=True, nl=False)
            self._open_line = True
        else:
            click.echo(_line(progress), err=True)

    def close(self) -> None:
        """End the line that is being rewritten, so that other text starts on its own."""
        if self._open_line:
            click.echo("", err=True)
            self._open_line = False


def _line(progress: Progress) -> str:
    parts = [progress.stage]
    if progress.total > 0:
        share = 100 * progress.done // progress.total
        parts.append(f"{progress.done}/{progress.total} ({share} %)")
    elif progress.done:
        parts.append(str(progress.done))
    parts += [f"{name} {value:.4g}" for name, value in progress.metrics.items()]
    return "  ".join(parts)


class Output:
    """How a verb talks: progress and warnings to standard error, its result to standard output."""

    def __init__(self, *, as_json: bool) -> None:
        self.as_json = as_json
        self.progress = ProgressPrinter()

    def warn(self, text: str) -> None:
        """Tell the user of something that did not stop the work."""
        self.progress.close()
        click.echo(f"warning: {_one_line(text)}", err=True)

    def result(self, data: Mapping[str, Any], *, text: str) -> None:
        """Print what was done, once, at the end: `data` as one JSON line with `--json`, else `text`."""
        self.progress.close()
        click.echo(
            json.dumps(plain_json(data), allow_nan=False, ensure_ascii=False) if self.as_json else text
        )

    def failure(self, error: EngineError) -> None:
        """One line on standard error; with `--json` also `{"error": ...}` on standard output."""
        self.progress.close()
        reason = _one_line(str(error))
        click.echo(f"sbea: {reason}", err=True)
        if self.as_json:
            click.echo(problem_json(error.code, reason, error.data))


def problem_json(code: str, message: str, data: Mapping[str, Any]) -> str:
    """The JSON line that says why the work was not done."""
    problem = {"code": code, "message": _one_line(message), "data": plain_json(data)}
    return json.dumps({"error": problem}, allow_nan=False, ensure_ascii=False)


def _one_line(text: str) -> str:
    return " ".join(text.split())


def reports(verb: Callable[Concatenate[Output, P], None]) -> Callable[P, None]:
    """Give a verb its `Output` as first argument, the option `--json`, and the exit codes.

    Place it under the click decorators:

        @pose.command()
        @click.option("--data", type=click.Path(path_type=Path), required=True)
        @reports
        def train(output: Output, data: Path) -> None:
            ...
            output.result({"model": folder}, text=f"Model in {folder}")

    An `EngineError` ends the process with exit code 2 and its one-line reason on standard error, and so does
    an `OSError` at the place of the option `--out`: what the file system refuses is no fault of the program.
    """

    @click.option("--json", "as_json", is_flag=True, help="End standard output with one JSON object.")
    @functools.wraps(verb)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> None:
        output = Output(as_json=bool(kwargs.pop("as_json")))
        try:
            verb(output, *args, **kwargs)
        except EngineError as error:
            output.failure(error)
            raise SystemExit(EXIT_UNUSABLE) from error
        except OSError as error:
            out = kwargs.get("out")
            if not isinstance(out, Path) or not _concerns(error, out):
                raise
            output.failure(CannotWrite(out, error))
            raise SystemExit(EXIT_UNUSABLE) from error

    return wrapped


def _concerns(error: OSError, out: Path) -> bool:
    """Whether the file system refused the output: its place, what is in it, its draft, or the way there.

    A draft lies beside the output and is called `.<name>.<anything>`. A full disk names no file.
    """
    if error.filename is None:
        return error.errno in NO_ROOM
    place, target = Path(os.fsdecode(error.filename)).absolute(), out.absolute()
    if target.is_relative_to(place):
        return True
    if not place.is_relative_to(target.parent):
        return False
    first = place.relative_to(target.parent).parts[0]
    return first == target.name or first.startswith(f".{target.name}.")
