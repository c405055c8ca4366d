"""`labeled-data/<video>/CollectedData_<scorer>.csv` and `.h5`: the human labels of one video."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path, PureWindowsPath
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from sbea_engine.data import FrameSource, LabelSet, Visibility
from sbea_engine.io.deeplabcut.config import SINGLE, ProjectConfig
from sbea_engine.io.deeplabcut.frames import columns_of, require_name, write_csv_and_h5
from sbea_engine.io.deeplabcut.hdf5 import PickledObjects
from sbea_engine.io.deeplabcut.table import BadDeepLabCut, Column, Table, column_name, read_table
from sbea_engine.video.container import is_folder
from sbea_engine.video.images import SUFFIXES, list_images

__all__ = [
    "IndexStyle",
    "columns_to_write",
    "frame_indices",
    "image_names",
    "label_cells",
    "read_labels",
    "require_pairs",
    "split_unique",
    "split_used",
    "write_labels",
]

IndexStyle = Literal["path", "multi"]
LISTED = 5  # missing files named in a message before "and N more"


def read_labels(folder: Path, config: ProjectConfig) -> tuple[LabelSet, list[str]]:
    """Labels of one video and the warnings that reading them gave.

    An empty cell is `UNLABELLED`; every other label is `VISIBLE`, since DeepLabCut stores no more than that.
    A row of empty cells alone is a frame that nobody has labelled yet: it is left out with a warning. The
    frame index is the number at the end of the image's name, or its place in the alphabet where the names
    carry no distinct numbers.

    Args:
        folder: `labeled-data/<video>`.
        config: Of the project that the folder belongs to.

    Raises:
        BadDeepLabCut: A file is unreadable, does not fit the config, or names images that are not there.
    """
    table, warnings = _read_collected(folder, config)
    individuals = _require_columns(table, config)
    names = [_image_name(table, row, folder) for row in range(len(table.rows))]
    _require_images(table, folder, names)
    keypoints = config.skeleton.keypoints
    groups: Sequence[str | None] = individuals if config.multi_animal else [None]
    x, y = table.spread("x", groups, keypoints), table.spread("y", groups, keypoints)
    require_pairs(table, x, y, groups, keypoints)
    points = np.stack([x, y], axis=-1).astype(np.float32)
    placed = np.isfinite(points).all(-1)
    indices = frame_indices(names)
    labels = LabelSet(
        skeleton=config.skeleton,
        individuals=individuals,
        frames=tuple(
            FrameSource(video=folder.name, index=index, path=folder / name)
            for index, name in zip(indices, names, strict=True)
        ),
        points_px=points,
        visibility=np.where(placed, Visibility.VISIBLE, Visibility.UNLABELLED).astype(np.int8),
    )
    order = labels.time_order()
    labelled = order[labels.labelled_frames[order]]
    if len(labelled) < len(order):
        warnings.append(
            f"{table.file}: {len(order) - len(labelled)} of {len(order)} images carry no label; left out."
        )
    return labels.select(labelled), warnings


def write_labels(
    labels: LabelSet,
    folder: Path,
    scorer: str,
    *,
    index_style: IndexStyle = "multi",
    names: Sequence[str] | None = None,
) -> tuple[Path, Path]:
    """Write CollectedData as DeepLabCut does, CSV and H5 with the key `df_with_missing`.

    Positions that are visible or guessed are written; all else is empty. One individual gives the
    single-animal header, several the multi-animal one (see `split_unique`).

    Args:
        labels: Of one video.
        folder: `labeled-data/<video>`; made if needed. Its name becomes part of each row.
        scorer: Part of the file names and of the header.
        index_style: "multi" (three index levels, as since DeepLabCut 2.2) or "path" (one path, as before).
        names: Image file name of each frame; those of `image_names` when None.

    Returns:
        The CSV and the H5 file.

    Raises:
        BadDeepLabCut: Several videos, or a name that DeepLabCut or a file system cannot hold.
    """
    import pandas as pd

    videos = {source.video for source in labels.frames}
    if len(videos) > 1:
        raise BadDeepLabCut(f"One folder holds the labels of one video, got {', '.join(sorted(videos))}.")
    require_name(scorer, "scorer")
    require_name(folder.name, "video")
    order = labels.time_order()
    files = list(image_names(labels) if names is None else names)
    rows = [("labeled-data", folder.name, files[i]) for i in order]
    index = (
        pd.MultiIndex.from_tuples(rows)
        if index_style == "multi" and rows
        else pd.Index(["/".join(r) for r in rows])
    )
    wanted = columns_to_write(labels)
    frame = pd.DataFrame(
        label_cells(labels.select(order), wanted), index=index, columns=columns_of(scorer, wanted)
    )
    folder.mkdir(parents=True, exist_ok=True)
    return write_csv_and_h5(frame, folder / f"CollectedData_{scorer}")


def image_names(labels: LabelSet) -> tuple[str, ...]:
    """File name of each frame's image in the labels of one video.

    A frame that is an image file keeps its name, as .png: that name says which frame of the video it was.
    Frames of a video file are `imgNNNN.png`, numbered by frame index and padded so that names sort like
    numbers; and so are all of them where two would share a name.
    """
    width = max([4, *(len(str(source.index)) for source in labels.frames)])
    numbered = [f"img{source.index:0{width}d}.png" for source in labels.frames]
    listed: dict[Path, list[Path]] = {}
    stems = [_image_stem(source, listed) for source in labels.frames]
    own = [n if stem is None else f"{stem}.png" for n, stem in zip(numbered, stems, strict=True)]
    return tuple(own if len({name.casefold() for name in own}) == len(own) else numbered)


def split_unique(labels: LabelSet) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(body parts of every animal, unique body parts), by DeepLabCut's rule for the individual `single`.

    Where an individual of that name stands beside others, the keypoints labelled on it alone are unique ones.

    Raises:
        BadDeepLabCut: A keypoint is labelled both on `single` and on another individual.
    """
    used = np.any(labels.visibility >= Visibility.GUESSED, axis=0)
    return split_used(labels.individuals, labels.skeleton.keypoints, used)


