"""`sbea import` and `sbea export`: labels and poses from and for other tools."""

from __future__ import annotations

import shutil
import tempfile
import uuid
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
import numpy as np

from sbea_engine.cli.output import Output, reports
from sbea_engine.data import LabelSet, Visibility
from sbea_engine.errors import BadInput
from sbea_engine.io.archive import extract_zip
from sbea_engine.io.poses_store import open_poses
from sbea_engine.io.registry import FORMATS, Format, UnknownFormat, get_format
from sbea_engine.progress import OnProgress, Progress

__all__ = ["export", "import_labels"]

FORMAT_NAMES = click.Choice(list(FORMATS))
ANY_PATH = click.Path(path_type=Path)


class OutputExists(BadInput):
    """The place to write to is taken."""

    code = "output_exists"


@click.command("import")
@click.argument("source", type=ANY_PATH)
@click.option("--from", "format_name", type=FORMAT_NAMES, required=True, help="Whose files these are.")
@click.option("--out", type=ANY_PATH, required=True, help="New folder for the labels.")
@click.option(
    "--copy-images/--no-copy-images",
    default=False,
    help="Copy images beside the labels; without, labels.json points to them. A zip is always copied.",
)
@reports
def import_labels(output: Output, source: Path, format_name: str, out: Path, copy_images: bool) -> None:
    """Read the labels of a project, a folder or a zip archive, into a folder with labels.json.

    Nothing is written unless all of it could be read.
    """
    chosen = get_format(format_name)
    _require_free(out)
    if source.is_file():
        with tempfile.TemporaryDirectory(prefix="sbea-import-") as scratch:
            unpacked = extract_zip(source, Path(scratch) / "archive", on_progress=output.progress)
            _import_folder(output, chosen, unpacked, out, copy_images=True)
    else:
        _import_folder(output, chosen, source, out, copy_images=copy_images)


def _import_folder(output: Output, chosen: Format, source: Path, out: Path, *, copy_images: bool) -> None:
    if chosen.read_labels is None:
        raise UnknownFormat(f"{chosen.title} labels cannot be read.")
    imported = chosen.read_labels(chosen.find(source))
    out.parent.mkdir(parents=True, exist_ok=True)
    temporary = out.with_name(f".{out.name}.{uuid.uuid4().hex[:8]}.tmp")
    try:
        temporary.mkdir()
        labels = imported.labels
        if copy_images:
            labels = _with_copied_images(labels, temporary, output.progress)
        labels.save(temporary)
        temporary.rename(out)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    for warning in imported.warnings:
        output.warn(warning)
    facts = {
        **_facts(imported.labels),
        "format": chosen.name,
        "title": imported.title,
        "scorer": imported.scorer,
        "videos_found": [video.name for video in imported.videos] if copy_images else imported.videos,
        "images": "copied" if copy_images else "referenced",
        "warnings": imported.warnings,
        "out": out.resolve(),
    }
    output.result(facts, text=f"{facts['frames']} labelled frames, {facts['points']} points -> {out}")


def _with_copied_images(labels: LabelSet, folder: Path, on_progress: OnProgress) -> LabelSet:
    frames = []
    for n, source in enumerate(labels.frames, start=1):
        target = folder / "images" / source.video / source.path.name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source.path, target)
        frames.append(replace(source, path=target))
        on_progress(Progress(stage="copy images", done=n, total=len(labels)))
    return replace(labels, frames=tuple(frames))


@click.command()
@click.option("--to", "format_name", type=FORMAT_NAMES, required=True, help="Who is to read the files.")
@click.option("--labels", type=ANY_PATH, help="Folder with labels.json: written as a whole project.")
@click.option("--poses", type=ANY_PATH, help="Folder of predicted poses: written as prediction files.")
@click.option("--out", type=ANY_PATH, required=True, help="New folder to write.")
@click.option("--scorer", required=True, help="Whose name the files carry.")
@click.option("--name", help="Name of the project, or of the video of --poses; the folder's name if absent.")
@reports
def export(
    output: Output,
    format_name: str,
    labels: Path | None,
    poses: Path | None,
    out: Path,
    scorer: str,
    name: str | None,
) -> None:
    """Write labels or predictions in the files of another tool."""
    if (labels is None) == (poses is None):
        raise click.UsageError("Give either --labels or --poses.")
    chosen = get_format(format_name)
    _require_free(out)
    if labels is not None:
        _export_labels(output, chosen, labels, out, scorer, name or labels.resolve().name)
    elif poses is not None:
        _export_poses(output, chosen, poses, out, scorer, name or poses.resolve().name)


def _export_labels(output: Output, chosen: Format, source: Path, out: Path, scorer: str, title: str) -> None:
    if chosen.write_labels is None:
        raise UnknownFormat(f"Labels cannot be written for {chosen.title}.")
    labels = LabelSet.load(source)
    chosen.write_labels(out, labels, title=title, scorer=scorer, on_progress=output.progress)
    facts = {**_facts(labels), "format": chosen.name, "out": out.resolve()}
    output.result(facts, text=f"{facts['frames']} labelled frames, {facts['points']} points -> {out}")


def _export_poses(output: Output, chosen: Format, source: Path, out: Path, scorer: str, name: str) -> None:
    if chosen.write_poses is None:
        raise UnknownFormat(f"Predictions cannot be written for {chosen.title}.")
    store = open_poses(source)
    if not store.complete:
        output.warn(f"{source}: {store.frames_done} of {store.frame_count} frames are predicted so far.")
    poses = store.window()
    out.parent.mkdir(parents=True, exist_ok=True)
    temporary = out.with_name(f".{out.name}.{uuid.uuid4().hex[:8]}.tmp")
    try:
        files = chosen.write_poses(temporary, poses, name=name, scorer=scorer)
        temporary.rename(out)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    written = [out.resolve() / file.name for file in files]
    facts = {"format": chosen.name, "frames": len(poses), "files": written, "out": out.resolve()}
    output.result(facts, text=f"{len(poses)} predicted frames -> {', '.join(file.name for file in written)}")


def _require_free(out: Path) -> None:
    if out.exists() and not (out.is_dir() and not any(out.iterdir())):
        raise OutputExists(f"{out}: exists already. Choose a new folder for --out.")


def _facts(labels: LabelSet) -> dict[str, Any]:
    return {
        "frames": int(np.count_nonzero(labels.labelled_frames)),
        "points": int(np.count_nonzero(labels.visibility >= Visibility.GUESSED)),
        "keypoints": labels.skeleton.keypoints,
        "individuals": labels.individuals,
        "videos": sorted({source.video for source in labels.frames}),
    }
