"""The command `sbea`: one verb group a file, imported when it is first used.

How to add a group: write `cli/<group>.py` with a click command or group of that name, and add one line to
`COMMANDS`. Wrap every verb in `cli.output.reports`; it brings `--json`, progress on standard error and the
exit codes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import click

from sbea_engine import __version__

__all__ = ["COMMANDS", "LazyCommand", "LazyGroup", "main"]

WITH_JSON = "sbea_engine.cli.json"


@dataclass(frozen=True, slots=True)
class LazyCommand:
    """Where a command is defined, and the line that `sbea --help` shows without importing it."""

    module: str
    attribute: str
    summary: str


COMMANDS: Mapping[str, LazyCommand] = {
    "video": LazyCommand("sbea_engine.cli.video", "video", "Probe videos, write proxies, suggest frames."),
    "synth": LazyCommand("sbea_engine.cli.synth", "synth", "Render a recording with exact truth."),
    "pose": LazyCommand("sbea_engine.cli.pose", "pose", "Train, evaluate and run pose models."),
    "rig": LazyCommand("sbea_engine.cli.rig", "rig", "Calibrations, and 3D poses from several views."),
    "import": LazyCommand("sbea_engine.cli.transfer", "import_labels", "Read the labels of another tool."),
    "export": LazyCommand("sbea_engine.cli.transfer", "export", "Write labels or poses for another tool."),
}


class LazyGroup(click.Group):
    """A click group that imports a command's module only when that command is asked for.

    `sbea --help` and `sbea import` thus never wait for torch, and one broken optional dependency does not
    take the other groups with it.
    """

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        ctx.meta[WITH_JSON] = "--json" in args
        with _usage_errors_too(ctx):
            return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        with _usage_errors_too(ctx):
            return super().invoke(ctx)

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        entry = COMMANDS.get(cmd_name)
        if entry is None:
            return None
        command = getattr(import_module(entry.module), entry.attribute)
        if not isinstance(command, click.Command):
            raise TypeError(f"{entry.module}.{entry.attribute} must be a click command, got {command!r}.")
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, entry.summary) for name, entry in COMMANDS.items()])


@contextmanager
def _usage_errors_too(ctx: click.Context) -> Iterator[None]:
    """With `--json`, say in JSON too what click says of a command line that it cannot read.

    Click knows that before any verb runs, so `reports` never sees it.
    """
    try:
        yield
    except click.UsageError as error:
        if ctx.meta[WITH_JSON]:
            from sbea_engine.cli.output import problem_json

            click.echo(problem_json("usage", error.format_message(), {}))
        raise


@click.group(
    cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.version_option(__version__, prog_name="sbea")
def main() -> None:
    """Few-shot pose, identity, 3D and social behaviour from video.

    Progress goes to standard error. With --json the last line of standard output is one JSON object.
    Exit code 0: the work was done; 2: the input cannot be used, with the reason in one line.
    """
