"""Verbs of `sbea pose` that make pictures: film, embed."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sbea_engine.cli.output import Output, reports

if TYPE_CHECKING:
    from sbea_engine.pipelines.labelled_video import Crop

FOLDER = click.Path(path_type=Path, file_okay=False)
FILE = click.Path(path_type=Path)


@click.command()
@click.option("--poses", type=FOLDER, required=True, help="Predicted, imported or smoothed poses.")
@click.option("--video", type=FILE, required=True, help="Video or folder of images that they are of.")
@click.option("--out", type=FILE, required=True, help="MP4 file to write.")
@click.option("--frames", help="First and last frame, such as 100-399 or 100-; all if not given.")
@click.option(
    "--min-confidence", type=float, default=0.5, show_default=True, help="Points below are doubtful."
)
@click.option(
    "--doubtful", type=click.Choice(["hide", "hollow"]), default="hide", show_default=True,
    help="Leave doubtful points out, or draw rings.",
)  # fmt: skip
@click.option("--trail", "trail_frames", type=int, default=0, show_default=True, help="Frames of trail.")
@click.option("--dot", "dot_radius_px", type=float, help="Radius of dots, px; by picture size if not given.")
@click.option("--colour", "colours", multiple=True, help="#rrggbb; once for each individual, in order.")
@click.option("--crop", help="LEFT,TOP,WIDTH,HEIGHT in pixels of the video.")
@click.option("--scale", type=float, default=1.0, show_default=True, help="Size of the movie.")
@click.option("--speed", type=float, default=1.0, show_default=True, help="0.1 plays ten times slower.")
@click.option("--numbers", is_flag=True, help="Write the frame number in the corner.")
@reports
def film(
    output: Output,
    /,
    poses: Path,
    video: Path,
    out: Path,
    frames: str | None,
    min_confidence: float,
    doubtful: str,
    trail_frames: int,
    dot_radius_px: float | None,
    colours: tuple[str, ...],
    crop: str | None,
    scale: float,
    speed: float,
    numbers: bool,
) -> None:
    """Draw poses over their video, as an MP4 file that every browser plays."""
    from sbea_engine.draw.pose_marks import PoseLook
    from sbea_engine.pipelines.labelled_video import LabelledVideoConfig, write_labelled_video

    first, last = _range(frames)
    look = PoseLook(
        min_confidence=min_confidence,
        doubtful="hollow" if doubtful == "hollow" else "hide",
        trail_frames=trail_frames,
        dot_radius_px=dot_radius_px,
        colours=colours,
    )
    config = LabelledVideoConfig(
        look=look, first=first, last=last, crop=_crop(crop), scale=scale, speed=speed, frame_numbers=numbers
    )
    made = write_labelled_video(poses, video, out, config, on_progress=output.progress)
    for warning in made.warnings:
        output.warn(warning)
    rate = made.frame_count / made.seconds if made.seconds else 0.0
    output.result(
        {**dataclasses.asdict(made), "seconds": round(made.seconds, 2)},
        text=f"Frames {made.first} to {made.last} in {out} ({made.width} x {made.height} pixels, "
        f"{rate:.0f} frames/s)",
    )


def _range(text: str | None) -> tuple[int, int | None]:
    first, dash, last = (text or "0-").partition("-")
    if not (dash and first.isdecimal() and (not last or last.isdecimal())):
        raise click.UsageError(f"--frames {text!r} is not like 100-399 or 100-.")
    return int(first), int(last) if last else None


def _crop(text: str | None) -> Crop | None:
    from sbea_engine.pipelines.labelled_video import Crop

    if text is None:
        return None
    parts = [part.strip() for part in text.split(",")]
    if len(parts) != 4 or not all(part.isdecimal() for part in parts):
        raise click.UsageError(f"--crop {text!r} is not LEFT,TOP,WIDTH,HEIGHT in whole pixels.")
    return Crop(*(int(part) for part in parts))


@click.command("embed")
@click.option("--poses", type=FOLDER, help="Predicted, imported or smoothed poses.")
@click.option("--video", type=FILE, help="Video that they are of: for the montage, and speeds a second.")
@click.option("--data", type=FOLDER, help="Or labels: DeepLabCut project, or folder with labels.json.")
@click.option("--out", type=FOLDER, required=True, help="Folder to write.")
@click.option(
    "--colour-by", "colour_by", multiple=True, default=["cluster"], show_default=True,
    help="cluster, speed, speed:A, distance:A,B, angle:A,B,C or bend:A,B,C; several times for several maps.",
)  # fmt: skip
@click.option("--method", type=click.Choice(["tsne", "pca"]), default="tsne", show_default=True)
@click.option("--clusters", type=int, default=8, show_default=True, help="Groups that k-means looks for.")
@click.option("--perplexity", type=float, default=30.0, show_default=True, help="Of t-SNE.")
@click.option("--count", type=int, default=2000, show_default=True, help="Poses on the map, at most.")
@click.option("--min-confidence", type=float, default=0.5, show_default=True, help="Below: not known.")
@click.option("--examples", type=int, default=8, show_default=True, help="Crops in a row of the montage.")
@click.option("--plain", is_flag=True, help="Draw no poses on the crops.")
@click.option("--seed", type=int, default=0, show_default=True)
@reports
def pose_map(
    output: Output,
    /,
    poses: Path | None,
    video: Path | None,
    data: Path | None,
    out: Path,
    colour_by: tuple[str, ...],
    method: str,
    clusters: int,
    perplexity: float,
    count: int,
    min_confidence: float,
    examples: int,
    plain: bool,
    seed: int,
) -> None:
    """Map which poses there are: laid over one another, spread out by likeness, grouped, with examples."""
    from sbea_engine.io.poses_store import open_poses
    from sbea_engine.pipelines.pose import load_labels
    from sbea_engine.pipelines.pose_map import PoseMapRequest, write_pose_map
    from sbea_engine.pipelines.pose_map_sources import LabelledPoses, PoseSource, PredictedPoses
    from sbea_engine.pose.pose_map.layout import PoseMapConfig

    if (poses is None) == (data is None):
        raise click.UsageError("Give either --poses or --data.")
    request = PoseMapRequest(
        layout=PoseMapConfig(
            method="pca" if method == "pca" else "tsne", clusters=clusters, perplexity=perplexity, seed=seed
        ),
        poses=count,
        colour_by=colour_by,
        examples=examples,
        draw_poses=not plain,
    )
    source: PoseSource
    if poses is not None:
        source = PredictedPoses(store=open_poses(poses), video=video, min_confidence=min_confidence)
    else:
        assert data is not None  # one of the two was given
        source = LabelledPoses(labels=load_labels(data))
    made = write_pose_map(source, out, request, on_progress=output.progress)
    for warning in made.warnings:
        output.warn(warning)
    shares = ", ".join(f"{100 * size / made.poses:.0f} %" for size in made.cluster_sizes)
    output.result(
        dataclasses.asdict(made),
        text=f"{made.poses} poses in {len(made.cluster_sizes)} clusters ({shares})\n"
        f"{', '.join(made.files)} in {out}",
    )