def split_used(
    individuals: Sequence[str], keypoints: tuple[str, ...], used: NDArray[np.bool_]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """As `split_unique`, from (individual, keypoint) whether it was ever placed."""
    if SINGLE not in individuals or len(individuals) == 1:
        return keypoints, ()
    single = individuals.index(SINGLE)
    on_single, on_others = used[single], np.delete(used, single, axis=0).any(axis=0)
    both = [k for k, clash in zip(keypoints, on_single & on_others, strict=True) if clash]
    if both:
        raise BadDeepLabCut(
            f"{both[0]} is labelled both on {SINGLE!r} and on another animal; rename that animal."
        )
    return (
        tuple(k for k, unique in zip(keypoints, on_single, strict=True) if not unique),
        tuple(k for k, unique in zip(keypoints, on_single, strict=True) if unique),
    )


def _image_stem(source: FrameSource, listed: dict[Path, list[Path]]) -> str | None:
    """Name of the image file that a frame is; None for a frame of a video, and for what no table can hold.

    Args:
        listed: Images of the folders met so far; added to.
    """
    file = source.path
    if is_folder(file):
        if file not in listed:
            listed[file] = list_images(file)
        if source.index >= len(listed[file]):
            return None
        file = listed[file][source.index]
    if file.suffix.lower() not in SUFFIXES:
        return None
    try:
        require_name(file.stem, "image")
    except BadDeepLabCut:
        return None
    return file.stem


def _read_collected(folder: Path, config: ProjectConfig) -> tuple[Table, list[str]]:
    """The label table by the rule: CSV before H5, and a warning where the two differ."""
    warnings: list[str] = []
    stem = f"CollectedData_{config.scorer}"
    if not any((folder / f"{stem}{suffix}").exists() for suffix in (".csv", ".h5")):
        others = sorted({p.stem for p in folder.glob("CollectedData_*") if p.suffix in (".csv", ".h5")})
        if len(others) != 1:
            raise BadDeepLabCut(
                f"{folder}: no {stem}.csv or .h5, the scorer of config.yaml"
                + (f"; there are {', '.join(others)}. Set scorer to the one you mean." if others else ".")
            )
        warnings.append(
            f"{folder}: labels of {others[0]} are read; config.yaml names scorer {config.scorer}."
        )
        stem = others[0]
    csv_file, h5_file = folder / f"{stem}.csv", folder / f"{stem}.h5"
    for file in (csv_file, h5_file):
        _require_inside(folder, file)
    if not csv_file.exists():
        return read_table(h5_file), warnings
    table = read_table(csv_file)
    if h5_file.exists():
        try:
            difference = _first_difference(table, read_table(h5_file))
        except PickledObjects as error:
            difference = None
            warnings.append(f"{error} The CSV beside it was used.")
        if difference:
            warnings.append(f"{csv_file} and {h5_file.name} differ: {difference}. The CSV was used.")
    return table, warnings


def _first_difference(ours: Table, other: Table) -> str | None:
    names = [PureWindowsPath(*row).as_posix() for row in ours.rows]
    their_row = {PureWindowsPath(*row).as_posix(): r for r, row in enumerate(other.rows)}
    their_column = {column: c for c, column in enumerate(other.columns)}
    if set(names) != set(their_row):
        odd = sorted(set(names) ^ set(their_row))
        return f"{odd[0]} is in one of them only"
    if set(ours.columns) != set(their_column):
        return "their columns are not the same"
    theirs = other.values[[their_row[n] for n in names]][:, [their_column[c] for c in ours.columns]]
    unequal = np.argwhere(~np.isclose(ours.values, theirs, rtol=0, atol=1e-3, equal_nan=True))
    if not len(unequal):
        return None
    r, c = (int(v) for v in unequal[0])
    place, values = f"{names[r]}, {ours.columns[c]}", f"{ours.values[r, c]:g} and {theirs[r, c]:g}"
    return f"{len(unequal)} cells, first {place}: {values}"


def _require_columns(table: Table, config: ProjectConfig) -> tuple[str, ...]:
    """Check header against config; returns the individual axis."""
    if any(c.coord == "likelihood" for c in table.columns):
        raise BadDeepLabCut(f"{table.file}: holds likelihoods, so predictions, where human labels belong.")
    if config.multi_animal != bool(table.individuals):
        kind = "a multi-animal" if config.multi_animal else "a single-animal"
        raise BadDeepLabCut(
            f"{table.file}: the header does not fit config.yaml, which describes {kind} project."
        )
    expected: list[tuple[str | None, str]] = [(None, b) for b in config.bodyparts]
    if config.multi_animal:
        expected = [(i, b) for i in config.individuals for b in config.bodyparts]
        expected += [(SINGLE, b) for b in config.unique_bodyparts]
    found = {(c.individual, c.bodypart) for c in table.columns}
    absent = [Column(i, b, "x") for i, b in expected if (i, b) not in found]
    surplus = sorted({c.bodypart if c.individual is None else f"{c.individual}/{c.bodypart}"
                      for c in table.columns if (c.individual, c.bodypart) not in expected})  # fmt: skip
    if absent or surplus:
        parts = [f"column {column_name(absent[0], 'x')} of config.yaml is missing"] if absent else []
        parts += [f"{surplus[0]} is not in config.yaml"] if surplus else []
        hint = " Was a body part renamed? Use one name in both." if absent and surplus else ""
        raise BadDeepLabCut(f"{table.file}: {' and '.join(parts)}.{hint}")
    if not config.multi_animal:
        return ("animal 1",)
    return (*config.individuals, SINGLE) if config.unique_bodyparts else config.individuals


def _image_name(table: Table, row: int, folder: Path) -> str:
    """File name of a row's image; rows of computers with backslashes are read too."""
    path = PureWindowsPath(*table.rows[row])
    parts = path.parts
    if path.name in ("", "..") or "\0" in path.name:
        raise BadDeepLabCut(f"{table.file}: row {row + 1} names no image.")
    if len(parts) > 1 and parts[-2] != folder.name:
        raise BadDeepLabCut(
            f"{table.file}: row {row + 1} names an image of {parts[-2]!r}, the file lies in {folder.name!r}."
        )
    return path.name


def _require_images(table: Table, folder: Path, names: Sequence[str]) -> None:
    twice = next((n for n in names if names.count(n) > 1), None) if len(set(names)) < len(names) else None
    if twice is not None:
        raise BadDeepLabCut(f"{table.file}: {twice} is in two rows. Keep one of them.")
    missing = [name for name in names if not (folder / name).is_file()]
    if missing:
        more = f" and {len(missing) - LISTED} more" if len(missing) > LISTED else ""
        raise BadDeepLabCut(
            f"{table.file}: names images that are not in {folder}: {', '.join(missing[:LISTED])}{more}.",
            missing=missing,
        )
    for name in names:
        _require_inside(folder, folder / name)


def _require_inside(folder: Path, file: Path) -> None:
    """Raise `BadDeepLabCut` where a name or a link leads out of the folder."""
    if not file.resolve().is_relative_to(folder.resolve()):
        raise BadDeepLabCut(f"{file}: a link to outside the folder; not followed. Copy the file in.")


def require_pairs(
    table: Table,
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    groups: Sequence[str | None],
    keypoints: Sequence[str],
) -> None:
    """Raise `BadDeepLabCut` where one coordinate of a point is there and the other is not."""
    half = np.argwhere(np.isnan(x) != np.isnan(y))
    if len(half):
        r, i, k = (int(v) for v in half[0])
        coord = "x" if np.isnan(x[r, i, k]) else "y"
        raise BadDeepLabCut(
            f"{table.file}: {table.row_name(r)}, column {Column(groups[i], keypoints[k], coord)} is empty, "
            "its other coordinate is not. Fill both or neither."
        )


def frame_indices(names: Sequence[str]) -> list[int]:
    """Frame of each image of one video: the number in its name, or its place among the names."""
    numbers = [re.search(r"(\d{1,15})$", Path(name).stem) for name in names]
    indices = [int(match.group(1)) for match in numbers if match]
    if len(set(indices)) == len(names):
        return indices
    place = {name: k for k, name in enumerate(sorted(names))}
    return [place[name] for name in names]


def columns_to_write(labels: LabelSet) -> list[Column]:
    """The columns of a table of labels."""
    if len(labels.individuals) == 1:
        return [Column(None, k, c) for k in labels.skeleton.keypoints for c in ("x", "y")]
    shared, unique = split_unique(labels)
    return [
        Column(individual, keypoint, coord)
        for individual in labels.individuals
        for keypoint in (unique if individual == SINGLE else shared)
        for coord in ("x", "y")
    ]


def label_cells(labels: LabelSet, columns: Sequence[Column]) -> NDArray[np.float64]:
    """(frame, column) of coordinates; NaN where there is no position."""
    cells = np.empty((len(labels), len(columns)), np.float64)
    for c, column in enumerate(columns):
        individual = 0 if column.individual is None else labels.individuals.index(column.individual)
        keypoint, axis = labels.skeleton.index(column.bodypart), "xy".index(column.coord)
        # by way of text: 21.521 is written, not the 21.520999908447266 that float32 widens to
        cells[:, c] = labels.points_px[:, individual, keypoint, axis].astype(str).astype(np.float64)
    return cells
