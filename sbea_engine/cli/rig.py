"""`sbea rig`: calibrations, and 3D poses by them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sbea_engine.cli.output import Output, reports
from sbea_engine.cli.views import pairs, read_sync

if TYPE_CHECKING:
    from sbea_engine.data import CameraGroup

FILE = click.Path(path_type=Path)
FOLDER = click.Path(path_type=Path, file_okay=False)


@click.group()
def rig() -> None:
    """Calibrations of several cameras, and 3D poses by them."""


@rig.command()
@click.argument("calibration", type=FILE)
@reports
def show(output: Output, /, calibration: Path) -> None:
    """Show the cameras of a calibration file, or of a rendered recording's folder."""
    from sbea_engine.io.registry import read_calibration

    found = read_calibration(calibration)
    for warning in found.warnings:
        output.warn(warning)
    cameras = [{**camera.to_dict(), "position_mm": camera.position_mm} for camera in found.cameras]
    output.result(
        {"cameras": cameras, "duplicates": found.duplicates, "warnings": found.warnings},
        text=_camera_table(found.cameras),
    )


@rig.command()
@click.option("--from", "format_name", required=True, help="Format of the file: anipose, rendered or sbea.")
@click.argument("source", type=FILE)
@click.option("--unit-mm", type=float, default=1.0, show_default=True, help="Millimetres in the file's unit.")
@click.option("--out", type=FILE, required=True, help="File to write.")
@reports
def convert(output: Output, /, format_name: str, source: Path, unit_mm: float, out: Path) -> None:
    """Write another tool's calibration as the studio's own file."""
    from sbea_engine.io.calibration_file import write_calibration
    from sbea_engine.io.registry import read_calibration

    found = read_calibration(source, format_name, unit_mm=unit_mm)
    for warning in found.warnings:
        output.warn(warning)
    write_calibration(found.cameras, out)
    output.result(
        {
            "calibration": out,
            "cameras": found.cameras.names,
            "duplicates": found.duplicates,
            "warnings": found.warnings,
        },
        text=f"{len(found.cameras)} cameras in {out}: {', '.join(found.cameras.names)}",
    )


@rig.command()
@click.option("--calibration", type=FILE, required=True, help="Calibration file, or a rendered recording.")
@click.option(
    "--poses",
    metavar="VIEW=STORE",
    multiple=True,
    required=True,
    callback=pairs,
    help="2D poses of a view; repeat.",
)
@click.option("--sync", type=FILE, help="JSON table of ticks, or a rendered recording with one.")
@click.option("--noise-px", default=2.0, show_default=True, help="Error of an x or y at confidence 1.")
@click.option("--inlier-px", default=10.0, show_default=True, help="A view further off is left out.")
@click.option("--min-confidence", default=0.1, show_default=True, help="Below it a keypoint is not used.")
@click.option("--out", type=FOLDER, required=True, help="Folder of 3D poses to write.")
@reports
def triangulate(
    output: Output,
    /,
    calibration: Path,
    poses: tuple[tuple[str, Path], ...],
    sync: Path | None,
    noise_px: float,
    inlier_px: float,
    min_confidence: float,
    out: Path,
) -> None:
    """Turn the 2D poses of several views into 3D poses. A run that was stopped goes on where it was.

    Without --sync, views show the same frame at every tick; where the calibration is a rendered recording
    that has a table of ticks, it is used.
    """
    from sbea_engine.geometry import TriangulationOptions
    from sbea_engine.io.poses3d_store import open_poses3d
    from sbea_engine.io.registry import read_calibration
    from sbea_engine.pipelines.reconstruct import ReconstructionOptions, reconstruct
    from sbea_engine.pipelines.reconstruct_figures import quality

    found = read_calibration(calibration)
    for warning in found.warnings:
        output.warn(warning)
    result = reconstruct(
        found.cameras,
        dict(poses),
        out,
        sync=read_sync(calibration if sync is None else sync, required=sync is not None),
        options=ReconstructionOptions(
            triangulation=TriangulationOptions(noise_px=noise_px, inlier_px=inlier_px),
            min_confidence=min_confidence,
        ),
        on_progress=output.progress,
    )
    for warning in result.warnings:
        output.warn(warning)
    figures = quality(open_poses3d(out))
    output.result(
        {
            "poses3d": result.store,
            "views": result.views,
            "ticks": result.tick_count,
            "reconstructed_now": result.reconstructed_now,
            "seconds": round(result.seconds, 2),
            "quality": figures,
            "warnings": (*found.warnings, *result.warnings),
        },
        text=f"{result.tick_count} ticks in {result.store}\n{_quality_lines(figures)}",
    )


@rig.command()
@click.option("--truth", type=FOLDER, required=True, help="Folder of a rendered recording.")
@click.option("--poses3d", type=FOLDER, required=True, help="3D poses of that recording.")
@reports
def evaluate(output: Output, /, truth: Path, poses3d: Path) -> None:
    """Measure 3D poses of a rendered recording on keypoints that two or more views could see."""
    from sbea_engine.io.poses3d_store import open_poses3d
    from sbea_engine.pipelines.reconstruct_figures import evaluate_against_truth

    figures = evaluate_against_truth(truth, open_poses3d(poses3d))
    output.result({"poses3d": poses3d, "truth": truth, **figures}, text=_error_table(figures))


def _camera_table(cameras: CameraGroup) -> str:
    rows = [("camera", "image px", "focal px", "distortion", "position mm")]
    for camera in cameras:
        lens = " ".join(f"{k:.4g}" for k in camera.distortion) if camera.distortion.any() else "none"
        rows.append(
            (
                camera.name,
                f"{camera.width} x {camera.height}",
                f"{camera.K[0, 0]:.1f} {camera.K[1, 1]:.1f}",
                lens,
                " ".join(f"{x:.1f}" for x in camera.position_mm),
            )
        )
    return _aligned(rows)


def _quality_lines(figures: dict[str, Any]) -> str:
    rows = [("view", "median residual px")]
    rows += [(view, _number(value)) for view, value in figures["residual_px"].items()]
    share = figures["placed_share"]
    placed = "-" if share is None else f"{100 * share:.0f} %"
    expected = _number(figures["median_sigma_mm"])
    return f"{placed} of keypoints placed, expected error {expected} mm\n{_aligned(rows)}"


def _error_table(figures: dict[str, Any]) -> str:
    rows = [("keypoint", "n", "missing", "median mm", "mean mm", "p95 mm")]
    for name, row in [*figures["by_keypoint"].items(), ("all", figures)]:
        numbers = (_number(row[key]) for key in ("median_mm", "mean_mm", "p95_mm"))
        rows.append((name, str(row["n"]), str(row["missing"]), *numbers))
    return _aligned(rows)


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"


def _aligned(rows: Sequence[tuple[str, ...]]) -> str:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )
