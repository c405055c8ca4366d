"""The verb of `sbea pose` that smooths predictions: smooth."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sbea_engine.cli.output import Output, reports
from sbea_engine.cli.views import pairs, read_sync

if TYPE_CHECKING:
    from sbea_engine.pipelines.smooth_views import SmoothedViews

FOLDER = click.Path(path_type=Path, file_okay=False)
Views = tuple[tuple[str, Path], ...]


def _stores(context: click.Context, option: click.Parameter, words: tuple[str, ...]) -> Path | Views:
    """One store, or `VIEW=STORE` words of several."""
    if len(words) == 1 and ("=" not in words[0] or Path(words[0]).exists()):
        return Path(words[0])
    return pairs(context, option, words)


@click.command()
@click.option(
    "--poses", metavar="STORE | VIEW=STORE", required=True, multiple=True, callback=_stores,
    help="Poses to smooth; they are left as they are. With a view's name, again for each view.",
)  # fmt: skip
@click.option(
    "--out", type=FOLDER, required=True, help="Folder of smoothed poses to write; of views, one in it each."
)
@click.option(
    "--model", "models", type=FOLDER, multiple=True,
    help="Model that predicted them: its card gives the radius. Again where views had several.",
)  # fmt: skip
@click.option("--radius", "radius_px", type=float, help="Radius that confidence is about, px, instead.")
@click.option(
    "--motion", type=click.Choice(["velocity", "acceleration"]), default="velocity", show_default=True,
    help="What changes little from frame to frame.",
)  # fmt: skip
@click.option("--min-confidence", type=float, default=0.1, show_default=True, help="Below: missing.")
@click.option("--max-gap", "max_gap_frames", type=int, default=15, show_default=True, help="Frames bridged.")
@click.option(
    "--sync", type=click.Path(path_type=Path),
    help="Of several views: table of ticks, or a rendered recording with one.",
)  # fmt: skip
@reports
def smooth(
    output: Output,
    /,
    poses: Path | Views,
    out: Path,
    models: Sequence[Path],
    radius_px: float | None,
    sync: Path | None,
    **settings: Any,
) -> None:
    """Smooth predicted poses over time into another folder. A run that was stopped goes on where it was.

    Several views of one recording are smoothed together, without a calibration: what one view misses, others
    and the motion tell. Without --sync, views show the same frame at every tick.
    """
    from sbea_engine.kinematics.smoothing import SmoothingConfig
    from sbea_engine.pipelines.smooth import radius_of, smooth_store
    from sbea_engine.pipelines.smooth_views import smooth_stores

    if (not models) == (radius_px is None):
        raise click.UsageError("Give either --model or --radius.")

    def config_of(store: Path) -> SmoothingConfig:
        radius = radius_of(store, models) if radius_px is None else radius_px
        return SmoothingConfig(radius_px=radius, **settings)

    if isinstance(poses, Path):
        if sync is not None:
            raise click.UsageError("--sync is for several views, as in --poses top=STORE --poses side=STORE.")
        result = smooth_store(poses, out, config_of(poses), on_progress=output.progress)
        moved = "-" if result.moved_px is None else f"{result.moved_px:.2f} px"
        output.result(
            dataclasses.asdict(result),
            text=f"{result.frame_count} frames in {result.store}; moved by {moved} on average, "
            f"{result.outliers} answers contradicted by their neighbours in time",
        )
        return
    found = smooth_stores(
        dict(poses),
        out,
        {view: config_of(store) for view, store in poses},
        sync=None if sync is None else read_sync(sync, required=True),
        on_progress=output.progress,
    )
    output.result(dataclasses.asdict(found), text=_in_words(found))


def _in_words(found: SmoothedViews) -> str:
    lines = [f"{found.ticks} ticks in {', '.join(str(place) for place in found.stores.values())}"]
    lines += [f"{view}: {count} answers contradicted" for view, count in found.outliers.items()]
    if found.dimensions is None:
        lines.append("The views say nothing of one another: each was smoothed by itself.")
    else:
        lines.append(f"Views were followed together in {found.dimensions} dimensions.")
    return "\n".join(lines)
