"""Verbs of `sbea pose` about confidence: calibrate, compare, label-errors."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sbea_engine.cli.output import Output, reports

if TYPE_CHECKING:
    from sbea_engine.pose.comparison import Difference
    from sbea_engine.pose.reliability import Reliability

FOLDER = click.Path(path_type=Path, file_okay=False)
DATA_HELP = "DeepLabCut project, or folder with labels.json."
THREADS_HELP = "Torch threads; cores - 1 if not given."


@click.command()
@click.option("--model", type=FOLDER, required=True, help="Model folder; it is left as it is.")
@click.option("--data", type=FOLDER, required=True, help=DATA_HELP)
@click.option("--out", type=FOLDER, help="New folder for the model with the new confidence.")
@click.option("--threads", type=int, help=THREADS_HELP)
@reports
def calibrate(output: Output, /, model: Path, data: Path, out: Path | None, threads: int | None) -> None:
    """Fit a model's confidence to labels that it was not trained with.

    Frames of its training are left out. The table "after" is of labels that the new confidence was not fitted
    on, five blocks of time in turn. Without --out nothing is written.
    """
    from sbea_engine.pipelines.pose import load_labels
    from sbea_engine.pipelines.trust import calibrate_model

    found = calibrate_model(model, load_labels(data), out, threads=threads, on_progress=output.progress)
    if found.left_out:
        output.warn(f"{found.left_out} frames were left out: the model was trained with them.")
    output.result(
        dataclasses.asdict(found),
        text=f"{found.frames} frames; right is within {found.radius_px:.1f} px\n"
        f"Before\n{_reliability_table(found.before)}\nAfter\n{_reliability_table(found.after)}"
        + (f"\nModel with the new confidence in {out}" if out else ""),
    )


@click.command()
@click.option(
    "--model", "models", type=FOLDER, multiple=True, required=True, help="Twice: model A, then model B."
)
@click.option("--data", type=FOLDER, help=f"Compare errors on labels: {DATA_HELP}")
@click.option("--video", type=click.Path(path_type=Path), help="Or find where they differ in this video.")
@click.option("--every", type=int, default=10, show_default=True, help="Of a video, look at each n-th frame.")
@click.option("--threads", type=int, help=THREADS_HELP)
@reports
def compare(
    output: Output,
    /,
    models: Sequence[Path],
    data: Path | None,
    video: Path | None,
    every: int,
    threads: int | None,
) -> None:
    """Compare two models: which is nearer to labels, or on which frames of a video they differ most."""
    from sbea_engine.pipelines.pose import load_labels
    from sbea_engine.pipelines.trust import compare_models, compare_on_video

    if len(models) != 2:
        raise click.UsageError(f"Give --model twice, got {len(models)}.")
    if (data is None) == (video is None):
        raise click.UsageError("Give either --data or --video.")
    a, b = models
    if video is not None:
        frames = compare_on_video(a, b, video, every=every, threads=threads, on_progress=output.progress)
        lines = [
            f"frame {f.index}: {f.mean_px:.1f} px, {f.keypoint} of {f.individual} {f.distance_px:.1f} px"
            for f in frames
        ]
        output.result({"a": a, "b": b, "video": video, "frames": frames}, text="\n".join(lines))
        return
    assert data is not None  # one of the two was given
    found, warnings = compare_models(a, b, load_labels(data), threads=threads, on_progress=output.progress)
    for warning in warnings:
        output.warn(warning)
    all_of_it = found.overall
    verdict = _verdict(all_of_it)
    output.result(
        {"a": a, "b": b, **dataclasses.asdict(found), "verdict": verdict, "warnings": warnings},
        text=f"A: mean {_number(all_of_it.first_px)} px\nB: mean {_number(all_of_it.second_px)} px, "
        f"on {all_of_it.n} points of {len(found.frames)} frames\n{verdict}",
    )


def _verdict(difference: Difference) -> str:
    """Which model is nearer to the labels, in words."""
    if difference.difference_px is None:
        return "Both models answered on no labelled point."
    size = f"{abs(difference.difference_px):.2f} px on average"
    if difference.low_px is None or difference.high_px is None:
        return f"{size}, B minus A; too few blocks of time to say how sure that is."
    sure = f"{size} (B minus A: 95 % from {difference.low_px:.2f} to {difference.high_px:.2f})"
    if difference.high_px < 0:
        return f"B is nearer to the labels than A by {sure}."
    if difference.low_px > 0:
        return f"A is nearer to the labels than B by {sure}."
    return f"These labels do not tell A and B apart: {sure}."


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"


@click.command("label-errors")
@click.option("--model", type=FOLDER, required=True, help="Folder of an ensemble (train --members 5).")
@click.option("--data", type=FOLDER, required=True, help=DATA_HELP)
@click.option("--threads", type=int, help=THREADS_HELP)
@reports
def label_errors(output: Output, /, model: Path, data: Path, threads: int | None) -> None:
    """List labels that look wrong to networks that have not seen them: swapped, far off, called absent."""
    from sbea_engine.pipelines.pose import load_labels
    from sbea_engine.pipelines.trust import suspect_labels
    from sbea_engine.pose.suspects import in_words

    labels = load_labels(data)
    found = suspect_labels(model, labels, threads=threads, on_progress=output.progress)
    words = in_words(found, labels.skeleton)
    lines = [
        f"frame {s.index} of {s.video}, {s.individual}: {' and '.join(s.keypoints)} {s.kind} "
        f"({s.distance_px:.1f} px, confidence {s.confidence:.2f})"
        for s in found
    ]
    output.result(
        {"model": model, "suspects": found, "summary": words},
        text="\n".join([*words, *lines]) or "No label looks wrong.",
    )


def _reliability_table(found: Reliability) -> str:
    rows = ["confidence        n   mean  right"]
    rows += [
        f"{b.low:.2f} to {b.high:.2f}  {b.n:5d}   {b.confidence:.2f}   {b.right:.2f}" for b in found.bins
    ]
    if found.ece is not None:
        rows.append(
            f"calibration error {found.ece:.3f} (a perfect confidence: {found.ece_by_chance:.3f} on average, "
            f"below {found.ece_by_chance_95:.3f} in 19 of 20), Brier score {found.brier:.3f}"
        )
    return "\n".join(rows)
