"""`sbea synth`: render a recording with exact truth."""

from __future__ import annotations

import time
from pathlib import Path

import click

from sbea_engine.cli.output import Output, reports


@click.command()
@click.option(
    "--recipe", default="solo", show_default=True, help="A recipe's name, or the path of a .toml file."
)
@click.option("--cameras", default=1, show_default=True, help="Views; the recipe says where they stand.")
@click.option("--seconds", type=float, help="Length in seconds [default: 20].")
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
    "--out", type=click.Path(path_type=Path), required=True, help="A folder that does not exist yet."
)
@reports
def synth(
    output: Output,
    recipe: str,
    cameras: int,
    seconds: float | None,
    frames: int | None,
    seed: int,
    labels: int | None,
    start_offset: float | None,
    drop_share: float | None,
    out: Path,
) -> None:
    """Render a recording of animals in an arena, with exact keypoints, masks and calibration.

    Writes one mp4 a camera, recording.json (calibration, and which frame shows which tick), truth.npz
    (keypoints), masks-CAMERA.json and labels.json (labelled frames ready for training).
    """
    from sbea_engine.synth.recipe import load_recipe
    from sbea_engine.synth.recording import frame_count, render_recording

    asked = load_recipe(recipe).timed(start_offset_s=start_offset, drop_share=drop_share)
    count = frame_count(asked, seconds=20.0 if seconds is None and frames is None else seconds, frames=frames)
    began = time.perf_counter()
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
