"""`sbea synth`: render a recording with exact truth."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Literal

import click
from click.core import ParameterSource

from sbea_engine.cli.output import Output, reports

if TYPE_CHECKING:
    from sbea_engine.synth.recipe import Recipe

_OF_CAMERAS = ("cameras", "labels", "start_offset", "drop_share", "calibration_take")


@click.command()
@click.option(
    "--recipe", default="solo", show_default=True, help="A recipe's name, or the path of a .toml file."
)
@click.option("--cameras", default=1, show_default=True, help="Views; the recipe says where they stand.")
@click.option("--seconds", type=float, help="Length in seconds [default: 20].")
@click.option(
    "--hours", type=click.FloatRange(min=0, min_open=True), help="Length in hours, instead of seconds."
)
@click.option("--frames", type=int, help="Length in frames, instead of seconds.")
@click.option("--seed", default=0, show_default=True, help="Same seed, same recording.")
@click.option(
    "--labels", type=int, help="Frames a view to label for training [default: 40, or all if fewer]."
)
@click.option(
    "--start-offset",
    type=click.FloatRange(0, 3600),
    help="Cameras start up to this many seconds late [default: as the recipe has it].",
)
@click.option(
    "--drop-share",
    type=click.FloatRange(0, 0.5),
    help="Share of its frames that each camera loses [default: as the recipe has it].",
)
@click.option(
    "--calibration-take",
    type=click.Choice(["charuco", "checkerboard"]),
    help="Film a calibration board with the same cameras, instead of animals.",
)
@click.option(
    "--truth-only", is_flag=True, help="No cameras and no pixels: 3D keypoints and bouts, hours in seconds."
)
@click.option(
    "--out", type=click.Path(path_type=Path), required=True, help="A folder that does not exist yet."
)
@reports
def synth(
    output: Output,
    recipe: str,
    cameras: int,
    seconds: float | None,
    hours: float | None,
    frames: int | None,
    seed: int,
    labels: int | None,
    start_offset: float | None,
    drop_share: float | None,
    calibration_take: Literal["charuco", "checkerboard"] | None,
    truth_only: bool,
    out: Path,
) -> None:
    """Render a recording of animals in an arena, with exact keypoints, masks and calibration.

    Writes one mp4 a camera, recording.json (calibration, and which frame shows which tick), truth.npz
    (keypoints), masks-CAMERA.json and labels.json (labelled frames ready for training). A calibration take
    has take.json (board and true calibration) and board.npz (true poses and corners of the board) instead.
    With --truth-only there are recording.json (bouts among others) and truth.npz alone.
    """
    from sbea_engine.synth.recipe import load_recipe
    from sbea_engine.synth.recording import frame_count, render_recording
    from sbea_engine.synth.take import render_take

    if hours is not None:
        if seconds is not None:
            raise click.UsageError("Give the length of the recording either in hours or in seconds.")
        seconds = 3600 * hours
    asked = load_recipe(recipe).timed(start_offset_s=start_offset, drop_share=drop_share)
    count = frame_count(asked, seconds=20.0 if seconds is None and frames is None else seconds, frames=frames)
    if truth_only:
        _refuse("Truth alone has no cameras, boards or labels", _OF_CAMERAS)
        with _stopped_as_by_hand():
            _without_pixels(output, asked, count, seed, out)
        return
    began = time.perf_counter()
    if calibration_take is not None:
        _refuse("A calibration take has no labels", ("labels",))
        with _stopped_as_by_hand():
            take = render_take(
                asked,
                kind=calibration_take,
                cameras=cameras,
                frames=count,
                seed=seed,
                out=out,
                on_progress=output.progress,
            )
        output.result(
            {
                "folder": take.folder,
                "videos": {c.name: out / f"{c.name}.mp4" for c in take.cameras},
                "board": take.board.to_dict(),
                "frame_count": len(take),
                "fps": take.fps,
                "corners_seen": {name: float(v.mean().round(3)) for name, v in take.visible.items()},
            },
            text=f"{len(take)} ticks of a {calibration_take} board in {take.folder}",
        )
        return
    with _stopped_as_by_hand():
        files = render_recording(
            asked,
            cameras=cameras,
            frames=count,
            seed=seed,
            labels=labels,
            out=out,
            on_progress=output.progress,
        )
    views = files.frame_count * cameras
    rate = views / (time.perf_counter() - began)
    output.result(
        {
            "folder": files.folder,
            "videos": files.videos,
            "truth": files.truth,
            "labels": files.labels,
            "frame_count": files.frame_count,
            "fps": asked.fps,
            "labelled_frames": files.labelled_frames,
            "views_per_s": round(rate, 2),
        },
        text=f"{views} views in {files.folder} ({rate:.1f} views/s)",
    )


def _refuse(reason: str, options: tuple[str, ...]) -> None:
    """Raises a usage error where one of the options was given, since nothing would come of it."""
    context = click.get_current_context()
    for name in options:
        if context.get_parameter_source(name) is not ParameterSource.DEFAULT:
            raise click.UsageError(f"{reason}: leave --{name.replace('_', '-')} out.")


@contextmanager
def _stopped_as_by_hand() -> Iterator[None]:
    """A request to end the process stops the work as Ctrl-C does, so that no half-written folder stays.

    One that the process was started to ignore, as `nohup` has it, is ignored still.
    """

    def stop(number: int, _: FrameType | None) -> None:
        raise SystemExit(128 + number)

    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP)}
    taken = {number: handler for number, handler in before.items() if handler is not signal.SIG_IGN}
    for number in taken:
        signal.signal(number, stop)
    try:
        yield
    finally:
        for number, handler in taken.items():
            signal.signal(number, handler)


def _without_pixels(output: Output, recipe: Recipe, count: int, seed: int, out: Path) -> None:
    from sbea_engine.synth.truth_only import write_truth_only

    began = time.perf_counter()
    folder = write_truth_only(recipe, frames=count, seed=seed, out=out, on_progress=output.progress)
    rate = count / (time.perf_counter() - began)
    output.result(
        {
            "folder": folder,
            "truth": folder / "truth.npz",
            "frame_count": count,
            "fps": recipe.fps,
            "frames_per_s": round(rate),
        },
        text=f"{count} frames of 3D truth in {folder} ({rate:.0f} frames/s)",
    )
