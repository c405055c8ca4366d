"""The outside formats that SBeA Studio reads and writes.

How to add one: write `io/<name>.py` (or a package) with readers that return the engine's nouns and refuse bad
input by file and place, then add one `Format` here. `docs/how-to/add-a-file-format.md` has the steps.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from sbea_engine.data import LabelSet, Poses, Poses3D
from sbea_engine.errors import BadInput
from sbea_engine.io import (
    anipose,
    anipose_poses,
    calibration_file,
    coco_keypoints,
    lightning_pose,
    nwb,
)
from sbea_engine.io.calibration_file import BadCalibration, ImportedCalibration
from sbea_engine.io.deeplabcut import transfer as deeplabcut_transfer
from sbea_engine.io.imported import ImportedLabels, ImportedPoses
from sbea_engine.io.sleap import transfer as sleap_transfer
from sbea_engine.io.tables import TableFiles
from sbea_engine.progress import OnProgress

__all__ = [
    "CALIBRATIONS",
    "FORMATS",
    "CalibrationFormat",
    "Format",
    "ImportedLabels",
    "ImportedPoses",
    "UnknownFormat",
    "detect",
    "detect_calibration",
    "get_calibration_format",
    "get_format",
    "read_calibration",
]


class UnknownFormat(BadInput):
    """No format of that name, or one that cannot do what was asked."""

    code = "unknown_format"


class LabelsReader(Protocol):
    """Reads the labels of a place whole, or refuses it.

    Args:
        place: What `find` gave.
        pictures: New folder for pictures that lie inside the other tool's file; where None, they are left in.
    """

    def __call__(self, place: Path, *, pictures: Path | None = None) -> ImportedLabels: ...


class LabelsWriter(Protocol):
    """Writes labels as a new folder that the other tool opens; returns the folder."""

    def __call__(
        self, folder: Path, labels: LabelSet, *, title: str, scorer: str, on_progress: OnProgress
    ) -> Path: ...


class PosesWriterTo(Protocol):
    """Writes predictions of the video `name` into a folder; returns the files."""

    def __call__(self, folder: Path, poses: Poses, *, name: str, scorer: str) -> tuple[Path, ...]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """One outside format. A direction that it does not have is None.

    Attributes:
        name: Used in commands and in the API.
        title: For people.
        detect: Whether a folder or file looks like this format; cheap, and never raises.
        find: The place to read, at or below the one that a user chose or an archive gave.
        read_labels: See `LabelsReader`.
        read_poses: Reads the predictions of that place, or refuses it.
        read_poses3d: Reads the 3D poses of that place, or refuses it.
        write_labels: See `LabelsWriter`.
        write_poses: See `PosesWriterTo`.
        write_poses3d: Writes 3D poses of the recording `name` into a folder; returns the files.
        place_note: For people, one sentence: what to hand in, where labels can be read.
        labels_note, poses_note: For people, one sentence: what they get, where that can be written.
        one_individual: Whether no file of it holds labels or poses of several.
    """

    name: str
    title: str
    detect: Callable[[Path], bool]
    find: Callable[[Path], Path]
    read_labels: LabelsReader | None = None
    read_poses: Callable[[Path], ImportedPoses] | None = None
    read_poses3d: Callable[[Path], Poses3D] | None = None
    write_labels: LabelsWriter | None = None
    write_poses: PosesWriterTo | None = None
    write_poses3d: Callable[[Path, Poses3D, str], tuple[Path, ...]] | None = None
    place_note: str = ""
    labels_note: str = ""
    poses_note: str = ""
    one_individual: bool = False


def _table(name: str, title: str, files: TableFiles, sentence: str) -> Format:
    return Format(
        name=name,
        title=title,
        place_note="A folder with one such table, and the images or videos that it names.",
        labels_note=f"{sentence} The labelled pictures lie beside it.",
        poses_note=sentence,
        detect=files.looks_like,
        find=files.find,
        read_labels=files.read_labels,
        read_poses=files.read_poses,
        write_labels=files.write_labels,
        write_poses=files.write_poses,
    )


FORMATS: Mapping[str, Format] = {
    entry.name: entry
    for entry in (
        Format(  # before DeepLabCut, whose labels lie deeper in the folder
            name="lightning_pose",
            title="Lightning Pose",
            place_note="The folder with CollectedData.csv and labeled-data, and videos where you have them.",
            labels_note="A folder with CollectedData.csv and the labelled pictures.",
            poses_note="One CSV, a row a frame, as Lightning Pose writes for a video.",
            one_individual=True,
            detect=lightning_pose.looks_like,
            find=lightning_pose.find,
            read_labels=lightning_pose.read_labels,
            read_poses=lightning_pose.read_poses,
            write_labels=lightning_pose.write_labels,
            write_poses=lightning_pose.write_poses,
        ),
        Format(
            name="deeplabcut",
            title="DeepLabCut",
            place_note="The project folder: config.yaml, labeled-data and, where you have them, videos.",
            labels_note="A whole project: config.yaml, and the labelled pictures with CSV and H5.",
            poses_note="CSV and H5 as DeepLabCut writes them beside a video; pandas reads both.",
            detect=deeplabcut_transfer.looks_like,
            find=deeplabcut_transfer.find,
            read_labels=deeplabcut_transfer.read_labels,
            read_poses=deeplabcut_transfer.read_poses,
            write_labels=deeplabcut_transfer.write_labels,
            write_poses=deeplabcut_transfer.write_poses,
        ),
        Format(
            name="sleap",
            title="SLEAP",
            place_note="A .pkg.slp, or a .slp with its videos beside it.",
            labels_note="One .pkg.slp file with the labelled pictures inside, which SLEAP opens.",
            poses_note="A .slp file for SLEAP, and the analysis H5 for scripts.",
            detect=sleap_transfer.looks_like,
            find=sleap_transfer.find,
            read_labels=sleap_transfer.read_labels,
            read_poses=sleap_transfer.read_poses,
            write_labels=sleap_transfer.write_labels,
            write_poses=sleap_transfer.write_poses,
        ),
        Format(
            name="coco",
            title="COCO keypoints",
            place_note="A folder with annotations.json and the images that it names.",
            labels_note="One JSON file of annotations beside the labelled pictures.",
            detect=coco_keypoints.looks_like,
            find=coco_keypoints.find,
            read_labels=coco_keypoints.read_labels,
            write_labels=coco_keypoints.write_labels,
        ),
        Format(
            name="nwb",
            title="NWB (ndx-pose)",
            poses_note="One NWB file for archives such as DANDI; times in seconds where the rate is known.",
            detect=nwb.looks_like,
            find=nwb.find,
            read_poses=nwb.read_poses,
            write_poses=nwb.write_poses,
        ),
        Format(
            name="anipose",
            title="Anipose (3D poses)",
            detect=anipose_poses.looks_like,
            find=anipose_poses.find,
            read_poses3d=anipose_poses.read_poses3d,
            write_poses3d=anipose_poses.write_poses3d,
        ),
        _table(
            "csv",
            "CSV, a row a keypoint",
            TableFiles(".csv"),
            "One table with frame, animal, keypoint, x and y in a row: for R, pandas and databases.",
        ),
        _table(
            "csv_wide",
            "CSV, a row an individual",
            TableFiles(".csv", wide=True),
            "One table with all keypoints of an animal in a row: for spreadsheets.",
        ),
        _table(
            "parquet",
            "Parquet, a row a keypoint",
            TableFiles(".parquet"),
            "The same table as the first CSV, small and quick to read: for long videos.",
        ),
    )
}


def get_format(name: str) -> Format:
    """The format of that name; raises `UnknownFormat` naming those that exist."""
    if name not in FORMATS:
        raise UnknownFormat(f"Unknown format {name!r}; known: {', '.join(FORMATS)}.")
    return FORMATS[name]


def detect(place: Path) -> str | None:
    """Name of the format that a folder or file looks like, None for none."""
    return next((name for name, entry in FORMATS.items() if entry.detect(place)), None)


class CalibrationReader(Protocol):
    """Reads the text of a calibration file.

    `name` stands for the file in messages, `unit_mm` for the length of a unit that the file does not name.
    """

    def __call__(self, text: str, name: str, *, unit_mm: float = 1.0) -> ImportedCalibration: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class CalibrationFormat:
    """One kind of file with the cameras of a rig.

    Attributes:
        name: Used in commands and in the API.
        title: For people.
        looks_like: Whether a file of that ending (with its dot, lower case) and text is one; never raises.
        read: See `CalibrationReader`; raises `BadCalibration`.
    """

    name: str
    title: str
    looks_like: Callable[[str, str], bool]
    read: CalibrationReader


CALIBRATIONS: Mapping[str, CalibrationFormat] = {
    entry.name: entry
    for entry in (
        CalibrationFormat(
            name="sbea",
            title="SBeA Studio",
            looks_like=lambda ending, text: ending == ".json" and calibration_file.CALIBRATION_FORMAT in text,
            read=calibration_file.parse_calibration,
        ),
        CalibrationFormat(
            name="rendered",
            title="Rendered recording",
            looks_like=lambda ending, text: ending == ".json" and calibration_file.RENDERED_FORMAT in text,
            read=calibration_file.parse_rendered,
        ),
        CalibrationFormat(
            name="anipose",
            title="Anipose",
            looks_like=lambda ending, text: ending == ".toml" and "[cam_" in text,
            read=anipose.parse_anipose,
        ),
    )
}


def get_calibration_format(name: str) -> CalibrationFormat:
    """The calibration format of that name; raises `UnknownFormat` naming those that exist."""
    if name not in CALIBRATIONS:
        raise UnknownFormat(f"Unknown calibration format {name!r}; known: {', '.join(CALIBRATIONS)}.")
    return CALIBRATIONS[name]


def detect_calibration(filename: str, text: str) -> str | None:
    """Name of the calibration format that a file looks like, None for none."""
    ending = Path(filename).suffix.lower()
    return next((name for name, entry in CALIBRATIONS.items() if entry.looks_like(ending, text)), None)


def read_calibration(
    path: Path, format_name: str | None = None, *, unit_mm: float = 1.0
) -> ImportedCalibration:
    """Read a calibration file, or the cameras of a rendered recording's folder.

    Args:
        format_name: One of `CALIBRATIONS`; what the file looks like when None.
        unit_mm: Millimetres in one unit of a file that names none.

    Raises:
        BadCalibration: No calibration, or a damaged one.
        UnknownFormat: No format of that name.
    """
    file = path / calibration_file.RENDERED_FILE if path.is_dir() else path
    text = calibration_file.read_text(file)
    name = format_name or detect_calibration(file.name, text)
    if name is None:
        titles = ", ".join(entry.title for entry in CALIBRATIONS.values())
        raise BadCalibration(f"{file}: not a calibration that can be read here ({titles}).")
    return get_calibration_format(name).read(text, str(file), unit_mm=unit_mm)
