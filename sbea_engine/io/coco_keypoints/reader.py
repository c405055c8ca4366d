"""Reads COCO keypoints: one JSON file beside a folder of images."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PureWindowsPath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sbea_engine.data import FrameSource, LabelSet, Skeleton, Visibility
from sbea_engine.data.skeleton import BadSkeleton
from sbea_engine.io.coco_keypoints.errors import FILE, BadCoco
from sbea_engine.io.deeplabcut.config import symmetric_by_name
from sbea_engine.io.deeplabcut.labels import frame_indices
from sbea_engine.io.imported import ImportedLabels, find_beside, find_by_end, unique_names

__all__ = ["find", "looks_like", "read_labels"]

MAX_BYTES = 256 << 20
SNIFFED_BYTES = 1 << 16
MAX_PIXEL = 1e6
MAX_NUMBERS = 100_000_000
LISTED = 5  # missing images named in a message before "and N more"
VISIBILITY = {0: Visibility.UNLABELLED, 1: Visibility.GUESSED, 2: Visibility.VISIBLE}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Annotation:
    """One animal on one image: place of the image, who it is if said, and (keypoint, 3) of x, y and v."""

    image: int
    individual: str | None
    keypoints: NDArray[np.float64]


def looks_like(place: Path) -> bool:
    """A JSON file with annotations of keypoints, or a folder with one such file; never raises."""
    try:
        return len(_files(place)) == 1
    except OSError:
        return False


def find(place: Path) -> Path:
    """The file itself, or the one such file in a folder, in its `annotations`, or in the one folder within.

    Raises:
        BadCoco: There is none, or several.
    """
    if place.is_file():
        return place
    files = _files(place)
    if not files and place.is_dir():
        inner = [p for p in place.iterdir() if p.is_dir() and not p.is_symlink()]
        files = _files(inner[0]) if len(inner) == 1 else []
    if len(files) != 1:
        found = f"several COCO files ({', '.join(f.name for f in files[:5])})" if files else "no COCO file"
        raise BadCoco(f"{place}: {found} here. Choose one JSON file.")
    return files[0]


def read_labels(place: Path, *, pictures: Path | None = None) -> ImportedLabels:
    """Labels of all images that carry any.

    v = 2 is visible, 1 guessed, 0 unlabelled. Who an animal is comes from `individual`, `track_id`,
    `instance_id` or `attributes.object_id` of its annotation; without any, animals count in their order on
    the image. The folder of an image names its video, the number at the end of its name the frame.

    Raises:
        BadCoco: Not such a file, damaged, or an image that is not there; the message says where.
    """
    document = _load(place)
    warnings: list[str] = []
    try:
        skeleton, categories = _skeleton(place, document, warnings)
        files = _image_files(place, document)
        numbers = {image["id"]: n for n, image in enumerate(document["images"])}
        found = _annotations(place, document["annotations"], categories, numbers, len(skeleton), warnings)
    except (KeyError, TypeError, AttributeError, IndexError) as error:
        raise BadCoco(f"{place}: not laid out as COCO keypoints ({error!r}).") from error
    individuals, animal = _individuals(place, found)
    labels = _labels(place, skeleton, individuals, files, found, animal)
    rows = np.flatnonzero(labels.labelled_frames)
    if not len(rows):
        raise BadCoco(f"{place}: nothing is labelled in it.")
    if len(rows) < len(labels):
        warnings.append(
            f"{place}: {len(labels) - len(rows)} of {len(labels)} images carry no label; left out."
        )
    labels = labels.select(rows)
    return ImportedLabels(
        title=place.stem if place.name != FILE else place.resolve().parent.name,
        scorer="",
        labels=labels.select(labels.time_order()),
        videos=(),
        warnings=tuple(warnings),
        told_apart=len(individuals) == 1 or all(each.individual is not None for each in found),
    )


def _files(place: Path) -> list[Path]:
    if place.is_file():
        return [place] if _is_coco(place) else []
    folders = [place, place / "annotations"]
    files = [f for folder in folders if folder.is_dir() for f in sorted(folder.glob("*.json"))]
    return [f for f in files if not f.name.startswith(".") and _is_coco(f)]


def _is_coco(file: Path) -> bool:
    if file.suffix.lower() != ".json" or not file.is_file():
        return False
    with file.open("rb") as raw:
        text = raw.read(SNIFFED_BYTES)
        raw.seek(max(0, file.stat().st_size - SNIFFED_BYTES))
        text += raw.read(SNIFFED_BYTES)
    return b'"keypoints"' in text and (b'"annotations"' in text or b'"images"' in text)


def _load(file: Path) -> dict[str, Any]:
    try:
        if file.stat().st_size > MAX_BYTES:
            raise BadCoco(f"{file}: larger than {MAX_BYTES >> 20} MiB; not read. Split it.")
        document = json.loads(file.read_text(encoding="utf-8-sig"))
    except FileNotFoundError as error:
        raise BadCoco(f"{file}: not there.") from error
    except (OSError, ValueError, RecursionError) as error:
        raise BadCoco(f"{file}: not readable JSON ({str(error)[:100]}).") from error
    if not isinstance(document, dict):
        raise BadCoco(f"{file}: not laid out as COCO keypoints (a {type(document).__name__}).")
    for key in ("images", "annotations", "categories"):
        if not isinstance(document.get(key), list):
            raise BadCoco(f"{file}: has no list {key!r}, so it is no COCO file.")
    return document


def _skeleton(
    file: Path, document: Mapping[str, Any], warnings: list[str]
) -> tuple[Skeleton, dict[Any, str]]:
    """(the one skeleton, category ids that have it, to their names)."""
    with_points = [c for c in document["categories"] if c.get("keypoints")]
    if not with_points:
        raise BadCoco(f"{file}: no category has keypoints.")
    names = tuple(str(name) for name in with_points[0]["keypoints"])
    if any(tuple(map(str, c["keypoints"])) != names for c in with_points):
        raise BadCoco(f"{file}: its categories have different keypoints. Write one file for each.")
    edges = []
    for pair in with_points[0].get("skeleton") or []:
        ends = [int(end) - 1 for end in pair]  # COCO counts keypoints from 1
        if len(ends) == 2 and ends[0] != ends[1] and all(0 <= end < len(names) for end in ends):
            edges.append((names[ends[0]], names[ends[1]]))
        else:
            warnings.append(f"{file}: skeleton edge {str(pair)[:40]} does not join two keypoints; left out.")
    try:
        skeleton = Skeleton(
            keypoints=names, edges=tuple(dict.fromkeys(edges)), symmetric=symmetric_by_name(names)
        )
    except (BadSkeleton, ValueError) as error:
        raise BadCoco(f"{file}: {error}") from error
    return skeleton, {c["id"]: str(c.get("name", "")) for c in with_points}


def _image_files(file: Path, document: Mapping[str, Any]) -> list[FrameSource]:
    """Where each image is. Paths lead to files below the folder of the dataset only."""
    folder = file.parent.parent if file.parent.name == "annotations" else file.parent
    paths, missing = [], []
    for image in document["images"]:
        name = str(image["file_name"])
        path = _inside(folder, name)
        missing += [] if path is not None else [name[:200]]
        paths.append(path or folder)
    if missing:
        more = f" and {len(missing) - LISTED} more" if len(missing) > LISTED else ""
        raise BadCoco(
            f"{file}: names images that are not below {folder}: {', '.join(missing[:LISTED])}{more}."
        )
    index: dict[Path, int] = {}
    by_folder: dict[Path, list[Path]] = {}
    for path in dict.fromkeys(paths):
        by_folder.setdefault(path.parent, []).append(path)
    for own in by_folder.values():
        index.update(zip(own, frame_indices([path.name for path in own]), strict=True))
    names = dict(zip(by_folder, unique_names([place.name for place in by_folder], "video"), strict=True))
    return [FrameSource(video=names[path.parent], index=index[path], path=path) for path in paths]


def _inside(folder: Path, name: str) -> Path | None:
    found = find_by_end(folder, name, shortest=2) or find_by_end(folder / "images", name)
    if found is None and len(PureWindowsPath(name).parts) == 1:
        found = find_beside(folder, PureWindowsPath(name).name)
    return found or find_by_end(folder, name)


def _annotations(
    file: Path,
    listed: Sequence[Mapping[str, Any]],
    categories: Mapping[Any, str],
    images: Mapping[Any, int],
    count: int,
    warnings: list[str],
) -> list[_Annotation]:
    found, others = [], 0
    for annotation in listed:
        name = f"{file}: annotation {str(annotation.get('id'))[:40]}"
        if annotation.get("category_id") not in categories or not annotation.get("keypoints"):
            others += 1
            continue
        if annotation["image_id"] not in images:
            raise BadCoco(f"{name} is of an image that the file does not list.")
        try:
            points = np.array(annotation["keypoints"], np.float64)
        except (TypeError, ValueError, OverflowError) as error:
            raise BadCoco(f"{name}: keypoints are no numbers.") from error
        if points.shape != (3 * count,):
            raise BadCoco(f"{name}: has {points.size} numbers; {3 * count} are x, y and v of {count}.")
        points = points.reshape(count, 3)
        if not np.isin(points[:, 2], list(VISIBILITY)).all():
            raise BadCoco(f"{name}: a visibility is 0, 1 or 2.")
        if not np.all(np.abs(points[points[:, 2] > 0]) <= MAX_PIXEL):
            raise BadCoco(f"{name}: a point lies further out than {MAX_PIXEL:g} pixels.")
        found.append(
            _Annotation(image=images[annotation["image_id"]], individual=_who(annotation), keypoints=points)
        )
    if others:
        warnings.append(f"{file}: {others} annotations without keypoints (boxes, crowds, masks); left out.")
    return found


def _who(annotation: Mapping[str, Any]) -> str | None:
    attributes = annotation.get("attributes")
    numbers = [annotation.get("track_id"), annotation.get("instance_id")]
    numbers += [attributes.get("object_id")] if isinstance(attributes, Mapping) else []
    name = annotation.get("individual")
    if isinstance(name, str) and name.strip():
        return name.strip()
    return next((f"track {number}" for number in numbers if isinstance(number, int | str)), None)


def _individuals(file: Path, found: Sequence[_Annotation]) -> tuple[tuple[str, ...], NDArray[np.int64]]:
    """(names of the individual axis, place on it of each annotation)."""
    named = list(dict.fromkeys(each.individual for each in found if each.individual is not None))
    count: dict[int, int] = {}
    seen: set[tuple[int, int]] = set()
    place = np.zeros(len(found), np.int64)
    for n, each in enumerate(found):
        if each.individual is None:
            count[each.image] = count.get(each.image, 0) + 1
            place[n] = len(named) + count[each.image] - 1
        else:
            place[n] = named.index(each.individual)
            if (each.image, int(place[n])) in seen:
                raise BadCoco(f"{file}: {each.individual} is twice on image {each.image + 1} of its list.")
            seen.add((each.image, int(place[n])))
    unnamed = [f"animal {n + 1}" for n in range(max(count.values(), default=0))]
    return tuple(unique_names([*named, *unnamed], "animal")), place


def _labels(
    file: Path,
    skeleton: Skeleton,
    individuals: tuple[str, ...],
    files: Sequence[FrameSource],
    found: Sequence[_Annotation],
    animal: NDArray[np.int64],
) -> LabelSet:
    shape = (len(files), len(individuals), len(skeleton))
    if shape[0] * shape[1] * shape[2] > MAX_NUMBERS:
        raise BadCoco(f"{file}: {shape[0]} images of {shape[1]} individuals are more than are held.")
    twice = [source.path for source in files]
    if len(set(twice)) < len(twice):
        name = next(path.name for path in twice if twice.count(path) > 1)
        raise BadCoco(f"{file}: image {name} is listed twice. Keep one of them.")
    points = np.full((*shape, 2), np.nan, np.float32)
    visibility = np.full(shape, Visibility.UNLABELLED, np.int8)
    for each, i in zip(found, animal, strict=True):
        said = np.array([VISIBILITY[int(v)] for v in each.keypoints[:, 2]], np.int8)
        visibility[each.image, i] = said
        placed = said >= Visibility.GUESSED
        points[each.image, i, placed] = each.keypoints[placed, :2]
    return LabelSet(
        skeleton=skeleton, individuals=individuals, frames=tuple(files), points_px=points,
        visibility=visibility,
    )  # fmt: skip
