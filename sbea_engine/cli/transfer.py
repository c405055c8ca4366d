"""`sbea import` and `sbea export`: labels and poses from and for other tools."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
import uuid
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
import numpy as np

from sbea_engine.cli.output import Output, reports
from sbea_engine.data import LabelSet, Visibility
from sbea_engine.errors import BadInput
from sbea_engine.io.archive import extract_zip
from sbea_engine.io.deeplabcut.labels import image_names
from sbea_engine.io.image_folders import safe_folders
from sbea_engine.io.picture_files import is_image, png_bytes, read_pictures
from sbea_engine.io.poses3d_store import open_poses3d, write_poses3d
from sbea_engine.io.poses_store import open_poses, write_poses
from sbea_engine.io.registry import FORMATS, Format, UnknownFormat, detect, get_format
from sbea_engine.progress import OnProgress, Progress

__all__ = ["export", "import_labels"]

WHAT = ("labels", "poses", "poses3d")
FORMAT_NAMES = click.Choice(list(FORMATS))
ANY_PATH = click.Path(path_type=Path)


class OutputExists(BadInput):
    """The place to write to is taken."""

    code = "output_exists"


@click.command("import")
@click.argument("source", type=ANY_PATH)
@click.option("--from", "format_name", type=FORMAT_NAMES, help="Whose files these are; else told by looking.")
@click.option("--what", type=click.Choice(WHAT), default="labels", show_default=True, help="What to read.")
@click.option("--out", type=ANY_PATH, required=True, help="New folder for the labels or poses.")
@click.option(
    "--copy-images/--no-copy-images",
    default=False,
    help="Copy images beside the labels; without, labels.json points to them. A zip is always copied.",
)
@reports
def import_labels(
    output: Output, source: Path, format_name: str | None, what: str, out: Path, copy_images: bool
) -> None:
    """Read a project, file, folder or zip archive of another tool.

    Labels become a folder with labels.json; predictions a store of poses for each video, in --out. Nothing is
    written unless all of it could be read.
    """
    _require_free(out)
    with tempfile.TemporaryDirectory(prefix="sbea-import-") as scratch:
        place = source
        if source.is_file() and source.suffix.lower() == ".zip":
            place = extract_zip(source, Path(scratch) / "archive", on_progress=output.progress)
            copy_images = True
        chosen = get_format(format_name) if format_name else _detected(place, source)
        _import(output, chosen, what, chosen.find(place), out, copy_images)


def _detected(place: Path, source: Path) -> Format:
    """The format of a place, or of the one folder that an archive has at its top."""
    inner = [child for child in place.iterdir() if child.name != "__MACOSX"] if place.is_dir() else []
    name = detect(place) or (detect(inner[0]) if len(inner) == 1 else None)
    if name is None:
        raise UnknownFormat(f"{source}: looks like none of {', '.join(FORMATS)}. Name one with --from.")
    return get_format(name)


def _import(output: Output, chosen: Format, what: str, place: Path, out: Path, copy_images: bool) -> None:
    """Fill a folder beside `out`, and give it its name when all of it is there."""
    made = [folder for folder in (out.parent, *out.parent.parents) if not folder.exists()]
    out.parent.mkdir(parents=True, exist_ok=True)
    temporary = out.with_name(f".{out.name}.{uuid.uuid4().hex[:8]}.tmp")
    try:
        temporary.mkdir()
        if what == "labels":
            facts, text = _read_labels(output, chosen, place, temporary, copy_images)
        elif what == "poses":
            facts, text = _read_poses(output, chosen, place, temporary)
        else:
            facts, text = _read_poses3d(chosen, place, temporary)
        if out.is_dir():
            out.rmdir()
        temporary.rename(out)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
        for folder in made:
            with contextlib.suppress(OSError):  # it holds the output, unless that was refused
                folder.rmdir()
    output.result({**facts, "format": chosen.name, "out": out.resolve()}, text=f"{text} -> {out}")


def _read_labels(
    output: Output, chosen: Format, place: Path, folder: Path, copy_images: bool
) -> tuple[dict[str, Any], str]:
    if chosen.read_labels is None:
        raise UnknownFormat(f"{chosen.title} labels cannot be read.")
    inside = folder / "pictures"
    imported = chosen.read_labels(place, pictures=inside)
    labels = imported.labels
    if copy_images:
        labels = _with_copied_images(labels, folder, output.progress)
        shutil.rmtree(inside, ignore_errors=True)
    labels.save(folder)
    for warning in imported.warnings:
        output.warn(warning)
    if imported.predicted_videos:
        output.warn(
            f"{place}: predictions on {imported.predicted_videos} videos are not part of the labels; read "
            "them with --what poses."
        )
    facts = {
        **_facts(labels),
        "title": imported.title,
        "scorer": imported.scorer,
        "videos_found": [video.name for video in imported.videos] if copy_images else imported.videos,
        "images": "copied" if copy_images or inside.is_dir() else "referenced",
        "warnings": imported.warnings,
    }
    return facts, f"{facts['frames']} labelled frames, {facts['points']} points"


def _read_poses(output: Output, chosen: Format, place: Path, folder: Path) -> tuple[dict[str, Any], str]:
    if chosen.read_poses is None:
        raise UnknownFormat(f"{chosen.title} predictions cannot be read.")
    imported = chosen.read_poses(place)
    stores = dict(zip(imported.poses, safe_folders(list(imported.poses)), strict=True))
    for video, poses in imported.poses.items():
        write_poses(poses, folder / stores[video])
    for warning in imported.warnings:
        output.warn(warning)
    frames = sum(len(poses) for poses in imported.poses.values())
    facts = {
        "title": imported.title,
        "frames": frames,
        "stores": stores,
        "individuals": {video: poses.individuals for video, poses in imported.poses.items()},
        "keypoints": next(iter(imported.poses.values())).skeleton.keypoints,
        "warnings": imported.warnings,
    }
    return facts, f"{frames} predicted frames of {len(stores)} videos"


def _read_poses3d(chosen: Format, place: Path, folder: Path) -> tuple[dict[str, Any], str]:
    if chosen.read_poses3d is None:
        raise UnknownFormat(f"{chosen.title} 3D poses cannot be read.")
    poses = chosen.read_poses3d(place)
    write_poses3d(poses, folder / "poses3d")
    facts = {"ticks": len(poses), "individuals": poses.individuals, "keypoints": poses.skeleton.keypoints}
    return facts, f"{len(poses)} ticks of 3D poses"


def _with_copied_images(labels: LabelSet, folder: Path, on_progress: OnProgress) -> LabelSet:
    """The labels with their frames as images in `folder`: files are copied, frames of videos decoded."""
    videos = list(dict.fromkeys(source.video for source in labels.frames))
    places = dict(zip(videos, safe_folders(videos), strict=True))
    frames = list(labels.frames)
    done = 0
    for video, place in places.items():
        rows = [row for row, source in enumerate(labels.frames) if source.video == video]
        part = labels.select(rows)
        for row, source, name in zip(rows, part.frames, image_names(part), strict=True):
            target = folder / "images" / place / (source.path.name if is_image(source.path) else name)
            frames[row] = replace(source, path=target)
        decoded = [source for source in part.frames if not is_image(source.path)]
        pictures = read_pictures(decoded)
        for row, source in zip(rows, part.frames, strict=True):
            frames[row].path.parent.mkdir(parents=True, exist_ok=True)
            if is_image(source.path):
                shutil.copyfile(source.path, frames[row].path)
            else:
                frames[row].path.write_bytes(png_bytes(next(pictures)))
            done += 1
            on_progress(Progress(stage="copy images", done=done, total=len(labels)))
    return replace(labels, frames=tuple(frames))


@click.command()
@click.option("--to", "format_name", type=FORMAT_NAMES, required=True, help="Who is to read the files.")
@click.option("--labels", type=ANY_PATH, help="Folder with labels.json: written as a whole project.")
@click.option("--poses", type=ANY_PATH, help="Folder of predicted poses: written as prediction files.")
@click.option("--poses3d", type=ANY_PATH, help="Folder of 3D poses: written as files of 3D poses.")
@click.option("--out", type=ANY_PATH, required=True, help="New folder to write.")
@click.option("--scorer", required=True, help="Whose name the files carry.")
@click.option("--name", help="Name of the project, or of the video of --poses; the folder's name if absent.")
@reports
def export(
    output: Output,
    format_name: str,
    labels: Path | None,
    poses: Path | None,
    poses3d: Path | None,
    out: Path,
    scorer: str,
    name: str | None,
) -> None:
    """Write labels or predictions in the files of another tool."""
    if sum(given is not None for given in (labels, poses, poses3d)) != 1:
        raise click.UsageError("Give either --labels or --poses or --poses3d.")
    chosen = get_format(format_name)
    _require_free(out)
    if labels is not None:
        _export_labels(output, chosen, labels, out, scorer, name or labels.resolve().name)
    elif poses is not None:
        _export_poses(output, chosen, poses, out, scorer, name or poses.resolve().name)
    elif poses3d is not None:
        _export_poses3d(output, chosen, poses3d, out, name or poses3d.resolve().name)


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
    write = chosen.write_poses
    store = open_poses(source)
    if not store.complete:
        output.warn(f"{source}: {store.frames_done} of {store.frame_count} frames are predicted so far.")
    poses = store.window()
    files = _written(out, lambda folder: write(folder, poses, name=name, scorer=scorer))
    facts = {"format": chosen.name, "frames": len(poses), "files": files, "out": out.resolve()}
    output.result(facts, text=f"{len(poses)} predicted frames -> {', '.join(file.name for file in files)}")


def _export_poses3d(output: Output, chosen: Format, source: Path, out: Path, name: str) -> None:
    if chosen.write_poses3d is None:
        raise UnknownFormat(f"3D poses cannot be written for {chosen.title}.")
    write = chosen.write_poses3d
    store = open_poses3d(source)
    if not store.complete:
        output.warn(f"{source}: {store.ticks_done} of {store.tick_count} ticks are reconstructed so far.")
    poses = store.window()
    files = _written(out, lambda folder: write(folder, poses, name))
    facts = {"format": chosen.name, "ticks": len(poses), "files": files, "out": out.resolve()}
    output.result(facts, text=f"{len(poses)} ticks -> {', '.join(file.name for file in files)}")


def _written(out: Path, write: Callable[[Path], tuple[Path, ...]]) -> list[Path]:
    """The files that `write` makes, in `out`; all of them or none."""
    out.parent.mkdir(parents=True, exist_ok=True)
    temporary = out.with_name(f".{out.name}.{uuid.uuid4().hex[:8]}.tmp")
    try:
        files = write(temporary)
        if out.is_dir():
            out.rmdir()
        temporary.rename(out)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return [out.resolve() / file.relative_to(temporary) for file in files]


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
