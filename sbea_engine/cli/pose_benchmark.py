"""The verb of `sbea pose` that measures a family on held-out blocks of time: benchmark."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from sbea_engine.cli.output import Output, reports

FOLDER = click.Path(path_type=Path, file_okay=False)

COLUMNS = (
    ("mean px", "mean_px", "{:.2f}"),
    ("median px", "median_px", "{:.2f}"),
    ("rms px", "rms_px", "{:.2f}"),
    ("within 5 px", "pck5", "{:.1%}"),
    ("within 10 px", "pck10", "{:.1%}"),
    ("over 50 px", "over50", "{}"),
    ("ECE", "ece", "{:.3f}"),
    ("by chance", "ece_by_chance", "{:.3f}"),
    ("train s", "train_s", "{:.0f}"),
)


@click.command()
@click.option("--data", type=FOLDER, required=True, help="DeepLabCut project, or folder with labels.json.")
@click.option("--labels", default="5,10,20,40,80,all", show_default=True, help="Numbers of training frames.")
@click.option("--folds", type=int, default=5, show_default=True, help="Blocks of time, held out in turn.")
@click.option("--seeds", type=int, default=1, show_default=True, help="Trainings of each fold.")
@click.option("--keep", type=FOLDER, help="Folder for what was measured; a stopped run goes on from there.")
@click.option(
    "--preset", type=click.Choice(["tiny", "fast", "default"]), default="default", show_default=True
)
@click.option("--family", default="two_stage", show_default=True, help="Kind of model.")
@click.option("--backbone", default="auto", show_default=True, help="As of `sbea pose train`.")
@click.option("--members", type=int, default=1, show_default=True, help="Networks that answer together.")
@click.option("--seed", type=int, default=0, show_default=True, help="Of the first training of a fold.")
@click.option("--iterations", type=int, help="Steps of training, instead of the preset's.")
@click.option("--minutes", type=float, help="Of each training, at most.")
@click.option("--threads", type=int, help="Torch threads; cores - 1 if not given.")
@click.option("--rotation", "rotation_deg", type=float, default=180.0, show_default=True, help="Degrees.")
@reports
def benchmark(
    output: Output, /, data: Path, labels: str, folds: int, seeds: int, keep: Path | None, **settings: Any
) -> None:
    """Measure how error falls with the number of labels, on blocks of time that were held out.

    Labels are taken evenly over the training frames of each fold; figures are pooled over folds and seeds.
    Numbers that a fold has not, or that cannot be trained on, are told and not measured. Below the table is
    what twice as many labels should bring.
    """
    from sbea_engine.pipelines.pose import load_labels
    from sbea_engine.pipelines.pose_benchmark import BadBenchmark, BenchmarkPlan, forecast
    from sbea_engine.pipelines.pose_benchmark import benchmark as measure
    from sbea_engine.pose.config import PoseConfig

    words = [word.strip() for word in labels.split(",")]
    wrong = [word for word in words if word != "all" and not word.isdecimal()]
    if wrong:
        raise BadBenchmark(f"--labels takes whole numbers and 'all', as in 5,10,all; got {wrong[0]!r}.")
    plan = BenchmarkPlan(
        labels=tuple(None if word == "all" else int(word) for word in words), folds=folds, seeds=seeds
    )
    config = PoseConfig.from_dict(settings)
    labelled = load_labels(data)
    rows = measure(labelled, config, plan, keep=keep, on_progress=output.progress)
    ahead = forecast(labelled, plan, rows)
    output.result(
        {"config": config.to_dict(), "rows": rows, "forecast": ahead},
        text=f"{table(rows)}\n\n{forecast_words(ahead)}",
    )


def table(rows: Sequence[Mapping[str, Any]]) -> str:
    """The rows of `pipelines.pose_benchmark.benchmark` for people; a figure that there is not is a dash, and
    a number of labels that was not measured has the reason instead of figures."""
    lines = [("labels", "n", *(head for head, _, _ in COLUMNS))]
    for row in rows:
        if "skipped" in row:
            lines.append((str(row["labels"]),))
            continue
        cells = ("-" if row[key] is None else form.format(row[key]) for _, key, form in COLUMNS)
        lines.append((str(row["labels"]), str(row["n"]), *cells))
    widths = [
        max(len(line[column]) for line in lines if column < len(line)) for column in range(len(lines[0]))
    ]
    notes = ["", *(f"  not measured: {row['skipped']}" if "skipped" in row else "" for row in rows)]
    return "\n".join(
        "  ".join(cell.rjust(width) for cell, width in zip(line, widths, strict=False)) + note
        for line, note in zip(lines, notes, strict=True)
    )


def forecast_words(forecast: Mapping[str, Any]) -> str:
    """What `pipelines.pose_benchmark.forecast` gave, as sentences."""
    now, ahead = forecast["now"], forecast["ahead"]
    if ahead is None:
        return f"No forecast: {forecast['reason']}"
    return (
        f"Forecast: with {ahead['labels']:.0f} training frames, twice as many, the curve through these means "
        f"comes from {now['error_px']:.2f} to {ahead['error_px']:.2f} px; nine times in ten a benchmark "
        f"there would show {ahead['low_px']:.2f} to {ahead['high_px']:.2f} px."
    )
