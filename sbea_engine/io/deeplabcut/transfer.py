"""DeepLabCut as the registry knows it: projects with labels, and files or folders of predictions."""

from __future__ import annotations

from pathlib import Path

from sbea_engine.data import LabelSet, Poses
from sbea_engine.io.deeplabcut.hdf5 import KEYS, PickledObjects
from sbea_engine.io.deeplabcut.predictions import read_predictions, write_predictions
from sbea_engine.io.deeplabcut.project import find_project, read_project, write_project
from sbea_engine.io.deeplabcut.table import BadDeepLabCut
from sbea_engine.io.imported import ImportedLabels, ImportedPoses, unique_names
from sbea_engine.progress import OnProgress

__all__ = [
    "find",
    "looks_like",
    "prediction_files",
    "read_labels",
    "read_poses",
    "write_labels",
    "write_poses",
]

SNIFFED_BYTES = 4096
INTERMEDIATE = ("_full.pickle", "_assemblies.pickle")


def looks_like(place: Path) -> bool:
    """A project, a folder of predictions, or one file of them; never raises."""
    try:
        if place.is_dir():
            project = (place / "config.yaml").is_file() and (place / "labeled-data").is_dir()
            return project or bool(prediction_files(place))
        return _is_table(place)
    except OSError:
        return False


def find(place: Path) -> Path:
    """The project at or below `place`; a file, or a folder of predictions, is itself."""
    if place.is_file() or (prediction_files(place) and not (place / "config.yaml").exists()):
        return place
    return find_project(place)


def read_labels(place: Path, *, pictures: Path | None = None) -> ImportedLabels:
    """The labels of a project; its pictures are files already."""
    project = read_project(place)
    return ImportedLabels(
        title=project.task,
        scorer=project.scorer,
        labels=project.labels,
        videos=project.videos,
        warnings=project.warnings,
    )


def read_poses(place: Path) -> ImportedPoses:
    """Predictions of a file, or of all in a folder or in the `videos` of a project.

    A file belongs to the video whose name is left when the scorer is taken from its own; "_filtered" and the
    like stay. Where a CSV lies beside an H5 of the same name, the H5 is used: it has all digits.

    Raises:
        BadDeepLabCut: There are none, or one cannot be used.
    """
    files = [place] if place.is_file() else prediction_files(place) or prediction_files(place / "videos")
    if not files:
        raise BadDeepLabCut(f"{place}: no predictions here (<video><scorer>.h5 or .csv).")
    warnings: list[str] = []
    read = [read_table(file, warnings) for file in files]
    left = [
        file.stem.replace(str(poses.provenance["scorer"]), "").rstrip("_") or file.stem
        for file, poses in zip(files, read, strict=True)
    ]
    folder = place if place.is_dir() else place.parent
    if any(file.name.endswith(INTERMEDIATE) for file in folder.iterdir()):
        warnings.append(f"{folder}: pickled files (_full, _assemblies) are not read; their .h5 are.")
    return ImportedPoses(
        title=place.stem,
        poses=dict(zip(unique_names(left, "video"), read, strict=True)),
        warnings=tuple(warnings),
    )


def prediction_files(folder: Path) -> list[Path]:
    """The tables of predictions that lie directly in a folder; one of CSV and H5."""
    if not folder.is_dir():
        return []
    files = [f for f in sorted(folder.iterdir()) if not f.name.startswith((".", "CollectedData"))]
    tables = [f for f in files if f.suffix.lower() == ".h5" and _is_table(f)]
    stems = {f.stem for f in tables}
    tables += [f for f in files if f.suffix.lower() == ".csv" and f.stem not in stems and _is_table(f)]
    return sorted(tables)


def write_labels(folder: Path, labels: LabelSet, *, title: str, scorer: str, on_progress: OnProgress) -> Path:
    """See `write_project`."""
    return write_project(folder, task=title, scorer=scorer, labels=labels, on_progress=on_progress)


def write_poses(folder: Path, poses: Poses, *, name: str, scorer: str) -> tuple[Path, ...]:
    """`<video><scorer>`, which DeepLabCut looks for beside a video."""
    return write_predictions(poses, folder / f"{name}{scorer}", scorer)


def read_table(file: Path, warnings: list[str]) -> Poses:
    """A table of predictions; the CSV beside an H5 that holds Python objects, which a warning then says.

    Raises:
        BadDeepLabCut: Neither can be read.
    """
    csv = file.with_suffix(".csv")
    try:
        return read_predictions(file)
    except PickledObjects as error:
        if file == csv or not csv.is_file():
            raise
        warnings.append(f"{error} The CSV beside it was used.")
        return read_predictions(csv)


def _is_table(file: Path) -> bool:
    """Whether a file looks like a table that DeepLabCut wrote; never raises."""
    import h5py

    try:
        if file.suffix.lower() == ".csv":
            with file.open("rb") as text:
                head = text.read(SNIFFED_BYTES).lstrip(b"\xef\xbb\xbf")
            return head.startswith(b"scorer,") and b"\nbodyparts," in head.replace(b"\r", b"")
        if file.suffix.lower() != ".h5" or not file.is_file():
            return False
        with h5py.File(file, "r") as store:
            return any(key in store for key in KEYS)
    except (OSError, ValueError, RuntimeError):
        return False
