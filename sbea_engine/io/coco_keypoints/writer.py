"""Writes COCO keypoints: one JSON file beside a folder of images."""

from __future__ import annotations

import json
import shutil
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from sbea_engine.data import LabelSet, Skeleton, Visibility
from sbea_engine.io.coco_keypoints.errors import FILE, BadCoco
from sbea_engine.io.image_folders import write_by_video
from sbea_engine.progress import OnProgress

__all__ = ["write_labels"]


def write_labels(folder: Path, labels: LabelSet, *, title: str, scorer: str, on_progress: OnProgress) -> Path:
    """A new folder with `annotations.json` and the frames in `images/<video>`.

    Raises:
        BadCoco: The folder exists, or nothing is labelled.
        BadVideo: The pixels of a frame cannot be read.
    """
    if folder.exists():
        raise BadCoco(f"{folder}: exists already. Choose a new folder.")
    if not len(labels):
        raise BadCoco("There are no labelled frames to write.")
    labels = labels.select(labels.time_order())
    folder.parent.mkdir(parents=True, exist_ok=True)
    temporary = folder.with_name(f".{folder.name}.{uuid.uuid4().hex[:8]}.tmp")
    try:
        images = _image_entries(write_by_video(labels, temporary, "images", on_progress), temporary)
        document = {
            "info": {"description": title, "contributor": scorer},
            "images": images,
            "annotations": _annotation_entries(labels),
            "categories": [_category(labels.skeleton)],
        }
        (temporary / FILE).write_text(json.dumps(document, allow_nan=False), encoding="utf-8")
        temporary.rename(folder)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return folder


def _image_entries(files: Sequence[str], folder: Path) -> list[dict[str, Any]]:
    from PIL import Image

    entries = []
    for number, file in enumerate(files, start=1):
        with Image.open(folder / file) as image:
            width, height = image.size
        entries.append({"id": number, "file_name": file, "width": width, "height": height})
    return entries


def _annotation_entries(labels: LabelSet) -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = []
    for row in range(len(labels)):
        for i, name in enumerate(labels.individuals):
            placed = labels.visibility[row, i] >= Visibility.GUESSED
            if not placed.any():
                continue
            # by way of text: 21.521 is written, not the 21.520999908447266 that float32 widens to
            points = labels.points_px[row, i].astype(str).astype(np.float64)
            flat: list[float] = []
            for (x, y), said in zip(points, labels.visibility[row, i], strict=True):
                flat += [float(x), float(y), int(said)] if said >= Visibility.GUESSED else [0, 0, 0]
            low, high = points[placed].min(axis=0), points[placed].max(axis=0)
            box = [float(v) for v in (*low, *(high - low))]
            entries.append(
                {
                    "id": len(entries) + 1,
                    "image_id": row + 1,
                    "category_id": 1,
                    "keypoints": flat,
                    "num_keypoints": int(placed.sum()),
                    "bbox": box,
                    "area": box[2] * box[3],
                    "iscrowd": 0,
                    "track_id": i + 1,
                    "individual": name,
                }
            )
    return entries


def _category(skeleton: Skeleton) -> dict[str, Any]:
    edges = [[skeleton.index(end) + 1 for end in edge] for edge in skeleton.edges]
    return {"id": 1, "name": "animal", "keypoints": list(skeleton.keypoints), "skeleton": edges}
