"""`sbea video`: look at a recording, make its proxy, choose frames to label."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import click

from sbea_engine.cli.output import Output, reports
from sbea_engine.video.probe import probe as probe_source
from sbea_engine.video.proxy import make_proxy
from sbea_engine.video.suggest import Method, suggest_frames

_SOURCE = click.argument("source", type=click.Path(path_type=Path))


@click.group()
def video() -> None:
    """Probe videos, write proxies, suggest frames. SOURCE is a video file or a folder of images."""


group = video


@video.command()
@_SOURCE
@reports
def probe(output: Output, source: Path) -> None:
    """Say what SOURCE is: frames, size, rate, codec, and what to beware of."""
    found = probe_source(source)
    info = found.info
    for warning in found.warnings:
        output.warn(warning)
    rate = "no rate" if info.fps is None else f"{info.fps:.6g} frames/s"
    output.result(
        {
            "path": found.path,
            "frame_count": info.frame_count,
            "width": info.width,
            "height": info.height,
            "fps": info.fps,
            "kind": info.kind,
            "codec": info.codec,
            "variable_rate": info.variable_rate,
            "rotation": info.rotation,
            "size_bytes": found.size_bytes,
            "fingerprint": found.fingerprint,
            "warnings": found.warnings,
        },
        text=f"{info.frame_count} frames, {info.width} x {info.height}, {rate}, {info.codec}",
    )


@video.command()
@_SOURCE
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Folder for the four files.")
@reports
def proxy(output: Output, source: Path, out: Path) -> None:
    """Write the browser's proxy of SOURCE: one proxy frame for each source frame."""
    made = make_proxy(source, out, on_progress=output.progress)
    output.result(
        {
            "folder": out,
            "frame_count": made.frame_count,
            "width": made.width,
            "height": made.height,
            "fps": made.fps,
            "codec": made.codec,
            "gop": made.gop,
            "size_bytes": made.size_bytes,
            "sha256": made.sha256,
        },
        text=f"{made.frame_count} frames, {made.size_bytes / 1e6:.2f} MB, in {out}",
    )


@video.command()
@_SOURCE
@click.option("--count", type=int, default=20, show_default=True, help="How many frames.")
@click.option("--method", type=click.Choice(get_args(Method)), default="kmeans", show_default=True)
@click.option("--seed", type=int, default=0, show_default=True)
@reports
def suggest(output: Output, source: Path, count: int, method: Method, seed: int) -> None:
    """Choose frames of SOURCE that are worth labelling."""
    chosen = suggest_frames(source, count, method=method, seed=seed, on_progress=output.progress)
    output.result(
        {"frames": chosen, "method": method, "seed": seed},
        text="\n".join(f"{s.index}\t{s.method}\t{s.score:.3f}" for s in chosen),
    )
