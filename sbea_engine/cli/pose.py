"""`sbea pose`: train, evaluate and run pose models, and choose what to label next."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import click

from sbea_engine.cli import pose_benchmark, pose_pictures, pose_smooth, pose_trust
from sbea_engine.cli.output import Output, reports

if TYPE_CHECKING:
    from sbea_engine.nn.runtime import Runtime

FOLDER = click.Path(path_type=Path, file_okay=False)
FILE = click.Path(path_type=Path)
HOLDOUT_HELP = (
    "none; last:0.2 (the last fifth of each recording's labelled frames, all views at the same ticks); "
    "block:0.6-0.8; or videos:a,b"
)


@click.group()
def pose() -> None:
    """Train, evaluate and run pose models."""


group = pose
for verb in (pose_trust.calibrate, pose_trust.compare, pose_trust.label_errors):
    pose.add_command(verb)
for verb in (pose_pictures.film, pose_pictures.pose_map):
    pose.add_command(verb)
pose.add_command(pose_benchmark.benchmark)
pose.add_command(pose_smooth.smooth)


@pose.command()
@click.option("--data", type=FOLDER, required=True, help="DeepLabCut project, or folder with labels.json.")
@click.option("--out", type=FOLDER, required=True, help="Model folder to write.")
@click.option(
    "--from",
    "start",
    type=FOLDER,
    help="Go on from this model with a third of the steps; its kind, size and held-out frames are kept.",
)
@click.option("--holdout", show_default="none, or as before", help=f"Frames to test on: {HOLDOUT_HELP}.")
@click.option("--preset", type=click.Choice(["tiny", "fast", "default"]), show_default="default")
@click.option(
    "--family",
    show_default="two_stage",
    help="Kind of model: or pose_machine, pyramid, deeplabcut, heatmap_unet, bottom_up.",
)
@click.option(
    "--backbone",
    show_default="auto",
    help="The family's own, or config:PATH, folder:PATH, hub:OWNER/NAME of the package transformers.",
)
@click.option("--disc-radius", "disc_radius_px", type=float, help="Of deeplabcut: pixels; 17 if not given.")
@click.option("--seed", type=int, default=0, show_default=True)
@click.option("--iterations", type=int, help="Steps of training, instead of the preset's.")
@click.option("--minutes", type=float, help="Lower the steps to what fits; how many depends on the machine.")
@click.option("--threads", type=int, help="Torch threads; cores - 1 if not given.")
@click.option("--colour", type=click.Choice(["grey", "rgb"]), show_default="grey")
@click.option("--rotation", "rotation_deg", type=float, show_default="180", help="Degrees.")
@click.option("--members", type=int, default=1, show_default=True, help="Networks that answer together.")
@click.option(
    "--context",
    "context_frames",
    type=int,
    show_default="0",
    help="Frames before and after that the network sees too, 0 or 2: pyramid or heatmap_unet, on videos.",
)
@click.option("--unlabelled", multiple=True, help="Video without labels for the terms below; again for more.")
@click.option("--temporal-weight", type=float, help="Of keypoints that jump on it.")
@click.option("--pose-weight", type=float, help="Of poses on it that are unlike the labelled ones.")
@click.option("--views-weight", type=float, help="Of views that contradict one another; one video a view.")
@reports
def train(
    output: Output, /, data: Path, out: Path, start: Path | None, holdout: str | None, **settings: Any
) -> None:
    """Train a model and measure it on held-out frames.

    A run that was stopped goes on where it was; one that was finished is not repeated. One that goes on from
    a model is tested on what that model held out, and on nothing that it has learned.
    """
    from sbea_engine.pipelines.pose import load_labels, train_and_evaluate
    from sbea_engine.pipelines.warm_start import config_from, holdout_from
    from sbea_engine.pose.config import PoseConfig

    settings["consistency"] = _consistency(settings)
    given = {name: value for name, value in settings.items() if value is not None}
    config = PoseConfig.from_dict(given) if start is None else config_from(start, given)
    if holdout is None:
        holdout = "none" if start is None else holdout_from(start)
    result = train_and_evaluate(
        load_labels(data), config, holdout, out, start=start, on_progress=output.progress
    )
    training = {k: result.card.training[k] for k in ("iterations", "seconds", "threads", "precision")}
    output.result(
        {"model": out, "trained_now": result.trained_now, "training": training, **result.metrics},
        text=f"Model in {out}{'' if result.trained_now else ', from an earlier run'}\n"
        f"{_table(result.metrics.get('test') or result.metrics['validation'])}",
    )


def _consistency(settings: dict[str, Any]) -> dict[str, Any] | None:
    """Takes the options about unlabelled video out of the others; None where none was given."""
    found = {term: settings.pop(f"{term}_weight") for term in ("temporal", "pose", "views")}
    weights = {term: weight for term, weight in found.items() if weight is not None}
    videos = settings.pop("unlabelled")
    return {"videos": videos, **weights} if videos or weights else None


@pose.command()
@click.option("--model", type=FOLDER, required=True, help="Model folder.")
@click.option("--video", type=click.Path(path_type=Path), required=True, help="Video or folder of images.")
@click.option("--out", type=FOLDER, required=True, help="Folder of poses to write.")
@click.option("--threads", type=int, help="Threads of the network; cores - 1 if not given.")
@click.option(
    "--runtime",
    type=click.Choice(["torch", "onnx"]),
    default="torch",
    show_default=True,
    help="What computes the network; onnx needs the extra of that name, and is for the processor.",
)
@click.option(
    "--boxes", type=FILE, help="Table of boxes round animals, which say who is who; for the family bottom_up."
)
@reports
def predict(
    output: Output,
    /,
    model: Path,
    video: Path,
    out: Path,
    threads: int | None,
    runtime: Runtime,
    boxes: Path | None,
) -> None:
    """Find keypoints on every frame of a video. A run that was stopped goes on where it was."""
    from sbea_engine.io.tables.boxes import read_boxes
    from sbea_engine.pipelines.pose_video import predict_video

    result = predict_video(
        model,
        video,
        out,
        threads=threads,
        runtime=runtime,
        boxes=None if boxes is None else read_boxes(boxes),
        on_progress=output.progress,
    )
    rate = result.predicted_now / result.seconds if result.seconds else 0.0
    output.result(
        {
            "poses": result.store,
            "frames": result.frame_count,
            "predicted_now": result.predicted_now,
            "seconds": round(result.seconds, 2),
            "frames_per_s": round(rate, 1),
        },
        text=f"{result.frame_count} frames in {result.store} ({rate:.0f} frames/s)",
    )


@pose.command()
@click.option("--model", type=FOLDER, required=True, help="Model folder.")
@click.option("--data", type=FOLDER, required=True, help="DeepLabCut project, or folder with labels.json.")
@click.option("--holdout", help=f"Frames to measure on [default: as in training]: {HOLDOUT_HELP}.")
@click.option("--threads", type=int, help="Torch threads; cores - 1 if not given.")
@reports
def evaluate(output: Output, /, model: Path, data: Path, holdout: str | None, threads: int | None) -> None:
    """Measure a model on the held-out frames, or with `none` on all labelled frames.

    The figures are under `test` in the first case and under `all` in the second.
    """
    from sbea_engine.pipelines.pose import evaluate_model, load_labels

    found = evaluate_model(model, load_labels(data), holdout, threads=threads, on_progress=output.progress)
    for warning in found.warnings:
        output.warn(warning)
    facts = {"model": model, "holdout": found.holdout, "warnings": found.warnings}
    output.result({**facts, found.part: found.figures}, text=_table(found.figures))


@pose.command()
@click.option(
    "--model", "models", type=FOLDER, required=True, multiple=True, help="Model folder; again for more."
)
@click.option("--data", type=FOLDER, required=True, help="DeepLabCut project, or folder with labels.json.")
@click.option(
    "--video",
    "videos",
    type=click.Path(path_type=Path),
    required=True,
    multiple=True,
    help="Video or folder of images; again for more.",
)
@click.option("--count", type=int, default=10, show_default=True, help="How many frames.")
@click.option(
    "--method", default="combined", show_default=True, help="Or one criterion, or random, uniform, kmeans."
)
@click.option("--poses", "stores", type=FOLDER, multiple=True, help="Poses predicted already, in any order.")
@click.option("--poses3d", type=FOLDER, help="3D poses whose views the videos are, by their names.")
@click.option("--sync", type=FILE, help="Table of ticks of the 3D poses, or a rendered recording with one.")
@click.option("--candidates", type=int, default=600, show_default=True, help="Frames to look at, in all.")
@click.option(
    "--out", type=FOLDER, help="Folder for the predictions on the chosen frames, one store a video."
)
@click.option("--seed", type=int, default=0, show_default=True, help="Of methods that draw by chance.")
@click.option("--threads", type=int, help="Torch threads; cores - 1 if not given.")
@reports
def suggest(
    output: Output,
    /,
    models: tuple[Path, ...],
    data: Path,
    videos: tuple[Path, ...],
    stores: tuple[Path, ...],
    poses3d: Path | None,
    sync: Path | None,
    out: Path | None,
    **settings: Any,
) -> None:
    """Choose frames that are worth labelling next, the most valuable first, and say why.

    With several models their disagreement counts. Poses of a whole video, given with --poses, save time and
    also tell of jumps; 3D poses tell how far views disagree.
    """
    from sbea_engine.cli.views import read_sync
    from sbea_engine.pipelines.choose_frames import (
        ChoosingConfig,
        require_empty,
        suggest_to_label,
        write_predictions,
    )
    from sbea_engine.pipelines.gather_evidence import Triangulated
    from sbea_engine.pipelines.pose import load_labels

    if out is not None:
        require_empty(out)
    table = None if sync is None else read_sync(sync, required=True)
    found = suggest_to_label(
        models,
        load_labels(data),
        videos,
        ChoosingConfig(**settings),
        stores=stores,
        triangulated=None if poses3d is None else Triangulated(store=poses3d, sync=table),
        on_progress=output.progress,
    )
    written = {} if out is None else write_predictions(found, out)
    output.result(
        {
            "method": settings["method"],
            "looked_at": found.looked_at,
            "keypoints": found.skeleton.keypoints,
            "individuals": found.individuals,
            "stores": written,
            "frames": [
                {
                    "video": frame.video,
                    "index": frame.chosen.index,
                    "score": frame.chosen.score,
                    "reasons": frame.chosen.reasons,
                    "criteria": frame.chosen.criteria,
                    "points_px": frame.points_px,
                    "confidence": frame.confidence,
                }
                for frame in found.frames
            ],
        },
        text="\n".join(
            f"{f.video.name}\t{f.chosen.index}\t{f.chosen.score:.2f}\t{'; '.join(f.chosen.reasons)}"
            for f in found.frames
        ),
    )


def _table(figures: Mapping[str, Any]) -> str:
    rows: list[tuple[str, ...]] = [("keypoint", "n", "mean px", "median px", "within 5 px")]
    by_keypoint = cast(Mapping[str, Mapping[str, Any]], figures["by_keypoint"])
    for name, row in [*by_keypoint.items(), ("all", figures)]:
        numbers = (row["mean_px"], row["median_px"])
        share = "-" if row["pck5"] is None else f"{100 * row['pck5']:.0f} %"
        rows.append((name, str(row["n"]), *("-" if v is None else f"{v:.2f}" for v in numbers), share))
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows
    )
